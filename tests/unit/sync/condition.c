/* SPDX-License-Identifier: MIT */
/*
 * The condition against B15 of asyncio's behaviour: CV-1 … CV-4.
 */
#include "condition.h"

/* ---- uncontended ---- */

/* CV-1 */
CONDITION_TEST(condition_has_the_functions_of_its_lock)
{
    ASSERT(!coil_condition_is_locked(&condition));
    acquire();
    ASSERT(coil_condition_is_locked(&condition));
    ASSERT_EQ(coil_condition_try_acquire(&condition), -EAGAIN);
    release();
    ASSERT_EQ(coil_condition_try_acquire(&condition), 0);
    release();
    ASSERT_EQ(coil_condition_release(&condition), -EPERM);
    ASSERT_MISUSE(&condition.own_lock);
}

static struct coil_lock shared_lock;
static struct coil_condition on_shared = COIL_CONDITION_INIT_WITH(&shared_lock);

static int await_on_shared(void *arg)
{
    (void)arg;
    ASSERT_EQ(coil_lock_acquire(&shared_lock), 0);
    ASSERT_EQ(coil_condition_wait(&on_shared), 0);
    return coil_lock_release(&shared_lock);
}

/* CV-1 */
CONDITION_TEST(condition_uses_the_lock_it_is_given)
{
    struct coil_condition other;
    struct coil_task *a, *b;

    watch(coil_test_check_condition, &on_shared);
    coil_condition_init(&other, &shared_lock);
    a = start(await_on_shared, NULL);
    b = start(await_on_shared, NULL);
    turn();
    ASSERT_EQ(coil_condition_acquire(&other), 0);
    ASSERT(coil_lock_is_locked(&shared_lock));
    ASSERT(coil_condition_is_locked(&on_shared));
    ASSERT(!coil_lock_is_locked(&on_shared.own_lock));
    ASSERT_EQ(coil_condition_notify_all(&other), 0); /* its own: nobody */
    ASSERT_NOT_NULL(on_shared.waiters.head);
    ASSERT_EQ(coil_condition_notify_all(&on_shared), 0);
    ASSERT_EQ(coil_lock_release(&shared_lock), 0);
    ASSERT_EQ(end_of(a), 0);
    ASSERT_EQ(end_of(b), 0);

    coil_condition_init(&other, NULL);
    ASSERT_EQ(coil_condition_acquire(&other), 0);
    ASSERT(!coil_lock_is_locked(&shared_lock));
}

/* CV-4 */
CONDITION_TEST(condition_wait_for_what_is_true_needs_no_lock)
{
    bool flag = true;

    ASSERT_EQ(coil_condition_wait_for(&condition, is_true, &flag), 0);
    flag = false;
    ASSERT_EQ(coil_condition_wait_for(&condition, is_true, &flag), -EPERM);
    ASSERT_MISUSE(&condition);
}

CONDITION_TEST(condition_waiting_allocates_nothing)
{
    struct coil_task *a = start(await_notice, "a");
    size_t before = coil_test_allocations();

    turn();
    notify(1);
    turn();
    SAID("a ");
    ASSERT_EQ(coil_test_allocations(), before);
    ASSERT_EQ(end_of(a), 0);
}

/* ---- order ---- */

/*
 * CV-3: waiting releases the lock; each waiter holds it again when it returns.
 */
CONDITION_TEST(condition_notified_waiters_get_the_lock_one_by_one_in_order)
{
    struct coil_task *waiters[3];

    start_waiters(waiters, 3);
    notify(3);
    SAID("");
    turn();
    SAID("a ");
    turn();
    SAID("");
    turn();
    SAID("b ");
    end_waiters(waiters, 3);
    SAID("c ");
}

/* CV-3 */
CONDITION_TEST(condition_notifies_as_many_as_it_is_told)
{
    struct coil_task *waiters[4];

    start_waiters(waiters, 4);
    notify(0);
    turn();
    SAID("");
    notify(1);
    ASSERT_EQ(end_of(waiters[0]), 0);
    SAID("a ");
    notify(2);
    ASSERT_EQ(end_of(waiters[1]), 0);
    ASSERT_EQ(end_of(waiters[2]), 0);
    turn();
    SAID("b c ");
    notify(7);
    ASSERT_EQ(end_of(waiters[3]), 0);
    SAID("d ");
}

/* CV-3: two notifications in one turn wake two waiters. */
CONDITION_TEST(condition_does_not_notify_again_who_is_notified)
{
    struct coil_task *waiters[3];

    start_waiters(waiters, 3);
    acquire();
    ASSERT_EQ(coil_condition_notify(&condition, 1), 0);
    ASSERT_EQ(coil_condition_notify(&condition, 1), 0);
    release();
    ASSERT_EQ(end_of(waiters[0]), 0);
    ASSERT_EQ(end_of(waiters[1]), 0);
    SAID("a b ");
    notify(1);
    ASSERT_EQ(end_of(waiters[2]), 0);
    SAID("c ");
}

