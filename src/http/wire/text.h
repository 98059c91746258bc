/* SPDX-License-Identifier: MIT */
/*
 * http/wire/text.h - the characters of HTTP
 *
 * ASCII only, whatever the locale.
 */
#ifndef COIL_HTTP_WIRE_TEXT_H
#define COIL_HTTP_WIRE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

enum {
    COIL__HTTP_TOKEN = 1,   /* of a name or a method */
    COIL__HTTP_VALUE = 2,   /* of a header's value: no control but tab */
    COIL__HTTP_VISIBLE = 4, /* of a URL: printable ASCII but space */
    COIL__HTTP_HOST = 8,    /* of a host's name */
    COIL__HTTP_HEX = 16,
};

/* A piece of a text, without a NUL behind it. */
struct coil__http_slice {
    const char *at;
    size_t size;
};

/* The classes above, or-ed, of each byte. */
extern const unsigned char coil__http_class[256];

static inline bool coil__http_is(char c, unsigned class)
{
    return coil__http_class[(unsigned char)c] & class;
}

/* Whether all of text[0 … size-1] is of `class`. */
bool coil__http_all(const char *text, size_t size, unsigned class);

static inline char coil__http_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

/* coil__http_equal() of texts whose first letters are equal. */
bool coil__http_equal_on(const char *a, const char *b);

/* Compare without regard to case.  Most names differ in the first letter. */
static inline bool coil__http_equal(const char *a, const char *b)
{
    return coil__http_lower(*a) == coil__http_lower(*b) &&
           coil__http_equal_on(a, b);
}
bool coil__http_equal_n(const char *a, const char *b, size_t size);

/*
 * Whether bytes[0 … size-1] are `word`, in any case.  Most words that are equal
 * are spelled alike, and most others differ in the first letter.  Inline, since
 * the compiler compares what is written in the source by a few loads.
 */
static inline bool coil__http_is_word(const char *bytes, size_t size,
                                      const char *word)
{
    if (size != strlen(word))
        return false;
    if (memcmp(bytes, word, size) == 0)
        return true;
    return coil__http_lower(*bytes) == coil__http_lower(*word) &&
           coil__http_equal_n(bytes, word, size);
}

static inline bool coil__http_slice_is(struct coil__http_slice slice,
                                       const char *word)
{
    return coil__http_is_word(slice.at, slice.size, word);
}

/*
 * The next item of a list such as "keep-alive, Upgrade", which moves behind it;
 * size 0: the end.  A blank ends an item, too.
 */
struct coil__http_slice coil__http_next_item(const char **list);

/* Whether such a list has the item, in any case. */
bool coil__http_list_has(const char *list, const char *item);

/* The value of a hexadecimal digit. */
unsigned coil__http_hex(char digit);

/*
 * Decode the %XX of text[0 … size-1], and with `is_form` the "+", into `out`,
 * which may be `text` itself and needs room for size + 1 bytes.  A broken
 * escape and that of NUL stay as they are.
 */
void coil__http_decode(char *out, const char *text, size_t size, bool is_form);

/* Whether every % begins a good escape other than %00. */
bool coil__http_is_encoded(const char *text, size_t size);

#endif
