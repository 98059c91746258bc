/* SPDX-License-Identifier: MIT */
#include "fetch/html_text.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct name {
    const char *text;
    uint16_t code;
    bool is_old; /* it needs no ";" */
};

/* By their bytes. */
/* clang-format off */
static const struct name names[] = {
    { "AElig", 198, true }, { "AMP", 38, true }, { "Aacute", 193, true },
    { "Acirc", 194, true }, { "Agrave", 192, true }, { "Aring", 197, true },
    { "Atilde", 195, true }, { "Auml", 196, true }, { "COPY", 169, true },
    { "Ccedil", 199, true }, { "DiacriticalGrave", 96, false },
    { "ETH", 208, true }, { "Eacute", 201, true }, { "Ecirc", 202, true },
    { "Egrave", 200, true }, { "Euml", 203, true }, { "GT", 62, true },
    { "Hat", 94, false }, { "Iacute", 205, true }, { "Icirc", 206, true },
    { "Igrave", 204, true }, { "Iuml", 207, true }, { "LT", 60, true },
    { "NewLine", 10, false }, { "Ntilde", 209, true }, { "Oacute", 211, true },
    { "Ocirc", 212, true }, { "Ograve", 210, true }, { "Oslash", 216, true },
    { "Otilde", 213, true }, { "Ouml", 214, true }, { "QUOT", 34, true },
    { "REG", 174, true }, { "THORN", 222, true }, { "Tab", 9, false },
    { "Uacute", 218, true }, { "Ucirc", 219, true }, { "Ugrave", 217, true },
    { "UnderBar", 95, false }, { "Uuml", 220, true },
    { "VerticalLine", 124, false }, { "Yacute", 221, true },
    { "aacute", 225, true }, { "acirc", 226, true }, { "acute", 180, true },
    { "aelig", 230, true }, { "agrave", 224, true }, { "amp", 38, true },
    { "apos", 39, false }, { "aring", 229, true }, { "ast", 42, false },
    { "atilde", 227, true }, { "auml", 228, true }, { "brvbar", 166, true },
    { "bsol", 92, false }, { "ccedil", 231, true }, { "cedil", 184, true },
    { "cent", 162, true }, { "colon", 58, false }, { "comma", 44, false },
    { "commat", 64, false }, { "copy", 169, true }, { "curren", 164, true },
    { "deg", 176, true }, { "divide", 247, true }, { "dollar", 36, false },
    { "eacute", 233, true }, { "ecirc", 234, true }, { "egrave", 232, true },
    { "equals", 61, false }, { "eth", 240, true }, { "euml", 235, true },
    { "excl", 33, false }, { "frac12", 189, true }, { "frac14", 188, true },
    { "frac34", 190, true }, { "grave", 96, false }, { "gt", 62, true },
    { "iacute", 237, true }, { "icirc", 238, true }, { "iexcl", 161, true },
    { "igrave", 236, true }, { "iquest", 191, true }, { "iuml", 239, true },
    { "laquo", 171, true }, { "lbrace", 123, false }, { "lbrack", 91, false },
    { "lcub", 123, false }, { "lowbar", 95, false }, { "lpar", 40, false },
    { "lsqb", 91, false }, { "lt", 60, true }, { "macr", 175, true },
    { "micro", 181, true }, { "midast", 42, false }, { "middot", 183, true },
    { "nbsp", 160, true }, { "not", 172, true }, { "ntilde", 241, true },
    { "num", 35, false }, { "oacute", 243, true }, { "ocirc", 244, true },
    { "ograve", 242, true }, { "ordf", 170, true }, { "ordm", 186, true },
    { "oslash", 248, true }, { "otilde", 245, true }, { "ouml", 246, true },
    { "para", 182, true }, { "percnt", 37, false }, { "period", 46, false },
    { "plus", 43, false }, { "plusmn", 177, true }, { "pound", 163, true },
    { "quest", 63, false }, { "quot", 34, true }, { "raquo", 187, true },
    { "rbrace", 125, false }, { "rbrack", 93, false }, { "rcub", 125, false },
    { "reg", 174, true }, { "rpar", 41, false }, { "rsqb", 93, false },
    { "sect", 167, true }, { "semi", 59, false }, { "shy", 173, true },
    { "sol", 47, false }, { "sup1", 185, true }, { "sup2", 178, true },
    { "sup3", 179, true }, { "szlig", 223, true }, { "thorn", 254, true },
    { "times", 215, true }, { "uacute", 250, true }, { "ucirc", 251, true },
    { "ugrave", 249, true }, { "uml", 168, true }, { "uuml", 252, true },
    { "verbar", 124, false }, { "vert", 124, false }, { "yacute", 253, true },
    { "yen", 165, true }, { "yuml", 255, true },
};
/* clang-format on */

