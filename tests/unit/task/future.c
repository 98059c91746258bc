/* SPDX-License-Identifier: MIT */
/*
 * The future against B0 and B3 of asyncio's behaviour, FUT-1 … FUT-8, as
 * amended: a future is memory of the caller, and a call that is due can be
 * retracted.
 */
#include "bodies.h"
#include "futures.h"

static char value_a;

static int say_value(void *arg)
{
    void *value = NULL;
    int rc = coil_future_await(&future, &value);

    say("%s", (const char *)arg);
    if (rc < 0)
        say("! ");
    else
        say("%c ", value == &value_a ? 'A' : '?');
    return rc;
}

/* ---- one transition ---- */

/* FUT-1 */
CORE_TEST(future_is_pending_when_zeroed)
{
    struct coil_future zeroed;
    struct coil_future made = COIL_FUTURE_INIT;

    memset(&zeroed, 0, sizeof zeroed);
    ASSERT(!coil_future_is_done(&zeroed));
    ASSERT(!coil_future_is_cancelled(&zeroed));
    ASSERT_EQ(coil_future_result(&zeroed, NULL), -EAGAIN);
    ASSERT(!coil_future_is_done(&made));
}

/* FUT-1 */
CORE_TEST(future_is_pending_again_after_init)
{
    ASSERT_EQ(coil_future_set_error(&future, -EIO), 0);
    coil_future_init(&future);
    ASSERT(!coil_future_is_done(&future));
    ASSERT_EQ(coil_future_set_result(&future, NULL), 0);
}

/* FUT-1 */
CORE_TEST(future_with_a_result_stays_as_it_is)
{
    void *value = NULL;

    ASSERT_EQ(coil_future_set_result(&future, &value_a), 0);
    ASSERT_EQ(coil_future_set_result(&future, &value_b), -EALREADY);
    ASSERT_EQ(coil_future_set_error(&future, -EIO), -EALREADY);
    ASSERT(!coil_future_cancel(&future));
    ASSERT(coil_future_is_done(&future));
    ASSERT(!coil_future_is_cancelled(&future));
    ASSERT_EQ(coil_future_result(&future, &value), 0);
    ASSERT_PTR_EQ(value, &value_a);
}

/* FUT-1 */
CORE_TEST(future_with_an_error_stays_as_it_is)
{
    ASSERT_EQ(coil_future_set_error(&future, -EIO), 0);
    ASSERT_EQ(coil_future_set_result(&future, &value_b), -EALREADY);
    ASSERT_EQ(coil_future_set_error(&future, -EPIPE), -EALREADY);
    ASSERT(!coil_future_cancel(&future));
    ASSERT(!coil_future_is_cancelled(&future));
    ASSERT_EQ(coil_future_result(&future, NULL), -EIO);
}

/* FUT-1, FUT-3 */
CORE_TEST(future_that_is_cancelled_stays_as_it_is)
{
    ASSERT(coil_future_cancel(&future));
    ASSERT(!coil_future_cancel(&future));
    ASSERT_EQ(coil_future_set_result(&future, &value_b), -EALREADY);
    ASSERT_EQ(coil_future_set_error(&future, -EIO), -EALREADY);
    ASSERT(coil_future_is_done(&future));
    ASSERT(coil_future_is_cancelled(&future));
    ASSERT_EQ(coil_future_result(&future, NULL), -ECANCELED);
}

/* FUT-1 */
CORE_TEST(future_error_ecanceled_cancels)
{
    ASSERT_EQ(coil_future_set_error(&future, -ECANCELED), 0);
    ASSERT(coil_future_is_cancelled(&future));
}

/* FUT-1 */
CORE_TEST(future_error_must_be_negative)
{
    ASSERT_EQ(coil_future_set_error(&future, 0), -EINVAL);
    ASSERT_EQ(coil_future_set_error(&future, EIO), -EINVAL);
    ASSERT(!coil_future_is_done(&future));
}

/* FUT-2 */
CORE_TEST(future_result_while_pending_is_eagain)
{
    void *value = &value_a;

    ASSERT_EQ(coil_future_result(&future, &value), -EAGAIN);
    ASSERT_PTR_EQ(value, &value_a);
}

