/* SPDX-License-Identifier: MIT */
/*
 * A lock that its holder may acquire again.
 */
#include <coil/reentrant_lock.h>

#include "simulated.h"

static struct coil_reentrant_lock lock;

static void prepare(void)
{
    coil_reentrant_lock_init(&lock);
    watch(coil_test_check_lock, &lock.lock);
}

static void conclude(void)
{
    ASSERT(!coil_reentrant_lock_is_locked(&lock));
    check_nothing_is_left();
}

static void acquire(void)
{
    ASSERT_EQ(coil_reentrant_lock_acquire(&lock), 0);
}

static void release(void)
{
    ASSERT_EQ(coil_reentrant_lock_release(&lock), 0);
}

static int visit(void *arg)
{
    int rc = coil_reentrant_lock_acquire(&lock);

    if (rc < 0)
        return rc;
    ASSERT_EQ(coil_reentrant_lock_depth(&lock), 1);
    say("%s ", (const char *)arg);
    release();
    return 0;
}

SYNC_TEST(reentrant_lock_is_free_after_as_many_releases)
{
    struct coil_task *a;

    acquire();
    acquire();
    ASSERT_EQ(coil_reentrant_lock_try_acquire(&lock), 0);
    ASSERT_EQ(coil_reentrant_lock_depth(&lock), 3);
    a = start_waiting(visit, "a");
    release();
    release();
    turn();
    SAID("");
    ASSERT_EQ(coil_reentrant_lock_depth(&lock), 1);
    release();
    ASSERT_EQ(coil_reentrant_lock_depth(&lock), 0);
    ASSERT_EQ(end_of(a), 0);
    SAID("a ");
}

static int try_it(void *arg)
{
    (void)arg;
    ASSERT_EQ(coil_reentrant_lock_depth(&lock), 0);
    return coil_reentrant_lock_try_acquire(&lock);
}

static int release_it(void *arg)
{
    (void)arg;
    return coil_reentrant_lock_release(&lock);
}

SYNC_TEST(reentrant_lock_is_of_one_task)
{
    watch_reports();
    acquire();
    ASSERT_EQ(end_of(start(try_it, NULL)), -EAGAIN);
    ASSERT_EQ(end_of(start(release_it, NULL)), -EPERM);
    ASSERT_MISUSE(&lock);
    ASSERT_EQ(coil_reentrant_lock_depth(&lock), 1);
    release();
    ASSERT_EQ(coil_reentrant_lock_release(&lock), -EPERM);
    ASSERT_MISUSE(&lock);
}

SYNC_TEST(reentrant_lock_goes_to_the_longest_waiter)
{
    struct coil_task *a, *b;

    acquire();
    a = start_waiting(visit, "a");
    b = start_waiting(visit, "b");
    release();
    ASSERT(coil_reentrant_lock_is_locked(&lock));
    ASSERT_EQ(end_of(a), 0);
    ASSERT_EQ(end_of(b), 0);
    SAID("a b ");
}

/* Its holder is told, too, and has it as often as before. */
SYNC_TEST(reentrant_lock_reports_a_cancellation_to_its_holder)
{
    acquire();
    cancel_self();
    ASSERT_EQ(coil_reentrant_lock_acquire(&lock), -ECANCELED);
    ASSERT_EQ(coil_reentrant_lock_depth(&lock), 1);
    coil_task_uncancel(coil_current_task());
    release();
}

static int acquire_by_hand(void *arg)
{
    (void)arg;
    ASSERT_EQ(coil_reentrant_lock_try_acquire(&lock), -ENOTSUP);
    return coil_reentrant_lock_acquire(&lock);
}

TEST(reentrant_lock_needs_a_task)
{
    struct coil_coroutine *co = make(acquire_by_hand, NULL);

    ASSERT_EQ(coil_coroutine_send(co, NULL, NULL), 0);
    ASSERT_EQ(coil_coroutine_result(co), -ENOTSUP);
    coil_coroutine_free(co);
}
