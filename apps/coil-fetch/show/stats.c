/* SPDX-License-Identifier: MIT */
#include "show/stats.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "job/job.h"

enum { MAX_HOSTS = 1000, RATE_SECONDS = 5 };

const char *stats_phase_name(enum stats_phase phase)
{
    static const char *const names[STATS_PHASES] = {
        [STATS_DNS] = "dns",
        [STATS_CONNECT] = "connect",
        [STATS_TLS] = "tls",
        [STATS_FIRST_BYTE] = "first byte",
        [STATS_BODY] = "body",
        [STATS_TOTAL] = "total",
        [STATS_SINCE_DUE] = "since due",
    };

    return names[phase];
}

int stats_new(struct stats **out, size_t max_hosts, coil_time now)
{
    struct stats *stats = calloc(1, sizeof *stats);
    int rc;

    *out = NULL;
    if (!stats)
        return -ENOMEM;
    rc = hosts_init(&stats->hosts, max_hosts ? max_hosts : MAX_HOSTS);
    if (rc < 0) {
        free(stats);
        return rc;
    }
    stats->began = now;
    timeline_init(&stats->timeline, now);
    *out = stats;
    return 0;
}

void stats_free(struct stats *stats)
{
    if (!stats)
        return;
    hosts_fini(&stats->hosts);
    examples_fini(&stats->examples);
    free(stats);
}

void stats_set_read(struct stats *stats, uint64_t read, bool is_all)
{
    stats->read = read;
    stats->is_all_read = is_all;
}

void stats_set_waiting(struct stats *stats, uint64_t waiting, uint64_t retrying)
{
    stats->waiting = waiting;
    stats->retrying = retrying;
}

/* ---- the last seconds --------------------------------------------------- */

static void count_recent(struct stats *stats, uint64_t urls, uint64_t bytes,
                         coil_time now)
{
    int64_t second = (now - stats->began) / COIL_SECOND;
    size_t i = (size_t)(second < 0 ? 0 : second) % STATS_SECONDS;

    if (stats->recent[i].second != second) {
        stats->recent[i].second = second;
        stats->recent[i].urls = 0;
        stats->recent[i].bytes = 0;
    }
    stats->recent[i].urls += urls;
    stats->recent[i].bytes += bytes;
}

/* The seconds that are over; in the first one, what there is of it. */
void stats_rate(const struct stats *stats, coil_time now, double *urls,
                double *bytes)
{
    coil_time age = now > stats->began ? now - stats->began : 0;
    int64_t second = age / COIL_SECOND;
    int64_t from = second > RATE_SECONDS ? second - RATE_SECONDS : 0;
    int64_t until = second > 0 ? second : 1;
    double seconds =
        second > 0 ? (double)(until - from) : (double)age / (double)COIL_SECOND;

    *urls = *bytes = 0;
    if (seconds <= 0)
        return;
    for (size_t i = 0; i < STATS_SECONDS; i++) {
        if (stats->recent[i].second < from || stats->recent[i].second >= until)
            continue;
        *urls += (double)stats->recent[i].urls;
        *bytes += (double)stats->recent[i].bytes;
    }
    *urls /= seconds;
    *bytes /= seconds;
}

coil_time stats_time_left(const struct stats *stats, coil_time now)
{
    double urls, bytes, seconds;

    stats_rate(stats, now, &urls, &bytes);
    if (!stats->is_all_read || stats->done > stats->read)
        return COIL_NEVER;
    if (stats->done == stats->read)
        return 0;
    if (urls <= 0)
        return COIL_NEVER;
    seconds = (double)(stats->read - stats->done) / urls;
    return seconds < 1e9 ? (coil_time)(seconds * (double)COIL_SECOND)
                         : COIL_NEVER;
}

/* ---- requests ----------------------------------------------------------- */

void stats_begin_request(struct stats *stats, struct stats_flight *flight,
                         const struct job *job, coil_time now)
{
    *flight = (struct stats_flight){
        .job = job,
        .began = now,
        .older = stats->newest,
    };
    if (stats->newest)
        stats->newest->newer = flight;
    else
        stats->oldest = flight;
    stats->newest = flight;
    stats->requests++;
    stats->in_flight++;
    timeline_set_in_flight(&stats->timeline, (uint32_t)stats->in_flight, now);
    timeline_at(&stats->timeline, now)->started++;
}

/* Only one loop writes it. */
void stats_note_bytes(struct stats_flight *flight, uint64_t bytes)
{
    uint64_t before =
        atomic_load_explicit(&flight->bytes, memory_order_relaxed);

    atomic_store_explicit(&flight->bytes, before + bytes, memory_order_relaxed);
}

/* What has come of it since the last time. */
static void count_bytes(struct stats *stats, struct stats_flight *flight,
                        coil_time now)
{
    uint64_t bytes =
        atomic_load_explicit(&flight->bytes, memory_order_relaxed) -
        flight->counted;

    if (bytes == 0)
        return;
    flight->counted += bytes;
    stats->bytes += bytes;
    timeline_at(&stats->timeline, now)->bytes += bytes;
    count_recent(stats, 0, bytes, now);
}