/* FUT-2 */
CORE_TEST(future_passes_a_null_value_on)
{
    void *value = &value_a;

    ASSERT_EQ(coil_future_set_result(&future, NULL), 0);
    ASSERT_EQ(coil_future_result(&future, NULL), 0);
    ASSERT_EQ(coil_future_result(&future, &value), 0);
    ASSERT_NULL(value);
}

/* FUT-6, as amended: coil does not see when the memory of a future ends. */
CORE_TEST(future_error_that_nobody_looks_at_is_silent)
{
    struct coil_future local = COIL_FUTURE_INIT;

    ASSERT_EQ(coil_future_set_error(&local, -EIO), 0);
    turn();
    ASSERT_EQ(report_count, 0);
}

/* ---- awaiting ---- */

/* FUT-7 */
CORE_TEST(future_that_is_done_is_awaited_without_suspending)
{
    struct coil_task *other = start(say_value, "other");
    void *value = NULL;

    ASSERT_EQ(coil_future_set_result(&future, &value_a), 0);
    ASSERT_EQ(coil_future_await(&future, &value), 0);
    ASSERT_PTR_EQ(value, &value_a);
    ASSERT_EQ(coil_future_await(&future, NULL), 0);
    SAID("");
    ASSERT_EQ(end_of(other), 0);
    SAID("otherA ");
}

/* FUT-7, §2.4 */
CORE_TEST(future_that_is_done_still_reports_a_cancellation)
{
    ASSERT_EQ(coil_future_set_result(&future, NULL), 0);
    cancel_self();
    ASSERT_EQ(coil_future_await(&future, NULL), -ECANCELED);
    ASSERT_EQ(coil_future_await(&future, NULL), 0);
}

/* FUT-7 */
CORE_TEST(future_gives_its_error_to_whoever_awaits)
{
    struct coil_task *early = start(await_future, &future);

    turn();
    ASSERT_EQ(coil_future_set_error(&future, -EPROTO), 0);
    ASSERT_EQ(coil_future_await(&future, NULL), -EPROTO);
    ASSERT_EQ(end_of(early), -EPROTO);
}

/* FUT-7 */
CORE_TEST(future_wakes_all_who_await_in_order)
{
    struct coil_task *a = start(say_value, "a");
    struct coil_task *b = start(say_value, "b");
    struct coil_task *c = start(say_value, "c");

    turn();
    ASSERT_EQ(coil_future_set_result(&future, &value_a), 0);
    SAID("");
    turn();
    SAID("aA bA cA ");
    ASSERT_EQ(end_of(a), 0);
    ASSERT_EQ(end_of(b), 0);
    ASSERT_EQ(end_of(c), 0);
}

/* FUT-4: a task that awaits is a callback like any other. */
CORE_TEST(future_callbacks_and_tasks_come_in_one_order)
{
    struct coil_future_callback records[3] = { { .fn = NULL } };
    struct coil_task *a;
    struct coil_task *b;

    add_callback(&records[0], "first");
    a = start(say_value, "a");
    turn();
    add_callback(&records[1], "second");
    b = start(say_value, "b");
    turn();
    add_callback(&records[2], "third");
    ASSERT_EQ(coil_future_set_result(&future, &value_a), 0);
    turn();
    SAID("first aA second bA third ");
    ASSERT_EQ(end_of(a), 0);
    ASSERT_EQ(end_of(b), 0);
}

CORE_TEST(future_callbacks_and_tasks_keep_their_order_when_some_leave)
{
    struct coil_future_callback records[3] = { { .fn = NULL } };
    struct coil_task *a;
    struct coil_task *b;

    add_callback(&records[0], "no");
    a = start(say_value, "a");
    turn();
    ASSERT(coil_future_remove_done_callback(&future, &records[0]));
    b = start(say_value, "b");
    turn();
    add_callback(&records[1], "first");
    ASSERT(coil_future_remove_done_callback(&future, &records[1]));
    add_callback(&records[2], "second");
    ASSERT_EQ(coil_future_set_result(&future, &value_a), 0);
    turn();
    SAID("aA bA second ");
    ASSERT_EQ(end_of(a), 0);
    ASSERT_EQ(end_of(b), 0);
}

static int say_shielded(void *name)
{
    int rc = coil_shield(&future, NULL);

    say("%s ", (const char *)name);
    return rc;
}

