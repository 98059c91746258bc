/* SPDX-License-Identifier: MIT */
#include "fetch/robots_rules.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/*
 * So many bytes of a path are looked at for all wildcards together: a fraction of
 * a millisecond.  5,000 rules for a path of 200 bytes stay below it.
 */
enum { MOST_WORK = 4 << 20 };

#define NO_RULE UINT32_MAX

struct robots_rule {
    uint32_t at; /* of the pattern, among all bytes */
    uint32_t size;
    uint32_t weight;   /* its octets, with a "*" or "$" at the end */
    uint32_t literals; /* its octets but for "*" */
    uint32_t shorter;  /* of a plain rule: the longest one that begins it */
    bool is_allowed;
    bool is_whole; /* "$": the path ends where the pattern does */
    bool has_star;
};

void robots_rules_fini(struct robots_rules *rules)
{
    text_fini(&rules->patterns);
    free(rules->rules);
    *rules = (struct robots_rules){ .count = 0 };
}

/* ---- the form in which both are compared ---- */

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool is_unreserved(unsigned char c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') ||
           (c != '\0' && strchr("-._~", c));
}

/* A character of a pattern or a path, in `*at`, which moves behind it. */
static unsigned char next_octet(const char **at, const char *end,
                                bool *is_escape)
{
    const char *c = *at;
    int high = -1;
    int low = -1;

    *is_escape = false;
    *at = c + 1;
    if (*c == '%' && end - c >= 3) {
        high = hex_value(c[1]);
        low = hex_value(c[2]);
    }
    if (high < 0 || low < 0)
        return (unsigned char)*c;
    *is_escape = true;
    *at = c + 3;
    return (unsigned char)(high * 16 + low);
}

/* Write it into `out`, which has room for three bytes; returns how many. */
static size_t put_octet(char *out, unsigned char c, bool is_escape,
                        bool in_query)
{
    static const char digits[] = "0123456789ABCDEF";

    if (is_unreserved(c) ||
        (c != '\0' && strchr(":/?@", c) && (in_query || !is_escape)) ||
        (!is_escape && c != '\0' && strchr("!&'()+,;=", c))) {
        out[0] = (char)c;
        return 1;
    }
    out[0] = '%';
    out[1] = digits[c >> 4];
    out[2] = digits[c & 15];
    return 3;
}

/* The form of `size` bytes of a path, into room for three times as many. */
static size_t put_path(char *out, const char *path, size_t size)
{
    const char *end = path + size;
    bool in_query = false;
    size_t length = 0;

    while (path < end) {
        bool is_escape;
        unsigned char c = next_octet(&path, end, &is_escape);

        length += put_octet(out + length, c, is_escape, in_query);
        in_query = in_query || (c == '?' && !is_escape);
    }
    return length;
}

/* ---- adding ---- */

/* The same of a pattern, in which "*" is a wildcard; several are as one. */
static void add_pattern(struct text *out, struct robots_rule *rule,
                        const char *pattern, size_t size)
{
    const char *end = pattern + size;
    bool in_query = false;
    char octet[3];

    while (pattern < end) {
        bool is_escape;
        unsigned char c = next_octet(&pattern, end, &is_escape);
        bool is_star = c == '*' && !is_escape;

        if (is_star && out->size > rule->at && out->bytes[out->size - 1] == '*')
            continue;
        if (is_star)
            text_add_char(out, '*');
        else
            text_add_bytes(out, octet,
                           put_octet(octet, c, is_escape, in_query));
        in_query = in_query || (c == '?' && !is_escape);
    }
}

/* "/a*" is "/a", and "/a*$" too; they are longer by what is left out. */
static void trim_rule(struct text *patterns, struct robots_rule *rule)
{
    rule->size = (uint32_t)(patterns->size - rule->at);
    rule->weight = rule->size + (rule->is_whole ? 1 : 0);
    if (rule->size > 0 && patterns->bytes[patterns->size - 1] == '*') {
        rule->size--;
        rule->is_whole = false;
        patterns->size--;
    }
    rule->literals = 0;
    for (uint32_t i = 0; i < rule->size; i++)
        rule->literals += patterns->bytes[rule->at + i] != '*';
    rule->has_star = rule->literals < rule->size;
}

