/* SPDX-License-Identifier: MIT */
/*
 * Cancellation against B4 of asyncio's behaviour, CAN-1, CAN-4, CAN-7 and
 * CAN-8, in each kind of wait; as amended by §2.2: a success that came first is
 * returned, and the request stays pending.
 */
#include <coil/barrier.h>
#include <coil/condition.h>
#include <coil/event.h>
#include <coil/lock.h>
#include <coil/queue.h>
#include <coil/semaphore.h>
#include <coil/task_group.h>

#include "jobs.h"

/* ---- a request for each wait there is ---- */

static struct coil_lock lock;
static struct coil_event event;
static struct coil_condition condition;
static struct coil_semaphore semaphore;
static struct coil_barrier barrier = COIL_BARRIER_INIT(2);
static struct coil_queue full;
static struct coil_queue empty;

static int wait_lock(void)
{
    return coil_lock_acquire(&lock);
}

static int wait_event(void)
{
    return coil_event_wait(&event);
}

static int wait_condition(void)
{
    int rc = coil_condition_acquire(&condition);

    ASSERT_EQ(rc, 0);
    rc = coil_condition_wait(&condition);
    ASSERT_EQ(coil_condition_release(&condition), 0);
    return rc;
}

static int wait_semaphore(void)
{
    return coil_semaphore_acquire(&semaphore);
}

static int wait_barrier(void)
{
    return coil_barrier_wait(&barrier);
}

static int wait_put(void)
{
    int item = 2;

    return coil_queue_put(&full, &item);
}

static int wait_get(void)
{
    int item;

    return coil_queue_get(&empty, &item);
}

static int wait_join(void)
{
    return coil_queue_join(&full);
}

static int wait_future(void)
{
    struct coil_future local = COIL_FUTURE_INIT;

    return coil_future_await(&local, NULL);
}

static int wait_task(void)
{
    return end_of(start_job("inner", COIL_MINUTE, 0));
}

static int wait_unstarted_task(void)
{
    struct coil_task *task = start_job("inner", 0, 0);

    return end_of(task);
}

static int wait_sleep(void)
{
    return coil_sleep(COIL_MINUTE);
}

static int wait_zero(void)
{
    return coil_sleep(0);
}

static int wait_one_of_several(void)
{
    struct coil_future a = COIL_FUTURE_INIT;
    struct coil_future b = COIL_FUTURE_INIT;
    struct coil_future *both[] = { &a, &b };
    int rc = coil_wait(both, 2, COIL_ALL_COMPLETED, COIL_MINUTE);

    ASSERT(!coil_future_is_done(&a));
    ASSERT(!coil_future_is_done(&b));
    return rc;
}

static int wait_all_of_several(void)
{
    struct coil_future a = COIL_FUTURE_INIT;
    struct coil_future b = COIL_FUTURE_INIT;
    struct coil_future *both[] = { &a, &b };
    int rc = coil_gather(both, 2, 0);

    ASSERT(coil_future_is_cancelled(&a));
    ASSERT(coil_future_is_cancelled(&b));
    return rc;
}

static int wait_with_limit(void)
{
    struct coil_future local = COIL_FUTURE_INIT;

    return coil_wait_for(&local, COIL_MINUTE, NULL);
}

static int wait_in_scope(void)
{
    struct coil_timeout limit;
    int rc = coil_timeout_begin(&limit, 2 * COIL_MINUTE);

    ASSERT_EQ(rc, 0);
    rc = coil_sleep(COIL_MINUTE);
    return coil_timeout_end(&limit, rc);
}

static int wait_group(void)
{
    struct coil_task_group group;
    int rc = coil_task_group_begin(&group);

    ASSERT_EQ(rc, 0);
    rc = coil_task_group_create_copy(
        &group, NULL, do_job,
        (&(struct job){ .name = "child", .duration = COIL_MINUTE }));
    return coil_task_group_end(&group, rc);
}

static int wait_settled(void)
{
    return coil_test_settle();
}

typedef int (*wait_fn)(void);

static const wait_fn waits[] = {
    wait_lock,
    wait_event,
    wait_condition,
    wait_semaphore,
    wait_barrier,
    wait_put,
    wait_get,
    wait_join,
    wait_future,
    wait_task,
    wait_sleep,
    wait_zero,
    wait_group,
    wait_in_scope,
    wait_one_of_several,
    wait_settled,
    wait_with_limit,
    wait_all_of_several,
    wait_unstarted_task,
};

enum { WAITS = sizeof waits / sizeof waits[0] };

