/* SPDX-License-Identifier: MIT */
#include "journal/journal_line.h"

#include <errno.h>
#include <string.h>

#include "journal/journal_table.h"

static const char digits[] = "0123456789abcdef";

/* ---- reading ---------------------------------------------------------------- */

/* A cursor: after what is not there, `at` is NULL, and stays so. */
struct cursor {
    char *at;
    char *end;
};

static uint64_t read_number(struct cursor *c)
{
    const char *first = c->at;
    uint64_t number = 0;

    if (!c->at)
        return 0;
    while (c->at < c->end && *c->at >= '0' && *c->at <= '9')
        number = 10 * number + (uint64_t)(*c->at++ - '0');
    if (c->at == first || c->at - first > 19)
        c->at = NULL;
    return number;
}

static int digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static uint64_t read_hex(struct cursor *c, int count)
{
    uint64_t number = 0;

    if (!c->at || c->end - c->at < count) {
        c->at = NULL;
        return 0;
    }
    for (int i = 0; i < count; i++) {
        int digit = digit_of(*c->at++);

        if (digit < 0) {
            c->at = NULL;
            return 0;
        }
        number = number << 4 | (uint64_t)digit;
    }
    return number;
}

static void read_char(struct cursor *c, char expected)
{
    if (c->at && c->at < c->end && *c->at == expected)
        c->at++;
    else
        c->at = NULL;
}

static void read_url(struct journal_line *line, struct cursor *c)
{
    uint64_t class;

    line->number = read_number(c);
    read_char(c, ' ');
    line->key = read_hex(c, 16);
    read_char(c, ' ');
    class = read_number(c);
    line->class = (enum outcome_class) class;
    line->status = 0;
    if (c->at && c->at < c->end) {
        read_char(c, ' ');
        line->status = (int)read_number(c);
    }
    if (class < OUTCOME_CLASSES && line->number <= JOURNAL_MOST_URLS)
        line->kind = JOURNAL_LINE_URL;
}

/* Decode the path where it is. */
static void read_path(struct journal_line *line, struct cursor *c)
{
    char *to = c->at;

    line->path = c->at;
    while (c->at && c->at < c->end) {
        char byte = *c->at++;

        if (byte == '%')
            byte = (char)read_hex(c, 2);
        *to++ = byte;
    }
    if (c->at)
        line->path_size = (size_t)(to - line->path);
}

static void read_file(struct journal_line *line, struct cursor *c)
{
    enum journal_line_kind kind =
        *c->at++ == 'f' ? JOURNAL_LINE_FILE : JOURNAL_LINE_RECORD;

    read_char(c, ' ');
    line->number = read_number(c);
    read_char(c, ' ');
    read_path(line, c);
    if (line->number <= JOURNAL_MOST_URLS)
        line->kind = kind;
}

static void read_held(struct journal_line *line, struct cursor *c)
{
    read_char(c, 'h');
    read_char(c, ' ');
    read_url(line, c);
    if (line->kind == JOURNAL_LINE_URL)
        line->kind = JOURNAL_LINE_HELD;
}

static void read_batch(struct journal_line *line, struct cursor *c)
{
    read_char(c, '@');
    read_char(c, ' ');
    line->place.records = read_number(c);
    read_char(c, ' ');
    line->place.warc_file = read_number(c);
    read_char(c, ' ');
    line->place.warc = read_number(c);
    line->kind = JOURNAL_LINE_BATCH;
}

enum journal_line_kind journal_line_read(struct journal_line *out, char *at,
                                         char *end)
{
    struct cursor cursor = { at, end };

    out->kind = JOURNAL_LINE_BAD;
    if (at < end && *at == '@')
        read_batch(out, &cursor);
    else if (at < end && (*at == 'f' || *at == 'r'))
        read_file(out, &cursor);
    else if (at < end && *at == 'h')
        read_held(out, &cursor);
    else
        read_url(out, &cursor);
    if (cursor.at != end)
        out->kind = JOURNAL_LINE_BAD;
    return out->kind;
}

/* ---- writing ---------------------------------------------------------------- */

static void add_number(struct text *text, uint64_t number)
{
    char bytes[20];
    size_t at = sizeof bytes;

    do
        bytes[--at] = digits[number % 10];
    while ((number /= 10) > 0);
    text_add_bytes(text, bytes + at, sizeof bytes - at);
}

