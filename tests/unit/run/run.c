/* SPDX-License-Identifier: MIT */
/*
 * coil_run() against B2 of asyncio's behaviour, RUN-1, RUN-2 and RUN-4: what it
 * returns, what it ends, and what SIGINT does to it.
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
#include "child.h"
#include "test.h"

static struct child child;
static char trace[256];

/* ---- results -------------------------------------------------------------- */

static int return_arg(void *arg)
{
    return *(int *)arg;
}

/* RUN-1 */
TEST(run_returns_what_main_returned)
{
    int values[] = {
        0, 1, 77, INT32_MAX, -1, -EIO, -EDEADLK, -EINTR, -ECANCELED
    };

    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        ASSERT_EQ(coil_run(return_arg, &values[i]), values[i]);
}

static int run_again(void *arg)
{
    struct coil_loop_options options = { .backend = COIL_BACKEND_SIMULATOR };

    ASSERT_EQ(coil_run(return_arg, arg), -EBUSY);
    ASSERT_EQ(coil_run_with(return_arg, arg, &options), -EBUSY);
    ASSERT_EQ(coil_test_run(return_arg, arg, 1), -EBUSY);
    return 0;
}

/* RUN-1 */
TEST(run_is_refused_within_a_run)
{
    ASSERT_EQ(coil_run(run_again, NULL), 0);
    ASSERT_EQ(coil_run(run_again, NULL), 0);
}

static int wait_for_nobody(void *arg)
{
    struct coil_event event = COIL_EVENT_INIT;
    int rc;

    (void)arg;
    rc = coil_event_wait(&event);
    strcat(trace, rc == -ECANCELED ? "ended " : "? ");
    return rc;
}

static void run_deadlocked(void *arg)
{
    (void)arg;
    printf("%d\n", coil_run(wait_for_nobody, NULL) == -EDEADLK);
    /* It was cancelled when the loop was closed. */
    printf("%s\n", trace);
}

TEST(run_of_what_can_never_go_on_is_an_error_and_cleans_up)
{
    child_run(&child, run_deadlocked, NULL);
    ASSERT_CHILD_EXITED(&child, 0);
    ASSERT_STR_CONTAINS(child.text, "1\nended \n");
}

static int cancel_self(void *arg)
{
    (void)arg;
    ASSERT(coil_task_cancel(coil_current_task()));
    return coil_yield();
}

TEST(run_of_a_main_that_cancels_itself_is_cancelled)
{
    ASSERT_EQ(coil_run(cancel_self, NULL), -ECANCELED);
}

TEST(run_without_memory_is_an_error)
{
    int value = 5;
    int rc;

    for (size_t n = 1;; n++) {
        coil_test_fail_allocation(n, true);
        rc = coil_run(return_arg, &value);
        coil_test_fail_allocation(0, false);
        if (rc == 5)
            break;
        ASSERT_EQ(rc, -ENOMEM);
        ASSERT_LT(n, 20);
    }
}

/* ---- what is left over ---------------------------------------------------- */

static int clean_up_slowly(void *arg)
{
    int rc;

    (void)arg;
    rc = coil_sleep(COIL_MINUTE);
    strcat(trace, rc == -ECANCELED ? "cancelled " : "? ");
    ASSERT_EQ(coil_sleep(COIL_MILLISECOND), 0);
    strcat(trace, "cleaned ");
    return rc;
}

static int sleep_long(void *arg)
{
    (void)arg;
    return coil_sleep(COIL_MINUTE);
}

static void destroy(void *arg)
{
    (void)arg;
    strcat(trace, "destroyed ");
}

static int leave_some_behind(void *arg)
{
    const struct coil_task_options options = { .arg_destroy = destroy };

    ASSERT_EQ(coil_task_create(NULL, clean_up_slowly, NULL), 0);
    ASSERT_EQ(coil_task_create_with(NULL, sleep_long, arg, &options), 0);
    return 8;
}