static bool has_room(struct robots_rules *rules)
{
    size_t room = rules->room ? 2 * rules->room : 16;
    struct robots_rule *larger;

    if (rules->count < rules->room)
        return true;
    larger = realloc(rules->rules, room * sizeof *larger);
    if (!larger)
        return false;
    rules->rules = larger;
    rules->room = room;
    return true;
}

int robots_rules_add(struct robots_rules *rules, const char *pattern,
                     size_t size, bool is_allowed)
{
    struct robots_rule *rule;

    if (size == 0 || (pattern[0] != '/' && pattern[0] != '*'))
        return 0;
    if (!has_room(rules))
        return -ENOMEM;
    rule = &rules->rules[rules->count];
    *rule = (struct robots_rule){
        .at = (uint32_t)rules->patterns.size,
        .is_allowed = is_allowed,
        .is_whole = pattern[size - 1] == '$',
    };
    add_pattern(&rules->patterns, rule, pattern, size - rule->is_whole);
    if (rules->patterns.has_failed)
        return -ENOMEM;
    trim_rule(&rules->patterns, rule);
    rules->count++;
    return 0;
}

/* ---- sorting ---- */

static bool is_plain(const struct robots_rule *rule)
{
    return !rule->has_star && !rule->is_whole;
}

/* Of rules that match, the first one counts. */
static int compare_rank(const struct robots_rule *a,
                        const struct robots_rule *b)
{
    if (a->weight != b->weight)
        return a->weight > b->weight ? -1 : 1;
    return (int)b->is_allowed - (int)a->is_allowed;
}

static int compare_text(const struct robots_rule *a,
                        const struct robots_rule *b, const char *patterns)
{
    uint32_t size = a->size < b->size ? a->size : b->size;
    int order = memcmp(patterns + a->at, patterns + b->at, size);

    if (order == 0 && a->size != b->size)
        order = a->size < b->size ? -1 : 1;
    return order;
}

/* Plain ones first, by their text; then the others, by their rank. */
static int compare_rules(const void *a_rule, const void *b_rule, void *patterns)
{
    const struct robots_rule *a = a_rule;
    const struct robots_rule *b = b_rule;
    int order = 0;

    if (is_plain(a) != is_plain(b))
        return is_plain(a) ? -1 : 1;
    if (is_plain(a))
        order = compare_text(a, b, patterns);
    return order ? order : compare_rank(a, b);
}

static bool begins(const struct robots_rules *rules, uint32_t rule,
                   const char *path, size_t size)
{
    const struct robots_rule *r = &rules->rules[rule];

    return r->size <= size &&
           memcmp(rules->patterns.bytes + r->at, path, r->size) == 0;
}

/* From `rule` on to shorter ones, to the first one that begins `path`. */
static uint32_t first_beginning(const struct robots_rules *rules, uint32_t rule,
                                const char *path, size_t size)
{
    while (rule != NO_RULE && !begins(rules, rule, path, size))
        rule = rules->rules[rule].shorter;
    return rule;
}

/* Of equal plain rules the best stays.  Each learns which one begins it. */
static void link_plain(struct robots_rules *rules, size_t count)
{
    struct robots_rule *r = rules->rules;
    const char *patterns = rules->patterns.bytes;

    rules->plain = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t last = (uint32_t)rules->plain - 1; /* NO_RULE at first */

        if (last != NO_RULE && compare_text(&r[last], &r[i], patterns) == 0)
            continue;
        r[i].shorter =
            first_beginning(rules, last, patterns + r[i].at, r[i].size);
        r[rules->plain++] = r[i];
    }
}

