/* SPDX-License-Identifier: MIT */
/*
 * The suspending functions that are made of others, as cancel_everywhere.c has
 * those of the primitives.
 */
#include <coil/broadcast.h>
#include <coil/capacity_limiter.h>
#include <coil/event.h>
#include <coil/interval.h>
#include <coil/map.h>
#include <coil/queue.h>
#include <coil/rate_limiter.h>
#include <coil/reentrant_lock.h>
#include <coil/retry.h>
#include <coil/rw_lock.h>
#include <coil/select.h>
#include <coil/semaphore.h>
#include <coil/sequencer.h>
#include <coil/sleep.h>
#include <coil/task_group.h>
#include <coil/watch.h>

#include "cancel_everywhere.h"

/* ---- map ------------------------------------------------------------------ */

static struct coil_event event;

static void clear_event(void)
{
    coil_event_init(&event);
}

static void set_event(void)
{
    coil_event_set(&event);
}

static int wait_for_event(void *item, void *arg)
{
    (void)arg;
    *(int *)item = 1;
    return coil_event_wait(&event);
}

/* Two of three wait at a time. */
static int map_events(void)
{
    int begun[3] = { 0 };
    int rc = coil_map(begun, 3, 2, wait_for_event, NULL);

    if (rc == 0)
        ASSERT(begun[2]);
    return rc;
}

/* ---- a task that gets ready ----------------------------------------------- */

static int get_ready(void *arg)
{
    int rc = coil_event_wait(&event);

    (void)arg;
    return rc < 0 ? rc : coil_task_started(&event);
}

static struct coil_task_group start_group;

static void begin_group(void)
{
    coil_event_init(&event);
}

static int start_task(void)
{
    void *value = NULL;
    int rc = coil_task_group_begin(&start_group);
    int end;

    ASSERT_EQ(rc, 0);
    rc = coil_task_group_start(&start_group, NULL, get_ready, NULL, &value);
    ASSERT_PTR_EQ(value, rc == 0 ? &event : NULL);
    end = coil_task_group_end(&start_group, rc);
    ASSERT_EQ(coil_task_group_error_count(&start_group), 0);
    return end;
}

/* ---- time ----------------------------------------------------------------- */

static struct coil_retry retry;

static void begin_retry(void)
{
    const struct coil_retry_options options = { .tries = 1000,
                                                .first_delay = COIL_MINUTE };

    coil_retry_init(&retry, &options);
}

static int pause(void)
{
    int error = -EAGAIN;
    int rc = coil_retry_pause(&retry, &error);

    ASSERT_EQ(error, rc == 0 ? -EAGAIN : rc);
    return rc;
}

static int await_event(void *arg)
{
    (void)arg;
    return coil_event_wait(&event);
}

static int call_again(void)
{
    return coil_retry_call(await_event, NULL, NULL);
}

static struct coil_interval interval;

static void begin_interval(void)
{
    coil_interval_init_at(&interval, coil_after(COIL_MINUTE), COIL_MINUTE,
                          COIL_MISSED_BURST);
}

static int tick(void)
{
    return coil_interval_tick(&interval);
}

static struct coil_rate_limiter limiter;

static void empty_bucket(void)
{
    coil_rate_limiter_init(&limiter, 1, COIL_MINUTE, 1);
    ASSERT_EQ(coil_rate_limiter_try_acquire(&limiter, 1), 0);
}

static int take_token(void)
{
    return coil_rate_limiter_acquire(&limiter, 1);
}

static void expect_nobody(void)
{
    ASSERT_EQ(coil_rate_limiter_waiting(&limiter), 0);
}

/* ---- select --------------------------------------------------------------- */

static struct coil_queue queue;
static struct coil_semaphore semaphore;

static void make_cases(void)
{
    coil_queue_init(&queue, sizeof(int), 1);
    coil_semaphore_init(&semaphore, 0);
    coil_event_init(&event);
}

