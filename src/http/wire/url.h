/* SPDX-License-Identifier: MIT */
/*
 * http/wire/url.h - the parts of an http URL
 *
 * A URL with a control character, a space or a byte beyond ASCII is refused, so
 * a URL cannot end a line or a word of a request.
 */
#ifndef COIL_HTTP_WIRE_URL_H
#define COIL_HTTP_WIRE_URL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Slices of the text that was parsed. */
struct coil__http_url {
    const char *authority; /* host and port, up to `target` */
    const char *host;      /* an IPv6 address without its brackets */
    size_t host_size;      /* 1 to 253 */
    bool is_ipv6;
    uint16_t port; /* 80 unless given */
    /*
     * Path and query.  If there is no path, the target is empty or begins with
     * "?", and is sent with a "/" in front.
     */
    const char *target;
    size_t target_size;
};

#define COIL__HTTP_PORT 80

/*
 * Returns 0; COIL_EHTTP_BAD_SCHEME for another scheme than http;
 * COIL_EHTTP_BAD_URL.  User information (user@host) is refused, too.
 */
int coil__http_url_parse(struct coil__http_url *url, const char *text);

/* Whether this is a good value of Host: a host, perhaps with a port. */
bool coil__http_is_authority(const char *text, size_t size);

#endif
