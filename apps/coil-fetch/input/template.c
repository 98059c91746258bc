/* SPDX-License-Identifier: MIT */
#include "input/template.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_PIECES = 256, MAX_WIDTH = 64 };

enum kind { TEXT, WORDS, LETTERS, NUMBERS };

/*
 * A TEXT has one value and WORDS have several, which lie one behind the other in
 * the template's bytes.  The others have a first and a last value.
 */
struct template_piece {
    enum kind kind;
    size_t at; /* of the first word */
    uint64_t first;
    uint64_t count;
    uint64_t step;
    int width;
    uint64_t turn;  /* below `count` */
    size_t word_at; /* of the word whose turn it is */
};

struct parser {
    struct template *template;
    const char *at;
    const char *end;
};

void template_fini(struct template *template)
{
    text_fini(&template->bytes);
    free(template->pieces);
    *template = (struct template){ 0 };
}

static int refuse(struct parser *p, const char *reason)
{
    p->template->reason = reason;
    return -EINVAL;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is(const struct parser *p, char c)
{
    return p->at < p->end && *p->at == c;
}

static int add(struct parser *p, const struct template_piece *piece)
{
    struct template *template = p->template;

    if (template->count == MAX_PIECES)
        return refuse(p, "the template has too many parts");
    if (template->count == template->room) {
        size_t room = template->room ? 2 * template->room : 8;
        struct template_piece *pieces =
            realloc(template->pieces, room * sizeof *pieces);

        if (!pieces)
            return -ENOMEM;
        template->pieces = pieces;
        template->room = room;
    }
    template->pieces[template->count++] = *piece;
    return 0;
}

/* ---- text ---- */

/* "[::1]", "[fe80::1%25eth0]" and "[]".  Returns how long it is, or 0. */
static size_t literal(const struct parser *p)
{
    const char *close = memchr(p->at, ']', (size_t)(p->end - p->at));
    char address[INET6_ADDRSTRLEN] = "";
    unsigned char bytes[16];
    const char *zone;
    size_t size, length;

    if (!close)
        return 0;
    size = (size_t)(close - p->at) - 1;
    zone = memchr(p->at, '%', size);
    length = zone ? (size_t)(zone - p->at) - 1 : size;
    if (length >= sizeof address)
        return 0;
    memcpy(address, p->at + 1, length);
    if (size > 0 && inet_pton(AF_INET6, address, bytes) != 1)
        return 0;
    return size + 2;
}

static bool is_escape(const struct parser *p)
{
    return p->end - p->at >= 2 && *p->at == '\\' && memchr("[]{}", p->at[1], 4);
}

static int parse_text(struct parser *p)
{
    struct text *bytes = &p->template->bytes;
    struct template_piece piece = { .at = bytes->size,
                                    .word_at = bytes->size,
                                    .count = 1 };

    while (p->at < p->end && *p->at != '{') {
        size_t size = *p->at == '[' ? literal(p) : 1;

        if (size == 0)
            break;
        if (*p->at == ']' || *p->at == '}')
            return refuse(p,
                          "a bracket or a brace is closed that was not opened; "
                          "-g takes such a URL as it is");
        if (is_escape(p))
            p->at++;
        text_add_bytes(bytes, p->at, size);
        p->at += size;
    }
    text_add_bytes(bytes, "", 1);
    return add(p, &piece);
}

/* ---- {a,b} ---- */

static int parse_words(struct parser *p)
{
    struct text *bytes = &p->template->bytes;
    struct template_piece piece = {
        .kind = WORDS, .at = bytes->size, .word_at = bytes->size, .count = 1
    };
    const char *first = ++p->at;

    for (; p->at < p->end && *p->at != '}'; p->at++) {
        if (memchr("{[]", *p->at, 3))
            return refuse(p,
                          "there is a bracket within braces; -g takes such a "
                          "URL as it is");
        if (*p->at == ',') {
            piece.count++;
            text_add_bytes(bytes, "", 1);
            continue;
        }
        if (*p->at == '\\' && p->end - p->at >= 2)
            p->at++;
        text_add_char(bytes, *p->at);
    }
    if (p->at == p->end)
        return refuse(
            p, "a brace is opened and not closed; -g takes such a URL as "
               "it is");
    if (p->at == first)
        return refuse(p, "there is nothing within braces");
    p->at++;
    text_add_bytes(bytes, "", 1);
    return add(p, &piece);
}

/* ---- [1-100:2], [a-z] ---- */

static bool take_number(struct parser *p, uint64_t *number)
{
    const char *first = p->at;

    *number = 0;
    for (; p->at < p->end && is_digit(*p->at); p->at++)
        if (__builtin_mul_overflow(*number, 10, number) ||
            __builtin_add_overflow(*number, (uint64_t)(*p->at - '0'), number))
            return false;
    return p->at > first;
}

/* The two ends, and how many digits are written. */
static bool take_ends(struct parser *p, struct template_piece *piece,
                      uint64_t *last)
{
    const char *first = p->at;

    if (p->end - p->at >= 3 && is_letter(first[0]) && first[1] == '-' &&
        is_letter(first[2])) {
        piece->kind = LETTERS;
        piece->first = (unsigned char)first[0];
        *last = (unsigned char)first[2];
        p->at += 3;
        return (first[0] < 'a') == (first[2] < 'a');
    }
    piece->kind = NUMBERS;
    if (!take_number(p, &piece->first))
        return false;
    if (*first == '0')
        piece->width = p->at - first > MAX_WIDTH ? -1 : (int)(p->at - first);
    if (!is(p, '-') || piece->width < 0)
        return false;
    p->at++;
    return take_number(p, last);
}

static int parse_range(struct parser *p)
{
    struct template_piece piece = { .step = 1 };
    uint64_t last;
    bool is_range;

    p->at++;
    is_range = take_ends(p, &piece, &last);
    if (is_range && is(p, ':')) {
        p->at++;
        is_range = take_number(p, &piece.step) && piece.step > 0;
    }
    if (!is_range || !is(p, ']'))
        return refuse(
            p, "what is in brackets is no range such as [1-100], [a-z] or "
               "[0-100:10]; -g takes such a URL as it is");
    p->at++;
    if (piece.first > last)
        return refuse(p, "a range in brackets is empty");
    if (last - piece.first == UINT64_MAX)
        return refuse(p, "the template means too many URLs");
    piece.count = (last - piece.first) / piece.step + 1;
    return add(p, &piece);
}

/* ---- all of it ---- */

static int parse(struct parser *p)
{
    struct template *template = p->template;
    uint64_t count = 1;
    int rc = 0;

    while (rc == 0 && p->at < p->end)
        rc = *p->at == '{'                  ? parse_words(p)
             : *p->at == '[' && !literal(p) ? parse_range(p)
                                            : parse_text(p);
    if (rc == 0 && template->bytes.has_failed)
        rc = -ENOMEM;
    for (size_t i = 0; rc == 0 && i < template->count; i++)
        if (__builtin_mul_overflow(count, template->pieces[i].count, &count) ||
            count > INT64_MAX)
            rc = refuse(p, "the template means too many URLs");
    return rc;
}

int template_parse(struct template *template, const char *text, size_t size)
{
    struct parser p = { template, text, text + size };
    const char *reason;
    int rc;

    template_fini(template);
    rc = parse(&p);
    reason = template->reason;
    if (rc < 0)
        template_fini(template);
    template->has_more = rc == 0;
    template->reason = reason;
    return rc;
}

static void put(const struct template *template,
                const struct template_piece *piece, struct text *out)
{
    uint64_t value = piece->first + piece->turn * piece->step;

    if (piece->kind == LETTERS)
        text_add_char(out, (char)value);
    else if (piece->kind == NUMBERS)
        text_add_format(out, "%0*" PRIu64, piece->width, value);
    else
        text_add(out, template->bytes.bytes + piece->word_at);
}

/* Returns whether the piece begins anew. */
static bool turn(const struct template *template, struct template_piece *piece)
{
    if (++piece->turn < piece->count) {
        if (piece->kind == WORDS)
            piece->word_at +=
                strlen(template->bytes.bytes + piece->word_at) + 1;
        return false;
    }
    piece->turn = 0;
    piece->word_at = piece->at;
    return true;
}

bool template_next(struct template *template, struct text *out)
{
    size_t i = template->count;

    text_clear(out);
    if (!template->has_more)
        return false;
    for (size_t k = 0; k < template->count; k++)
        put(template, &template->pieces[k], out);
    text_add(out, "");
    if (out->has_failed)
        return false;
    while (i > 0 && turn(template, &template->pieces[i - 1]))
        i--;
    template->has_more = i > 0;
    return true;
}