/* RUN-2 */
TEST(run_cancels_what_is_left_and_waits_for_it)
{
    ASSERT_EQ(coil_run(leave_some_behind, NULL), 8);
    ASSERT_STR_EQ(trace, "cancelled destroyed cleaned ");
}

static int fail_when_cancelled(void *arg)
{
    (void)arg;
    return coil_sleep(COIL_MINUTE) < 0 ? -EIO : 0;
}

static int leave_a_failing_one(void *arg)
{
    const struct coil_task_options options = { .name = "sore loser" };

    (void)arg;
    ASSERT_EQ(coil_task_create_with(NULL, fail_when_cancelled, NULL, &options),
              0);
    return coil_yield();
}

static void run_leaving_a_failing_one(void *arg)
{
    (void)arg;
    exit(coil_run(leave_a_failing_one, NULL));
}

/* RUN-2: to the handler, not to the caller */
TEST(run_reports_the_errors_of_what_was_left)
{
    child_run(&child, run_leaving_a_failing_one, NULL);
    ASSERT_CHILD_EXITED(&child, 0);
    ASSERT_STR_CONTAINS(child.text, "'sore loser'");
    ASSERT_STR_CONTAINS(child.text, "Input/output error");
}

static int start_another(void *arg)
{
    int rc;

    (void)arg;
    rc = coil_sleep(COIL_MINUTE);
    ASSERT_EQ(coil_task_create(NULL, sleep_long, NULL), -EINVAL);
    return rc;
}

static int leave_a_stubborn_one(void *arg)
{
    (void)arg;
    ASSERT_EQ(coil_task_create(NULL, start_another, NULL), 0);
    return coil_yield();
}

TEST(run_that_ends_makes_no_more_tasks)
{
    ASSERT_EQ(coil_run(leave_a_stubborn_one, NULL), 0);
    ASSERT_STR_EQ(trace, "");
}

/* ---- SIGINT --------------------------------------------------------------- */

/* Run in a child, which says "ready" when it may be interrupted. */
static void run_and_tell(void *arg)
{
    coil_fn fn = *(coil_fn *)arg;
    int rc;

    /* Not what the test's parent may have set. */
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
    child_start(&child, run_and_tell, &fn);
    child_await(&child, "ready");
    kill(child.pid, SIGINT);
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

    child_end(&child);
    ASSERT_CHILD_EXITED(&child, 0);
    snprintf(text, sizeof text, "rc=%s\n", coil_strerror(rc));
    ASSERT_STR_CONTAINS(child.text, text);
}

/* RUN-4: blocked in the poll */
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

/* RUN-4: only spinning */
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
    child_await(&child, "going on");
    kill(child.pid, SIGINT);
    child_end(&child);
    ASSERT_CHILD_KILLED(&child, SIGINT);
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
    /* Signals that are pending together are one. */
    usleep(20000);
    kill(child.pid, SIGINT);
    child_end(&child);
    ASSERT_CHILD_KILLED(&child, SIGINT);
}

static int cancel_after_a_while(void *arg)
{
    int rc = coil_sleep(5 * COIL_MILLISECOND);

    coil_task_cancel(arg);
    return rc;
}

/* Cancelled already, and not yet ended, when the signal comes. */
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

/* As soon as there is a handler: perhaps before main has begun. */
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
    child_run(&child, run_interrupted_at_once, NULL);
    ASSERT_CHILD_EXITED(&child, 0);
}

static int raise_and_sleep(void *arg)
{
    raise(SIGINT);
    return sleep_long(arg);
}

/* Too late for this run. */
static int raise_and_return(void *arg)
{
    (void)arg;
    raise(SIGINT);
    return 0;
}

