/* SPDX-License-Identifier: MIT */
#include "http/server/route.h"

#include <string.h>

#include "http/wire/text.h"

static bool is_wildcard(const char *segment, size_t size)
{
    return size == 2 && memcmp(segment, "{}", 2) == 0;
}

static bool is_rest(const char *segment)
{
    return strcmp(segment, "*") == 0;
}

bool coil__http_is_pattern(const char *pattern)
{
    size_t wildcards = 0;

    if (*pattern != '/')
        return false;
    while (*pattern) {
        const char *segment = pattern + 1;
        size_t size = strcspn(segment, "/");

        if (is_wildcard(segment, size) || is_rest(segment))
            wildcards++;
        else if (memchr(segment, '*', size))
            return false;
        pattern = segment + size;
    }
    return wildcards <= COIL__HTTP_CAPTURES;
}

/* Whether a segment, still encoded, is `literal` when it is decoded. */
static bool says(const char *sent, size_t size, const char *literal,
                 size_t literal_size)
{
    size_t at = 0;

    for (size_t i = 0; i < literal_size; i++) {
        char c;

        if (at >= size)
            return false;
        c = sent[at++];
        if (c == '%') {
            c = (char)(coil__http_hex(sent[at]) << 4 |
                       coil__http_hex(sent[at + 1]));
            at += 2;
        }
        if (c != literal[i])
            return false;
    }
    return at == size;
}

/* Both begin with "/", and every % in `path` is a good escape. */
static bool match(const char *pattern, const char *path,
                  struct coil__http_slice *captures, size_t *count)
{
    *count = 0;
    for (;;) {
        size_t wanted;
        size_t size;

        pattern++;
        path++;
        if (is_rest(pattern)) {
            captures[(*count)++] =
                (struct coil__http_slice){ path, strlen(path) };
            return true;
        }
        wanted = strcspn(pattern, "/");
        size = strcspn(path, "/");
        if (is_wildcard(pattern, wanted)) {
            if (size == 0)
                return false;
            captures[(*count)++] = (struct coil__http_slice){ path, size };
        } else if (!says(path, size, pattern, wanted)) {
            return false;
        }
        pattern += wanted;
        path += size;
        if (!*pattern || !*path)
            return *pattern == *path;
    }
}

static bool serves(const struct coil__http_route *route, const char *method)
{
    if (!route->method || strcmp(route->method, method) == 0)
        return true;
    return strcmp(method, "HEAD") == 0 && strcmp(route->method, "GET") == 0;
}

/* Without memory the list gets shorter, which does no harm. */
static void allow(struct coil_buffer *allowed, const char *method)
{
    size_t before = allowed->size;

    if ((before > 0 && coil__buffer_append(allowed, ", ", 2) < 0) ||
        coil__buffer_append(allowed, method, strlen(method)) < 0)
        allowed->size = before;
}

const struct coil__http_route *
coil__http_find_route(const struct coil__http_route *routes,
                      struct coil_http_exchange *x, struct coil_buffer *allowed)
{
    struct coil__http_slice captures[COIL__HTTP_CAPTURES];

    if (x->path[0] != '/')
        return NULL;
    for (const struct coil__http_route *r = routes; r; r = r->next) {
        if (!match(r->pattern, x->path, captures, &x->capture_count))
            continue;
        if (!serves(r, x->head.method)) {
            allow(allowed, r->method);
            continue;
        }
        for (size_t i = 0; i < x->capture_count; i++) {
            x->captures[i] = x->spare;
            coil__http_decode(x->spare, captures[i].at, captures[i].size,
                              false);
            x->spare += strlen(x->spare) + 1;
        }
        return r;
    }
    x->capture_count = 0;
    return NULL;
}