static void write_hex(char *out, uint64_t number)
{
    for (int i = 15; i >= 0; i--, number >>= 4)
        out[i] = digits[number & 15];
}

static void add_url(struct text *text, const struct journal_line *line)
{
    char key[18] = " ";

    write_hex(key + 1, line->key);
    key[17] = ' ';
    add_number(text, line->number);
    text_add_bytes(text, key, sizeof key);
    add_number(text, (uint64_t)line->class);
    if (line->status > 0) {
        text_add_char(text, ' ');
        add_number(text, (uint64_t)line->status);
    }
}

static void add_file(struct text *text, const struct journal_line *line)
{
    text_add(text, line->kind == JOURNAL_LINE_FILE ? "f " : "r ");
    add_number(text, line->number);
    text_add_char(text, ' ');
    for (size_t i = 0; i < line->path_size; i++) {
        unsigned char byte = (unsigned char)line->path[i];

        if (byte >= 32 && byte != 127 && byte != '%') {
            text_add_char(text, (char)byte);
            continue;
        }
        text_add_char(text, '%');
        text_add_char(text, digits[byte >> 4]);
        text_add_char(text, digits[byte & 15]);
    }
}

static void add_batch(struct text *text, const struct journal_line *line)
{
    text_add(text, "@ ");
    add_number(text, line->place.records);
    text_add_char(text, ' ');
    add_number(text, line->place.warc_file);
    text_add_char(text, ' ');
    add_number(text, line->place.warc);
}

int journal_line_add(struct text *text, const struct journal_line *line)
{
    size_t before = text->size;

    switch (line->kind) {
    case JOURNAL_LINE_HELD:
        text_add(text, "h ");
        add_url(text, line);
        break;
    case JOURNAL_LINE_URL:
        add_url(text, line);
        break;
    case JOURNAL_LINE_FILE:
    case JOURNAL_LINE_RECORD:
        add_file(text, line);
        break;
    default:
        add_batch(text, line);
        break;
    }
    text_add_char(text, '\n');
    if (!text->has_failed)
        return 0;
    text->has_failed = false;
    text->size = before;
    return -ENOMEM;
}

/* ---- the first line --------------------------------------------------------- */

/* A version of one digit. */
static const char name[] = "coil-fetch journal ";
enum { KEY = sizeof name - 1 + 2 };

_Static_assert(KEY + 32 + 1 == JOURNAL_HEAD_SIZE,
               "the first line has this size");
_Static_assert(JOURNAL_VERSION < 10, "the version has one digit");

void journal_head_write(char head[JOURNAL_HEAD_SIZE],
                        const struct hash_key *key)
{
    memcpy(head, name, sizeof name - 1);
    head[KEY - 2] = digits[JOURNAL_VERSION];
    head[KEY - 1] = ' ';
    write_hex(head + KEY, key->k0);
    write_hex(head + KEY + 16, key->k1);
    head[JOURNAL_HEAD_SIZE - 1] = '\n';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Whether a byte may be the one at this offset of a first line of ours. */
static bool may_be_at(size_t at, char byte)
{
    if (at < sizeof name - 1)
        return byte == name[at];
    if (at == KEY - 2)
        return byte >= '1' && byte <= digits[JOURNAL_VERSION];
    if (at == KEY - 1)
        return byte == ' ';
    if (at == JOURNAL_HEAD_SIZE - 1)
        return byte == '\n';
    return digit_of(byte) >= 0;
}

int journal_head_read(struct hash_key *key, int *version, const char *bytes,
                      size_t size)
{
    char head[JOURNAL_HEAD_SIZE];
    struct cursor cursor = { head + KEY, head + sizeof head };
    size_t most = size < sizeof head ? size : sizeof head;
    size_t good = 0;

    while (good < most && may_be_at(good, bytes[good]))
        good++;
    /* What stands where the version does is another number. */
    if (good < most && (good == KEY - 2 || good == KEY - 1) &&
        is_digit(bytes[good]))
        return -ENOTSUP;
    if (good < most)
        return -EBADMSG;
    if (size < sizeof head)
        return -ENODATA;
    memcpy(head, bytes, sizeof head);
    *version = head[KEY - 2] - '0';
    key->k0 = read_hex(&cursor, 16);
    key->k1 = read_hex(&cursor, 16);
    return 0;
}
