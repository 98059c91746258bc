/* SPDX-License-Identifier: MIT */
/*
 * SIGINT during a run: to whom the signal belongs.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include <coil/combinators.h>
#include <coil/error.h>
#include <coil/event.h>
#include <coil/loop.h>
#include <coil/stream.h>
#include <coil/task.h>
#include <coil/task_group.h>
#include <coil/testing.h>
#include <coil/timeout.h>

#include "base/platform.h"
#include "bodies.h"
#include "child.h"
#include "test.h"

static void (*sigint_handler(void))(int)
{
    struct sigaction action;

    sigaction(SIGINT, NULL, &action);
    return action.sa_handler;
}

/* ---- SIGINT --------------------------------------------------------------- */

/* Run in a child, which says "ready" when it may be interrupted. */
static void run_and_tell(void *arg)
{
    coil_fn fn = *(coil_fn *)arg;
    int rc;

    /* The parent of the test may have set another disposition. */
    signal(SIGINT, SIG_DFL);
    rc = coil_run(fn, NULL);
    printf("rc=%s\n", coil_strerror(rc));
}

static void ready(void)
{
    printf("ready\n");
    fflush(stdout);
}

static void interrupt(coil_fn fn)
{
    child_start(&the_child, run_and_tell, &fn);
    child_await(&the_child, "ready");
    kill(the_child.pid, SIGINT);
}

static int tell_and_sleep(void *arg)
{
    (void)arg;
    ready();
    return coil_sleep(COIL_MINUTE);
}

static void expect_result(int rc)
{
    char text[128];

    child_end(&the_child);
    ASSERT_CHILD_EXITED(&the_child, 0);
    snprintf(text, sizeof text, "rc=%s\n", coil_strerror(rc));
    ASSERT_STR_CONTAINS(the_child.text, text);
}

/* RUN-4: the loop waits in the kernel */
TEST(run_interrupted_while_it_waits_cancels_main)
{
    interrupt(tell_and_sleep);
    expect_result(COIL_ESIGNAL(SIGINT));
}

static int spin(void *arg)
{
    int rc;

    (void)arg;
    ready();
    do
        rc = coil_yield();
    while (rc == 0);
    return rc;
}

/* RUN-4: the task never waits */
TEST(run_interrupted_while_it_is_busy_cancels_main)
{
    interrupt(spin);
    expect_result(COIL_ESIGNAL(SIGINT));
}

static int await_another(void *arg)
{
    struct coil_task *task;
    int rc;

    ASSERT_EQ(coil_task_create(&task, tell_and_sleep, arg), 0);
    rc = coil_task_await(task);
    coil_task_release(task);
    return rc;
}

TEST(run_interrupted_while_it_awaits_a_task_cancels_both)
{
    interrupt(await_another);
    expect_result(COIL_ESIGNAL(SIGINT));
}

static int sleep_in_a_group(void *arg)
{
    struct coil_task_group group;
    struct coil_timeout limit;
    int rc;

    ASSERT_EQ(coil_timeout_begin(&limit, COIL_MINUTE), 0);
    ASSERT_EQ(coil_task_group_begin(&group), 0);
    ASSERT_EQ(coil_task_group_create(&group, NULL, tell_and_sleep, arg), 0);
    rc = coil_task_group_end(&group, 0);
    return coil_timeout_end(&limit, rc);
}

TEST(run_interrupted_within_a_group_and_a_timeout_cancels_all)
{
    interrupt(sleep_in_a_group);
    expect_result(COIL_ESIGNAL(SIGINT));
}

static int take_it_and_return(void *arg)
{
    ASSERT_EQ(tell_and_sleep(arg), -ECANCELED);
    ASSERT_EQ(coil_sleep(COIL_MILLISECOND), 0);
    return -EPIPE;
}

TEST(run_interrupted_returns_what_main_makes_of_it)
{
    interrupt(take_it_and_return);
    expect_result(-EPIPE);
}

static int go_on_regardless(void *arg)
{
    ASSERT_EQ(tell_and_sleep(arg), -ECANCELED);
    printf("going on\n");
    fflush(stdout);
    return coil_sleep(COIL_MINUTE);
}

/* RUN-4 */
TEST(run_interrupted_twice_ends_the_process)
{
    interrupt(go_on_regardless);
    child_await(&the_child, "going on");
    kill(the_child.pid, SIGINT);
    child_end(&the_child);
    ASSERT_CHILD_KILLED(&the_child, SIGINT);
}

static int block(void *arg)
{
    (void)arg;
    ready();
    while (pause() < 0)
        continue;
    return 0;
}

TEST(run_interrupted_twice_ends_even_a_process_that_hangs)
{
    interrupt(block);
    /* Two signals that are pending at the same time count as one. */
    usleep(20000);
    kill(the_child.pid, SIGINT);
    child_end(&the_child);
    ASSERT_CHILD_KILLED(&the_child, SIGINT);
}

static int cancel_after_a_while(void *arg)
{
    int rc = coil_sleep(5 * COIL_MILLISECOND);

    coil_task_cancel(arg);
    return rc;
}

/* Main was cancelled, and has not ended when the signal comes. */
static int be_cancelled_first(void *arg)
{
    (void)arg;
    ASSERT_EQ(coil_task_create(NULL, cancel_after_a_while, coil_current_task()),
              0);
    ASSERT_EQ(coil_sleep(COIL_MINUTE), -ECANCELED);
    ready();
    ASSERT_EQ(coil_sleep(COIL_MINUTE), -ECANCELED);
    return -ECANCELED;
}

