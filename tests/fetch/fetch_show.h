/* SPDX-License-Identifier: MIT */
/* fetch_show.h - runs that never were, for what is shown of them */
#ifndef COIL_TESTS_FETCH_SHOW_H
#define COIL_TESTS_FETCH_SHOW_H

#include <stdlib.h>
#include <string.h>

#include "job/job.h"
#include "show/stats.h"
#include "test.h"

/* When the runs begin. */
#define SHOW_BEGAN (1000 * COIL_SECOND)

/* How a URL ended: times from the beginning of its only request. */
struct show_end {
    const char *url;
    enum outcome_class class;
    int status;
    int error;
    const char *reason;
    coil_time at; /* since SHOW_BEGAN: when it was over */
    coil_time took;
    int64_t size;
    unsigned attempts;
    bool is_reused;
    bool has_rate;
    coil_time late;
};

static inline struct stats *show_stats(size_t max_hosts)
{
    struct stats *stats;

    ASSERT_OK(stats_new(&stats, max_hosts, SHOW_BEGAN));
    return stats;
}

static inline struct job *show_job(const char *url)
{
    struct job *job;

    ASSERT_OK(job_new(&job, url, NULL));
    return job;
}

/*
 * Its request: a tenth for the name, a tenth to connect, two for TLS, four until the
 * first byte, two for the body.
 */
static inline struct coil_http_report
show_report(coil_time began, coil_time took, bool is_reused)
{
    return (struct coil_http_report){
        .was_sent = true,
        .is_reused = is_reused,
        .requests = 1,
        .began = began,
        .placed = began,
        .resolved = is_reused ? 0 : began + took / 10,
        .connected = began + took / 5,
        .secured = is_reused ? 0 : began + took * 4 / 10,
        .sent = began + took * 4 / 10,
        .first_byte = began + took * 8 / 10,
        .done = began + took,
        .version = COIL_HTTP_1_1,
    };
}

/* A URL that is fetched by one request, from beginning to end. */
static inline void show_add(struct stats *stats, const struct show_end *end)
{
    struct job *job = show_job(end->url);
    coil_time done_at = SHOW_BEGAN + end->at;
    struct stats_flight flight;
    struct outcome outcome = {
        .job = job,
        .class = end->class,
        .status = end->status,
        .error = end->error,
        .reason = end->reason,
        .version = end->status ? COIL_HTTP_1_1 : 0,
        .done_at = done_at,
        .body_size = end->size,
    };

    job->attempts = end->attempts ? end->attempts : 1;
    if (end->took > 0) {
        outcome.report =
            show_report(done_at - end->took, end->took, end->is_reused);
        outcome.has_rate = end->has_rate;
        outcome.late = end->late;
        stats_begin_request(stats, &flight, job, done_at - end->took);
        stats_receive(stats, &flight, (uint64_t)end->size, done_at);
        stats_end_request(stats, &flight, end->status, done_at);
    }
    stats_add(stats, &outcome);
    job_free(job);
}

#endif