CORE_TEST(future_callbacks_and_shields_come_in_one_order)
{
    struct coil_future_callback record = { .fn = NULL };
    struct coil_task *a;

    add_callback(&record, "first");
    a = start(say_shielded, "a");
    turn();
    ASSERT_EQ(coil_future_set_result(&future, NULL), 0);
    turn();
    SAID("first a ");
    ASSERT_EQ(end_of(a), 0);
}

CORE_TEST(future_callbacks_keep_their_order_when_the_task_between_them_leaves)
{
    struct coil_future_callback records[3] = { { .fn = NULL } };
    struct coil_task *a;
    struct coil_task *b;

    add_callback(&records[0], "first");
    a = start(say_shielded, "a");
    turn();
    add_callback(&records[1], "second");
    cancel(a);
    ASSERT_EQ(end_of(a), -ECANCELED);
    SAID("a ");
    add_callback(&records[2], "third");
    b = start(say_shielded, "b");
    turn();
    ASSERT_EQ(coil_future_set_result(&future, NULL), 0);
    turn();
    SAID("first second third b ");
    ASSERT_EQ(end_of(b), 0);
}

static void say_handle(void *arg)
{
    say("%s ", (const char *)arg);
}

/* B0: hop_future_to_task */
CORE_TEST(future_wakes_in_the_next_turn_in_the_place_of_its_completion)
{
    struct coil_handle before = { 0 };
    struct coil_handle after = { 0 };
    struct coil_task *a = start(say_value, "a");

    turn();
    coil_loop_call_soon(coil_loop_current(), &before, say_handle, "before");
    ASSERT_EQ(coil_future_set_result(&future, &value_a), 0);
    coil_loop_call_soon(coil_loop_current(), &after, say_handle, "after");
    turn();
    SAID("before aA after ");
    ASSERT_EQ(end_of(a), 0);
}

static int await_often(void *arg)
{
    void *value;

    (void)arg;
    for (int i = 0; i < 3; i++) {
        ASSERT_EQ(coil_future_await(&future, &value), 0);
        ASSERT_PTR_EQ(value, &value_a);
    }
    return 0;
}

/* FUT-7 */
CORE_TEST(future_gives_the_same_every_time)
{
    struct coil_task *task = start(await_often, NULL);

    turn();
    ASSERT_EQ(coil_future_set_result(&future, &value_a), 0);
    ASSERT_EQ(end_of(task), 0);
}

/* FUT-7 */
SEEDS_TEST(future_reaches_a_hundred_tasks_under_any_seed)
{
    struct coil_task *tasks[100];

    coil_future_init(&future);
    for (int i = 0; i < 100; i++)
        tasks[i] = start(await_often, NULL);
    for (int i = 0; i < (int)coil_test_random(4); i++)
        turn();
    ASSERT_EQ(coil_future_set_result(&future, &value_a), 0);
    for (int i = 0; i < 100; i++)
        ASSERT_EQ(end_of(tasks[i]), 0);
}

/* ---- cancellation ---- */

/* CAN-1a */
CORE_TEST(future_is_cancelled_with_the_task_that_awaits_it)
{
    struct coil_task *task = start(say_value, "a");

    turn();
    cancel(task);
    ASSERT(coil_future_is_cancelled(&future));
    ASSERT_EQ(end_of(task), -ECANCELED);
    SAID("a! ");
}

/*
 * CAN-1a: the other awaiters get the future's outcome; nobody asked them to
 * end.
 */
CORE_TEST(future_cancelled_by_one_awaiter_ends_the_wait_of_all)
{
    struct coil_task *a = start(say_value, "a");
    struct coil_task *b = start(say_value, "b");

    turn();
    cancel(a);
    ASSERT_EQ(coil_task_cancelling(b), 0);
    ASSERT_EQ(coil_task_await(b), -ECANCELED);
    ASSERT_EQ(coil_task_cancelling(b), 0);
    coil_task_release(b);
    ASSERT_EQ(end_of(a), -ECANCELED);
    SAID("a! b! ");
}

