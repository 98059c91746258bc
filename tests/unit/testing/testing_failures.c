/* SPDX-License-Identifier: MIT */
/*
 * Settling, and allocations that fail.
 */
#include "reports.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <coil/combinators.h>
#include <coil/error.h>
#include <coil/event.h>
#include <coil/lock.h>
#include <coil/loop.h>
#include <coil/queue.h>
#include <coil/semaphore.h>
#include <coil/stream.h>
#include <coil/task.h>
#include <coil/task_group.h>
#include <coil/testing.h>
#include <coil/thread.h>
#include <coil/timeout.h>

#include "actors.h"
#include "child.h"
#include "loop/loop.h"
#include "testing/testing.h"
#include "test.h"

/* ---- settling ------------------------------------------------------------- */

/* ---- settling ------------------------------------------------------------- */

static struct coil_event event;

static int work_then_wait(void *arg)
{
    for (int i = 0; i < 7; i++)
        ASSERT_EQ(coil_yield(), 0);
    *(bool *)arg = true;
    return coil_event_wait(&event);
}

static int settle_beside_work(void *arg)
{
    bool done = false;

    (void)arg;
    coil_event_init(&event);
    launch(work_then_wait, &done);
    ASSERT_EQ(coil_test_settle(), 0);
    ASSERT(done);
    ASSERT_EQ(coil_now(), 0);
    /* Nothing is left to do: it returns at once, any number of times. */
    ASSERT_EQ(coil_test_settle(), 0);
    ASSERT_EQ(coil_test_settle(), 0);
    coil_event_set(&event);
    return coil_test_settle();
}

TEST(testing_settles_when_nobody_can_do_anything)
{
    for (uint64_t seed = 0; seed < 30; seed++)
        ASSERT_EQ(coil_test_run(settle_beside_work, NULL, seed), 0);
}

static int sleep_and_tell(void *arg)
{
    ASSERT_EQ(coil_sleep(COIL_SECOND), 0);
    *(bool *)arg = true;
    return 0;
}

static int settle_beside_sleep(void *arg)
{
    bool done = false;

    (void)arg;
    launch(sleep_and_tell, &done);
    ASSERT_EQ(coil_test_settle(), 0);
    ASSERT(!done);
    ASSERT_EQ(coil_now(), 0);
    ASSERT_EQ(coil_sleep(2 * COIL_SECOND), 0);
    ASSERT(done);
    return 0;
}

TEST(testing_settles_without_letting_time_pass)
{
    for (uint64_t seed = 0; seed < 30; seed++)
        ASSERT_EQ(coil_test_run(settle_beside_sleep, NULL, seed), 0);
}

static int settle_twice(void *arg)
{
    for (int i = 0; i < 3; i++) {
        int rc = coil_test_settle();

        if (rc < 0)
            return rc;
        say("%s%d ", (const char *)arg, i);
    }
    return 0;
}

static int settle_side_by_side(void *arg)
{
    (void)arg;
    launch(settle_twice, "a");
    launch(settle_twice, "b");
    return coil_sleep(1);
}

TEST(testing_settles_any_number_of_tasks)
{
    ASSERT_EQ(coil_test_run(settle_side_by_side, NULL, 0), 0);
    ASSERT_EQ(strlen(trace), 6 * 3);
}

static int exchange_bytes(void *arg)
{
    struct coil_address address;
    struct coil_listener *listener;
    struct coil_stream *a;
    struct coil_stream *b;
    char text[8];

    (void)arg;
    ASSERT_EQ(coil_tcp_listen(&listener, "127.0.0.1", 0), 0);
    coil_listener_address(listener, &address);
    ASSERT_EQ(coil_tcp_connect_address(&a, &address), 0);
    ASSERT_EQ(coil_listener_accept(listener, &b), 0);
    ASSERT_EQ(coil_stream_write(a, "hello", 5), 0);
    ASSERT_EQ(coil_test_settle(), 0);
    /* Data in flight has arrived, however slow the seed made it. */
    ASSERT_EQ(coil_stream_unsent(a), 0);
    ASSERT_EQ(coil_stream_read_exactly(b, text, 5, NULL), 0);
    ASSERT_MEM_EQ(text, "hello", 5);
    coil_stream_abort(a);
    coil_stream_abort(b);
    coil_listener_close(listener);
    return 0;
}

TEST(testing_settles_what_is_in_flight)
{
    for (uint64_t seed = 0; seed < 100; seed++)
        ASSERT_EQ(coil_test_run(exchange_bytes, NULL, seed), 0);
}