enum { LONGEST_NAME = 16 };

/* What &#128; to &#159; mean: the characters of windows-1252. */
static const uint16_t windows[32] = {
    0x20ac, 0x0081, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021,
    0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0x008d, 0x017d, 0x008f,
    0x0090, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
    0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0x009d, 0x017e, 0x0178,
};

static int compare_name(const void *key, const void *row)
{
    return strcmp(key, ((const struct name *)row)->text);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

static int digit_value(char c, bool is_hex)
{
    if (is_digit(c))
        return c - '0';
    c = (char)(c | 0x20);
    return is_hex && c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The UTF-8 of a code point, three bytes of which replace what is none. */
static size_t put_code(char *out, uint32_t code)
{
    if (code >= 0x80 && code < 0xa0)
        code = windows[code - 0x80];
    if (code == 0 || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
        code = 0xfffd;
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (char)(0xc0 | code >> 6);
        out[1] = (char)(0x80 | (code & 0x3f));
        return 2;
    }
    if (code < 0x10000) {
        out[0] = (char)(0xe0 | code >> 12);
        out[1] = (char)(0x80 | (code >> 6 & 0x3f));
        out[2] = (char)(0x80 | (code & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | code >> 18);
    out[1] = (char)(0x80 | (code >> 12 & 0x3f));
    out[2] = (char)(0x80 | (code >> 6 & 0x3f));
    out[3] = (char)(0x80 | (code & 0x3f));
    return 4;
}

/* "&#38;" at `at`.  Returns its length, 0: it is none. */
static size_t read_number(const char *at, const char *end, uint32_t *code)
{
    const char *c = at + 2;
    bool is_hex = end - at > 2 && (*c | 0x20) == 'x';
    const char *first = is_hex ? ++c : c;

    *code = 0;
    for (; c < end; c++) {
        int value = digit_value(*c, is_hex);

        if (value < 0)
            break;
        *code = *code * (is_hex ? 16 : 10) + (uint32_t)value;
        if (*code > 0x10ffff)
            *code = 0x110000;
    }
    if (c == first)
        return 0;
    return (size_t)(c - at) + (c < end && *c == ';');
}

/* "&amp;" at `at`.  In "?a&copy=1" there is none. */
static size_t read_name(const char *at, const char *end, uint32_t *code)
{
    char text[LONGEST_NAME + 1];
    const struct name *name;
    size_t n = 0;
    size_t left = (size_t)(end - at) - 1;
    bool has_end;

    while (n < left && (is_letter(at[1 + n]) || is_digit(at[1 + n]))) {
        if (n == LONGEST_NAME)
            return 0;
        text[n] = at[1 + n];
        n++;
    }
    text[n] = '\0';
    has_end = n < left && at[1 + n] == ';';
    name = bsearch(text, names, sizeof names / sizeof names[0], sizeof names[0],
                   compare_name);
    if (!name ||
        (!has_end && (!name->is_old || (n < left && at[1 + n] == '='))))
        return 0;
    *code = name->code;
    return 1 + n + has_end;
}

static size_t read_reference(const char *at, const char *end, uint32_t *code)
{
    if (end - at < 3)
        return 0;
    return at[1] == '#' ? read_number(at, end, code) : read_name(at, end, code);
}

size_t html_decode(char *text, size_t size)
{
    const char *end = text + size;
    char *at = memchr(text, '&', size);
    char *out = at;

    if (!at)
        return size;
    while (at < end) {
        uint32_t code;
        size_t length = *at == '&' ? read_reference(at, end, &code) : 0;

        if (length == 0) {
            *out++ = *at++;
            continue;
        }
        at += length;
        out += put_code(out, code);
    }
    return (size_t)(out - text);
}
