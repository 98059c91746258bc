/* SPDX-License-Identifier: MIT */
/*
 * A URL is taken apart in two steps.  coil__url_split() looks at delimiters
 * only, so it can also split text that is no URL yet (url_text.c).  Then the
 * parts are checked.
 */
#include "http/wire/url.h"

#include <string.h>

#include "http/wire/text.h"
#include "http/wire/url_chars.h"
#include "http/wire/url_host.h"

/* ---- splitting -------------------------------------------------------- */

static struct coil_url_part part_of(const char *from, const char *to)
{
    return (struct coil_url_part){ .at = from, .size = (size_t)(to - from) };
}

static const char *find(const char *from, const char *end, char c)
{
    return memchr(from, c, (size_t)(end - from));
}

/* The ":" behind a scheme, or NULL. */
static const char *find_scheme_end(const char *at, const char *end)
{
    const char *begin = at;

    while (at < end && coil__url_may_be(*at, COIL__URL_SCHEME))
        at++;
    if (at == begin || at == end || *at != ':' || !coil__url_is_letter(*begin))
        return NULL;
    return at;
}

static void split_authority(struct coil_url *url, const char *at,
                            const char *end)
{
    const char *sign = find(at, end, '@');
    const char *colon;

    if (sign) {
        colon = find(at, sign, ':');
        url->user = part_of(at, colon ? colon : sign);
        if (colon)
            url->password = part_of(colon + 1, sign);
        at = sign + 1;
    }
    /* In brackets there are colons that are no delimiters. */
    colon = at < end && *at == '[' ? find(at, end, ']') : at;
    colon = colon ? find(colon, end, ':') : NULL;
    url->host = part_of(at, colon ? colon : end);
    if (colon)
        url->digits = part_of(colon + 1, end);
}

void coil__url_split(struct coil_url *url, const char *text, size_t size)
{
    const char *at = text;
    const char *end = text + size;
    const char *mark;

    *url = (struct coil_url){ .host_kind = COIL_URL_NO_HOST };
    mark = find(at, end, '#');
    if (mark) {
        url->fragment = part_of(mark + 1, end);
        end = mark;
    }
    mark = find(at, end, '?');
    if (mark) {
        url->query = part_of(mark + 1, end);
        end = mark;
    }
    mark = find_scheme_end(at, end);
    if (mark) {
        url->scheme = part_of(at, mark);
        at = mark + 1;
    }
    if (end - at >= 2 && at[0] == '/' && at[1] == '/') {
        mark = find(at + 2, end, '/');
        split_authority(url, at + 2, mark ? mark : end);
        at = mark ? mark : end;
    }
    url->path = part_of(at, end);
}

/* ---- checking --------------------------------------------------------- */

uint16_t coil__url_default_port(const struct coil_url_part *scheme)
{
    static const struct {
        const char *name;
        uint16_t port;
    } specials[] = { { "http", 80 },
                     { "https", 443 },
                     { "ws", 80 },
                     { "wss", 443 },
                     { "ftp", 21 } };

    for (size_t i = 0; i < sizeof specials / sizeof specials[0]; i++)
        if (coil__http_is_word(scheme->at, scheme->size, specials[i].name))
            return specials[i].port;
    return 0;
}

/* No digits are the port of the scheme. */
static bool take_port(struct coil_url *url)
{
    unsigned long n = 0;

    url->port = 0;
    if (url->digits.size == 0) {
        if (url->scheme.at)
            url->port = coil__url_default_port(&url->scheme);
        return true;
    }
    if (url->digits.size > 5)
        return false;
    for (size_t i = 0; i < url->digits.size; i++) {
        char c = url->digits.at[i];

        if (c < '0' || c > '9')
            return false;
        n = n * 10 + (unsigned long)(c - '0');
    }
    url->port = (uint16_t)n;
    return n >= 1 && n <= UINT16_MAX;
}

/* Take "[address]", and the zone off it. */
static bool take_literal(struct coil_url *url)
{
    struct coil_url_part *host = &url->host;
    const char *percent;

    if (host->size < 2 || host->at[host->size - 1] != ']')
        return false;
    *host = part_of(host->at + 1, host->at + host->size - 1);
    if (coil__url_is_future(host->at, host->size)) {
        url->host_kind = COIL_URL_FUTURE;
        return true;
    }
    percent = find(host->at, host->at + host->size, '%');
    if (percent) {
        const char *end = host->at + host->size;

        if (end - percent < 4 || percent[1] != '2' || percent[2] != '5')
            return false;
        url->zone = part_of(percent + 3, end);
        if (!coil__url_all(url->zone.at, url->zone.size, COIL__URL_UNRESERVED))
            return false;
        *host = part_of(host->at, percent);
    }
    url->host_kind = COIL_URL_IPV6;
    return coil__url_is_ipv6(host->at, host->size);
}

/* A host whose scheme is special must be one that can be connected to. */
static bool take_host(struct coil_url *url, bool is_special, bool is_lenient)
{
    const struct coil_url_part *host = &url->host;

    if (host->size > 0 && host->at[0] == '[')
        return take_literal(url);
    url->host_kind = COIL_URL_NAME;
    if (coil__url_is_ipv4(host->at, host->size)) {
        url->host_kind = COIL_URL_IPV4;
        return true;
    }
    if (!is_special)
        return coil__url_all(host->at, host->size, COIL__URL_NAME);
    return coil__url_is_name(host->at, host->size) &&
           (is_lenient || !coil__url_ends_in_number(host->at, host->size));
}

