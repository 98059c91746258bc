/* SPDX-License-Identifier: MIT */
#include "common/text.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void text_fini(struct text *text)
{
    free(text->bytes);
    *text = (struct text){ 0 };
}

void text_clear(struct text *text)
{
    text->size = 0;
    text->has_failed = false;
    if (text->bytes)
        text->bytes[0] = '\0';
}

char *text_take(struct text *text)
{
    char *bytes;

    text_add_bytes(text, "", 0);
    bytes = text->has_failed ? NULL : text->bytes;
    if (!bytes)
        free(text->bytes);
    *text = (struct text){ 0 };
    return bytes;
}

bool text_grow(struct text *text, size_t size)
{
    size_t room = text->room ? text->room : 64;
    char *bytes;

    if (text->has_failed)
        return false;
    while (room - text->size <= size) {
        if (room > SIZE_MAX / 2) {
            text->has_failed = true;
            return false;
        }
        room *= 2;
    }
    bytes = realloc(text->bytes, room);
    if (!bytes) {
        text->has_failed = true;
        return false;
    }
    text->bytes = bytes;
    text->room = room;
    return true;
}

void text_add_int(struct text *text, int64_t number)
{
    char digits[24];
    char *at = digits + sizeof digits;
    uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;

    do {
        *--at = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (number < 0)
        *--at = '-';
    text_add_bytes(text, at, (size_t)(digits + sizeof digits - at));
}

void text_add_format(struct text *text, const char *format, ...)
{
    va_list args;
    int size;

    va_start(args, format);
    size = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (size < 0 || !text_has_room(text, (size_t)size))
        return;
    va_start(args, format);
    (void)vsnprintf(text->bytes + text->size, (size_t)size + 1, format, args);
    va_end(args);
    text->size += (size_t)size;
}

/*
 * The length of the character of UTF-8 at `at`, as RFC 3629 allows it; 0: there
 * is none.
 */
static size_t character(const unsigned char *at, size_t size)
{
    size_t length = at[0] < 0x80   ? 1
                    : at[0] < 0xc2 ? 0
                    : at[0] < 0xe0 ? 2
                    : at[0] < 0xf0 ? 3
                    : at[0] < 0xf5 ? 4
                                   : 0;

    if (length == 0 || length > size)
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((at[i] & 0xc0) != 0x80)
            return 0;
    if ((at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xed && at[1] > 0x9f) ||
        (at[0] == 0xf0 && at[1] < 0x90) || (at[0] == 0xf4 && at[1] > 0x8f))
        return 0;
    return length;
}

bool text_is_utf8(const char *bytes, size_t size)
{
    const unsigned char *at = (const unsigned char *)bytes;
    const unsigned char *end = at + size;

    while (at < end) {
        size_t length = character(at, (size_t)(end - at));

        if (length == 0)
            return false;
        at += length;
    }
    return true;
}

void text_base64(struct text *text, const void *bytes, size_t size)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "abcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *at = bytes;

    for (; size >= 3; at += 3, size -= 3) {
        const char four[4] = { letters[at[0] >> 2],
                               letters[(at[0] & 3) << 4 | at[1] >> 4],
                               letters[(at[1] & 15) << 2 | at[2] >> 6],
                               letters[at[2] & 63] };

        text_add_bytes(text, four, sizeof four);
    }
    if (size > 0) {
        unsigned second = size > 1 ? at[1] : 0;
        const char four[4] = { letters[at[0] >> 2],
                               letters[(at[0] & 3) << 4 | second >> 4],
                               size > 1 ? letters[(second & 15) << 2] : '=',
                               '=' };

        text_add_bytes(text, four, sizeof four);
    }
}

static bool is_control(const unsigned char *at, size_t length)
{
    return (length == 1 && (at[0] < 0x20 || at[0] == 0x7f)) ||
           (length == 2 && at[0] == 0xc2 && at[1] < 0xa0);
}

/*
 * What takes no place on a terminal, changes the direction of its neighbours, or
 * ends a line: the characters by which a name looks like another name.
 */
static const struct {
    uint32_t first;
    uint32_t last;
} unseen[] = {
    { 0x00ad, 0x00ad },   /* the soft hyphen */
    { 0x034f, 0x034f },   /* the grapheme joiner */
    { 0x061c, 0x061c },   /* the Arabic letter mark */
    { 0x115f, 0x1160 },   /* fillers of Hangul */
    { 0x17b4, 0x17b5 },   /* vowels of Khmer that are not drawn */
    { 0x180b, 0x180f },   /* separators of Mongolian */
    { 0x200b, 0x200f },   /* spaces and joiners without width, and marks */
    { 0x2028, 0x202e },   /* ends of lines; embeddings and overrides */
    { 0x2060, 0x206f },   /* joiners, operators, isolates */
    { 0x3164, 0x3164 },   /* a filler of Hangul */
    { 0xfe00, 0xfe0f },   /* variants */
    { 0xfeff, 0xfeff },   /* the mark of byte order */
    { 0xffa0, 0xffa0 },   /* a filler of Hangul */
    { 0xfff0, 0xfffb },   /* annotations */
    { 0x1bca0, 0x1bca3 }, /* of shorthand */
    { 0x1d173, 0x1d17a }, /* of music */
    { 0xe0000, 0xe0fff }, /* tags and variants */
};

