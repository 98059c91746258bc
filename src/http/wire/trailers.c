/* SPDX-License-Identifier: MIT */
#include "http/wire/trailers.h"

#include <string.h>

#include <coil/error.h>

#include "base/memory.h"
#include "http/wire/fields.h"
#include "http/wire/repair.h"
#include "http/wire/text.h"

bool coil__http_may_trail(const char *name)
{
    static const char *const forbidden[] = {
        /* how the message is read, and where it goes */
        "Connection", "Content-Length", "Host", "Keep-Alive", "TE", "Trailer",
        "Transfer-Encoding", "Upgrade",
        /* what is to be done with it */
        "Cache-Control", "Expect", "If-Match", "If-Modified-Since",
        "If-None-Match", "If-Range", "If-Unmodified-Since", "Max-Forwards",
        "Pragma", "Range",
        /* who asks */
        "Authorization", "Cookie", "Proxy-Authenticate", "Proxy-Authorization",
        "Set-Cookie", "WWW-Authenticate",
        /* what the status means */
        "Age", "Date", "Expires", "Location", "Retry-After", "Vary", "Warning",
        /* what the body is */
        "Content-Encoding", "Content-Range", "Content-Type", NULL
    };

    for (size_t i = 0; forbidden[i]; i++)
        if (coil__http_equal(name, forbidden[i]))
            return false;
    return true;
}

static size_t count_lines(const char *text, size_t size)
{
    const char *end = text + size;
    size_t lines = 0;

    while ((text = memchr(text, '\n', (size_t)(end - text)))) {
        lines++;
        text++;
    }
    return lines;
}

/* A lenient body may end without its last line ends. */
static int complete(struct coil_buffer *text)
{
    const char *bytes = (const char *)coil__buffer_bytes(text);

    return coil__buffer_append(text, "\n\n",
                               bytes[text->size - 1] == '\n' ? 1 : 2);
}

static int repair(struct coil_buffer *text)
{
    struct coil_buffer repaired = { 0 };
    size_t lines;
    size_t room;
    bool is_repaired;
    int rc = complete(text);

    if (rc < 0)
        return rc;
    lines = count_lines((const char *)coil__buffer_bytes(text), text->size);
    room = coil__http_repair_room(lines);
    rc = coil__buffer_reserve(&repaired, room + text->size);
    if (rc < 0)
        return rc;
    memcpy((char *)coil__buffer_end(&repaired) + room, coil__buffer_bytes(text),
           text->size);
    coil__buffer_grow(&repaired, coil__http_repair_fields(
                                     (char *)coil__buffer_end(&repaired),
                                     (char *)coil__buffer_end(&repaired) + room,
                                     text->size, &is_repaired));
    coil__buffer_fini(text);
    *text = repaired;
    return 0;
}

/*
 * Take the fields, and keep those that may trail.  They are well formed: who has
 * read the body has seen to that (chunked.h), or they were repaired.
 */
static void take_fields(struct coil__http_trailers *t, char *text)
{
    while (*text != '\r') {
        struct coil_http_header *field = &t->fields[t->count];

        text = coil__http_take_line(field, text, true);
        if (coil__http_may_trail(field->name))
            t->count++;
    }
}

int coil__http_trailers_parse(struct coil__http_trailers *t, bool is_lenient,
                              size_t max_lines)
{
    size_t lines;
    int rc = is_lenient ? repair(&t->text) : 0;

    if (rc == 0) /* a NUL behind it, for the parser */
        rc = coil__buffer_append(&t->text, "", 1);
    if (rc < 0)
        return rc;
    lines =
        count_lines((const char *)coil__buffer_bytes(&t->text), t->text.size);
    if (lines > max_lines + 1)
        return COIL_EHTTP_HEADERS_TOO_LARGE;
    t->fields = coil__realloc(NULL, lines * sizeof *t->fields);
    if (!t->fields)
        return -ENOMEM;
    take_fields(t, (char *)coil__buffer_bytes(&t->text));
    return 0;
}

void coil__http_trailers_fini(struct coil__http_trailers *t)
{
    coil__buffer_fini(&t->text);
    coil__free(t->fields);
    *t = (struct coil__http_trailers){ .count = 0 };
}
