/* SPDX-License-Identifier: MIT */
#include "http/client/store_entry.h"

#include <errno.h>
#include <string.h>

#include "base/memory.h"
#include "http/wire/text.h"

/* ---- what may be kept ------------------------------------------------- */

static bool says_no_store(const struct coil_http_header *headers, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (coil__http_equal(headers[i].name, "Cache-Control") &&
            coil__http_list_has(headers[i].value, "no-store"))
            return true;
    return false;
}

static const char *find(const struct coil_http_header *headers, size_t count,
                        struct coil__http_slice name)
{
    for (size_t i = 0; i < count; i++)
        if (coil__http_slice_is(name, headers[i].name))
            return headers[i].value;
    return NULL;
}

/* Whether what a response varies with can be compared. */
static bool can_vary(const struct coil_http_response *response,
                     bool has_cookies)
{
    size_t names = 0;

    for (size_t i = 0; i < response->header_count; i++) {
        const char *list = response->headers[i].value;

        if (!coil__http_equal(response->headers[i].name, "Vary"))
            continue;
        if (coil__http_list_has(list, "*") ||
            (has_cookies && coil__http_list_has(list, "Cookie")))
            return false;
        while (coil__http_next_item(&list).size > 0)
            names++;
    }
    return names <= COIL__HTTP_MAX_VARY;
}

bool coil__http_may_keep(const struct coil_http_request *request,
                         const struct coil_http_response *response,
                         bool has_cookies)
{
    if (response->status != 200 || response->hop_count > 0 ||
        says_no_store(request->headers, request->header_count) ||
        says_no_store(response->headers, response->header_count))
        return false;
    return can_vary(response, has_cookies) &&
           (coil_http_response_header(response, "ETag") ||
            coil_http_response_header(response, "Last-Modified"));
}

/* ---- copies ----------------------------------------------------------- */

/* Whether a header is about the message that brought it, or its receiver. */
static bool is_of_message(const char *name)
{
    static const char *const names[] = { "Connection", "Content-Length",
                                         "Keep-Alive", "Set-Cookie",
                                         "Transfer-Encoding" };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (coil__http_equal(name, names[i]))
            return true;
    return false;
}

static size_t text_size(const struct coil_http_header *headers, size_t count)
{
    size_t size = 0;

    for (size_t i = 0; i < count; i++)
        size += strlen(headers[i].name) + strlen(headers[i].value) + 2;
    return size;
}

/* Copy to `*end`, and move it behind the copy. */
static const char *put_bytes(char **end, const char *bytes, size_t size)
{
    char *copy = *end;

    if (size > 0)
        memcpy(copy, bytes, size);
    copy[size] = '\0';
    *end += size + 1;
    return copy;
}

static const char *put(char **end, const char *text)
{
    return put_bytes(end, text, strlen(text));
}

/* Copy the headers that are not about the message. */
static void put_headers(struct coil_http_header *to, size_t *count, char **end,
                        const struct coil_http_header *headers, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!is_of_message(headers[i].name))
            to[(*count)++] =
                (struct coil_http_header){ put(end, headers[i].name),
                                           put(end, headers[i].value) };
}

static void put_vary(struct coil__http_entry *e, char **end,
                     const struct coil_http_request *request)
{
    for (size_t i = 0; i < e->header_count; i++) {
        const char *list = e->headers[i].value;
        struct coil__http_slice name;

        if (!coil__http_equal(e->headers[i].name, "Vary"))
            continue;
        while ((name = coil__http_next_item(&list)).size > 0) {
            const char *value =
                find(request->headers, request->header_count, name);

            e->vary[e->vary_count++] = (struct coil_http_header){
                put_bytes(end, name.at, name.size),
                put(end, value ? value : ""),
            };
        }
    }
}

/* ---- entries ---------------------------------------------------------- */

int coil__http_entry_new(struct coil__http_entry **out,
                         const struct coil_http_request *request,
                         const struct coil_http_response *response)
{
    size_t table = response->header_count * sizeof *response->headers;
    size_t size =
        sizeof **out + table + strlen(request->url) + 1 +
        /* The names of Vary are in it, too, and what they stand for. */
        2 * text_size(response->headers, response->header_count) +
        text_size(request->headers, request->header_count) *
            COIL__HTTP_MAX_VARY +
        response->body_size + 1;
    struct coil__http_entry *e = coil__alloc(size);
    char *end;

    if (!e)
        return -ENOMEM;
    e->refs = 1;
    e->size = size;
    e->headers = (void *)(e + 1);
    end = (char *)(e->headers + response->header_count);
    put_headers(e->headers, &e->header_count, &end, response->headers,
                response->header_count);
    put_vary(e, &end, request);
    e->url = put(&end, request->url);
    e->body = put_bytes(&end, response->body, response->body_size);
    e->body_size = response->body_size;
    e->is_encoded = request->keep_encoded;
    e->etag = coil_http_find_header(e->headers, e->header_count, "ETag");
    e->modified =
        coil_http_find_header(e->headers, e->header_count, "Last-Modified");
    *out = e;
    return 0;
}

void coil__http_entry_release(struct coil__http_entry *e)
{
    if (--e->refs == 0)
        coil__free(e);
}

bool coil__http_entry_fits(const struct coil__http_entry *e,
                           const struct coil_http_request *request)
{
    if (strcmp(e->url, request->url) != 0 ||
        e->is_encoded != request->keep_encoded)
        return false;
    for (size_t i = 0; i < e->vary_count; i++) {
        const char *value = coil_http_find_header(
            request->headers, request->header_count, e->vary[i].name);

        if (strcmp(value ? value : "", e->vary[i].value) != 0)
            return false;
    }
    return true;
}

/* The entry's headers but for those that the 304 has, and then these. */
static void put_fresh_headers(struct coil_http_header *to, size_t *count,
                              char **end, const struct coil__http_entry *e,
                              const struct coil_http_response *fresh)
{
    for (size_t i = 0; i < e->header_count; i++)
        if (!coil_http_response_header(fresh, e->headers[i].name))
            put_headers(to, count, end, &e->headers[i], 1);
    put_headers(to, count, end, fresh->headers, fresh->header_count);
}

int coil__http_entry_respond(const struct coil__http_entry *e,
                             const struct coil_http_response *fresh,
                             struct coil_http_response **out)
{
    size_t most = e->header_count + fresh->header_count;
    size_t size = sizeof(struct coil__http_response) +
                  most * sizeof(struct coil_http_header) +
                  text_size(e->headers, e->header_count) +
                  text_size(fresh->headers, fresh->header_count) +
                  strlen(fresh->url) + 1 + e->body_size + 1;
    struct coil__http_response *r = coil__alloc(size);
    struct coil_http_header *headers;
    size_t count = 0;
    char *end;

    if (!r)
        return -ENOMEM;
    headers = (void *)(r + 1);
    end = (char *)(headers + most);
    put_fresh_headers(headers, &count, &end, e, fresh);
    r->is_at_end = true;
    r->shown = (struct coil_http_response){
        .status = 200,
        .reason = "OK",
        .headers = headers,
        .header_count = count,
        .url = put(&end, fresh->url),
        .body = put_bytes(&end, e->body, e->body_size),
        .body_size = e->body_size,
        .content_length = (int64_t)e->body_size,
    };
    *out = &r->shown;
    return 0;
}
