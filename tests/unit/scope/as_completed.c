/* SPDX-License-Identifier: MIT */
/*
 * as_completed against B10 of asyncio's behaviour, AC-1 … AC-3: every future is
 * returned once, in the order of completion, to one of the tasks that ask.
 */
#include <stdlib.h>

#include <coil/as_completed.h>

#include "task/needs.h"
#include "task/task.h"
#include "sched/wait.h"
#include "jobs.h"

enum { MOST = 12 };

static struct coil_future futures[MOST];
static struct coil_future *all[MOST];
static struct coil_as_completed it;

static void begin(size_t count, coil_time timeout)
{
    for (size_t i = 0; i < count; i++) {
        coil_future_init(&futures[i]);
        all[i] = &futures[i];
    }
    ASSERT_EQ(coil_as_completed_begin(&it, all, count, timeout), 0);
}

static void finish(size_t i)
{
    ASSERT_EQ(coil_future_set_result(&futures[i], NULL), 0);
}

/* Say which future came, or the error. */
static int next(void)
{
    struct coil_future *future = NULL;
    int rc = coil_as_completed_next(&it, &future);

    if (rc <= 0) {
        ASSERT_NULL(future);
        return rc == 0 ? -ENOENT : rc;
    }
    ASSERT_EQ(rc, 1);
    ASSERT(coil_future_is_done(future));
    return (int)(future - futures);
}

/* Ask until there is none left. */
static int consume(void *arg)
{
    const char *name = arg;
    int i;

    while ((i = next()) >= 0)
        say("%s%d ", name, i);
    say("%s%s ", name, i == -ENOENT ? "." : i == -ETIMEDOUT ? "?" : "!");
    return i == -ENOENT ? 0 : i;
}

static int take_one(void *arg)
{
    int i = next();

    say("%s%d ", (const char *)arg, i);
    return i < 0 ? i : 0;
}

/* ---- order ---- */

/* AC-1 */
CORE_TEST(as_completed_is_in_the_order_of_completion)
{
    struct coil_task *consumer;

    begin(3, COIL_NEVER);
    consumer = start(consume, "");
    turn();
    finish(2);
    turn();
    SAID("2 ");
    finish(0);
    finish(1);
    ASSERT_EQ(end_of(consumer), 0);
    SAID("0 1 . ");
    coil_as_completed_end(&it);
}

/* AC-1 */
CORE_TEST(as_completed_remembers_what_nobody_asked_for_yet)
{
    begin(3, COIL_NEVER);
    finish(2);
    finish(0);
    finish(1);
    ASSERT_EQ(next(), 2);
    ASSERT_EQ(next(), 0);
    ASSERT_EQ(next(), 1);
    ASSERT_EQ(next(), -ENOENT);
    ASSERT_EQ(next(), -ENOENT);
    coil_as_completed_end(&it);
}

CORE_TEST(as_completed_begins_with_what_is_done)
{
    for (size_t i = 0; i < 3; i++) {
        coil_future_init(&futures[i]);
        all[i] = &futures[i];
    }
    finish(2);
    finish(1);
    ASSERT_EQ(coil_as_completed_begin(&it, all, 3, COIL_NEVER), 0);
    finish(0);
    ASSERT_EQ(next(), 1); /* the array's order */
    ASSERT_EQ(next(), 2);
    ASSERT_EQ(next(), 0);
    ASSERT_EQ(next(), -ENOENT);
    coil_as_completed_end(&it);
}

/* AC-1 */
CORE_TEST(as_completed_of_many)
{
    begin(MOST, COIL_NEVER);
    for (size_t i = 0; i < MOST; i++)
        finish((i * 5) % MOST);
    for (size_t i = 0; i < MOST; i++)
        ASSERT_EQ(next(), (i * 5) % MOST);
    ASSERT_EQ(next(), -ENOENT);
    coil_as_completed_end(&it);
}

