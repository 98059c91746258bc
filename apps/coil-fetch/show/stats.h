/* SPDX-License-Identifier: MIT */
/*
 * stats.h - what a run has seen so far
 *
 *     stats_begin_request(stats, &flight, job, coil_now());
 *     ...                                             flight.moment = event->moment
 *     stats_receive(stats, &flight, n, coil_now());   for each piece of the body
 *     ...
 *     stats_end_request(stats, &flight, 200, coil_now());
 *     stats_add(stats, &outcome);                     when the URL has its outcome
 *
 * The display, the summary, the report and the answer to SIGUSR1 are made of it, and
 * of nothing else.  They read the fields, and only the functions write them.
 *
 * Its size does not depend on the run: 60 KB, 4.5 KB for each of at most a thousand
 * hosts, and examples.  No function but stats_new() fails: what there is no memory
 * for is counted, and not told by name.  All belong to the loop's thread, but for those
 * of a flight that is another loop's; none suspends.  `now` and the times of outcomes
 * are coil_now()'s.
 */
#ifndef COIL_FETCH_SHOW_STATS_H
#define COIL_FETCH_SHOW_STATS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <coil/http_watch.h>
#include <coil/time.h>

#include "job/outcome.h"
#include "show/examples.h"
#include "show/histogram.h"
#include "show/hosts.h"
#include "show/timeline.h"

struct job;

/*
 * The parts of a URL's last request; "total" is all of it.  With --rate, "since due"
 * is the same from the moment at which it would have begun by the rate alone.
 */
enum stats_phase {
    STATS_DNS,        /* the name was looked up */
    STATS_CONNECT,    /* a new connection */
    STATS_TLS,        /* its TLS */
    STATS_FIRST_BYTE, /* from the request's end to the response's head */
    STATS_BODY,       /* from the head to the end of the body */
    STATS_TOTAL,
    STATS_SINCE_DUE,
    STATS_PHASES
};

/* "first byte"; static. */
const char *stats_phase_name(enum stats_phase phase);

/*
 * A request under way: caller's memory, kept until it is ended.  What is atomic is
 * written on the loop that carries it out.
 */
struct stats_flight {
    const struct job *job;
    coil_time began;
    _Atomic enum coil_http_moment
        moment;             /* what happened last; written by the caller */
    atomic_bool has_moment; /* something has */
    _Atomic uint64_t bytes; /* of its body, so far */
    uint64_t counted;       /* of them, those that the sums have */
    struct stats_flight *older;
    struct stats_flight *newer;
};

/* A group that nothing is asked of until then. */
struct stats_pause {
    char name[64]; /* cut */
    coil_time until;
};

#define STATS_PAUSES 32
#define STATS_SECONDS 8

struct stats {
    coil_time began;

    /* ---- URLs ---- */
    uint64_t read;    /* from the input */
    bool is_all_read; /* so `read` is how many there are */
    uint64_t waiting; /* for their first request */
    uint64_t retrying;
    uint64_t done; /* with an outcome, "stopped" not counted */
    uint64_t failed;
    uint64_t by_class[OUTCOME_CLASSES];
    uint64_t retried;   /* URLs with more than one attempt */
    uint64_t redirects; /* that were followed */
    uint64_t resumed;   /* a part was there already */
    uint64_t unchanged; /* 304 */

    /* ---- requests ---- */
    uint64_t requests;
    uint64_t in_flight;
    uint64_t reused; /* outcomes over a connection that was there already */
    uint64_t bytes;  /* of bodies, decoded, those of failures too */
    uint64_t http1;  /* final responses of HTTP/1.0 and 1.1 */
    uint64_t http2;

    struct stats_flight *oldest; /* in flight, those that began first */
    struct stats_flight *newest;
    struct stats_pause pauses[STATS_PAUSES]; /* until ≤ now: free */

    struct histogram phases[STATS_PHASES];
    struct hosts hosts;
    struct examples examples;
    struct timeline timeline;

    /* The last seconds: what ended in the second that `second` names. */
    struct {
        int64_t second;
        uint64_t urls;
        uint64_t bytes;
    } recent[STATS_SECONDS];
};

/*
 * `*out` is returned: release it with stats_free().  `max_hosts` are told of by
 * name; 0: 1,000.  Returns 0; -ENOMEM, or an error of getrandom().
 */
int stats_new(struct stats **out, size_t max_hosts, coil_time now);

/* NULL is allowed.  Flights that were not ended are the caller's, as always. */
void stats_free(struct stats *stats);

/* So many URLs have been read; `is_all`: the input has ended. */
void stats_set_read(struct stats *stats, uint64_t read, bool is_all);

/* So many wait for their first request, and so many for another one. */
void stats_set_waiting(struct stats *stats, uint64_t waiting,
                       uint64_t retrying);

/* A request of `job` begins.  `flight` and `job` are kept until it is ended. */
void stats_begin_request(struct stats *stats, struct stats_flight *flight,
                         const struct job *job, coil_time now);

/* So many bytes more of its body have come. */
void stats_receive(struct stats *stats, struct stats_flight *flight,
                   uint64_t bytes, coil_time now);

/*
 * The same on another loop, where it is only noted.  The sums have it when
 * stats_collect() was called, or the request has ended.
 */
void stats_note_bytes(struct stats_flight *flight, uint64_t bytes);
void stats_collect(struct stats *stats, coil_time now);

/* It has ended, with this status, or 0.  `flight` is the caller's again. */
void stats_end_request(struct stats *stats, struct stats_flight *flight,
                       int status, coil_time now);

/*
 * Nothing is asked of the group `name` until then, because of what the host of
 * `job` has said (Retry-After, 429, 503).
 */
void stats_leave_alone(struct stats *stats, const struct job *job,
                       const char *name, coil_time until, coil_time now);

/* A URL has its outcome. */
void stats_add(struct stats *stats, const struct outcome *outcome);

/* URLs and bytes a second, over the last five seconds. */
void stats_rate(const struct stats *stats, coil_time now, double *urls,
                double *bytes);

/*
 * How long the rest will take at that rate; COIL_NEVER: nobody knows, since the
 * input has not ended or nothing ends.
 */
coil_time stats_time_left(const struct stats *stats, coil_time now);

/* URLs of the outcomes that are counted as well done. */
uint64_t stats_ok(const struct stats *stats);

#endif
