/* SPDX-License-Identifier: MIT */
/*
 * net/address.h - what net/ needs of addresses besides coil/address.h
 */
#ifndef COIL_NET_ADDRESS_H
#define COIL_NET_ADDRESS_H

#include <coil/address.h>

/* `address` is of IPv4 or IPv6. */
void coil__address_set_port(struct coil_address *address, uint16_t port);

#endif
