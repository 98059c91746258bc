/* SPDX-License-Identifier: MIT */
/*
 * http/client/proxy.h - through which proxy an origin is reached
 */
#ifndef COIL_HTTP_CLIENT_PROXY_H
#define COIL_HTTP_CLIENT_PROXY_H

#include <stdbool.h>
#include <stdint.h>

#include "http/client/origin.h"

struct coil_http_auth;

enum coil__http_proxy_kind {
    COIL__HTTP_NO_PROXY,
    COIL__HTTP_PROXY,
    COIL__HTTP_SOCKS5,
};

struct coil__http_proxy {
    enum coil__http_proxy_kind kind;
    uint16_t port;
    char *host;
    char *user; /* NULL: none */
    char *password;
    struct coil_http_auth *auth; /* to answer by Digest; NULL: it cannot */
};

/* The proxies of a client. */
struct coil__http_proxies {
    struct coil__http_proxy plain; /* for http */
    struct coil__http_proxy secure;
    char *exceptions;   /* hosts that are reached directly; may be NULL */
    bool always_tunnel; /* CONNECT for http, too */
};

/*
 * Take the proxies from a URL and a list of exceptions, each of which may be
 * NULL, or from the environment.  Returns 0; COIL_EHTTP_BAD_URL;
 * COIL_EHTTP_BAD_SCHEME; -ENOMEM: then there are none.
 */
int coil__http_proxies_init(struct coil__http_proxies *proxies, const char *url,
                            const char *exceptions);
int coil__http_proxies_from_environment(struct coil__http_proxies *proxies);
void coil__http_proxies_fini(struct coil__http_proxies *proxies);

/* Whether the environment names a proxy. */
bool coil__http_environment_has_proxy(void);

static inline bool
coil__http_has_proxy(const struct coil__http_proxies *proxies)
{
    return proxies->plain.kind || proxies->secure.kind;
}

/* The proxy for an origin, or NULL. */
const struct coil__http_proxy *
coil__http_proxy_of(const struct coil__http_proxies *proxies,
                    const struct coil__http_origin *origin);

/*
 * The proxy that is itself asked for what an origin has, by a whole URL, or
 * NULL: the origin is asked, perhaps through a tunnel.
 */
const struct coil__http_proxy *
coil__http_forwarder_of(const struct coil__http_proxies *proxies,
                        const struct coil__http_origin *origin);

#endif
