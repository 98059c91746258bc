/* SPDX-License-Identifier: MIT */
#include "http/server/json_check.h"

#include <stdint.h>
#include <string.h>

static const char *skip_blanks(const char *at)
{
    return at + strspn(at, " \t\r\n");
}

/* ---- what stands for itself ------------------------------------------- */

/*
 * Skip one character of UTF-8 that is not ASCII.  Returns NULL for a wrong one:
 * too long, a surrogate, or beyond U+10FFFF.
 */
static const char *skip_wide(const char *at)
{
    const unsigned char *c = (const unsigned char *)at;
    unsigned least = 0x80;
    unsigned most = 0xbf;
    int more;

    if (c[0] >= 0xc2 && c[0] <= 0xdf)
        more = 1;
    else if (c[0] >= 0xe0 && c[0] <= 0xef)
        more = 2;
    else if (c[0] >= 0xf0 && c[0] <= 0xf4)
        more = 3;
    else
        return NULL;
    if (c[0] == 0xe0)
        least = 0xa0;
    else if (c[0] == 0xf0)
        least = 0x90;
    else if (c[0] == 0xed)
        most = 0x9f;
    else if (c[0] == 0xf4)
        most = 0x8f;
    for (int i = 1; i <= more; i++) {
        if (c[i] < least || c[i] > most)
            return NULL;
        least = 0x80;
        most = 0xbf;
    }
    return at + more + 1;
}

static const char *skip_escape(const char *at)
{
    if (*at == 'u')
        return strspn(at + 1, "0123456789abcdefABCDEF") >= 4 ? at + 5 : NULL;
    return *at && strchr("\"\\/bfnrt", *at) ? at + 1 : NULL;
}

/* `at` is behind the first quote. */
static const char *skip_string(const char *at)
{
    while (at) {
        unsigned char c = (unsigned char)*at;

        if (c == '"')
            return at + 1;
        if (c < 0x20)
            return NULL;
        if (c == '\\')
            at = skip_escape(at + 1);
        else
            at = c < 0x80 ? at + 1 : skip_wide(at);
    }
    return NULL;
}

static const char *skip_digits(const char *at)
{
    size_t size = strspn(at, "0123456789");

    return size > 0 ? at + size : NULL;
}

static const char *skip_number(const char *at)
{
    at += *at == '-';
    at = *at == '0' ? at + 1 : skip_digits(at);
    if (at && *at == '.')
        at = skip_digits(at + 1);
    if (at && (*at == 'e' || *at == 'E')) {
        at++;
        at = skip_digits(at + (*at == '+' || *at == '-'));
    }
    return at;
}

static const char *skip_scalar(const char *at)
{
    if (*at == '"')
        return skip_string(at + 1);
    if (strncmp(at, "true", 4) == 0 || strncmp(at, "null", 4) == 0)
        return at + 4;
    if (strncmp(at, "false", 5) == 0)
        return at + 5;
    return skip_number(at);
}

/* ---- nested ----------------------------------------------------------- */

/* The lists and objects around a place, a bit each: 1 is an object. */
struct nest {
    uint64_t is_object;
    int depth;
};

static bool enter(struct nest *nest, bool is_object)
{
    if (nest->depth == COIL__JSON_DEPTH)
        return false;
    nest->is_object = nest->is_object << 1 | is_object;
    nest->depth++;
    return true;
}

/* Skip "name" and ":".  Only objects have names. */
static const char *skip_name(const struct nest *nest, const char *at)
{
    if (nest->depth == 0 || !(nest->is_object & 1))
        return at;
    if (*at != '"')
        return NULL;
    at = skip_string(at + 1);
    if (!at)
        return NULL;
    at = skip_blanks(at);
    return *at == ':' ? skip_blanks(at + 1) : NULL;
}

/* Skip the ends of what ends here, and the "," before what follows. */
static const char *skip_ends(struct nest *nest, const char *at)
{
    at = skip_blanks(at);
    while (nest->depth > 0 && *at == (nest->is_object & 1 ? '}' : ']')) {
        nest->is_object >>= 1;
        nest->depth--;
        at = skip_blanks(at + 1);
    }
    if (nest->depth == 0)
        return at;
    return *at == ',' ? skip_blanks(at + 1) : NULL;
}

bool coil__is_json(const char *text, size_t size)
{
    struct nest nest = { 0 };
    const char *at = skip_blanks(text);

    do {
        at = skip_name(&nest, at);
        if (!at)
            return false;
        if (*at == '{' || *at == '[') {
            if (!enter(&nest, *at == '{'))
                return false;
            at = skip_blanks(at + 1);
            if (*at != (nest.is_object & 1 ? '}' : ']'))
                continue;
        } else {
            at = skip_scalar(at);
            if (!at)
                return false;
        }
        at = skip_ends(&nest, at);
    } while (at && nest.depth > 0);
    return at == text + size;
}
