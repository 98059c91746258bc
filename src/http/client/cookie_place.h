/* SPDX-License-Identifier: MIT */
/*
 * http/client/cookie_place.h - what of a URL decides about cookies
 */
#ifndef COIL_HTTP_CLIENT_COOKIE_PLACE_H
#define COIL_HTTP_CLIENT_COOKIE_PLACE_H

#include <stdbool.h>
#include <stddef.h>

struct coil__cookie_place {
    char host[254]; /* in lower case, an IPv6 address without brackets */
    bool is_address;
    bool is_secure;   /* https or wss */
    const char *path; /* in the text, without a NUL; empty is "/" */
    size_t path_size;
};

/* Returns 0; COIL_EHTTP_BAD_URL if there is no host. */
int coil__cookie_place(struct coil__cookie_place *place, const char *url);

/* Whether the host is `domain`, or one below it (RFC 6265, 5.1.3). */
bool coil__cookie_domain_matches(const char *host, bool is_address,
                                 const char *domain);

/* Whether a path is `wanted`, or below it (RFC 6265, 5.1.4). */
bool coil__cookie_path_matches(const char *path, size_t size,
                               const char *wanted);

#endif