CORE_TEST(as_completed_of_none)
{
    begin(0, COIL_SECOND);
    ASSERT_EQ(next(), -ENOENT);
    coil_as_completed_end(&it);
    ASSERT_EQ(next(), -ENOENT);
}

/*
 * AC-1, different: a future that is passed twice comes twice, as in wait and
 * gather.
 */
CORE_TEST(as_completed_of_one_passed_twice)
{
    coil_future_init(&futures[0]);
    all[0] = all[1] = &futures[0];
    ASSERT_EQ(coil_as_completed_begin(&it, all, 2, COIL_NEVER), 0);
    finish(0);
    ASSERT_EQ(next(), 0);
    ASSERT_EQ(next(), 0);
    ASSERT_EQ(next(), -ENOENT);
    coil_as_completed_end(&it);
}

/* AC-2 */
CORE_TEST(as_completed_returns_the_very_tasks)
{
    struct coil_task *slow = start_job("slow", 2 * COIL_SECOND, 2);
    struct coil_task *fast = start_job("fast", COIL_SECOND, -EIO);
    struct coil_future *both[] = { coil_task_future(slow),
                                   coil_task_future(fast) };
    struct coil_future *future;

    ASSERT_EQ(coil_as_completed_begin(&it, both, 2, COIL_NEVER), 0);
    ASSERT_EQ(coil_as_completed_next(&it, &future), 1);
    ASSERT_PTR_EQ(future, both[1]);
    ASSERT_EQ(coil_future_result(future, NULL), -EIO);
    coil_task_release(fast); /* the future has been returned */
    ASSERT_EQ(coil_as_completed_next(&it, &future), 1);
    ASSERT_PTR_EQ(future, both[0]);
    coil_task_release(slow);
    ASSERT_EQ(coil_as_completed_next(&it, &future), 0);
    coil_as_completed_end(&it);
    SAID("fast slow ");
}

/* The dump and the search for cycles of a deadlock use this. */
static int take_any(void *arg)
{
    struct coil_future *future;

    (void)arg;
    return coil_as_completed_next(&it, &future);
}

CORE_TEST(as_completed_says_for_whom_it_waits)
{
    struct coil_task *consumer;
    struct coil_task *tasks[3];
    struct coil_future *three[3];
    const void *cursor = NULL;
    const struct coil_waiter *w;
    uint64_t id;

    for (int i = 0; i < 3; i++) {
        tasks[i] = start_job("job", (i + 1) * COIL_SECOND, 0);
        three[i] = coil_task_future(tasks[i]);
    }
    ASSERT_EQ(coil_as_completed_begin(&it, three, 3, COIL_NEVER), 0);
    consumer = start(take_any, NULL);
    ASSERT_EQ(end_of(tasks[0]), 0); /* it was returned, and is gone */
    ASSERT_EQ(end_of(consumer), 1);
    consumer = start(take_any, NULL);
    turn();
    w = consumer->co.parked;
    ASSERT_EQ(coil__need_next(w, &cursor, &id), COIL_NEED_ANY);
    ASSERT_EQ(id, coil_task_id(tasks[1]));
    ASSERT_EQ(coil__need_next(w, &cursor, &id), COIL_NEED_ANY);
    ASSERT_EQ(id, coil_task_id(tasks[2]));
    ASSERT_EQ(coil__need_next(w, &cursor, &id), COIL_NEED_NONE);
    coil_as_completed_end(&it);
    for (int i = 1; i < 3; i++)
        ASSERT_EQ(end_of(tasks[i]), 0);
    ASSERT_EQ(end_of(consumer), 0);
    SAID("job job job ");
}

