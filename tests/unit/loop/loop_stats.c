/* SPDX-License-Identifier: MIT */
/*
 * What a loop counts: tasks, turns, looks, timers, calls, stacks and time, of
 * programs of which all that is known.
 */
#include <errno.h>
#include <sys/wait.h>
#include <unistd.h>

#include <coil/event.h>
#include <coil/fd.h>
#include <coil/loop_stats.h>
#include <coil/sleep.h>
#include <coil/task_group.h>
#include <coil/testing.h>
#include <coil/timeout.h>

#include "bodies.h"
#include "loop_test.h"

enum { SIMULATED = VARIANTS - 1 };

static struct coil_event never;

static struct coil_loop_stats stats_of(const struct coil_loop *of)
{
    struct coil_loop_stats stats;

    memset(&stats, 0x5a, sizeof stats);
    ASSERT_EQ(coil_loop_stats(of, &stats), 0);
    ASSERT_PTR_EQ(stats.loop, of);
    ASSERT_EQ(stats.tasks_made, stats.tasks_ended + stats.tasks);
    return stats;
}

/* Whoever asks within a step sees the last look, so look once more. */
static struct coil_loop_stats stats_now(void)
{
    ASSERT_EQ(coil_sleep(COIL_MILLISECOND), 0);
    return stats_of(coil_loop_current());
}

static void run(coil_fn fn)
{
    ASSERT_EQ(coil_loop_run_until_complete(loop, fn, NULL), 0);
}

/* ---- tasks ---------------------------------------------------------------- */

static struct coil_task *held[3];

static int make_tasks(void *arg)
{
    (void)arg;
    for (int i = 0; i < 5; i++)
        ASSERT_EQ(coil_task_create(NULL, do_nothing, NULL), 0);
    for (int i = 0; i < 3; i++)
        ASSERT_EQ(coil_task_create(&held[i], sleep_long, NULL), 0);
    ASSERT_EQ(coil_yield(), 0);
    coil_task_cancel(held[0]);
    coil_task_cancel(held[1]);
    for (int i = 0; i < 2; i++)
        ASSERT_EQ(coil_task_await(held[i]), -ECANCELED);
    ASSERT_EQ(stats_now().tasks_kept, 2);
    coil_task_release(held[1]);
    ASSERT_EQ(stats_now().tasks_kept, 1);
    return 0;
}

static int release_the_first(void *arg)
{
    (void)arg;
    coil_task_release(held[0]);
    ASSERT_EQ(stats_now().tasks_kept, 0);
    return 0;
}

LOOP_TEST(loop_stats_count_tasks_by_how_they_ended)
{
    struct coil_loop_stats stats;

    run(make_tasks);
    stats = stats_of(loop);
    ASSERT_EQ(stats.tasks_made, 1 + 5 + 3);
    ASSERT_EQ(stats.tasks_ended, 1 + 5 + 2);
    ASSERT_EQ(stats.tasks_cancelled, 2);
    ASSERT_EQ(stats.tasks_failed, 0);
    ASSERT_EQ(stats.tasks, 1);
    run(release_the_first);
    coil_task_cancel(held[2]);
    coil_task_release(held[2]);
    run_once();
    run_once();
    stats = stats_of(loop);
    ASSERT_EQ(stats.tasks, 0);
    ASSERT_EQ(stats.tasks_cancelled, 3);
}

static int fail_twice(void *arg)
{
    struct coil_task *task;

    (void)arg;
    for (int i = 0; i < 2; i++) {
        ASSERT_EQ(coil_task_create(&task, fail, NULL), 0);
        ASSERT_EQ(coil_task_await(task), -EIO);
        coil_task_release(task);
    }
    return -EPIPE;
}

/* A run that fails counts as any other. */
LOOP_TEST(loop_stats_go_on_after_an_error)
{
    struct coil_loop_stats stats;

    ASSERT_EQ(coil_loop_run_until_complete(loop, fail_twice, NULL), -EPIPE);
    stats = stats_of(loop);
    ASSERT_EQ(stats.tasks_failed, 3);
    ASSERT_EQ(stats.phase, COIL_LOOP_STOPPED);
    run(do_nothing);
    stats = stats_of(loop);
    ASSERT_EQ(stats.tasks_failed, 3);
    ASSERT_EQ(stats.tasks_ended, 4);
}

