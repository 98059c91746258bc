/* SPDX-License-Identifier: MIT */
/* threadsafe_test.h - what the programs threadsafe and threadsafe_close share */
#ifndef COIL_TESTS_THREADSAFE_TEST_H
#define COIL_TESTS_THREADSAFE_TEST_H

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include <coil/event.h>
#include <coil/local.h>
#include <coil/testing.h>
#include <coil/threadsafe.h>

#include "loop/loop.h"
#include "beside_test.h"

/* Run `loop` while fn(arg) runs in another thread, which stops it at its end. */
struct helper {
    void (*fn)(void *arg);
    void *arg;
};

static inline void *help(void *arg)
{
    const struct helper *helper = arg;

    helper->fn(helper->arg);
    coil_loop_stop_threadsafe(loop);
    return NULL;
}

static inline void run_beside(void (*fn)(void *arg), void *arg)
{
    struct helper helper = { fn, arg };
    pthread_t thread;

    coil_loop_hold(loop);
    thread = start_thread(help, &helper);
    ASSERT_EQ(coil_loop_run_forever(loop), 0);
    coil_loop_release(loop);
    join(thread);
}

/* ---- what is called ---- */

static inline int add_one(void *arg)
{
    int *n = arg;
    int rc;

    ASSERT_PTR_EQ(coil_loop_current(), loop);
    ASSERT_NOT_NULL(coil_current_task());
    rc = coil_yield();
    ++*n;
    return rc < 0 ? rc : *n;
}

static inline int fail(void *arg)
{
    (void)arg;
    return -EXDEV;
}

static atomic_int waiting;

static inline int wait_for_ever(void *arg)
{
    struct coil_event event = COIL_EVENT_INIT;
    int rc;

    atomic_fetch_add(&waiting, 1);
    rc = coil_event_wait(&event);
    if (arg)
        *(int *)arg = rc;
    return rc;
}

#endif
