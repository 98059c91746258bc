/* SPDX-License-Identifier: MIT */
#include "http/client/url_kept.h"

#include <string.h>

#include <coil/error.h>

#include "http/wire/text.h"

/*
 * What stands behind scheme and authority, or NULL: the text begins with others.
 * A longer authority may begin like the one that is kept.
 */
static const char *behind(const struct coil__http_url_kept *kept,
                          const char *text)
{
    char next;

    if (kept->size == 0 || strncmp(text, kept->text, kept->size) != 0)
        return NULL;
    next = text[kept->size];
    return next == '/' || next == '?' || next == '#' || next == '\0'
               ? text + kept->size
               : NULL;
}

/* Take path and query.  A fragment follows them perhaps. */
static int take_target(struct coil__http_url *url, const char *target)
{
    const char *end = target;

    while (*end != '#' && coil__http_is(*end, COIL__HTTP_VISIBLE))
        end++;
    url->target = target;
    url->target_size = (size_t)(end - target);
    while (coil__http_is(*end, COIL__HTTP_VISIBLE))
        end++;
    return *end == '\0' ? 0 : COIL_EHTTP_BAD_URL;
}

static void keep(struct coil__http_url_kept *kept,
                 const struct coil__http_url *url, const char *text)
{
    size_t size = (size_t)(url->target - text);

    if (size > sizeof kept->text)
        return;
    memcpy(kept->text, text, size);
    kept->size = size;
    kept->authority = (size_t)(url->authority - text);
    kept->host = (size_t)(url->host - text);
    kept->url = *url;
}

int coil__http_url_parse_kept(struct coil__http_url_kept *kept,
                              struct coil__http_url *url, const char *text)
{
    const char *target = behind(kept, text);
    int rc;

    if (target) {
        *url = kept->url;
        url->authority = text + kept->authority;
        url->host = text + kept->host;
        return take_target(url, target);
    }
    rc = coil__http_url_parse(url, text);
    if (rc == 0)
        keep(kept, url, text);
    return rc;
}
