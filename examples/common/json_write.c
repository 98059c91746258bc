/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json_value.h"

struct writer {
    char *text;
    size_t used;
    size_t capacity;
    unsigned flags;
    bool failed; /* no memory; the rest is not written */
};

static void write_bytes(struct writer *w, const char *bytes, size_t size)
{
    if (w->failed)
        return;
    if (w->capacity - w->used <= size) {
        size_t capacity = 2 * w->capacity + size + 256;
        char *text = realloc(w->text, capacity);

        if (!text) {
            w->failed = true;
            return;
        }
        w->text = text;
        w->capacity = capacity;
    }
    memcpy(w->text + w->used, bytes, size);
    w->used += size;
    w->text[w->used] = '\0';
}

static void write_text(struct writer *w, const char *text)
{
    write_bytes(w, text, strlen(text));
}

static void write_unit(struct writer *w, uint32_t unit)
{
    char text[8];

    snprintf(text, sizeof text, "\\u%04X", (unsigned)(unit & 0xffff));
    write_text(w, text);
}

/* The character that begins at `s`, which is UTF-8; its length. */
static size_t decode(const unsigned char *s, uint32_t *c)
{
    size_t length = s[0] < 0x80 ? 1 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;

    *c = length == 1 ? s[0] : s[0] & (0xffu >> (length + 1));
    for (size_t i = 1; i < length; i++)
        *c = *c << 6 | (s[i] & 0x3f);
    return length;
}

static void write_character(struct writer *w, uint32_t c)
{
    static const char plain[] = "\"\\\b\f\n\r\t";
    static const char escaped[] = "\"\\bfnrt";
    const char *found = c > 0 && c < 0x80 ? strchr(plain, (int)c) : NULL;

    if (found) {
        char text[2] = { '\\', escaped[found - plain] };

        write_bytes(w, text, 2);
    } else if (c >= 0x10000) {
        write_unit(w, 0xd800 + ((c - 0x10000) >> 10));
        write_unit(w, 0xdc00 + ((c - 0x10000) & 0x3ff));
    } else {
        write_unit(w, c);
    }
}

static void write_string(struct writer *w, const json_t *string)
{
    const unsigned char *s = (const unsigned char *)string->bytes;
    size_t length;
    uint32_t c;

    write_text(w, "\"");
    for (size_t i = 0; i < string->size; i += length) {
        length = decode(s + i, &c);
        if (c < ' ' || c == '"' || c == '\\' ||
            (c >= 0x80 && w->flags & JSON_ENSURE_ASCII))
            write_character(w, c);
        else
            write_bytes(w, string->bytes + i, length);
    }
    write_text(w, "\"");
}

static int compare_keys(const void *a, const void *b)
{
    const json_t *left = ((const struct json_member *)a)->key;
    const json_t *right = ((const struct json_member *)b)->key;
    size_t size = left->size < right->size ? left->size : right->size;
    int order = memcmp(left->bytes, right->bytes, size);

    if (order != 0)
        return order;
    return (left->size > right->size) - (left->size < right->size);
}

static void write_value(struct writer *w, const json_t *value);

static void write_members(struct writer *w, const struct json_member *members,
                          size_t count)
{
    bool is_compact = w->flags & JSON_COMPACT;

    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            write_text(w, is_compact ? "," : ", ");
        if (members[i].key) {
            write_string(w, members[i].key);
            write_text(w, is_compact ? ":" : ": ");
        }
        write_value(w, members[i].value);
    }
}

static void write_sorted(struct writer *w, const json_t *object)
{
    size_t size = object->size * sizeof *object->members;
    struct json_member *sorted = malloc(size);

    if (!sorted) {
        w->failed = true;
        return;
    }
    memcpy(sorted, object->members, size);
    qsort(sorted, object->size, sizeof *sorted, compare_keys);
    write_members(w, sorted, object->size);
    free(sorted);
}

static void write_real(struct writer *w, double real)
{
    char text[64];

    snprintf(text, sizeof text, "%.17g", real);
    write_text(w, text);
    if (!strpbrk(text, ".e"))
        write_text(w, ".0");
}

static void write_value(struct writer *w, const json_t *value)
{
    char number[32];

    switch (value->type) {
    case JSON_NULL:
        write_text(w, "null");
        break;
    case JSON_TRUE:
        write_text(w, "true");
        break;
    case JSON_FALSE:
        write_text(w, "false");
        break;
    case JSON_INTEGER:
        snprintf(number, sizeof number, "%lld", value->integer);
        write_text(w, number);
        break;
    case JSON_REAL:
        write_real(w, value->real);
        break;
    case JSON_STRING:
        write_string(w, value);
        break;
    case JSON_ARRAY:
        write_text(w, "[");
        write_members(w, value->members, value->size);
        write_text(w, "]");
        break;
    case JSON_OBJECT:
        write_text(w, "{");
        if (w->flags & JSON_SORT_KEYS && value->size > 0)
            write_sorted(w, value);
        else
            write_members(w, value->members, value->size);
        write_text(w, "}");
        break;
    }
}

char *json_dumps(const json_t *value, unsigned flags)
{
    struct writer w = { .flags = flags };

    if (!value)
        return NULL;
    write_value(&w, value);
    if (w.failed) {
        free(w.text);
        return NULL;
    }
    return w.text;
}
