/* SPDX-License-Identifier: MIT */
/* URLs of texts: encoded, joined, and with more in their query. */
#include <string.h>

#include <coil/url.h>

#include "base/memory.h"
#include "http/wire/url.h"
#include "http/wire/url_dots.h"
#include "http/wire/url_form.h"
#include "http/wire/url_text.h"

int coil_url_encode(char **out, const char *text)
{
    struct coil__url_draft draft;
    int rc = coil__url_draft(&draft, text, false);

    *out = NULL;
    if (rc < 0)
        return rc;
    rc = coil_url_write(out, &draft.url);
    coil__free(draft.memory);
    return rc;
}

/* ---- joining ---------------------------------------------------------- */

static void take_authority(struct coil_url *url, const struct coil_url *from)
{
    url->user = from->user;
    url->password = from->password;
    url->host = from->host;
    url->zone = from->zone;
    url->digits = from->digits;
    url->host_kind = from->host_kind;
}

/* How much of the path of the base stands before that of the reference. */
static size_t kept_of(const struct coil_url *base)
{
    size_t size = base->path.size;

    while (size > 0 && base->path.at[size - 1] != '/')
        size--;
    return size;
}

/*
 * RFC 3986, 5.2.2 and 5.2.3.  `path` has room for both paths and two bytes.  A
 * path that begins with "//" where there is no authority gets "/." in front, or
 * it would be taken for one.
 */
static void resolve(struct coil_url *url, const struct coil_url *base,
                    const struct coil_url *reference, char *path)
{
    const struct coil_url_part *own = &reference->path;
    size_t kept = 0;

    *url = *reference;
    if (!reference->scheme.at) {
        url->scheme = base->scheme;
        if (!reference->host.at)
            take_authority(url, base);
    }
    if (!reference->scheme.at && !reference->host.at) {
        if (own->size == 0) {
            url->path = base->path;
            if (!reference->query.at)
                url->query = base->query;
            return;
        }
        if (own->at[0] != '/')
            kept = kept_of(base);
    }
    path += 2;
    memcpy(path, base->path.at, kept);
    if (own->size > 0 && own->at[0] != '/' && kept == 0 && url->host.at)
        path[kept++] = '/';
    memcpy(path + kept, own->at, own->size);
    url->path.at = path;
    url->path.size = coil__url_remove_dots(path, kept + own->size);
    if (!url->host.at && url->path.size >= 2 && path[0] == '/' &&
        path[1] == '/') {
        memcpy(path - 2, "/.", 2);
        url->path.at -= 2;
        url->path.size += 2;
    }
}

static int join(char **out, const struct coil_url *base,
                const struct coil_url *reference)
{
    struct coil_url url;
    char *path;
    int rc;

    if (!base->scheme.at)
        return COIL_EHTTP_BAD_URL;
    path = coil__alloc(base->path.size + reference->path.size + 4);
    if (!path)
        return -ENOMEM;
    resolve(&url, base, reference, path);
    rc = coil_url_write(out, &url);
    coil__free(path);
    return rc;
}

static bool is_special(const struct coil_url *url)
{
    return url->scheme.at && coil__url_default_port(&url->scheme) > 0;
}

int coil_url_join(char **out, const char *base, const char *reference)
{
    struct coil__url_draft base_draft;
    struct coil__url_draft draft;
    int rc = coil__url_draft(&base_draft, base, false);

    *out = NULL;
    if (rc < 0)
        return rc;
    rc = coil__url_draft(&draft, reference, is_special(&base_draft.url));
    if (rc < 0)
        goto free_base;
    rc = join(out, &base_draft.url, &draft.url);
    coil__free(draft.memory);
free_base:
    coil__free(base_draft.memory);
    return rc;
}

/* ---- more in a query -------------------------------------------------- */

int coil_url_add_query(char **out, const char *text,
                       const struct coil_url_pair *pairs, size_t count)
{
    struct coil__url_draft draft;
    struct coil_buffer query = { 0 };
    int rc = coil__url_draft(&draft, text, false);

    *out = NULL;
    if (rc < 0)
        return rc;
    if (draft.url.query.size > 0)
        rc = coil__buffer_append(&query, draft.url.query.at,
                                 draft.url.query.size);
    if (rc == 0)
        rc = coil__url_put_pairs(&query, pairs, count, "%20");
    if (rc == 0 && count > 0) {
        draft.url.query.at = (const char *)coil__buffer_bytes(&query);
        draft.url.query.size = query.size;
    }
    if (rc == 0)
        rc = coil_url_write(out, &draft.url);
    coil__buffer_fini(&query);
    coil__free(draft.memory);
    return rc;
}