static bool take_authority(struct coil_url *url, bool is_special,
                           bool is_lenient)
{
    return coil__url_all(url->user.at, url->user.size, COIL__URL_NAME) &&
           coil__url_all(url->password.at, url->password.size,
                         COIL__URL_USER) &&
           take_host(url, is_special, is_lenient) && take_port(url);
}

static bool take_rest(const struct coil_url *url)
{
    const struct coil_url_part *path = &url->path;
    const char *colon = find(path->at, path->at + path->size, ':');

    /* Without a scheme, "a:b" would be taken for one. */
    if (colon && !url->scheme.at && !url->host.at &&
        !find(path->at, colon, '/'))
        return false;
    return coil__url_all(path->at, path->size, COIL__URL_PATH) &&
           coil__url_all(url->query.at, url->query.size, COIL__URL_QUERY) &&
           coil__url_all(url->fragment.at, url->fragment.size, COIL__URL_QUERY);
}

int coil_url_parse_bytes(struct coil_url *url, const char *text, size_t size)
{
    bool is_special;

    if (size > COIL_URL_MAX_SIZE)
        return COIL_EHTTP_BAD_URL;
    coil__url_split(url, text, size);
    is_special = url->scheme.at && coil__url_default_port(&url->scheme) > 0;
    if (url->host.at && !take_authority(url, is_special, false))
        return COIL_EHTTP_BAD_URL;
    if (!url->host.at)
        take_port(url);
    return take_rest(url) ? 0 : COIL_EHTTP_BAD_URL;
}

int coil_url_parse(struct coil_url *url, const char *text)
{
    return coil_url_parse_bytes(url, text, strlen(text));
}

/* ---- origins ---------------------------------------------------------- */

static bool is_same(const struct coil_url_part *a,
                    const struct coil_url_part *b)
{
    return a->size == b->size && coil__http_equal_n(a->at, b->at, a->size);
}

static bool is_same_host(const struct coil_url *a, const struct coil_url *b)
{
    unsigned char a_bytes[16];
    unsigned char b_bytes[16];

    if (a->host_kind != b->host_kind)
        return false;
    if (a->host_kind != COIL_URL_IPV6)
        return is_same(&a->host, &b->host);
    coil__url_ipv6_bytes(a_bytes, a->host.at, a->host.size);
    coil__url_ipv6_bytes(b_bytes, b->host.at, b->host.size);
    return memcmp(a_bytes, b_bytes, 16) == 0 && a->zone.size == b->zone.size &&
           (a->zone.size == 0 ||
            memcmp(a->zone.at, b->zone.at, a->zone.size) == 0);
}

bool coil_url_is_same_origin(const struct coil_url *a, const struct coil_url *b)
{
    return a->scheme.at && b->scheme.at && a->host.at && b->host.at &&
           a->port != 0 && a->port == b->port &&
           is_same(&a->scheme, &b->scheme) && is_same_host(a, b);
}

/* ---- what a request needs --------------------------------------------- */

static bool take_http_host(struct coil_url *url)
{
    return !url->user.at && take_host(url, true, true) && !url->zone.at &&
           url->host_kind != COIL_URL_FUTURE && take_port(url);
}

/* Whether the scheme is http or https. */
static bool is_http(const struct coil_url_part *scheme)
{
    return (scheme->size == 4 || scheme->size == 5) &&
           coil__http_equal_n(scheme->at, "https", scheme->size);
}

int coil__http_url_parse(struct coil__http_url *url, const char *text)
{
    struct coil_url parts;
    size_t size = strlen(text);

    if (!coil__http_all(text, size, COIL__HTTP_VISIBLE))
        return COIL_EHTTP_BAD_URL;
    coil__url_split(&parts, text, size);
    if (!parts.host.at || !parts.scheme.at)
        return COIL_EHTTP_BAD_URL;
    if (!is_http(&parts.scheme))
        return COIL_EHTTP_BAD_SCHEME;
    if (!take_http_host(&parts))
        return COIL_EHTTP_BAD_URL;
    *url = (struct coil__http_url){
        .authority = parts.scheme.at + parts.scheme.size + 3,
        .host = parts.host.at,
        .host_size = parts.host.size,
        .is_ipv6 = parts.host_kind == COIL_URL_IPV6,
        .is_secure = parts.scheme.size == 5,
        .port = parts.port,
        .target = parts.path.at,
        .target_size = parts.path.size,
    };
    if (parts.query.at)
        url->target_size += 1 + parts.query.size;
    return 0;
}

bool coil__http_is_authority(const char *text, size_t size)
{
    static const char scheme[] = "http";
    struct coil_url url = { .scheme = { scheme, 4 } };

    if (size == 0)
        return false;
    split_authority(&url, text, text + size);
    /* Whether a name is an address in numbers does not matter. */
    if (text[0] != '[')
        return !url.user.at && coil__url_is_name(url.host.at, url.host.size) &&
               take_port(&url);
    return take_http_host(&url);
}
