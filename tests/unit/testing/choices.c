/* SPDX-License-Identifier: MIT */
/*
 * Choices that are given, choices that are many, and choices without memory;
 * and what exploring does when a schedule leaves something behind.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <coil/loop.h>
#include <coil/stream.h>
#include <coil/task.h>
#include <coil/testing.h>
#include <coil/timeout.h>

#include "child.h"
#include "test.h"

static struct child child;
static uint64_t runs;

/* ---- choices that are given ----------------------------------------------- */

static uint64_t chosen[2];

static int choose_two(void *arg)
{
    (void)arg;
    chosen[0] = coil_test_choose(3);
    chosen[1] = coil_test_choose(4);
    return 0;
}

static void expect_chosen(const char *text, uint64_t first, uint64_t second)
{
    setenv("COIL_CHOICES", text, 1);
    ASSERT_EQ(coil_test_explore(choose_two, NULL, 0, &runs), 0);
    ASSERT_EQ(runs, 1);
    ASSERT_EQ(chosen[0], first);
    ASSERT_EQ(chosen[1], second);
}

TEST(choices_that_are_given_are_made_and_the_rest_are_the_first)
{
    expect_chosen("2.1", 2, 1);
    expect_chosen("1", 1, 0);
    expect_chosen("1.", 1, 0);
    expect_chosen("", 0, 0);
}

TEST(choices_that_there_are_not_are_the_last_there_is)
{
    expect_chosen("9.2", 2, 2);
    expect_chosen("3.4", 2, 3);
    expect_chosen("4294967294.4294967294", 2, 3);
}

TEST(choices_that_make_no_sense_are_refused)
{
    static const char *const bad[] = {
        "x", ".", "1.x", "1x", "1..2", "99999999999999999999", "4294967295"
    };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        setenv("COIL_CHOICES", bad[i], 1);
        chosen[0] = 7;
        ASSERT_EQ(coil_test_explore(choose_two, NULL, 0, &runs), -EINVAL);
        ASSERT_EQ(runs, 0);
        ASSERT_EQ(chosen[0], 7);
    }
}

static int fail_at_once(void *arg)
{
    (void)arg;
    return -EBADMSG;
}

static void explore_failure(void *arg)
{
    (void)arg;
    ASSERT_EQ(coil_test_explore(fail_at_once, NULL, 0, &runs), -EBADMSG);
}

TEST(choices_of_a_run_that_makes_none_are_said_as_0)
{
    child_run(&child, explore_failure, NULL);
    ASSERT_CHILD_EXITED(&child, 0);
    ASSERT_STR_EQ(child.text, "coil: it failed with COIL_CHOICES=0\n");
}

static int choose_of_very_many(void *arg)
{
    (void)arg;
    ASSERT_EQ(coil_test_choose(UINT64_MAX), runs);
    ASSERT_EQ(coil_test_choose(0), 0);
    ASSERT_EQ(coil_test_choose(1), 0);
    runs++;
    return 0;
}

TEST(choices_of_very_many_are_begun)
{
    uint64_t count;

    ASSERT_EQ(coil_test_explore(choose_of_very_many, NULL, 5, &count), 1);
    ASSERT_EQ(count, 5);
    ASSERT_EQ(runs, 5);
}

/* ---- without a schedule --------------------------------------------------- */

static int choose_on_kernel(void *arg)
{
    (void)arg;
    ASSERT_EQ(coil_test_choose(5), 0);
    coil_test_let_time_pass(1, COIL_MINUTE);
    ASSERT_EQ(coil_test_random(5), 0);
    return 0;
}

TEST(choices_off_the_simulator_are_the_first)
{
    ASSERT_EQ(coil_test_choose(5), 0);
    coil_test_let_time_pass(1, COIL_MINUTE);
    ASSERT_EQ(coil_run(choose_on_kernel, NULL), 0);
}

/* ---- time ----------------------------------------------------------------- */

static bool was_late;

static int be_late_perhaps(void *arg)
{
    struct coil_timeout limit;
    int rc;

    coil_test_let_time_pass(2, *(coil_time *)arg);
    ASSERT_EQ(coil_timeout_begin(&limit, COIL_SECOND), 0);
    rc = coil_yield();
    was_late = coil_timeout_end(&limit, rc) == -ETIMEDOUT || was_late;
    return 0;
}

TEST(choices_of_time_go_no_further_than_they_may)
{
    coil_time most = COIL_SECOND - 1;

    ASSERT_EQ(coil_test_explore(be_late_perhaps, &most, 0, &runs), 0);
    ASSERT(!was_late);
    most = COIL_SECOND;
    ASSERT_EQ(coil_test_explore(be_late_perhaps, &most, 0, &runs), 0);
    ASSERT(was_late);
}

static void never_called(void *arg)
{
    (void)arg;
    FAIL("called at the end of time");
}

