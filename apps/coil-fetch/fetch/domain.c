/* SPDX-License-Identifier: MIT */
#include "fetch/domain.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include <coil/error.h>
#include <coil/url.h>

/* "[::1]:80" is ::1, "127.0.0.1:80" is 127.0.0.1; a path is itself. */
static void add_address(struct text *key, const char *address)
{
    const char *colon = strrchr(address, ':');

    if (address[0] == '[')
        text_add_bytes(key, address + 1, strcspn(address + 1, "]"));
    else if (address[0] != '/' && colon)
        text_add_bytes(key, address, (size_t)(colon - address));
    else
        text_add(key, address);
}

static void add_host(struct text *key, const struct coil_url *url)
{
    size_t size = url->host.size;

    if (size > 1 && url->host.at[size - 1] == '.')
        size--;
    text_add_bytes(key, url->host.at, size);
    if (url->zone.at) {
        text_add_char(key, '%');
        text_add_bytes(key, url->zone.at, url->zone.size);
    }
    for (size_t i = 0; i < size && !key->has_failed; i++)
        key->bytes[i] = (char)tolower((unsigned char)key->bytes[i]);
}

/*
 * Most URLs of a run are normal, and have a plain host and no user: the size of the
 * host, which begins at `*host`; 0: the URL has to be parsed.
 */
static size_t plain_host(const char *url, const char **host)
{
    const char *at = strncmp(url, "http", 4) == 0 ? url + 4 : url;

    at += *at == 's';
    if (strncmp(at, "://", 3) != 0)
        return 0;
    *host = at += 3;
    while ((*at >= 'a' && *at <= 'z') || (*at >= '0' && *at <= '9') ||
           *at == '-' || *at == '.')
        at++;
    if (at == *host || at[-1] == '.')
        return 0;
    url = at;
    if (*at == ':')
        at += 1 + strspn(at + 1, "0123456789");
    return *at == '/' ? (size_t)(url - *host) : 0;
}

static void keep_site(struct text *key)
{
    size_t size = strlen(domain_site(key->bytes));

    memmove(key->bytes, key->bytes + key->size - size, size + 1);
    key->size = size;
}

int domain_key(struct text *key, enum domain_by by, const char *url,
               const char *address)
{
    struct coil_url parts;
    const char *host;
    size_t size = by == DOMAIN_BY_HOST ? plain_host(url, &host) : 0;
    int rc;

    text_clear(key);
    if (size > 0) {
        text_add_bytes(key, host, size);
        return key->has_failed ? -ENOMEM : 0;
    }
    rc = coil_url_parse(&parts, url);
    if (rc == 0 && parts.host.size == 0)
        rc = COIL_EHTTP_BAD_URL;
    if (rc < 0)
        return rc;
    if (by == DOMAIN_BY_ADDRESS && address)
        add_address(key, address);
    else
        add_host(key, &parts);
    if (key->has_failed)
        return -ENOMEM;
    if (by == DOMAIN_BY_SITE && parts.host_kind == COIL_URL_NAME)
        keep_site(key);
    return 0;
}
