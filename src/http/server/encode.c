/* SPDX-License-Identifier: MIT */
#include "http/server/encode.h"

#include <string.h>

#include "http/server/parameter.h"
#include "http/wire/coding.h"
#include "http/wire/encoder.h"
#include "http/wire/text.h"
#include "http/wire/write.h"

enum { LEAST = 512 }; /* bytes: less is not worth the work */

static bool is_text(const char *type)
{
    static const char *const types[] = {
        "application/json",         "application/javascript",
        "application/xml",          "application/xhtml+xml",
        "application/rss+xml",      "application/atom+xml",
        "application/ld+json",      "application/manifest+json",
        "application/wasm",         "application/x-ndjson",
        "application/problem+json", "image/svg+xml",
    };

    if (strcspn(type, "; \t") > 5 && coil__http_equal_n(type, "text/", 5))
        return true;
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (coil__http_is_type(type, types[i]))
            return true;
    return false;
}

/*
 * The line of the response's headers that begins with `name`, or NULL.  Each
 * header is a whole line.
 */
static const char *find_line(const struct coil_http_exchange *x,
                             const char *name, size_t *size)
{
    const char *at = (const char *)coil__buffer_bytes(&x->headers);
    const char *end = at ? at + x->headers.size : NULL;
    size_t length = strlen(name);

    while (at && at < end) {
        const char *lf = memchr(at, '\n', (size_t)(end - at));

        *size = (size_t)(lf - at);
        if (*size > length && at[length] == ':' &&
            coil__http_equal_n(at, name, length))
            return at;
        at += *size + 1;
    }
    return NULL;
}

static bool forbids_change(const struct coil_http_exchange *x)
{
    size_t size;
    const char *line = find_line(x, "Cache-Control", &size);

    if (line && memmem(line, size, "no-transform", 12))
        return true;
    return find_line(x, "Content-Encoding", &size) ||
           find_line(x, "ETag", &size);
}

void coil__http_encode_undo(struct coil_http_exchange *x)
{
    coil__http_encoder_free(x->encoder);
    x->encoder = NULL;
    x->headers.size = x->own_headers;
}

/* Choose, and make the encoder and the headers, perhaps not all of them. */
static int make(struct coil_http_exchange *x)
{
    struct coil__http_writer w = { .out = &x->headers };
    enum coil__http_coding coding;

    coil__http_put_header(&w, "Vary", "Accept-Encoding");
    coding = coil__http_choose_coding(
        coil_http_exchange_header(x, "Accept-Encoding"), x->gives_br);
    if (coding == COIL__HTTP_IDENTITY || coding == COIL__HTTP_CODINGS)
        return w.rc;
    coil__http_put_header(&w, "Content-Encoding",
                          coil__http_coding_name(coding));
    return w.rc < 0 ? w.rc : coil__http_encoder_new(&x->encoder, coding, 0);
}

int coil__http_encode_begin(struct coil_http_exchange *x, int status,
                            const char *content_type, int64_t length)
{
    int rc;

    x->own_headers = x->headers.size;
    if (status < 200 || status > 299 || status == 204 || status == 205 ||
        status == 206 || (length >= 0 && length < LEAST) || !content_type ||
        !is_text(content_type) || forbids_change(x))
        return 0;
    rc = make(x);
    if (rc < 0)
        coil__http_encode_undo(x);
    return rc;
}
