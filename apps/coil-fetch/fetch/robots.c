/* SPDX-License-Identifier: MIT */
/*
 * robots.c - the lines of a robots.txt, and its groups
 *
 * The file is read twice: first for whether a group names the crawler, then for
 * the rules of the groups that count.
 */
#include "fetch/robots.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "fetch/robots_rules.h"

struct robots {
    struct robots_rules rules;
    coil_time delay;
};

/* Some bytes of the file. */
struct piece {
    const char *at;
    size_t size;
};

struct line {
    struct piece name;
    struct piece value;
};

/* ---- lines ---- */

static struct piece trim(const char *at, const char *end)
{
    while (at < end && (*at == ' ' || *at == '\t'))
        at++;
    while (at < end && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    return (struct piece){ at, (size_t)(end - at) };
}

/* The next line in `rest`, which is not empty.  Without a colon it has no name. */
static struct line take_line(struct piece *rest)
{
    const char *at = rest->at;
    const char *end = at;
    const char *last = at + rest->size;
    const char *comment;
    const char *colon;

    while (end < last && *end != '\n' && *end != '\r')
        end++;
    rest->at = end < last ? end + 1 : end;
    rest->size = (size_t)(last - rest->at);
    comment = memchr(at, '#', (size_t)(end - at));
    if (comment)
        end = comment;
    colon = memchr(at, ':', (size_t)(end - at));
    if (!colon)
        return (struct line){ .name = { at, 0 } };
    return (struct line){ trim(at, colon), trim(colon + 1, end) };
}

static bool is_word(struct piece piece, const char *word)
{
    return piece.size == strlen(word) &&
           strncasecmp(piece.at, word, piece.size) == 0;
}

static bool is_token_octet(char c)
{
    return ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '-' || c == '_';
}

/* The letters, "-" and "_" at the beginning. */
static struct piece token_of(const char *at, size_t size)
{
    size_t n = 0;

    while (n < size && is_token_octet(at[n]))
        n++;
    return (struct piece){ at, n };
}

/* ---- groups ---- */

/* Where the reading is. */
struct reader {
    struct piece agent;   /* the token; empty: groups for "*" are read */
    bool is_among_agents; /* the last line that counts names an agent */
    bool is_ours;         /* the group is one for `agent` */
    bool has_group;       /* there has been one */
};

static void read_agent(struct reader *r, struct piece value)
{
    struct piece token = token_of(value.at, value.size);
    bool is_named = r->agent.size == 0 ? is_word(value, "*")
                                       : token.size == r->agent.size &&
                                             strncasecmp(token.at, r->agent.at,
                                                         token.size) == 0;

    if (!r->is_among_agents)
        r->is_ours = false;
    r->is_among_agents = true;
    r->is_ours = r->is_ours || is_named;
    r->has_group = r->has_group || is_named;
}

/*
 * Seconds, with decimals.  What is no such number is no delay; several count as
 * the longest one.
 */
static void read_delay(struct robots *robots, struct piece value)
{
    coil_time delay = 0;
    coil_time unit = COIL_SECOND;
    bool has_point = false;
    bool has_digit = false;

    for (size_t i = 0; i < value.size; i++) {
        char c = value.at[i];

        if (c == '.' && !has_point) {
            has_point = true;
            continue;
        }
        if (c < '0' || c > '9')
            return;
        has_digit = true;
        if (has_point)
            unit /= 10;
        else if (delay < ROBOTS_MAX_DELAY)
            delay *= 10;
        delay += (c - '0') * unit;
        if (delay > ROBOTS_MAX_DELAY)
            delay = ROBOTS_MAX_DELAY;
    }
    if (has_digit && delay > robots->delay)
        robots->delay = delay;
}

/* `robots` is NULL as long as only groups are looked for. */
static int read_line(struct reader *r, struct robots *robots,
                     const struct line *line)
{
    bool is_allow = is_word(line->name, "allow");

    if (is_word(line->name, "user-agent")) {
        read_agent(r, line->value);
        return 0;
    }
    if (is_word(line->name, "crawl-delay") && robots && r->is_ours)
        read_delay(robots, line->value);
    if (!is_allow && !is_word(line->name, "disallow"))
        return 0;
    r->is_among_agents = false;
    if (!robots || !r->is_ours)
        return 0;
    return robots_rules_add(&robots->rules, line->value.at, line->value.size,
                            is_allow);
}

static int read_all(struct reader *r, struct robots *robots, struct piece text)
{
    int rc = 0;

    while (rc == 0 && text.size > 0) {
        struct line line = take_line(&text);

        rc = read_line(r, robots, &line);
    }
    return rc;
}

/* Without a byte order mark, and up to the last whole line within the limit. */
static struct piece readable(const char *bytes, size_t size)
{
    struct piece text = { bytes, size };

    if (size > ROBOTS_MAX_SIZE) {
        text.size = ROBOTS_MAX_SIZE;
        while (text.size > 0 && bytes[text.size - 1] != '\n' &&
               bytes[text.size - 1] != '\r')
            text.size--;
    }
    if (text.size >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0) {
        text.at += 3;
        text.size -= 3;
    }
    return text;
}

int robots_parse(struct robots **out, const char *bytes, size_t size,
                 const char *agent)
{
    struct piece text = readable(bytes, size);
    struct reader first = { .agent = token_of(agent, strlen(agent)) };
    struct reader second = first;
    struct robots *robots = calloc(1, sizeof *robots);
    int rc;

    *out = NULL;
    if (!robots)
        return -ENOMEM;
    (void)read_all(&first, NULL, text);
    if (!first.has_group)
        second.agent.size = 0;
    rc = read_all(&second, robots, text);
    if (rc < 0) {
        robots_free(robots);
        return rc;
    }
    robots_rules_sort(&robots->rules);
    *out = robots;
    return 0;
}

void robots_free(struct robots *robots)
{
    if (!robots)
        return;
    robots_rules_fini(&robots->rules);
    free(robots);
}

int robots_allows(const struct robots *robots, const char *path)
{
    if (strcmp(path, "/robots.txt") == 0)
        return 1;
    return robots_rules_allow(&robots->rules, path);
}

coil_time robots_delay(const struct robots *robots)
{
    return robots->delay;
}

size_t robots_size(const struct robots *robots)
{
    return sizeof *robots + robots_rules_size(&robots->rules);
}