CORE_TEST(future_cancelled_ends_the_wait_of_all)
{
    struct coil_task *a = start(say_value, "a");
    struct coil_task *b = start(say_value, "b");

    turn();
    ASSERT(coil_future_cancel(&future));
    ASSERT_EQ(end_of(a), -ECANCELED);
    ASSERT_EQ(end_of(b), -ECANCELED);
    SAID("a! b! ");
}

static int await_twice(void *arg)
{
    int rc = coil_future_await(&future, NULL);

    say("%d ", rc);
    rc = coil_future_await(&future, NULL);
    say("%d ", rc == -ECANCELED);
    rc = coil_future_await(&future, NULL);
    say("%d ", rc);
    (void)arg;
    return 0;
}

/* CAN-4, as amended by §2.2 */
CORE_TEST(future_completed_before_the_cancellation_is_returned)
{
    struct coil_task *task = start(await_twice, NULL);

    turn();
    ASSERT_EQ(coil_future_set_result(&future, &value_a), 0);
    cancel(task);
    ASSERT_EQ(end_of(task), 0);
    SAID("0 1 0 ");
}

/* CAN-4, as amended by §2.2: so is an error. */
CORE_TEST(future_failed_before_the_cancellation_is_returned)
{
    struct coil_task *task = start(await_twice, NULL);

    turn();
    ASSERT_EQ(coil_future_set_error(&future, -5), 0);
    cancel(task);
    ASSERT_EQ(end_of(task), 0);
    SAID("-5 1 -5 ");
}

/* CAN-4: the two cancellations are one. */
CORE_TEST(future_cancelled_before_the_cancellation_is_told_once)
{
    struct coil_task *task = start(await_future, &future);

    turn();
    ASSERT(coil_future_cancel(&future));
    cancel(task);
    ASSERT_EQ(coil_task_await(task), -ECANCELED);
    ASSERT_EQ(coil_task_cancelling(task), 1);
    coil_task_release(task);
}

static void complete_if_pending(void *arg)
{
    ASSERT_EQ(coil_future_set_result(arg, NULL), -EALREADY);
    say("too late ");
}

/* FUT-8 */
CORE_TEST(future_cancelled_before_its_timer_is_left_alone)
{
    struct coil_handle timer = { 0 };
    struct coil_task *task = start(await_future, &future);

    coil_loop_call_later(coil_loop_current(), &timer, COIL_SECOND,
                         complete_if_pending, &future);
    turn();
    cancel(task);
    ASSERT_EQ(end_of(task), -ECANCELED);
    ASSERT_EQ(coil_sleep(2 * COIL_SECOND), 0);
    SAID("too late ");
}

/* ---- a task as a future ---- */

/* TASK-1 */
CORE_TEST(future_of_a_task_is_completed_by_the_task_only)
{
    struct coil_task *task = start_job("a", 0, 3);
    struct coil_future *of_task = coil_task_future(task);

    ASSERT_EQ(coil_future_set_result(of_task, NULL), -EPERM);
    ASSERT_EQ(coil_future_set_error(of_task, -EIO), -EPERM);
    ASSERT_EQ(coil_future_set_error(of_task, -ECANCELED), -EPERM);
    ASSERT(!coil_future_is_done(of_task));
    ASSERT_EQ(coil_future_await(of_task, NULL), 3);
    ASSERT(coil_future_is_done(of_task));
    ASSERT_EQ(coil_future_set_result(of_task, NULL), -EPERM);
    ASSERT_EQ(coil_future_result(of_task, NULL), 3);
    coil_task_release(task);
    SAID("a ");
}

CORE_TEST(future_of_a_task_is_cancelled_as_the_task)
{
    struct coil_task *task = start_job("a", COIL_SECOND, 0);

    turn();
    ASSERT(coil_future_cancel(coil_task_future(task)));
    ASSERT_EQ(coil_task_cancelling(task), 1);
    ASSERT(!coil_future_is_done(coil_task_future(task)));
    ASSERT_EQ(coil_task_await(task), -ECANCELED);
    ASSERT(coil_future_is_cancelled(coil_task_future(task)));
    ASSERT(!coil_future_cancel(coil_task_future(task)));
    coil_task_release(task);
    SAID("a! ");
}

