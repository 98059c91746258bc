/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json_value.h"

enum { MAX_DEPTH = 200 };

struct reader {
    const char *text;
    const char *end;
    const char *at;
    unsigned flags;
    int depth;
    json_error_t *error;
};

/* Returns NULL. */
static json_t *refuse(struct reader *r, const char *why)
{
    size_t line = 1;

    for (const char *c = r->text; c < r->at; c++)
        line += *c == '\n';
    snprintf(r->error->text, sizeof r->error->text, "%s in line %zu", why,
             line);
    return NULL;
}

static void skip_blanks(struct reader *r)
{
    while (r->at < r->end && (*r->at == ' ' || *r->at == '\t' ||
                              *r->at == '\n' || *r->at == '\r'))
        r->at++;
}

/* Whether `c` is next; then it is past. */
static bool takes(struct reader *r, char c)
{
    if (r->at == r->end || *r->at != c)
        return false;
    r->at++;
    return true;
}

static bool is_digit(const struct reader *r)
{
    return r->at < r->end && *r->at >= '0' && *r->at <= '9';
}

/* ---- strings -------------------------------------------------------------- */

static char *encode(char *to, uint32_t c)
{
    if (c < 0x80) {
        *to++ = (char)c;
        return to;
    }
    if (c < 0x800) {
        *to++ = (char)(0xc0 | c >> 6);
    } else {
        if (c < 0x10000) {
            *to++ = (char)(0xe0 | c >> 12);
        } else {
            *to++ = (char)(0xf0 | c >> 18);
            *to++ = (char)(0x80 | (c >> 12 & 0x3f));
        }
        *to++ = (char)(0x80 | (c >> 6 & 0x3f));
    }
    *to++ = (char)(0x80 | (c & 0x3f));
    return to;
}

