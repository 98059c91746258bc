/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <string.h>

#include <coil/url.h>

#include "base/memory.h"
#include "http/wire/text.h"
#include "http/wire/url.h"
#include "http/wire/url_chars.h"
#include "http/wire/url_dots.h"
#include "http/wire/url_host.h"
#include "http/wire/url_text.h"

/* The parts of a draft lie in memory that may be written. */
static char *text_of(const struct coil_url_part *part)
{
    return (char *)(uintptr_t)part->at;
}

/* Decode what need not be encoded, and write the other escapes in upper case. */
static void decode(struct coil_url_part *part, bool is_any_case)
{
    const char *at = part->at;
    size_t left = part->size;
    char *out = text_of(part);

    while (left > 0) {
        unsigned char byte = (unsigned char)*at;
        bool is_escape = coil__url_is_escape(at, left);
        size_t taken = is_escape ? 3 : 1;

        if (is_escape)
            byte = coil__url_escaped(at);
        at += taken;
        left -= taken;
        if (is_escape && !coil__url_may_be((char)byte, COIL__URL_UNRESERVED))
            out = coil__url_put_escape(out, byte);
        else
            *out++ = is_any_case ? coil__http_lower((char)byte) : (char)byte;
    }
    part->size = (size_t)(out - text_of(part));
}

static void normalise_host(struct coil__url_draft *draft)
{
    struct coil_url *url = &draft->url;
    unsigned char address[16];

    decode(&url->zone, false);
    if (url->host_kind != COIL_URL_IPV6) {
        decode(&url->host, true);
        return;
    }
    coil__url_ipv6_bytes(address, url->host.at, url->host.size);
    inet_ntop(AF_INET6, address, draft->end, INET6_ADDRSTRLEN);
    url->host.at = draft->end;
    url->host.size = strlen(draft->end);
    draft->end += url->host.size;
}

/* No port that is the scheme's own, and no zeros in front of another. */
static void normalise_port(struct coil_url *url)
{
    uint16_t port = url->scheme.at ? coil__url_default_port(&url->scheme) : 0;
    unsigned long n = 0;

    while (url->digits.size > 1 && *url->digits.at == '0') {
        url->digits.at++;
        url->digits.size--;
    }
    for (size_t i = 0; i < url->digits.size && i < 6; i++)
        n = n * 10 + (unsigned long)(url->digits.at[i] - '0');
    if (url->digits.size == 0 || (port > 0 && n == port))
        url->digits = (struct coil_url_part){ 0 };
}

static void normalise_user(struct coil_url *url)
{
    decode(&url->user, false);
    decode(&url->password, false);
    if (url->user.size == 0 && url->password.size == 0) {
        url->user = (struct coil_url_part){ 0 };
        url->password = (struct coil_url_part){ 0 };
    }
}

/*
 * Without an authority a path must not begin with "//".  One that does so now had
 * dots in front, so there is room for them.
 */
static void remove_dots(const struct coil_url *url, struct coil_url_part *path)
{
    char *at = text_of(path);

    if (!at)
        return;
    path->size = coil__url_remove_dots(at, path->size);
    if (!url->host.at && path->size >= 2 && at[0] == '/' && at[1] == '/') {
        memmove(at + 2, at, path->size);
        memcpy(at, "/.", 2);
        path->size += 2;
    }
}

static void normalise_path(struct coil__url_draft *draft)
{
    struct coil_url *url = &draft->url;
    struct coil_url_part *path = &url->path;

    decode(path, false);
    if (url->scheme.at)
        remove_dots(url, path);
    if (path->size == 0 && url->host.at && url->scheme.at &&
        coil__url_default_port(&url->scheme) > 0) {
        *draft->end = '/';
        *path = (struct coil_url_part){ draft->end++, 1 };
    }
}

static void normalise(struct coil__url_draft *draft)
{
    struct coil_url *url = &draft->url;

    decode(&url->scheme, true);
    if (url->host.at) {
        normalise_user(url);
        normalise_host(draft);
        normalise_port(url);
    }
    normalise_path(draft);
    decode(&url->query, false);
    decode(&url->fragment, false);
}

int coil_url_normalise(char **out, const char *text)
{
    struct coil__url_draft draft;
    int rc = coil__url_draft(&draft, text, false);

    *out = NULL;
    if (rc < 0)
        return rc;
    normalise(&draft);
    rc = coil_url_write(out, &draft.url);
    coil__free(draft.memory);
    return rc;
}
