/* SPDX-License-Identifier: MIT */
#include "inspect/metrics_page.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NUMBER_SIZE = 40 };

void coil__metrics_page_fini(struct coil_metrics_page *page)
{
    coil__buffer_fini(&page->text);
    coil__buffer_fini(&page->taken);
}

/* ---- names ------------------------------------------------------------------ */

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool coil__metrics_is_name(const char *name)
{
    if (!name || !(is_letter(*name) || *name == ':'))
        return false;
    while (is_letter(*name) || is_digit(*name) || *name == ':')
        name++;
    return !*name;
}

static bool is_label(const char *name, enum coil_metric_kind kind)
{
    if (!is_letter(*name) || strncmp(name, "__", 2) == 0 ||
        (kind == COIL_METRIC_HISTOGRAM && strcmp(name, "le") == 0))
        return false;
    while (is_letter(*name) || is_digit(*name))
        name++;
    return !*name;
}

static bool is_repeated(const char *const *labels, const char *const *label)
{
    while (labels != label && strcmp(*labels, *label) != 0)
        labels += 2;
    return labels != label;
}

bool coil__metrics_are_labels(const char *const *labels,
                              enum coil_metric_kind kind)
{
    for (const char *const *l = labels; l && *l; l += 2) {
        if (!is_label(*l, kind) || !l[1] || is_repeated(labels, l))
            return false;
    }
    return true;
}

/* ---- text ------------------------------------------------------------------- */

static void put_bytes(struct coil_metrics_page *page, const char *bytes,
                      size_t size)
{
    if (page->error == 0)
        page->error = coil__buffer_append(&page->text, bytes, size);
}

static void put(struct coil_metrics_page *page, const char *text)
{
    put_bytes(page, text, strlen(text));
}

/* The least code point of so many bytes: what is written longer is none. */
static bool is_shortest(unsigned point, size_t size)
{
    static const unsigned least[] = { 0, 0, 0x80, 0x800, 0x10000 };

    return point >= least[size] && point <= 0x10ffff &&
           (point < 0xd800 || point > 0xdfff);
}

/* How many bytes the character has that begins here; 0: it is none. */
static size_t size_of_character(const char *text)
{
    const unsigned char *s = (const unsigned char *)text;
    size_t size = s[0] < 0x80   ? 1
                  : s[0] < 0xc0 ? 0
                  : s[0] < 0xe0 ? 2
                  : s[0] < 0xf0 ? 3
                  : s[0] < 0xf8 ? 4
                                : 0;
    unsigned point;

    if (size <= 1)
        return size;
    point = s[0] & (0x7fU >> size);
    for (size_t i = 1; i < size; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 0;
        point = point << 6 | (s[i] & 0x3f);
    }
    return is_shortest(point, size) ? size : 0;
}

/* A quote is escaped in values only. */
static void put_escaped(struct coil_metrics_page *page, const char *text,
                        bool is_value)
{
    while (*text) {
        size_t size = size_of_character(text);

        if (size == 0)
            put(page, "?");
        else if (*text == '\n')
            put(page, "\\n");
        else if (*text == '\\')
            put(page, "\\\\");
        else if (*text == '"' && is_value)
            put(page, "\\\"");
        else
            put_bytes(page, text, size);
        text += size > 0 ? size : 1;
    }
}

static void put_count(struct coil_metrics_page *page, uint64_t value)
{
    char text[NUMBER_SIZE];

    snprintf(text, sizeof text, "%" PRIu64, value);
    put(page, text);
}

/* The locale may have another sign for the point. */
static void make_point(char *text)
{
    for (char *p = text; *p; p++) {
        if (is_digit(*p) || *p == '-' || *p == '+' || *p == 'e')
            continue;
        *p = '.';
        /* Such a sign may have several bytes. */
        while (p[1] && !is_digit(p[1]))
            memmove(p + 1, p + 2, strlen(p + 2) + 1);
        return;
    }
}