/* CV-3 */
CONDITION_TEST(condition_notify_all_notifies_those_who_wait_now)
{
    struct coil_task *waiters[3];
    struct coil_task *late;

    start_waiters(waiters, 3);
    acquire();
    ASSERT_EQ(coil_condition_notify_all(&condition), 0);
    late = start(await_notice, "late");
    release();
    end_waiters(waiters, 3);
    SAID("a b c ");
    turn();
    SAID("");
    notify(1);
    ASSERT_EQ(end_of(late), 0);
    SAID("late ");
}

/* CV-3 */
CONDITION_TEST(condition_notification_is_not_remembered)
{
    struct coil_task *a;

    notify(5);
    a = start(await_notice, "a");
    turn();
    turn();
    SAID("");
    notify(1);
    ASSERT_EQ(end_of(a), 0);
    SAID("a ");
}

/* CV-3 */
CONDITION_TEST(condition_notify_keeps_the_lock)
{
    struct coil_task *waiters[1];

    start_waiters(waiters, 1);
    acquire();
    ASSERT_EQ(coil_condition_notify(&condition, 1), 0);
    assert_held();
    turn();
    turn();
    SAID("");
    release();
    ASSERT(coil_condition_is_locked(&condition)); /* by the waiter */
    end_waiters(waiters, 1);
    SAID("a ");
}

/* CV-3: a notified waiter queues for the lock behind those that came before. */
CONDITION_TEST(condition_notified_waiter_goes_behind_who_waits_for_the_lock)
{
    struct coil_task *waiters[1];
    struct coil_task *earlier, *later;

    start_waiters(waiters, 1);
    acquire();
    earlier = start(hold_lock, "earlier");
    turn();
    ASSERT_EQ(coil_condition_notify(&condition, 1), 0);
    later = start(hold_lock, "later");
    turn();
    release();
    ASSERT_EQ(end_of(later), 0);
    SAID("earlier a later ");
    ASSERT_EQ(end_of(earlier), 0);
    end_waiters(waiters, 1);
}

/*
 * CV-3, amended: it queues when it is notified, not when it runs, which is
 * after the newcomer.
 */
CONDITION_TEST(condition_notified_waiter_queues_for_the_lock_at_once)
{
    struct coil_task *waiters[1];
    struct coil_task *newcomer;

    start_waiters(waiters, 1);
    newcomer = start(hold_lock, "newcomer");
    notify(1);
    end_waiters(waiters, 1);
    ASSERT_EQ(end_of(newcomer), 0);
    SAID("a newcomer ");
}

/* CV-4 */
CONDITION_TEST(condition_wait_for_goes_on_until_it_is_true)
{
    bool flag = false;
    struct coil_task *a = start(await_true, &flag);

    turn();
    notify(1);
    turn();
    SAID("");
    flag = true;
    turn();
    SAID(""); /* asked after a notification only */
    notify(1);
    ASSERT_EQ(end_of(a), 0);
    SAID("true ");
}

/* ---- misuse ---- */

/* CV-2 */
CONDITION_TEST(condition_used_without_the_lock_is_a_misuse_that_does_nothing)
{
    struct coil_task *waiters[1];

    ASSERT_EQ(coil_condition_wait(&condition), -EPERM);
    ASSERT_MISUSE(&condition);
    start_waiters(waiters, 1);
    ASSERT_EQ(coil_condition_notify(&condition, 1), -EPERM);
    ASSERT_MISUSE(&condition);
    ASSERT_EQ(coil_condition_notify_all(&condition), -EPERM);
    ASSERT_MISUSE(&condition);
    turn();
    SAID("");
    notify(1);
    end_waiters(waiters, 1);
    SAID("a ");
}

/* A caller that gets -ECANCELED may rely on holding the lock. */
CONDITION_TEST(condition_misuse_is_told_before_a_cancellation)
{
    cancel_self();
    ASSERT_EQ(coil_condition_wait(&condition), -EPERM);
    ASSERT_MISUSE(&condition);
    ASSERT_EQ(coil_yield(), -ECANCELED);
}

static int notify_as_another(void *arg)
{
    (void)arg;
    return coil_condition_notify(&condition, 1);
}

/* CV-2: the lock must be held, by any task. */
CONDITION_TEST(condition_may_be_notified_by_another_than_the_holder)
{
    struct coil_task *waiters[1];
    struct coil_task *other;

    start_waiters(waiters, 1);
    acquire();
    other = start(notify_as_another, NULL);
    ASSERT_EQ(end_of(other), 0);
    release();
    end_waiters(waiters, 1);
    SAID("a ");
}

PANIC_TEST(condition_waited_for_outside_of_a_task_stops_the_program,
           "outside of a task")
{
    ASSERT_EQ(coil_condition_try_acquire(&condition), 0);
    (void)!coil_condition_wait(&condition);
}
