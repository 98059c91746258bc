/* SPDX-License-Identifier: MIT */
#include "http/wire/url_text.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "http/wire/text.h"
#include "http/wire/url.h"
#include "http/wire/url_chars.h"
#include "http/wire/url_host.h"
#include "http/wire/url_idn.h"

/* A host may be longer than three times its text; see put_name(). */
enum { MAX_NAME = 253, HOST_ROOM = MAX_NAME + 1 };

static bool is_around(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

char *coil__url_put_escape(char *out, unsigned char byte)
{
    static const char digits[] = "0123456789ABCDEF";

    *out++ = '%';
    *out++ = digits[byte >> 4];
    *out++ = digits[byte & 15];
    return out;
}

/* Encode all but what `class` allows, and what is an escape already. */
static void put(struct coil__url_draft *draft, struct coil_url_part *part,
                unsigned class)
{
    const char *at = part->at;
    const char *end;
    char *out = draft->end;

    if (!at)
        return;
    end = at + part->size;
    while (at < end) {
        bool is_escape = coil__url_is_escape(at, (size_t)(end - at));

        if (is_escape || coil__url_may_be(*at, class))
            *out++ = *at;
        else
            out = coil__url_put_escape(out, (unsigned char)*at);
        at++;
    }
    part->at = draft->end;
    part->size = (size_t)(out - draft->end);
    draft->end = out;
}

/* ---- hosts ------------------------------------------------------------ */

/* Decode into the draft, behind what is there; nothing is taken yet. */
static size_t decode(const struct coil__url_draft *draft,
                     const struct coil_url_part *host)
{
    char *out = draft->end;
    size_t i = 0;

    while (i < host->size) {
        if (coil__url_is_escape(host->at + i, host->size - i)) {
            *out++ = (char)coil__url_escaped(host->at + i);
            i += 3;
        } else {
            *out++ = host->at[i++];
        }
    }
    return (size_t)(out - draft->end);
}

static bool is_ascii(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if ((unsigned char)text[i] >= 128)
            return false;
    return true;
}

/* A name that ends in a number becomes the address that it stands for. */
static int put_number(struct coil__url_draft *draft, struct coil_url_part *host)
{
    uint32_t address;

    if (!coil__url_number(&address, draft->end, host->size))
        return COIL_EHTTP_BAD_URL;
    host->size =
        (size_t)sprintf(draft->end, "%u.%u.%u.%u", address >> 24,
                        address >> 16 & 255, address >> 8 & 255, address & 255);
    draft->end += host->size;
    return 0;
}

/* The name of a machine, which may be in any script. */
static int put_name(struct coil__url_draft *draft, struct coil_url_part *host)
{
    size_t size = decode(draft, host);
    char ascii[MAX_NAME + 1];

    if (!is_ascii(draft->end, size)) {
        int rc = coil__url_idn_to_ascii(ascii, draft->end, size);

        if (rc < 0)
            return rc;
        size = strlen(ascii);
        memcpy(draft->end, ascii, size);
    }
    if (!coil__url_is_name(draft->end, size))
        return COIL_EHTTP_BAD_URL;
    *host = (struct coil_url_part){ draft->end, size };
    if (!coil__url_is_ipv4(draft->end, size) &&
        coil__url_ends_in_number(draft->end, size))
        return put_number(draft, host);
    draft->end += size;
    return 0;
}

/* "[fe80::1%25eth0]"; the text may have the "%" alone. */
static int put_literal(struct coil__url_draft *draft, struct coil_url *url)
{
    struct coil_url_part *host = &url->host;
    const char *percent;
    size_t skipped = 1;

    if (host->size < 2 || host->at[host->size - 1] != ']')
        return COIL_EHTTP_BAD_URL;
    host->at++;
    host->size -= 2;
    percent = memchr(host->at, '%', host->size);
    if (percent) {
        const char *end = host->at + host->size;

        if (end - percent > 3 && percent[1] == '2' && percent[2] == '5')
            skipped = 3;
        url->zone.at = percent + skipped;
        url->zone.size = (size_t)(end - url->zone.at);
        if (url->zone.size == 0)
            return COIL_EHTTP_BAD_URL;
        host->size = (size_t)(percent - host->at);
        put(draft, &url->zone, COIL__URL_UNRESERVED);
    }
    url->host_kind = COIL_URL_IPV6;
    if (!percent && coil__url_is_future(host->at, host->size))
        url->host_kind = COIL_URL_FUTURE;
    else if (!coil__url_is_ipv6(host->at, host->size))
        return COIL_EHTTP_BAD_URL;
    put(draft, host, COIL__URL_USER);
    return 0;
}

static int put_host(struct coil__url_draft *draft, struct coil_url *url,
                    bool is_special)
{
    if (url->host.size > 0 && url->host.at[0] == '[')
        return put_literal(draft, url);
    /* Others would see the host behind these. */
    if (memchr(url->host.at, '@', url->host.size) ||
        memchr(url->host.at, '\\', url->host.size))
        return COIL_EHTTP_BAD_URL;
    url->host_kind = COIL_URL_NAME;
    if (is_special)
        return put_name(draft, &url->host);
    put(draft, &url->host, COIL__URL_NAME);
    return 0;
}

/* ---- all of it -------------------------------------------------------- */

static bool has_backslash(const struct coil_url_part *part)
{
    return part->at && memchr(part->at, '\\', part->size);
}

/* Browsers take these for an authority: "\\host", "/\host", "\/host". */
static bool hides_authority(const struct coil_url *url)
{
    const struct coil_url_part *path = &url->path;

    if (url->host.at)
        return has_backslash(&url->user) || has_backslash(&url->password);
    return (path->size > 0 && path->at[0] == '\\') ||
           (path->size > 1 && path->at[0] == '/' && path->at[1] == '\\');
}

static int put_parts(struct coil__url_draft *draft, bool is_special)
{
    struct coil_url *url = &draft->url;
    int rc;

    if (hides_authority(url))
        return COIL_EHTTP_BAD_URL;
    put(draft, &url->scheme, COIL__URL_SCHEME);
    put(draft, &url->user, COIL__URL_NAME);
    put(draft, &url->password, COIL__URL_USER);
    if (url->host.at) {
        rc = put_host(draft, url, is_special);
        if (rc < 0)
            return rc;
    }
    put(draft, &url->digits, COIL__URL_UNRESERVED);
    put(draft, &url->path, COIL__URL_PATH);
    put(draft, &url->query, COIL__URL_QUERY);
    put(draft, &url->fragment, COIL__URL_QUERY);
    return 0;
}

int coil__url_draft(struct coil__url_draft *draft, const char *text,
                    bool is_special)
{
    size_t size = strlen(text);
    int rc;

    while (size > 0 && is_around(text[size - 1]))
        size--;
    while (size > 0 && is_around(*text)) {
        text++;
        size--;
    }
    if (size > COIL_URL_MAX_SIZE || coil__url_has_control(text, size))
        return COIL_EHTTP_BAD_URL;
    draft->memory = coil__alloc(3 * size + HOST_ROOM + COIL__URL_SPARE);
    if (!draft->memory)
        return -ENOMEM;
    draft->end = draft->memory;
    coil__url_split(&draft->url, text, size);
    if (draft->url.scheme.at)
        is_special = coil__url_default_port(&draft->url.scheme) > 0;
    rc = put_parts(draft, is_special);
    if (rc < 0)
        coil__free(draft->memory);
    return rc;
}
