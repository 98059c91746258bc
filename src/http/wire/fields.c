/* SPDX-License-Identifier: MIT */
#include "http/wire/fields.h"

#include <string.h>

#include "http/wire/text.h"
#include "http/wire/url.h"

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* ---- lines ---- */

/*
 * Take the value of a field, which begins at `at` and goes on over folded lines
 * if it `may_fold`.  The blanks around the value are dropped, and a fold with
 * the blanks around it becomes one space.  Returns the next line, or NULL if
 * the value has a forbidden byte.
 */
static inline char *take_value(struct coil_http_header *header, char *at,
                               bool may_fold)
{
    char *out;

    while (is_blank(*at))
        at++;
    header->value = out = at;
    for (;;) {
        char *from = at;

        while (coil__http_is(*at, COIL__HTTP_VALUE))
            at++;
        if (at[0] != '\r' || at[1] != '\n')
            return NULL;
        if (out != from)
            memmove(out, from, (size_t)(at - from));
        out += at - from;
        while (out > header->value && is_blank(out[-1]))
            out--;
        at += 2;
        if (!may_fold || !is_blank(*at))
            break;

        while (is_blank(*at))
            at++;
        if (out > header->value)
            *out++ = ' ';
    }
    *out = '\0';
    return at;
}

/* The same of a whole line.  Sets `*name_size`, too. */
static inline char *take_line(struct coil_http_header *header,
                              size_t *name_size, char *line, bool may_fold)
{
    char *at = line;

    while (coil__http_is(*at, COIL__HTTP_TOKEN))
        at++;
    if (at == line || *at != ':')
        return NULL;
    *at = '\0';
    header->name = line;
    *name_size = (size_t)(at - line);
    return take_value(header, at + 1, may_fold);
}

/* For others: here the lines of every head are taken by the function itself. */
char *coil__http_take_line(struct coil_http_header *header, char *line,
                           bool may_fold)
{
    size_t name_size;

    return take_line(header, &name_size, line, may_fold);
}

/* ---- what they say about the message ---- */

/* The next item of a list, or NULL.  An item may be empty. */
static const char *next_item(const char **list, size_t *size)
{
    const char *item = *list;
    const char *end;

    if (!item)
        return NULL;
    item += strspn(item, " \t");
    end = item + strcspn(item, ",");
    *list = *end == ',' ? end + 1 : NULL;
    while (end > item && is_blank(end[-1]))
        end--;
    *size = (size_t)(end - item);
    return item;
}

/* The value of a length, which may have any number of digits; -1: bad. */
static int64_t length_of(const char *text, size_t size)
{
    int64_t length = 0;

    if (size == 0)
        return -1;
    for (size_t i = 0; i < size; i++) {
        int digit = text[i] - '0';

        if (digit < 0 || digit > 9 || length > (INT64_MAX - digit) / 10)
            return -1;
        length = length * 10 + digit;
    }
    return length;
}

static bool take_length(struct coil__http_head *head, enum coil__http_kind kind,
                        const char *value)
{
    bool is_strict = kind == COIL__HTTP_REQUEST;
    const char *item;
    size_t size;

    if (is_strict && (head->content_length >= 0 || strchr(value, ',')))
        return false;
    while ((item = next_item(&value, &size))) {
        int64_t length = length_of(item, size);

        if (length < 0 ||
            (head->content_length >= 0 && head->content_length != length))
            return false;
        head->content_length = length;
    }
    return true;
}

/* The same, but "identity" is none, and "chunked" may be said twice. */
static bool take_coding_leniently(struct coil__http_head *head,
                                  const char *value)
{
    const char *item;
    size_t size;

    while ((item = next_item(&value, &size))) {
        bool is_chunked = coil__http_is_word(item, size, "chunked");
        bool is_none = coil__http_is_word(item, size, "identity");

        if (size > 0 && !is_chunked && !is_none)
            return false;
        if (!is_chunked || head->is_chunked)
            head->is_repaired = true;
        head->is_chunked |= is_chunked;
    }
    return true;
}

