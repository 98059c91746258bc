/* SPDX-License-Identifier: MIT */
/*
 * Tasks that have ended and were not released: the report of a closed loop
 * counts them, and in debug mode names where they were made.
 */
#include <stdio.h>
#include <stdlib.h>

#include <coil/task_group.h>

#include "bodies.h"
#include "loop_test.h"

enum { HELD = 30 };

static struct coil_task *held[HELD];

static void hear(struct coil_loop *from, const struct coil_exception *e,
                 void *arg)
{
    (void)from;
    (void)arg;
    say("%s%s: %s;", e->message, e->site ? " at " : "", e->cure);
    if (e->task)
        ASSERT_STR_CONTAINS(e->site, "report_kept.c:");
}

static size_t kept_when_closed(void)
{
    struct coil_loop_report report;

    coil_loop_set_exception_handler(loop, hear, NULL);
    ASSERT_EQ(coil_loop_close(loop, &report), 0);
    loop = NULL;
    return report.tasks_kept;
}

static void release_all(int n)
{
    while (n-- > 0)
        coil_task_release(held[n]);
}

/* ---- counting ------------------------------------------------------------- */

static int hold_some(void *arg)
{
    (void)arg;
    for (int i = 0; i < 3; i++)
        ASSERT_EQ(coil_task_create(&held[i], do_nothing, NULL), 0);
    ASSERT_EQ(coil_task_create(&held[3], do_nothing, NULL), 0);
    for (int i = 0; i < 4; i++)
        ASSERT_EQ(coil_task_await(held[i]), 0);
    return 0;
}

LOOP_TEST(report_kept_counts_tasks_and_names_where_they_were_made)
{
    bool debug = coil_loop_is_debug(loop);

    ASSERT_EQ(coil_loop_run_until_complete(loop, hold_some, NULL), 0);
    ASSERT_EQ(kept_when_closed(), 4);
    if (debug)
        SAID("3 ended tasks were still held when the loop closed at : "
             "coil_task_release() is missing;"
             "1 ended task was still held when the loop closed at : "
             "coil_task_release() is missing;");
    else
        SAID("");
    /* The tasks still belong to their holder. */
    ASSERT_EQ(coil_task_result(held[0]), 0);
    release_all(4);
}

static int hold_and_release(void *arg)
{
    (void)arg;
    for (int i = 0; i < HELD; i++)
        ASSERT_EQ(coil_task_create(&held[i], do_nothing, NULL), 0);
    ASSERT_EQ(coil_yield(), 0);
    ASSERT_EQ(coil_yield(), 0);
    /*
     * Release the middle one, the first, the last, and others: three tasks
     * stay.
     */
    for (int i = 0; i < HELD; i++)
        if (i % 10 != 5)
            coil_task_release(held[i]);
    return 0;
}

LOOP_TEST(report_kept_forgets_those_that_are_released)
{
    ASSERT_EQ(coil_loop_run_until_complete(loop, hold_and_release, NULL), 0);
    ASSERT_EQ(kept_when_closed(), 3);
    forget();
    for (int i = 5; i < HELD; i += 10)
        coil_task_release(held[i]);
}

/*
 * A further reference, one that is given back, and tasks that end in other
 * ways.
 */
static int hold_in_other_ways(void *arg)
{
    const struct coil_task_options eager = { .eager = true };
    struct coil_task_group group;

    (void)arg;
    ASSERT_EQ(coil_task_create(&held[0], do_nothing, NULL), 0);
    coil_task_retain(held[0]);
    coil_task_release(held[0]);
    ASSERT_EQ(coil_task_create(&held[1], sleep_long, NULL), 0);
    ASSERT(coil_task_cancel(held[1]));
    ASSERT_EQ(coil_task_create_with(&held[2], do_nothing, NULL, &eager), 0);
    ASSERT(coil_task_is_done(held[2]));
    ASSERT_EQ(coil_task_group_begin(&group), 0);
    ASSERT_EQ(coil_task_group_create(&group, &held[3], do_nothing, NULL), 0);
    ASSERT_EQ(coil_task_group_end(&group, 0), 0);
    /* The task ends when the loop is closed. */
    return coil_task_create(&held[4], sleep_long, NULL);
}

