/* SPDX-License-Identifier: MIT */
/*
 * scenario.h - small programs with a victim, to which something is done
 *
 *     SCENARIO(lock, begin_lock, visit, probe_lock, no_end)
 *
 * begin() makes the surroundings, in the main task: 0, or an error, which only
 * a failure that was ordered may bring about.  The victim is a task that
 * returns 0 when nothing is done to it.  probe() then finds the rest of the
 * system at work and nothing lost; it asserts.  end() lets go of all there is,
 * and is called whatever begin() said.
 *
 * Whoever includes the files of scenarios says what is done to each:
 * SCENARIO(name, begin, victim, probe, end) makes a test of it.
 */
#ifndef COIL_TESTS_SCENARIO_H
#define COIL_TESTS_SCENARIO_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <coil/combinators.h>
#include <coil/error.h>
#include <coil/loop.h>
#include <coil/task.h>
#include <coil/testing.h>
#include <coil/timeout.h>

#include "loop/loop.h"
#include "sched/thread.h"
#include "test.h"

struct scenario {
    const char *name;
    int (*begin)(void);
    coil_fn victim;
    void (*probe)(void);
    void (*end)(void);
};

static const struct scenario *playing;
static uint64_t playing_seed;

/* Something was made to fail: helpers may have failed, too. */
static bool is_failing;
/* With which error; 0: nothing is made to fail. */
static int failing_error __attribute__((unused));

/* Where it is played: on the simulator, or see outside.h. */
struct theatre {
    void (*prepare)(void); /* before the first run; or NULL */
    int (*open)(struct coil_loop **out, uint64_t seed);
    int (*run)(struct coil_loop *loop, coil_fn fn);
    void (*expect_empty)(void); /* after a run; or NULL */
    int (*play)(coil_fn fn, uint64_t seed);
    /* Call fn when all but the world outside has come to rest; or NULL. */
    void (*when_idle)(coil_callback_fn fn);
    uint64_t seeds;     /* in how many schedules each is tried */
    coil_time patience; /* for one who may wait in vain */
};

static const struct theatre *theatre;
static size_t live_at_begin;

static inline int no_begin(void)
{
    return 0;
}

static inline void no_probe(void)
{
}

static inline void no_end(void)
{
}

/* ---- helpers: tasks of the surroundings ---- */

#define MAX_HELPERS 8

static struct coil_task *helpers[MAX_HELPERS];
static int helper_count;

static inline int help(coil_fn fn, void *arg)
{
    int rc = coil_task_create(&helpers[helper_count], fn, arg);

    if (rc == 0)
        helper_count++;
    return rc;
}

static inline bool helpers_are_done(void)
{
    for (int i = 0; i < helper_count; i++)
        if (!coil_task_is_done(helpers[i]))
            return false;
    return true;
}

/* They end by themselves, and well. */
static inline void expect_helpers(void)
{
    for (int i = 0; i < helper_count; i++) {
        struct coil_future *end = coil_task_future(helpers[i]);

        if (coil_wait(&end, 1, COIL_ALL_COMPLETED, COIL_MINUTE) == 0)
            FAIL("%s: a helper does not end", playing->name);
        if (!is_failing)
            ASSERT_GE(coil_task_result(helpers[i]), 0);
    }
}

static inline void end_helpers(void)
{
    for (int i = 0; i < helper_count; i++)
        coil_task_cancel(helpers[i]);
    for (int i = 0; i < helper_count; i++) {
        ASSERT_NE(coil_task_await(helpers[i]), -EDEADLK);
        coil_task_release(helpers[i]);
    }
    helper_count = 0;
}

static inline int watch(coil_test_check_fn check, const void *object)
{
    return coil_test_watch(check, object);
}

/* ---- the victim ---- */

static struct coil_task *victim;
static struct coil_timeout deadline; /* around all that it does */

/* What the victim does in the end, knowing its result so far; or NULL. */
static int (*last_act)(int rc);

static bool request_is_withdrawn; /* by the victim, which was told of it */

static inline int run_victim(void *arg)
{
    int rc = coil_timeout_begin(&deadline, COIL_NEVER);

    (void)arg;
    if (rc < 0)
        return rc;
    request_is_withdrawn = false;
    rc = playing->victim(NULL);
    if (last_act)
        rc = last_act(rc);
    return coil_timeout_end(&deadline, rc);
}

/* What it returned; after a long time it is cancelled, if that is allowed. */
static inline int end_of_victim(bool may_wait_in_vain)
{
    struct coil_future *future = coil_task_future(victim);
    int rc;

    rc = coil_wait(&future, 1, COIL_ALL_COMPLETED,
                   may_wait_in_vain ? theatre->patience : 10 * COIL_MINUTE);
    if (rc == 0 && may_wait_in_vain) {
        coil_task_cancel(victim);
        rc = coil_wait(&future, 1, COIL_ALL_COMPLETED, 10 * COIL_MINUTE);
    }
    if (rc == 0)
        FAIL("%s: the victim does not end", playing->name);
    ASSERT_EQ(rc, 1);
    rc = coil_task_result(victim);
    coil_task_release(victim);
    victim = NULL;
    return rc;
}

/* ---- one run, on a loop of its own ---- */

static inline void ignore_report(struct coil_loop *loop,
                                 const struct coil_exception *exception,
                                 void *arg)
{
    (void)loop;
    (void)exception;
    (void)arg;
}

static inline int open_simulator(struct coil_loop **out, uint64_t seed)
{
    const struct coil_loop_options options = { .backend =
                                                   COIL_BACKEND_SIMULATOR,
                                               .seed = seed };

    return coil_loop_new(out, &options);
}

static inline int run_simulator(struct coil_loop *loop, coil_fn fn)
{
    return coil_loop_run_until_complete(loop, fn, NULL);
}

/* 0, or the error of making the loop or its main task; nothing is left over. */
static inline int play_here(coil_fn fn, uint64_t seed)
{
    struct coil_loop_report report;
    struct coil_loop *loop;
    int rc;

    live_at_begin = coil_test_live_allocations();
    rc = theatre->open(&loop, seed);
    if (rc == 0) {
        coil_loop_set_exception_handler(loop, ignore_report, NULL);
        rc = theatre->run(loop, fn);
        coil_test_fail_allocation(0, false);
        ASSERT_EQ(loop->backend->pending, 0);
        ASSERT_EQ(loop->backend->holds, 0);
        ASSERT_EQ(coil_loop_close(loop, &report), 0);
        ASSERT_EQ(report.tasks_cancelled, 0);
        ASSERT_EQ(report.errors_unseen, 0);
        ASSERT_EQ(report.timers_armed, 0);
        ASSERT_EQ(report.descriptors_open, 0);
        ASSERT_EQ(report.tasks_kept, 0);
    }
    coil_test_fail_allocation(0, false);
    if (theatre->expect_empty)
        theatre->expect_empty();
    ASSERT_EQ(coil_test_live_allocations(), live_at_begin);
    ASSERT_NULL(coil__thread()->stacks); /* none is in use */
    return rc;
}

static const struct theatre on_the_simulator = {
    .open = open_simulator,
    .run = run_simulator,
    .play = play_here,
    .seeds = 20,
    .patience = 10 * COIL_MINUTE,
};

static const struct theatre *theatre = &on_the_simulator;

static inline int play(coil_fn fn, uint64_t seed)
{
    playing_seed = seed;
    return theatre->play(fn, seed);
}

#endif
