/* SPDX-License-Identifier: MIT */
/*
 * metrics.c - the metrics of a process, and how they are counted
 *
 * Metrics of one name stand next to each other in the list, since the page has
 * them as one family.  The mutex guards both lists; who counts does not take it.
 */
#include <coil/metrics.h>

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <string.h>

#include "base/fork.h"
#include "inspect/metrics_loops.h"
#include "inspect/metrics_page.h"
#include "inspect/metrics_process.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct coil_metric *metrics;
static struct coil_metrics_source *sources;

static void lock(void)
{
    pthread_mutex_lock(&mutex);
}

static void unlock(void)
{
    pthread_mutex_unlock(&mutex);
}

static struct coil_fork_hook at_fork = {
    .rank = COIL_FORK_METRICS,
    .before = lock,
    .in_parent = unlock,
    .in_child = unlock,
};

static void enter(void)
{
    coil__fork_watch(&at_fork);
    lock();
}

/* ---- counting --------------------------------------------------------------- */

static uint64_t bits_of(double value)
{
    uint64_t bits;

    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static double value_of(const uint64_t *bits)
{
    uint64_t copy = __atomic_load_n(bits, __ATOMIC_RELAXED);
    double value;

    memcpy(&value, &copy, sizeof value);
    return value;
}

static void add_to(uint64_t *bits, double more)
{
    uint64_t before = __atomic_load_n(bits, __ATOMIC_RELAXED);
    double value;

    do
        memcpy(&value, &before, sizeof value);
    while (!__atomic_compare_exchange_n(bits, &before, bits_of(value + more),
                                        true, __ATOMIC_RELAXED,
                                        __ATOMIC_RELAXED));
}

void coil_counter_add(struct coil_counter *counter, uint64_t more)
{
    __atomic_fetch_add(&counter->value, more, __ATOMIC_RELAXED);
}

void coil_gauge_set(struct coil_gauge *gauge, double value)
{
    __atomic_store_n(&gauge->bits, bits_of(value), __ATOMIC_RELAXED);
}

void coil_gauge_add(struct coil_gauge *gauge, double more)
{
    add_to(&gauge->bits, more);
}

/* What is no number belongs to no bound. */
void coil_histogram_observe(struct coil_histogram *h, double value)
{
    size_t i = 0;

    while (i < h->bound_count && !(value <= h->bounds[i]))
        i++;
    add_to(&h->sum_bits, value);
    __atomic_fetch_add(&h->counts[i], 1, __ATOMIC_RELAXED);
}

/* ---- the page --------------------------------------------------------------- */

static void write_histogram(struct coil_metrics_page *page,
                            const struct coil_histogram *h)
{
    uint64_t counts[COIL_HISTOGRAM_BOUNDS + 1];

    for (size_t i = 0; i <= h->bound_count; i++)
        counts[i] = __atomic_load_n(&h->counts[i], __ATOMIC_RELAXED);
    coil_metrics_buckets(page, h->metric.labels, h->bounds, counts,
                         h->bound_count, value_of(&h->sum_bits));
}

/* A metric is the first member of what it belongs to. */
static void write_sample(struct coil_metrics_page *page,
                         const struct coil_metric *m)
{
    const void *whole = m;
    const struct coil_counter *counter = whole;
    const struct coil_gauge *gauge = whole;

    if (m->kind == COIL_METRIC_COUNTER)
        coil_metrics_count(page, m->labels,
                           __atomic_load_n(&counter->value, __ATOMIC_RELAXED));
    else if (m->kind == COIL_METRIC_GAUGE)
        coil_metrics_value(page, m->labels, value_of(&gauge->bits));
    else
        write_histogram(page, whole);
}

static void write_metrics(struct coil_metrics_page *page)
{
    const char *family = NULL;

    for (const struct coil_metric *m = metrics; m; m = m->next) {
        if (!family || strcmp(family, m->name) != 0)
            coil_metrics_family(page, m->kind, m->name, m->help);
        family = m->name;
        write_sample(page, m);
    }
}

int coil_metrics_write(coil_metrics_fn fn, void *arg)
{
    struct coil_metrics_page page = { .error = 0 };
    int rc;

    coil__metrics_write_process(&page);
    coil__metrics_write_loops(&page);
    enter();
    write_metrics(&page);
    for (struct coil_metrics_source *s = sources; s; s = s->next)
        s->write(&page, s->arg);
    unlock();
    rc = page.error;
    if (rc == 0)
        rc = coil__buffer_append(&page.text, "", 1);
    if (rc == 0)
        rc = fn(arg, (const char *)coil__buffer_bytes(&page.text),
                page.text.size - 1);
    coil__metrics_page_fini(&page);
    return rc;
}

/* ---- what there is ---------------------------------------------------------- */

static bool are_bounds(const struct coil_histogram *h)
{
    if (h->bound_count > COIL_HISTOGRAM_BOUNDS)
        return false;
    for (size_t i = 0; i < h->bound_count; i++) {
        if (i > 0 ? !(h->bounds[i] > h->bounds[i - 1])
                  : h->bounds[i] != h->bounds[i])
            return false;
    }
    return h->bound_count == 0 || isfinite(h->bounds[h->bound_count - 1]);
}

static bool begins_with(const char *text, const char *begin)
{
    return strncmp(text, begin, strlen(begin)) == 0;
}

static bool is_sound(const struct coil_metric *m)
{
    const void *whole = m;

    return coil__metrics_is_name(m->name) && m->help && *m->help &&
           !begins_with(m->name, "coil_") &&
           !begins_with(m->name, "process_") &&
           coil__metrics_are_labels(m->labels, m->kind) &&
           (m->kind != COIL_METRIC_HISTOGRAM || are_bounds(whole));
}

/* The value of a label; NULL: there is none. */
static const char *label_of(const struct coil_metric *m, const char *name)
{
    for (const char *const *l = m->labels; l && *l; l += 2) {
        if (strcmp(*l, name) == 0)
            return l[1];
    }
    return NULL;
}

/* Whether all labels of `a` are in `b`. */
static bool has_labels(const struct coil_metric *a, const struct coil_metric *b)
{
    for (const char *const *l = a->labels; l && *l; l += 2) {
        const char *other = label_of(b, *l);

        if (!other || strcmp(l[1], other) != 0)
            return false;
    }
    return true;
}

/* The two have one name. */
static bool clashes(const struct coil_metric *a, const struct coil_metric *b)
{
    return a->kind != b->kind || strcmp(a->help, b->help) != 0 ||
           (has_labels(a, b) && has_labels(b, a));
}

/* The mutex is held. */
static int insert(struct coil_metric *metric)
{
    struct coil_metric **at = &metrics;

    if (metric->is_added)
        return -EEXIST;
    while (*at && strcmp((*at)->name, metric->name) != 0)
        at = &(*at)->next;
    for (; *at && strcmp((*at)->name, metric->name) == 0; at = &(*at)->next) {
        if (clashes(*at, metric))
            return -EEXIST;
    }
    metric->next = *at;
    metric->is_added = true;
    *at = metric;
    return 0;
}

int coil_metrics_add(struct coil_metric *metric)
{
    int rc;

    if (!is_sound(metric))
        return -EINVAL;
    enter();
    rc = insert(metric);
    unlock();
    return rc;
}

void coil_metrics_remove(struct coil_metric *metric)
{
    struct coil_metric **at = &metrics;

    lock();
    while (*at && *at != metric)
        at = &(*at)->next;
    if (*at)
        *at = metric->next;
    metric->is_added = false;
    unlock();
}

void coil_metrics_add_source(struct coil_metrics_source *source)
{
    struct coil_metrics_source **at = &sources;

    enter();
    while (*at && *at != source)
        at = &(*at)->next;
    if (!*at)
        source->next = NULL;
    *at = source;
    source->is_added = true;
    unlock();
}

void coil_metrics_remove_source(struct coil_metrics_source *source)
{
    struct coil_metrics_source **at = &sources;

    lock();
    while (*at && *at != source)
        at = &(*at)->next;
    if (*at)
        *at = source->next;
    source->is_added = false;
    unlock();
}
