/* SPDX-License-Identifier: MIT */
/* queue.c - programs of queues: scenario.h */
#include <coil/barrier.h>
#include <coil/condition.h>
#include <coil/event.h>
#include <coil/lock.h>
#include <coil/queue.h>
#include <coil/semaphore.h>

#include "scenario.h"

/* ---- queues ---- */

static struct coil_queue queue, second;
static int put_sum, got_sum;

static int compare_ints(const void *a, const void *b)
{
    const int *x = a;
    const int *y = b;

    return *x - *y;
}

static int put_into(struct coil_queue *q, int item)
{
    int rc = coil_queue_put(q, &item);

    if (rc == 0)
        put_sum += item;
    return rc;
}

static int put_items(void *arg)
{
    int rc = 0;

    (void)arg;
    for (int i = 3; rc == 0 && i > 0; i--)
        rc = put_into(&queue, i);
    return rc;
}

static int get_item(struct coil_queue *q)
{
    int item;
    int rc = coil_queue_get(q, &item);

    if (rc < 0)
        return rc;
    got_sum += item;
    ASSERT_EQ(coil_queue_task_done(q), 0);
    return 0;
}

static int get_items(void *arg)
{
    int rc = 0;

    (void)arg;
    for (int i = 0; rc == 0 && i < 3; i++) {
        rc = get_item(&queue);
        if (rc == 0)
            rc = coil_yield();
    }
    return rc;
}

static int prepare_queue(enum coil_queue_order order, size_t max)
{
    put_sum = got_sum = 0;
    if (order == COIL_QUEUE_FIFO)
        coil_queue_init(&queue, sizeof(int), max);
    else if (order == COIL_QUEUE_LIFO)
        coil_queue_init_lifo(&queue, sizeof(int), max);
    else if (order == COIL_QUEUE_PRIORITY)
        coil_queue_init_priority(&queue, sizeof(int), max, compare_ints);
    else
        coil_queue_init_priority_key(&queue, sizeof(int), max,
                                     COIL_QUEUE_KEY_ITSELF(int));
    return coil_test_watch(coil_test_check_queue, &queue);
}

static void end_queue(void)
{
    coil_test_unwatch(&queue);
    coil_queue_fini(&queue);
}

static int begin_get(enum coil_queue_order order)
{
    int rc = prepare_queue(order, 1);

    return rc < 0 ? rc : help(put_items, NULL);
}

static int begin_get_fifo(void)
{
    return begin_get(COIL_QUEUE_FIFO);
}

static int begin_get_lifo(void)
{
    return begin_get(COIL_QUEUE_LIFO);
}

static int begin_get_priority(void)
{
    return begin_get(COIL_QUEUE_PRIORITY);
}

static int begin_get_key(void)
{
    return begin_get(COIL_QUEUE_PRIORITY_KEY);
}

/* What the victim did not get is still there, or still to be put. */
static void probe_get(void)
{
    int item;

    do {
        ASSERT_EQ(coil_test_settle(), 0);
        while (coil_queue_try_get(&queue, &item) == 0)
            got_sum += item;
    } while (!helpers_are_done());
    expect_helpers();
    ASSERT_EQ(put_sum, got_sum);
}

static int begin_put(enum coil_queue_order order)
{
    int rc = prepare_queue(order, 1);

    return rc < 0 ? rc : help(get_items, NULL);
}

static int begin_put_fifo(void)
{
    return begin_put(COIL_QUEUE_FIFO);
}

static int begin_put_lifo(void)
{
    return begin_put(COIL_QUEUE_LIFO);
}

static int begin_put_priority(void)
{
    return begin_put(COIL_QUEUE_PRIORITY);
}

static int begin_put_key(void)
{
    return begin_put(COIL_QUEUE_PRIORITY_KEY);
}

/* Whoever waits for what the victim did not put gets it now. */
static void probe_put(void)
{
    int item = 9;

    do {
        ASSERT_EQ(coil_test_settle(), 0);
        if (!helpers_are_done() && coil_queue_try_put(&queue, &item) == 0)
            put_sum += item;
    } while (!helpers_are_done());
    probe_get();
}

/* One of two who get; the other must get what the victim does not. */
static int begin_share(void)
{
    int rc = prepare_queue(COIL_QUEUE_FIFO, 2);

    if (rc == 0)
        rc = help(get_items, NULL);
    if (rc == 0)
        rc = help(put_items, NULL);
    return rc < 0 ? rc : help(put_items, NULL);
}

/* Three of the six are the other's, if they were put. */
static void probe_share(void)
{
    int item = 9;

    do {
        ASSERT_EQ(coil_test_settle(), 0);
        if (coil_task_is_done(helpers[1]) && coil_task_is_done(helpers[2]) &&
            !coil_task_is_done(helpers[0])) {
            ASSERT(is_failing);
            ASSERT_EQ(put_into(&queue, item), 0);
        }
    } while (!coil_task_is_done(helpers[0]));
    probe_get();
}

static int join_queue(void *arg)
{
    (void)arg;
    return coil_queue_join(&queue);
}

static int begin_join(void)
{
    int rc = prepare_queue(COIL_QUEUE_FIFO, 0);

    for (int i = 1; rc == 0 && i < 4; i++)
        rc = put_into(&queue, i);
    if (rc == 0)
        rc = help(join_queue, NULL);
    return rc < 0 ? rc : help(get_items, NULL);
}

static void probe_join(void)
{
    expect_helpers();
    ASSERT_EQ(coil_queue_join(&queue), 0);
    ASSERT_EQ(put_sum, got_sum);
}

