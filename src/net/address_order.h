/* SPDX-License-Identifier: MIT */
/*
 * net/address_order.h - which address of a name is tried first
 */
#ifndef COIL_NET_ADDRESS_ORDER_H
#define COIL_NET_ADDRESS_ORDER_H

#include <stddef.h>

#include <coil/address.h>

/*
 * Put addresses of IPv4 and IPv6 into the order of RFC 6724, section 6.  Returns
 * 0; or -ENOMEM, -EMFILE, -ENFILE … with the order as it was.  Nothing waits.
 */
int coil__address_order(struct coil_address *addresses, size_t count);

#endif
