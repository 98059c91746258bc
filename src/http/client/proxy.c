/* SPDX-License-Identifier: MIT */
#include "http/client/proxy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <coil/error.h>
#include <coil/http_auth.h>
#include <coil/url.h>

#include "base/memory.h"
#include "http/client/proxy_exceptions.h"
#include "http/wire/text.h"

/* ---- one proxy -------------------------------------------------------- */

static void release(struct coil__http_proxy *proxy)
{
    coil__free(proxy->host);
    coil_url_free(proxy->user);
    coil_url_free(proxy->password);
    coil_http_auth_free(proxy->auth);
    *proxy = (struct coil__http_proxy){ .kind = COIL__HTTP_NO_PROXY };
}

static bool is_scheme(const struct coil_url_part *scheme, const char *name)
{
    return coil__http_is_word(scheme->at, scheme->size, name);
}

static enum coil__http_proxy_kind kind_of(const struct coil_url_part *scheme)
{
    if (is_scheme(scheme, "http"))
        return COIL__HTTP_PROXY;
    if (is_scheme(scheme, "socks5") || is_scheme(scheme, "socks5h"))
        return COIL__HTTP_SOCKS5;
    return COIL__HTTP_NO_PROXY;
}

/* A part of the URL, decoded.  NULL if it is not there. */
static int take_part(char **out, const struct coil_url_part *part)
{
    *out = NULL;
    return part->at ? coil_url_unescape(out, NULL, part->at, part->size) : 0;
}

static int take_url(struct coil__http_proxy *proxy, const struct coil_url *url)
{
    int rc;

    proxy->kind = kind_of(&url->scheme);
    if (!proxy->kind)
        return COIL_EHTTP_BAD_SCHEME;
    if (url->host_kind != COIL_URL_NAME && url->host_kind != COIL_URL_IPV4 &&
        url->host_kind != COIL_URL_IPV6)
        return COIL_EHTTP_BAD_URL;
    if (url->host.size == 0)
        return COIL_EHTTP_BAD_URL;
    proxy->port = url->port ? url->port : 1080;
    proxy->host = coil__strndup(url->host.at, url->host.size);
    if (!proxy->host)
        return -ENOMEM;
    rc = take_part(&proxy->user, &url->user);
    if (rc == 0)
        rc = take_part(&proxy->password, &url->password);
    if (rc == 0 && proxy->user && proxy->kind == COIL__HTTP_PROXY)
        rc = coil_http_auth_new(&proxy->auth, proxy->user,
                                proxy->password ? proxy->password : "",
                                COIL_HTTP_AUTH_DIGEST);
    /* The user cannot be told by Digest. */
    return rc == COIL_EHTTP_BAD_HEADER ? 0 : rc;
}

/* "http://host:port", or without a scheme, as many have it. */
static int take_text(struct coil__http_proxy *proxy, const char *text)
{
    size_t size = strlen(text);
    struct coil_url url;
    char *whole;
    int rc;

    *proxy = (struct coil__http_proxy){ .kind = COIL__HTTP_NO_PROXY };
    whole = coil__realloc(NULL, size + sizeof "http://");
    if (!whole)
        return -ENOMEM;
    strcpy(whole, strstr(text, "://") ? "" : "http://");
    strcat(whole, text);
    rc = coil_url_parse(&url, whole);
    if (rc == 0)
        rc = take_url(proxy, &url);
    coil__free(whole);
    if (rc < 0)
        release(proxy);
    return rc;
}

/* ---- all of a client -------------------------------------------------- */

void coil__http_proxies_fini(struct coil__http_proxies *proxies)
{
    release(&proxies->plain);
    release(&proxies->secure);
    coil__free(proxies->exceptions);
    proxies->exceptions = NULL;
}

static int take_all(struct coil__http_proxies *proxies, const char *plain,
                    const char *secure, const char *exceptions)
{
    int rc = 0;

    if (plain && *plain)
        rc = take_text(&proxies->plain, plain);
    if (rc == 0 && secure && *secure)
        rc = take_text(&proxies->secure, secure);
    if (rc == 0 && exceptions) {
        proxies->exceptions = coil__strndup(exceptions, strlen(exceptions));
        if (!proxies->exceptions)
            rc = -ENOMEM;
    }
    if (rc < 0)
        coil__http_proxies_fini(proxies);
    return rc;
}

int coil__http_proxies_init(struct coil__http_proxies *proxies, const char *url,
                            const char *exceptions)
{
    return take_all(proxies, url, url, exceptions);
}

/* ---- the environment -------------------------------------------------- */

static const char *either(const char *name, const char *other)
{
    const char *value = getenv(name);

    return value && *value ? value : getenv(other);
}

/*
 * HTTP_PROXY in capitals is what a web server makes of a client's header Proxy
 * for a CGI program, so it is not looked at.
 */
static const char *plain_proxy(void)
{
    const char *value = getenv("http_proxy");

    return value && *value ? value : either("all_proxy", "ALL_PROXY");
}

static const char *secure_proxy(void)
{
    const char *value = either("https_proxy", "HTTPS_PROXY");

    return value && *value ? value : either("all_proxy", "ALL_PROXY");
}

bool coil__http_environment_has_proxy(void)
{
    const char *plain = plain_proxy();
    const char *secure = secure_proxy();

    return (plain && *plain) || (secure && *secure);
}

int coil__http_proxies_from_environment(struct coil__http_proxies *proxies)
{
    return take_all(proxies, plain_proxy(), secure_proxy(),
                    either("no_proxy", "NO_PROXY"));
}

/* ---- whom to ask ------------------------------------------------------ */

const struct coil__http_proxy *
coil__http_proxy_of(const struct coil__http_proxies *proxies,
                    const struct coil__http_origin *origin)
{
    const struct coil__http_proxy *proxy =
        origin->is_secure ? &proxies->secure : &proxies->plain;

    if (!proxy->kind)
        return NULL;
    if (proxies->exceptions &&
        coil__http_is_exception(proxies->exceptions, origin->host,
                                origin->port))
        return NULL;
    return proxy;
}

const struct coil__http_proxy *
coil__http_forwarder_of(const struct coil__http_proxies *proxies,
                        const struct coil__http_origin *origin)
{
    const struct coil__http_proxy *proxy;

    if (origin->is_secure || origin->must_tunnel || proxies->always_tunnel)
        return NULL;
    proxy = coil__http_proxy_of(proxies, origin);
    return proxy && proxy->kind == COIL__HTTP_PROXY ? proxy : NULL;
}
