/* SPDX-License-Identifier: MIT */
#include "http/server/pattern.h"

#include <string.h>

/* ---- the parts of a pattern ------------------------------------------- */

enum kind {
    LITERAL,
    ANY,
    INTEGER,
    UUID,
    REST,
    WRONG,
};

static bool is_name(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (!coil__http_is(text[i], COIL__HTTP_TOKEN))
            return false;
    return true;
}

static bool is(const char *text, size_t size, const char *literal)
{
    return size == strlen(literal) && memcmp(text, literal, size) == 0;
}

/* "{name:type}", of which name and ":type" may lack. */
static enum kind kind_of_parameter(const char *at, size_t size,
                                   struct coil__http_slice *name)
{
    const char *colon = memchr(at, ':', size);
    const char *type = colon ? colon + 1 : at + size;
    size_t type_size = (size_t)(at + size - type);

    *name =
        (struct coil__http_slice){ at, colon ? (size_t)(colon - at) : size };
    if (!is_name(at, name->size))
        return WRONG;
    if (!colon)
        return ANY;
    if (is(type, type_size, "int"))
        return INTEGER;
    return is(type, type_size, "uuid") ? UUID : WRONG;
}

static enum kind kind_of(const char *segment, size_t size,
                         struct coil__http_slice *name)
{
    if (size > 0 && segment[0] == '*') {
        *name = (struct coil__http_slice){ segment + 1, size - 1 };
        return segment[size] || !is_name(name->at, name->size) ? WRONG : REST;
    }
    if (size >= 2 && segment[0] == '{' && segment[size - 1] == '}')
        return kind_of_parameter(segment + 1, size - 2, name);
    return memchr(segment, '*', size) ? WRONG : LITERAL;
}

bool coil__http_is_integer(const char *text, size_t size)
{
    size_t sign = size > 0 && text[0] == '-';

    if (size == sign || size - sign > 18)
        return false;
    for (size_t i = sign; i < size; i++)
        if (text[i] < '0' || text[i] > '9')
            return false;
    return true;
}

int coil__http_pattern_parameters(const char *pattern)
{
    int count = 0;

    if (*pattern != '/')
        return -1;
    while (*pattern) {
        const char *segment = pattern + 1;
        size_t size = strcspn(segment, "/");
        struct coil__http_slice name;
        enum kind kind = kind_of(segment, size, &name);

        if (kind == WRONG)
            return -1;
        count += kind != LITERAL;
        pattern = segment + size;
    }
    return count;
}

/* ---- matching --------------------------------------------------------- */

/* Whether a segment, still encoded, is `literal` when it is decoded. */
static bool says(const char *sent, size_t size, const char *literal,
                 size_t literal_size)
{
    size_t at = 0;

    for (size_t i = 0; i < literal_size; i++) {
        char c;

        if (at >= size)
            return false;
        c = sent[at++];
        if (c == '%') {
            c = (char)(coil__http_hex(sent[at]) << 4 |
                       coil__http_hex(sent[at + 1]));
            at += 2;
        }
        if (c != literal[i])
            return false;
    }
    return at == size;
}

static bool is_uuid(const char *sent, size_t size)
{
    if (size != 36)
        return false;
    for (size_t i = 0; i < size; i++) {
        bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;

        if (is_dash ? sent[i] != '-' : !coil__http_is(sent[i], COIL__HTTP_HEX))
            return false;
    }
    return true;
}

static bool fits(enum kind kind, const char *sent, size_t size)
{
    if (kind == INTEGER)
        return coil__http_is_integer(sent, size);
    return kind == UUID ? is_uuid(sent, size) : size > 0;
}

static void capture(struct coil__http_captures *captures,
                    struct coil__http_slice name, const char *sent, size_t size)
{
    captures->all[captures->count++] =
        (struct coil__http_capture){ name, { sent, size } };
}

/* Both begin with "/". */
const char *coil__http_pattern_match(const char *pattern, const char *path,
                                     bool is_prefix,
                                     struct coil__http_captures *captures)
{
    if (is_prefix && !pattern[1])
        return path;
    for (;;) {
        struct coil__http_slice name;
        size_t wanted = strcspn(++pattern, "/");
        size_t size = strcspn(++path, "/");
        enum kind kind = kind_of(pattern, wanted, &name);

        if (kind == REST) {
            capture(captures, name, path, strlen(path));
            return path + strlen(path);
        }
        if (kind == LITERAL ? !says(path, size, pattern, wanted)
                            : !fits(kind, path, size))
            return NULL;
        if (kind != LITERAL)
            capture(captures, name, path, size);
        pattern += wanted;
        path += size;
        if (!*pattern)
            return is_prefix || !*path ? path : NULL;
        if (!*path)
            return NULL;
    }
}
