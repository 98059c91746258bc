/* SPDX-License-Identifier: MIT */
/*
 * coil/metrics.h - what a program counts, as a page for Prometheus
 *
 *     static struct coil_counter sold =
 *         COIL_COUNTER_INIT("shop_sold_total", "Things that were sold.", NULL);
 *
 *     rc = coil_metrics_add(&sold.metric);
 *     ...
 *     coil_counter_add(&sold, 1);
 *
 * The page has what all loops of the process count (coil/loop_stats.h), what the
 * process uses, and what the program adds: counters, gauges and histograms, or
 * functions that are asked when a page is made.  coil/http_metrics.h serves it.
 *
 * The format is Prometheus's text format, version 0.0.4.
 *
 * Names   A metric is [a-zA-Z_:][a-zA-Z0-9_:]*, a label [a-zA-Z_][a-zA-Z0-9_]*.
 *         A label does not begin with "__", and that of a histogram is not "le".
 *         Times are in seconds, and the name of a counter ends in "_total".
 * Labels  "name", "value", …, NULL; NULL: there are none.  A value is any text;
 *         bytes that are not UTF-8 are written as "?".
 * Threads All of this may be called from any thread, but not in signal handlers.
 *         To count is one relaxed atomic operation: counts of several metrics
 *         need not be of the same moment.
 */
#ifndef COIL_METRICS_H
#define COIL_METRICS_H

#include <coil/base.h>
#include <coil/time.h>

#ifdef __cplusplus
extern "C" {
#endif

enum coil_metric_kind {
    COIL_METRIC_COUNTER, /* only rises */
    COIL_METRIC_GAUGE,
    COIL_METRIC_HISTOGRAM,
};

/* ---- the page ------------------------------------------------------------- */

/*
 * Make the page, and call fn(arg, text, size) with it, in the caller's thread.
 * `text` is borrowed until fn returns, and fn may suspend.  A NUL, which `size`
 * does not count, ends it.
 *
 * Returns what fn returns; -ENOMEM: fn was not called.  Where /proc cannot be read,
 * what would come from there is left out.
 */
typedef int (*coil_metrics_fn)(void *arg, const char *text, size_t size);
COIL_API int coil_metrics_write(coil_metrics_fn fn, void *arg)
    COIL_MUST_CHECK COIL_ANY_THREAD;

/* The page's media type. */
#define COIL_METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* ---- metrics of the program ----------------------------------------------- */

/* What all of them begin with.  All but the first three members are private. */
struct coil_metric {
    const char *name;
    const char *help;
    const char *const *labels;
    enum coil_metric_kind kind;
    bool is_added;
    struct coil_metric *next;
};

#define COIL_METRIC_INIT(name, help, labels, kind)                             \
    {                                                                          \
        (name), (help), (labels), (kind), false, NULL                          \
    }

/*
 * Let `metric`, which is the first member of a counter, gauge or histogram, be on
 * the page.  It is kept until coil_metrics_remove(), and so are its texts.
 * Metrics of one name are told apart by their labels, and share kind and help.
 *
 * Returns 0, else, with nothing added,
 *   -EINVAL  a name is none, or begins with "coil_" or "process_"; there is no
 *            help; a label has no value; bounds do not rise, or are too many
 *   -EEXIST  there is one of this name and these labels, or one of this name and
 *            of another kind or help
 */
COIL_API int coil_metrics_add(struct coil_metric *metric)
    COIL_MUST_CHECK COIL_ANY_THREAD;

/* Take it out; without effect if it is not on the page. */
COIL_API void coil_metrics_remove(struct coil_metric *metric) COIL_ANY_THREAD;

struct coil_counter {
    struct coil_metric metric;
    uint64_t value;
};

#define COIL_COUNTER_INIT(name, help, labels)                                  \
    {                                                                          \
        COIL_METRIC_INIT(name, help, labels, COIL_METRIC_COUNTER), 0           \
    }

COIL_API void coil_counter_add(struct coil_counter *counter, uint64_t more)
    COIL_ANY_THREAD;

struct coil_gauge {
    struct coil_metric metric;
    uint64_t bits; /* of a double */
};

#define COIL_GAUGE_INIT(name, help, labels)                                    \
    {                                                                          \
        COIL_METRIC_INIT(name, help, labels, COIL_METRIC_GAUGE), 0             \
    }

COIL_API void coil_gauge_set(struct coil_gauge *gauge, double value)
    COIL_ANY_THREAD;
COIL_API void coil_gauge_add(struct coil_gauge *gauge, double more)
    COIL_ANY_THREAD;

enum { COIL_HISTOGRAM_BOUNDS = 20 };

struct coil_histogram {
    struct coil_metric metric;
    const double *bounds; /* rising; without +Inf, which is always there */
    size_t bound_count;   /* at most COIL_HISTOGRAM_BOUNDS */
    uint64_t sum_bits;    /* of a double */
    uint64_t counts[COIL_HISTOGRAM_BOUNDS + 1];
};

/* `bounds` is a static array of double. */
#define COIL_HISTOGRAM_INIT(name, help, labels, bounds)                        \
    {                                                                          \
        COIL_METRIC_INIT(name, help, labels, COIL_METRIC_HISTOGRAM), (bounds), \
            sizeof(bounds) / sizeof(bounds)[0], 0,                             \
        {                                                                      \
            0                                                                  \
        }                                                                      \
    }

/* `value` belongs to the first bucket whose bound is not less. */
COIL_API void coil_histogram_observe(struct coil_histogram *histogram,
                                     double value) COIL_ANY_THREAD;

/* ---- what is asked when a page is made ------------------------------------ */

struct coil_metrics_page;

/*
 * A function that writes families of metrics.  It is called by whoever makes a
 * page, in that thread, and must neither suspend nor add or remove metrics.  All
 * but the first two members are private.
 */
struct coil_metrics_source {
    void (*write)(struct coil_metrics_page *page, void *arg);
    void *arg;
    bool is_added;
    struct coil_metrics_source *next;
};

/* Kept until it is removed; when that has returned, it is called no more. */
COIL_API void coil_metrics_add_source(struct coil_metrics_source *source)
    COIL_ANY_THREAD;
COIL_API void coil_metrics_remove_source(struct coil_metrics_source *source)
    COIL_ANY_THREAD;

/*
 * Begin a family.  The samples that follow belong to it, and an empty help is
 * written as the name.  A family whose name is
 * none, or is on the page already, is left out together with its samples; so is a
 * sample whose labels have no names.
 */
COIL_API void coil_metrics_family(struct coil_metrics_page *page,
                                  enum coil_metric_kind kind, const char *name,
                                  const char *help);

/* Write a sample: a count, any number, or a time as seconds. */
COIL_API void coil_metrics_count(struct coil_metrics_page *page,
                                 const char *const *labels, uint64_t value);
COIL_API void coil_metrics_value(struct coil_metrics_page *page,
                                 const char *const *labels, double value);
COIL_API void coil_metrics_seconds(struct coil_metrics_page *page,
                                   const char *const *labels, coil_time value);

/*
 * Write a histogram.  `counts` has one more than `bounds`; each is of its bucket
 * alone.  `sum` is that of all values.
 */
COIL_API void coil_metrics_buckets(struct coil_metrics_page *page,
                                   const char *const *labels,
                                   const double *bounds, const uint64_t *counts,
                                   size_t bound_count, double sum);

#ifdef __cplusplus
}
#endif

#endif
