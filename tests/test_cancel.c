/* SPDX-License-Identifier: MIT */
/*
 * Cancellation against B4 of asyncio's behaviour, CAN-1 … CAN-12, as amended by
 * §2.2 (a success that came first is returned, the request stays pending) and
 * §2.11 (a result that is returned is kept).
 */
#include <coil/barrier.h>
#include <coil/condition.h>
#include <coil/event.h>
#include <coil/lock.h>
#include <coil/queue.h>
#include <coil/semaphore.h>

#include "core_test.h"

static struct coil_future future;

/* Yield `times` times, say how each went. */
static int yield_often(void *arg)
{
    intptr_t times = (intptr_t)arg;

    for (intptr_t i = 0; i < times; i++)
        say("%s ", coil_yield() == -ECANCELED ? "cancelled" : "ok");
    return 42;
}

static struct coil_task *start_yields(intptr_t times)
{
    return start(yield_often, (void *)times);
}

/* ---- requests ---- */

/* CAN-1 */
CORE_TEST(cancel_of_a_task_that_is_done_does_nothing)
{
    struct coil_task *task = start_job("a", 0, 7);

    ASSERT_EQ(coil_task_await(task), 7);
    ASSERT(!coil_task_cancel(task));
    ASSERT_EQ(coil_task_cancelling(task), 0);
    ASSERT(!coil_task_is_cancelled(task));
    ASSERT_EQ(end_of(task), 7);
    SAID("a ");
}

/* CAN-1, CAN-8 */
CORE_TEST(cancel_requests_are_counted)
{
    struct coil_task *task = start_yields(3);

    turn();
    ASSERT_EQ(coil_task_cancelling(task), 0);
    for (unsigned n = 1; n <= 3; n++) {
        cancel(task);
        ASSERT_EQ(coil_task_cancelling(task), n);
    }
    ASSERT_EQ(coil_task_await(task), 42);
    SAID("cancelled ok ok ");
    ASSERT_EQ(coil_task_cancelling(task), 3);
    coil_task_release(task);
}

/* CAN-2 */
CORE_TEST(cancel_before_the_first_step_runs_nothing)
{
    struct coil_task *task = start_job("never", 0, 7);

    cancel(task);
    ASSERT(!coil_task_is_done(task));
    ASSERT(!coil_task_is_cancelled(task));
    ASSERT_EQ(coil_task_await(task), -ECANCELED);
    ASSERT(coil_task_is_cancelled(task));
    ASSERT_EQ(coil_task_result(task), -ECANCELED);
    coil_task_release(task);
    SAID("");
}

static void say_destroyed(void *arg)
{
    const struct job *job = arg;

    say("destroy:%s ", job->name);
}

/* CAN-2 */
CORE_TEST(cancel_before_the_first_step_destroys_the_argument)
{
    const struct job job = { .name = "job" };
    const struct coil_task_options options = {
        .arg_size = sizeof job,
        .arg_destroy = say_destroyed,
    };
    struct coil_task *task;

    ASSERT_EQ(
        coil_task_create_with(&task, do_job, (void *)(uintptr_t)&job, &options),
        0);
    cancel(task);
    SAID("");
    ASSERT_EQ(end_of(task), -ECANCELED);
    SAID("destroy:job ");
}

/* CAN-9 */
CORE_TEST(cancel_before_the_first_step_can_be_withdrawn)
{
    struct coil_task *task = start_job("a", 0, 7);

    cancel(task);
    ASSERT_EQ(coil_task_uncancel(task), 0);
    ASSERT_EQ(end_of(task), 7);
    SAID("a ");
}

static void cancel_other(void *arg)
{
    struct coil_task *task = *(struct coil_task **)arg;

    ASSERT(!coil_task_cancel(task));
    say("destroyed ");
}

CORE_TEST(cancel_in_arg_destroy_is_too_late)
{
    struct coil_task *task;
    const struct coil_task_options options = { .arg_destroy = cancel_other };

    ASSERT_EQ(coil_task_create_with(&task, await_future, &task, &options), 0);
    cancel(task);
    ASSERT_EQ(coil_task_await(task), -ECANCELED);
    ASSERT_EQ(coil_task_cancelling(task), 1);
    coil_task_release(task);
    SAID("destroyed ");
}

