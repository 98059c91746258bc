/* SPDX-License-Identifier: MIT */
#include "text.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

/*
 * The length of the character of UTF-8 at `text`, which ends with a 0; 0: this
 * is none.
 */
static size_t character_length(const char *text)
{
    const unsigned char *p = (const unsigned char *)text;
    static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
    size_t n = p[0] < 0x80   ? 1
               : p[0] < 0xc2 ? 0
               : p[0] < 0xe0 ? 2
               : p[0] < 0xf0 ? 3
               : p[0] < 0xf5 ? 4
                             : 0;
    uint32_t code = n > 1 ? p[0] & (0xffu >> (n + 1)) : p[0];

    for (size_t i = 1; i < n; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (p[i] & 0x3fu);
    }
    if (n > 1 && (code < least[n] || code > 0x10ffff ||
                  (code >= 0xd800 && code < 0xe000)))
        return 0;
    return n;
}

static bool is_control(const char *text)
{
    unsigned char first = (unsigned char)text[0];
    unsigned char second = (unsigned char)text[1];

    return first < 0x20 || first == 0x7f ||
           (first == 0xc2 && second >= 0x80 && second < 0xa0);
}

/* Put one character, and return its length. */
static size_t put_character(FILE *out, const char *text)
{
    size_t n = character_length(text);

    if (n == 0 || is_control(text)) {
        fprintf(out, "\\x%02x", (unsigned)(unsigned char)text[0]);
        return 1;
    }
    fwrite(text, 1, n, out);
    return n;
}

void text_put(FILE *out, const char *text)
{
    while (*text)
        text += put_character(out, text);
}

void text_put_lines(FILE *out, const char *text, unsigned indent)
{
    while (*text) {
        fprintf(out, "%*s", (int)indent, "");
        while (*text && *text != '\n')
            text += put_character(out, text);
        fputc('\n', out);
        text += *text == '\n';
    }
}

void text_put_json(FILE *out, const char *text, const char *other)
{
    fputc('"', out);
    while (*text) {
        size_t n = character_length(text);

        if (n == 0)
            fputs(other, out);
        else if (n == 1 && (*text == '"' || *text == '\\'))
            fprintf(out, "\\%c", *text);
        else if (n == 1 && is_control(text))
            fprintf(out, "\\u%04x", (unsigned)*text);
        else
            fwrite(text, 1, n, out);
        text += n > 0 ? n : 1;
    }
    fputc('"', out);
}

static const char *xml_name(char c)
{
    switch (c) {
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '&':
        return "&amp;";
    case '"':
        return "&quot;";
    default:
        return NULL;
    }
}

void text_put_xml(FILE *out, const char *text)
{
    while (*text) {
        size_t n = character_length(text);
        const char *name = xml_name(*text);

        if (name)
            fputs(name, out);
        else if (n == 0 || (is_control(text) && *text != '\n'))
            fputc('?', out);
        else
            fwrite(text, 1, n, out);
        text += n > 0 ? n : 1;
    }
}

void text_clean(char *to, size_t size, const char *text)
{
    size_t used = 0;

    while (*text) {
        size_t n = character_length(text);
        size_t length = n > 0 ? n : 1;

        if (used + length >= size)
            break;
        if (n > 0)
            memcpy(to + used, text, n);
        else
            to[used] = '?';
        used += length;
        text += length;
    }
    to[used] = '\0';
}

const char *text_duration(char to[DURATION_MAX], int64_t ns)
{
    double n = (double)ns;

    if (ns >= 1000000000)
        snprintf(to, DURATION_MAX, "%.3f s", n / 1e9);
    else if (ns >= 1000000)
        snprintf(to, DURATION_MAX, "%.3f ms", n / 1e6);
    else if (ns >= 1000)
        snprintf(to, DURATION_MAX, "%.1f us", n / 1e3);
    else
        snprintf(to, DURATION_MAX, "%" PRId64 " ns", ns);
    return to;
}
