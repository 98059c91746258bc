/* SPDX-License-Identifier: MIT */
/* LABELS: threads */
/* TIMEOUT: 120 */
/* WRAPS: pthread_attr_init pthread_create epoll_create1 eventfd epoll_ctl epoll_wait poll syscall */
/*
 * Programs with other threads, with signals and on foreign loops, in which
 * every allocation and every system call fails in its turn: failures.h,
 * outside.h.
 */
#include <coil/thread.h>

#include "failures.h"
#include "failures_outside.h"
#include "outside.h"
#include "scenarios/threads.h"

static int compute_without_threads(void *arg)
{
    static atomic_int n;

    (void)arg;
    fail_all_of(&thread_making);
    ASSERT_EQ(coil_to_thread(increment_unseen, &n), -EAGAIN);
    ASSERT_EQ(coil_to_thread_copy(increment_unseen, &n), -EAGAIN);
    ASSERT_EQ(n, 0);
    return 0;
}

static int compute_once(void *arg)
{
    static atomic_int n;

    (void)arg;
    fail_system_call(0, 0, false);
    return coil_to_thread(increment_unseen, &n);
}

/* The pool has no thread yet, and closing the loop waits for no call. */
TEST(failures_default_executor_without_a_thread_to_be_had)
{
    setenv("COIL_WATCHDOG", "0", 1);
    ASSERT_EQ(coil_run(compute_without_threads, NULL), 0);
    ASSERT_EQ(coil_run(compute_once, NULL), 0);
}

__attribute__((constructor)) static void make_tests(void)
{
    theatre = &on_the_kernel;
    fail_outside();
    scenario_tests(__FILE__, "failures", scenarios_threads, fail_everything);
    scenario_tests(__FILE__, "failures", scenarios_kernel, fail_everything);
    scenario_tests(__FILE__, "failures", scenarios_loops, fail_everything);
}