static int get_until_shut_down(void *arg)
{
    int rc = 0;

    (void)arg;
    while (rc == 0)
        rc = get_item(&queue);
    return rc == -EPIPE ? 0 : rc;
}

static int put_and_shut_down(void *arg)
{
    int rc = put_items(arg);

    if (rc == 0)
        rc = coil_sleep(COIL_MILLISECOND);
    coil_queue_shutdown(&queue, false);
    return rc;
}

static int begin_shutdown(void)
{
    int rc = prepare_queue(COIL_QUEUE_FIFO, 1);

    if (rc == 0)
        rc = help(get_until_shut_down, NULL);
    return rc < 0 ? rc : help(put_and_shut_down, NULL);
}

static void probe_shutdown(void)
{
    int item = 1;

    expect_helpers();
    ASSERT_EQ(put_sum, got_sum);
    ASSERT_EQ(coil_queue_try_put(&queue, &item), -EPIPE);
    ASSERT_EQ(coil_queue_try_get(&queue, &item), -EPIPE);
}

/* ---- a pipeline ---- */

static int moved_sum; /* on the way, in the hands of a worker */

/* What it has taken out and cannot pass on it puts back, cancelled or not. */
static int pass_on(void *arg)
{
    int item, rc;

    (void)arg;
    for (int i = 0; i < 3; i++) {
        rc = coil_queue_get(&queue, &item);
        if (rc < 0)
            return rc;
        moved_sum += item;
        rc = coil_queue_put(&second, &item);
        if (rc < 0) {
            ASSERT_EQ(rc == -ECANCELED || rc == -ENOMEM, true);
            got_sum += item; /* dropped, and known to be */
        }
        moved_sum -= item;
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* As long as there is room behind it, and then no more. */
static int pass_on_some(void *arg)
{
    struct coil_timeout limit;
    int rc = coil_timeout_begin(&limit, COIL_SECOND);

    if (rc < 0)
        return rc;
    rc = coil_timeout_end(&limit, pass_on(arg));
    return rc == -ETIMEDOUT ? 0 : rc;
}

static int begin_pipeline(void)
{
    int rc = prepare_queue(COIL_QUEUE_PRIORITY, 2);

    coil_queue_init_priority(&second, sizeof(int), 1, compare_ints);
    moved_sum = 0;
    if (rc == 0)
        rc = coil_test_watch(coil_test_check_queue, &second);
    if (rc == 0)
        rc = help(put_items, NULL);
    return rc;
}

static void probe_pipeline(void)
{
    int item;

    do {
        ASSERT_EQ(coil_test_settle(), 0);
        while (coil_queue_try_get(&second, &item) == 0)
            got_sum += item;
        while (coil_queue_try_get(&queue, &item) == 0)
            got_sum += item;
    } while (!helpers_are_done());
    expect_helpers();
    ASSERT_EQ(moved_sum, 0);
    ASSERT_EQ(put_sum, got_sum);
}

static void end_pipeline(void)
{
    coil_test_unwatch(&second);
    coil_queue_fini(&second);
    end_queue();
}

static int get_second(void *arg)
{
    int rc = 0;

    (void)arg;
    while (rc == 0)
        rc = get_item(&second);
    return rc;
}

static int begin_whole_pipeline(void)
{
    int rc = begin_pipeline();

    return rc < 0 ? rc : help(get_second, NULL);
}

static void probe_whole_pipeline(void)
{
    int item;

    ASSERT_EQ(coil_test_settle(), 0);
    while (coil_queue_try_get(&queue, &item) == 0) {
        got_sum += item;
        ASSERT_EQ(coil_test_settle(), 0);
    }
    ASSERT_EQ(put_sum, got_sum);
    ASSERT_EQ(moved_sum, 0);
}

/* The first stage fills the pipeline at its own pace. */
static int feed(void *arg)
{
    int rc = put_items(arg);

    return rc < 0 ? rc : coil_sleep(COIL_SECOND);
}

static int begin_feeding(void)
{
    int rc = prepare_queue(COIL_QUEUE_PRIORITY, 1);

    coil_queue_init(&second, sizeof(int), 1);
    moved_sum = 0;
    if (rc == 0)
        rc = help(pass_on, NULL);
    return rc < 0 ? rc : help(get_second, NULL);
}

/* ---- all of them ---- */

const struct scenario scenarios_queue[] = {
    { "queue_get", begin_get_fifo, get_items, probe_get, end_queue },
    { "queue_get_lifo", begin_get_lifo, get_items, probe_get, end_queue },
    { "queue_get_priority", begin_get_priority, get_items, probe_get,
      end_queue },
    { "queue_get_priority_key", begin_get_key, get_items, probe_get,
      end_queue },
    { "queue_put", begin_put_fifo, put_items, probe_put, end_queue },
    { "queue_put_lifo", begin_put_lifo, put_items, probe_put, end_queue },
    { "queue_put_priority", begin_put_priority, put_items, probe_put,
      end_queue },
    { "queue_put_priority_key", begin_put_key, put_items, probe_put,
      end_queue },
    { "queue_get_beside_another", begin_share, get_items, probe_share,
      end_queue },
    { "queue_join", begin_join, join_queue, probe_join, end_queue },
    { "queue_shut_down", begin_shutdown, get_until_shut_down, probe_shutdown,
      end_queue },
    { "pipeline_middle", begin_whole_pipeline, pass_on, probe_whole_pipeline,
      end_pipeline },
    { "pipeline_middle_that_stops", begin_pipeline, pass_on_some,
      probe_pipeline, end_pipeline },
    { "pipeline_begin", begin_feeding, feed, probe_whole_pipeline,
      end_pipeline },
    { NULL },
};
