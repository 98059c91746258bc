/* SPDX-License-Identifier: MIT */
/*
 * net/winner.h - which address of a host has answered, when the first did not
 *
 * It is kept with the answers of the resolver (net/name_cache.h), for ten
 * minutes (RFC 8305, 4).
 */
#ifndef COIL_NET_WINNER_H
#define COIL_NET_WINNER_H

#include <stddef.h>

#include <coil/address.h>

/* To be called on a loop.  `host` may be NULL. */
void coil__winner_put_first(const char *host, struct coil_address *addresses,
                            size_t count);
void coil__winner_remember(const char *host,
                           const struct coil_address *address);

#endif