/* ---- delivery ---- */

/* CAN-6 */
CORE_TEST(cancel_while_yielding_is_reported_by_that_yield)
{
    struct coil_task *task = start_yields(2);

    turn();
    cancel(task);
    ASSERT_EQ(end_of(task), 42);
    SAID("cancelled ok ");
}

/* CAN-7 */
CORE_TEST(cancel_that_is_caught_is_spent)
{
    struct coil_task *task = start_yields(4);

    turn();
    cancel(task);
    turn();
    cancel(task);
    ASSERT_EQ(coil_task_await(task), 42);
    ASSERT(!coil_task_is_cancelled(task));
    ASSERT_EQ(coil_task_cancelling(task), 2);
    coil_task_release(task);
    SAID("cancelled cancelled ok ok ");
}

static int cancel_itself(void *arg)
{
    cancel_self();
    ASSERT_EQ(coil_task_cancelling(coil_current_task()), 1);
    if (arg)
        return 5;
    /* Only suspending calls report it. */
    ASSERT_EQ(coil_future_result(&future, NULL), -EAGAIN);
    say("%d ", coil_yield() == -ECANCELED);
    say("%d ", coil_yield());
    return 6;
}

/* CAN-5 */
CORE_TEST(cancel_of_oneself_is_reported_by_the_next_suspending_call)
{
    ASSERT_EQ(end_of(start(cancel_itself, NULL)), 6);
    SAID("1 0 ");
}

/* CAN-5, as amended by §2.11 */
CORE_TEST(cancel_that_nobody_was_told_of_leaves_the_result)
{
    struct coil_task *task = start(cancel_itself, &future);

    ASSERT_EQ(coil_task_await(task), 5);
    ASSERT(!coil_task_is_cancelled(task));
    ASSERT_EQ(coil_task_cancelling(task), 1);
    coil_task_release(task);
}

static struct coil_task *victim;

static int cancel_victim(void *arg)
{
    int rc = coil_yield();

    (void)arg;
    ASSERT_EQ(rc, 0);
    cancel(victim);
    ASSERT_EQ(coil_task_cancelling(coil_current_task()), 1);
    rc = coil_yield();
    say("inner:%d ", rc == -ECANCELED);
    return rc;
}

static int await_victim(void *arg)
{
    int rc;

    victim = coil_current_task();
    rc = coil_task_await(arg);
    say("await:%d ", rc == -ECANCELED);
    return rc;
}

/* The inner one runs and cancels who awaits it: so itself. */
CORE_TEST(cancel_of_the_one_that_awaits_oneself_comes_back)
{
    struct coil_task *inner = start(cancel_victim, NULL);
    struct coil_task *outer = start(await_victim, inner);

    ASSERT_EQ(end_of(outer), -ECANCELED);
    SAID("inner:1 await:1 ");
    ASSERT_EQ(end_of(inner), -ECANCELED);
}

static void cancel_in_handle(void *arg)
{
    ASSERT(coil_task_cancel(arg));
}

CORE_TEST(cancel_may_come_from_a_callback)
{
    struct coil_handle timer = { .state = 0 };
    struct coil_task *task = start_job("a", COIL_MINUTE, 0);
    coil_time before = coil_now();

    coil_loop_call_later(coil_loop_current(), &timer, COIL_SECOND,
                         cancel_in_handle, task);
    ASSERT_EQ(end_of(task), -ECANCELED);
    ASSERT_EQ(coil_now(), before + COIL_SECOND);
    SAID("a! ");
}

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

    trace[0] = '\0';
    /* Nobody is left waiting and nothing was taken. */
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

/* §2.4: on entry, though some of them would not have waited. */
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

/* Whoever the wait has to do with, and whatever runs first. */
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

/* The other way round the permit is still there. */
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
    struct coil_handle timer = { .state = 0 };
    struct coil_task *task = start(say_outcome, &wait);

    /* Before the sleep … */
    coil_loop_call_later(coil_loop_current(), &timer, COIL_SECOND,
                         cancel_in_handle, task);
    ASSERT_EQ(end_of(task), 0);
    SAID("-125 ok ok ");

    /* … and after. */
    task = start_wait(&wait);
    coil_loop_call_later(coil_loop_current(), &timer, COIL_SECOND,
                         cancel_in_handle, task);
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

