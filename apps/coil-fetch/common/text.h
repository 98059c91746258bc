/* SPDX-License-Identifier: MIT */
/*
 * text.h - a text that grows, and how to write into it what others said
 *
 *     struct text line = { 0 };
 *
 *     text_add(&line, "{\"url\":");
 *     text_json(&line, url, strlen(url));
 *     text_add(&line, "}\n");
 *     if (!line.has_failed)
 *         write(1, line.bytes, line.size);
 *     text_fini(&line);
 *
 * Lack of memory is noted in `has_failed` and asked for once, at the end; what is
 * added after it is dropped.
 */
#ifndef COIL_FETCH_COMMON_TEXT_H
#define COIL_FETCH_COMMON_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Zeroed, it is empty.  `bytes` is NULL or ends with a NUL beyond `size`. */
struct text {
    char *bytes;
    size_t size;
    size_t room;
    bool has_failed;
};

void text_fini(struct text *text);

/* Empty it, and keep its memory. */
void text_clear(struct text *text);

/* The bytes, to be freed by free(); NULL: has_failed.  `text` is empty then. */
char *text_take(struct text *text);

/* Make room for `size` bytes more, and a NUL, where there is none.  As below. */
bool text_grow(struct text *text, size_t size);

/*
 * Whether there is room for `size` bytes more, and a NUL.  It is in the header, as what
 * follows, since records are made of many small pieces.
 */
static inline bool text_has_room(struct text *text, size_t size)
{
    if (size < text->room - text->size && !text->has_failed)
        return true;
    return text_grow(text, size);
}

static inline void text_add_bytes(struct text *text, const void *bytes,
                                  size_t size)
{
    if (!text_has_room(text, size))
        return;
    if (size > 0)
        memcpy(text->bytes + text->size, bytes, size);
    text->size += size;
    text->bytes[text->size] = '\0';
}

static inline void text_add(struct text *text, const char *string)
{
    text_add_bytes(text, string, strlen(string));
}

static inline void text_add_char(struct text *text, char c)
{
    text_add_bytes(text, &c, 1);
}

void text_add_format(struct text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * A JSON string, with its quotes.  Bytes that are not UTF-8 become U+FFFD; control
 * characters, DEL, and what text_printable() does not show, are escaped.
 */
void text_json(struct text *text, const char *bytes, size_t size);

/* Whether all of it is UTF-8 (RFC 3629). */
bool text_is_utf8(const char *bytes, size_t size);

/* Base64 (RFC 4648, with "="), without quotes. */
void text_base64(struct text *text, const void *bytes, size_t size);

/* A whole number, in digits. */
void text_add_int(struct text *text, int64_t number);

/* `,"name":`; behind "{" without the comma. */
void text_json_name(struct text *text, const char *name);

/*
 * For a terminal: what is not printable, and what is not UTF-8, stands as \x1b;
 * so nothing that a server sent moves the cursor.  The same is done to what takes
 * no place and to what changes the direction of its neighbours (U+200B, U+202E):
 * a text does not look like another one.
 */
void text_printable(struct text *text, const char *bytes, size_t size);

/* For HTML: as UTF-8 as text_json(), with & < > " ' as references. */
void text_html(struct text *text, const char *bytes, size_t size);

#endif
