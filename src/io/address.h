/* SPDX-License-Identifier: MIT */
/*
 * io/address.h - what coil/resolve.h does not say of addresses
 */
#ifndef COIL_IO_ADDRESS_H
#define COIL_IO_ADDRESS_H

#include <coil/resolve.h>

/* Of an address of IPv4 or IPv6. */
void coil__address_set_port(struct coil_address *address, uint16_t port);

#endif
