/* SPDX-License-Identifier: MIT */
/*
 * http/wire/url.h - the parts of a URL, and those that a request needs
 *
 * There is one parser.  coil_url_parse() is exact; coil__http_url_parse() takes
 * what a client is asked for, which may have any visible character behind the
 * authority.  Nothing that could end a line or a word of a request gets past
 * either of them: a URL with a control character, a space or a byte beyond ASCII
 * is refused whole.
 */
#ifndef COIL_HTTP_WIRE_URL_H
#define COIL_HTTP_WIRE_URL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <coil/url.h>

/*
 * Take `text` apart at its delimiters.  The parts are not checked, and so may
 * have any byte; host_kind, zone and port are not set.
 */
void coil__url_split(struct coil_url *url, const char *text, size_t size);

/* The port of a special scheme; 0: the scheme is not special. */
uint16_t coil__url_default_port(const struct coil_url_part *scheme);

/* Slices of the text that was parsed. */
struct coil__http_url {
    const char *authority; /* host and port, up to `target` */
    const char *host;      /* an IPv6 address without its brackets */
    size_t host_size;      /* 1 to 253 */
    bool is_ipv6;
    bool is_secure;   /* the scheme is https */
    bool must_tunnel; /* the caller's: a proxy is not asked itself */
    uint16_t port;    /* 80, or 443 of https, unless given */
    /*
     * Path and query.  Empty or beginning with "?" if there is no path: then a
     * "/" belongs in front of it.
     */
    const char *target;
    size_t target_size;
};

/* The port that a URL need not name. */
static inline uint16_t coil__http_default_port(bool is_secure)
{
    return is_secure ? 443 : 80;
}

/*
 * Returns 0; COIL_EHTTP_BAD_SCHEME for another scheme than http and https;
 * COIL_EHTTP_BAD_URL.  User information (user@host) and zones are refused, too.
 */
int coil__http_url_parse(struct coil__http_url *url, const char *text);

/* Whether a Host header has this value: host, and a port perhaps. */
bool coil__http_is_authority(const char *text, size_t size);

#endif