/* B0: done callbacks of a task */
CORE_TEST(future_of_a_task_calls_back_when_the_task_has_ended)
{
    struct coil_future_callback callback = { .fn = NULL };
    struct coil_task *task = start_job("a", 0, 0);

    coil_future_add_done_callback(coil_task_future(task), &callback, say_call,
                                  "done");
    turn();
    SAID("a ");
    turn();
    SAID("done ");
    coil_task_release(task);
}

static void say_result(struct coil_future *done, void *arg)
{
    say("%s%d ", (const char *)arg, coil_future_result(done, NULL));
}

/* asyncio's callback holds the task; no other reference is needed. */
CORE_TEST(future_of_a_task_lives_until_its_callbacks_were_called)
{
    struct coil_future_callback callback = { .fn = NULL };
    struct coil_task *task = start_job("a", COIL_SECOND, -EIO);

    coil_future_add_done_callback(coil_task_future(task), &callback, say_result,
                                  "done");
    coil_task_release(task);
    ASSERT_EQ(coil_sleep(2 * COIL_SECOND), 0);
    SAID("a done-5 ");
    /* The callback has looked at the error. */
    ASSERT_EQ(report_count, 0);
}

/* The same if the task had ended when the callback was added. */
CORE_TEST(future_of_an_ended_task_lives_until_its_callbacks_were_called)
{
    struct coil_future_callback callback = { .fn = NULL };
    struct coil_task *task = start_job("a", 0, -EIO);

    turn();
    coil_future_add_done_callback(coil_task_future(task), &callback, say_result,
                                  "done");
    coil_task_release(task);
    ASSERT_EQ(report_count, 0);
    turn();
    SAID("a done-5 ");
    ASSERT_EQ(report_count, 0);
}

/* FUT-6 */
CORE_TEST(future_of_a_task_whose_callback_does_not_look_is_reported)
{
    struct coil_future_callback callback = { .fn = NULL };
    struct coil_task *task = start_job("a", 0, -EIO);

    coil_future_add_done_callback(coil_task_future(task), &callback, say_call,
                                  "done");
    coil_task_release(task);
    turn();
    turn();
    SAID("a done ");
    ASSERT_UNSEEN(-EIO);
}

/* FUT-6 */
CORE_TEST(future_of_a_task_is_reported_when_its_last_callback_is_removed)
{
    struct coil_future_callback callback = { .fn = NULL };
    struct coil_task *task = start_job("a", 0, -EIO);
    struct coil_future *of_task = coil_task_future(task);

    turn();
    coil_future_add_done_callback(of_task, &callback, say_call, "done");
    coil_task_release(task);
    ASSERT_EQ(report_count, 0);
    ASSERT(coil_future_remove_done_callback(of_task, &callback));
    ASSERT_UNSEEN(-EIO);
    turn();
    SAID("a ");
}

/* ---- where it may be awaited ---- */

PANIC_TEST(future_awaited_outside_of_a_task_stops_the_program,
           "outside of a task")
{
    (void)!coil_future_await(&future, NULL);
}

static void await_in_callback(struct coil_future *done, void *arg)
{
    (void)arg;
    (void)!coil_future_await(done, NULL);
}

static int call_back_and_await(void *arg)
{
    struct coil_future_callback callback = { .fn = NULL };

    (void)arg;
    coil_future_add_done_callback(&future, &callback, await_in_callback, NULL);
    coil_future_set_result(&future, NULL);
    return coil_yield();
}

PANIC_TEST(future_awaited_in_a_callback_stops_the_program, "outside of a task")
{
    coil_test_run(call_back_and_await, NULL, 0);
}

/* ---- a scheduler without a clock ---- */

static int complete(void *arg)
{
    return coil_future_set_result(arg, &value_a);
}

static int use_future(void *arg)
{
    struct coil_task *other;
    void *value = NULL;
    int rc;

    (void)arg;
    rc = coil_task_create(NULL, complete, &future);
    ASSERT_EQ(rc, 0);
    ASSERT_EQ(coil_task_create(&other, await_future, &future), 0);
    ASSERT_EQ(coil_future_await(&future, &value), 0);
    ASSERT_PTR_EQ(value, &value_a);
    ASSERT_EQ(coil_task_await(other), 0);
    coil_task_release(other);
    return 0;
}

TEST(future_works_on_a_scheduler_of_the_users)
{
    ASSERT_EQ(run_without_clock(use_future, NULL), 0);
}
