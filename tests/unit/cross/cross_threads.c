/* SPDX-License-Identifier: MIT */
/* LABELS: threads */
/*
 * What tasks of several loops share, in several threads at once: nothing is lost
 * or doubled, and nobody is forgotten.
 */
#include <stdatomic.h>

#include <coil/channel.h>
#include <coil/error.h>
#include <coil/loop.h>
#include <coil/loops.h>
#include <coil/shared_condition.h>
#include <coil/shared_event.h>
#include <coil/shared_lock.h>
#include <coil/shared_semaphore.h>
#include <coil/task.h>
#include <coil/timeout.h>

#include "test.h"

enum { LOOPS = 3, TASKS = 8, ROUNDS = 300 };

/* Run fn in so many tasks of this loop; each must return 0. */
static int in_tasks(coil_fn fn)
{
    struct coil_task *tasks[TASKS];

    for (int i = 0; i < TASKS; i++)
        ASSERT_EQ(coil_task_create(&tasks[i], fn, NULL), 0);
    for (int i = 0; i < TASKS; i++) {
        ASSERT_EQ(coil_task_await(tasks[i]), 0);
        coil_task_release(tasks[i]);
    }
    return 0;
}

/* ---- a channel ---- */

static struct coil_channel channel;
static atomic_llong sum;
static atomic_int got;
static atomic_int putters;

static int put_numbers(void *arg)
{
    (void)arg;
    for (int i = 1; i <= ROUNDS; i++)
        ASSERT_EQ(coil_channel_put(&channel, &i), 0);
    if (atomic_fetch_sub(&putters, 1) == 1)
        coil_channel_close(&channel);
    return 0;
}

static int get_numbers(void *arg)
{
    int number;
    int rc;

    (void)arg;
    while ((rc = coil_channel_get(&channel, &number)) == 0) {
        atomic_fetch_add(&sum, number);
        atomic_fetch_add(&got, 1);
    }
    ASSERT_EQ(rc, -EPIPE);
    return 0;
}

static int put_or_get(void *arg)
{
    (void)arg;
    return in_tasks(coil_loops_index() == 0 ? get_numbers : put_numbers);
}

static void pass_numbers(size_t capacity, coil_fn fn)
{
    const int all = (LOOPS - 1) * TASKS;

    atomic_store(&putters, all);
    atomic_store(&sum, 0);
    atomic_store(&got, 0);
    ASSERT_EQ(coil_channel_init(&channel, sizeof(int), capacity), 0);
    ASSERT_EQ(coil_loops_run(LOOPS, fn, NULL), 0);
    ASSERT_EQ(atomic_load(&got), all * ROUNDS);
    ASSERT_EQ(atomic_load(&sum), (long long)all * ROUNDS * (ROUNDS + 1) / 2);
    coil_channel_fini(&channel);
}

TEST(cross_threads_pass_items_through_a_channel)
{
    pass_numbers(0, put_or_get);
    pass_numbers(1, put_or_get);
    pass_numbers(100, put_or_get);
}

/*
 * Both ends give up now and then: what a put that was cancelled would have put
 * is put again, so nothing is lost or doubled.
 */
static int with_limit(int (*act)(struct coil_channel *, void *), void *item,
                      unsigned round)
{
    struct coil_timeout limit;
    int rc = coil_timeout_begin(&limit, round % 4 * COIL_MICROSECOND);

    if (rc == 0)
        rc = act(&channel, item);
    return coil_timeout_end(&limit, rc);
}

static int put(struct coil_channel *c, void *item)
{
    return coil_channel_put(c, item);
}

static int put_in_time(void *arg)
{
    (void)arg;
    for (int i = 1; i <= ROUNDS; i++) {
        int rc = -ETIMEDOUT;

        for (unsigned round = 0; rc == -ETIMEDOUT; round++)
            rc = with_limit(put, &i, round);
        ASSERT_EQ(rc, 0);
    }
    if (atomic_fetch_sub(&putters, 1) == 1)
        coil_channel_close(&channel);
    return 0;
}

static int get_in_time(void *arg)
{
    int rc = 0;

    (void)arg;
    for (unsigned round = 0; rc == 0 || rc == -ETIMEDOUT; round++) {
        int number;

        rc = with_limit(coil_channel_get, &number, round);
        if (rc == 0) {
            atomic_fetch_add(&sum, number);
            atomic_fetch_add(&got, 1);
        }
    }
    ASSERT_EQ(rc, -EPIPE);
    return 0;
}

static int put_or_get_in_time(void *arg)
{
    (void)arg;
    return in_tasks(coil_loops_index() == 0 ? get_in_time : put_in_time);
}

TEST(cross_threads_that_give_up_lose_no_item)
{
    pass_numbers(2, put_or_get_in_time);
}

/* ---- a lock, a semaphore, a condition ---- */

static struct coil_shared_lock lock = COIL_SHARED_LOCK_INIT;
static int inside; /* the lock guards it: TSan would see it otherwise */
static int visits;

