/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 120 */
/*
 * Workers that fail in every way, against a model of what must hold.
 *
 * Each worker has an engine in memory of its own, and the jobs are in one place: the
 * operations are those that an engine in another process has, each of them atomic.
 * A worker claims a job and then, by choice, is done with it, dies with it, holds it
 * beyond its lease and is done too late, renews it, tries it again, or gives it back.
 * Both workers put both jobs.
 *
 * What must hold is written down here, without a look at the engine's insides: a job
 * has one holder at most; tokens grow; nobody's end counts but the holder's; no job is
 * lost or done twice; none is delivered more often than is allowed.
 *
 * The same holds in a file.  There the workers' process dies and another goes on, and
 * their operations come one after the other, since each waits for the file.
 *
 * COIL_EXTENT=1 (`make schedules`) tries more random schedules, 2
 * (`make schedules-long`) ten million.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <coil/lock.h>
#include <coil/sleep.h>
#include <coil/task.h>
#include <coil/testing.h>
#include <coil/work.h>

#include "base/memory.h"
#include "file_test.h"
#include "test.h"
#include "work/file/file.h"
#include "work/memory/memory.h"

enum { JOBS = 2, WORKERS = 2, DELIVERIES = 2, LEASE = 100 };

enum what { DONE, DIE, BE_LATE, RENEW, RETRY, GIVE_BACK, WAYS };

/* A job as the test knows it. */
struct job {
    bool is_put;
    bool is_done;
    bool is_leased; /* by `token`, as far as is known */
    uint64_t token;
    coil_time end; /* of the lease: nobody else may have it before */
    unsigned bad;  /* deliveries that came to nothing */
};

static struct job jobs[JOBS];
static uint64_t last_token;
static struct coil__work_engine *engines[WORKERS];
static int rounds;
static const char *file_url;  /* NULL: in memory */
static struct coil_lock step; /* of an engine in a file, and its note */

static const char *const ids[JOBS] = { "a", "b" };

static int number_of(const struct coil__work_claim *claim)
{
    return claim->id[0] - 'a';
}

/* ---- what must hold ---- */

static const char *fault;

static void expect(bool holds, const char *what)
{
    if (!holds && !fault)
        fault = what;
}

static void note_claim(const struct coil__work_claim *claim)
{
    struct job *job = &jobs[number_of(claim)];

    expect(job->is_put, "it was never put");
    expect(!job->is_done, "it was done before");
    expect(claim->token > last_token, "a token that is not the greatest");
    if (job->is_leased) {
        expect(coil_now() >= job->end, "two have it");
        job->bad++;
    }
    expect(claim->delivery == job->bad + 1, "deliveries are counted wrongly");
    expect(claim->delivery <= DELIVERIES, "it was delivered too often");
    last_token = claim->token;
    job->is_leased = true;
    job->token = claim->token;
    job->end = coil_now() + LEASE;
}

/* `rc`: what the engine says of the end, or of a renewal, of this claim. */
static bool note_answer(const struct coil__work_claim *claim, int rc)
{
    const struct job *job = &jobs[number_of(claim)];
    bool is_mine = job->is_leased && job->token == claim->token;

    expect(rc == 0 || rc == -ESTALE, "an answer that is none");
    expect(is_mine || rc == -ESTALE, "one that is not the holder is heard");
    /* Only time takes it away. */
    expect(!is_mine || rc == 0 || coil_now() >= job->end,
           "the holder is not heard");
    return rc == 0 && is_mine;
}

/* ---- a worker ---- */

static int begin_step(void)
{
    return file_url ? coil_lock_acquire(&step) : 0;
}

static int end_step(int rc)
{
    if (file_url)
        coil_lock_release(&step);
    return rc;
}

static int put_each(struct coil__work_engine *engine)
{
    for (int i = 0; i < JOBS; i++) {
        const struct coil_work_item item = { .id = ids[i], .group = "" };
        size_t added = 0;
        int rc = engine->ops->put(engine, &item, 1, &added);

        if (rc < 0)
            return rc;
        expect(added == (jobs[i].is_put ? 0 : 1), "it was put twice");
        jobs[i].is_put = true;
    }
    return 0;
}

