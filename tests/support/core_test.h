/* SPDX-License-Identifier: MIT */
/*
 * core_test.h - a test of what a task is made of
 *
 *     CORE_TEST(task_starts_in_the_next_turn)
 *     {
 *         struct coil_task *a = start_job("a", 0, 7);
 *
 *         SAID("");
 *         ASSERT_EQ(end_of(a), 7);
 *         SAID("a ");
 *     }
 *
 * The body is the main task of a simulated loop that keeps every documented
 * order: sync_test.h, where say(), SAID(), start(), end_of() and turn() are.
 * SEEDS_TEST runs its body under fifty seeds, which let any ready task run
 * next: what it says must hold in all of them.
 */
#ifndef COIL_TESTS_CORE_TEST_H
#define COIL_TESTS_CORE_TEST_H

#include <coil/combinators.h>
#include <coil/coroutine.h>
#include <coil/future.h>
#include <coil/task_group.h>

#include "sync_test.h"

static void prepare(void)
{
}

static void conclude(void)
{
}

#define CORE_TEST(name) SYNC_TEST(name)

#define SEEDS_TEST(name)                                                       \
    static void seeds_body_##name(void);                                       \
    TEST(name)                                                                 \
    {                                                                          \
        void (*body)(void) = seeds_body_##name;                                \
                                                                               \
        for (uint64_t seed = 1; seed <= 50; seed++)                            \
            ASSERT_EQ(coil_test_run(run_sync_test, &body, seed), 0);           \
    }                                                                          \
    static void seeds_body_##name(void)

/* A task's error that nobody looked at was reported since the last time. */
#define ASSERT_UNSEEN(code)                                                    \
    do {                                                                       \
        ASSERT_EQ(report_count, 1);                                            \
        ASSERT_EQ(reported.error, code);                                       \
        report_count = 0;                                                      \
    } while (0)

/* ---- jobs ---- */

/* Sleep, say the name, return. */
struct job {
    const char *name;
    coil_time duration;
    int result;
    coil_time cleanup; /* how long it takes to end when it is cancelled */
    int failure;       /* then returned, if not 0, instead of -ECANCELED */
};

static inline int do_job(void *arg)
{
    const struct job *job = arg;
    int rc = job->duration ? coil_sleep(job->duration) : 0;

    if (rc == 0) {
        say("%s ", job->name);
        return job->result;
    }
    if (job->cleanup)
        ASSERT_EQ(coil_sleep(job->cleanup), 0);
    say("%s! ", job->name);
    return job->failure ? job->failure : rc;
}

static inline struct coil_task *start_copy(const struct job *job)
{
    struct coil_task *task;

    ASSERT_EQ(coil_task_create_copy(&task, do_job, job), 0);
    return task;
}

static inline struct coil_task *start_job(const char *name, coil_time duration,
                                          int result)
{
    const struct job job = {
        .name = name,
        .duration = duration,
        .result = result,
    };

    return start_copy(&job);
}

static inline int await_future(void *arg)
{
    return coil_future_await(arg, NULL);
}

static inline int await_task(void *arg)
{
    return coil_task_await(arg);
}

static inline void wait_a_second(void)
{
    ASSERT_EQ(coil_sleep(COIL_SECOND), 0);
}

/* ---- a scheduler without a clock ---- */

static inline int run_without_clock(coil_fn fn, void *arg)
{
    struct coil_scheduler mine = COIL_SCHEDULER_INIT;
    struct coil_runnable *r;
    struct coil_task *task;
    int rc;

    ASSERT_EQ(coil_scheduler_enter(&mine), 0);
    ASSERT_EQ(coil_task_create(&task, fn, arg), 0);
    while ((r = coil_scheduler_pop(&mine)))
        coil_runnable_run(r);
    ASSERT(coil_task_is_done(task));
    rc = coil_task_result(task);
    coil_task_release(task);
    coil_scheduler_leave(&mine);
    return rc;
}

#endif