/* As short as it can be read back. */
static void put_number(struct coil_metrics_page *page, double value)
{
    char text[NUMBER_SIZE];

    if (isnan(value) || isinf(value)) {
        put(page, isnan(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf");
        return;
    }
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    make_point(text);
    put(page, text);
}

static void put_seconds(struct coil_metrics_page *page, coil_time value)
{
    char text[NUMBER_SIZE];
    size_t size;

    snprintf(text, sizeof text, "%" PRId64 ".%09" PRId64, value / COIL_SECOND,
             value % COIL_SECOND);
    size = strlen(text);
    while (text[size - 1] == '0')
        size--;
    put_bytes(page, text, text[size - 1] == '.' ? size - 1 : size);
}

/* ---- families --------------------------------------------------------------- */

static bool is_taken(const struct coil_metrics_page *page, const char *name,
                     const char *suffix)
{
    const char *at = (const char *)coil__buffer_bytes(&page->taken);
    const char *end = at + page->taken.size;
    size_t length = strlen(name);

    for (; at < end; at += strlen(at) + 1) {
        if (strncmp(at, name, length) == 0 && strcmp(at + length, suffix) == 0)
            return true;
    }
    return false;
}

static const char *const of_histogram[] = { "", "_bucket", "_sum", "_count",
                                            NULL };
static const char *const of_others[] = { "", NULL };

/* Take the names of the family and of its samples.  False: one is taken. */
static bool take(struct coil_metrics_page *page, enum coil_metric_kind kind,
                 const char *name)
{
    const char *const *suffixes =
        kind == COIL_METRIC_HISTOGRAM ? of_histogram : of_others;

    for (const char *const *suffix = suffixes; *suffix; suffix++) {
        if (is_taken(page, name, *suffix))
            return false;
    }
    for (const char *const *suffix = suffixes; *suffix; suffix++) {
        if (page->error == 0)
            page->error = coil__buffer_printf(&page->taken, "%s%s%c", name,
                                              *suffix, '\0');
    }
    return true;
}

static void put_line(struct coil_metrics_page *page, const char *word,
                     const char *name, const char *text)
{
    put(page, word);
    put(page, name);
    put(page, " ");
    put_escaped(page, text, false);
    put(page, "\n");
}

void coil_metrics_family(struct coil_metrics_page *page,
                         enum coil_metric_kind kind, const char *name,
                         const char *help)
{
    static const char *const kinds[] = { "counter", "gauge", "histogram" };

    page->family = NULL;
    if (!coil__metrics_is_name(name) || !take(page, kind, name))
        return;
    page->family = name;
    page->kind = kind;
    put_line(page, "# HELP ", name, help && *help ? help : name);
    put_line(page, "# TYPE ", name, kinds[kind]);
}

/* ---- samples ---------------------------------------------------------------- */

static void put_label(struct coil_metrics_page *page, const char *separator,
                      const char *name)
{
    put(page, separator);
    put(page, name);
    put(page, "=\"");
}

/* `name{labels} `; `le` with `bound`, unless NULL, is a further label. */
static void begin_sample(struct coil_metrics_page *page, const char *suffix,
                         const char *const *labels, const double *bound)
{
    const char *separator = "{";

    put(page, page->family);
    put(page, suffix);
    for (; labels && *labels; labels += 2) {
        put_label(page, separator, labels[0]);
        put_escaped(page, labels[1], true);
        put(page, "\"");
        separator = ",";
    }
    if (bound) {
        put_label(page, separator, "le");
        put_number(page, *bound);
        put(page, "\"");
        separator = ",";
    }
    put(page, *separator == ',' ? "} " : " ");
}

static bool is_wanted(const struct coil_metrics_page *page,
                      const char *const *labels)
{
    return page->family && coil__metrics_are_labels(labels, page->kind);
}

void coil_metrics_count(struct coil_metrics_page *page,
                        const char *const *labels, uint64_t value)
{
    if (!is_wanted(page, labels) || page->kind == COIL_METRIC_HISTOGRAM)
        return;
    begin_sample(page, "", labels, NULL);
    put_count(page, value);
    put(page, "\n");
}

void coil_metrics_value(struct coil_metrics_page *page,
                        const char *const *labels, double value)
{
    if (!is_wanted(page, labels) || page->kind == COIL_METRIC_HISTOGRAM)
        return;
    begin_sample(page, "", labels, NULL);
    put_number(page, value);
    put(page, "\n");
}

void coil_metrics_seconds(struct coil_metrics_page *page,
                          const char *const *labels, coil_time value)
{
    if (!is_wanted(page, labels) || page->kind == COIL_METRIC_HISTOGRAM)
        return;
    begin_sample(page, "", labels, NULL);
    put_seconds(page, value);
    put(page, "\n");
}

void coil_metrics_buckets(struct coil_metrics_page *page,
                          const char *const *labels, const double *bounds,
                          const uint64_t *counts, size_t bound_count,
                          double sum)
{
    static const double all = INFINITY;
    uint64_t total = 0;

    if (!is_wanted(page, labels) || page->kind != COIL_METRIC_HISTOGRAM)
        return;
    for (size_t i = 0; i <= bound_count; i++) {
        total += counts[i];
        begin_sample(page, "_bucket", labels,
                     i < bound_count ? &bounds[i] : &all);
        put_count(page, total);
        put(page, "\n");
    }
    begin_sample(page, "_sum", labels, NULL);
    put_number(page, sum);
    put(page, "\n");
    begin_sample(page, "_count", labels, NULL);
    put_count(page, total);
    put(page, "\n");
}