static int wait_for_ever(void *arg)
{
    return coil_event_wait(arg);
}

LOOP_TEST(loop_stats_are_there_after_a_deadlock)
{
    struct coil_loop_stats stats;

    silence_stderr();
    ASSERT_EQ(coil_loop_run_until_complete(loop, wait_for_ever, &never),
              -EDEADLK);
    restore_stderr();
    stats = stats_of(loop);
    ASSERT_EQ(stats.tasks, 1);
    ASSERT_EQ(stats.phase, COIL_LOOP_STOPPED);
}

/* ---- stacks --------------------------------------------------------------- */

enum { MANY = 40 };

static int use_stacks(void *arg)
{
    struct coil_loop_stats before = stats_now();
    struct coil_task *tasks[MANY];
    struct coil_loop_stats stats;

    (void)arg;
    for (int i = 0; i < MANY; i++)
        ASSERT_EQ(coil_task_create(&tasks[i], sleep_long, NULL), 0);
    stats = stats_now();
    ASSERT_EQ(stats.stacks_in_use, before.stacks_in_use + MANY);
    for (int i = 0; i < MANY; i++)
        coil_task_cancel(tasks[i]);
    for (int i = 0; i < MANY; i++) {
        ASSERT_EQ(coil_task_await(tasks[i]), -ECANCELED);
        coil_task_release(tasks[i]);
    }
    stats = stats_now();
    ASSERT_EQ(stats.stacks_in_use, before.stacks_in_use);
    ASSERT_GE(stats.stacks_idle, MANY);
    return 0;
}

LOOP_TEST(loop_stats_count_stacks)
{
    run(use_stacks);
}

static int use_small_stacks(void *arg)
{
    const struct coil_task_options small = { .small_stack = true };
    struct coil_loop_stats before = stats_now();
    struct coil_loop_stats stats;
    struct coil_task *task;

    (void)arg;
    ASSERT_EQ(coil_task_create_with(&task, wait_for_ever, &never, &small), 0);
    stats = stats_now();
    ASSERT_EQ(stats.stacks_in_use, before.stacks_in_use + 1);
    ASSERT_EQ(stats.stacks_idle, before.stacks_idle);
    coil_task_cancel(task);
    ASSERT_EQ(coil_task_await(task), -ECANCELED);
    coil_task_release(task);
    stats = stats_now();
    ASSERT_EQ(stats.stacks_in_use, before.stacks_in_use);
    /* With a sanitizer the stack is as any other. */
    ASSERT_LE(stats.stacks_idle, before.stacks_idle + 1);
    return 0;
}

LOOP_TEST(loop_stats_count_small_stacks_in_use)
{
    run(use_small_stacks);
}

/* ---- what is waited for --------------------------------------------------- */

static int arm_timers(void *arg)
{
    struct coil_loop_stats before = stats_now();
    struct coil_timeout timeout;
    struct coil_loop_stats stats;
    int rc;

    (void)arg;
    call_later(0, COIL_MINUTE, "");
    call_later(1, 0, "");
    rc = coil_timeout_begin(&timeout, COIL_MINUTE);
    ASSERT_EQ(rc, 0);
    stats = stats_now();
    ASSERT_EQ(stats.timers, before.timers + 2);
    /* Two sleeps, and one that was due. */
    ASSERT_EQ(stats.timers_fired, before.timers_fired + 2);
    ASSERT_EQ(coil_timeout_end(&timeout, 0), 0);
    coil_handle_cancel(&handles[0]);
    ASSERT_EQ(stats_now().timers, before.timers);
    return 0;
}

LOOP_TEST(loop_stats_count_timers)
{
    run(arm_timers);
    forget();
}

static int await_pipe(void *arg)
{
    const int *fds = arg;

    return coil_wait_fd(fds[0], COIL_READABLE) < 0 ? -ECANCELED : 0;
}

