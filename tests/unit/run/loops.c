/* SPDX-License-Identifier: MIT */
/* LABELS: threads */
/* WRAPS: pthread_create */
/* Several loops, each in a thread of its own. */
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>

#include <coil/error.h>
#include <coil/handle.h>
#include <coil/loop.h>
#include <coil/loops.h>
#include <coil/shared_event.h>
#include <coil/sleep.h>
#include <coil/threadsafe.h>

#include "test.h"

enum { LOOPS = 4 };

static atomic_uint seen; /* a bit for each loop */
static atomic_int ended;
static unsigned threads_until_failure; /* 0: all can be made */

typedef void *thread_fn(void *arg);
int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          thread_fn *fn, void *arg);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          thread_fn *fn, void *arg);

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          thread_fn *fn, void *arg)
{
    if (threads_until_failure > 0 && --threads_until_failure == 0)
        return EAGAIN;
    return __real_pthread_create(thread, attributes, fn, arg);
}

/* Without a watchdog, which is a thread, too. */
static const struct coil_loops_options quiet = { .loop.no_watchdog = true };

static int show_up(void *arg)
{
    unsigned index = coil_loops_index();

    ASSERT_STR_EQ((char *)arg, "argument");
    ASSERT_EQ(coil_loops_count(), LOOPS);
    ASSERT_PTR_EQ(coil_loops_at(index), coil_loop_current());
    ASSERT_NULL(coil_loops_at(LOOPS));
    ASSERT_EQ(atomic_fetch_or(&seen, 1U << index) >> index & 1, 0);
    return (int)index + 7;
}

TEST(loops_run_the_same_function_each)
{
    ASSERT_EQ(coil_loops_run(LOOPS, show_up, "argument"), 7);
    ASSERT_EQ(atomic_load(&seen), (1U << LOOPS) - 1);
    /* And again. */
    atomic_store(&seen, 0);
    ASSERT_EQ(coil_loops_run(LOOPS, show_up, "argument"), 7);
    ASSERT_EQ(atomic_load(&seen), (1U << LOOPS) - 1);
}

static int show_one(void *arg)
{
    (void)arg;
    ASSERT_EQ(coil_loops_index(), 0);
    ASSERT_EQ(coil_loops_count(), 1);
    ASSERT_EQ(coil_loops_run(2, show_up, NULL), -EBUSY);
    return 3;
}

TEST(loops_of_one_are_a_run)
{
    ASSERT_EQ(coil_loops_run(1, show_one, NULL), 3);
    ASSERT_EQ(coil_loops_index(), 0);
    ASSERT_EQ(coil_loops_count(), 1);
    ASSERT_NULL(coil_loops_at(0));
}

static int count_in(void *arg)
{
    (void)arg;
    atomic_fetch_add(&ended, 1);
    return 0;
}

TEST(loops_by_default_are_as_many_as_processors)
{
    cpu_set_t set;

    ASSERT_EQ(sched_getaffinity(0, sizeof set, &set), 0);
    ASSERT_EQ(coil_loops_run(0, count_in, NULL), 0);
    ASSERT_EQ(atomic_load(&ended), CPU_COUNT(&set));
}

/* ---- the first error ends all ---- */

static int fail_on_2(void *arg)
{
    static struct coil_shared_event never = COIL_SHARED_EVENT_INIT;
    int rc;

    (void)arg;
    if (coil_loops_index() == 2)
        return -EIO;
    rc = coil_shared_event_wait(&never);
    ASSERT_EQ(rc, -ECANCELED);
    atomic_fetch_add(&ended, 1);
    return rc;
}

TEST(loops_end_with_the_first_error)
{
    ASSERT_EQ(coil_loops_run(LOOPS, fail_on_2, NULL), -EIO);
    ASSERT_EQ(atomic_load(&ended), LOOPS - 1);
}

/* A loop that ends well ends alone. */
static int sleep_longer(void *arg)
{
    int rc = coil_sleep(coil_loops_index() * COIL_MILLISECOND);

    (void)arg;
    if (rc == 0)
        atomic_fetch_add(&ended, 1);
    return rc;
}

