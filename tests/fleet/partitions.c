/* SPDX-License-Identifier: MIT */
/*
 * partitions.c - a worker that holds a job is cut off from the engine, or stopped
 *
 * It must have been cancelled a margin before a rival beside the engine gets the job,
 * by the clock that both share; and the end of its job must be refused.  On a busy
 * machine the worker may wait for a processor for longer than the margin; what it was
 * late by that is no fault of the library, and is counted apart.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fleet.h"
#include "peer.h"
#include "wire.h"

#define MILLISECOND ((int64_t)1000000)

/* After each tenth the worker is stopped, and another time it ends its job. */
enum { PORT = 6379, EACH = 10 };

struct breaker {
    struct fleet fleet;
    struct wire wire;
    struct peer worker;
    struct peer rival;
    uint64_t random;
    uint64_t jobs;
    unsigned cuts[4]; /* by enum wire_cut */
    unsigned stops;
    int64_t waited;    /* for a processor, when the worker got the job */
    unsigned overlaps; /* the rival had the job while the worker had it */
    unsigned excused;  /* of them, while the worker waited for a processor */
    unsigned early;    /* less than a margin, although it did not wait */
    unsigned counted;  /* the end of a job that was lost was not refused */
    unsigned ends;     /* jobs that were ended while the worker was cut off */
    unsigned twice;    /* of them, by both or by nobody */
    int64_t *leads;
    unsigned lead_count;
};

/* ---- one of them ---- */

/* The worker has a job. */
static uint64_t begin(struct breaker *b, enum peer_verb verb)
{
    struct peer_answer answer;

    b->jobs++;
    peer_tell(&b->rival, PEER_PUT, b->jobs);
    answer = peer_await(&b->rival, PEER_IS_PUT);
    if (answer.rc != 1)
        fleet_fail("job %llu is not put: %d", (unsigned long long)b->jobs,
                   answer.rc);
    peer_tell(&b->worker, verb, 0);
    answer = peer_await(&b->worker, PEER_HAS);
    if (answer.job != b->jobs)
        fleet_fail("job %llu comes instead of %llu",
                   (unsigned long long)answer.job, (unsigned long long)b->jobs);
    b->waited = answer.waited;
    return answer.fence;
}

/* The rival gets the job.  Returns when. */
static int64_t pass_on(struct breaker *b, uint64_t fence)
{
    struct peer_answer answer;

    peer_tell(&b->rival, PEER_TAKE, 0);
    answer = peer_await(&b->rival, PEER_HAS);
    if (answer.job != b->jobs || answer.delivery < 2 || answer.fence <= fence)
        fleet_fail("job %llu: delivery %u, fence %llu after %llu",
                   (unsigned long long)answer.job, answer.delivery,
                   (unsigned long long)answer.fence, (unsigned long long)fence);
    return answer.time;
}

/*
 * What the rival does counts, and what the worker does, does not.  Returns when the
 * worker was cancelled, and how long it has waited for a processor.
 */
static int64_t end(struct breaker *b, int64_t *waited)
{
    struct peer_answer answer = peer_await(&b->rival, PEER_ENDED);
    int64_t time;

    if (answer.rc != 0)
        fleet_fail("the end by the rival: %d", answer.rc);
    answer = peer_await(&b->worker, PEER_CANCELLED);
    if (answer.rc != 0)
        fleet_fail("the worker holds the job after its body was cancelled");
    time = answer.time;
    *waited = answer.waited - b->waited;
    answer = peer_await(&b->worker, PEER_ENDED);
    if (answer.rc != -ESTALE) {
        fprintf(stderr, "job %llu: the end by the worker: %d\n",
                (unsigned long long)b->jobs, answer.rc);
        b->counted++;
    }
    return time;
}

static void cut_off(struct breaker *b, enum wire_cut cut)
{
    uint64_t fence = begin(b, PEER_HOLD);
    int64_t passed_on, cancelled, waited;

    /* At any moment between two renewals. */
    fleet_pause(fleet_random(&b->random, 200) * MILLISECOND);
    wire_cut(&b->wire, cut);
    passed_on = pass_on(b, fence);
    wire_cut(&b->wire, WIRE_WHOLE);
    cancelled = end(b, &waited);
    b->cuts[cut]++;
    b->leads[b->lead_count++] = passed_on - cancelled;
    b->early += passed_on - cancelled + waited < b->fleet.margin;
    if (cancelled >= passed_on) {
        b->overlaps++;
        b->excused += cancelled - waited < passed_on;
        fprintf(stderr, "job %llu, cut %d: cancelled %.3f ms too late\n",
                (unsigned long long)b->jobs, (int)cut,
                (double)(cancelled - passed_on) / 1e6);
    }
}

/* The worker sleeps for two leases at least, and goes on. */
static void stop(struct breaker *b)
{
    uint64_t fence = begin(b, PEER_HOLD);
    int64_t till = fleet_now() + 2 * b->fleet.lease;
    int64_t waited;

    kill(b->worker.pid, SIGSTOP);
    pass_on(b, fence);
    while (fleet_now() < till)
        fleet_pause(till - fleet_now());
    kill(b->worker.pid, SIGCONT);
    (void)end(b, &waited);
    b->stops++;
}