static int visit(void *arg)
{
    (void)arg;
    for (int i = 0; i < ROUNDS; i++) {
        (void)coil_shared_lock_is_locked(&lock); /* whoever holds it */
        ASSERT_EQ(coil_shared_lock_acquire(&lock), 0);
        ASSERT_EQ(inside++, 0);
        visits++;
        ASSERT_EQ(coil_yield(), 0);
        ASSERT_EQ(--inside, 0);
        ASSERT_EQ(coil_shared_lock_release(&lock), 0);
    }
    return 0;
}

static int visit_in_tasks(void *arg)
{
    (void)arg;
    return in_tasks(visit);
}

TEST(cross_threads_enter_one_at_a_time)
{
    ASSERT_EQ(coil_loops_run(LOOPS, visit_in_tasks, NULL), 0);
    ASSERT_EQ(visits, LOOPS * TASKS * ROUNDS);
    ASSERT(!coil_shared_lock_is_locked(&lock));
}

static struct coil_shared_semaphore two = COIL_SHARED_SEMAPHORE_INIT(2);
static atomic_int entered;

static int enter(void *arg)
{
    (void)arg;
    for (unsigned i = 0; i < ROUNDS; i++) {
        struct coil_timeout limit;
        int rc = coil_timeout_begin(&limit, i % 4 * COIL_MICROSECOND);

        ASSERT_LE(coil_shared_semaphore_value(&two), 2);
        if (rc == 0)
            rc = coil_shared_semaphore_acquire(&two);
        if (rc == 0) {
            ASSERT(atomic_fetch_add(&entered, 1) < 2);
            rc = coil_yield();
            atomic_fetch_sub(&entered, 1);
            coil_shared_semaphore_release(&two);
        }
        rc = coil_timeout_end(&limit, rc);
        ASSERT(rc == 0 || rc == -ETIMEDOUT);
    }
    return 0;
}

static int enter_in_tasks(void *arg)
{
    (void)arg;
    return in_tasks(enter);
}

TEST(cross_threads_enter_two_at_a_time)
{
    ASSERT_EQ(coil_loops_run(LOOPS, enter_in_tasks, NULL), 0);
    ASSERT_EQ(coil_shared_semaphore_value(&two), 2);
}

/* A number goes round: each task waits until it is its turn. */
static struct coil_shared_condition changed = COIL_SHARED_CONDITION_INIT(&lock);
static atomic_int next_place;
static int whose_turn;

static int take_turns(void *arg)
{
    const int all = LOOPS * TASKS;
    int place = atomic_fetch_add(&next_place, 1);

    (void)arg;
    for (int i = 0; i < 30; i++) {
        ASSERT_EQ(coil_shared_lock_acquire(&lock), 0);
        while (whose_turn % all != place)
            ASSERT_EQ(coil_shared_condition_wait(&changed), 0);
        whose_turn++;
        ASSERT_EQ(coil_shared_condition_notify_all(&changed), 0);
        ASSERT_EQ(coil_shared_lock_release(&lock), 0);
    }
    return 0;
}

static int take_turns_in_tasks(void *arg)
{
    (void)arg;
    return in_tasks(take_turns);
}

TEST(cross_threads_take_turns)
{
    ASSERT_EQ(coil_loops_run(LOOPS, take_turns_in_tasks, NULL), 0);
    ASSERT_EQ(whose_turn, LOOPS * TASKS * 30);
}

/* ---- an event ---- */

static struct coil_shared_event begun = COIL_SHARED_EVENT_INIT;
static int written_before; /* the event publishes it */

static int wait_for_event(void *arg)
{
    (void)arg;
    ASSERT_EQ(coil_shared_event_wait(&begun), 0);
    ASSERT_EQ(written_before, 42);
    return 0;
}

static int set_or_wait(void *arg)
{
    (void)arg;
    if (coil_loops_index() > 0)
        return in_tasks(wait_for_event);
    written_before = 42;
    coil_shared_event_set(&begun);
    return 0;
}

TEST(cross_threads_see_what_was_before_the_event)
{
    ASSERT_EQ(coil_loops_run(LOOPS, set_or_wait, NULL), 0);
}

/* ---- the memory of a waiter ---- */

/* The waiter's frame is used again as soon as it has been told. */
static int wait_briefly(void *arg)
{
    volatile char rubbish[512];

    (void)arg;
    for (size_t i = 0; i < sizeof rubbish; i++)
        rubbish[i] = (char)0x5a;
    return coil_shared_semaphore_acquire(&two) < 0 || rubbish[7] != 0x5a;
}

static int ping_pong(void *arg)
{
    (void)arg;
    for (int i = 0; i < ROUNDS * 10; i++) {
        if (coil_loops_index() == 0)
            coil_shared_semaphore_release(&two);
        else
            ASSERT_EQ(wait_briefly(NULL), 0);
    }
    return 0;
}

TEST(cross_threads_leave_the_memory_of_a_waiter_alone)
{
    coil_shared_semaphore_init(&two, 0);
    ASSERT_EQ(coil_loops_run(2, ping_pong, NULL), 0);
    ASSERT_EQ(coil_shared_semaphore_value(&two), 0);
}