static void prepare_waits(void)
{
    int item = 1;

    coil_queue_init(&full, sizeof item, 1);
    coil_queue_init(&empty, sizeof item, 1);
    ASSERT_EQ(coil_lock_acquire(&lock), 0);
    ASSERT_EQ(coil_queue_put(&full, &item), 0);
}

static void conclude_waits(void)
{
    int item;

    forget();
    /* No waiter is left, and nothing was taken. */
    ASSERT_EQ(coil_lock_release(&lock), 0);
    ASSERT(!coil_lock_is_locked(&lock));
    ASSERT(!coil_condition_is_locked(&condition));
    ASSERT_EQ(coil_semaphore_value(&semaphore), 0);
    ASSERT_EQ(coil_barrier_waiting(&barrier), 0);
    ASSERT_EQ(coil_queue_size(&empty), 0);
    ASSERT_EQ(coil_queue_size(&full), 1);
    ASSERT_EQ(coil_queue_try_get(&full, &item), 0);
    ASSERT_EQ(item, 1);
    ASSERT_EQ(coil_queue_task_done(&full), 0);
    coil_queue_fini(&full);
    coil_queue_fini(&empty);
    ASSERT_EQ(coil_all_tasks(NULL, 0), 1);
}

static int wait_and_go_on(void *arg)
{
    const wait_fn *wait = arg;

    ASSERT_EQ((*wait)(), -ECANCELED);
    ASSERT_EQ(coil_yield(), 0);
    ASSERT_EQ(coil_sleep(COIL_SECOND), 0);
    return 9;
}

/* CAN-1a, CAN-7 */
CORE_TEST(cancel_ends_every_wait_once)
{
    prepare_waits();
    for (int i = 0; i < WAITS; i++) {
        struct coil_task *task = start(wait_and_go_on, &waits[i]);

        turn();
        ASSERT(!coil_task_is_done(task));
        cancel(task);
        ASSERT_EQ(coil_task_await(task), 9);
        ASSERT_EQ(coil_task_cancelling(task), 1);
        coil_task_release(task);
    }
    conclude_waits();
}

/* CAN-8 */
CORE_TEST(cancel_twice_at_once_ends_every_wait_once)
{
    prepare_waits();
    for (int i = 0; i < WAITS; i++) {
        struct coil_task *task = start(wait_and_go_on, &waits[i]);

        turn();
        cancel(task);
        cancel(task);
        ASSERT_EQ(coil_task_await(task), 9);
        ASSERT_EQ(coil_task_cancelling(task), 2);
        coil_task_release(task);
    }
    conclude_waits();
}

static int cancel_and_wait(void *arg)
{
    const wait_fn *wait = arg;

    cancel_self();
    return wait_and_go_on((void *)(uintptr_t)wait);
}

static bool begins_with_a_suspending_call(wait_fn wait)
{
    return wait != wait_condition && wait != wait_group &&
           wait != wait_in_scope && wait != wait_task &&
           wait != wait_unstarted_task && wait != wait_all_of_several;
}

/* §2.4: it is reported on entry, even where the call would not have waited. */
CORE_TEST(cancel_pending_is_reported_on_entry_of_every_wait)
{
    prepare_waits();
    coil_semaphore_release(&semaphore);
    for (int i = 0; i < WAITS; i++) {
        if (begins_with_a_suspending_call(waits[i]))
            ASSERT_EQ(end_of(start(cancel_and_wait, &waits[i])), 9);
    }
    ASSERT_EQ(coil_semaphore_try_acquire(&semaphore), 0);
    conclude_waits();
}

/* It holds for every kind of wait and every order. */
SEEDS_TEST(cancel_ends_every_wait_under_any_seed)
{
    struct coil_task *tasks[WAITS];

    prepare_waits();
    for (int i = 0; i < WAITS; i++) {
        if (waits[i] != wait_settled && waits[i] != wait_zero &&
            waits[i] != wait_unstarted_task)
            tasks[i] = start(wait_and_go_on, &waits[i]);
        else
            tasks[i] = NULL;
    }
    ASSERT_EQ(coil_test_settle(), 0);
    for (int i = WAITS - 1; i >= 0; i--) {
        if (tasks[i])
            cancel(tasks[i]);
    }
    for (int i = 0; i < WAITS; i++) {
        if (tasks[i])
            ASSERT_EQ(end_of(tasks[i]), 9);
    }
    conclude_waits();
}

/* ---- a success that came first ---- */

