/* SPDX-License-Identifier: MIT */
#include <string.h>

#include <coil/url.h>

#include "base/memory.h"

/* Append a part, with what stands before it. */
static char *put(char *out, const char *before,
                 const struct coil_url_part *part)
{
    size_t size = strlen(before);

    if (!part->at)
        return out;
    memcpy(out, before, size);
    out += size;
    if (part->size > 0)
        memcpy(out, part->at, part->size);
    return out + part->size;
}

static char *put_authority(char *out, const struct coil_url *url)
{
    bool has_brackets =
        url->host_kind == COIL_URL_IPV6 || url->host_kind == COIL_URL_FUTURE;

    *out++ = '/';
    *out++ = '/';
    out = put(out, "", &url->user);
    out = put(out, ":", &url->password);
    if (url->user.at || url->password.at)
        *out++ = '@';
    out = put(out, has_brackets ? "[" : "", &url->host);
    if (has_brackets) {
        out = put(out, "%25", &url->zone);
        *out++ = ']';
    }
    return put(out, ":", &url->digits);
}

static size_t size_of(const struct coil_url *url)
{
    enum { DELIMITERS = 16 }; /* "://:@[%25]:?#" and a NUL */

    return url->scheme.size + url->user.size + url->password.size +
           url->host.size + url->zone.size + url->digits.size + url->path.size +
           url->query.size + url->fragment.size + DELIMITERS;
}

static bool is_same(const struct coil_url_part *a,
                    const struct coil_url_part *b)
{
    return !a->at == !b->at && a->size == b->size &&
           (a->size == 0 || memcmp(a->at, b->at, a->size) == 0);
}

/* Whether a reader of the text sees the parts that it was made of. */
static bool is_understood(const char *text, const struct coil_url *url)
{
    struct coil_url seen;

    return coil_url_parse(&seen, text) == 0 &&
           is_same(&seen.scheme, &url->scheme) &&
           is_same(&seen.user, &url->user) &&
           is_same(&seen.password, &url->password) &&
           is_same(&seen.host, &url->host) && is_same(&seen.zone, &url->zone) &&
           is_same(&seen.digits, &url->digits) &&
           seen.path.size == url->path.size &&
           is_same(&seen.query, &url->query) &&
           is_same(&seen.fragment, &url->fragment);
}

int coil_url_write(char **out, const struct coil_url *url)
{
    char *text = coil__alloc(size_of(url));
    char *end = text;

    *out = NULL;
    if (!text)
        return -ENOMEM;
    end = put(end, "", &url->scheme);
    if (url->scheme.at)
        *end++ = ':';
    if (url->host.at)
        end = put_authority(end, url);
    end = put(end, "", &url->path);
    end = put(end, "?", &url->query);
    end = put(end, "#", &url->fragment);
    *end = '\0';
    if (!is_understood(text, url)) {
        coil__free(text);
        return COIL_EHTTP_BAD_URL;
    }
    *out = text;
    return 0;
}

void coil_url_free(char *text)
{
    coil__free(text);
}
