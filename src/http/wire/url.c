/* SPDX-License-Identifier: MIT */
#include "http/wire/url.h"

#include <arpa/inet.h>
#include <string.h>

#include <coil/error.h>

#include "http/wire/text.h"

enum { MAX_HOST = 253 };

/* Returns what follows "http://", or NULL and sets `*error`. */
static const char *skip_scheme(const char *text, int *error)
{
    const char *colon = strchr(text, ':');

    *error = COIL_EHTTP_BAD_URL;
    if (!colon || colon == text || strncmp(colon, "://", 3) != 0)
        return NULL;
    if (colon - text == 4 && coil__http_equal_n(text, "http", 4))
        return colon + 3;
    for (const char *p = text; p < colon; p++)
        if (!coil__http_is(*p, COIL__HTTP_TOKEN))
            return NULL;
    *error = COIL_EHTTP_BAD_SCHEME;
    return NULL;
}

static bool is_ipv6(const char *text, size_t size)
{
    char copy[INET6_ADDRSTRLEN];
    unsigned char address[16];

    if (size == 0 || size >= sizeof copy)
        return false;
    memcpy(copy, text, size);
    copy[size] = '\0';
    return inet_pton(AF_INET6, copy, address) == 1;
}

/* "" and ":" are the default port. */
static bool parse_port(const char *text, size_t size, uint16_t *port)
{
    unsigned long n = 0;

    *port = COIL__HTTP_PORT;
    if (size == 0)
        return true;
    if (text[0] != ':' || size > 6)
        return false;
    if (size == 1)
        return true;
    for (size_t i = 1; i < size; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        n = n * 10 + (unsigned long)(text[i] - '0');
    }
    *port = (uint16_t)n;
    return n >= 1 && n <= UINT16_MAX;
}

static bool parse_authority(struct coil__http_url *url, const char *text,
                            size_t size)
{
    const char *end;

    url->is_ipv6 = size > 0 && text[0] == '[';
    if (url->is_ipv6) {
        end = memchr(text, ']', size);
        if (!end || !is_ipv6(text + 1, (size_t)(end - text) - 1))
            return false;
        url->host = text + 1;
        url->host_size = (size_t)(end - text) - 1;
        end++;
    } else {
        end = memchr(text, ':', size);
        if (!end)
            end = text + size;
        url->host = text;
        url->host_size = (size_t)(end - text);
        if (url->host_size == 0 || url->host_size > MAX_HOST ||
            !coil__http_all(text, url->host_size, COIL__HTTP_HOST))
            return false;
    }
    return parse_port(end, size - (size_t)(end - text), &url->port);
}

int coil__http_url_parse(struct coil__http_url *url, const char *text)
{
    const char *authority;
    size_t size;
    int error;

    if (!coil__http_all(text, strlen(text), COIL__HTTP_VISIBLE))
        return COIL_EHTTP_BAD_URL;
    authority = skip_scheme(text, &error);
    if (!authority)
        return error;

    size = strcspn(authority, "/?#");
    if (!parse_authority(url, authority, size))
        return COIL_EHTTP_BAD_URL;
    url->authority = authority;
    url->target = authority + size;
    url->target_size = strcspn(url->target, "#");
    return 0;
}

bool coil__http_is_authority(const char *text, size_t size)
{
    struct coil__http_url url;

    return parse_authority(&url, text, size);
}
