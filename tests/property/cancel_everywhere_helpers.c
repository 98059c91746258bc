/* SPDX-License-Identifier: MIT */
/*
 * The suspending functions that are made of others, as cancel_everywhere.c has
 * those of the primitives.
 */
#include <coil/event.h>
#include <coil/interval.h>
#include <coil/map.h>
#include <coil/queue.h>
#include <coil/rate_limiter.h>
#include <coil/retry.h>
#include <coil/select.h>
#include <coil/semaphore.h>
#include <coil/sleep.h>

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

/* ---- the table ------------------------------------------------------------ */

static const struct everywhere table[] = {
    CASE(coil_map_at, .prepare = clear_event, .call = map_events,
         .ready = set_event, .turns = 2, .flags = WAITS_FIRST),
    CASE(coil_retry_pause, .prepare = begin_retry, .call = pause),
    CASE(coil_retry_call, .prepare = clear_event, .call = call_again,
         .ready = set_event),
    CASE(coil_interval_tick, .prepare = begin_interval, .call = tick),
    CASE(coil_rate_limiter_acquire, .prepare = empty_bucket, .call = take_token,
         .finish = expect_nobody),
    CASE(coil_select, .prepare = make_cases, .call = select_item,
         .ready = put_42, .finish = expect_untouched_cases),
};

EVERYWHERE_TEST(cancel_everywhere_helpers_parked, table, cancel_parked)
EVERYWHERE_TEST(cancel_everywhere_helpers_granted, table, cancel_granted)
EVERYWHERE_TEST(cancel_everywhere_helpers_on_entry, table, cancel_on_entry)
EVERYWHERE_TEST(cancel_everywhere_helpers_on_entry_when_ready, table,
                cancel_on_entry_when_ready)
