/* SPDX-License-Identifier: MIT */
/*
 * http/client/url_kept.h - parse the URLs of a client
 *
 * Most requests of a client go where the last one went, and only what follows the
 * authority differs.  So the authority that was parsed last is kept.
 */
#ifndef COIL_HTTP_CLIENT_URL_KEPT_H
#define COIL_HTTP_CLIENT_URL_KEPT_H

#include "http/wire/url.h"

enum { COIL__HTTP_URL_KEPT = 104 }; /* bytes; a longer authority is not kept */

/* A zeroed one keeps nothing. */
struct coil__http_url_kept {
    char text[COIL__HTTP_URL_KEPT]; /* scheme and authority */
    size_t size;
    size_t authority; /* where it begins in the text */
    size_t host;
    struct coil__http_url url; /* its pointers are not used */
};

/* As coil__http_url_parse(). */
int coil__http_url_parse_kept(struct coil__http_url_kept *kept,
                              struct coil__http_url *url, const char *text);

#endif