/* Only the caller looks at the error of the future. */
CORE_TEST(as_completed_looks_at_no_error)
{
    struct coil_task *task = start_job("task", COIL_SECOND, -EIO);
    struct coil_future *one[] = { coil_task_future(task) };
    struct coil_future *future;

    ASSERT_EQ(coil_as_completed_begin(&it, one, 1, COIL_NEVER), 0);
    ASSERT_EQ(coil_as_completed_next(&it, &future), 1);
    coil_as_completed_end(&it);
    coil_task_release(task);
    ASSERT_UNSEEN(-EIO);
    SAID("task ");
}

/* AC-2: the iteration can be left and taken up again. */
CORE_TEST(as_completed_can_be_resumed)
{
    begin(3, COIL_NEVER);
    finish(1);
    ASSERT_EQ(next(), 1);
    ASSERT_EQ(coil_sleep(COIL_SECOND), 0);
    finish(0);
    finish(2);
    ASSERT_EQ(next(), 0);
    ASSERT_EQ(next(), 2);
    coil_as_completed_end(&it);
}

/* ---- several that ask ---- */

/* AC-1: the first task that asked gets the first future that is done. */
CORE_TEST(as_completed_serves_those_who_wait_in_their_order)
{
    struct coil_task *a, *b, *c;

    begin(3, COIL_NEVER);
    a = start(take_one, "a");
    b = start(take_one, "b");
    c = start(take_one, "c");
    turn();
    finish(2);
    finish(0);
    finish(1);
    ASSERT_EQ(end_of(a), 0);
    ASSERT_EQ(end_of(b), 0);
    ASSERT_EQ(end_of(c), 0);
    SAID("a2 b0 c1 ");
    coil_as_completed_end(&it);
}

/* AC-1: a newcomer cannot take a future that was given to a waiter. */
CORE_TEST(as_completed_gives_with_the_wake_up)
{
    struct coil_task *waiter;

    begin(2, COIL_NEVER);
    waiter = start(take_one, "waiter");
    turn();
    finish(0);
    finish(1);
    ASSERT_EQ(next(), 1);
    ASSERT_EQ(end_of(waiter), 0);
    SAID("waiter0 ");
    coil_as_completed_end(&it);
}

CORE_TEST(as_completed_tells_all_who_wait_that_none_is_left)
{
    struct coil_task *a, *b;

    begin(1, COIL_NEVER);
    a = start(consume, "a");
    b = start(consume, "b");
    turn();
    finish(0);
    ASSERT_EQ(end_of(b), 0);
    ASSERT_EQ(end_of(a), 0);
    SAID("a0 a. b. ");
    coil_as_completed_end(&it);
}

SEEDS_TEST(as_completed_gives_each_once_to_somebody)
{
    struct coil_task *consumers[3];
    bool seen[MOST] = { false };
    char *at;

    begin(MOST, COIL_NEVER);
    for (int i = 0; i < 3; i++)
        consumers[i] = start(consume, "");
    for (size_t i = 0; i < MOST; i++) {
        finish((i * 7) % MOST);
        if (coil_test_random(2))
            turn();
        if (i == 5)
            cancel(consumers[0]);
    }
    for (int i = 0; i < 3; i++)
        ASSERT_EQ(end_of(consumers[i]), i == 0 ? -ECANCELED : 0);
    for (at = strtok(trace, " "); at; at = strtok(NULL, " ")) {
        if (*at == '.' || *at == '!')
            continue;
        ASSERT(!seen[atoi(at)]);
        seen[atoi(at)] = true;
    }
    for (size_t i = 0; i < MOST; i++)
        ASSERT(seen[i]);
    forget();
    coil_as_completed_end(&it);
}

/* ---- time ---- */

/* AC-3 */
CORE_TEST(as_completed_timeout_leaves_the_rest_alone)
{
    begin(3, COIL_SECOND);
    finish(1);
    ASSERT_EQ(next(), 1);
    ASSERT_EQ(next(), -ETIMEDOUT);
    ASSERT_EQ(coil_now(), COIL_SECOND);
    ASSERT_EQ(next(), -ETIMEDOUT);
    ASSERT(!coil_future_is_done(&futures[0]));
    ASSERT_NULL(futures[0].callbacks.head);
    finish(0);
    ASSERT_EQ(next(), -ETIMEDOUT);
    coil_as_completed_end(&it);
}