/* "chunked" is the only coding that is known, and can be applied once. */
static bool take_coding(struct coil__http_head *head, enum coil__http_kind kind,
                        const char *value)
{
    bool is_strict = kind == COIL__HTTP_REQUEST;
    const char *item;
    size_t size;

    if (kind == COIL__HTTP_LENIENT && head->minor == 0) {
        head->is_repaired = true;
        return true;
    }
    if (kind == COIL__HTTP_LENIENT)
        return take_coding_leniently(head, value);
    if (head->is_chunked || head->minor == 0)
        return false;
    while ((item = next_item(&value, &size))) {
        bool is_chunked = coil__http_is_word(item, size, "chunked");

        if (size == 0 && !is_strict)
            continue;
        if (!is_chunked && size > 0)
            head->answer = 501;
        if (!is_chunked || head->is_chunked || (is_strict && value))
            return false;
        head->is_chunked = true;
    }
    return head->is_chunked;
}

static bool take_host(struct coil__http_head *head, const char *value)
{
    size_t size = strlen(value);

    if (head->host || (size > 0 && !coil__http_is_authority(value, size)))
        return false;
    head->host = value;
    return true;
}

static void take_connection(struct coil__http_head *head, const char *value)
{
    if (coil__http_list_has(value, "close"))
        head->is_close = true;
    if (coil__http_list_has(value, "keep-alive"))
        head->is_keep_alive = true;
}

/* What only requests say. */
static bool take_request_header(struct coil__http_head *head, const char *name,
                                size_t size, const char *value)
{
    if (coil__http_is_word(name, size, "Host"))
        return take_host(head, value);
    if (coil__http_is_word(name, size, "Expect"))
        head->is_expecting = coil__http_equal(value, "100-continue");
    return true;
}

/*
 * Note what a header says about the message itself.  Few names have as many
 * bytes as one of these, and are compared.
 */
static bool take_header(struct coil__http_head *head, enum coil__http_kind kind,
                        const struct coil_http_header *header, size_t size)
{
    const char *name = header->name;
    const char *value = header->value;

    switch (size) {
    case sizeof "Host" - 1:
    case sizeof "Expect" - 1:
        return kind != COIL__HTTP_REQUEST ||
               take_request_header(head, name, size, value);
    case sizeof "Connection" - 1:
        if (coil__http_is_word(name, size, "Connection"))
            take_connection(head, value);
        return true;
    case sizeof "Content-Length" - 1:
        return !coil__http_is_word(name, size, "Content-Length") ||
               take_length(head, kind, value);
    case sizeof "Transfer-Encoding" - 1:
        return !coil__http_is_word(name, size, "Transfer-Encoding") ||
               take_coding(head, kind, value);
    default:
        return true;
    }
}

/*
 * Which length a lenient response has if it says two: chunks have the word.  A
 * response of HTTP/1.0 that names a coding, and so is marked as repaired, goes on
 * to the end of the connection, and is read as it comes.
 */
static void settle_length(struct coil__http_head *head)
{
    if (head->is_chunked && head->content_length >= 0)
        head->is_repaired = true;
    if (head->is_repaired)
        head->content_length =
            head->is_chunked || head->minor == 0 ? -1 : head->content_length;
}

bool coil__http_take_fields(struct coil__http_head *head,
                            enum coil__http_kind kind, char *text)
{
    while (*text != '\r') {
        struct coil_http_header *header = &head->headers[head->header_count];
        size_t name_size;

        text = take_line(header, &name_size, text, kind != COIL__HTTP_REQUEST);
        if (!text || !take_header(head, kind, header, name_size))
            return false;
        head->header_count++;
    }
    if (kind == COIL__HTTP_LENIENT)
        settle_length(head);
    /* Two lengths: the classic of request smuggling. */
    if (head->is_chunked && head->content_length >= 0)
        return false;
    return kind != COIL__HTTP_REQUEST || head->host || head->minor == 0;
}
