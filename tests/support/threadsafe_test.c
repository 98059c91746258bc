/* SPDX-License-Identifier: MIT */
/*
 * threadsafe_test.c - what the programs threadsafe and threadsafe_close share
 */
#include "threadsafe_test.h"

static void *help(void *arg)
{
    const struct helper *helper = arg;

    helper->fn(helper->arg);
    coil_loop_stop_threadsafe(loop);
    return NULL;
}

void run_beside(void (*fn)(void *arg), void *arg)
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

int add_one(void *arg)
{
    int *n = arg;
    int rc;

    ASSERT_PTR_EQ(coil_loop_current(), loop);
    ASSERT_NOT_NULL(coil_current_task());
    rc = coil_yield();
    ++*n;
    return rc < 0 ? rc : *n;
}

atomic_int waiting;

int wait_for_ever(void *arg)
{
    struct coil_event event = COIL_EVENT_INIT;
    int rc;

    atomic_fetch_add(&waiting, 1);
    rc = coil_event_wait(&event);
    if (arg)
        *(int *)arg = rc;
    return rc;
}
