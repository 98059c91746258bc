/* SPDX-License-Identifier: MIT */
/*
 * prometheus.c - a grammar of pages of metrics
 *
 *     page    = { line "\n" }
 *     line    = "" | "# HELP " name " " text | "# TYPE " name " " type
 *             | name [ "{" [ label { "," label } [ "," ] ] "}" ] " " value
 *             [ " " time ]
 *     label   = name "=\"" text "\""
 *
 * HELP and TYPE come once for a name, before its samples, and the samples of a
 * family stand together.  No sample comes twice.  A histogram has buckets that
 * rise, the last of which is +Inf and as large as its count.
 */
#include "prometheus.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test.h"

enum { NAMES_MAX = 512, SAMPLES_MAX = 8192, NAME_SIZE = 128, KEY_SIZE = 512 };

enum type { UNTYPED, COUNTER, GAUGE, HISTOGRAM, SUMMARY };

static const char *const types[] = { "untyped", "counter", "gauge", "histogram",
                                     "summary" };

struct family {
    char name[NAME_SIZE];
    enum type type;
    bool has_help, has_type, has_samples, is_over;
};

/* Of a histogram with certain labels: how far it has been read. */
struct series {
    char key[KEY_SIZE];
    double bound, total, count, sum;
    bool has_bucket, has_infinity, has_count, has_sum;
};

static struct family families[NAMES_MAX];
static size_t family_count;
static struct family *current; /* whose samples come now */
static char (*samples)[KEY_SIZE];
static size_t sample_count;
static struct series *series;
static size_t series_count;
static char wrong[1024];

static const char *complain(const char *what, const char *line)
{
    snprintf(wrong, sizeof wrong, "%s: %.200s", what, line);
    return wrong;
}

/* ---- words ------------------------------------------------------------------ */

static bool begins_name(char c, bool colon)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           (colon && c == ':');
}

/* The length of the name that `at` begins with; 0: it is none. */
static size_t name_length(const char *at, bool colon)
{
    size_t n = 0;

    if (!begins_name(*at, colon))
        return 0;
    while (begins_name(at[n], colon) || (at[n] >= '0' && at[n] <= '9'))
        n++;
    return n;
}

static bool is_value(const char *text)
{
    static const char *const others[] = { "NaN", "+Inf", "-Inf" };
    char *end;

    for (size_t i = 0; i < 3; i++) {
        if (strcmp(text, others[i]) == 0)
            return true;
    }
    if (strspn(text, "0123456789+-.e") != strlen(text) || !*text)
        return false;
    strtod(text, &end);
    return !*end;
}

static double value_of(const char *text)
{
    if (strcmp(text, "+Inf") == 0)
        return INFINITY;
    if (strcmp(text, "-Inf") == 0)
        return -INFINITY;
    return strcmp(text, "NaN") == 0 ? NAN : strtod(text, NULL);
}

static bool is_utf8(const char *text)
{
    const unsigned char *s = (const unsigned char *)text;

    while (*s) {
        size_t more = *s < 0x80                 ? 0
                      : *s >= 0xc2 && *s < 0xe0 ? 1
                      : *s >= 0xe0 && *s < 0xf0 ? 2
                      : *s >= 0xf0 && *s < 0xf5 ? 3
                                                : 9;

        if (more == 9 || (*s == 0xe0 && s[1] < 0xa0) ||
            (*s == 0xed && s[1] > 0x9f) || (*s == 0xf0 && s[1] < 0x90) ||
            (*s == 0xf4 && s[1] > 0x8f))
            return false;
        for (s++; more > 0; more--) {
            if ((*s++ & 0xc0) != 0x80)
                return false;
        }
    }
    return true;
}

/* ---- families --------------------------------------------------------------- */

static struct family *find(const char *name, size_t length)
{
    for (size_t i = 0; i < family_count; i++) {
        if (strlen(families[i].name) == length &&
            memcmp(families[i].name, name, length) == 0)
            return &families[i];
    }
    return NULL;
}

static struct family *find_or_make(const char *name, size_t length)
{
    struct family *f = find(name, length);

    if (f)
        return f;
    ASSERT_LT(family_count, NAMES_MAX);
    ASSERT_LT(length, NAME_SIZE);
    f = &families[family_count++];
    *f = (struct family){ .type = UNTYPED };
    memcpy(f->name, name, length);
    return f;
}

static bool ends_in(const char *text, size_t length, const char *end)
{
    size_t n = strlen(end);

    return length > n && memcmp(text + length - n, end, n) == 0;
}

/* The family of a sample, and what is behind its name. */
static struct family *family_of(const char *name, size_t length,
                                const char **suffix)
{
    static const char *const suffixes[] = { "_bucket", "_sum", "_count" };

    for (size_t i = 0; i < 3; i++) {
        size_t n = strlen(suffixes[i]);
        struct family *f =
            ends_in(name, length, suffixes[i]) ? find(name, length - n) : NULL;

        *suffix = suffixes[i];
        if (f && (f->type == HISTOGRAM || (f->type == SUMMARY && i > 0)))
            return f;
    }
    *suffix = "";
    return find_or_make(name, length);
}

