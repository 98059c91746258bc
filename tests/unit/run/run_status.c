/* SPDX-License-Identifier: MIT */
/*
 * coil_run_status(): the exit status for the shell that stands for the result
 * of coil_run().
 */
#include <stdio.h>

#include <coil.h>

#include "actors.h"
#include "bodies.h"
#include "child.h"
#include "test.h"

static struct child child;

static void run_and_return(void *arg)
{
    exit(coil_run_status(coil_run(return_pointee, arg)));
}

static void expect_status_of(int rc, int status, const char *text)
{
    child_run(&child, run_and_return, &rc);
    ASSERT_CHILD_EXITED(&child, status);
    if (text)
        ASSERT_STR_CONTAINS(child.text, text);
    else
        ASSERT_STR_EQ(child.text, "");
}

TEST(run_status_is_what_main_returned_or_1_with_a_message)
{
    expect_status_of(0, 0, NULL);
    expect_status_of(1, 1, NULL);
    expect_status_of(77, 77, NULL);
    expect_status_of(255, 255, NULL);
    /* The shell would see 0 for these. */
    expect_status_of(256, 255, NULL);
    expect_status_of(INT32_MAX, 255, NULL);
    expect_status_of(-EPIPE, 1, "test_run_status: Broken pipe\n");
    expect_status_of(-ECANCELED, 1, ": cancelled\n");
    /* The signal is not the reason: it may be an error of the program. */
    expect_status_of(-EINTR, 1, ": Interrupted system call\n");
    expect_status_of(INT32_MIN, 1, ": unknown error\n");
    expect_status_of(COIL_ERESOLVE(-2), 1, ": ");
    expect_status_of(COIL_ESIGNAL(SIGHUP), 129, NULL);
}

TEST(run_status_knows_signals_from_all_other_errors)
{
    ASSERT_EQ(coil_error_signal(COIL_ESIGNAL(SIGINT)), SIGINT);
    ASSERT_EQ(coil_error_signal(COIL_ESIGNAL(SIGTERM)), SIGTERM);
    ASSERT_EQ(coil_error_signal(COIL_ESIGNAL(64)), 64);
    for (int error = -5400; error <= 300; error++)
        ASSERT_EQ(coil_error_signal(error), 0);
    ASSERT_EQ(coil_error_signal(COIL_ESIGNAL(0)), 0);
    ASSERT_EQ(coil_error_signal(COIL_ESIGNAL(128)), 0);
    ASSERT_EQ(coil_error_signal(COIL_EHTTP_MALFORMED), 0);
    ASSERT_EQ(coil_error_signal(INT32_MIN), 0);
    ASSERT_EQ(coil_error_signal(INT32_MAX), 0);
    ASSERT_STR_EQ(coil_strerror(INT32_MAX), "success");
    ASSERT_STR_EQ(coil_strerror(COIL_ESIGNAL(SIGINT)), "interrupted by SIGINT");
    ASSERT_STR_EQ(coil_strerror(COIL_ESIGNAL(SIGTERM)), "ended by SIGTERM");
}

static int stop_the_loop(void *arg)
{
    (void)arg;
    coil_loop_stop(coil_loop_current());
    return coil_sleep(COIL_MINUTE);
}

TEST(run_status_of_a_loop_that_was_stopped_is_no_signals)
{
    ASSERT_EQ(coil_run(stop_the_loop, NULL), -EINTR);
}
