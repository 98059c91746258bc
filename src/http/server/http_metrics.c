/* SPDX-License-Identifier: MIT */
#include "http/server/http_metrics.h"

#include <errno.h>
#include <string.h>

#include <coil/http_respond.h>
#include <coil/metrics.h>
#include <coil/time.h>

#include "base/memory.h"
#include "base/platform.h"

static const char *const methods[] = { "GET",     "HEAD",    "POST",
                                       "PUT",     "PATCH",   "DELETE",
                                       "OPTIONS", "CONNECT", "other" };
static const char *const statuses[] = { "none", "1xx", "2xx",
                                        "3xx",  "4xx", "5xx" };

enum {
    METHODS = sizeof methods / sizeof *methods,
    STATUSES = sizeof statuses / sizeof *statuses,
    LABELS_MAX = 7, /* three names, three values and a NULL */
};

static const double bounds[] = { 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                 0.25,  0.5,    1,     2.5,  5,     10 };

/* It is on the page from the first request of its kind on. */
struct requests {
    struct coil_counter counter;
    const char *labels[LABELS_MAX];
};

struct coil_http_metrics {
    char *server;
    const char *labels[LABELS_MAX]; /* of those that have no others */
    struct requests requests[METHODS][STATUSES];
    struct coil_gauge in_flight;
    struct coil_counter bytes;
    struct coil_histogram duration;
};

/* ---- making ------------------------------------------------------------- */

static void set_up_requests(struct coil_http_metrics *m, size_t method,
                            size_t status)
{
    struct requests *r = &m->requests[method][status];
    const char **label = r->labels;

    *label++ = "method";
    *label++ = methods[method];
    *label++ = "status";
    *label++ = statuses[status];
    *label++ = m->labels[0];
    *label++ = m->labels[1];
    r->counter = (struct coil_counter)COIL_COUNTER_INIT(
        "http_requests_total", "Requests that were answered.", r->labels);
}

static void set_up(struct coil_http_metrics *m)
{
    if (m->server) {
        m->labels[0] = "server";
        m->labels[1] = m->server;
    }
    for (size_t method = 0; method < METHODS; method++) {
        for (size_t status = 0; status < STATUSES; status++)
            set_up_requests(m, method, status);
    }
    m->in_flight = (struct coil_gauge)COIL_GAUGE_INIT(
        "http_requests_in_flight", "Requests that are being answered.",
        m->labels);
    m->bytes = (struct coil_counter)COIL_COUNTER_INIT(
        "http_response_body_bytes_total", "Bytes of bodies of responses.",
        m->labels);
    m->duration = (struct coil_histogram)COIL_HISTOGRAM_INIT(
        "http_request_duration_seconds",
        "How long requests took from the router to the last byte.", m->labels,
        bounds);
}

static int add(struct coil_http_metrics *m)
{
    int rc = coil_metrics_add(&m->in_flight.metric);

    if (rc == 0)
        rc = coil_metrics_add(&m->bytes.metric);
    if (rc == 0)
        rc = coil_metrics_add(&m->duration.metric);
    return rc;
}

int coil_http_metrics_new(struct coil_http_metrics **out, const char *server)
{
    struct coil_http_metrics *m = coil__alloc(sizeof *m);
    int rc = -ENOMEM;

    if (!m)
        return -ENOMEM;
    if (server) {
        m->server = coil__strndup(server, strlen(server));
        if (!m->server)
            goto fail;
    }
    set_up(m);
    rc = add(m);
    if (rc < 0)
        goto fail;
    *out = m;
    return 0;

fail:
    coil_http_metrics_free(m);
    return rc;
}

/* ---- counting ----------------------------------------------------------- */

int coil_http_metrics_count(struct coil_http_exchange *x, void *metrics)
{
    struct coil_http_metrics *m = metrics;

    if (m && !x->metrics) {
        x->metrics = m;
        x->begun = coil_now();
        coil_gauge_add(&m->in_flight, 1);
    }
    return coil__keep_frame(coil_http_exchange_next(x));
}

static size_t method_of(const char *method)
{
    size_t i = 0;

    while (i < METHODS - 1 && !(method && strcmp(methods[i], method) == 0))
        i++;
    return i;
}

static size_t status_of(int status)
{
    return status >= 100 && status < 600 ? (size_t)status / 100 : 0;
}

/* Two threads may both see that it is the first one: it is added once. */
static void count(struct coil_http_metrics *m, const char *method, int status)
{
    struct coil_counter *counter =
        &m->requests[method_of(method)][status_of(status)].counter;

    if (__atomic_load_n(&counter->value, __ATOMIC_RELAXED) == 0)
        (void)!coil_metrics_add(&counter->metric);
    coil_counter_add(counter, 1);
}

void coil__http_metrics_note(struct coil_http_exchange *x)
{
    struct coil_http_metrics *m = x->metrics;

    x->metrics = NULL;
    coil_gauge_add(&m->in_flight, -1);
    coil_counter_add(&m->bytes, x->sent);
    coil_histogram_observe(&m->duration,
                           (double)(coil_now() - x->begun) / COIL_SECOND);
    count(m, x->head.method, x->status);
}

void coil__http_metrics_refused(struct coil_http_metrics *m, const char *method,
                                int status)
{
    if (m)
        count(m, method, status);
}

/* ---- the page ----------------------------------------------------------- */

static int respond(void *arg, const char *text, size_t size)
{
    return coil_http_respond(arg, 200, COIL_METRICS_TYPE, text, size);
}

int coil_http_metrics_page(struct coil_http_exchange *x, void *unused)
{
    (void)unused;
    return coil__keep_frame(coil_metrics_write(respond, x));
}

void coil_http_metrics_free(struct coil_http_metrics *m)
{
    if (!m)
        return;
    for (size_t method = 0; method < METHODS; method++) {
        for (size_t status = 0; status < STATUSES; status++)
            coil_metrics_remove(&m->requests[method][status].counter.metric);
    }
    coil_metrics_remove(&m->in_flight.metric);
    coil_metrics_remove(&m->bytes.metric);
    coil_metrics_remove(&m->duration.metric);
    coil__free(m->server);
    coil__free(m);
}