static uint32_t code_point(const unsigned char *at, size_t length)
{
    uint32_t code = length == 1   ? at[0]
                    : length == 2 ? at[0] & 0x1fu
                    : length == 3 ? at[0] & 0x0fu
                                  : at[0] & 0x07u;

    for (size_t i = 1; i < length; i++)
        code = code << 6 | (at[i] & 0x3fu);
    return code;
}

static bool is_unseen(const unsigned char *at, size_t length)
{
    uint32_t code = code_point(at, length);

    if (code < unseen[0].first)
        return false;
    for (size_t i = 0; i < sizeof unseen / sizeof unseen[0]; i++)
        if (code <= unseen[i].last)
            return code >= unseen[i].first;
    return false;
}

/* Nearly all there is. */
static inline bool is_plain(unsigned char c)
{
    return (c > '"' && c < 0x7f && c != '\\') || c == ' ' || c == '!';
}

static void add_json_escape(struct text *text, const unsigned char *at,
                            size_t length)
{
    static const char letters[] = "\b\f\n\r\t\"\\";
    static const char escapes[] = "bfnrt\"\\";
    const char *letter =
        at[0] != '\0' ? memchr(letters, at[0], sizeof letters - 1) : NULL;

    if (letter && length == 1)
        text_add_format(text, "\\%c", escapes[letter - letters]);
    else if (length == 4)
        text_add_format(text, "\\u%04x\\u%04x",
                        0xd7c0 + (code_point(at, length) >> 10),
                        0xdc00 + (code_point(at, length) & 0x3ff));
    else
        text_add_format(text, "\\u%04x", code_point(at, length));
}

/* Each byte of a word is `byte`. */
static uint64_t eight_of(unsigned char byte)
{
    return 0x0101010101010101u * byte;
}

/* Whether a byte is 0; `word` has no byte beyond 0x7f. */
static bool has_zero(uint64_t word)
{
    return ((word - eight_of(1)) & eight_of(0x80)) != 0;
}

/* Whether the eight bytes at `at` are plain; false may be said of plain ones. */
static bool are_plain(const unsigned char *at)
{
    uint64_t word;

    memcpy(&word, at, sizeof word);
    return (word & eight_of(0x80)) == 0 &&
           ((word - eight_of(0x20)) & eight_of(0x80)) == 0 &&
           !has_zero(word ^ eight_of('"')) &&
           !has_zero(word ^ eight_of('\\')) && !has_zero(word ^ eight_of(0x7f));
}

void text_json(struct text *text, const char *bytes, size_t size)
{
    const unsigned char *at = (const unsigned char *)bytes;
    const unsigned char *end = at + size;
    const unsigned char *plain = at; /* not added yet */

    text_add_char(text, '"');
    while (at < end) {
        size_t length;

        if (end - at >= 8 && are_plain(at)) {
            at += 8;
            continue;
        }
        if (is_plain(*at)) {
            at++;
            continue;
        }
        length = character(at, (size_t)(end - at));
        if (length > 1 && !is_control(at, length) && !is_unseen(at, length)) {
            at += length;
            continue;
        }
        text_add_bytes(text, plain, (size_t)(at - plain));
        if (length == 0)
            text_add(text, "\xef\xbf\xbd");
        else
            add_json_escape(text, at, length);
        at += length > 0 ? length : 1;
        plain = at;
    }
    text_add_bytes(text, plain, (size_t)(at - plain));
    text_add_char(text, '"');
}

void text_json_name(struct text *text, const char *name)
{
    if (text->size > 0 && text->bytes[text->size - 1] != '{')
        text_add_char(text, ',');
    text_json(text, name, strlen(name));
    text_add_char(text, ':');
}

void text_printable(struct text *text, const char *bytes, size_t size)
{
    const unsigned char *at = (const unsigned char *)bytes;
    const unsigned char *end = at + size;

    while (at < end) {
        size_t length = character(at, (size_t)(end - at));

        if (length > 0 && !is_control(at, length) && !is_unseen(at, length)) {
            text_add_bytes(text, at, length);
            at += length;
            continue;
        }
        for (size_t i = 0; i < (length > 0 ? length : 1); i++)
            text_add_format(text, "\\x%02x", at[i]);
        at += length > 0 ? length : 1;
    }
}

void text_html(struct text *text, const char *bytes, size_t size)
{
    static const char special[] = "&<>\"'";
    const unsigned char *at = (const unsigned char *)bytes;
    const unsigned char *end = at + size;

    while (at < end) {
        size_t length = character(at, (size_t)(end - at));

        if (length == 0)
            text_add(text, "\xef\xbf\xbd");
        else if (length == 1 && *at != '\0' && strchr(special, *at))
            text_add_format(text, "&#%d;", *at);
        else if (!is_control(at, length) || *at == '\n' || *at == '\t')
            text_add_bytes(text, at, length);
        at += length > 0 ? length : 1;
    }
}
