/* SPDX-License-Identifier: MIT */
/*
 * http/client/proxy_exceptions.h - hosts that are reached without a proxy
 *
 * A list such as "localhost, .example.org, 10.0.0.0/8, [::1]:8080, *", separated
 * by commas or blanks.  A name stands for the host and all below it, with or
 * without a dot in front; an address for itself, however it is written; a block
 * for the addresses in it; a port limits an entry to that port; "*" is every
 * host.  Names are not looked up.
 */
#ifndef COIL_HTTP_CLIENT_PROXY_EXCEPTIONS_H
#define COIL_HTTP_CLIENT_PROXY_EXCEPTIONS_H

#include <stdbool.h>
#include <stdint.h>

/* Whether the list has the host, an IPv6 address without its brackets. */
bool coil__http_is_exception(const char *list, const char *host, uint16_t port);

#endif
