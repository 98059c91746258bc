/* SPDX-License-Identifier: MIT */
/*
 * coil_run() against B2 of asyncio's behaviour, RUN-1, RUN-2 and RUN-4: what it
 * returns, what it ends, and how SIGINT ends it.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <coil/combinators.h>
#include <coil/error.h>
#include <coil/event.h>
#include <coil/loop.h>
#include <coil/stream.h>
#include <coil/task.h>
#include <coil/task_group.h>
#include <coil/testing.h>
#include <coil/timeout.h>

#include "backend/uring.h"
#include "base/platform.h"
#include "bodies.h"
#include "child.h"
#include "process.h"
#include "test.h"

static char trace[256];

/* ---- results -------------------------------------------------------------- */

/* RUN-1 */
TEST(run_returns_what_main_returned)
{
    int values[] = {
        0, 1, 77, INT32_MAX, -1, -EIO, -EDEADLK, -EINTR, -ECANCELED
    };

    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        ASSERT_EQ(coil_run(return_pointee, &values[i]), values[i]);
}

/* Programs keep their large locals there. */
static int fill_much(void *arg)
{
    volatile char room[800 << 10];

    (void)arg;
    for (size_t i = sizeof room; i > 0; i--)
        room[i - 1] = (char)i;
    ASSERT_EQ(coil_yield(), 0);
    for (size_t i = 0; i < sizeof room; i++)
        ASSERT_EQ(room[i], (char)(i + 1));
    return 0;
}

TEST(run_gives_main_a_large_stack)
{
    struct coil_loop *loop;

    for (int i = 0; i < 3; i++)
        ASSERT_EQ(coil_run(fill_much, NULL), 0);
    ASSERT_EQ(coil_loop_new(&loop, NULL), 0);
    for (int i = 0; i < 3; i++)
        ASSERT_EQ(coil_loop_run_until_complete(loop, fill_much, NULL), 0);
    ASSERT_EQ(coil_loop_close(loop, NULL), 0);
}

static int run_again(void *arg)
{
    struct coil_loop_options options = { .backend = COIL_BACKEND_SIMULATOR };

    ASSERT_EQ(coil_run(return_pointee, arg), -EBUSY);
    ASSERT_EQ(coil_run_with(return_pointee, arg, &options), -EBUSY);
    ASSERT_EQ(coil_test_run(return_pointee, arg, 1), -EBUSY);
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
    /* The task was cancelled when the loop was closed. */
    printf("%s\n", trace);
}

TEST(run_of_what_can_never_go_on_is_an_error_and_cleans_up)
{
    child_run(&the_child, run_deadlocked, NULL);
    ASSERT_CHILD_EXITED(&the_child, 0);
    ASSERT_STR_CONTAINS(the_child.text, "1\nended \n");
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
        rc = coil_run(return_pointee, &value);
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

/* RUN-2: the errors go to the handler, not to the caller */
TEST(run_reports_the_errors_of_what_was_left)
{
    child_run(&the_child, run_leaving_a_failing_one, NULL);
    ASSERT_CHILD_EXITED(&the_child, 0);
    ASSERT_STR_CONTAINS(the_child.text, "'sore loser'");
    ASSERT_STR_CONTAINS(the_child.text, "Input/output error");
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

/* ---- the environment ------------------------------------------------------ */

static int sleep_an_hour(void *arg)
{
    *(coil_time *)arg = coil_now();
    ASSERT_EQ(coil_loop_backend(coil_loop_current()), COIL_BACKEND_SIMULATOR);
    return coil_sleep(60 * COIL_MINUTE);
}

TEST(run_on_the_simulator_when_the_environment_says_so)
{
    coil_time begun = -1;

    ASSERT_EQ(setenv("COIL_BACKEND", "simulator", 1), 0);
    ASSERT_EQ(coil_run(sleep_an_hour, &begun), 0);
    ASSERT_EQ(begun, 0);
}

static int look_for_ring(void *arg)
{
    *(bool *)arg = has_ring();
    ASSERT_EQ(coil_loop_backend(coil_loop_current()),
              has_ring() ? COIL_BACKEND_URING : COIL_BACKEND_EPOLL);
    return 0;
}

TEST(run_on_a_ring_when_the_environment_says_so)
{
    struct coil__backend *backend;
    bool found;

    ASSERT_EQ(setenv("COIL_BACKEND", "epoll", 1), 0);
    ASSERT_EQ(coil_run(look_for_ring, &found), 0);
    ASSERT(!found);
    ASSERT_EQ(setenv("COIL_BACKEND", "uring", 1), 0);
    ASSERT_EQ(coil_run(look_for_ring, &found), 0);
    ASSERT(!has_ring());
    if (coil__uring_open(&backend) < 0) {
        ASSERT(!found);
        SKIP("no io_uring");
    }
    backend->ops->close(backend);
    ASSERT(found);
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

/* See test.h. */
bool test_reports_slow_steps = true;

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