static int put_all(struct coil__work_engine *engine)
{
    int rc = begin_step();

    return rc < 0 ? rc : end_step(put_each(engine));
}

static int end_it(struct coil__work_engine *engine,
                  const struct coil__work_claim *claim, enum coil__work_end how)
{
    struct coil__work_outcome outcome = { .key = claim->key,
                                          .token = claim->token,
                                          .end = how };
    struct job *job = &jobs[number_of(claim)];
    int rc = engine->ops->finish(engine, &outcome, 1);

    if (rc < 0)
        return rc;
    if (!note_answer(claim, outcome.result))
        return 0;
    job->is_leased = false;
    job->is_done = how == COIL__WORK_DONE;
    job->bad += how == COIL__WORK_RETRY;
    return 0;
}

static int end(struct coil__work_engine *engine,
               const struct coil__work_claim *claim, enum coil__work_end how)
{
    int rc = begin_step();

    return rc < 0 ? rc : end_step(end_it(engine, claim, how));
}

static int renew(struct coil__work_engine *engine,
                 const struct coil__work_claim *claim)
{
    struct coil__work_renewal renewal = { .key = claim->key,
                                          .token = claim->token };
    int rc = engine->ops->renew(engine, &renewal, 1);

    if (rc == 0 && note_answer(claim, renewal.result))
        jobs[number_of(claim)].end = coil_now() + LEASE;
    return rc;
}

static int treat(struct coil__work_engine *engine,
                 const struct coil__work_claim *claim, enum what what)
{
    int rc;

    switch (what) {
    case DIE:
        return 0;
    case BE_LATE:
        rc = coil_sleep(LEASE);
        return rc < 0 ? rc : end(engine, claim, COIL__WORK_DONE);
    case RENEW:
        rc = coil_sleep(LEASE / 2);
        if (rc == 0)
            rc = renew(engine, claim);
        if (rc == 0)
            rc = coil_sleep(LEASE / 2 + 1);
        return rc < 0 ? rc : end(engine, claim, COIL__WORK_DONE);
    case RETRY:
        return end(engine, claim, COIL__WORK_RETRY);
    case GIVE_BACK:
        return end(engine, claim, COIL__WORK_RETURN);
    default:
        rc = coil_yield();
        return rc < 0 ? rc : end(engine, claim, COIL__WORK_DONE);
    }
}

static int claim_one(struct coil__work_engine *engine,
                     struct coil__work_claim *claim, size_t *count,
                     coil_time *next)
{
    int rc = engine->ops->claim(engine, claim, 1, count, next);

    if (rc == 0 && *count > 0)
        note_claim(claim);
    return rc;
}

/* A job, if there is one; else wait as long as the engine says. */
static int take_one(struct coil__work_engine *engine, enum what what)
{
    struct coil__work_claim claim;
    coil_time next = 0;
    size_t count = 0;
    int rc = begin_step();

    if (rc == 0)
        rc = end_step(claim_one(engine, &claim, &count, &next));
    if (rc < 0)
        return rc;
    if (count == 0)
        return next == COIL_NEVER ? coil_yield() : coil_sleep(next);
    rc = treat(engine, &claim, what);
    coil__free(claim.memory);
    return rc;
}

static int run_worker(void *arg)
{
    struct coil__work_engine *engine = arg;
    int rc = put_all(engine);

    for (int i = 0; rc == 0 && i < rounds; i++)
        rc = take_one(engine, (enum what)coil_test_choose(WAYS));
    return rc;
}

/* ---- the whole ---- */

static int open_engine(struct coil__work_engine **out)
{
    static const struct coil_work_options options = {
        .name = "model",
        .lease = LEASE,
        .max_deliveries = DELIVERIES,
        .allow_volatile = true,
    };

    return file_url ? coil__work_file_open(out, file_url, &options)
                    : coil__work_memory_open(out, "memory:model", &options);
}

static int open_engines(void)
{
    for (int i = 0; i < WORKERS; i++) {
        int rc = open_engine(&engines[i]);

        if (rc < 0)
            return rc;
        engines[i]->rules = (struct coil__work_rules){
            .lease = LEASE,
            .max_deliveries = DELIVERIES,
        };
    }
    return 0;
}

