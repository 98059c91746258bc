/* SPDX-License-Identifier: MIT */
/*
 * Tasks that wait for each other while others go on are told, once, within a
 * second; and others that wait long are not.
 */
/* LABELS: threads */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <coil/error.h>
#include <coil/fd.h>
#include <coil/lock.h>
#include <coil/loop.h>
#include <coil/semaphore.h>
#include <coil/sleep.h>
#include <coil/task.h>
#include <coil/timeout.h>

#include "child.h"
#include "test.h"

/* See test.h: the search is on where there is a watchdog. */
bool test_reports_slow_steps = true;

static struct coil_lock first = COIL_LOCK_INIT;
static struct coil_lock second = COIL_LOCK_INIT;
static struct coil_lock third = COIL_LOCK_INIT;
static struct coil_task *tasks[3];

/* Two locks, one after the other, with time between. */
static int take_two(struct coil_lock *one, struct coil_lock *other)
{
    int rc = coil_lock_acquire(one);

    if (rc < 0)
        return rc;
    rc = coil_sleep(10 * COIL_MILLISECOND);
    if (rc == 0)
        rc = coil_lock_acquire(other);
    if (rc == 0)
        coil_lock_release(other);
    coil_lock_release(one);
    return rc;
}

static int take_first_second(void *arg)
{
    (void)arg;
    return take_two(&first, &second);
}

static int take_second_first(void *arg)
{
    (void)arg;
    return take_two(&second, &first);
}

static int take_second_third(void *arg)
{
    (void)arg;
    return take_two(&second, &third);
}

static int take_third_first(void *arg)
{
    (void)arg;
    return take_two(&third, &first);
}

static void start(int i, coil_fn fn, const char *name)
{
    const struct coil_task_options options = { .name = name };

    ASSERT_EQ(coil_task_create_with(&tasks[i], fn, NULL, &options), 0);
}

/* Say the time, ten times a second, so that the loop is never idle for long. */
static int tick(int times)
{
    for (int i = 0; i < times; i++) {
        ASSERT_EQ(coil_sleep(100 * COIL_MILLISECOND), 0);
        dprintf(STDERR_FILENO, "tick %d\n", i + 1);
    }
    return 0;
}

static void end(int count)
{
    for (int i = 0; i < count; i++)
        coil_task_cancel(tasks[i]);
    for (int i = 0; i < count; i++) {
        (void)!coil_task_await(tasks[i]);
        coil_task_release(tasks[i]);
    }
}

/* ---- in a child, whose words are read --------------------------------------- */

static struct coil_loop_options options;

static void run_loop(void *arg)
{
    coil_fn *fn = arg;

    if (coil_run_with(*fn, NULL, &options) < 0)
        exit(9);
}

static void run(coil_fn fn)
{
    child_run(&the_child, run_loop, &fn);
    ASSERT_CHILD_EXITED(&the_child, 0);
}

static void simulate(coil_fn fn)
{
    options = (struct coil_loop_options){ .backend = COIL_BACKEND_SIMULATOR,
                                          .debug = true };
    run(fn);
}

static int reports(void)
{
    int count = 0;

    for (const char *p = the_child.text; (p = strstr(p, "coil: deadlock: "));
         p++)
        count++;
    return count;
}

/* ---- what is told ----------------------------------------------------------- */

static int lock_two(void *arg)
{
    (void)arg;
    start(0, take_first_second, "anna");
    start(1, take_second_first, "bert");
    tick(50);
    end(2);
    return 0;
}

TEST(cycles_of_two_are_told_once_and_soon)
{
    const char *told;
    const char *tenth;

    simulate(lock_two);
    ASSERT_EQ(reports(), 1);
    told = strstr(the_child.text,
                  "coil: deadlock: 2 tasks wait for each other, and others go "
                  "on\n");
    tenth = strstr(the_child.text, "tick 10\n");
    ASSERT(told && tenth && told < tenth);
    ASSERT_STR_CONTAINS(told, "  cycle: anna waits for lock second");
    ASSERT_STR_CONTAINS(told, "held by bert; bert waits for lock first");
    ASSERT_STR_CONTAINS(told, "held by anna\n");
    ASSERT_STR_CONTAINS(told, "cycles.c:");
    ASSERT_STR_CONTAINS(the_child.text, "tick 50\n");
}

static int lock_three(void *arg)
{
    (void)arg;
    start(0, take_first_second, "anna");
    start(1, take_second_third, "bert");
    start(2, take_third_first, "carl");
    tick(30);
    end(3);
    return 0;
}

TEST(cycles_of_three_are_told)
{
    simulate(lock_three);
    ASSERT_EQ(reports(), 1);
    ASSERT_STR_CONTAINS(the_child.text, "coil: deadlock: 3 tasks wait");
    ASSERT_STR_CONTAINS(the_child.text, "held by bert; bert waits");
    ASSERT_STR_CONTAINS(the_child.text, "held by carl; carl waits");
    ASSERT_STR_CONTAINS(the_child.text, "held by anna\n");
}

static int await_other(void *arg)
{
    struct coil_task **other = arg;

    return coil_task_await(*other);
}

static int await_each_other(void *arg)
{
    (void)arg;
    ASSERT_EQ(coil_task_create(&tasks[0], await_other, &tasks[1]), 0);
    ASSERT_EQ(coil_task_create(&tasks[1], await_other, &tasks[0]), 0);
    tick(20);
    return 0;
}

static void run_and_leave(void *arg)
{
    (void)arg;
    (void)!coil_run_with(await_each_other, NULL, &options);
    _exit(0);
}