/* RUN-4 */
TEST(run_interrupted_when_main_was_cancelled_before_is_cancelled)
{
    interrupt(be_cancelled_first);
    expect_result(-ECANCELED);
}

static int be_cancelled_by_another(void *arg)
{
    (void)arg;
    ASSERT_EQ(coil_task_create(NULL, cancel_after_a_while, coil_current_task()),
              0);
    return coil_sleep(COIL_MINUTE);
}

TEST(run_of_a_main_that_another_task_cancels_is_cancelled)
{
    ASSERT_EQ(coil_run(be_cancelled_by_another, NULL), -ECANCELED);
}

/*
 * The signal comes as soon as there is a handler: perhaps before main has
 * begun.
 */
static void *interrupt_at_once(void *arg)
{
    struct sigaction action;

    (void)arg;
    do
        sigaction(SIGINT, NULL, &action);
    while (action.sa_handler == SIG_DFL);
    kill(getpid(), SIGINT);
    return NULL;
}

static void run_interrupted_at_once(void *arg)
{
    (void)arg;
    signal(SIGINT, SIG_DFL);
    for (int i = 0; i < 50; i++) {
        pthread_t thread;
        int rc;

        if (pthread_create(&thread, NULL, interrupt_at_once, NULL) != 0)
            _exit(2);
        rc = coil_run(sleep_long, NULL);
        pthread_join(thread, NULL);
        if (rc != COIL_ESIGNAL(SIGINT)) {
            printf("round %d: %s\n", i, coil_strerror(rc));
            exit(1);
        }
    }
}

TEST(run_interrupted_before_main_begins_is_interrupted)
{
    child_run(&the_child, run_interrupted_at_once, NULL);
    ASSERT_CHILD_EXITED(&the_child, 0);
}

static int raise_and_sleep(void *arg)
{
    raise(SIGINT);
    return sleep_long(arg);
}

/* The signal comes too late for this run. */
static int raise_and_return(void *arg)
{
    (void)arg;
    raise(SIGINT);
    return 0;
}

static void run_interrupted_each_time(void *arg)
{
    (void)arg;
    signal(SIGINT, SIG_DFL);
    for (int i = 0; i < 3; i++) {
        printf("%d ", coil_run(raise_and_sleep, NULL) == COIL_ESIGNAL(SIGINT));
        printf("%d ", coil_run(raise_and_return, NULL) == 0);
        printf("%d\n", coil_run(sleep_a_little, NULL) == 0);
    }
}

TEST(run_forgets_the_interrupts_of_the_run_before)
{
    child_run(&the_child, run_interrupted_each_time, NULL);
    ASSERT_CHILD_EXITED(&the_child, 0);
    ASSERT_STR_EQ(the_child.text, "1 1 1\n1 1 1\n1 1 1\n");
}

/* ---- whose signal it is --------------------------------------------------- */

static void run_keeping_sigint(void *arg)
{
    const struct coil_loop_options options = { .keep_sigint = true };

    signal(SIGINT, SIG_DFL);
    (void)!coil_run_with(tell_and_sleep, arg, &options);
}

TEST(run_leaves_sigint_alone_on_request)
{
    child_start(&the_child, run_keeping_sigint, NULL);
    child_await(&the_child, "ready");
    kill(the_child.pid, SIGINT);
    child_end(&the_child);
    ASSERT_CHILD_KILLED(&the_child, SIGINT);
}

static void say_mine(int number)
{
    (void)number;
    (void)!write(STDOUT_FILENO, "mine\n", 5);
}

static int sleep_a_while(void *arg)
{
    (void)arg;
    ready();
    return coil_sleep(200 * COIL_MILLISECOND);
}

static void run_with_handler(void *arg)
{
    (void)arg;
    signal(SIGINT, say_mine);
    printf("rc=%d\n", coil_run(sleep_a_while, NULL));
}

TEST(run_leaves_sigint_to_a_program_with_a_handler)
{
    child_start(&the_child, run_with_handler, NULL);
    child_await(&the_child, "ready");
    kill(the_child.pid, SIGINT);
    child_end(&the_child);
    ASSERT_CHILD_EXITED(&the_child, 0);
    ASSERT_STR_CONTAINS(the_child.text, "mine\n");
    ASSERT_STR_CONTAINS(the_child.text, "rc=0\n");
}

static void run_ignoring(void *arg)
{
    (void)arg;
    signal(SIGINT, SIG_IGN);
    printf("rc=%d\n", coil_run(sleep_a_while, NULL));
}

TEST(run_leaves_sigint_ignored_where_it_was)
{
    child_start(&the_child, run_ignoring, NULL);
    child_await(&the_child, "ready");
    kill(the_child.pid, SIGINT);
    child_end(&the_child);
    ASSERT_CHILD_EXITED(&the_child, 0);
    ASSERT_STR_CONTAINS(the_child.text, "rc=0\n");
}

static int see_handler(void *arg)
{
    bool *seen = arg;

    *seen = sigint_handler() != SIG_DFL;
    return 0;
}

TEST(run_takes_its_handler_away_again)
{
    bool seen = false;

    signal(SIGINT, SIG_DFL);
    ASSERT_EQ(coil_run(see_handler, &seen), 0);
    ASSERT(seen);
    ASSERT(sigint_handler() == SIG_DFL);
}

static int take_sigint(void *arg)
{
    (void)arg;
    signal(SIGINT, say_mine);
    return 0;
}

TEST(run_leaves_a_handler_that_came_during_the_run)
{
    signal(SIGINT, SIG_DFL);
    ASSERT_EQ(coil_run(take_sigint, NULL), 0);
    ASSERT(sigint_handler() == say_mine);
    signal(SIGINT, SIG_DFL);
}