static int count_operations(void *arg)
{
    struct coil_loop_stats before = stats_now();
    struct coil_task *task;
    int fds[2];

    (void)arg;
    ASSERT_EQ(pipe(fds), 0);
    ASSERT_EQ(coil_task_create(&task, await_pipe, fds), 0);
    ASSERT_EQ(stats_now().operations, before.operations + 1);
    coil_task_cancel(task);
    ASSERT_EQ(coil_task_await(task), -ECANCELED);
    coil_task_release(task);
    ASSERT_EQ(stats_now().operations, before.operations);
    close(fds[0]);
    close(fds[1]);
    return 0;
}

LOOP_TEST(loop_stats_count_operations)
{
    if (variant != SIMULATED)
        run(count_operations);
}

static int take_calls(void *arg)
{
    struct coil_loop_stats before = stats_now();

    (void)arg;
    for (int i = 0; i < 5; i++)
        ASSERT_EQ(
            coil_loop_call_soon_threadsafe(loop, &handles[i], say_name, "x"),
            0);
    ASSERT_EQ(stats_now().thread_calls, before.thread_calls + 5);
    return 0;
}

LOOP_TEST(loop_stats_count_calls_from_threads)
{
    run(take_calls);
    SAID("x x x x x ");
}

/* ---- turns and looks ------------------------------------------------------ */

enum { YIELDS = 3 * 2048 };

static int yield_often(void *arg)
{
    struct coil_loop_stats before = stats_now();
    struct coil_loop_stats stats;

    (void)arg;
    for (int i = 0; i < YIELDS; i++)
        ASSERT_EQ(coil_yield(), 0);
    stats = stats_now();
    ASSERT_GE(stats.turns, before.turns + YIELDS);
    ASSERT_LE(stats.turns, before.turns + YIELDS + 3);
    /* Elsewhere a turn may begin with a look. */
    if (variant == 0)
        ASSERT_GE(stats.budget_ends, before.budget_ends + 2);
    ASSERT_GE(stats.looks, before.looks + 3);
    return 0;
}

LOOP_TEST(loop_stats_count_turns_and_looks)
{
    run(yield_often);
}

static int be_many(void *arg)
{
    (void)arg;
    for (int i = 0; i < 500; i++)
        ASSERT_EQ(coil_task_create(NULL, do_nothing, NULL), 0);
    ASSERT_EQ(coil_yield(), 0);
    ASSERT_GE(stats_now().ready_most, variant == SIMULATED ? 1 : 500);
    return 0;
}

LOOP_TEST(loop_stats_know_how_many_were_ready_at_most)
{
    run(be_many);
}

static int see_itself(void *arg)
{
    struct coil_loop_stats stats = stats_now();

    (void)arg;
    ASSERT_EQ(stats.phase, COIL_LOOP_RUNNING);
    ASSERT_EQ(stats.ready, 1);
    ASSERT_EQ(stats.tid, gettid());
    return 0;
}

LOOP_TEST(loop_stats_say_what_the_loop_does)
{
    ASSERT_EQ(stats_of(loop).phase, COIL_LOOP_STOPPED);
    ASSERT_EQ(stats_of(loop).looks, 0);
    run(see_itself);
    ASSERT_EQ(stats_of(loop).phase, COIL_LOOP_STOPPED);
}

/* ---- time ----------------------------------------------------------------- */

static uint64_t sum_of_stretches(const struct coil_loop_stats *stats)
{
    uint64_t sum = 0;

    for (size_t i = 0; i <= COIL_LOOP_STRETCHES; i++)
        sum += stats->stretches[i];
    return sum;
}

/* 5 s of waiting, and one step of 20 ms. */
static int wait_and_work(void *arg)
{
    struct coil_loop_stats before;
    struct coil_loop_stats stats;

    (void)arg;
    ASSERT_EQ(coil_sleep(5 * COIL_SECOND), 0);
    before = stats_now();
    ASSERT_EQ(before.waiting, 5 * COIL_SECOND + COIL_MILLISECOND);
    ASSERT_EQ(before.running, 0);
    coil_test_let_work_take(20 * COIL_MILLISECOND);
    ASSERT_EQ(coil_yield(), 0);
    coil_test_let_work_take(0);
    stats = stats_now();
    ASSERT_EQ(stats.running, 20 * COIL_MILLISECOND);
    ASSERT_EQ(stats.stretch_time, 20 * COIL_MILLISECOND);
    ASSERT_EQ(stats.longest, 20 * COIL_MILLISECOND);
    ASSERT_EQ(stats.longest_at, 5021 * COIL_MILLISECOND);
    ASSERT_EQ(coil_loop_stretch_bounds[6], 100 * COIL_MILLISECOND);
    ASSERT_EQ(stats.stretches[6], 1);
    ASSERT_EQ(sum_of_stretches(&stats), stats.looks);
    return 0;
}