static int select_item(void)
{
    int item = 0;
    struct coil_select_case cases[] = {
        coil_event_wait_case(&event),
        coil_semaphore_acquire_case(&semaphore),
        coil_queue_get_case(&queue, &item),
        coil_sleep_case(60 * COIL_MINUTE),
    };
    int rc = coil_select(cases, 4);

    ASSERT_EQ(item, rc < 0 ? 0 : 42);
    return rc < 0 ? rc : rc != 2;
}

static void put_42(void)
{
    const int item = 42;

    ASSERT_EQ(coil_queue_try_put(&queue, &item), 0);
}

/* Nobody stands in any of the queues. */
static void expect_untouched_cases(void)
{
    ASSERT(coil_queue_is_empty(&queue));
    coil_queue_fini(&queue);
    coil_semaphore_release(&semaphore);
    ASSERT_EQ(coil_semaphore_value(&semaphore), 1);
}

/* ---- other locks and permits ---------------------------------------------- */

static struct coil_rw_lock rw_lock;
static struct coil_reentrant_lock reentrant;

static void hold_rw_lock(void)
{
    coil_rw_lock_init(&rw_lock);
    ASSERT_EQ(coil_rw_lock_try_acquire_write(&rw_lock), 0);
}

static int read_it(void)
{
    int rc = coil_rw_lock_acquire_read(&rw_lock);

    if (rc == 0)
        ASSERT_EQ(coil_rw_lock_release_read(&rw_lock), 0);
    return rc;
}

static int write_it(void)
{
    int rc = coil_rw_lock_acquire_write(&rw_lock);

    if (rc == 0)
        ASSERT_EQ(coil_rw_lock_release_write(&rw_lock), 0);
    return rc;
}

static void free_rw_lock(void)
{
    ASSERT_EQ(coil_rw_lock_release_write(&rw_lock), 0);
}

static struct coil_event reentrant_may_end;
static struct coil_task *holder;

static int hold_reentrant(void *arg)
{
    (void)arg;
    ASSERT_EQ(coil_reentrant_lock_try_acquire(&reentrant), 0);
    (void)!coil_event_wait(&reentrant_may_end);
    return coil_reentrant_lock_release(&reentrant);
}

static void lock_reentrant(void)
{
    coil_reentrant_lock_init(&reentrant);
    coil_event_init(&reentrant_may_end);
    holder = start(hold_reentrant, NULL);
    while (!coil_reentrant_lock_is_locked(&reentrant))
        ASSERT_EQ(coil_yield(), 0);
}

static int use_reentrant(void)
{
    int rc = coil_reentrant_lock_acquire(&reentrant);

    if (rc == 0)
        ASSERT_EQ(coil_reentrant_lock_release(&reentrant), 0);
    return rc;
}

static void free_reentrant(void)
{
    coil_event_set(&reentrant_may_end);
    while (!coil_task_is_done(holder))
        ASSERT_EQ(coil_yield(), 0);
}

static void end_holder(void)
{
    coil_event_set(&reentrant_may_end);
    ASSERT_EQ(end_of(holder), 0);
}

static void leave_one_permit(void)
{
    coil_semaphore_init(&semaphore, 1);
}

static int use_two_permits(void)
{
    int rc = coil_semaphore_acquire_many(&semaphore, 2);

    if (rc == 0)
        coil_semaphore_release_many(&semaphore, 2);
    return rc;
}

static void give_permit(void)
{
    coil_semaphore_release(&semaphore);
}

static void expect_permits(void)
{
    ASSERT_GE(coil_semaphore_value(&semaphore), 1);
}

/* ---- one for many --------------------------------------------------------- */

static int latest, kept[2];
static struct coil_watch watched;
static struct coil_watch_receiver watch_receiver;
static struct coil_broadcast broadcast;
static struct coil_broadcast_receiver broadcast_receiver;

static void begin_watch(void)
{
    coil_watch_init(&watched, &latest, sizeof latest);
    coil_watch_receiver_init(&watch_receiver, &watched);
}

static int await_change(void)
{
    return coil_watch_changed(&watch_receiver, NULL);
}

static void change(void)
{
    const int value = 1;

    ASSERT_EQ(coil_watch_send(&watched, &value), 0);
}

