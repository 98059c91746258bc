/* SPDX-License-Identifier: MIT */
#include "http/server/multipart.h"

#include <stdbool.h>
#include <string.h>

enum { BLANKS = 64 }; /* behind a boundary, at most */

enum state {
    BEGIN,    /* a boundary here begins a line */
    PREAMBLE, /* text that means nothing */
    BOUNDARY, /* behind one */
    HEAD,
    DATA,
    END,
};

void coil__multipart_begin(struct coil__multipart *m, const char *boundary)
{
    size_t size = strlen(boundary);

    *m = (struct coil__multipart){ .size = 4 + size, .state = BEGIN };
    memcpy(m->delimiter, "\r\n--", 4);
    memcpy(m->delimiter + 4, boundary, size);
}

/* How many bytes at the end may be the beginning of a delimiter. */
static size_t count_held(const struct coil__multipart *m, const char *at,
                         size_t size)
{
    size_t most = size < m->size ? size : m->size - 1;
    const char *end = at + size;
    const char *cr = end - most;

    while (cr < end && (cr = memchr(cr, '\r', (size_t)(end - cr)))) {
        if (memcmp(cr, m->delimiter, (size_t)(end - cr)) == 0)
            return (size_t)(end - cr);
        cr++;
    }
    return 0;
}

/*
 * Find the next delimiter.  Returns whether it is there; `*before` bytes are in
 * front of it, or cannot belong to it.
 */
static bool find(const struct coil__multipart *m, const char *at, size_t size,
                 size_t *before)
{
    const char *found = memmem(at, size, m->delimiter, m->size);

    *before = found ? (size_t)(found - at) : size - count_held(m, at, size);
    return found;
}

/* ---- one function for each state -------------------------------------- */

/* The line break in front of the first boundary may lack. */
static enum coil__multipart_event
run_begin(struct coil__multipart *m, const char *at, size_t size, size_t *used)
{
    size_t wanted = m->size - 2;

    if (memcmp(at, m->delimiter + 2, size < wanted ? size : wanted) != 0) {
        m->state = PREAMBLE;
    } else if (size >= wanted) {
        *used = wanted;
        m->state = BOUNDARY;
    }
    return COIL__MULTIPART_MORE;
}

static enum coil__multipart_event run_preamble(struct coil__multipart *m,
                                               const char *at, size_t size,
                                               size_t *used)
{
    if (find(m, at, size, used)) {
        *used += m->size;
        m->state = BOUNDARY;
    }
    return COIL__MULTIPART_MORE;
}

/* "--" ends; blanks and a line break go on. */
static enum coil__multipart_event run_boundary(struct coil__multipart *m,
                                               const char *at, size_t size,
                                               size_t *used)
{
    size_t blanks = 0;

    if (size >= 2 && at[0] == '-' && at[1] == '-') {
        *used = 2;
        m->state = END;
        return COIL__MULTIPART_ENDS;
    }
    if (size == 1 && at[0] == '-')
        return COIL__MULTIPART_MORE;
    while (blanks < size && (at[blanks] == ' ' || at[blanks] == '\t'))
        blanks++;
    if (blanks > BLANKS || (blanks < size && at[blanks] != '\r') ||
        (blanks + 1 < size && at[blanks + 1] != '\n'))
        return COIL__MULTIPART_BROKEN;
    if (blanks + 1 < size) {
        *used = blanks + 2;
        m->state = HEAD;
    }
    return COIL__MULTIPART_MORE;
}

static enum coil__multipart_event run_head(struct coil__multipart *m,
                                           const char *at, size_t size,
                                           size_t *used,
                                           struct coil__http_slice *lines)
{
    const char *blank;

    if (size >= 2 && at[0] == '\r' && at[1] == '\n') {
        *lines = (struct coil__http_slice){ at, 0 };
        *used = 2;
    } else {
        blank = memmem(at, size, "\r\n\r\n", 4);
        if (!blank)
            return COIL__MULTIPART_MORE;
        *lines = (struct coil__http_slice){ at, (size_t)(blank + 2 - at) };
        *used = lines->size + 2;
    }
    m->state = DATA;
    return COIL__PART_BEGINS;
}

static enum coil__multipart_event run_data(struct coil__multipart *m,
                                           const char *at, size_t size,
                                           size_t *used,
                                           struct coil__http_slice *data)
{
    bool is_found = find(m, at, size, used);

    if (*used > 0) {
        *data = (struct coil__http_slice){ at, *used };
        return COIL__PART_DATA;
    }
    if (!is_found)
        return COIL__MULTIPART_MORE;
    *used = m->size;
    m->state = BOUNDARY;
    return COIL__PART_ENDS;
}

static enum coil__multipart_event run_once(struct coil__multipart *m,
                                           const char *at, size_t size,
                                           size_t *used,
                                           struct coil__http_slice *slice)
{
    *used = 0;
    switch (m->state) {
    case BEGIN:
        return run_begin(m, at, size, used);
    case PREAMBLE:
        return run_preamble(m, at, size, used);
    case BOUNDARY:
        return run_boundary(m, at, size, used);
    case HEAD:
        return run_head(m, at, size, used, slice);
    case DATA:
        return run_data(m, at, size, used, slice);
    default:
        return COIL__MULTIPART_ENDS;
    }
}

enum coil__multipart_event coil__multipart_run(struct coil__multipart *m,
                                               const char *at, size_t size,
                                               size_t *used,
                                               struct coil__http_slice *slice)
{
    enum coil__multipart_event event;
    size_t all = 0;
    int before;

    /* As long as a state has been left without an event. */
    do {
        before = m->state;
        event = run_once(m, at + all, size - all, used, slice);
        all += *used;
    } while (event == COIL__MULTIPART_MORE && m->state != before);
    *used = all;
    return event;
}
