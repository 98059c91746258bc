/* SPDX-License-Identifier: MIT */
#include "http/client/http_client.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include <coil/closed.h>
#include <coil/loop.h>

#include "base/memory.h"
#include "base/platform.h"
#include "http/wire/defaults.h"
#include "http/wire/http2_version.h"
#include "http/wire/names.h"
#include "http/wire/secure.h"

static void set_pool_limits(struct coil__http_pool *pool,
                            const struct coil_http_client_options *o)
{
    size_t all =
        coil__http_size_or(o->max_connections, COIL_HTTP_CLIENT_CONNECTIONS);
    size_t per_origin = coil__http_size_or(o->max_connections_per_origin,
                                           COIL_HTTP_CLIENT_PER_ORIGIN);

    pool->dialer.is_public_only = o->public_only;
    pool->dialer.has_http2 = coil__http2_version() && !o->http1_only;
    pool->dialer.is_http2 = o->http2_prior_knowledge;
    pool->places.limit = all;
    pool->places.limit_per_origin = per_origin;
    pool->limits = (struct coil__http_pool_limits){
        .idle = coil__http_size_or(o->max_idle, all),
        .idle_per_origin =
            coil__http_size_or(o->max_idle_per_origin, per_origin),
        .header_size =
            coil__http_size_or(o->max_header_size, COIL_HTTP_MAX_HEADER_SIZE),
        .header_lines = coil__http_size_or(o->max_header_lines,
                                           COIL_HTTP_CLIENT_HEADER_LINES),
        .header_time = coil__http_time_or(o->idle_limit, COIL_HTTP_IDLE_LIMIT),
    };
    pool->idle.limit = coil__http_time_or(o->keep_limit, COIL_HTTP_KEEP_LIMIT);
}

static void set_limits(struct coil_http_client *client,
                       const struct coil_http_client_options *o)
{
    set_pool_limits(&client->pool, o);
    client->max_body =
        coil__http_size_or(o->max_body_size, COIL_HTTP_MAX_BODY_SIZE);
    client->limits = (struct coil__http_limits){
        .connect =
            coil__http_time_or(o->connect_limit, COIL_HTTP_CONNECT_LIMIT),
        .first_byte =
            coil__http_time_or(o->first_byte_limit, COIL_HTTP_FIRST_BYTE_LIMIT),
        .idle = coil__http_time_or(o->idle_limit, COIL_HTTP_IDLE_LIMIT),
    };
    client->request_limit = coil__http_time_or(o->request_limit, COIL_NEVER);
    client->place_limit = coil__http_time_or(o->place_limit, COIL_NEVER);
    client->allows_downgrade = o->allow_downgrade;
    client->is_lenient = o->lenient;
    if (o->retry)
        client->retry = *o->retry;
    client->budget = COIL__HTTP_BUDGET;
    client->watch = o->watch;
    client->watch_arg = o->watch_arg;
    client->cookies = o->cookies;
    client->keeps_encoded = o->keep_encoded;
    coil__http_accept_codings(client->accept);
    client->max_ratio = coil__http_size_or(o->max_ratio, COIL_HTTP_MAX_RATIO);
    client->max_redirects =
        coil__http_redirects_or(o->max_redirects, COIL_HTTP_MAX_REDIRECTS);
}

/* Say once that the environment names a proxy that is not used. */
static void mention_environment(void)
{
    static atomic_flag is_said = ATOMIC_FLAG_INIT;
    struct coil_loop *loop = coil_loop_current();

    if (loop && coil_loop_is_debug(loop) &&
        coil__http_environment_has_proxy() &&
        !atomic_flag_test_and_set(&is_said))
        fprintf(stderr, "coil: http: the proxy of the environment is not used; "
                        "proxy_from_environment is not set\n");
}

static int set_tls(struct coil__http_dialer *dialer,
                   const struct coil_http_client_options *o)
{
    if (o->tls && o->tls_options)
        return -EINVAL;
    if (o->tls_options)
        return coil__http_make_context(&dialer->tls, o->tls_options);
    dialer->tls = coil__http_hold_context(o->tls);
    return 0;
}

