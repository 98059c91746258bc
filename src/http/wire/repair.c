/* SPDX-License-Identifier: MIT */
#include "http/wire/repair.h"

#include <string.h>

#include "http/wire/text.h"

enum {
    VERSION = 8,      /* "HTTP/1.1" */
    STATUS_LINE = 12, /* "HTTP/1.1 200" */
};

struct repair {
    char *out;
    bool is_repaired;
    bool may_fold; /* the line before is a field that was kept */
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static void put(struct repair *r, const char *bytes, size_t size)
{
    memmove(r->out, bytes, size);
    r->out += size;
}

static void put_end(struct repair *r)
{
    put(r, "\r\n", 2);
}

/* ---- the status line -------------------------------------------------- */

/*
 * The size of the version in front of a status line; 0: it is none.  The scan has
 * found four bytes that may begin one.
 */
static size_t version_size(const char *line, size_t size)
{
    if (size > VERSION && coil__http_equal_n(line, "HTTP/1.", 7) &&
        is_digit(line[7]) && is_blank(line[VERSION]))
        return VERSION;
    return coil__http_equal_n(line, "ICY ", 4) ? 3 : 0;
}

/* Where the status is, three digits and nothing else; NULL: there is none. */
static const char *find_status(const char *line, size_t size)
{
    size_t at = version_size(line, size);

    if (at == 0)
        return NULL;
    while (at < size && is_blank(line[at]))
        at++;
    if (size - at < 3 || !is_digit(line[at]) || !is_digit(line[at + 1]) ||
        !is_digit(line[at + 2]))
        return NULL;
    return size - at == 3 || is_blank(line[at + 3]) ? line + at : NULL;
}

/* A line that is no status line stays, for the parser to refuse. */
static void put_status(struct repair *r, const char *line, size_t size)
{
    const char *status = find_status(line, size);
    char begin[] = "HTTP/1.1 200";
    const char *reason;

    if (!status) {
        put(r, line, size);
        put_end(r);
        return;
    }
    reason = status + 3;
    size -= (size_t)(reason - line);
    if (status - line == 4 || line[7] == '0')
        begin[7] = '0';
    memcpy(begin + VERSION + 1, status, 3);
    if (reason - line != STATUS_LINE || memcmp(line, begin, STATUS_LINE) != 0)
        r->is_repaired = true;
    if (size > 0 &&
        (reason[0] != ' ' || !coil__http_all(reason, size, COIL__HTTP_VALUE))) {
        r->is_repaired = true;
        size = 0;
    }
    memmove(r->out + STATUS_LINE, reason, size);
    put(r, begin, STATUS_LINE);
    r->out += size;
    put_end(r);
}

/* ---- fields ----------------------------------------------------------- */

/* Put a field and return true, or let it be. */
static bool put_field(struct repair *r, const char *line, size_t size)
{
    size_t name = 0;
    size_t colon;

    if (!coil__http_all(line, size, COIL__HTTP_VALUE))
        return false;
    if (is_blank(line[0])) {
        if (r->may_fold)
            put(r, line, size);
        return r->may_fold;
    }
    while (name < size && coil__http_is(line[name], COIL__HTTP_TOKEN))
        name++;
    colon = name;
    while (colon < size && is_blank(line[colon]))
        colon++;
    if (name == 0 || colon == size || line[colon] != ':')
        return false;
    if (colon != name)
        r->is_repaired = true;
    put(r, line, name);
    put(r, line + colon, size - colon);
    return true;
}

static void repair_field(struct repair *r, const char *line, size_t size)
{
    r->may_fold = put_field(r, line, size);
    if (r->may_fold)
        put_end(r);
    else
        r->is_repaired = true;
}

/* ---- lines ------------------------------------------------------------ */

/* The next line, without its end. */
static char *next_line(struct repair *r, char **at, const char *end,
                       size_t *size)
{
    char *line = *at;
    char *lf = memchr(line, '\n', (size_t)(end - line));
    char *text_end = lf;

    while (text_end > line && text_end[-1] == '\r')
        text_end--;
    if (lf - text_end != 1)
        r->is_repaired = true;
    *size = (size_t)(text_end - line);
    *at = lf + 1;
    return line;
}

static void repair_fields(struct repair *r, char *at, const char *end)
{
    while (at < end) {
        size_t size;
        const char *line = next_line(r, &at, end, &size);

        if (size > 0)
            repair_field(r, line, size);
        else
            put_end(r);
    }
}

size_t coil__http_repair_fields(char *out, char *lines, size_t size,
                                bool *is_repaired)
{
    struct repair r = { .out = out };

    repair_fields(&r, lines, lines + size);
    *is_repaired = r.is_repaired;
    return (size_t)(r.out - out);
}

size_t coil__http_repair(char *out, char *head, size_t size, bool *is_repaired)
{
    struct repair r = { .out = out };
    const char *end = head + size;
    size_t line_size;
    char *line = next_line(&r, &head, end, &line_size);

    while (line_size == 0) {
        r.is_repaired = true;
        line = next_line(&r, &head, end, &line_size);
    }
    put_status(&r, line, line_size);
    repair_fields(&r, head, end);
    *is_repaired = r.is_repaired;
    return (size_t)(r.out - out);
}