static int arm_for_never(void *arg)
{
    struct coil_handle handle = { 0 };

    (void)arg;
    coil_test_let_time_pass(1, COIL_NEVER);
    ASSERT_EQ(coil_loop_call_at(coil_loop_current(), &handle, COIL_NEVER,
                                never_called, NULL),
              0);
    ASSERT_EQ(coil_yield(), 0);
    ASSERT(coil_handle_cancel(&handle));
    return 0;
}

TEST(choices_of_time_do_not_reach_never)
{
    ASSERT_EQ(coil_test_explore(arm_for_never, NULL, 0, &runs), 0);
    ASSERT_EQ(coil_test_run_seeds(arm_for_never, NULL, 1, 20), 0);
}

/* ---- without memory ------------------------------------------------------- */

/* More choices than there is room for at first. */
enum { MANY = 1500 };

static int choose_many(void *arg)
{
    const bool *fails = arg;

    for (int i = 0; i < MANY; i++) {
        if (i == 1000 && *fails)
            coil_test_fail_allocation(1, true);
        coil_test_choose(2);
    }
    coil_test_fail_allocation(0, false);
    return 0;
}

TEST(choices_without_memory_for_more_are_an_error)
{
    bool fails = true;

    ASSERT_EQ(coil_test_explore(choose_many, &fails, 3, &runs), -ENOMEM);
    fails = false;
    ASSERT_EQ(coil_test_explore(choose_many, &fails, 3, &runs), 1);
    ASSERT_EQ(runs, 3);
}

static int explore_chosen(void)
{
    return coil_test_explore(choose_two, NULL, 0, &runs);
}

static int explore_seeds(void)
{
    return coil_test_run_seeds(choose_two, NULL, 1, 3);
}

static void survive_failures(int (*explore)(void))
{
    size_t live = coil_test_live_allocations();

    for (size_t n = 1;; n++) {
        size_t before = coil_test_allocations();
        int rc;

        coil_test_fail_allocation(n, false);
        rc = explore();
        coil_test_fail_allocation(0, false);
        if (coil_test_allocations() - before < n)
            break;
        ASSERT_EQ(rc, -ENOMEM);
    }
    ASSERT_EQ(explore(), 0);
    ASSERT_EQ(coil_test_live_allocations(), live);
}

static void survive_all_failures(void *arg)
{
    char given[2 * MANY];

    (void)arg;
    survive_failures(explore_chosen);
    survive_failures(explore_seeds);
    for (size_t i = 0; i < sizeof given; i++)
        given[i] = i % 2 ? '.' : '1';
    given[sizeof given - 1] = '\0';
    setenv("COIL_CHOICES", given, 1);
    survive_failures(explore_chosen);
}

/* In a child, which prints the error each time. */
TEST(choices_without_memory_for_the_loop_are_an_error)
{
    child_run(&child, survive_all_failures, NULL);
    ASSERT_CHILD_EXITED(&child, 0);
    ASSERT_EQ(explore_chosen(), 0);
}

/* ---- what a schedule leaves ----------------------------------------------- */

static struct coil_handle left[2];
static struct coil_listener *listener;
static int begun;

static void do_nothing(void *arg)
{
    (void)arg;
}

static int leave_something(void *arg)
{
    struct coil_loop *loop = coil_loop_current();

    (void)arg;
    begun++;
    ASSERT_EQ(coil_now(), 0);
    /* What the first schedule left is not there any more. */
    ASSERT_EQ(coil_loop_call_soon(loop, &left[0], do_nothing, NULL), 0);
    ASSERT(coil_handle_cancel(&left[0]));
    ASSERT_EQ(coil_loop_call_soon(loop, &left[1], do_nothing, NULL), 0);
    ASSERT(coil_handle_cancel(&left[1]));
    free(listener);
    listener = NULL;

    switch (coil_test_choose(5)) {
    case 0:
        break;
    case 1:
        ASSERT_EQ(
            coil_loop_call_later(loop, &left[0], COIL_MINUTE, do_nothing, NULL),
            0);
        break;
    case 2:
        ASSERT_EQ(coil_loop_call_soon(loop, &left[0], do_nothing, NULL), 0);
        break;
    case 3:
        ASSERT_EQ(
            coil_loop_call_soon_threadsafe(loop, &left[1], do_nothing, NULL),
            0);
        break;
    case 4:
        ASSERT_EQ(coil_tcp_listen(&listener, "127.0.0.1", 7), 0);
        break;
    }
    return 0;
}

static void leave_and_explore(void *arg)
{
    (void)arg;
    ASSERT_EQ(coil_test_explore(leave_something, NULL, 0, &runs), 0);
    ASSERT_GE(runs, 5);
    ASSERT_EQ(begun, runs);
    ASSERT_EQ(coil_test_run_seeds(leave_something, NULL, 1, 50), 0);
    ASSERT_EQ(begun, runs + 50);
    free(listener);
}

/* In a child: closing the loop reports what was left. */
TEST(choices_that_leave_something_do_not_leave_it_to_the_next)
{
    child_run(&child, leave_and_explore, NULL);
    ASSERT_CHILD_EXITED(&child, 0);
}
