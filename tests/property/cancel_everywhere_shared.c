/* SPDX-License-Identifier: MIT */
/*
 * The suspending functions of what loops share, cancelled in each state of their
 * wait: cancel_everywhere.h.
 */
#include <coil/channel.h>
#include <coil/shared_condition.h>
#include <coil/shared_event.h>
#include <coil/shared_lock.h>
#include <coil/shared_semaphore.h>

#include "cancel_everywhere.h"

static struct coil_shared_lock lock;
static struct coil_shared_semaphore semaphore;
static struct coil_shared_event event;
static struct coil_shared_condition condition;
static struct coil_channel channel;

/* ---- lock, semaphore, event -------------------------------------------------- */

static void hold_lock(void)
{
    coil_shared_lock_init(&lock);
    ASSERT_EQ(coil_shared_lock_try_acquire(&lock), 0);
}

static int use_lock(void)
{
    int rc = coil_shared_lock_acquire(&lock);

    if (rc == 0)
        ASSERT_EQ(coil_shared_lock_release(&lock), 0);
    return rc;
}

static void free_lock(void)
{
    ASSERT_EQ(coil_shared_lock_release(&lock), 0);
}

static void expect_free_lock(void)
{
    ASSERT(!coil_shared_lock_is_locked(&lock));
}

static void take_permits(void)
{
    coil_shared_semaphore_init(&semaphore, 0);
}

static int use_permit(void)
{
    int rc = coil_shared_semaphore_acquire(&semaphore);

    if (rc == 0)
        coil_shared_semaphore_release(&semaphore);
    return rc;
}

static void give_permit(void)
{
    coil_shared_semaphore_release(&semaphore);
}

static void expect_one_permit_at_most(void)
{
    ASSERT_LE(coil_shared_semaphore_value(&semaphore), 1);
}

static void clear_event(void)
{
    coil_shared_event_init(&event);
}

static int wait_for_event(void)
{
    return coil_shared_event_wait(&event);
}

static void set_event(void)
{
    coil_shared_event_set(&event);
}

/* ---- condition ------------------------------------------------------------------ */

static void make_condition(void)
{
    coil_shared_lock_init(&lock);
    coil_shared_condition_init(&condition, &lock);
}

/* The lock is held on return, whatever the result. */
static int wait_for_condition(void)
{
    int rc;

    ASSERT_EQ(coil_shared_lock_try_acquire(&lock), 0);
    rc = coil_shared_condition_wait(&condition);
    ASSERT_EQ(coil_shared_lock_release(&lock), 0);
    return rc;
}

static void notify(void)
{
    ASSERT_EQ(coil_shared_lock_try_acquire(&lock), 0);
    ASSERT_EQ(coil_shared_condition_notify(&condition, 1), 0);
    ASSERT_EQ(coil_shared_lock_release(&lock), 0);
}

/* ---- channel ---------------------------------------------------------------------- */

static void make_empty_channel(void)
{
    ASSERT_EQ(coil_channel_init(&channel, sizeof(int), 1), 0);
}

static void make_full_channel(void)
{
    static const int one = 1;

    make_empty_channel();
    ASSERT_EQ(coil_channel_try_put(&channel, &one), 0);
}

static int get_42(void)
{
    int item = 0;
    int rc = coil_channel_get(&channel, &item);

    if (rc == 0)
        ASSERT_EQ(item, 42);
    return rc;
}

static int get_some(void)
{
    int items[2] = { 0 };
    ptrdiff_t n = coil_channel_get_many(&channel, items, 2);

    if (n < 0)
        return (int)n;
    ASSERT_EQ(n, 1);
    ASSERT_EQ(items[0], 42);
    return 0;
}

static void put_42(void)
{
    static const int item = 42;

    ASSERT_EQ(coil_channel_try_put(&channel, &item), 0);
}

static int put_2(void)
{
    static const int item = 2;

    return coil_channel_put(&channel, &item);
}

static int put_some(void)
{
    static const int item = 2;
    size_t put = 9;
    int rc = coil_channel_put_many(&channel, &item, 1, &put);

    ASSERT_EQ(put, rc == 0 ? 1 : 0);
    return rc;
}

static void get_1(void)
{
    int item;

    ASSERT_EQ(coil_channel_try_get(&channel, &item), 0);
    ASSERT_EQ(item, 1);
}

static void drop_channel(void)
{
    coil_channel_fini(&channel);
}

/* ---- all of them ---------------------------------------------------------------------- */

static const struct everywhere table[] = {
    CASE(coil_shared_lock_acquire, .prepare = hold_lock, .call = use_lock,
         .ready = free_lock, .finish = expect_free_lock),
    CASE(coil_shared_semaphore_acquire, .prepare = take_permits,
         .call = use_permit, .ready = give_permit,
         .finish = expect_one_permit_at_most),
    CASE(coil_shared_event_wait, .prepare = clear_event, .call = wait_for_event,
         .ready = set_event),
    CASE(coil_shared_condition_wait, .prepare = make_condition,
         .call = wait_for_condition, .ready = notify,
         .finish = expect_free_lock, .flags = FOR_WAITERS),
    CASE(coil_channel_get, .prepare = make_empty_channel, .call = get_42,
         .ready = put_42, .finish = drop_channel),
    CASE(coil_channel_get_many, .prepare = make_empty_channel, .call = get_some,
         .ready = put_42, .finish = drop_channel),
    CASE(coil_channel_put, .prepare = make_full_channel, .call = put_2,
         .ready = get_1, .finish = drop_channel),
    CASE(coil_channel_put_many, .prepare = make_full_channel, .call = put_some,
         .ready = get_1, .finish = drop_channel),
};

EVERYWHERE_TEST(cancel_everywhere_shared_parked, table, cancel_parked)
EVERYWHERE_TEST(cancel_everywhere_shared_granted, table, cancel_granted)
EVERYWHERE_TEST(cancel_everywhere_shared_on_entry, table, cancel_on_entry)
EVERYWHERE_TEST(cancel_everywhere_shared_on_entry_when_ready, table,
                cancel_on_entry_when_ready)
