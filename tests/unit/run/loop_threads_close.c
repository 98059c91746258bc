/* SPDX-License-Identifier: MIT */
/* LABELS: threads */
/*
 * Another thread stops or calls a loop that ends and is closed at the same
 * time: neither may free what the other still uses.
 */
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

#include <coil/stream.h>

#include "loop/loop.h"
#include "beside_test.h"

/* ---- a thread that is slow to wake the loop ------------------------------- */

static struct coil__backend_ops slow;
static const struct coil__backend_ops *usual;
static atomic_bool is_spinning; /* the loop runs, and looks without waiting */
static atomic_bool is_closing;
static atomic_bool is_closed;
static atomic_int wakes;

/*
 * The loop has heard of the call already, and only the call itself keeps the
 * loop in memory. Otherwise nobody could wait for that: there is time.
 */
static void wake_slowly(struct coil__backend *backend)
{
    while (!atomic_load(&is_closing))
        sched_yield();
    for (int i = 0; i < 20000 && !atomic_load(&is_closed); i++)
        sched_yield();
    if (atomic_load(&is_closed))
        FAIL("the loop is gone while another thread wakes it");
    usual->wake(backend);
    atomic_fetch_add(&wakes, 1);
}

static int spin(void *arg)
{
    int rc;

    (void)arg;
    atomic_store(&is_spinning, true);
    do
        rc = coil_yield();
    while (rc == 0);
    return rc;
}

/* The loop waits nearly all the time, and looks without being woken. */
static int doze(void *arg)
{
    int rc;

    (void)arg;
    atomic_store(&is_spinning, true);
    do
        rc = coil_sleep(10 * COIL_MILLISECOND);
    while (rc == 0);
    return rc;
}

static void end_run(void *arg)
{
    (void)arg;
    coil_loop_stop(loop);
}

static void *stop(void *arg)
{
    (void)arg;
    while (!atomic_load(&is_spinning))
        sched_yield();
    coil_loop_stop_threadsafe(loop);
    return NULL;
}

static void *call(void *arg)
{
    /* A loop that is awake need not be woken. */
    while (!atomic_load(&is_spinning) || atomic_load(&loop->is_awake))
        sched_yield();
    ASSERT_EQ(coil_loop_call_soon_threadsafe(loop, arg, end_run, NULL), 0);
    return NULL;
}

static void close_beside(coil_fn run, void *(*fn)(void *arg))
{
    struct coil_handle handle = { 0 };
    pthread_t thread;

    usual = loop->backend->ops;
    slow = *usual;
    slow.wake = wake_slowly;
    loop->backend->ops = &slow;
    atomic_store(&is_spinning, false);
    atomic_store(&is_closing, false);
    atomic_store(&is_closed, false);
    atomic_store(&wakes, 0);
    ASSERT_EQ(coil_loop_create_task(loop, NULL, run, NULL), 0);
    thread = start_thread(fn, &handle);
    ASSERT_EQ(coil_loop_run_forever(loop), 0);
    coil_loop_set_exception_handler(loop, NULL, NULL);
    atomic_store(&is_closing, true);
    ASSERT_EQ(coil_loop_close(loop, NULL), 0);
    atomic_store(&is_closed, true);
    join(thread);
    loop = NULL;
}

LOOP_TEST(loop_threads_close_waits_for_one_that_stops_it)
{
    close_beside(spin, stop);
    ASSERT_EQ(atomic_load(&wakes), 1);
}

LOOP_TEST(loop_threads_close_waits_for_one_that_calls)
{
    close_beside(doze, call);
    ASSERT_LE(atomic_load(&wakes), 1);
}

/* ---- too late ------------------------------------------------------------- */

LOOP_TEST(loop_threads_close_makes_what_follows_harmless)
{
    struct coil_loop *gone = loop;

    ASSERT_EQ(coil_loop_close(loop, NULL), 0);
    loop = NULL;
    coil_loop_stop_threadsafe(gone);
    ASSERT_EQ(coil_loop_call_soon_threadsafe(gone, &handles[0], say_name, NULL),
              -ESHUTDOWN);
    /* The handle belongs to the caller as before. */
    ASSERT(!coil_handle_cancel(&handles[0]));
    ASSERT_EQ(coil_loop_new(&loop, &variants[variant]), 0);
    ASSERT_EQ(coil_loop_call_soon_threadsafe(loop, &handles[0], say_name,
                                             (void *)(uintptr_t) "again"),
              0);
    run_once();
    SAID("again ");
}

static void *call_for_clean_up(void *arg)
{
    ASSERT_EQ(coil_loop_call_soon_threadsafe(loop, &handles[1], say_name,
                                             (void *)(uintptr_t) "cleaned"),
              0);
    (void)arg;
    return NULL;
}

static int clean_up_by_another(void *arg)
{
    int rc = coil_sleep(COIL_MINUTE);

    (void)arg;
    join(start_thread(call_for_clean_up, NULL));
    if (coil_yield() < 0 || coil_yield() < 0)
        return -EIO;
    return rc;
}

/* A task may need another thread for its clean-up. */
LOOP_TEST(loop_threads_close_still_makes_calls_until_the_tasks_have_ended)
{
    ASSERT_EQ(coil_loop_create_task(loop, NULL, clean_up_by_another, NULL), 0);
    run_once();
    ASSERT_EQ(coil_loop_close(loop, NULL), 0);
    loop = NULL;
    SAID("cleaned ");
}

static void post_late(struct coil_loop *from,
                      const struct coil_exception *exception, void *arg)
{
    (void)exception;
    if (coil_handle_cancel(&handles[2]))
        return;
    (void)coil_loop_call_soon_threadsafe(from, &handles[2], say_name, arg);
}

static int leave_listener(void *arg)
{
    struct coil_listener *listener;
    int rc = coil_tcp_listen(&listener, "127.0.0.1", 0);

    *(struct coil_listener **)arg = listener;
    return rc;
}

/*
 * A call that is posted in the last moment is never made, and is not lost
 * either.
 */
LOOP_TEST(loop_threads_close_gives_back_what_was_posted_last)
{
    struct coil_listener *listener;

    if (variant < KERNEL_VARIANTS)
        return;
    ASSERT_EQ(coil_loop_run_until_complete(loop, leave_listener, &listener), 0);
    coil_loop_set_exception_handler(loop, post_late, NULL);
    ASSERT_EQ(coil_loop_close(loop, NULL), 0);
    free(listener);
    SAID("");
    ASSERT_EQ(coil_loop_new(&loop, &variants[variant]), 0);
    ASSERT_EQ(coil_loop_call_soon(loop, &handles[2], say_name,
                                  (void *)(uintptr_t) "free"),
              0);
    run_once();
    SAID("free ");
}
