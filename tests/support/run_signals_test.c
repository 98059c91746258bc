/* SPDX-License-Identifier: MIT */
/*
 * run_signals_test.c - what the programs run_signals and run_signals_shared share
 */
#include "run_signals_test.h"

void ready(void)
{
    printf("ready\n");
    fflush(stdout);
}

static void tell(void *arg)
{
    (void)arg;
    ready();
}

/*
 * The loop tells, while the task sleeps.  ThreadSanitizer keeps a signal that
 * comes outside of a call for the coroutine that runs then, and a task that
 * sleeps would see it when it is over.
 */
int tell_and_sleep(void *arg)
{
    struct coil_handle handle = { 0 };
    int rc;

    (void)arg;
    ASSERT_EQ(coil_loop_call_soon(coil_loop_current(), &handle, tell, NULL), 0);
    rc = coil_sleep(COIL_MINUTE);
    coil_handle_cancel(&handle);
    return rc;
}

void by_default(void)
{
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
}

void play_program(void *arg)
{
    by_default();
    exit(coil_run_status(coil_run(*(coil_fn *)arg, NULL)));
}

void end_by(int number, coil_fn fn)
{
    child_start(&the_child, play_program, &fn);
    child_await(&the_child, "ready\n");
    kill(the_child.pid, number);
}

void expect_status(int status)
{
    child_end(&the_child);
    ASSERT_CHILD_EXITED(&the_child, status);
}

static void set_event(void *event)
{
    coil_event_set(event);
}

COIL_SUSPENDS int wait_for(int number)
{
    struct coil_event event = COIL_EVENT_INIT;
    struct coil_signal_handler handler = { .loop = NULL };
    struct coil_loop *loop = coil_loop_current();
    int rc;

    ASSERT_EQ(
        coil_loop_add_signal_handler(loop, &handler, number, set_event, &event),
        0);
    ready();
    rc = coil_event_wait(&event);
    ASSERT(coil_loop_remove_signal_handler(loop, &handler));
    return rc;
}
