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
    int rc = coil_url_parse(&parts, url);

    text_clear(key);
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