static int say_outcome(void *arg)
{
    const wait_fn *wait = arg;
    int rc = (*wait)();

    say("%d ", rc);
    say("%s ", coil_yield() == -ECANCELED ? "cancelled" : "ok");
    say("%s ", coil_yield() == -ECANCELED ? "cancelled" : "ok");
    return 0;
}

static struct coil_task *start_wait(const wait_fn *wait)
{
    struct coil_task *task = start(say_outcome, wait);

    turn();
    return task;
}

/* CAN-4, as amended by §2.2 */
CORE_TEST(cancel_after_the_lock_was_handed_over_waits)
{
    static const wait_fn wait = wait_lock;
    struct coil_task *task;

    ASSERT_EQ(coil_lock_acquire(&lock), 0);
    task = start_wait(&wait);
    ASSERT_EQ(coil_lock_release(&lock), 0);
    cancel(task);
    ASSERT_EQ(end_of(task), 0);
    SAID("0 cancelled ok ");
    ASSERT(coil_lock_is_locked(&lock));
}

/* CAN-4, as amended by §2.2 */
CORE_TEST(cancel_after_the_permit_was_handed_over_waits)
{
    static const wait_fn wait = wait_semaphore;
    struct coil_task *task = start_wait(&wait);

    coil_semaphore_release(&semaphore);
    cancel(task);
    ASSERT_EQ(end_of(task), 0);
    SAID("0 cancelled ok ");
    ASSERT_EQ(coil_semaphore_value(&semaphore), 0);
}

/* In the other order the permit is still there. */
CORE_TEST(cancel_before_the_permit_came_leaves_it)
{
    static const wait_fn wait = wait_semaphore;
    struct coil_task *task = start_wait(&wait);

    cancel(task);
    coil_semaphore_release(&semaphore);
    ASSERT_EQ(coil_semaphore_value(&semaphore), 1);
    ASSERT_EQ(end_of(task), 0);
    SAID("-125 ok ok ");
}

static int sleep_a_second(void)
{
    return coil_sleep(COIL_SECOND);
}

/* One deadline for both: the timer that was armed first decides. */
CORE_TEST(cancel_at_the_instant_a_sleep_ends)
{
    static const wait_fn wait = sleep_a_second;
    struct coil_handle timer = { 0 };
    struct coil_task *task = start(say_outcome, &wait);

    /* Before the sleep … */
    coil_loop_call_later(coil_loop_current(), &timer, COIL_SECOND, cancel,
                         task);
    ASSERT_EQ(end_of(task), 0);
    SAID("-125 ok ok ");

    /* … and after. */
    task = start_wait(&wait);
    coil_loop_call_later(coil_loop_current(), &timer, COIL_SECOND, cancel,
                         task);
    ASSERT_EQ(end_of(task), 0);
    SAID("0 cancelled ok ");
}

static struct coil_future several[2];

static int wait_several(void)
{
    struct coil_future *both[] = { &several[0], &several[1] };

    return coil_wait(both, 2, COIL_FIRST_COMPLETED, COIL_SECOND);
}

static int gather_several(void)
{
    struct coil_future *both[] = { &several[0], &several[1] };

    return coil_gather(both, 2, 0);
}

/* Both come in one turn: the second changes nothing. */
CORE_TEST(cancel_and_completion_in_one_turn_end_a_wait_once)
{
    static const wait_fn wait = wait_several;
    struct coil_handle timer = { 0 };
    struct coil_task *task = start_wait(&wait);

    cancel(task);
    ASSERT_EQ(coil_future_set_result(&several[0], NULL), 0);
    ASSERT_EQ(end_of(task), 0);
    SAID("-125 ok ok ");

    coil_future_init(&several[0]);
    task = start_wait(&wait);
    ASSERT_EQ(coil_future_set_result(&several[0], NULL), 0);
    cancel(task);
    ASSERT_EQ(end_of(task), 0);
    SAID("1 cancelled ok ");

    /* The alarm comes after a cancellation in the same turn. */
    coil_future_init(&several[0]);
    task = start(say_outcome, &wait);
    coil_loop_call_later(coil_loop_current(), &timer, COIL_SECOND, cancel,
                         task);
    ASSERT_EQ(end_of(task), 0);
    SAID("-125 ok ok ");
}

CORE_TEST(cancel_after_all_were_done_leaves_gather_its_success)
{
    static const wait_fn wait = gather_several;
    struct coil_task *task = start_wait(&wait);

    ASSERT_EQ(coil_future_set_result(&several[0], NULL), 0);
    ASSERT_EQ(coil_future_set_result(&several[1], NULL), 0);
    cancel(task);
    ASSERT_EQ(end_of(task), 0);
    SAID("0 cancelled ok ");
}