/* AC-3: a future that was done in time is returned after the timeout. */
CORE_TEST(as_completed_timeout_keeps_what_was_done_in_time)
{
    begin(2, COIL_SECOND);
    finish(1);
    ASSERT_EQ(coil_sleep(2 * COIL_SECOND), 0);
    ASSERT_EQ(next(), 1);
    ASSERT_EQ(next(), -ETIMEDOUT);
    coil_as_completed_end(&it);
}

CORE_TEST(as_completed_timeout_is_told_to_all_who_wait)
{
    struct coil_task *a, *b;

    begin(2, COIL_SECOND);
    a = start(consume, "a");
    b = start(consume, "b");
    ASSERT_EQ(end_of(b), -ETIMEDOUT);
    ASSERT_EQ(end_of(a), -ETIMEDOUT);
    SAID("a? b? ");
    coil_as_completed_end(&it);
}

/* AC-3 */
CORE_TEST(as_completed_timeout_that_is_not_needed_is_disarmed)
{
    begin(2, COIL_SECOND);
    finish(0);
    finish(1);
    ASSERT(!coil_handle_cancel(&it.alarm));
    ASSERT_EQ(next(), 0);
    ASSERT_EQ(coil_sleep(2 * COIL_SECOND), 0);
    ASSERT_EQ(next(), 1);
    ASSERT_EQ(next(), -ENOENT);
    coil_as_completed_end(&it);
}

CORE_TEST(as_completed_without_time_returns_what_is_done)
{
    coil_future_init(&futures[0]);
    coil_future_init(&futures[1]);
    all[0] = &futures[0];
    all[1] = &futures[1];
    finish(1);
    ASSERT_EQ(coil_as_completed_begin(&it, all, 2, 0), 0);
    finish(0);
    ASSERT_EQ(next(), 1);
    ASSERT_EQ(next(), -ETIMEDOUT);
    coil_as_completed_end(&it);
}

/* ---- the end ---- */

CORE_TEST(as_completed_end_leaves_the_futures_alone)
{
    begin(MOST, COIL_SECOND);
    finish(1);
    coil_as_completed_end(&it);
    ASSERT_NULL(futures[0].callbacks.head);
    ASSERT(!coil_handle_cancel(&it.alarm));
    finish(0);
    ASSERT_EQ(next(), -ENOENT);
    coil_as_completed_end(&it);
}

CORE_TEST(as_completed_end_is_told_to_those_who_wait)
{
    struct coil_task *waiter;

    begin(2, COIL_NEVER);
    waiter = start(consume, "");
    turn();
    coil_as_completed_end(&it);
    memset(&it, 0x5a, sizeof it); /* the iteration's memory is ours again */
    turn();
    SAID(". ");
    ASSERT_EQ(end_of(waiter), 0);
}

/* ---- cancellation ---- */

CORE_TEST(as_completed_reports_a_cancellation_on_entry)
{
    begin(1, COIL_NEVER);
    finish(0);
    cancel_self();
    ASSERT_EQ(next(), -ECANCELED);
    ASSERT_EQ(next(), 0);
    coil_as_completed_end(&it);
}

/*
 * Cancelled while it waits, a task leaves the future alone; the next one gets
 * it.
 */
CORE_TEST(as_completed_cancelled_waiter_loses_nothing)
{
    struct coil_task *a, *b;

    begin(1, COIL_NEVER);
    a = start(take_one, "a");
    b = start(take_one, "b");
    turn();
    cancel(a);
    finish(0);
    ASSERT_EQ(end_of(a), -ECANCELED);
    ASSERT_EQ(end_of(b), 0);
    SAID("a-125 b0 ");
    coil_as_completed_end(&it);
}

