/* SPDX-License-Identifier: MIT */
/*
 * http_url.c - what a user, or a page, may give as a URL
 *
 * What is taken lies within the text, holds nothing that could end a line or a
 * word of a request, and means the same when it is put together again.  What is
 * made of text is a URL, stays as it is when it is made once more, and names the
 * host that it named before.
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

/* ---- what a request needs --------------------------------------------- */

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

static void check_request(const char *text)
{
    struct coil__http_url url;

    coil__http_is_authority(text, strlen(text));
    if (coil__http_url_parse(&url, text) < 0)
        return;
    require(url.host_size >= 1 && url.host_size <= 253);
    check_slice(text, url.host, url.host_size);
    check_slice(text, url.target, url.target_size);
    check_again(&url);
}

/* ---- the public type -------------------------------------------------- */

static void check_parts(const char *text, const struct coil_url *url)
{
    const struct coil_url_part *parts[] = {
        &url->scheme, &url->user, &url->password, &url->host,    &url->zone,
        &url->digits, &url->path, &url->query,    &url->fragment
    };
    char *written;

    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (parts[i]->at)
            check_slice(text, parts[i]->at, parts[i]->size);
    require(coil_url_write(&written, url) == 0);
    require(strcmp(written, text) == 0);
    coil_url_free(written);
}

/* What is made is a URL, of which the same is made again. */
static void check_made(const char *made,
                       int (*make)(char **out, const char *text))
{
    struct coil_url url;
    char *again;

    require(coil_url_parse(&url, made) == 0);
    check_parts(made, &url);
    require(make(&again, made) == 0);
    require(strcmp(made, again) == 0);
    coil_url_free(again);
}

/* A reference without a scheme and an authority stays on its host. */
static void check_join(const char *text)
{
    struct coil_url reference;
    struct coil_url base;
    struct coil_url url;
    char *joined;

    require(coil_url_parse(&base, "http://u:p@h:8/a/b/../c?d#e") == 0);
    if (coil_url_join(&joined, "http://u:p@h:8/a/b/../c?d#e", text) < 0)
        return;
    require(coil_url_parse(&url, joined) == 0);
    if (coil_url_parse(&reference, text) == 0 && !reference.scheme.at &&
        !reference.host.at)
        require(coil_url_is_same_origin(&base, &url));
    coil_url_free(joined);
}

static void check_public(const char *text)
{
    struct coil_url url;
    char *made;
    bool is_url = coil_url_parse(&url, text) == 0;

    if (is_url)
        check_parts(text, &url);
    if (coil_url_encode(&made, text) == 0) {
        require(!is_url || strcmp(text, made) == 0);
        check_made(made, coil_url_encode);
        coil_url_free(made);
    } else {
        require(!is_url);
    }
    if (coil_url_normalise(&made, text) == 0) {
        check_made(made, coil_url_normalise);
        coil_url_free(made);
    }
    check_join(text);
}

static void check_pairs(const char *text, size_t size)
{
    struct coil_url_pair *pairs;
    struct coil_url_pair *again;
    size_t count;
    size_t again_count;
    char *form;

    if (coil_url_pairs(&pairs, &count, text, size) < 0)
        return;
    require(coil_url_form(&form, pairs, count) == 0);
    require(coil_url_pairs(&again, &again_count, form, strlen(form)) == 0);
    require(count == again_count || memchr(text, '\0', size));
    for (size_t i = 0; i < count && i < again_count; i++) {
        if (memchr(text, '\0', size))
            break;
        require(strcmp(pairs[i].name, again[i].name) == 0);
        require(!pairs[i].value == !again[i].value);
        require(!pairs[i].value || strcmp(pairs[i].value, again[i].value) == 0);
    }
    coil_url_free(form);
    coil_url_pairs_free(pairs);
    coil_url_pairs_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[URL_MAX + 1];
    char *decoded;
    size_t decoded_size;

    if (size > URL_MAX)
        return 0;
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    check_request(text);
    check_public(text);
    check_pairs(text, size);
    if (coil_url_unescape(&decoded, &decoded_size, text, size) == 0) {
        require(decoded_size <= size);
        coil_url_free(decoded);
    }
    return 0;
}