TEST(loops_that_end_well_end_alone)
{
    ASSERT_EQ(coil_loops_run(LOOPS, sleep_longer, NULL), 0);
    ASSERT_EQ(atomic_load(&ended), LOOPS);
}

/* Cancelling all comes too late for one that has ended. */
static int fail_last(void *arg)
{
    int *left = arg;

    if (coil_loops_index() > 0)
        return 0;
    while (coil_loops_at(1) || coil_loops_at(2) || coil_loops_at(3)) {
        int rc = coil_yield();

        if (rc < 0)
            return rc;
    }
    *left = 0;
    return -EDOM;
}

TEST(loops_that_have_ended_are_not_cancelled)
{
    int left = 3;

    ASSERT_EQ(coil_loops_run(LOOPS, fail_last, &left), -EDOM);
    ASSERT_EQ(left, 0);
}

/*
 * On each loop, when its main task waits.  ThreadSanitizer would keep a signal that
 * comes while a task runs for that task.
 */
static void interrupt_when_all_wait(void *arg)
{
    (void)arg;
    if (atomic_fetch_add(&ended, 1) + 1 == LOOPS)
        ASSERT_EQ(kill(getpid(), SIGINT), 0);
}

static int wait_for_signal(void *arg)
{
    struct coil_handle handle = { 0 };
    int rc;

    (void)arg;
    ASSERT_EQ(coil_loop_call_soon(coil_loop_current(), &handle,
                                  interrupt_when_all_wait, NULL),
              0);
    rc = coil_sleep(60 * COIL_MINUTE);
    coil_handle_cancel(&handle);
    return rc;
}

TEST(loops_are_all_interrupted)
{
    ASSERT_EQ(coil_loops_run(LOOPS, wait_for_signal, NULL),
              COIL_ESIGNAL(SIGINT));
}

/* ---- what cannot be made ---- */

static int must_not_begin(void *arg)
{
    (void)arg;
    ASSERT(false);
    return 0;
}

TEST(loops_without_threads_do_not_begin)
{
    for (unsigned n = 1; n < LOOPS; n++) {
        threads_until_failure = n;
        ASSERT_EQ(coil_loops_run_with(LOOPS, must_not_begin, NULL, &quiet),
                  -EAGAIN);
        threads_until_failure = 0;
    }
    ASSERT_EQ(coil_loops_run(2, count_in, NULL), 0);
}

/* ---- processors ---- */

static int look_where(void *arg)
{
    cpu_set_t set;

    (void)arg;
    ASSERT_EQ(sched_getaffinity(0, sizeof set, &set), 0);
    return CPU_COUNT(&set) == 1 ? 0 : -EIO;
}

TEST(loops_are_pinned_if_asked_to)
{
    const struct coil_loops_options pinned = { .pin = true };
    cpu_set_t before, after;

    ASSERT_EQ(sched_getaffinity(0, sizeof before, &before), 0);
    ASSERT_EQ(coil_loops_run_with(LOOPS, look_where, NULL, &pinned), 0);
    ASSERT_EQ(sched_getaffinity(0, sizeof after, &after), 0);
    ASSERT(CPU_EQUAL(&before, &after));
}

/* ---- from loop to loop ---- */

static int say_where(void *arg)
{
    (void)arg;
    return (int)coil_loops_index();
}

static int call_the_other(void *arg)
{
    static struct coil_shared_event over = COIL_SHARED_EVENT_INIT;
    struct coil_thread_call call;

    (void)arg;
    if (coil_loops_index() == 1)
        return coil_shared_event_wait(&over);
    ASSERT_EQ(coil_run_threadsafe(coil_loops_at(1), &call, say_where, NULL), 0);
    ASSERT_EQ(coil_thread_call_await(&call), 1);
    coil_shared_event_set(&over);
    return 0;
}

TEST(loops_can_call_each_other)
{
    ASSERT_EQ(coil_loops_run(2, call_the_other, NULL), 0);
}