void robots_rules_sort(struct robots_rules *rules)
{
    struct robots_rule *r = rules->rules;
    size_t plain = 0;

    if (rules->count == 0)
        return;
    qsort_r(r, rules->count, sizeof *r, compare_rules, rules->patterns.bytes);
    while (plain < rules->count && is_plain(&r[plain]))
        plain++;
    link_plain(rules, plain);
    memmove(r + rules->plain, r + plain, (rules->count - plain) * sizeof *r);
    rules->count -= plain - rules->plain;
}

/* ---- asking ---- */

/* What is left to do, for one path. */
struct question {
    const char *path;
    size_t size;
    size_t work; /* bytes that may still be looked at */
};

/* Find `size` bytes at or behind `*at`, which moves behind them. */
static bool find(struct question *q, size_t *at, const char *bytes, size_t size)
{
    const char *found = memmem(q->path + *at, q->size - *at, bytes, size);
    size_t end = found ? (size_t)(found - q->path) + size : q->size;
    size_t seen = end - *at + 1;

    q->work -= seen < q->work ? seen : q->work;
    *at = end;
    return found;
}

/* Each piece between two "*" is taken at the first place where it is. */
static bool matches(const struct robots_rules *rules,
                    const struct robots_rule *rule, struct question *q)
{
    const char *piece = rules->patterns.bytes + rule->at;
    const char *end = piece + rule->size;
    size_t at = 0;

    for (bool is_first = true;; is_first = false) {
        const char *star = memchr(piece, '*', (size_t)(end - piece));
        size_t size = (size_t)((star ? star : end) - piece);
        bool is_last = !star;

        if (q->size - at < size)
            return false;
        if (is_last && rule->is_whole) {
            size_t from = q->size - size;

            return (!is_first || from == 0) &&
                   memcmp(q->path + from, piece, size) == 0;
        }
        if (is_first && memcmp(q->path, piece, size) != 0)
            return false;
        if (is_first)
            at = size;
        else if (!find(q, &at, piece, size))
            return false;
        if (is_last)
            return true;
        piece = star + 1;
    }
}

/* The best plain rule, or NULL. */
static const struct robots_rule *find_plain(const struct robots_rules *rules,
                                            const struct question *q)
{
    const struct robots_rule *best = NULL;
    uint32_t low = 0;
    uint32_t high = (uint32_t)rules->plain;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const struct robots_rule *r = &rules->rules[middle];
        size_t size = r->size < q->size ? r->size : q->size;
        int order = memcmp(rules->patterns.bytes + r->at, q->path, size);

        if (order < 0 || (order == 0 && r->size <= q->size))
            low = middle + 1;
        else
            high = middle;
    }
    low = first_beginning(rules, low - 1, q->path, q->size);
    for (; low != NO_RULE; low = rules->rules[low].shorter)
        if (!best || compare_rank(&rules->rules[low], best) < 0)
            best = &rules->rules[low];
    return best;
}

static bool is_allowed(const struct robots_rules *rules, struct question *q)
{
    const struct robots_rule *best = find_plain(rules, q);

    for (size_t i = rules->plain; i < rules->count; i++) {
        const struct robots_rule *r = &rules->rules[i];

        if (r->literals > q->size)
            continue;
        if (best && compare_rank(r, best) >= 0)
            break;
        if (matches(rules, r, q)) {
            best = r;
            break;
        }
        if (q->work == 0)
            return false;
    }
    return !best || best->is_allowed;
}

int robots_rules_allow(const struct robots_rules *rules, const char *path)
{
    size_t size = strcspn(path, "#");
    struct question q = { .work = MOST_WORK };
    char room[1024];
    char *form = room;
    bool is_ok;

    if (rules->count == 0)
        return 1;
    if (size > sizeof room / 3)
        form = malloc(3 * size);
    if (!form)
        return -ENOMEM;
    q.size = put_path(form, path, size);
    q.path = form;
    is_ok = is_allowed(rules, &q);
    if (form != room)
        free(form);
    return is_ok;
}

size_t robots_rules_size(const struct robots_rules *rules)
{
    return rules->patterns.room + rules->room * sizeof *rules->rules;
}
