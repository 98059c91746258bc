/* SPDX-License-Identifier: MIT */
/*
 * sync.c - programs of the synchronisation primitives: scenario.h
 */
#include <coil/barrier.h>
#include <coil/condition.h>
#include <coil/event.h>
#include <coil/lock.h>
#include <coil/queue.h>
#include <coil/semaphore.h>

#include "scenario.h"

static int inside, most_inside;

/* Be inside for a while. */
static int stay(void)
{
    int rc;

    inside++;
    ASSERT_LE(inside, most_inside);
    rc = coil_sleep(COIL_MILLISECOND);
    inside--;
    return rc;
}

/* ---- lock ---- */

static struct coil_lock lock;

static int visit(void *arg)
{
    int rc = coil_lock_acquire(&lock);

    (void)arg;
    if (rc < 0)
        return rc;
    rc = stay();
    coil_lock_release(&lock);
    return rc;
}

static int visit_thrice(void *arg)
{
    int rc = 0;

    for (int i = 0; rc == 0 && i < 3; i++)
        rc = visit(arg);
    return rc;
}

static int begin_lock(void)
{
    int rc = watch(coil_test_check_lock, &lock);

    coil_lock_init(&lock);
    inside = 0;
    most_inside = 1;
    if (rc == 0)
        rc = help(visit, NULL);
    return rc < 0 ? rc : help(visit, NULL);
}

static void probe_lock(void)
{
    expect_helpers();
    ASSERT(!coil_lock_is_locked(&lock));
    ASSERT_EQ(visit(NULL), 0);
}

/* What was acquired late is released though the task is cancelled. */
static int visit_and_clean_up(void *arg)
{
    int rc = visit(arg);

    return rc == -ECANCELED && visit(arg) < 0 ? -ECANCELED : rc;
}

static int begin_free_lock(void)
{
    coil_lock_init(&lock);
    inside = 0;
    most_inside = 1;
    return watch(coil_test_check_lock, &lock);
}

/* ---- semaphores ---- */

static struct coil_semaphore semaphore;
static struct coil_bounded_semaphore bounded;

static int enter_semaphore(void *arg)
{
    int rc = coil_semaphore_acquire(&semaphore);

    (void)arg;
    if (rc < 0)
        return rc;
    rc = stay();
    coil_semaphore_release(&semaphore);
    return rc;
}

static int begin_semaphore(void)
{
    int rc = watch(coil_test_check_semaphore, &semaphore);

    coil_semaphore_init(&semaphore, 2);
    inside = 0;
    most_inside = 2;
    for (int i = 0; rc == 0 && i < 3; i++)
        rc = help(enter_semaphore, NULL);
    return rc;
}

static void probe_semaphore(void)
{
    expect_helpers();
    ASSERT_EQ(coil_semaphore_value(&semaphore), 2);
    ASSERT_EQ(enter_semaphore(NULL), 0);
}

static int enter_bounded(void *arg)
{
    int rc = coil_bounded_semaphore_acquire(&bounded);

    (void)arg;
    if (rc < 0)
        return rc;
    rc = stay();
    ASSERT_EQ(coil_bounded_semaphore_release(&bounded), 0);
    return rc;
}

static int begin_bounded(void)
{
    int rc = watch(coil_test_check_bounded_semaphore, &bounded);

    coil_bounded_semaphore_init(&bounded, 1);
    inside = 0;
    most_inside = 1;
    for (int i = 0; rc == 0 && i < 2; i++)
        rc = help(enter_bounded, NULL);
    return rc;
}

static void probe_bounded(void)
{
    expect_helpers();
    ASSERT_EQ(coil_bounded_semaphore_value(&bounded), 1);
    ASSERT_EQ(enter_bounded(NULL), 0);
    ASSERT_EQ(coil_bounded_semaphore_release(&bounded), -EPERM);
}

/* A lock within a semaphore, and both are given back. */
static int enter_both(void *arg)
{
    int rc = coil_semaphore_acquire(&semaphore);

    if (rc < 0)
        return rc;
    rc = visit(arg);
    coil_semaphore_release(&semaphore);
    return rc;
}

static int begin_both(void)
{
    int rc = begin_free_lock();

    coil_semaphore_init(&semaphore, 2);
    for (int i = 0; rc == 0 && i < 3; i++)
        rc = help(enter_both, NULL);
    return rc;
}

static void probe_both(void)
{
    probe_lock();
    ASSERT_EQ(coil_semaphore_value(&semaphore), 2);
}

/* ---- event ---- */

static struct coil_event event;

static int wait_for_event(void *arg)
{
    (void)arg;
    return coil_event_wait(&event);
}