/* The length of the character of UTF-8 that is next; 0: it is none. */
static size_t character_length(const struct reader *r)
{
    const unsigned char *s = (const unsigned char *)r->at;
    size_t left = (size_t)(r->end - r->at);
    size_t length;
    uint32_t c;

    if (s[0] < 0x80)
        return 1;
    if (s[0] < 0xc2 || s[0] > 0xf4)
        return 0;
    length = s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
    if (length > left)
        return 0;
    c = s[0] & (0xffu >> (length + 1));
    for (size_t i = 1; i < length; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 0;
        c = c << 6 | (s[i] & 0x3f);
    }
    if ((length == 3 && c < 0x800) || (length == 4 && c < 0x10000) ||
        c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
        return 0;
    return length;
}

/* The four digits behind \u; -1: there are none. */
static long read_unit(struct reader *r)
{
    long unit = 0;

    for (int i = 0; i < 4; i++, r->at++) {
        char c = r->at < r->end ? *r->at : '\0';

        if (c >= '0' && c <= '9')
            unit = unit << 4 | (c - '0');
        else if (c >= 'a' && c <= 'f')
            unit = unit << 4 | (c - 'a' + 10);
        else if (c >= 'A' && c <= 'F')
            unit = unit << 4 | (c - 'A' + 10);
        else
            return -1;
    }
    return unit;
}

/* Behind \u: the character, of one unit or of two; -1: it is none. */
static long read_escaped(struct reader *r)
{
    long high = read_unit(r);
    long low;

    if (high < 0xd800 || high > 0xdfff)
        return high;
    if (high > 0xdbff || !takes(r, '\\') || !takes(r, 'u'))
        return -1;
    low = read_unit(r);
    if (low < 0xdc00 || low > 0xdfff)
        return -1;
    return 0x10000 + ((high - 0xd800) << 10 | (low - 0xdc00));
}

/* Behind a backslash.  NULL: refused. */
static char *read_escape(struct reader *r, char *to)
{
    static const char names[] = "\"\\/bfnrt";
    static const char meant[] = "\"\\/\b\f\n\r\t";
    const char *name = r->at < r->end && *r->at ? strchr(names, *r->at) : NULL;
    long c;

    if (name) {
        r->at++;
        *to++ = meant[name - names];
        return to;
    }
    c = takes(r, 'u') ? read_escaped(r) : -1;
    if (c < 0) {
        refuse(r, "invalid escape");
        return NULL;
    }
    return encode(to, (uint32_t)c);
}

/* How many bytes there are up to the quote that ends a string. */
static size_t length_of_string(const struct reader *r)
{
    const char *c = r->at;

    while (c < r->end && *c != '"')
        c += *c == '\\' && c + 1 < r->end ? 2 : 1;
    return (size_t)(c - r->at);
}

/* Behind the quote.  What is read is never longer than what stands there. */
static json_t *read_string(struct reader *r, bool is_key)
{
    char *bytes = malloc(length_of_string(r) + 1);
    char *to = bytes;
    json_t *value = NULL;
    bool allows_nul = !is_key && r->flags & JSON_ALLOW_NUL;
    size_t length;

    if (!bytes)
        return refuse(r, "out of memory");
    while (to && r->at < r->end && *r->at != '"') {
        if (takes(r, '\\')) {
            to = read_escape(r, to);
            continue;
        }
        length = (unsigned char)*r->at < ' ' ? 0 : character_length(r);
        if (length == 0) {
            refuse(r, "invalid character in a string");
            to = NULL;
            break;
        }
        memcpy(to, r->at, length);
        to += length;
        r->at += length;
    }
    if (to && !takes(r, '"'))
        refuse(r, "unexpected end of a string");
    else if (to && !allows_nul && memchr(bytes, '\0', (size_t)(to - bytes)))
        refuse(r, "a NUL in a string");
    else if (to) {
        value = json_stringn_nocheck(bytes, (size_t)(to - bytes));
        if (!value)
            refuse(r, "out of memory");
    }
    free(bytes);
    return value;
}

/* ---- numbers -------------------------------------------------------------- */

static json_t *make_number(struct reader *r, const char *text, bool is_real)
{
    json_t *value = json_value_new(is_real ? JSON_REAL : JSON_INTEGER);

    if (!value)
        return refuse(r, "out of memory");
    errno = 0;
    if (is_real)
        value->real = strtod(text, NULL);
    else
        value->integer = strtoll(text, NULL, 10);
    if (is_real ? !isfinite(value->real) : errno == ERANGE) {
        json_decref(value);
        return refuse(r, "too big a number");
    }
    return value;
}

static json_t *read_number(struct reader *r)
{
    const char *begin = r->at;
    bool is_real = false;
    json_t *value;
    char *text;

    takes(r, '-');
    if (!is_digit(r))
        return refuse(r, "invalid token");
    if (!takes(r, '0'))
        while (is_digit(r))
            r->at++;
    if (takes(r, '.')) {
        is_real = true;
        if (!is_digit(r))
            return refuse(r, "invalid number");
        while (is_digit(r))
            r->at++;
    }
    if (takes(r, 'e') || takes(r, 'E')) {
        is_real = true;
        if (!takes(r, '+'))
            takes(r, '-');
        if (!is_digit(r))
            return refuse(r, "invalid number");
        while (is_digit(r))
            r->at++;
    }
    text = strndup(begin, (size_t)(r->at - begin));
    if (!text)
        return refuse(r, "out of memory");
    value = make_number(r, text, is_real);
    free(text);
    return value;
}

/* ---- values --------------------------------------------------------------- */

static json_t *read_value(struct reader *r);

/* Behind the bracket; takes the reference to `array`. */
static json_t *read_array(struct reader *r, json_t *array)
{
    skip_blanks(r);
    if (!array || takes(r, ']'))
        return array ? array : refuse(r, "out of memory");
    for (;;) {
        json_t *value = read_value(r);

        if (!value)
            break;
        if (json_array_append_new(array, value) < 0) {
            refuse(r, "out of memory");
            break;
        }
        skip_blanks(r);
        if (takes(r, ']'))
            return array;
        if (!takes(r, ',')) {
            refuse(r, "',' or ']' expected");
            break;
        }
    }
    json_decref(array);
    return NULL;
}

/* One pair.  False: refused. */
static bool read_member(struct reader *r, json_t *object)
{
    json_t *value = NULL;
    json_t *key;

    skip_blanks(r);
    if (!takes(r, '"'))
        return refuse(r, "string or '}' expected");
    key = read_string(r, true);
    if (!key)
        return false;
    skip_blanks(r);
    if (r->flags & JSON_REJECT_DUPLICATES &&
        json_object_getn(object, key->bytes, key->size))
        refuse(r, "duplicate object key");
    else if (!takes(r, ':'))
        refuse(r, "':' expected");
    else
        value = read_value(r);
    if (!value) {
        json_decref(key);
        return false;
    }
    return json_object_set_key(object, key, value) == 0 ||
           refuse(r, "out of memory");
}

/* Behind the brace; takes the reference to `object`. */
static json_t *read_object(struct reader *r, json_t *object)
{
    skip_blanks(r);
    if (!object || takes(r, '}'))
        return object ? object : refuse(r, "out of memory");
    while (read_member(r, object)) {
        skip_blanks(r);
        if (takes(r, '}'))
            return object;
        if (!takes(r, ',')) {
            refuse(r, "',' or '}' expected");
            break;
        }
    }
    json_decref(object);
    return NULL;
}

static json_t *read_word(struct reader *r)
{
    static const struct {
        const char *text;
        enum json_type type;
    } words[] = { { "null", JSON_NULL },
                  { "true", JSON_TRUE },
                  { "false", JSON_FALSE } };

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        size_t length = strlen(words[i].text);
        json_t *value;

        if ((size_t)(r->end - r->at) < length ||
            memcmp(r->at, words[i].text, length) != 0)
            continue;
        r->at += length;
        value = json_value_new(words[i].type);
        return value ? value : refuse(r, "out of memory");
    }
    return read_number(r);
}

static json_t *read_value(struct reader *r)
{
    json_t *value;

    skip_blanks(r);
    if (r->depth == MAX_DEPTH)
        return refuse(r, "maximum parsing depth reached");
    if (takes(r, '"'))
        return read_string(r, false);
    r->depth++;
    if (takes(r, '['))
        value = read_array(r, json_array());
    else if (takes(r, '{'))
        value = read_object(r, json_object());
    else
        value = read_word(r);
    r->depth--;
    return value;
}

json_t *json_loadb(const char *text, size_t size, unsigned flags,
                   json_error_t *error)
{
    struct reader r = {
        .text = text,
        .end = text + size,
        .at = text,
        .flags = flags,
        .error = error,
    };
    json_t *value;

    skip_blanks(&r);
    if (!(flags & JSON_DECODE_ANY) &&
        (r.at == r.end || (*r.at != '[' && *r.at != '{')))
        return refuse(&r, "'[' or '{' expected");
    value = read_value(&r);
    skip_blanks(&r);
    if (value && r.at < r.end) {
        json_decref(value);
        return refuse(&r, "end of file expected");
    }
    return value;
}