static const char *check_help(struct family *f, const char *text,
                              const char *line)
{
    if (f->has_help)
        return complain("a second HELP", line);
    f->has_help = true;
    if (!*text)
        return complain("no help", line);
    for (const char *p = text; (p = strchr(p, '\\')); p += 2) {
        if (p[1] != '\\' && p[1] != 'n')
            return complain("a wrong escape in a help", line);
    }
    return NULL;
}

static const char *check_type(struct family *f, const char *text,
                              const char *line)
{
    size_t i = 0;

    if (f->has_type)
        return complain("a second TYPE", line);
    f->has_type = true;
    while (i < 5 && strcmp(types[i], text) != 0)
        i++;
    if (i == 5)
        return complain("no type", line);
    f->type = (enum type)i;
    if (f->type == COUNTER && !ends_in(f->name, strlen(f->name), "_total"))
        return complain("a counter's name does not end in _total", line);
    if (f->type != COUNTER && ends_in(f->name, strlen(f->name), "_total"))
        return complain("only a counter's name ends in _total", line);
    return NULL;
}

static const char *check_comment(const char *line)
{
    bool is_help = strncmp(line, "# HELP ", 7) == 0;
    size_t length;
    struct family *f;

    if (!is_help && strncmp(line, "# TYPE ", 7) != 0)
        return NULL;
    length = name_length(line + 7, true);
    if (length == 0 || line[7 + length] != ' ')
        return complain("no name", line);
    f = find_or_make(line + 7, length);
    if (f->has_samples)
        return complain("a comment behind the samples", line);
    return is_help ? check_help(f, line + 8 + length, line)
                   : check_type(f, line + 8 + length, line);
}

/* ---- samples ---------------------------------------------------------------- */

struct sample {
    const char *suffix;
    struct family *family;
    char labels[KEY_SIZE]; /* without le, as they are written */
    char bound[NAME_SIZE]; /* le; empty: there is none */
    const char *end;       /* of what has been read */
};

/* Read `name="text"`.  False: it is no label. */
static bool read_label(struct sample *s, const char **at, const char **why)
{
    const char *name = *at;
    size_t length = name_length(name, false);
    const char *text = name + length + 2;
    const char *p = text;
    bool is_bound = s->suffix[0] == '_' && s->suffix[1] == 'b' && length == 2 &&
                    memcmp(name, "le", 2) == 0;

    *why = "no label";
    if (length == 0 || memcmp(name, "__", 2) == 0 || name[length] != '=' ||
        name[length + 1] != '"')
        return false;
    for (; *p != '"'; p++) {
        *why = "a label does not end";
        if (!*p)
            return false;
        *why = "a wrong escape in a label";
        if (*p == '\\' && !strchr("\\n\"", *++p))
            return false;
    }
    *at = p + 1;
    if (is_bound)
        snprintf(s->bound, sizeof s->bound, "%.*s", (int)(p - text), text);
    else
        snprintf(s->labels + strlen(s->labels),
                 sizeof s->labels - strlen(s->labels), "%.*s,",
                 (int)(p + 1 - name), name);
    return true;
}

/* A name that comes twice among the labels. */
static bool has_label_twice(const char *labels)
{
    for (const char *a = labels; *a;) {
        size_t n = strcspn(a, "=") + 2; /* with the quote */
        const char *b = a + n;

        while (*b != '"')
            b += *b == '\\' ? 2 : 1;
        b += 2;
        for (const char *c = b; *c;) {
            if (strncmp(c, a, n) == 0)
                return true;
            c += strcspn(c, "=") + 2;
            while (*c != '"')
                c += *c == '\\' ? 2 : 1;
            c += 2;
        }
        a = b;
    }
    return false;
}

static const char *read_labels(struct sample *s, const char *line)
{
    const char *at = s->end + 1;
    const char *why;

    while (*at != '}') {
        if (!read_label(s, &at, &why))
            return complain(why, line);
        if (*at == ',')
            at++;
        else if (*at != '}')
            return complain("no comma between labels", line);
    }
    s->end = at + 1;
    return has_label_twice(s->labels) ? complain("a label twice", line) : NULL;
}

static struct series *series_of(const struct sample *s)
{
    char key[KEY_SIZE];

    snprintf(key, sizeof key, "%s{%.300s", s->family->name, s->labels);
    for (size_t i = 0; i < series_count; i++) {
        if (strcmp(series[i].key, key) == 0)
            return &series[i];
    }
    ASSERT_LT(series_count, SAMPLES_MAX);
    series[series_count] = (struct series){ .bound = -INFINITY };
    memcpy(series[series_count].key, key, sizeof key);
    return &series[series_count++];
}

static const char *check_bucket(struct series *of, const struct sample *s,
                                double value, const char *line)
{
    double bound = value_of(s->bound);

    if (!is_value(s->bound) || isnan(bound))
        return complain("a bucket without a bound", line);
    if (of->has_bucket && !(bound > of->bound))
        return complain("bounds do not rise", line);
    if (value < of->total)
        return complain("buckets do not rise", line);
    of->has_bucket = true;
    of->bound = bound;
    of->total = value;
    of->has_infinity = isinf(bound);
    return NULL;
}