static int set_later(void *arg)
{
    int rc = coil_sleep(COIL_MILLISECOND);

    (void)arg;
    coil_event_set(&event);
    return rc;
}

static int begin_event(void)
{
    int rc = watch(coil_test_check_event, &event);

    coil_event_init(&event);
    if (rc == 0)
        rc = help(wait_for_event, NULL);
    if (rc == 0)
        rc = help(set_later, NULL);
    return rc < 0 ? rc : help(wait_for_event, NULL);
}

static void probe_event(void)
{
    expect_helpers();
    ASSERT_EQ(coil_event_wait(&event), 0);
}

/* Two that wake one another by turns: a set is never missed. */
static struct coil_event ping, pong;

static int play_ping(void *arg)
{
    int rc = 0;

    (void)arg;
    for (int i = 0; rc == 0 && i < 3; i++) {
        coil_event_set(&ping);
        rc = coil_event_wait(&pong);
        if (rc == 0)
            coil_event_clear(&pong);
    }
    return rc;
}

static int play_pong(void *arg)
{
    int rc = 0;

    (void)arg;
    while (rc == 0) {
        rc = coil_event_wait(&ping);
        if (rc < 0)
            break;
        coil_event_clear(&ping);
        rc = coil_yield();
        coil_event_set(&pong);
    }
    return rc;
}

static int begin_ping_pong(void)
{
    int rc = watch(coil_test_check_event, &ping);

    coil_event_init(&ping);
    coil_event_init(&pong);
    return rc < 0 ? rc : help(play_pong, NULL);
}

/* An answer may be left over from one who did not wait for it. */
static void probe_ping_pong(void)
{
    ASSERT_EQ(coil_test_settle(), 0);
    coil_event_clear(&pong);
    ASSERT_EQ(play_ping(NULL), 0);
}

/* ---- condition ---- */

static struct coil_condition changed;
static int tokens; /* that `changed` tells of */
static int tokens_made, tokens_taken;

static bool is_there(void *arg)
{
    (void)arg;
    return tokens > 0;
}

/* Whoever is inside is there alone. */
static int enter_condition(void)
{
    int rc = coil_condition_acquire(&changed);

    if (rc == 0)
        ASSERT_EQ(++inside, 1);
    return rc;
}

static void leave_condition(void)
{
    inside--;
    ASSERT_EQ(coil_condition_release(&changed), 0);
}

static int wait_inside(void)
{
    int rc;

    inside--;
    rc = coil_condition_wait(&changed);
    ASSERT_EQ(++inside, 1);
    return rc;
}

static int take_token(void *arg)
{
    int rc = enter_condition();

    (void)arg;
    if (rc < 0)
        return rc;
    while (rc == 0 && tokens == 0)
        rc = wait_inside();
    if (rc == 0) {
        tokens--;
        tokens_taken++;
    }
    leave_condition();
    return rc;
}

static int take_token_by_predicate(void *arg)
{
    int rc = coil_condition_acquire(&changed);

    if (rc < 0)
        return rc;
    rc = coil_condition_wait_for(&changed, is_there, arg);
    ASSERT_EQ(++inside, 1);
    if (rc == 0) {
        tokens--;
        tokens_taken++;
    }
    leave_condition();
    return rc;
}

static int make_token(void *arg)
{
    int rc = enter_condition();

    (void)arg;
    if (rc < 0)
        return rc;
    tokens++;
    tokens_made++;
    ASSERT_EQ(coil_condition_notify(&changed, 1), 0);
    rc = coil_sleep(COIL_MILLISECOND);
    leave_condition();
    return rc;
}

static int make_tokens(void *arg)
{
    int rc = coil_sleep(COIL_MILLISECOND);

    for (int i = 0; rc == 0 && i < 3; i++)
        rc = make_token(arg);
    return rc;
}

static int prepare_condition(void)
{
    coil_condition_init(&changed, NULL);
    tokens = tokens_made = tokens_taken = inside = 0;
    return watch(coil_test_check_condition, &changed);
}

static int begin_condition(void)
{
    int rc = prepare_condition();

    if (rc == 0)
        rc = help(take_token, NULL);
    if (rc == 0)
        rc = help(make_tokens, NULL);
    return rc < 0 ? rc : help(take_token, NULL);
}

static void probe_condition(void)
{
    expect_helpers();
    ASSERT(!coil_condition_is_locked(&changed));
    ASSERT_EQ(tokens_made, tokens_taken + tokens);
    while (tokens > 0)
        ASSERT_EQ(take_token(NULL), 0);
}

/* The victim notifies; those who wait get the rest from the probe. */
static int begin_notified(void)
{
    int rc = prepare_condition();

    for (int i = 0; rc == 0 && i < 3; i++)
        rc = help(i == 1 ? take_token_by_predicate : take_token, NULL);
    return rc;
}

