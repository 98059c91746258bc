/* SPDX-License-Identifier: MIT */
/* LABELS: threads */
/*
 * A thread ends within its run, with tasks that wait for what loops share: what
 * was under way to them goes to somebody else.
 */
#include <pthread.h>

#include <coil/channel.h>
#include <coil/error.h>
#include <coil/handle.h>
#include <coil/loop.h>
#include <coil/run.h>
#include <coil/shared_lock.h>
#include <coil/shared_semaphore.h>
#include <coil/task.h>

#include "loop/loop.h"
#include "test.h"

static struct coil_shared_lock lock;
static struct coil_shared_semaphore none;
static struct coil_channel channel;
static coil_fn what;
static struct coil_loop *lost;
static pthread_barrier_t both;

static int wait_for_lock(void *arg)
{
    (void)arg;
    return coil_shared_lock_acquire(&lock);
}

static int wait_for_permit(void *arg)
{
    (void)arg;
    return coil_shared_semaphore_acquire(&none);
}

static int wait_for_item(void *arg)
{
    int item;

    (void)arg;
    return coil_channel_get(&channel, &item);
}

/* The thread blocks: no letter is read any more. */
static void end_thread(void *arg)
{
    (void)arg;
    pthread_barrier_wait(&both);
    pthread_barrier_wait(&both);
    pthread_exit(NULL);
}

static int start_waiter(void *arg)
{
    static struct coil_handle handle; /* of a loop that is never closed */
    struct coil_task *waiter;

    (void)arg;
    lost = coil_loop_current();
    ASSERT_EQ(coil_task_create(&waiter, what, NULL), 0);
    coil_task_release(waiter);
    ASSERT_EQ(
        coil_loop_call_soon(coil_loop_current(), &handle, end_thread, NULL), 0);
    coil_loop_hold(coil_loop_current());
    return coil_shared_semaphore_acquire(&none);
}

static void *run(void *arg)
{
    (void)arg;
    (void)!coil_run(start_waiter, NULL);
    FAIL("the thread goes on");
}

/* give() is called while the waiter waits, or when its thread has gone. */
static void lose_waiter(coil_fn fn, void (*give)(void), bool before)
{
    pthread_t thread;

    test_leaves_stacks = true;
    what = fn;
    ASSERT_EQ(pthread_barrier_init(&both, NULL, 2), 0);
    ASSERT_EQ(pthread_create(&thread, NULL, run, NULL), 0);
    pthread_barrier_wait(&both);
    if (before)
        give();
    pthread_barrier_wait(&both);
    ASSERT_EQ(pthread_join(thread, NULL), 0);
    pthread_barrier_destroy(&both);
    if (!before)
        give();
    /* Nobody can close the loop any more: its descriptors are taken back. */
    lost->backend->ops->forked(lost->backend);
}

static void release_lock(void)
{
    ASSERT_EQ(coil_shared_lock_release(&lock), 0);
}

static void expect_lock(bool before)
{
    ASSERT_EQ(coil_shared_lock_try_acquire(&lock), 0);
    lose_waiter(wait_for_lock, release_lock, before);
    ASSERT(!coil_shared_lock_is_locked(&lock));
}

TEST(cross_lost_waiter_hands_the_lock_on)
{
    expect_lock(true);
}

TEST(cross_lost_waiter_is_not_given_the_lock)
{
    expect_lock(false);
}

static void put_items(void)
{
    for (int i = 1; i <= 2; i++)
        ASSERT_EQ(coil_channel_try_put(&channel, &i), 0);
}

/* The item of the lost getter was the first, and is so again. */
static void expect_items(bool before)
{
    int item;

    ASSERT_EQ(coil_channel_init(&channel, sizeof(int), 2), 0);
    lose_waiter(wait_for_item, put_items, before);
    ASSERT_EQ(coil_channel_count(&channel), 2);
    for (int i = 1; i <= 2; i++) {
        ASSERT_EQ(coil_channel_try_get(&channel, &item), 0);
        ASSERT_EQ(item, i);
    }
    coil_channel_fini(&channel);
}

TEST(cross_lost_getter_puts_its_item_back)
{
    expect_items(true);
}

TEST(cross_lost_getter_is_given_nothing)
{
    expect_items(false);
}

/* The channel is full meanwhile: there is room for the item all the same. */
static void put_three(void)
{
    for (int i = 1; i <= 3; i++)
        ASSERT_EQ(coil_channel_try_put(&channel, &i), 0);
}

TEST(cross_lost_getter_puts_its_item_back_into_a_full_channel)
{
    int item;

    ASSERT_EQ(coil_channel_init(&channel, sizeof(int), 2), 0);
    lose_waiter(wait_for_item, put_three, true);
    ASSERT_EQ(coil_channel_try_put(&channel, &item), -EAGAIN);
    for (int i = 1; i <= 3; i++) {
        ASSERT_EQ(coil_channel_try_get(&channel, &item), 0);
        ASSERT_EQ(item, i);
    }
    ASSERT_EQ(coil_channel_try_put(&channel, &item), 0);
    coil_channel_fini(&channel);
}

static void release_permit(void)
{
    coil_shared_semaphore_release(&none);
}

/* Of the two waiters of the thread, neither can use it. */
TEST(cross_lost_waiter_hands_its_permit_on)
{
    lose_waiter(wait_for_permit, release_permit, true);
    ASSERT_EQ(coil_shared_semaphore_value(&none), 1);
}