static int close_engines(int rc)
{
    for (int i = 0; i < WORKERS; i++) {
        int closed = engines[i]->ops->close(engines[i]);

        rc = rc < 0 ? rc : closed;
    }
    return rc;
}

/* The workers are gone; one that does its work ends what is left. */
static int mop_up(void)
{
    struct coil_work_stats stats = { .put = 0 };
    int rc = 0;

    for (int i = 0; rc == 0 && i < 10; i++)
        rc = take_one(engines[0], DONE);
    if (rc == 0)
        rc = engines[0]->ops->stats(engines[0], &stats);
    if (rc < 0)
        return rc;
    expect(stats.put == JOBS &&
               stats.queued + stats.delayed + stats.leased == 0,
           "something is left");
    expect(stats.done + stats.dead == JOBS, "something is lost");
    for (int i = 0; i < JOBS; i++) {
        stats.done -= jobs[i].is_done;
        expect(jobs[i].is_done || jobs[i].bad + jobs[i].is_leased == DELIVERIES,
               "it died too early");
    }
    expect(stats.done == 0, "somebody else has done it");
    return 0;
}

static int run_workers(void)
{
    struct coil_task *tasks[WORKERS];
    int rc = 0;

    for (int i = 0; rc == 0 && i < WORKERS; i++)
        rc = coil_task_create(&tasks[i], run_worker, engines[i]);
    for (int i = 0; rc == 0 && i < WORKERS; i++) {
        rc = coil_task_await(tasks[i]);
        coil_task_release(tasks[i]);
    }
    return rc;
}

/* The process dies, with what it holds, and another reads the file. */
static int restart(void)
{
    int rc = close_engines(0);

    for (int i = 0; i < JOBS; i++) {
        jobs[i].bad += jobs[i].is_leased;
        jobs[i].is_leased = false;
    }
    return rc < 0 ? rc : open_engines();
}

static int run_model(void *arg)
{
    int rc = open_engines();

    (void)arg;
    fault = NULL;
    last_token = 0;
    for (int i = 0; i < JOBS; i++)
        jobs[i] = (struct job){ .is_put = false };
    if (rc == 0)
        rc = run_workers();
    for (int i = 0; rc == 0 && file_url && i < 2; i++) {
        rc = restart();
        if (rc == 0)
            rc = run_workers();
    }
    if (rc == 0)
        rc = mop_up();
    rc = close_engines(rc);
    if (fault)
        FAIL("%s", fault);
    return rc;
}

static void print_schedule(void)
{
    coil_test_dump_schedule(2);
}

static int extent(void)
{
    const char *text = getenv("COIL_EXTENT");

    return text ? atoi(text) : 0;
}

TEST(work_model_in_every_schedule)
{
    uint64_t runs = 0;

    test_on_failure = print_schedule;
    rounds = extent() > 0 ? 2 : 1;
    ASSERT_EQ(coil_test_explore(run_model, NULL, 0, &runs), 0);
    printf("%llu schedules\n", (unsigned long long)runs);
}

TEST(work_model_in_random_schedules)
{
    static const uint64_t counts[] = { 20000, 200000, 10000000 };
    int which = extent();
    uint64_t count = counts[which < 2 ? which : 2];

    test_on_failure = print_schedule;
    rounds = 4;
    ASSERT_EQ(coil_test_run_seeds(run_model, NULL, 1, count), 0);
    printf("%llu random schedules\n", (unsigned long long)count);
}

static int run_in_file(void *arg)
{
    (void)unlink(in_directory("queue/model.journal"));
    coil_lock_init(&step);
    return run_model(arg);
}

TEST(work_model_in_a_file_in_random_schedules)
{
    static const uint64_t counts[] = { 2000, 20000, 200000 };
    int which = extent();
    char url[300];

    test_on_failure = print_schedule;
    rounds = 2;
    begin_directory();
    snprintf(url, sizeof url, "file:%s", in_directory("queue"));
    file_url = url;
    ASSERT_EQ(coil_test_run_seeds(run_in_file, NULL, 1,
                                  counts[which < 2 ? which : 2]),
              0);
    end_directory();
}
