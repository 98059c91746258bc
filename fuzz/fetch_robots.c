/* SPDX-License-Identifier: MIT */
/*
 * fetch_robots.c - a robots.txt, and a path
 *
 * The input is a path, a line end, and the file.  Where the path and the patterns
 * have only letters, "/", "*" and "$", the answer is that of a slow reader of the RFC.
 */
#include "fetch/robots.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "fetch/robots_rules.h"
#include "fuzz.h"

enum { MOST = 4000, MOST_PATTERN = 200 };

static void require(bool holds)
{
    if (!holds)
        abort();
}

static bool is_plain(const char *text)
{
    return text[strspn(text, "abcdefghijklmnopqrstuvwxyz/*$")] == '\0';
}

/* Several "*" are as one. */
static void fold(char *pattern)
{
    char *out = pattern;

    for (const char *at = pattern; *at; at++)
        if (*at != '*' || out == pattern || out[-1] != '*')
            *out++ = *at;
    *out = '\0';
}

/* One place of the pattern after another: is_there[i] says that it leads to path[i]. */
static bool slowly_matches(const char *pattern, const char *path)
{
    size_t size = strlen(path);
    bool *is_there = calloc(size + 1, 1);
    bool matches = false;

    require(is_there);
    is_there[0] = true;
    for (; *pattern && (*pattern != '$' || pattern[1]); pattern++) {
        for (size_t i = size + 1; i-- > 0 && *pattern != '*';)
            is_there[i] = i > 0 && is_there[i - 1] && path[i - 1] == *pattern;
        for (size_t i = 1; i <= size && *pattern == '*'; i++)
            is_there[i] = is_there[i] || is_there[i - 1];
    }
    for (size_t i = 0; i <= size; i++)
        matches = matches || (is_there[i] && (!*pattern || i == size));
    free(is_there);
    return matches;
}

/* Each line is a pattern; those of even number are Allow. */
static void compare(const char *path, char *lines)
{
    struct robots_rules rules = { .count = 0 };
    size_t best = 0;
    bool is_allowed = true;
    char *rest = lines;
    char *line;

    for (int i = 0; (line = strtok_r(rest, "\n", &rest)) != NULL; i++) {
        if (!is_plain(line) || strlen(line) > MOST_PATTERN)
            continue;
        require(robots_rules_add(&rules, line, strlen(line), i % 2 == 0) == 0);
        fold(line);
        if ((line[0] != '/' && line[0] != '*') || strlen(line) < best ||
            !slowly_matches(line, path))
            continue;
        is_allowed = i % 2 == 0 || (strlen(line) == best && is_allowed);
        best = strlen(line);
    }
    robots_rules_sort(&rules);
    require(robots_rules_allow(&rules, path) == is_allowed);
    robots_rules_fini(&rules);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[MOST + 1];
    struct robots *robots;
    char *file;

    if (size > MOST)
        return 0;
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    file = memchr(text, '\n', size);
    if (!file)
        return 0;
    *file++ = '\0';
    require(robots_parse(&robots, file, size - (size_t)(file - text), "x") ==
            0);
    require(robots_allows(robots, text) >= 0);
    require(robots_delay(robots) >= 0);
    robots_free(robots);
    if (text[0] == '/' && is_plain(text) && !strchr(text, '*') &&
        !strchr(text, '$'))
        compare(text, file);
    return 0;
}
