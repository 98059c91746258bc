/* SPDX-License-Identifier: MIT */
/*
 * http/client/public_only.h - addresses that belong to everybody
 */
#ifndef COIL_HTTP_CLIENT_PUBLIC_ONLY_H
#define COIL_HTTP_CLIENT_PUBLIC_ONLY_H

#include <coil/address.h>

/*
 * Whether a packet to the address leaves for the open Internet: the address is
 * of none of the blocks that the registries of IANA (RFC 6890) keep for special
 * purposes.  An IPv6 address that stands for an IPv4 address (mapped, NAT64) is
 * what the IPv4 address is.  6to4 and Teredo are not public.
 */
bool coil__http_is_public(const struct coil_address *address);

/* Drop the others from an array.  Returns how many are left. */
size_t coil__http_keep_public(struct coil_address *addresses, size_t count);

#endif