/* A success that came first is returned. */
CORE_TEST(as_completed_waiter_that_was_served_is_not_cancelled)
{
    struct coil_task *waiter;

    begin(1, COIL_NEVER);
    waiter = start(take_one, "waiter");
    turn();
    finish(0);
    cancel(waiter);
    ASSERT_EQ(end_of(waiter), 0);
    SAID("waiter0 ");
    coil_as_completed_end(&it);
}

/* The timeout and the cancellation come in the same turn: the first decides. */
CORE_TEST(as_completed_waiter_is_timed_out_or_cancelled)
{
    struct coil_handle call = { 0 };
    struct coil_loop *loop = coil_loop_current();
    struct coil_task *waiter = start(consume, "");

    begin(1, COIL_SECOND);
    coil_loop_call_later(loop, &call, COIL_SECOND, cancel, waiter);
    ASSERT_EQ(end_of(waiter), -ETIMEDOUT);
    coil_as_completed_end(&it);
    SAID("? ");

    waiter = start(consume, "");
    coil_loop_call_later(loop, &call, COIL_SECOND, cancel, waiter);
    begin(1, COIL_SECOND);
    ASSERT_EQ(end_of(waiter), -ECANCELED);
    coil_as_completed_end(&it);
    SAID("! ");
}

/* ---- memory, clocks, coroutines ---- */

CORE_TEST(as_completed_of_few_allocates_nothing)
{
    size_t before = coil_test_allocations();

    begin(COIL_AS_COMPLETED_INLINE, COIL_SECOND);
    finish(0);
    ASSERT_EQ(next(), 0);
    coil_as_completed_end(&it);
    ASSERT_EQ(coil_test_allocations(), before);
}

CORE_TEST(as_completed_without_memory_begins_nothing)
{
    for (size_t i = 0; i < MOST; i++) {
        coil_future_init(&futures[i]);
        all[i] = &futures[i];
    }
    coil_test_fail_allocation(1, false);
    ASSERT_EQ(coil_as_completed_begin(&it, all, MOST, COIL_SECOND), -ENOMEM);
    ASSERT_NULL(futures[0].callbacks.head);
    coil_as_completed_end(&it);
}

static int iterate_without_clock(void *arg)
{
    struct coil_future *one[] = { &futures[0] };

    (void)arg;
    coil_future_init(&futures[0]);
    ASSERT_EQ(coil_as_completed_begin(&it, one, 1, COIL_SECOND), -ENOTSUP);
    ASSERT_EQ(coil_as_completed_begin(&it, one, 1, 0), 0);
    ASSERT_EQ(next(), -ETIMEDOUT);
    coil_as_completed_end(&it);
    ASSERT_EQ(coil_as_completed_begin(&it, one, 1, COIL_NEVER), 0);
    finish(0);
    ASSERT_EQ(next(), 0);
    ASSERT_EQ(next(), -ENOENT);
    coil_as_completed_end(&it);
    return 0;
}

TEST(as_completed_without_a_clock)
{
    ASSERT_EQ(run_without_clock(iterate_without_clock, NULL), 0);
}

TEST(as_completed_in_a_coroutine_driven_by_hand)
{
    struct coil_coroutine *co;
    struct coil_future *yielded;

    begin(2, COIL_NEVER);
    ASSERT_EQ(coil_coroutine_new(&co, consume, "", 0), 0);
    ASSERT_EQ(coil_coroutine_send(co, NULL, (void **)&yielded), 1);
    finish(1);
    ASSERT(coil_future_is_done(yielded));
    ASSERT_EQ(coil_coroutine_send(co, NULL, (void **)&yielded), 1);
    ASSERT_EQ(coil_coroutine_throw(co, -EIO, NULL), 0);
    ASSERT_EQ(coil_coroutine_result(co), -EIO);
    coil_coroutine_free(co);
    SAID("1 ! ");
    finish(0);
    coil_as_completed_end(&it);
}