static void probe_notified(void)
{
    while (tokens_made < 3)
        ASSERT_EQ(make_token(NULL), 0);
    expect_helpers();
    ASSERT_EQ(tokens, 0);
}

/* ---- barrier ---- */

static struct coil_barrier barrier;

static int meet(void *arg)
{
    int rc = coil_barrier_wait(&barrier);

    (void)arg;
    return rc < 0 ? rc : 0;
}

static int meet_twice(void *arg)
{
    int rc = meet(arg);

    return rc < 0 ? rc : meet(arg);
}

static int meet_later(void *arg)
{
    int rc = coil_sleep(COIL_MILLISECOND);

    return rc < 0 ? rc : meet_twice(arg);
}

static int begin_barrier(void)
{
    int rc = watch(coil_test_check_barrier, &barrier);

    ASSERT_EQ(coil_barrier_init(&barrier, 3), 0);
    if (rc == 0)
        rc = help(meet_twice, NULL);
    return rc < 0 ? rc : help(meet_later, NULL);
}

/* Somebody takes the victim's place as often as it takes. */
static void probe_barrier(void)
{
    ASSERT_EQ(coil_test_settle(), 0);
    while (!helpers_are_done()) {
        if (coil_barrier_waiting(&barrier) == 2)
            ASSERT_GE(coil_barrier_wait(&barrier), 0);
        ASSERT_EQ(coil_sleep(COIL_MILLISECOND), 0);
    }
    expect_helpers();
    ASSERT_EQ(coil_barrier_waiting(&barrier), 0);
    ASSERT(!coil_barrier_is_broken(&barrier));
}

static int break_later(void *arg)
{
    int rc = coil_sleep(COIL_MILLISECOND);

    (void)arg;
    coil_barrier_abort(&barrier);
    return rc;
}

static int meet_in_vain(void *arg)
{
    int rc = meet(arg);

    return rc == -EPIPE ? 0 : rc;
}

static int begin_broken_barrier(void)
{
    int rc = watch(coil_test_check_barrier, &barrier);

    ASSERT_EQ(coil_barrier_init(&barrier, 3), 0);
    if (rc == 0)
        rc = help(meet_in_vain, NULL);
    return rc < 0 ? rc : help(break_later, NULL);
}

static void probe_broken_barrier(void)
{
    expect_helpers();
    ASSERT(coil_barrier_is_broken(&barrier));
    coil_barrier_reset(&barrier);
    ASSERT_EQ(coil_barrier_waiting(&barrier), 0);
}

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
    else
        coil_queue_init_priority(&queue, sizeof(int), max, compare_ints);
    return watch(coil_test_check_queue, &queue);
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
        rc = watch(coil_test_check_queue, &second);
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

const struct scenario scenarios_sync[] = {
    { "lock", begin_lock, visit, probe_lock, no_end },
    { "lock_again_and_again", begin_lock, visit_thrice, probe_lock, no_end },
    { "lock_in_clean_up", begin_lock, visit_and_clean_up, probe_lock, no_end },
    { "lock_without_contention", begin_free_lock, visit_thrice, probe_lock,
      no_end },
    { "semaphore", begin_semaphore, enter_semaphore, probe_semaphore, no_end },
    { "bounded_semaphore", begin_bounded, enter_bounded, probe_bounded,
      no_end },
    { "lock_within_a_semaphore", begin_both, enter_both, probe_both, no_end },
    { "event", begin_event, wait_for_event, probe_event, no_end },
    { "event_ping_pong", begin_ping_pong, play_ping, probe_ping_pong, no_end },
    { "condition", begin_condition, take_token, probe_condition, no_end },
    { "condition_by_predicate", begin_condition, take_token_by_predicate,
      probe_condition, no_end },
    { "condition_notify", begin_notified, make_tokens, probe_notified, no_end },
    { "barrier", begin_barrier, meet_twice, probe_barrier, no_end },
    { "barrier_that_breaks", begin_broken_barrier, meet_in_vain,
      probe_broken_barrier, no_end },
    { "queue_get", begin_get_fifo, get_items, probe_get, end_queue },
    { "queue_get_lifo", begin_get_lifo, get_items, probe_get, end_queue },
    { "queue_get_priority", begin_get_priority, get_items, probe_get,
      end_queue },
    { "queue_put", begin_put_fifo, put_items, probe_put, end_queue },
    { "queue_put_lifo", begin_put_lifo, put_items, probe_put, end_queue },
    { "queue_put_priority", begin_put_priority, put_items, probe_put,
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