/*
 * The worker ends its job while it is cut off, for longer than the lease.  Either the
 * engine hears of it, and the job is never given to the rival; or it does not, and the
 * end is refused.
 */
static void end_apart(struct breaker *b, enum wire_cut cut)
{
    struct peer_answer answer;
    bool has_job;

    begin(b, PEER_WORK);
    wire_cut(&b->wire, cut);
    fleet_pause(2 * b->fleet.lease);
    peer_tell(&b->rival, PEER_TRY, 0);
    answer = peer_await(&b->rival, PEER_HAS);
    has_job = answer.rc == 0;
    if (has_job && peer_await(&b->rival, PEER_ENDED).rc != 0)
        fleet_fail("the end by the rival");
    wire_cut(&b->wire, WIRE_WHOLE);
    answer = peer_await(&b->worker, PEER_ENDED);
    b->ends++;
    if (answer.rc != (has_job ? -ESTALE : 0)) {
        b->twice++;
        fprintf(stderr, "job %llu, cut %d: the end by the worker: %d\n",
                (unsigned long long)b->jobs, (int)cut, answer.rc);
    }
}

/* ---- all of them ---- */

/* All that was put was done once, as the engine says. */
static void oversee(struct breaker *b)
{
    pid_t pid = fleet_fork();
    int status;

    if (pid == 0)
        fleet_oversee(&b->fleet, 10000 * MILLISECOND);
    if (waitpid(pid, &status, 0) != pid || status != 0)
        fleet_fail("the overseer: status %x", status);
    if (b->fleet.shared->done != b->jobs || b->fleet.shared->put != b->jobs)
        fleet_fail("%llu of %llu jobs are done",
                   (unsigned long long)b->fleet.shared->done,
                   (unsigned long long)b->jobs);
}

static int by_size(const void *a, const void *b)
{
    int64_t p = *(const int64_t *)a, q = *(const int64_t *)b;

    return p < q ? -1 : p > q;
}

static double lead_at(const struct breaker *b, unsigned percent)
{
    unsigned i = b->lead_count * percent / 100;

    return b->lead_count ? (double)b->leads[i] / 1e6 : 0;
}

static int report(struct breaker *b, double seconds)
{
    unsigned cuts = b->lead_count;
    unsigned early = 0;

    qsort(b->leads, cuts, sizeof *b->leads, by_size);
    while (early < cuts && b->leads[early] < b->fleet.margin)
        early++;
    printf(
        "partitions %u (to the worker %u, to the engine %u, both %u), stops %u, "
        "ends while cut off %u, overlaps %u, without a processor %u, stale ends "
        "that counted %u, ended twice %u, cancelled before the rival had the "
        "job: least %.1f ms, median %.1f ms, less than the margin of %.0f ms in "
        "%u, %.1f s\n",
        cuts, b->cuts[WIRE_TO_WORKER], b->cuts[WIRE_TO_ENGINE],
        b->cuts[WIRE_BOTH], b->stops, b->ends, b->overlaps, b->excused,
        b->counted, b->twice, lead_at(b, 0), lead_at(b, 50),
        (double)b->fleet.margin / 1e6, early, seconds);
    return b->overlaps == b->excused && b->counted == 0 && b->twice == 0 &&
                   2 * b->early <= cuts
               ? 0
               : 1;
}

static pid_t set_up(struct breaker *b)
{
    static const char *const words[] = {
        "--port", "6379", "--bind", "0.0.0.0", "--protected-mode", "no", NULL
    };
    pid_t engine;

    fleet_init(&b->fleet);
    snprintf(b->fleet.url, sizeof b->fleet.url, "redis://%s:%d", WIRE_ENGINE,
             PORT);
    b->fleet.lease = 300 * MILLISECOND;
    b->fleet.margin = 100 * MILLISECOND;
    peer_start(&b->worker, &b->fleet, "the worker", true);
    wire_lay(&b->wire, b->worker.pid);
    engine = fleet_start_engine(&b->fleet, words);
    peer_start(&b->rival, &b->fleet, "the rival", false);
    peer_go(&b->worker);
    return engine;
}

int fleet_partitions(unsigned partitions, uint64_t seed)
{
    struct breaker b = { .random = seed };
    int64_t begun = fleet_now();
    pid_t engine;
    int status;

    b.leads = calloc(partitions, sizeof *b.leads);
    engine = set_up(&b);
    for (unsigned i = 0; i < partitions; i++) {
        cut_off(&b, (enum wire_cut)(1 + i % 3));
        if (i % EACH == 0)
            stop(&b);
        if (i % EACH == 1)
            end_apart(&b, (enum wire_cut)(1 + i / EACH % 3));
    }
    fleet_kill(b.worker.pid, b.worker.name);
    fleet_kill(b.rival.pid, b.rival.name);
    oversee(&b);
    fleet_kill(engine, "the engine");
    status = report(&b, (double)(fleet_now() - begun) / 1e9);
    free(b.leads);
    fleet_fini(&b.fleet);
    return status;
}
