/* SPDX-License-Identifier: MIT */
#include "input/json_scan.h"

#include <string.h>

/* Behind the string that begins at `at`. */
static size_t skip_string(const char *text, size_t size, size_t at)
{
    for (at++; at < size && text[at] != '"'; at++)
        if (text[at] == '\\')
            at++;
    return at < size ? at + 1 : size;
}

size_t json_depth(const char *text, size_t size)
{
    size_t deepest = 0;
    size_t depth = 0;
    size_t at = 0;

    while (at < size) {
        char c = text[at];

        if (c == '"') {
            at = skip_string(text, size, at);
            continue;
        }
        if (c == '{' || c == '[')
            depth++;
        else if ((c == '}' || c == ']') && depth > 0)
            depth--;
        if (depth > deepest)
            deepest = depth;
        at++;
    }
    return deepest;
}

static int is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Where the value that begins at `at` ends: at a comma, or at the last brace. */
static size_t end_of_value(const char *text, size_t size, size_t at)
{
    size_t depth = 0;

    while (at < size) {
        char c = text[at];

        if (c == '"') {
            at = skip_string(text, size, at);
            continue;
        }
        if (depth == 0 && (c == ',' || c == '}'))
            break;
        if (c == '{' || c == '[')
            depth++;
        else if (c == '}' || c == ']')
            depth--;
        at++;
    }
    return at;
}

size_t json_member(const char *text, size_t size, size_t index,
                   const char **value)
{
    size_t end = 0; /* of the brace, or of the comma, before a member */
    size_t begin;

    while (end < size && text[end] != '{')
        end++;
    for (;; index--) {
        begin = end + 1;
        while (begin < size && text[begin] != '"')
            begin++;
        begin = begin < size ? skip_string(text, size, begin) : size;
        while (begin < size && (text[begin] == ':' || is_space(text[begin])))
            begin++;
        end = end_of_value(text, size, begin);
        if (index == 0)
            break;
    }
    while (end > begin && is_space(text[end - 1]))
        end--;
    *value = text + (begin < size ? begin : size);
    return end > begin ? end - begin : 0;
}
