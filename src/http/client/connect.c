/* SPDX-License-Identifier: MIT */
#include "http/client/connect.h"

#include <coil/connect.h>
#include <coil/error.h>
#include <coil/resolve.h>
#include <coil/stream.h>
#include <coil/unix.h>

#include "http/client/limit.h"
#include "http/client/proxy_auth.h"
#include "http/client/proxy_tunnel.h"
#include "http/client/public_only.h"
#include "http/wire/secure.h"

/* ---- an address ------------------------------------------------------- */

static int look_up(const char *host, uint16_t port,
                   const struct coil__http_dial *dial,
                   struct coil_address **addresses, size_t *count)
{
    int rc = coil_resolve(host, port, addresses, count);

    if (rc < 0)
        return rc;
    coil__http_tell_moment(dial->watcher, COIL_HTTP_RESOLVED);
    if (dial->dialer->is_public_only)
        *count = coil__http_keep_public(*addresses, *count);
    if (*count > 0)
        return 0;
    coil_addresses_free(*addresses);
    return COIL_EHTTP_NOT_PUBLIC;
}

/* Look a machine up, and connect to it. */
static int dial_host(struct coil_stream **out, const char *host, uint16_t port,
                     const struct coil__http_dial *dial)
{
    struct coil_address *addresses;
    size_t count;
    int rc = look_up(host, port, dial, &addresses, &count);

    if (rc < 0)
        return rc;
    rc = coil_tcp_connect_any(out, host, addresses, count);
    coil_addresses_free(addresses);
    return rc;
}

/* Connect, whatever is spoken then. */
static int dial_up(struct coil_stream **out, const char *host, uint16_t port,
                   const struct coil__http_dial *dial)
{
    const char *path = dial->dialer->unix_path;
    struct coil_address peer;
    int rc = path ? coil_unix_connect(out, path, NULL)
                  : dial_host(out, host, port, dial);

    if (rc < 0)
        return rc;
    coil_stream_peer_address(*out, &peer);
    coil__http_tell(dial->watcher,
                    (struct coil_http_event){ .moment = COIL_HTTP_CONNECTED,
                                              .address = &peer });
    return 0;
}

/* ---- the steps -------------------------------------------------------- */

/* TLS is with the origin itself, whatever lies between. */
static int secure(struct coil_stream *stream,
                  const struct coil__http_dial *dial)
{
    int rc =
        coil__http_secure_client(stream, dial->origin->host, dial->origin->port,
                                 dial->dialer->tls, dial->with_http2);

    if (rc == 0)
        coil__http_tell_moment(dial->watcher, COIL_HTTP_SECURED);
    return rc;
}

/* Have the proxy connect to the origin, if it is not asked itself. */
static int pass(struct coil_stream *stream,
                const struct coil__http_proxy *proxy,
                const struct coil__http_dial *dial)
{
    const struct coil__http_proxies *proxies = &dial->dialer->proxies;

    if (proxy->kind == COIL__HTTP_SOCKS5)
        return coil__http_socks5(stream, proxy, dial->origin);
    if (coil__http_forwarder_of(proxies, dial->origin))
        return 0;
    return coil__http_tunnel(stream, proxy, dial->origin);
}

/* Returns 1: the proxy is to be asked again. */
static int take_steps(struct coil_stream **out,
                      const struct coil__http_dial *dial)
{
    const struct coil__http_origin *origin = dial->origin;
    const struct coil__http_proxy *proxy =
        coil__http_proxy_of(&dial->dialer->proxies, origin);
    struct coil_stream *stream;
    int rc = dial_up(&stream, proxy ? proxy->host : origin->host,
                     proxy ? proxy->port : origin->port, dial);

    if (rc < 0)
        return rc;
    if (proxy)
        rc = pass(stream, proxy, dial);
    if (rc == 0 && origin->is_secure)
        rc = secure(stream, dial);
    if (rc != 0) {
        coil_stream_abort(stream);
        return rc;
    }
    *out = stream;
    return 0;
}

int coil__http_connect(struct coil_stream **out,
                       const struct coil__http_dial *dial)
{
    struct coil__http_limit limit;
    int rc = coil__http_limit_begin(&limit, dial->limit);

    if (rc < 0)
        return rc;
    rc = take_steps(out, dial);
    for (int i = 1; rc > 0 && i < COIL__HTTP_PROXY_TIMES; i++)
        rc = take_steps(out, dial);
    if (rc > 0)
        rc = COIL_EHTTP_PROXY_AUTH;
    rc = coil__http_limit_end(&limit, rc, COIL_EHTTP_CONNECT_TIMEOUT);
    return rc;
}
