/* SPDX-License-Identifier: MIT */
/*
 * net/address.h - what coil/address.h does not say of addresses
 */
#ifndef COIL_NET_ADDRESS_H
#define COIL_NET_ADDRESS_H

#include <coil/address.h>

/* Of an address of IPv4 or IPv6. */
void coil__address_set_port(struct coil_address *address, uint16_t port);

#endif
