/* SPDX-License-Identifier: MIT */
#include <coil/http_multipart.h>

#include <errno.h>
#include <string.h>

#include <coil/sleep.h>

#include "base/memory.h"
#include "http/server/http_exchange.h"
#include "http/server/multipart.h"
#include "http/server/part_head.h"
#include "http/wire/defaults.h"

enum { PIECE = 16 * 1024 };

struct coil_http_multipart {
    struct coil_http_exchange *exchange;
    struct coil__multipart parser;
    struct coil_http_multipart_limits limits;
    bool is_form;
    bool is_in_part;
    int error; /* that every call returns, or 0 */

    size_t parts;     /* that have begun */
    size_t part_size; /* bytes of data in this one */
    size_t size;      /* bytes of the body */

    struct coil__part_head head;
    struct coil_http_body_part part;

    char *text; /* of the part, behind the window */
    size_t capacity;
    size_t from;
    size_t to;
    char window[]; /* of the parser */
};

/* ---- making ----------------------------------------------------------- */

static void settle_limits(struct coil_http_multipart_limits *l,
                          const struct coil_http_multipart_limits *given)
{
    static const struct coil_http_multipart_limits none = { 0 };

    if (!given)
        given = &none;
    l->max_parts = coil__http_size_or(given->max_parts, 1000);
    l->max_header_size = coil__http_size_or(given->max_header_size, 8 * 1024);
    l->max_size = coil__http_size_or(given->max_size, (size_t)1 << 30);
    l->max_part_size = coil__http_size_or(given->max_part_size, l->max_size);
    /* What is larger could not be kept in memory anyway. */
    if (l->max_header_size > COIL_HTTP_MAX_BODY_SIZE)
        l->max_header_size = COIL_HTTP_MAX_BODY_SIZE;
}

static int make(struct coil_http_multipart **out, struct coil_http_exchange *x,
                const struct coil_http_multipart_limits *limits)
{
    struct coil_http_multipart m = { .exchange = x };
    struct coil_http_multipart *made;
    size_t size;
    int rc;

    settle_limits(&m.limits, limits);
    /* The headers, and the blank line behind them. */
    m.capacity = m.limits.max_header_size + 4;
    if (m.capacity < PIECE)
        m.capacity = PIECE;
    size = sizeof m + m.capacity + 2 * m.limits.max_header_size + 2;
    made = coil__realloc(NULL, size);
    if (!made)
        return -ENOMEM;
    rc = coil__http_share_take(&x->channel->reader.share, size);
    if (rc < 0) {
        coil__free(made);
        return rc;
    }
    *made = m;
    made->text = made->window + m.capacity;
    *out = made;
    return 0;
}

int coil_http_exchange_multipart(struct coil_http_exchange *x,
                                 const struct coil_http_multipart_limits *l,
                                 struct coil_http_multipart **parts)
{
    const char *type = coil_http_exchange_header(x, "Content-Type");
    char boundary[COIL__BOUNDARY_SIZE];
    int rc;

    if (x->multipart) {
        *parts = x->multipart;
        return 0;
    }
    if (x->is_body_whole || x->is_body_streamed)
        return -EBUSY;
    if (!type || !coil__http_equal_n(type, "multipart/", 10))
        return coil__http_exchange_blame(x, -EPROTOTYPE);
    if (!coil__http_boundary(type, boundary))
        return coil__http_exchange_blame(x, COIL_EHTTP_MALFORMED);
    rc = make(&x->multipart, x, l);
    if (rc < 0)
        return coil__http_exchange_blame(x, rc);
    x->multipart->is_form = coil__http_is_type(type, "multipart/form-data");
    coil__multipart_begin(&x->multipart->parser, boundary);
    x->is_body_streamed = true;
    *parts = x->multipart;
    return 0;
}

/* ---- reading ---------------------------------------------------------- */

/* Remember an error; a cancellation is none. */
static int note(struct coil_http_multipart *m, int rc)
{
    if (rc < 0 && rc != -ECANCELED)
        m->error = coil__http_exchange_blame(m->exchange, rc);
    return rc;
}

/* Read more of the body.  Returns 1; 0: it has ended; or an error. */
static int read_more(struct coil_http_multipart *m)
{
    ptrdiff_t n;

    memmove(m->window, m->window + m->from, m->to - m->from);
    m->to -= m->from;
    m->from = 0;
    if (m->to == m->capacity)
        return COIL_EHTTP_BODY_TOO_LARGE; /* only headers are so long */
    n = coil_http_exchange_read(m->exchange, m->window + m->to,
                                m->capacity - m->to);
    if (n <= 0)
        return (int)n;
    m->to += (size_t)n;
    m->size += (size_t)n;
    return m->size > m->limits.max_size ? COIL_EHTTP_BODY_TOO_LARGE : 1;
}