/* A proxy would connect to private addresses in the client's stead. */
static int set_proxies(struct coil__http_dialer *dialer,
                       const struct coil_http_client_options *o)
{
    int rc = 0;

    if (o->unix_path &&
        (o->proxy || o->proxy_from_environment || o->public_only))
        return -EINVAL;
    if (o->proxy)
        rc = coil__http_proxies_init(&dialer->proxies, o->proxy, o->no_proxy);
    else if (o->proxy_from_environment)
        rc = coil__http_proxies_from_environment(&dialer->proxies);
    else
        mention_environment();
    if (rc < 0)
        return rc;
    dialer->proxies.always_tunnel = o->proxy_tunnel;
    if (dialer->is_public_only && coil__http_has_proxy(&dialer->proxies)) {
        coil__http_proxies_fini(&dialer->proxies);
        return -EINVAL;
    }
    return 0;
}

int coil_http_client_new(struct coil_http_client **out,
                         const struct coil_http_client_options *options)
{
    static const struct coil_http_client_options none = { 0 };
    const struct coil_http_client_options *o = options ? options : &none;
    const char *agent = "coil/" COIL_VERSION_STRING;
    struct coil_http_client *client;
    int rc;

    if (o->user_agent)
        agent = o->user_agent;
    if (!coil_http_is_value(agent))
        return COIL_EHTTP_BAD_HEADER;
    if (o->http2_prior_knowledge && o->http1_only)
        return -EINVAL;
    if (o->http2_prior_knowledge && !coil__http2_version())
        return -ENOTSUP;

    client = coil__alloc(sizeof *client);
    if (!client)
        return -ENOMEM;
    client->refs = 1;
    set_limits(client, o);
    rc = set_proxies(&client->pool.dialer, o);
    if (rc < 0)
        goto free_client;
    rc = set_tls(&client->pool.dialer, o);
    if (rc < 0)
        goto free_proxies;
    rc = -ENOMEM;
    client->agent = coil__strndup(agent, strlen(agent));
    if (!client->agent)
        goto free_tls;
    if (coil__http_pool_init(&client->pool) < 0)
        goto free_agent;
    if (o->unix_path) {
        client->pool.dialer.unix_path =
            coil__strndup(o->unix_path, strlen(o->unix_path));
        if (!client->pool.dialer.unix_path)
            goto fini_pool;
    }
    coil__http_offer_names();
    *out = client;
    return 0;

fini_pool:
    coil__http_pool_fini(&client->pool);
free_agent:
    coil__free(client->agent);
free_tls:
    coil__http_release_context(client->pool.dialer.tls);
free_proxies:
    coil__http_proxies_fini(&client->pool.dialer.proxies);
free_client:
    coil__free(client);
    return rc;
}

void coil__http_client_release(struct coil_http_client *client)
{
    if (--client->refs > 0)
        return;
    coil__http_release_context(client->pool.dialer.tls);
    coil__http_pool_fini(&client->pool);
    coil__http_proxies_fini(&client->pool.dialer.proxies);
    coil__free(client->pool.dialer.unix_path);
    coil__free(client->agent);
    client->is_gone = true;
    if (!coil_closed_keep(client, coil__free))
        coil__free(client);
}

void coil__http_client_check(const struct coil_http_client *client)
{
    if (COIL_UNLIKELY(client->is_gone))
        coil_closed_stop(client, "an HTTP client is used after it was freed");
}

void coil_http_client_free(struct coil_http_client *client)
{
    if (!client)
        return;
    coil__http_client_check(client);
    coil__http_pool_close(&client->pool);
    coil__http_client_release(client);
}

void coil_http_client_close_idle(struct coil_http_client *client)
{
    coil__http_client_check(client);
    coil__http_pool_close_idle(&client->pool);
}

size_t coil_http_client_connections(const struct coil_http_client *client)
{
    coil__http_client_check(client);
    return client->pool.open_count;
}

size_t coil_http_client_idle(const struct coil_http_client *client)
{
    coil__http_client_check(client);
    return client->pool.idle.count;
}
