/* SPDX-License-Identifier: MIT */
/*
 * Every suspending function of a queue of jobs, cancelled in each state of its wait.
 */
#include <coil/cancel.h>
#include <coil/event.h>
#include <coil/work.h>
#include <coil/work_right.h>

#include "cancel_everywhere.h"
#include "base/memory.h"
#include "work/queue/work_get.h"
#include "work/queue/work_lease.h"

static struct coil_work *work;
static struct coil_work *opened[4]; /* by calls */
static size_t opened_count;

/* The engine answers to the end of jobs when it is told to. */
static const struct coil__work_engine_ops *sound;
static struct coil__work_engine_ops held_ops;
static struct coil_event told;
static struct coil__work_claim claim; /* of the next job to end */

/* ---- surroundings --------------------------------------------------------- */

static int held_finish(struct coil__work_engine *engine,
                       struct coil__work_outcome *outcomes, size_t n)
{
    int rc = coil_event_wait(&told);

    return rc < 0 ? rc : sound->finish(engine, outcomes, n);
}

static void nothing(void)
{
}

static void open_queue(void)
{
    ASSERT_EQ(coil_work_open(&work, "memory:", NULL), 0);
}

static void put_one(void)
{
    ASSERT_EQ(coil_work_put(work, &(struct coil_work_item){ .id = NULL }), 1);
}

static void open_filled(void)
{
    open_queue();
    put_one();
}

static void claim_one(void)
{
    coil_time next;
    size_t count;

    put_one();
    ASSERT_EQ(work->engine->ops->claim(work->engine, &claim, 1, &count, &next),
              0);
    ASSERT_EQ(count, 1);
}

static void hold_job(void)
{
    open_queue();
    coil_event_init(&told);
    sound = work->engine->ops;
    held_ops = *sound;
    held_ops.finish = held_finish;
    work->engine->ops = &held_ops;
    claim_one();
}

static void tell(void)
{
    coil_event_set(&told);
}

static void finish(void)
{
    coil_event_set(&told);
    while (opened_count > 0)
        ASSERT_EQ(coil_work_close(opened[--opened_count]), 0);
    if (work)
        ASSERT_EQ(coil_work_close(work), 0);
    work = NULL;
}

static void finish_claim(void)
{
    coil__free(claim.memory);
    claim.memory = NULL;
    finish();
}

/* ---- calls ---------------------------------------------------------------- */

static int use_open(void)
{
    struct coil_work *own;
    int rc = coil_work_open(&own, "memory:", NULL);

    if (rc == 0)
        opened[opened_count++] = own;
    else
        ASSERT_NULL(own);
    return rc;
}

static int use_close(void)
{
    struct coil_work *own = work;

    work = NULL;
    return coil_work_close(own);
}

static int positive(int rc)
{
    return rc > 0 ? 0 : rc;
}

static int use_put(void)
{
    return positive(
        coil_work_put(work, &(struct coil_work_item){ .id = NULL }));
}

static int use_put_many(void)
{
    return positive(
        coil_work_put_many(work, &(struct coil_work_item){ .id = NULL }, 1));
}

/* The job goes back; a cancellation that is told by that is told once more. */
static void give_back(struct coil_job *job)
{
    struct coil_cancel_mark mark;

    coil_cancel_mark(&mark);
    (void)!coil_job_return(job);
    coil_cancel_put_back(&mark);
}

static int use_get(void)
{
    struct coil_job job;
    int rc = coil_work_get(work, &job);

    if (rc == 0)
        give_back(&job);
    return rc;
}

static int use_try_get(void)
{
    struct coil_job job;
    int rc = coil_work_try_get(work, &job);

    if (rc == 0)
        give_back(&job);
    return rc;
}

/* Each call ends a job of its own, which another task has claimed. */
static void begin(struct coil_job *job)
{
    ASSERT_EQ(coil__work_begin_job(job, work, &claim, coil_now()), 0);
    claim.memory = NULL;
}

static int use_done(void)
{
    struct coil_job job;

    begin(&job);
    return coil_job_done(&job);
}

static int use_retry(void)
{
    struct coil_job job;

    begin(&job);
    return coil_job_retry(&job, 0);
}

static int use_bury(void)
{
    struct coil_job job;

    begin(&job);
    return coil_job_bury(&job, "reason");
}

static int use_return(void)
{
    struct coil_job job;

    begin(&job);
    return coil_job_return(&job);
}

static int use_pause(void)
{
    return coil_work_pause(work, "group", 1);
}

static int use_stats(void)
{
    struct coil_work_stats stats;

    return coil_work_stats(work, &stats);
}

static int use_join(void)
{
    return coil_work_join(work);
}

static void finish_one(void)
{
    struct coil_job job;

    ASSERT_EQ(coil_work_get(work, &job), 0);
    ASSERT_EQ(coil_job_done(&job), 0);
}