void stats_receive(struct stats *stats, struct stats_flight *flight,
                   uint64_t bytes, coil_time now)
{
    stats_note_bytes(flight, bytes);
    count_bytes(stats, flight, now);
}

void stats_collect(struct stats *stats, coil_time now)
{
    for (struct stats_flight *f = stats->oldest; f; f = f->newer)
        count_bytes(stats, f, now);
}

void stats_end_request(struct stats *stats, struct stats_flight *flight,
                       int status, coil_time now)
{
    struct host *host = hosts_of_url(&stats->hosts, flight->job->url);

    count_bytes(stats, flight, now);
    if (flight->older)
        flight->older->newer = flight->newer;
    else
        stats->oldest = flight->newer;
    if (flight->newer)
        flight->newer->older = flight->older;
    else
        stats->newest = flight->older;
    stats->in_flight--;
    timeline_set_in_flight(&stats->timeline, (uint32_t)stats->in_flight, now);
    if (host) {
        host->requests++;
        host->too_many += status == 429;
    }
}

static struct stats_pause *pause_of(struct stats *stats, const char *name,
                                    coil_time now)
{
    struct stats_pause *free_one = NULL;

    for (size_t i = 0; i < STATS_PAUSES; i++) {
        struct stats_pause *pause = &stats->pauses[i];

        if (strncmp(pause->name, name, sizeof pause->name - 1) == 0)
            return pause;
        if (!free_one && pause->until <= now)
            free_one = pause;
    }
    return free_one;
}

void stats_leave_alone(struct stats *stats, const struct job *job,
                       const char *name, coil_time until, coil_time now)
{
    struct host *host = hosts_of_url(&stats->hosts, job->url);
    struct stats_pause *pause = pause_of(stats, name, now);
    coil_time from = now;

    if (host && host->left_alone_until > now)
        from = host->left_alone_until;
    if (host && until > from) {
        host->left_alone += until - from;
        host->left_alone_until = until;
    }
    if (!pause)
        return;
    strncpy(pause->name, name, sizeof pause->name - 1);
    if (until > pause->until)
        pause->until = until;
}

/* ---- outcomes ----------------------------------------------------------- */

static void add_span(struct histogram *histogram, coil_time from,
                     coil_time until)
{
    if (from > 0 && until >= from)
        histogram_add(histogram, until - from);
}

/* Returns how long the whole request took; -1: there was none. */
static coil_time add_phases(struct stats *stats, const struct outcome *outcome)
{
    const struct coil_http_report *report = &outcome->report;
    struct histogram *phases = stats->phases;
    coil_time end = report->done > 0 ? report->done : outcome->done_at;

    if (report->began <= 0 || end < report->began)
        return -1;
    if (!report->is_reused) {
        add_span(&phases[STATS_DNS], report->placed, report->resolved);
        add_span(&phases[STATS_CONNECT], report->resolved, report->connected);
        add_span(&phases[STATS_TLS], report->connected, report->secured);
    }
    add_span(&phases[STATS_FIRST_BYTE], report->sent, report->first_byte);
    add_span(&phases[STATS_BODY], report->first_byte, end);
    histogram_add(&phases[STATS_TOTAL], end - report->began);
    if (outcome->has_rate)
        histogram_add(&phases[STATS_SINCE_DUE],
                      end - report->began + outcome->late);
    return end - report->began;
}

static void add_to_host(struct stats *stats, const struct outcome *outcome,
                        coil_time time)
{
    struct host *host = hosts_of_url(&stats->hosts, outcome->job->url);

    if (!host)
        return;
    if (outcome_is_success(outcome->class))
        host->ok++;
    else
        host->failed++;
    if (outcome->body_size > 0)
        host->bytes += (uint64_t)outcome->body_size;
    if (time >= 0)
        histogram_add(&host->times, time);
}

static void count(struct stats *stats, const struct outcome *outcome)
{
    stats->retried += outcome->job->attempts > 1;
    stats->redirects += outcome->job->hops;
    stats->resumed += outcome->is_resumed;
    stats->unchanged += outcome->is_unchanged;
    stats->reused += outcome->report.is_reused;
    stats->http1 +=
        outcome->version == COIL_HTTP_1_0 || outcome->version == COIL_HTTP_1_1;
    stats->http2 += outcome->version == COIL_HTTP_2;
}

void stats_add(struct stats *stats, const struct outcome *outcome)
{
    bool is_ok = outcome_is_success(outcome->class);
    struct timeline_stretch *stretch;
    coil_time time;

    stats->by_class[outcome->class]++;
    if (outcome->class == OUTCOME_STOPPED)
        return;
    stats->done++;
    stats->failed += !is_ok;
    stretch = timeline_at(&stats->timeline, outcome->done_at);
    stretch->done += is_ok;
    stretch->failed += !is_ok;
    count_recent(stats, 1, 0, outcome->done_at);
    count(stats, outcome);
    time = add_phases(stats, outcome);
    add_to_host(stats, outcome, time);
    if (!is_ok)
        examples_add_failure(&stats->examples, outcome, time);
    if (time >= 0)
        examples_add_slow(&stats->examples, outcome, time);
}

uint64_t stats_ok(const struct stats *stats)
{
    return stats->done - stats->failed;
}
