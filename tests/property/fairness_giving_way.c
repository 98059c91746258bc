/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 60 */
/*
 * What can happen while a task gives way.
 */
#include "fairness_shared_test.h"

/* ---- what a task that gives way may meet ---- */

static int abort_stream(void *arg)
{
    coil_stream_abort(arg);
    return 0;
}

/* Another task closes the stream while a busy one gives way inside a call. */
STREAM_TEST(fairness_of_a_stream_that_is_closed_meanwhile)
{
    struct pair p = connected();
    struct coil_task *closer;
    ptrdiff_t rc = 0;
    char byte;

    begin_floods();
    closer = start(abort_stream, p.a);
    while (rc == 0)
        rc =
            seed % 2 ? coil_stream_read(p.a, &byte, 0) : coil_stream_drain(p.a);
    ASSERT_EQ(rc, -EBADF);
    ASSERT_EQ(end_of(closer), 0);
    coil_stream_abort(p.b);
}

static int drain_for_ever(void *arg)
{
    int rc = 0;

    while (rc == 0)
        rc = coil_stream_drain(arg);
    return rc;
}

static int read_nothing_for_ever(void *arg)
{
    ptrdiff_t rc = 0;

    while (rc == 0)
        rc = coil_stream_read(arg, NULL, 0);
    return (int)rc;
}

/*
 * The task is told at the next call: what the call that gave way had got stays.
 */
STREAM_TEST(fairness_lets_a_busy_task_be_cancelled)
{
    static const coil_fn busy[] = { drain_for_ever, read_nothing_for_ever };
    struct pair p = connected();

    begin_floods();
    for (size_t i = 0; i < 2; i++) {
        struct coil_task *task = start(busy[i], p.a);

        ASSERT_EQ(coil_yield(), 0);
        ASSERT_EQ(end_by_cancelling(task), -ECANCELED);
    }
    send_text(p.b, "ab");
    ASSERT_EQ(coil_stream_flush(p.b), 0);
    {
        char bytes[2];

        ASSERT_EQ(coil_stream_read_exactly(p.a, bytes, 2, NULL), 0);
        ASSERT_EQ(memcmp(bytes, "ab", 2), 0);
    }
    hang_up(&p);
}

/* An eager task that gives way in its creator's step, and its creator. */
static int drain_often(void *arg)
{
    int rc = 0;

    for (int i = 0; i < 3 * COIL__BUDGET_UNITS && rc == 0; i++) {
        rc = coil_stream_drain(arg);
        operations++;
    }
    return rc;
}

STREAM_TEST(fairness_of_an_eager_task_and_its_creator)
{
    const struct coil_task_options eager = { .eager = true };
    struct pair p = connected();
    struct coil_task *tasks[3];

    begin_floods();
    for (size_t i = 0; i < 3; i++)
        ASSERT_EQ(coil_task_create_with(&tasks[i], drain_often, p.a, &eager),
                  0);
    ASSERT_EQ(drain_often(p.a), 0);
    for (size_t i = 0; i < 3; i++)
        ASSERT_EQ(end_of(tasks[i]), 0);
    ASSERT_EQ(operations, 4 * 3 * COIL__BUDGET_UNITS);
    hang_up(&p);
}

/* The run ends in the step in which a task gives way. */
static int stop_and_drain(void *arg)
{
    coil_loop_stop(coil_loop_current());
    return drain_often(arg);
}

static struct pair made;

static int make_pair(void *arg)
{
    (void)arg;
    made = connected();
    return 0;
}

static int hang_up_pair(void *arg)
{
    (void)arg;
    hang_up(&made);
    return 0;
}