static int use_list_dead(void)
{
    struct coil_work_dead dead;

    return coil_work_list_dead(work, 0, &dead, 1);
}

static int use_revive(void)
{
    return coil_work_revive(work, NULL);
}

/* ---- rights ---- */

static struct coil_work_right right;

/* As give_back(). */
static void give_right_back(struct coil_work_right *own)
{
    struct coil_cancel_mark mark;

    coil_cancel_mark(&mark);
    (void)!coil_work_right_release(own);
    coil_cancel_put_back(&mark);
}

static int use_lock(void)
{
    struct coil_work_right own;
    int rc = coil_work_lock_acquire(&own, work, "name");

    if (rc == 0)
        give_right_back(&own);
    return rc;
}

static int use_semaphore(void)
{
    struct coil_work_right own;
    int rc = coil_work_semaphore_acquire(&own, work, "name", 1);

    if (rc == 0)
        give_right_back(&own);
    return rc;
}

static void hold_right(void)
{
    open_queue();
    ASSERT_EQ(coil_work_lock_acquire(&right, work, "name"), 0);
}

static void release_right(void)
{
    if (right.name)
        ASSERT_EQ(coil_work_right_release(&right), 0);
    right.name = NULL;
}

static void finish_right(void)
{
    release_right();
    finish();
}

/* The call begins the lease of a right that the engine gave to another task. */
static int use_release(void)
{
    struct coil_work_right own = { .name = "name", .permits = 1, .ticket = 7 };

    ASSERT_EQ(coil__work_lease_begin(&own.lease, work, 0, 1, coil_now()), 0);
    own.lease.right = &own;
    return coil_work_right_release(&own);
}

static int use_rate(void)
{
    return coil_work_rate_acquire(work, "rate", 5 * COIL_MILLISECOND, 1);
}

static void use_turn(void)
{
    open_queue();
    ASSERT_EQ(coil_work_rate_acquire(work, "rate", 5 * COIL_MILLISECOND, 1), 0);
}

/* ---- the table ------------------------------------------------------------ */

#define AT_ONCE .prepare = open_queue, .finish = finish, .flags = NEVER_WAITS
#define SENT                                                                   \
    .prepare = hold_job, .ready = tell, .finish = finish_claim,                \
    .flags = SETTLES | SENDS | ENDS

static const struct everywhere table[] = {
    CASE(coil_work_open, .prepare = nothing, .call = use_open, .finish = finish,
         .flags = NEVER_WAITS),
    CASE(coil_work_close, .prepare = open_queue, .call = use_close,
         .finish = finish, .turns = 20, .flags = ENDS | WAITS_FIRST | BRIEF),
    CASE(coil_work_put, .call = use_put, AT_ONCE),
    CASE(coil_work_put_many, .call = use_put_many, AT_ONCE),
    CASE(coil_work_get, .prepare = open_queue, .call = use_get,
         .ready = put_one, .finish = finish),
    CASE(coil_work_try_get, .prepare = open_filled, .call = use_try_get,
         .finish = finish, .flags = WAITS_FIRST | BRIEF),
    CASE(coil_job_done, .call = use_done, SENT),
    CASE(coil_job_retry, .call = use_retry, SENT),
    CASE(coil_job_bury, .call = use_bury, SENT),
    CASE(coil_job_return, .call = use_return, SENT),
    CASE(coil_work_lock_acquire, .prepare = hold_right, .call = use_lock,
         .ready = release_right, .finish = finish_right, .turns = 10),
    CASE(coil_work_semaphore_acquire, .prepare = hold_right,
         .call = use_semaphore, .ready = release_right, .finish = finish_right,
         .turns = 10),
    CASE(coil_work_right_release, .prepare = open_queue, .call = use_release,
         .finish = finish, .flags = NEVER_WAITS | ENDS),
    CASE(coil_work_rate_acquire, .prepare = use_turn, .call = use_rate,
         .finish = finish, .flags = BRIEF | ENDS),
    CASE(coil_work_pause, .call = use_pause, AT_ONCE),
    CASE(coil_work_stats, .call = use_stats, AT_ONCE),
    CASE(coil_work_join, .prepare = open_filled, .call = use_join,
         .ready = finish_one, .finish = finish, .flags = ENDS | BRIEF),
    CASE(coil_work_list_dead, .call = use_list_dead, AT_ONCE),
    CASE(coil_work_revive, .call = use_revive, AT_ONCE),
};

EVERYWHERE_TEST(cancel_everywhere_work_parked, table, cancel_parked)
EVERYWHERE_TEST(cancel_everywhere_work_granted, table, cancel_granted)
EVERYWHERE_TEST(cancel_everywhere_work_on_entry, table, cancel_on_entry)
EVERYWHERE_TEST(cancel_everywhere_work_on_entry_when_ready, table,
                cancel_on_entry_when_ready)
