/* SPDX-License-Identifier: MIT */
/*
 * What a task leaves on its stack when it ends, and a release too many: debug
 * mode stops the program, and says what is missing.
 */
#include <coil.h>

#include "bodies.h"
#include "child.h"
#include "context/stack_hooks.h"

enum { TIMERS = 200 }; /* more than are linked */

static coil_time limit_left;
static struct coil_handle others[TIMERS];

static void run_in_debug(coil_fn fn)
{
    static const struct coil_loop_options options = { .debug = true,
                                                      .no_watchdog = true };

    _exit(coil_run_with(fn, NULL, &options) == 0 ? 0 : 1);
}

static void run_body(void *body)
{
    coil_fn fn = *(coil_fn *)body;

    run_in_debug(fn);
}

/* Locals are somewhere else then, and the tool sees more than coil does. */
static void run_or_skip(coil_fn fn)
{
    if (coil__stack_is_watched())
        SKIP("a tool watches the stacks");
    child_run(&the_child, run_body, &fn);
}

/* Run `fn` as the task "careless", and wait a little longer. */
static int let_careless(coil_fn fn)
{
    const struct coil_task_options options = { .name = "careless" };
    struct coil_task *task;
    int rc = coil_task_create_with(&task, fn, NULL, &options);

    if (rc < 0)
        return rc;
    rc = coil_task_await(task);
    coil_task_release(task);
    return rc < 0 ? rc : coil_sleep(COIL_MILLISECOND);
}

/* ---- groups --------------------------------------------------------------- */

static int leave_group(void *arg)
{
    struct coil_task_group group;
    int rc = coil_task_group_begin(&group);

    if (rc == 0)
        rc = coil_task_group_create(&group, NULL, sleep_long, arg);
    return rc;
}

static int let_leave_group(void *arg)
{
    (void)arg;
    return let_careless(leave_group);
}

TEST(leftovers_group_that_has_no_end)
{
    run_or_skip(let_leave_group);
    ASSERT_CHILD_KILLED(&the_child, SIGABRT);
    ASSERT_STR_CONTAINS(the_child.text,
                        "coil: coil_task_group_end: not called by task "
                        "'careless', made at ");
    ASSERT_STR_CONTAINS(the_child.text, "leftovers.c:");
    ASSERT_STR_CONTAINS(the_child.text, "call it on every way out");
}

/* ---- timers --------------------------------------------------------------- */

static int leave_timeout(void *arg)
{
    struct coil_timeout limit;
    int rc = coil_timeout_begin(&limit, limit_left);

    (void)arg;
    return rc < 0 ? rc : coil_yield();
}

static int let_leave_timeout(void *arg)
{
    (void)arg;
    return let_careless(leave_timeout);
}

static void do_nothing_later(void *arg)
{
    (void)arg;
}

static int let_leave_timeout_among_many(void *arg)
{
    for (int i = 0; i < TIMERS; i++)
        coil_loop_call_later(coil_loop_current(), &others[i],
                             COIL_SECOND / 2 + i, do_nothing_later, NULL);
    return let_leave_timeout(arg);
}

static void expect_timer_told(void)
{
    ASSERT_CHILD_KILLED(&the_child, SIGABRT);
    ASSERT_STR_CONTAINS(the_child.text, "coil: coil_timeout_end");
    ASSERT_STR_CONTAINS(the_child.text, "not called by task 'careless'");
}

/* A long one is noted first, a short one is armed at once. */
TEST(leftovers_timeout_that_has_no_end)
{
    limit_left = 60 * COIL_MINUTE;
    run_or_skip(let_leave_timeout);
    expect_timer_told();
    limit_left = COIL_SECOND / 2;
    run_or_skip(let_leave_timeout);
    expect_timer_told();
}

/* It is due behind the others, and neither noted nor linked. */
TEST(leftovers_timeout_among_many_timers)
{
    limit_left = COIL_SECOND - 1;
    run_or_skip(let_leave_timeout_among_many);
    expect_timer_told();
}

/* ---- none ----------------------------------------------------------------- */

static int end_scopes(void *arg)
{
    struct coil_task_group group;
    struct coil_timeout limit;
    int rc = coil_timeout_begin(&limit, 60 * COIL_MINUTE);

    if (rc == 0)
        rc = coil_task_group_begin(&group);
    if (rc == 0)
        rc = coil_task_group_create(&group, NULL, do_nothing, arg);
    rc = coil_task_group_end(&group, rc);
    return coil_timeout_end(&limit, rc);
}

static int let_end_scopes(void *arg)
{
    (void)arg;
    return let_careless(end_scopes);
}

TEST(leftovers_of_scopes_that_end_there_are_none)
{
    run_or_skip(let_end_scopes);
    ASSERT_CHILD_EXITED(&the_child, 0);
    ASSERT_STR_EQ(the_child.text, "");
}

/* ---- a release too many --------------------------------------------------- */

static int release_twice(void *arg)
{
    struct coil_task *task;
    int rc = coil_task_create(&task, do_nothing, arg);

    if (rc == 0)
        rc = coil_task_await(task);
    coil_task_release(task);
    coil_task_release(task);
    return rc;
}

TEST(leftovers_task_that_is_released_twice)
{
    run_or_skip(release_twice);
    ASSERT_CHILD_KILLED(&the_child, SIGABRT);
    ASSERT_STR_CONTAINS(the_child.text,
                        "coil: coil_task_release: the task was released "
                        "already");
}

static int release_as_often_as_retained(void *arg)
{
    struct coil_task *task;
    int rc = coil_task_create(&task, do_nothing, arg);

    if (rc < 0)
        return rc;
    coil_task_retain(task);
    rc = coil_task_await(task);
    coil_task_release(task);
    if (rc == 0)
        rc = coil_task_await(task);
    coil_task_release(task);
    /* Its memory serves the next one. */
    return rc < 0 ? rc : let_careless(do_nothing);
}

TEST(leftovers_task_that_is_released_as_often_as_retained)
{
    run_or_skip(release_as_often_as_retained);
    ASSERT_CHILD_EXITED(&the_child, 0);
    ASSERT_STR_EQ(the_child.text, "");
}