static void begin_broadcast(void)
{
    coil_broadcast_init(&broadcast, kept, sizeof kept[0], 2);
    coil_broadcast_receiver_init(&broadcast_receiver, &broadcast);
}

static int receive(void)
{
    int item;

    return coil_broadcast_receive(&broadcast_receiver, &item);
}

static void send_item(void)
{
    const int item = 1;

    ASSERT_EQ(coil_broadcast_send(&broadcast, &item), 0);
}

/* ---- borrowers and turns -------------------------------------------------- */

static struct coil_capacity_limiter capacity;
static struct coil_capacity_token of_others;
static struct coil_sequencer turns;

static void lend_all(void)
{
    of_others = (struct coil_capacity_token){ .waits = false };
    coil_capacity_limiter_init(&capacity, 1);
    ASSERT_EQ(coil_capacity_limiter_try_acquire(&capacity, &of_others), 0);
}

static int borrow(void)
{
    struct coil_capacity_token token = { .waits = false };
    int rc = coil_capacity_limiter_acquire(&capacity, &token);

    if (rc == 0)
        ASSERT_EQ(coil_capacity_limiter_release(&capacity, &token), 0);
    return rc;
}

static void give_back(void)
{
    ASSERT_EQ(coil_capacity_limiter_release(&capacity, &of_others), 0);
}

static void begin_turns(void)
{
    turns = (struct coil_sequencer){ .turn = 0 };
}

static int take_turn(void)
{
    return coil_sequencer_begin(&turns, 1);
}

static void end_turn(void)
{
    coil_sequencer_end(&turns);
}

/* ---- the table ------------------------------------------------------------ */

static const struct everywhere table[] = {
    CASE(coil_map_at, .prepare = clear_event, .call = map_events,
         .ready = set_event, .turns = 2, .flags = WAITS_FIRST),
    CASE(coil_task_group_start_at, .prepare = begin_group, .call = start_task,
         .ready = set_event, .turns = 3, .flags = WAITS_FIRST),
    CASE(coil_retry_pause, .prepare = begin_retry, .call = pause),
    CASE(coil_retry_call, .prepare = clear_event, .call = call_again,
         .ready = set_event),
    CASE(coil_interval_tick, .prepare = begin_interval, .call = tick),
    CASE(coil_rate_limiter_acquire, .prepare = empty_bucket, .call = take_token,
         .finish = expect_nobody),
    CASE(coil_rw_lock_acquire_read, .prepare = hold_rw_lock, .call = read_it,
         .ready = free_rw_lock),
    CASE(coil_rw_lock_acquire_write, .prepare = hold_rw_lock, .call = write_it,
         .ready = free_rw_lock),
    CASE(coil_reentrant_lock_acquire, .prepare = lock_reentrant,
         .call = use_reentrant, .ready = free_reentrant, .finish = end_holder),
    CASE(coil_semaphore_acquire_many, .prepare = leave_one_permit,
         .call = use_two_permits, .ready = give_permit,
         .finish = expect_permits),
    CASE(coil_watch_changed, .prepare = begin_watch, .call = await_change,
         .ready = change),
    CASE(coil_broadcast_receive, .prepare = begin_broadcast, .call = receive,
         .ready = send_item),
    CASE(coil_capacity_limiter_acquire, .prepare = lend_all, .call = borrow,
         .ready = give_back),
    CASE(coil_sequencer_begin, .prepare = begin_turns, .call = take_turn,
         .ready = end_turn),
    CASE(coil_select, .prepare = make_cases, .call = select_item,
         .ready = put_42, .finish = expect_untouched_cases),
};

EVERYWHERE_TEST(cancel_everywhere_helpers_parked, table, cancel_parked)
EVERYWHERE_TEST(cancel_everywhere_helpers_granted, table, cancel_granted)
EVERYWHERE_TEST(cancel_everywhere_helpers_on_entry, table, cancel_on_entry)
EVERYWHERE_TEST(cancel_everywhere_helpers_on_entry_when_ready, table,
                cancel_on_entry_when_ready)