static const char *check_histogram(const struct sample *s, double value,
                                   const char *line)
{
    struct series *of = series_of(s);

    if (strcmp(s->suffix, "_bucket") == 0)
        return check_bucket(of, s, value, line);
    if (strcmp(s->suffix, "_sum") == 0) {
        of->has_sum = true;
    } else if (strcmp(s->suffix, "_count") == 0) {
        of->has_count = true;
        of->count = value;
    } else {
        return complain("a histogram has no such sample", line);
    }
    return NULL;
}

static const char *note_sample(const char *line, const char *end)
{
    size_t length = (size_t)(end - line);

    ASSERT_LT(length, KEY_SIZE);
    for (size_t i = 0; i < sample_count; i++) {
        if (strlen(samples[i]) == length &&
            memcmp(samples[i], line, length) == 0)
            return complain("a sample twice", line);
    }
    ASSERT_LT(sample_count, SAMPLES_MAX);
    memcpy(samples[sample_count], line, length);
    samples[sample_count++][length] = '\0';
    return NULL;
}

/* The samples of a family stand together, behind its comments. */
static const char *enter_family(struct family *f, const char *line)
{
    if (current != f) {
        if (current)
            current->is_over = true;
        if (f->is_over)
            return complain("a family in two places", line);
        current = f;
    }
    f->has_samples = true;
    if (!f->has_help || !f->has_type)
        return complain("a sample without HELP and TYPE", line);
    return NULL;
}

static const char *check_number(const struct sample *s, const char *line)
{
    const char *text = s->end + 1;
    const char *bad = NULL;
    double value;

    if (*s->end != ' ' || !is_value(text))
        return complain("no value", line);
    value = value_of(text);
    if ((s->family->type == COUNTER || s->family->type == HISTOGRAM) &&
        strcmp(s->suffix, "_sum") != 0 && !(value >= 0))
        bad = complain("a count is negative", line);
    if (!bad && s->family->type == HISTOGRAM)
        bad = check_histogram(s, value, line);
    return bad;
}

static const char *check_sample(const char *line)
{
    size_t length = name_length(line, true);
    struct sample s = { .end = line + length };
    const char *bad = NULL;

    if (length == 0)
        return complain("no name", line);
    s.family = family_of(line, length, &s.suffix);
    if (*s.end == '{')
        bad = read_labels(&s, line);
    if (!bad)
        bad = note_sample(line, s.end);
    if (!bad)
        bad = enter_family(s.family, line);
    return bad ? bad : check_number(&s, line);
}

static const char *check_ends(void)
{
    for (size_t i = 0; i < family_count; i++) {
        if (families[i].has_help != families[i].has_type)
            return complain("HELP or TYPE alone", families[i].name);
    }
    for (size_t i = 0; i < series_count; i++) {
        const struct series *s = &series[i];

        if (!s->has_infinity || !s->has_sum || !s->has_count)
            return complain("a histogram lacks +Inf, _sum or _count", s->key);
        if (s->total != s->count)
            return complain("the bucket +Inf is not the count", s->key);
    }
    return NULL;
}

static const char *check_lines(char *text)
{
    const char *bad = NULL;

    while (*text && !bad) {
        char *end = strchr(text, '\n');

        if (!end)
            return complain("the last line does not end", text);
        *end = '\0';
        if (*text == '#')
            bad = check_comment(text);
        else if (*text)
            bad = check_sample(text);
        text = end + 1;
    }
    return bad;
}

const char *prometheus_check(const char *page, size_t size)
{
    char *copy = malloc(size + 1);
    const char *bad;

    samples = calloc(SAMPLES_MAX, sizeof *samples);
    series = calloc(SAMPLES_MAX, sizeof *series);
    ASSERT(copy && samples && series);
    memcpy(copy, page, size);
    copy[size] = '\0';
    family_count = sample_count = series_count = 0;
    current = NULL;
    if (strlen(copy) != size)
        bad = "a page has a NUL in it";
    else if (!is_utf8(copy))
        bad = "a page is not UTF-8";
    else
        bad = check_lines(copy);
    if (!bad)
        bad = check_ends();
    free(copy);
    free(samples);
    free(series);
    return bad;
}

static const char *find_sample(const char *page, const char *sample)
{
    size_t length = strlen(sample);

    for (; page; page = strchr(page, '\n')) {
        page += *page == '\n';
        if (strncmp(page, sample, length) == 0 && page[length] == ' ')
            return page + length + 1;
    }
    return NULL;
}

bool prometheus_has(const char *page, const char *sample)
{
    return find_sample(page, sample);
}

double prometheus_value(const char *page, const char *sample)
{
    const char *at = find_sample(page, sample);

    if (!at)
        FAIL("the page has no %s:\n%s", sample, page);
    return strncmp(at, "+Inf", 4) == 0 ? INFINITY : strtod(at, NULL);
}