TEST(fairness_of_a_loop_that_stops_meanwhile)
{
    const struct coil_loop_options kinds[] = {
        { .backend = COIL_BACKEND_DEFAULT },
        { .backend = COIL_BACKEND_DEFAULT, .debug = true },
        { .backend = COIL_BACKEND_SIMULATOR },
    };

    for (size_t i = 0; i < 3; i++) {
        struct coil_loop_report report;
        struct coil_loop *loop;
        struct coil_task *task;

        operations = 0;
        ASSERT_EQ(coil_loop_new(&loop, &kinds[i]), 0);
        ASSERT_EQ(coil_loop_run_until_complete(loop, make_pair, NULL), 0);
        ASSERT_EQ(coil_loop_create_task(loop, &task, stop_and_drain, made.a),
                  0);
        /* Each run is one turn, and the task gives way in it. */
        while (!coil_task_is_done(task)) {
            uint64_t before = operations;

            coil_loop_stop(loop);
            ASSERT_EQ(coil_loop_run_forever(loop), 0);
            /* On a slow machine, time can end a budget before its first. */
            if (kinds[i].backend == COIL_BACKEND_SIMULATOR)
                ASSERT(operations > before || coil_task_is_done(task));
        }
        ASSERT_EQ(operations, 3 * COIL__BUDGET_UNITS);
        coil_task_release(task);
        ASSERT_EQ(coil_loop_run_until_complete(loop, hang_up_pair, NULL), 0);
        ASSERT_EQ(coil_loop_close(loop, &report), 0);
        ASSERT_EQ(report.tasks_cancelled, 0);
    }
}

/* The host of a loop must not sleep while a task waits for its next budget. */
TEST(fairness_of_a_guest_that_gives_way)
{
    struct coil_loop *loop;
    struct coil_task *task;

    operations = 0;
    ASSERT_EQ(coil_loop_new(&loop, NULL), 0);
    ASSERT_EQ(coil_loop_run_until_complete(loop, make_pair, NULL), 0);
    ASSERT_EQ(coil_loop_create_task(loop, &task, drain_often, made.a), 0);
    while (!coil_task_is_done(task)) {
        ASSERT_EQ(coil_loop_timeout(loop), 0);
        ASSERT_EQ(coil_loop_run_once(loop, 0), 0);
    }
    ASSERT_EQ(operations, 3 * COIL__BUDGET_UNITS);
    coil_task_release(task);
    ASSERT_EQ(coil_loop_run_until_complete(loop, hang_up_pair, NULL), 0);
    ASSERT_EQ(coil_loop_close(loop, NULL), 0);
}

static void note_operations(void *arg)
{
    (void)arg;
    seen_at = operations;
}

/*
 * A call is due when the budget of a busy task ends: it is made before the busy
 * task goes on.
 */
static int drain_beside_a_call(void *arg)
{
    static struct coil_handle handle;
    struct pair p = connected();

    (void)arg;
    begin_floods();
    coil_test_let_work_take(0);
    ASSERT_EQ(coil_yield(), 0);
    seen_at = INT64_MAX;
    ASSERT_EQ(coil_loop_call_at(coil_loop_current(), &handle, 0,
                                note_operations, NULL),
              0);
    ASSERT_EQ(drain_often(p.a), 0);
    ASSERT_LE(seen_at, COIL__BUDGET_UNITS);
    hang_up(&p);
    return 0;
}

/* No time passes: the test counts calls, and is the same everywhere. */
static int write_beside_a_call(void *arg)
{
    static struct coil_handle handle;
    struct pair p = connected();
    struct coil_task *reader = start(read_all, p.b);

    (void)arg;
    begin_floods();
    coil_test_let_work_take(0);
    ASSERT_EQ(coil_yield(), 0);
    seen_at = INT64_MAX;
    ASSERT_EQ(coil_loop_call_at(coil_loop_current(), &handle, 0,
                                note_operations, NULL),
              0);
    for (int i = 0; i < 1000; i++) {
        operations++;
        ASSERT_EQ(coil_stream_write(p.a, "x", 1), 0);
        ASSERT_EQ(coil_stream_drain(p.a), 0);
    }
    ASSERT_LE(seen_at, COIL__BUDGET_UNITS / COIL__UNITS_CALL);
    coil_stream_abort(p.a);
    end_of(reader);
    coil_stream_abort(p.b);
    return 0;
}

TEST(fairness_counts_each_write)
{
    simulated = true;
    ASSERT_EQ(coil_test_run(write_beside_a_call, NULL, 0), 0);
}

TEST(fairness_puts_who_gives_way_behind_the_others)
{
    simulated = true;
    ASSERT_EQ(coil_test_run(drain_beside_a_call, NULL, 0), 0);
}
