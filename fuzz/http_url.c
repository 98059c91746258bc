/* SPDX-License-Identifier: MIT */
/*
 * http_url.c - what a user, or a page, may give as a URL
 *
 * What is taken lies within the text, holds nothing that could end a line or a
 * word of a request, and means the same when it is put together again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "http/wire/url.h"

enum { URL_MAX = 2000 };

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void check_slice(const char *text, const char *slice, size_t size)
{
    require(slice >= text && slice + size <= text + strlen(text));
    for (size_t i = 0; i < size; i++)
        require(slice[i] > ' ' && slice[i] < 127);
}

static bool is_same(const char *a, size_t a_size, const char *b, size_t b_size)
{
    return a_size == b_size && memcmp(a, b, a_size) == 0;
}

static void check_again(const struct coil__http_url *url)
{
    struct coil__http_url again;
    char text[URL_MAX + 64];

    snprintf(text, sizeof text, "http://%s%.*s%s:%u%.*s",
             url->is_ipv6 ? "[" : "", (int)url->host_size, url->host,
             url->is_ipv6 ? "]" : "", (unsigned)url->port,
             (int)url->target_size, url->target);
    require(coil__http_url_parse(&again, text) == 0);
    require(is_same(url->host, url->host_size, again.host, again.host_size));
    require(is_same(url->target, url->target_size, again.target,
                    again.target_size));
    require(url->port == again.port && url->is_ipv6 == again.is_ipv6);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct coil__http_url url;
    char text[URL_MAX + 1];

    if (size > URL_MAX)
        return 0;
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    coil__http_is_authority((const char *)data, size);
    if (coil__http_url_parse(&url, text) < 0)
        return 0;
    require(url.host_size >= 1 && url.host_size <= 253);
    check_slice(text, url.host, url.host_size);
    check_slice(text, url.target, url.target_size);
    check_again(&url);
    return 0;
}