TEST(cycles_of_awaits_are_told)
{
    options = (struct coil_loop_options){ .backend = COIL_BACKEND_SIMULATOR,
                                          .debug = true };
    child_run(&the_child, run_and_leave, NULL);
    ASSERT_STR_CONTAINS(the_child.text,
                        "coil: deadlock: 2 tasks wait for each");
}

/* A cancellation ends it; then the same tasks do the same again. */
static int lock_twice(void *arg)
{
    (void)arg;
    for (int i = 0; i < 2; i++) {
        start(0, take_first_second, "anna");
        start(1, take_second_first, "bert");
        tick(15);
        coil_task_cancel(tasks[0]);
        ASSERT_EQ(coil_task_await(tasks[0]), -ECANCELED);
        ASSERT_EQ(coil_task_await(tasks[1]), 0);
        coil_task_release(tasks[0]);
        coil_task_release(tasks[1]);
        tick(15);
    }
    return 0;
}

TEST(cycles_that_come_again_are_told_again)
{
    simulate(lock_twice);
    ASSERT_EQ(reports(), 2);
}

/* ---- what is not ------------------------------------------------------------ */

static int hold_and_sleep(void *arg)
{
    int rc = coil_lock_acquire(&first);

    (void)arg;
    if (rc == 0)
        rc = coil_sleep(3 * COIL_SECOND);
    coil_lock_release(&first);
    return rc;
}

static int take_first(void *arg)
{
    int rc = coil_lock_acquire(&first);

    (void)arg;
    if (rc == 0)
        coil_lock_release(&first);
    return rc;
}

static int wait_for_a_sleeper(void *arg)
{
    (void)arg;
    start(0, hold_and_sleep, "anna");
    start(1, take_first, "bert");
    start(2, take_first, "carl");
    tick(40);
    for (int i = 0; i < 3; i++) {
        ASSERT_EQ(coil_task_await(tasks[i]), 0);
        coil_task_release(tasks[i]);
    }
    return 0;
}

TEST(cycles_do_not_go_over_a_task_that_sleeps)
{
    simulate(wait_for_a_sleeper);
    ASSERT_EQ(reports(), 0);
}

static struct coil_semaphore red = COIL_SEMAPHORE_INIT(1);
static struct coil_semaphore blue = COIL_SEMAPHORE_INIT(1);

static int take_permits(struct coil_semaphore *one,
                        struct coil_semaphore *other)
{
    int rc = coil_semaphore_acquire(one);

    if (rc == 0)
        rc = coil_sleep(COIL_MILLISECOND);
    if (rc == 0)
        rc = coil_semaphore_acquire(other);
    return rc;
}

static int take_red_blue(void *arg)
{
    (void)arg;
    return take_permits(&red, &blue);
}

static int take_blue_red(void *arg)
{
    (void)arg;
    return take_permits(&blue, &red);
}

/* Anybody may release a permit. */
static int share_permits(void *arg)
{
    (void)arg;
    start(0, take_red_blue, "anna");
    start(1, take_blue_red, "bert");
    tick(30);
    end(2);
    return 0;
}

TEST(cycles_do_not_go_over_semaphores)
{
    simulate(share_permits);
    ASSERT_EQ(reports(), 0);
}

static int take_in_time(void *arg)
{
    struct coil_timeout timeout;
    int rc = coil_timeout_begin(&timeout, 2 * COIL_SECOND);

    (void)arg;
    ASSERT_EQ(rc, 0);
    rc = coil_timeout_end(&timeout, take_two(&first, &second));
    ASSERT_EQ(rc, -ETIMEDOUT);
    return rc;
}

static int limit_one(void *arg)
{
    (void)arg;
    start(0, take_in_time, "anna");
    start(1, take_second_first, "bert");
    tick(40);
    ASSERT_EQ(coil_task_await(tasks[0]), -ETIMEDOUT);
    ASSERT_EQ(coil_task_await(tasks[1]), 0);
    coil_task_release(tasks[0]);
    coil_task_release(tasks[1]);
    return 0;
}

TEST(cycles_that_a_timeout_will_end_are_not_told)
{
    simulate(limit_one);
    ASSERT_EQ(reports(), 0);
}

/* ---- on the kernel ---------------------------------------------------------- */

/* Nothing runs; a descriptor could still wake the loop. */
static int lock_two_and_wait(void *arg)
{
    struct coil_timeout timeout;
    int fds[2];
    int rc;

    (void)arg;
    ASSERT_EQ(pipe(fds), 0);
    start(0, take_first_second, "anna");
    start(1, take_second_first, "bert");
    ASSERT_EQ(coil_timeout_begin(&timeout, 1500 * COIL_MILLISECOND), 0);
    rc = coil_wait_fd(fds[0], COIL_READABLE);
    ASSERT_EQ(coil_timeout_end(&timeout, rc < 0 ? rc : 0), -ETIMEDOUT);
    end(2);
    close(fds[0]);
    close(fds[1]);
    return 0;
}

TEST(cycles_are_told_where_there_is_a_watchdog)
{
    unsetenv("COIL_WATCHDOG");
    options = (struct coil_loop_options){ .debug = false };
    run(lock_two_and_wait);
    ASSERT_EQ(reports(), 1);
}

TEST(cycles_are_not_told_without_a_watchdog)
{
    unsetenv("COIL_DEBUG");
    options = (struct coil_loop_options){ .no_watchdog = true };
    run(lock_two_and_wait);
    ASSERT_EQ(reports(), 0);
}