static int sleep_a_little(void *arg)
{
    (void)arg;
    return coil_sleep(COIL_MILLISECOND);
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
    child_run(&child, run_interrupted_each_time, NULL);
    ASSERT_CHILD_EXITED(&child, 0);
    ASSERT_STR_EQ(child.text, "1 1 1\n1 1 1\n1 1 1\n");
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
    child_start(&child, run_keeping_sigint, NULL);
    child_await(&child, "ready");
    kill(child.pid, SIGINT);
    child_end(&child);
    ASSERT_CHILD_KILLED(&child, SIGINT);
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
    child_start(&child, run_with_handler, NULL);
    child_await(&child, "ready");
    kill(child.pid, SIGINT);
    child_end(&child);
    ASSERT_CHILD_EXITED(&child, 0);
    ASSERT_STR_CONTAINS(child.text, "mine\n");
    ASSERT_STR_CONTAINS(child.text, "rc=0\n");
}

static void run_ignoring(void *arg)
{
    (void)arg;
    signal(SIGINT, SIG_IGN);
    printf("rc=%d\n", coil_run(sleep_a_while, NULL));
}

TEST(run_leaves_sigint_ignored_where_it_was)
{
    child_start(&child, run_ignoring, NULL);
    child_await(&child, "ready");
    kill(child.pid, SIGINT);
    child_end(&child);
    ASSERT_CHILD_EXITED(&child, 0);
    ASSERT_STR_CONTAINS(child.text, "rc=0\n");
}

static void (*sigint_handler(void))(int)
{
    struct sigaction action;

    sigaction(SIGINT, NULL, &action);
    return action.sa_handler;
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

/* ---- the environment ------------------------------------------------------ */

static int sleep_an_hour(void *arg)
{
    *(coil_time *)arg = coil_now();
    return coil_sleep(60 * COIL_MINUTE);
}

TEST(run_on_the_simulator_when_the_environment_says_so)
{
    coil_time begun = -1;

    ASSERT_EQ(setenv("COIL_BACKEND", "simulator", 1), 0);
    ASSERT_EQ(coil_run(sleep_an_hour, &begun), 0);
    ASSERT_EQ(begun, 0);
}

static int see_no_simulator(void *arg)
{
    int rc;

    (void)arg;
    rc = coil_yield();
    ASSERT_EQ(coil_test_steps(), 0);
    return rc;
}

TEST(run_on_the_kernel_when_the_environment_says_anything_else)
{
    static const char *const names[] = { "epoll", "", "nonsense" };
    const struct coil_loop_options epoll = { .backend = COIL_BACKEND_EPOLL };

    unsetenv("COIL_BACKEND");
    ASSERT_EQ(coil_run(see_no_simulator, NULL), 0);
    for (size_t i = 0; i < 3; i++) {
        ASSERT_EQ(setenv("COIL_BACKEND", names[i], 1), 0);
        ASSERT_EQ(coil_run(see_no_simulator, NULL), 0);
    }
    ASSERT_EQ(setenv("COIL_BACKEND", "simulator", 1), 0);
    ASSERT_EQ(coil_run_with(see_no_simulator, NULL, &epoll), 0);
}

static size_t slow_steps;

static void count_slow_step(struct coil_loop *loop,
                            const struct coil_exception *exception, void *arg)
{
    (void)loop;
    (void)arg;
    slow_steps += strstr(exception->message, "step") != NULL;
}

static int work_long(void *arg)
{
    coil_time end = coil_after(130 * COIL_MILLISECOND);

    (void)arg;
    coil_loop_set_exception_handler(coil_loop_current(), count_slow_step, NULL);
    while (coil_now() < end)
        continue;
    return coil_yield();
}

TEST(run_in_debug_mode_when_the_environment_says_so)
{
    unsetenv("COIL_BACKEND");
    ASSERT_EQ(setenv("COIL_DEBUG", "0", 1), 0);
    ASSERT_EQ(coil_run(work_long, NULL), 0);
    ASSERT_EQ(slow_steps, 0);
    ASSERT_EQ(setenv("COIL_DEBUG", "1", 1), 0);
    ASSERT_EQ(coil_run(work_long, NULL), 0);
    ASSERT_EQ(slow_steps, 1);
    unsetenv("COIL_DEBUG");
    ASSERT_EQ(coil_run(work_long, NULL), 0);
    ASSERT_EQ(slow_steps, 1);
}