LOOP_TEST(report_kept_counts_however_a_task_ended)
{
    struct coil_task *task;

    ASSERT_EQ(coil_loop_run_until_complete(loop, hold_in_other_ways, NULL), 0);
    /*
     * A task that nobody refers to, and one whose reference was released before
     * its end.
     */
    ASSERT_EQ(coil_loop_create_task(loop, NULL, do_nothing, NULL), 0);
    ASSERT_EQ(coil_loop_create_task(loop, &task, do_nothing, NULL), 0);
    coil_task_release(task);
    run_once();
    ASSERT_EQ(kept_when_closed(), 5);
    forget();
    release_all(5);
}

/* ---- telling -------------------------------------------------------------- */

static int hold_at_many_places(void *arg)
{
    (void)arg;
    for (int i = 0; i < 12; i++) {
        static char sites[12][32];

        snprintf(sites[i], sizeof sites[i], "report_kept.c:%d", i);
        ASSERT_EQ(
            coil_task_create_at(&held[i], do_nothing, NULL, NULL, sites[i]), 0);
        ASSERT_EQ(coil_task_await(held[i]), 0);
    }
    return 0;
}

LOOP_TEST(report_kept_at_many_places_is_not_long)
{
    bool debug = coil_loop_is_debug(loop);
    int lines = 0;

    ASSERT_EQ(coil_loop_run_until_complete(loop, hold_at_many_places, NULL), 0);
    ASSERT_EQ(kept_when_closed(), 12);
    for (const char *p = trace; *p; p++)
        lines += *p == ';';
    ASSERT_EQ(lines, debug ? 11 : 0);
    if (debug)
        ASSERT_STR_CONTAINS(trace,
                            "and 2 more, made at other places, were "
                            "still held: coil_task_release() is missing;");
    forget();
    release_all(12);
}

enum { MANY = 1000 };

static struct coil_task *many[MANY];

static int hold_many(void *arg)
{
    const size_t *count = arg;

    for (size_t i = 0; i < *count; i++)
        ASSERT_EQ(coil_task_create(&many[i], do_nothing, NULL), 0);
    return coil_yield();
}

/* So many are held by mistake, and whoever has made them is told without asking. */
LOOP_TEST(report_kept_tells_of_very_many_in_any_mode)
{
    size_t counts[] = { MANY - 1, MANY };
    bool debug = coil_loop_is_debug(loop);

    for (int i = 0; i < 2; i++) {
        if (!loop)
            open_loop(variant);
        ASSERT_EQ(coil_loop_run_until_complete(loop, hold_many, &counts[i]), 0);
        ASSERT_EQ(kept_when_closed(), counts[i]);
        if (i == 1)
            SAID("1000 ended tasks were still held when the loop closed at : "
                 "coil_task_release() is missing;");
        else if (!debug)
            SAID("");
        forget();
        for (size_t n = 0; n < counts[i]; n++)
            coil_task_release(many[n]);
    }
}

static void release_when_told(struct coil_loop *from,
                              const struct coil_exception *e, void *arg)
{
    (void)from;
    (void)e;
    (void)arg;
    release_all(4);
}

/* The handler may release the task when it is told. */
LOOP_TEST(report_kept_may_be_released_when_it_is_told)
{
    if (!coil_loop_is_debug(loop))
        return;
    ASSERT_EQ(coil_loop_run_until_complete(loop, hold_some, NULL), 0);
    coil_loop_set_exception_handler(loop, release_when_told, NULL);
    ASSERT_EQ(coil_loop_close(loop, NULL), 0);
    loop = NULL;
}