/* ---- failing allocations -------------------------------------------------- */

static int add_one(void *arg)
{
    *(int *)arg += 1;
    return 0;
}

static int add_to_queue(void *arg)
{
    int rc = 0;

    for (int i = 0; i < 20 && rc == 0; i++)
        rc = coil_queue_put(arg, &i);
    return rc;
}

static int exchange(struct coil_stream *a, struct coil_stream *b)
{
    char text[6];
    int rc;

    rc = coil_stream_write(a, "hello\n", 6);
    if (rc == 0)
        rc = coil_stream_flush(a);
    if (rc == 0)
        rc = coil_stream_read_exactly(b, text, 6, NULL);
    return rc;
}

static int use_streams(void)
{
    struct coil_address address;
    struct coil_listener *listener;
    struct coil_stream *a = NULL;
    struct coil_stream *b = NULL;
    int rc;

    rc = coil_tcp_listen(&listener, "127.0.0.1", 0);
    if (rc < 0)
        return rc;
    coil_listener_address(listener, &address);
    rc = coil_tcp_connect_address(&a, &address);
    if (rc == 0)
        rc = coil_listener_accept(listener, &b);
    if (rc == 0)
        rc = exchange(a, b);
    coil_stream_abort(a);
    coil_stream_abort(b);
    coil_listener_close(listener);
    return rc;
}

/* When one task could not be made, those that were started go on without us. */
static int gather_twenty(int *sum)
{
    struct coil_task *tasks[20];
    struct coil_future *futures[20];
    size_t count = 0;
    int rc = 0;

    while (count < 20 && rc == 0) {
        rc = coil_task_create(&tasks[count], add_one, sum);
        if (rc < 0)
            break;
        futures[count] = coil_task_future(tasks[count]);
        count++;
    }
    if (rc == 0)
        rc = coil_gather(futures, count, 0);
    while (count > 0)
        coil_task_release(tasks[--count]);
    return rc;
}

static int group_five(struct coil_queue *queue, int *sum)
{
    struct coil_task_group group;
    int rc;

    rc = coil_task_group_begin(&group);
    if (rc < 0)
        return rc;
    for (int i = 0; i < 4 && rc == 0; i++)
        rc = coil_task_group_create(&group, NULL, add_one, sum);
    if (rc == 0)
        rc = coil_task_group_create(&group, NULL, add_to_queue, queue);
    return coil_task_group_end(&group, rc);
}

/* A program that uses a little of everything that allocates. */
static int small_program(void *arg)
{
    static int sum;
    struct coil_queue queue;
    int rc;

    (void)arg;
    coil_queue_init(&queue, sizeof(int), 0);
    rc = gather_twenty(&sum);
    if (rc == 0)
        rc = group_five(&queue, &sum);
    if (rc == 0)
        rc = use_streams();
    if (rc == 0)
        rc = coil_to_thread_copy(add_one, &sum);
    coil_queue_fini(&queue);
    return rc;
}

/* The listener waits a second, then another, when all allocations fail. */
static int small_program_with_a_limit(void *arg)
{
    struct coil_timeout limit;
    int rc = coil_timeout_begin(&limit, COIL_MINUTE);

    return rc < 0 ? rc : coil_timeout_end(&limit, small_program(arg));
}

static int run_small_program(void *arg)
{
    coil_loop_set_exception_handler(coil_loop_current(), ignore_report, NULL);
    return small_program_with_a_limit(arg);
}

static void sweep(bool forever)
{
    size_t n;
    int rc;

    for (n = 1;; n++) {
        size_t before = coil_test_allocations();

        coil_test_fail_allocation(n, forever);
        rc = coil_test_run(run_small_program, NULL, 0);
        coil_test_fail_allocation(0, false);
        if (coil_test_allocations() - before < n)
            break;
        /* The program may have tried again. */
        if (forever || rc != 0)
            ASSERT(rc == -ENOMEM || rc == -ETIMEDOUT);
    }
    ASSERT_EQ(rc, 0);
    ASSERT_GT(n, 30);
}

TEST(testing_every_allocation_that_fails_once_is_survived)
{
    sweep(false);
}

TEST(testing_every_allocation_from_which_on_all_fail_is_survived)
{
    sweep(true);
}

TEST(testing_counts_allocations)
{
    size_t before = coil_test_allocations();

    ASSERT_EQ(coil_test_run(run_small_program, NULL, 0), 0);
    ASSERT_GT(coil_test_allocations(), before + 30);
}