TEST(loop_stats_measure_time_on_the_simulator)
{
    const struct coil_loop_options options = {
        .backend = COIL_BACKEND_SIMULATOR,
    };

    ASSERT_EQ(coil_run_with(wait_and_work, NULL, &options), 0);
}

static int wait_and_compute(void *arg)
{
    coil_time begin = coil_now();
    struct coil_loop_stats stats;

    (void)arg;
    ASSERT_EQ(coil_sleep(30 * COIL_MILLISECOND), 0);
    stats = stats_of(coil_loop_current());
    ASSERT_GE(stats.waiting, 29 * COIL_MILLISECOND);
    ASSERT_LE(stats.running + stats.waiting, coil_now() - begin + COIL_SECOND);
    /* What is not published yet is counted up to now. */
    begin = coil_now();
    while (coil_now() < begin + 5 * COIL_MILLISECOND)
        continue;
    ASSERT_GE(stats_of(coil_loop_current()).running,
              stats.running + 5 * COIL_MILLISECOND);
    stats = stats_now();
    ASSERT_GE(stats.longest, 5 * COIL_MILLISECOND);
    return 0;
}

TEST(loop_stats_measure_time_on_the_kernel)
{
    ASSERT_EQ(coil_run(wait_and_compute, NULL), 0);
}

/* ---- several loops -------------------------------------------------------- */

TEST(loop_stats_know_all_loops_by_number)
{
    struct coil_loop *loops[3];
    struct coil_loop_stats all[3];

    ASSERT_EQ(coil_all_loop_stats(NULL, 0), 0);
    for (int i = 0; i < 3; i++)
        ASSERT_EQ(coil_loop_new(&loops[i], NULL), 0);
    ASSERT_EQ(coil_loop_run_until_complete(loops[1], do_nothing, NULL), 0);
    ASSERT_EQ(coil_all_loop_stats(all, 3), 3);
    for (unsigned i = 0; i < 3; i++) {
        ASSERT_EQ(all[i].number, i);
        ASSERT_PTR_EQ(all[i].loop, loops[i]);
        ASSERT_EQ(all[i].tasks_made, i == 1);
    }

    /* A number is free again when its loop is closed. */
    ASSERT_EQ(coil_loop_close(loops[1], NULL), 0);
    ASSERT_EQ(coil_loop_stats(loops[1], &all[0]), -ESHUTDOWN);
    ASSERT_EQ(all[0].number, 0);
    ASSERT_EQ(coil_all_loop_stats(all, 1), 2);
    ASSERT_EQ(coil_all_loop_stats(all, 3), 2);
    ASSERT_EQ(all[1].number, 2);
    ASSERT_EQ(coil_loop_new(&loops[1], NULL), 0);
    ASSERT_EQ(stats_of(loops[1]).number, 1);
    for (int i = 0; i < 3; i++)
        ASSERT_EQ(coil_loop_close(loops[i], NULL), 0);
}

TEST(loop_stats_of_the_parent_are_not_those_of_a_child)
{
    struct coil_loop_stats stats;
    struct coil_loop *parents;
    int status;
    pid_t pid;

    ASSERT_EQ(coil_loop_new(&parents, NULL), 0);
    pid = fork();
    if (pid == 0)
        _exit(coil_all_loop_stats(&stats, 1) == 0 &&
                      coil_loop_stats(parents, &stats) == -ESHUTDOWN
                  ? 0
                  : 1);
    ASSERT_EQ(waitpid(pid, &status, 0), pid);
    ASSERT_EQ(status, 0);
    ASSERT_EQ(coil_loop_close(parents, NULL), 0);
}
