/* SPDX-License-Identifier: MIT */
/*
 * Descriptors in a selection, on the kernel.
 */
#include <unistd.h>

#include <coil/error.h>
#include <coil/event.h>
#include <coil/fd.h>
#include <coil/run.h>
#include <coil/select.h>
#include <coil/sleep.h>

#include "actors.h"

static int ends[2];
static struct coil_event event;

static int on_the_kernel(coil_fn fn)
{
    int rc;

    ASSERT_EQ(pipe(ends), 0);
    coil_event_init(&event);
    rc = coil_run(fn, NULL);
    close(ends[0]);
    close(ends[1]);
    return rc;
}

static int select_pipe(void *arg)
{
    struct coil_select_case cases[] = {
        coil_wait_fd_case(ends[0], COIL_READABLE),
        coil_event_wait_case(&event),
    };
    int rc = coil_select(cases, 2);

    (void)arg;
    if (rc == 0)
        ASSERT_EQ(cases[0].result, COIL_READABLE);
    return rc;
}

static int become_readable(void *arg)
{
    struct coil_task *task = start_waiting(select_pipe, NULL);

    (void)arg;
    ASSERT_EQ(write(ends[1], "x", 1), 1);
    ASSERT_EQ(end_of(task), 0);
    ASSERT_EQ(select_pipe(NULL), 0); /* it still is */
    coil_event_set(&event);
    ASSERT_EQ(select_pipe(NULL), 1); /* a descriptor comes last */
    return 0;
}

TEST(fd_case_is_chosen_when_it_is_ready)
{
    ASSERT_EQ(on_the_kernel(become_readable), 0);
}

static int be_passed_over(void *arg)
{
    struct coil_task *task = start_waiting(select_pipe, NULL);

    (void)arg;
    coil_event_set(&event);
    ASSERT_EQ(end_of(task), 1);
    /* Nobody watches it: the kernel has nothing to tell. */
    ASSERT_EQ(write(ends[1], "x", 1), 1);
    ASSERT_EQ(coil_sleep(COIL_MILLISECOND), 0);
    return coil_wait_fd(ends[0], COIL_READABLE);
}

TEST(fd_case_that_is_passed_over_is_not_watched)
{
    ASSERT_EQ(on_the_kernel(be_passed_over), COIL_READABLE);
}

static int be_cancelled(void *arg)
{
    struct coil_task *task = start_waiting(select_pipe, NULL);

    (void)arg;
    ASSERT_EQ(end_by_cancelling(task), -ECANCELED);
    ASSERT_EQ(write(ends[1], "x", 1), 1);
    return coil_wait_fd(ends[0], COIL_READABLE);
}

TEST(fd_case_leaves_nothing_when_cancelled)
{
    ASSERT_EQ(on_the_kernel(be_cancelled), COIL_READABLE);
}

/* Both become readable at one look; what was not chosen is found the next time. */
static int select_two(void *arg)
{
    int more[2];
    struct coil_select_case cases[2];
    struct coil_task *task;
    int rc;

    (void)arg;
    ASSERT_EQ(pipe(more), 0);
    cases[0] = coil_wait_fd_case(ends[0], COIL_READABLE);
    cases[1] = coil_wait_fd_case(more[0], COIL_READABLE);
    task = start_waiting(select_pipe, NULL);
    ASSERT_EQ(write(ends[1], "x", 1), 1);
    ASSERT_EQ(write(more[1], "x", 1), 1);
    rc = coil_select(cases, 2);
    ASSERT_EQ(rc, 0);
    ASSERT_EQ(end_of(task), 0);
    cases[0] = (struct coil_select_case){ 0 };
    ASSERT_EQ(coil_select(cases, 2), 1);
    close(more[0]);
    close(more[1]);
    return 0;
}

TEST(fd_case_of_two_chooses_one)
{
    ASSERT_EQ(on_the_kernel(select_two), 0);
}

static int select_nonsense(void *arg)
{
    struct coil_select_case cases[] = {
        coil_event_wait_case(&event),
        coil_wait_fd_case(ends[0], 0),
    };

    (void)arg;
    ASSERT_EQ(coil_select(cases, 2), 1);
    ASSERT_EQ(cases[1].result, -EINVAL);
    cases[1] = coil_wait_fd_case(-1, COIL_READABLE);
    ASSERT_EQ(coil_select(cases, 2), 1);
    ASSERT_EQ(cases[1].result, -EBADF);
    coil_event_set(&event); /* nobody stands there any more */
    return coil_select(cases, 1);
}

TEST(fd_case_of_no_descriptor_is_a_result)
{
    ASSERT_EQ(on_the_kernel(select_nonsense), 0);
}