/*
 * Run the parser until something comes.  Returns the event, or an error.  Data
 * is left in the window.
 */
static int run(struct coil_http_multipart *m, struct coil__http_slice *slice)
{
    enum coil__multipart_event event;
    size_t used;
    int rc = 1;

    for (;;) {
        event = coil__multipart_run(&m->parser, m->window + m->from,
                                    m->to - m->from, &used, slice);
        if (event != COIL__PART_DATA)
            m->from += used;
        if (event == COIL__MULTIPART_BROKEN)
            return COIL_EHTTP_MALFORMED;
        if (event != COIL__MULTIPART_MORE)
            return (int)event;
        rc = read_more(m);
        if (rc == 0)
            return COIL_EHTTP_MALFORMED;
        if (rc < 0)
            return rc;
    }
}

/* Count data that is used up. */
static int use(struct coil_http_multipart *m, size_t size)
{
    m->from += size;
    m->part_size += size;
    return m->part_size > m->limits.max_part_size ? COIL_EHTTP_BODY_TOO_LARGE
                                                  : 0;
}

static int begin_part(struct coil_http_multipart *m,
                      struct coil__http_slice lines)
{
    char *room = m->text;
    int rc;

    if (++m->parts > m->limits.max_parts ||
        lines.size > m->limits.max_header_size)
        return COIL_EHTTP_BODY_TOO_LARGE;
    rc = coil__part_head_take(&m->head, lines, m->is_form, &room);
    if (rc < 0)
        return rc;
    m->part =
        (struct coil_http_body_part){ .name = m->head.name,
                                      .file_name = m->head.file_name,
                                      .content_type = m->head.content_type,
                                      .headers = m->head.headers,
                                      .header_count = m->head.count };
    m->part_size = 0;
    m->is_in_part = true;
    return 1;
}

/* Behind the last part: the rest means nothing. */
static int read_away(struct coil_http_multipart *m)
{
    int rc;

    do {
        m->from = m->to;
        rc = read_more(m);
    } while (rc > 0);
    return rc;
}

static int go_on(struct coil_http_multipart *m)
{
    for (;;) {
        struct coil__http_slice slice;
        int event = run(m, &slice);
        int rc = 0;

        switch (event) {
        case COIL__PART_BEGINS:
            return begin_part(m, slice);
        case COIL__PART_DATA:
            rc = use(m, slice.size);
            break;
        case COIL__PART_ENDS:
            m->is_in_part = false;
            break;
        case COIL__MULTIPART_ENDS:
            return read_away(m);
        default:
            return event;
        }
        if (rc < 0)
            return rc;
    }
}

int coil_http_multipart_next(struct coil_http_multipart *m,
                             const struct coil_http_body_part **part)
{
    int rc = coil_checkpoint();

    if (rc < 0)
        return rc;
    if (m->error < 0)
        return m->error;
    rc = note(m, go_on(m));
    if (rc > 0)
        *part = &m->part;
    return rc;
}

static ptrdiff_t read_data(struct coil_http_multipart *m, void *buffer,
                           size_t size)
{
    struct coil__http_slice slice;
    int event = run(m, &slice);
    int rc;

    if (event == COIL__PART_ENDS)
        m->is_in_part = false;
    if (event != COIL__PART_DATA)
        return event < 0 ? event : 0;
    if (slice.size > size)
        slice.size = size;
    memcpy(buffer, slice.at, slice.size);
    rc = use(m, slice.size);
    return rc < 0 ? rc : (ptrdiff_t)slice.size;
}

ptrdiff_t coil_http_multipart_read(struct coil_http_multipart *m, void *buffer,
                                   size_t size)
{
    ptrdiff_t n = coil_checkpoint();

    if (n < 0)
        return n;
    if (m->error < 0)
        return m->error;
    if (!m->is_in_part || size == 0)
        return 0;
    n = read_data(m, buffer, size);
    return n < 0 ? note(m, (int)n) : n;
}

ptrdiff_t coil_http_multipart_text(struct coil_http_multipart *m, char *text,
                                   size_t size)
{
    size_t got = 0;
    ptrdiff_t n;

    do {
        n = coil_http_multipart_read(m, text + got, size - got);
        if (n > 0)
            got += (size_t)n;
        if (got == size)
            return note(m, COIL_EHTTP_BODY_TOO_LARGE);
    } while (n > 0);
    if (n < 0)
        return n;
    text[got] = '\0';
    return (ptrdiff_t)got;
}