/* The same turn: the second to come changes nothing. */
CORE_TEST(cancel_and_completion_in_one_turn_end_a_wait_once)
{
    static const wait_fn wait = wait_several;
    struct coil_handle timer = { .state = 0 };
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

    /* The alarm, after a cancellation in the same turn. */
    coil_future_init(&several[0]);
    task = start(say_outcome, &wait);
    coil_loop_call_later(coil_loop_current(), &timer, COIL_SECOND,
                         cancel_in_handle, task);
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

/* ---- down the chain of awaits ---- */

static int await_and_pass_on(void *arg)
{
    struct coil_task *inner = arg;
    int rc = end_of(inner);

    say("%s ", rc == -ECANCELED ? "passes" : "ends");
    return rc;
}

/* CAN-3 */
CORE_TEST(cancel_goes_to_the_innermost_and_comes_up_through_all)
{
    struct coil_task *a = start_job("innermost", COIL_MINUTE, 0);
    struct coil_task *b = start(await_and_pass_on, coil_task_retain(a));
    struct coil_task *c = start(await_and_pass_on, coil_task_retain(b));

    turn();
    cancel(c);
    /* Each has been asked. */
    ASSERT_EQ(coil_task_cancelling(a), 1);
    ASSERT_EQ(coil_task_cancelling(b), 1);
    ASSERT_EQ(coil_task_cancelling(c), 1);
    ASSERT_EQ(end_of(c), -ECANCELED);
    SAID("innermost! passes passes ");
    ASSERT(coil_task_is_cancelled(a));
    ASSERT(coil_task_is_cancelled(b));
    coil_task_release(a);
    coil_task_release(b);
}

/* CAN-3 */
CORE_TEST(cancel_reaches_the_future_at_the_end_of_the_chain)
{
    struct coil_task *a = start(await_future, &future);
    struct coil_task *b = start(await_and_pass_on, a);

    turn();
    cancel(b);
    ASSERT(coil_future_is_cancelled(&future));
    ASSERT_EQ(end_of(b), -ECANCELED);
    SAID("passes ");
}

static int catch_and_await(void *arg)
{
    struct coil_task *inner = arg;
    int rc = end_of(inner);

    ASSERT_EQ(rc, -ECANCELED);
    say("catches %u ", coil_task_cancelling(coil_current_task()));
    ASSERT_EQ(coil_yield(), 0);
    return 101;
}

/* CAN-3, CAN-7: proof == 101 */
CORE_TEST(cancel_may_be_caught_at_every_level)
{
    struct coil_task *a = start_job("a", COIL_MINUTE, 0);
    struct coil_task *b = start(catch_and_await, a);
    struct coil_task *c = start(await_and_pass_on, b);

    turn();
    cancel(c);
    ASSERT_EQ(coil_task_await(c), 101);
    ASSERT_EQ(coil_task_cancelling(c), 1);
    coil_task_release(c);
    SAID("a! catches 1 ends ");
}

/* CAN-3: the innermost takes its time. */
CORE_TEST(cancel_of_a_task_that_awaits_is_over_when_the_inner_has_ended)
{
    const struct job slow = { .name = "slow",
                              .duration = COIL_MINUTE,
                              .cleanup = COIL_SECOND };
    struct coil_task *a = start_copy(&slow);
    struct coil_task *b = start(await_and_pass_on, a);
    coil_time before = coil_now();

    turn();
    cancel(b);
    ASSERT_EQ(end_of(b), -ECANCELED);
    ASSERT_EQ(coil_now(), before + COIL_SECOND);
    SAID("slow! passes ");
}

/* A second request reaches the clean-up. */
CORE_TEST(cancel_again_while_the_inner_cleans_up_goes_down_too)
{
    struct coil_task *a = start_yields(4);
    struct coil_task *b = start(await_and_pass_on, a);

    turn();
    cancel(b);
    turn();
    SAID("cancelled ");
    cancel(b);
    ASSERT_EQ(coil_task_cancelling(b), 2);
    ASSERT_EQ(end_of(b), 42);
    SAID("cancelled ok ok ends ");
}

/* CAN-11 */
CORE_TEST(cancel_that_makes_the_inner_fail_gives_that_error)
{
    const struct job faulty = { .name = "faulty",
                                .duration = COIL_MINUTE,
                                .failure = -EPROTO };
    struct coil_task *a = start_copy(&faulty);
    struct coil_task *b = start(await_and_pass_on, a);

    turn();
    cancel(b);
    ASSERT_EQ(coil_task_await(b), -EPROTO);
    ASSERT(!coil_task_is_cancelled(b));
    coil_task_release(b);
    SAID("faulty! ends ");
}

static int await_then_yield(void *arg)
{
    say("%d ", coil_task_await(arg));
    say("%s ", coil_yield() == -ECANCELED ? "cancelled" : "ok");
    say("%s ", coil_yield() == -ECANCELED ? "cancelled" : "ok");
    return 0;
}

/* The inner had ended: the outer's success came first. */
CORE_TEST(cancel_after_the_inner_has_ended_waits)
{
    struct coil_task *inner = start(await_future, &future);
    struct coil_task *outer = start(await_then_yield, inner);

    turn();
    ASSERT_EQ(coil_future_set_result(&future, NULL), 0);
    turn();
    ASSERT(coil_task_is_done(inner));
    cancel(outer);
    ASSERT_EQ(end_of(outer), 0);
    SAID("0 cancelled ok ");
    coil_task_release(inner);
}

static int await_next(void *arg)
{
    return end_of(arg);
}

/* CAN-3: a chain is as long as users make it. */
CORE_TEST(cancel_goes_a_thousand_tasks_down)
{
    struct coil_task *task = start_job("last", COIL_MINUTE, 0);

    for (int i = 0; i < 1000; i++)
        task = start(await_next, task);
    turn();
    cancel(task);
    ASSERT_EQ(end_of(task), -ECANCELED);
    SAID("last! ");
}

/* None of them has started: the outermost never looks at the others. */
CORE_TEST(cancel_before_the_first_step_leaves_the_inner_alone)
{
    struct coil_task *inner = start_job("inner", 0, 3);
    struct coil_task *outer = start(await_task, inner);

    cancel(outer);
    ASSERT_EQ(end_of(outer), -ECANCELED);
    ASSERT_EQ(end_of(inner), 3);
    SAID("inner ");
}

static int await_new_job(void *arg)
{
    (void)arg;
    return end_of(start_job("never", 0, 3));
}

/* The inner has not started: it never does. */
CORE_TEST(cancel_of_who_awaits_a_task_that_has_not_started)
{
    struct coil_task *outer = start(await_new_job, NULL);

    turn();
    cancel(outer);
    ASSERT_EQ(end_of(outer), -ECANCELED);
    SAID("");
}

static struct coil_task *ring[3];

static int await_in_ring(void *arg)
{
    struct coil_task **next = arg;
    int rc = coil_task_await(*next);

    say("%d ", (int)(next - ring));
    return rc;
}

/* TASK-2: a ring of awaits can be cut. */
CORE_TEST(cancel_cuts_a_ring_of_awaits)
{
    for (int i = 0; i < 3; i++)
        ring[i] = start(await_in_ring, &ring[(i + 1) % 3]);
    turn();
    cancel(ring[1]);
    ASSERT_EQ(coil_task_cancelling(ring[0]), 0);
    ASSERT_EQ(coil_task_cancelling(ring[1]), 1);
    ASSERT_EQ(coil_task_cancelling(ring[2]), 0);
    for (int i = 0; i < 3; i++)
        ASSERT_EQ(coil_task_await(ring[i]), -ECANCELED);
    for (int i = 0; i < 3; i++)
        coil_task_release(ring[i]);
    SAID("2 1 0 ");
}

/* Who awaits a ring from outside is no part of it. */
CORE_TEST(cancel_frees_who_awaits_a_ring)
{
    struct coil_task *outside;

    for (int i = 0; i < 2; i++)
        ring[i] = start(await_in_ring, &ring[1 - i]);
    outside = start(await_task, ring[0]);
    turn();
    cancel(outside);
    ASSERT_EQ(end_of(outside), -ECANCELED);
    SAID("");
    cancel(ring[0]);
    for (int i = 0; i < 2; i++)
        ASSERT_EQ(coil_task_await(ring[i]), -ECANCELED);
    for (int i = 0; i < 2; i++)
        coil_task_release(ring[i]);
    SAID("1 0 ");
}

/* ---- uncancel ---- */

/* CAN-9 */
CORE_TEST(cancel_withdrawn_before_it_is_reported_is_none)
{
    struct coil_task *task = start_yields(2);

    turn();
    cancel(task);
    ASSERT_EQ(coil_task_uncancel(task), 0);
    ASSERT_EQ(coil_task_cancelling(task), 0);
    ASSERT_EQ(end_of(task), 42);
    SAID("ok ok ");
}

/* CAN-9: reaching 0 withdraws, not less. */
CORE_TEST(cancel_withdrawn_but_for_one_is_still_reported)
{
    struct coil_task *task = start_yields(2);

    turn();
    cancel(task);
    cancel(task);
    ASSERT_EQ(coil_task_uncancel(task), 1);
    ASSERT_EQ(end_of(task), 42);
    SAID("cancelled ok ");
}

/* CAN-9 */
CORE_TEST(cancel_is_withdrawn_at_most_as_often_as_it_was_made)
{
    struct coil_task *task = start_yields(2);

    ASSERT_EQ(coil_task_uncancel(task), 0);
    ASSERT_EQ(coil_task_uncancel(task), 0);
    cancel(task);
    ASSERT_EQ(coil_task_cancelling(task), 1);
    ASSERT_EQ(end_of(task), -ECANCELED);
}

static int catch_and_withdraw(void *arg)
{
    struct coil_task *self = coil_current_task();

    (void)arg;
    for (int i = 0; i < 2; i++) {
        ASSERT_EQ(coil_sleep(COIL_MINUTE), -ECANCELED);
        ASSERT_EQ(coil_task_cancelling(self), 1);
        ASSERT_EQ(coil_task_uncancel(self), 0);
        ASSERT_EQ(coil_yield(), 0);
    }
    return 42;
}

/* CAN-9 */
CORE_TEST(cancel_that_was_reported_can_be_withdrawn)
{
    struct coil_task *task = start(catch_and_withdraw, NULL);

    turn();
    cancel(task);
    turn();
    turn();
    cancel(task);
    ASSERT_EQ(coil_task_await(task), 42);
    ASSERT_EQ(coil_task_cancelling(task), 0);
    coil_task_release(task);
}

/* CAN-9: one was reported, the other is not taken back with it. */
CORE_TEST(cancel_made_since_is_reported_though_an_older_one_is_withdrawn)
{
    struct coil_task *task = start_yields(3);

    turn();
    cancel(task);
    turn();
    SAID("cancelled ");
    cancel(task);
    ASSERT_EQ(coil_task_uncancel(task), 1);
    ASSERT_EQ(end_of(task), 42);
    SAID("cancelled ok ");
}

/* CAN-9 */
CORE_TEST(cancel_that_has_ended_a_wait_cannot_be_taken_back)
{
    struct coil_task *task = start_job("a", COIL_MINUTE, 0);

    turn();
    cancel(task);
    ASSERT_EQ(coil_task_uncancel(task), 0);
    ASSERT_EQ(end_of(task), -ECANCELED);
    SAID("a! ");
}

/* CAN-9 */
CORE_TEST(cancel_passed_on_cannot_be_taken_back)
{
    struct coil_task *inner = start_job("inner", COIL_MINUTE, 0);
    struct coil_task *outer = start(await_and_pass_on, coil_task_retain(inner));

    turn();
    cancel(outer);
    ASSERT_EQ(coil_task_uncancel(outer), 0);
    ASSERT_EQ(coil_task_cancelling(inner), 1);
    ASSERT_EQ(end_of(outer), -ECANCELED);
    coil_task_release(inner);
    SAID("inner! passes ");
}

/* CAN-9 */
CORE_TEST(cancel_is_not_withdrawn_after_the_end)
{
    struct coil_task *task = start_job("a", COIL_MINUTE, 0);

    turn();
    cancel(task);
    ASSERT_EQ(coil_task_await(task), -ECANCELED);
    ASSERT_EQ(coil_task_uncancel(task), 1);
    ASSERT_EQ(coil_task_cancelling(task), 1);
    ASSERT(coil_task_is_cancelled(task));
    coil_task_release(task);
    SAID("a! ");
}

static int withdraw_in_scope(void *arg)
{
    struct coil_task *self = coil_current_task();
    struct coil_timeout limit;
    int rc;

    (void)arg;
    ASSERT_EQ(coil_timeout_begin(&limit, 0), 0);
    ASSERT_EQ(coil_task_cancelling(self), 1);
    /* It is the timeout's. */
    ASSERT_EQ(coil_task_uncancel(self), 1);
    rc = coil_yield();
    ASSERT_EQ(rc, -ECANCELED);
    ASSERT_EQ(coil_task_uncancel(self), 1);
    return coil_timeout_end(&limit, rc);
}

/* CAN-10 */
CORE_TEST(cancel_by_a_timeout_is_withdrawn_by_the_timeout_only)
{
    struct coil_task *task = start(withdraw_in_scope, NULL);

    ASSERT_EQ(coil_task_await(task), -ETIMEDOUT);
    ASSERT_EQ(coil_task_cancelling(task), 0);
    coil_task_release(task);
}

/* ---- the end ---- */

/* CAN-11 */
CORE_TEST(cancel_answered_with_an_error_is_a_failure)
{
    const struct job faulty = { .name = "faulty",
                                .duration = COIL_MINUTE,
                                .failure = -EPROTO };
    struct coil_task *task = start_copy(&faulty);

    turn();
    cancel(task);
    ASSERT_EQ(coil_task_await(task), -EPROTO);
    ASSERT(!coil_task_is_cancelled(task));
    coil_task_release(task);
    coil_task_release(start_copy(&faulty));
    SAID("faulty! ");
}

CORE_TEST(cancel_answered_with_an_error_that_nobody_sees_is_reported)
{
    const struct job faulty = { .name = "faulty",
                                .duration = COIL_MINUTE,
                                .failure = -EPROTO };
    struct coil_task *task = start_copy(&faulty);

    turn();
    cancel(task);
    coil_task_release(task);
    turn();
    SAID("faulty! ");
    ASSERT_UNSEEN(-EPROTO);
}

static int leave_sleepers(void *arg)
{
    const struct job tidy = { .name = "tidy",
                              .duration = COIL_MINUTE,
                              .cleanup = COIL_SECOND };

    (void)arg;
    start_job("a", COIL_MINUTE, 0);
    start_copy(&tidy);
    start_job("c", COIL_MINUTE, 0);
    return coil_yield();
}

/* RUN-2, SLEEP-1 */
TEST(cancel_at_the_close_ends_all_tasks_and_leaves_no_timer)
{
    const struct coil_loop_options options = {
        .backend = COIL_BACKEND_SIMULATOR,
    };
    struct coil_loop_report report;
    struct coil_loop *loop;

    ASSERT_EQ(coil_loop_new(&loop, &options), 0);
    ASSERT_EQ(coil_loop_run_until_complete(loop, leave_sleepers, NULL), 0);
    ASSERT_EQ(coil_loop_close(loop, &report), 0);
    ASSERT_EQ(report.tasks_cancelled, 3);
    ASSERT_EQ(report.timers_armed, 0);
    ASSERT_EQ(report.errors_unseen, 0);
    SAID("a! c! tidy! ");
}

static int work_under_the_lock(void *arg)
{
    int *inside = arg;

    for (int i = 0; i < 5; i++) {
        int rc = coil_lock_acquire(&lock);

        if (rc < 0)
            return rc;
        ASSERT_EQ((*inside)++, 0);
        rc = coil_yield();
        --*inside;
        ASSERT_EQ(coil_lock_release(&lock), 0);
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* CAN-4: no cancellation, whenever it comes, loses the lock. */
SEEDS_TEST(cancel_at_any_time_loses_no_lock)
{
    struct coil_task *tasks[10];
    int inside = 0;

    watch(coil_test_check_lock, &lock);
    for (int i = 0; i < 10; i++)
        tasks[i] = start(work_under_the_lock, &inside);
    for (int i = 0; i < 20; i++) {
        turn();
        coil_task_cancel(tasks[coil_test_random(10)]);
    }
    for (int i = 0; i < 10; i++) {
        int rc = end_of(tasks[i]);

        ASSERT(rc == 0 || rc == -ECANCELED);
    }
    ASSERT(!coil_lock_is_locked(&lock));
}
