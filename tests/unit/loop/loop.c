/* SPDX-License-Identifier: MIT */
/*
 * The loop against B1 of asyncio's behaviour, LOOP-1 … LOOP-18: calls, timers,
 * stopping, running and closing.  loop_threads.c has what crosses threads,
 * loop_report.c what is printed.
 */
#include "bodies.h"
#include "loop_shared_test.h"

/* ---- calls soon ----------------------------------------------------------- */

/* LOOP-1 */
LOOP_TEST(loop_makes_calls_in_order_and_once)
{
    call_soon(0, "a");
    call_soon(1, "b");
    call_soon(2, "c");
    SAID("");
    run_once();
    SAID("a b c ");
    run_once();
    SAID("");
}

static void call_nested(void *arg)
{
    say("%s ", (const char *)arg);
    call_soon(7, "nested");
}

/*
 * LOOP-2, LOOP-3: what is ready, I/O and timers run first, and then the calls
 * that they made
 */
LOOP_TEST(loop_makes_nested_calls_in_the_next_turn)
{
    ASSERT_EQ(coil_loop_call_soon(loop, &handles[0], call_nested,
                                  (void *)(uintptr_t) "soon1"),
              0);
    call_soon(1, "soon2");
    call_later(2, 0, "timer0");
    run_once();
    SAID("soon1 soon2 timer0 ");
    run_once();
    SAID("nested ");
}

LOOP_TEST(loop_refuses_a_handle_that_is_arranged)
{
    call_soon(0, "a");
    ASSERT_EQ(coil_loop_call_soon(loop, &handles[0], say_name, NULL), -EBUSY);
    ASSERT_EQ(coil_loop_call_later(loop, &handles[0], 1, say_name, NULL),
              -EBUSY);
    call_later(1, COIL_SECOND, "b");
    ASSERT_EQ(coil_loop_call_soon(loop, &handles[1], say_name, NULL), -EBUSY);
    ASSERT_EQ(coil_loop_call_at(loop, &handles[1], 1, say_name, NULL), -EBUSY);
    ASSERT_EQ(coil_loop_call_soon_threadsafe(loop, &handles[1], say_name, NULL),
              -EBUSY);
    ASSERT(coil_handle_cancel(&handles[1]));
    run_once();
    SAID("a ");
}

static void say_and_arrange_anew(void *arg)
{
    int *left = arg;

    say("%d ", *left);
    if (--*left > 0)
        ASSERT_EQ(
            coil_loop_call_soon(loop, &handles[0], say_and_arrange_anew, arg),
            0);
}

LOOP_TEST(loop_lets_a_call_arrange_its_own_handle_anew)
{
    int left = 3;

    ASSERT_EQ(
        coil_loop_call_soon(loop, &handles[0], say_and_arrange_anew, &left), 0);
    for (int i = 0; i < 4; i++)
        run_once();
    SAID("3 2 1 ");
}

/* ---- timers --------------------------------------------------------------- */

LOOP_TEST(loop_fires_timers_by_deadline_and_equals_in_order)
{
    coil_time base = run_now() + COIL_MILLISECOND;

    call_at(0, base + 3, "d");
    call_at(1, base + 1, "a");
    call_at(2, base + 2, "c");
    call_at(3, base + 1, "b");
    call_at(4, base + 3, "e");
    stop_at(base + 2 * COIL_MILLISECOND);
    ASSERT_EQ(coil_loop_run_forever(loop), 0);
    SAID("a b c d e ");
}

/* LOOP-4 */
LOOP_TEST(loop_orders_negative_delays_by_their_time)
{
    call_later(0, -1 * COIL_SECOND, "a");
    call_later(1, -2 * COIL_SECOND, "b");
    call_later(2, 0, "c");
    run_once();
    SAID("b a c ");
}

/* LOOP-8 */
LOOP_TEST(loop_tells_when_a_timer_is_due)
{
    coil_time before = run_now();

    call_later(0, COIL_SECOND, "a");
    ASSERT_GE(coil_handle_when(&handles[0]), before + COIL_SECOND);
    ASSERT_LE(coil_handle_when(&handles[0]), run_now() + COIL_SECOND);
    call_at(1, -12345, "b");
    ASSERT_EQ(coil_handle_when(&handles[1]), -12345);
    call_later(2, COIL_NEVER, "c");
    ASSERT_EQ(coil_handle_when(&handles[2]), COIL_NEVER);
    ASSERT(coil_handle_cancel(&handles[0]));
    ASSERT(coil_handle_cancel(&handles[2]));
    run_once();
    SAID("b ");
}

LOOP_TEST(loop_takes_any_delay)
{
    call_later(0, INT64_MIN, "min");
    call_later(1, COIL_NEVER, "never");
    call_at(2, INT64_MIN, "past");
    call_at(3, COIL_NEVER - 1, "nearly never");
    run_once();
    ASSERT(coil_handle_cancel(&handles[1]));
    ASSERT(coil_handle_cancel(&handles[3]));
    ASSERT_EQ(strlen(trace), strlen("min past "));
    forget();
}

/* ---- cancelling ----------------------------------------------------------- */

/* LOOP-7 */
LOOP_TEST(loop_does_not_make_a_cancelled_call)
{
    call_soon(0, "a");
    call_soon(1, "b");
    call_soon(2, "c");
    call_later(3, 0, "d");
    call_later(4, 0, "e");
    ASSERT(coil_handle_cancel(&handles[1]));
    ASSERT(!coil_handle_cancel(&handles[1]));
    ASSERT(coil_handle_cancel(&handles[3]));
    ASSERT(!coil_handle_cancel(&handles[3]));
    run_once();
    SAID("a c e ");
    ASSERT(!coil_handle_cancel(&handles[0]));
}

static void cancel_others(void *arg)
{
    struct coil_handle *self = arg;

    ASSERT(!coil_handle_cancel(self));
    ASSERT(coil_handle_cancel(&handles[1]));
    ASSERT(coil_handle_cancel(&handles[3]));
    ASSERT(coil_handle_cancel(&handles[5]));
    say("cancel ");
}

LOOP_TEST(loop_lets_a_call_cancel_others_of_its_turn)
{
    ASSERT_EQ(
        coil_loop_call_soon(loop, &handles[0], cancel_others, &handles[0]), 0);
    call_soon(1, "no");
    call_soon(2, "yes");
    call_later(3, 0, "no"); /* due, so it is ready too by then */
    call_later(4, 0, "yes");
    call_later(5, COIL_SECOND, "no");
    run_once();
    run_once();
    SAID("cancel yes yes ");
}

LOOP_TEST(loop_takes_a_cancelled_handle_again)
{
    call_later(0, COIL_SECOND, "later");
    ASSERT(coil_handle_cancel(&handles[0]));
    call_soon(0, "soon");
    ASSERT(coil_handle_cancel(&handles[0]));
    call_soon(0, "again");
    run_once();
    SAID("again ");
}

/* LOOP-6 */
LOOP_TEST(loop_forgets_cancelled_timers)
{
    static struct coil_handle many[10000];
    struct coil_loop_report report;

    memset(many, 0, sizeof many);
    for (size_t i = 0; i < 10000; i++)
        ASSERT_EQ(coil_loop_call_later(loop, &many[i], COIL_SECOND, say_name,
                                       (void *)(uintptr_t) "x"),
                  0);
    for (size_t i = 0; i < 10000; i++)
        ASSERT(coil_handle_cancel(&many[i]));
    memset(many, 0xff, sizeof many);
    run_once();
    ASSERT_EQ(coil_loop_close(loop, &report), 0);
    ASSERT_EQ(report.timers_armed, 0);
    loop = NULL;
}

/* ---- stopping ------------------------------------------------------------- */

static void stop_and_call(void *arg)
{
    (void)arg;
    coil_loop_stop(loop);
    call_soon(6, "next");
    say("stop ");
}

/* LOOP-10 */
LOOP_TEST(loop_stopped_ends_its_turn_and_keeps_what_is_ready)
{
    call_soon(0, "a");
    ASSERT_EQ(coil_loop_call_soon(loop, &handles[1], stop_and_call, NULL), 0);
    call_soon(2, "b");
    ASSERT_EQ(coil_loop_run_forever(loop), 0);
    SAID("a stop b ");
    run_once();
    SAID("next ");
}

/* LOOP-10 */
LOOP_TEST(loop_stopped_before_it_runs_makes_one_turn_without_waiting)
{
    coil_time before = run_now();

    call_later(0, COIL_MINUTE, "late");
    call_soon(1, "a");
    coil_loop_stop(loop);
    ASSERT_EQ(coil_loop_run_forever(loop), 0);
    SAID("a ");
    coil_loop_stop(loop);
    coil_loop_stop(loop);
    ASSERT_EQ(coil_loop_run_forever(loop), 0);
    ASSERT_LT(run_now(), before + COIL_MINUTE / 2);
    ASSERT(coil_handle_cancel(&handles[0]));
}

static int stop_and_yield(void *arg)
{
    (void)arg;
    coil_loop_stop(loop);
    say("1 ");
    if (coil_yield() < 0)
        return -1;
    say("2 ");
    return 9;
}

/* LOOP-11 */
LOOP_TEST(loop_stopped_too_early_leaves_the_task_for_the_next_run)
{
    struct coil_task *left;

    ASSERT_EQ(coil_loop_run_until_complete(loop, stop_and_yield, NULL), -EINTR);
    SAID("1 ");
    ASSERT_EQ(tasks_of_loop(&left, 1), 1);
    coil_task_retain(left);
    ASSERT(!coil_task_is_done(left));
    ASSERT_EQ(coil_loop_run_until_done(loop, coil_task_future(left)), 9);
    SAID("2 ");
    coil_task_release(left);
}

/* Cancel the second call, schedule another instead, and stop. */
static void cancel_and_stop(void *arg)
{
    say("cancel ");
    ASSERT(coil_handle_cancel(arg));
    call_soon(3, "late");
    coil_loop_stop(loop);
}

/* LOOP-10: a cancelled call keeps its place, so no call moves up */
LOOP_TEST(loop_stopped_by_a_call_that_cancels_another_makes_no_more_calls)
{
    ASSERT_EQ(
        coil_loop_call_soon(loop, &handles[0], cancel_and_stop, &handles[1]),
        0);
    call_soon(1, "no");
    call_soon(2, "yes");
    ASSERT_EQ(coil_loop_run_forever(loop), 0);
    SAID("cancel yes ");
    run_once();
    SAID("late ");
}

static void cancel_new_and_stop(void *arg)
{
    call_soon(3, "no");
    ASSERT(coil_handle_cancel(&handles[3]));
    coil_loop_stop(arg);
}

LOOP_TEST(loop_stopped_by_a_call_that_cancels_a_later_one_ends_its_turn)
{
    ASSERT_EQ(coil_loop_call_soon(loop, &handles[0], cancel_new_and_stop, loop),
              0);
    call_soon(1, "a");
    call_soon(2, "b");
    ASSERT_EQ(coil_loop_run_forever(loop), 0);
    SAID("a b ");
}

static void change_debug_mode(void *arg)
{
    coil_loop_set_debug(arg, !coil_loop_is_debug(arg));
    call_soon(5, "late");
    coil_loop_stop(arg);
}

LOOP_TEST(loop_whose_debug_mode_changes_ends_its_turn_as_ever)
{
    for (int i = 0; i < 2; i++) {
        call_soon(0, "a");
        ASSERT_EQ(
            coil_loop_call_soon(loop, &handles[1], change_debug_mode, loop), 0);
        call_soon(2, "b");
        call_soon(3, "c");
        ASSERT_EQ(coil_loop_run_forever(loop), 0);
        SAID("a b c ");
        run_once();
        SAID("late ");
    }
}

static int change_and_yield(void *arg)
{
    for (int i = 0; i < 6; i++) {
        say("%s%d ", (const char *)arg, i);
        if (i % 2 == 1)
            coil_loop_set_debug(loop, !coil_loop_is_debug(loop));
        ASSERT_EQ(coil_yield(), 0);
    }
    return 0;
}

static int change_beside_another(void *arg)
{
    struct coil_task *other;

    ASSERT_EQ(coil_task_create(&other, change_and_yield, arg), 0);
    ASSERT_EQ(coil_yield(), 0);
    ASSERT_EQ(change_and_yield((void *)(uintptr_t) "b"), 0);
    ASSERT_EQ(coil_task_await(other), 0);
    coil_task_release(other);
    return 0;
}

LOOP_TEST(loop_whose_debug_mode_changes_keeps_its_order)
{
    ASSERT_EQ(coil_loop_run_until_complete(loop, change_beside_another,
                                           (void *)(uintptr_t) "a"),
              0);
    SAID("a0 b0 a1 b1 a2 b2 a3 b3 a4 b4 a5 b5 ");
}

static struct coil_future done_future;
static struct coil_future_callback done_callback;

static void say_done(struct coil_future *future, void *arg)
{
    (void)future;
    say("%s ", (const char *)arg);
}

static void complete_it(void *arg)
{
    ASSERT_EQ(coil_future_add_done_callback(&done_future, &done_callback,
                                            say_done, arg),
              0);
    ASSERT_EQ(coil_future_set_result(&done_future, NULL), 0);
}

static void remove_and_stop(void *arg)
{
    (void)arg;
    ASSERT(coil_future_remove_done_callback(&done_future, &done_callback));
    call_soon(3, "late");
    coil_loop_stop(loop);
}

LOOP_TEST(loop_stopped_by_a_call_that_removes_a_callback_makes_no_more_calls)
{
    coil_future_init(&done_future);
    ASSERT_EQ(coil_loop_call_soon(loop, &handles[0], remove_and_stop, NULL), 0);
    ASSERT_EQ(coil_scheduler_enter(coil_loop_scheduler(loop)), 0);
    complete_it((void *)(uintptr_t) "no");
    coil_scheduler_leave(coil_loop_scheduler(loop));
    ASSERT_EQ(coil_loop_run_forever(loop), 0);
    SAID("");
    run_once();
    SAID("late ");
}

static int stop_and_return(void *arg)
{
    (void)arg;
    coil_loop_stop(loop);
    return 4;
}

/* LOOP-12: the stop ends one run only */
LOOP_TEST(loop_stopped_in_its_last_turn_runs_as_ever_afterwards)
{
    ASSERT_EQ(coil_loop_run_until_complete(loop, stop_and_return, NULL), 4);
    ASSERT_EQ(coil_loop_run_until_complete(loop, sleep_a_little, NULL), 0);
}

/* ---- running -------------------------------------------------------------- */

LOOP_TEST(loop_returns_what_the_task_returned)
{
    int values[] = { 0, 1, 12345, -1, -EINVAL, -EDEADLK, -EINTR, -ECANCELED };

    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        ASSERT_EQ(coil_loop_run_until_complete(loop, return_arg, &values[i]),
                  values[i]);
}

static int say_three_times(void *arg)
{
    for (int i = 0; i < 3; i++) {
        int rc = coil_yield();

        if (rc < 0)
            return rc;
        say("%s%d ", (const char *)arg, i);
    }
    return 0;
}

static int leave_one_behind(void *arg)
{
    return coil_task_create(NULL, say_three_times, arg);
}

LOOP_TEST(loop_goes_on_with_what_is_left_in_the_next_run)
{
    char a[] = "a";
    char b[] = "b";

    ASSERT_EQ(coil_loop_run_until_complete(loop, leave_one_behind, a), 0);
    ASSERT_EQ(coil_loop_run_until_complete(loop, say_three_times, b), 0);
    run_once();
    SAID("a0 a1 b0 a2 b1 b2 ");
    ASSERT_EQ(tasks_of_loop(NULL, 0), 0);
}

static struct coil_future future;

static void set_future(void *arg)
{
    ASSERT_EQ(coil_future_set_result(&future, arg), 0);
}

LOOP_TEST(loop_runs_until_a_future_is_done)
{
    void *value;
    int x;

    coil_future_init(&future);
    ASSERT_EQ(coil_loop_call_later(loop, &handles[0], COIL_MILLISECOND,
                                   set_future, &x),
              0);
    ASSERT_EQ(coil_loop_run_until_done(loop, &future), 0);
    ASSERT_EQ(coil_future_result(&future, &value), 0);
    ASSERT_PTR_EQ(value, &x);
    /* The future is done already: the run ends at once. */
    ASSERT_EQ(coil_loop_run_until_done(loop, &future), 0);
}

LOOP_TEST(loop_returns_how_the_future_ended)
{
    coil_future_init(&future);
    ASSERT_EQ(coil_future_set_error(&future, -EIO), 0);
    ASSERT_EQ(coil_loop_run_until_done(loop, &future), -EIO);
    coil_future_init(&future);
    ASSERT(coil_future_cancel(&future));
    ASSERT_EQ(coil_loop_run_until_done(loop, &future), -ECANCELED);
}

static void stop_now(void *arg)
{
    coil_loop_stop(arg);
}

/* LOOP-12 */
LOOP_TEST(loop_takes_its_own_callback_back)
{
    coil_future_init(&future);
    ASSERT_EQ(coil_loop_call_soon(loop, &handles[0], stop_now, loop), 0);
    ASSERT_EQ(coil_loop_run_until_done(loop, &future), -EINTR);
    ASSERT(!coil_future_is_done(&future));
    /* A callback that was still there would end this run too early. */
    ASSERT_EQ(coil_future_set_result(&future, NULL), 0);
    ASSERT_EQ(coil_loop_run_until_complete(loop, sleep_a_little, NULL), 0);
}

static int wait_for_event(void *arg)
{
    int rc;

    (void)arg;
    rc = coil_event_wait(&event);
    say("woken %d ", rc);
    return rc;
}

LOOP_TEST(loop_that_can_never_go_on_leaves_every_task_as_it_was)
{
    coil_event_init(&event);
    coil_future_init(&future);
    silence_stderr();
    ASSERT_EQ(coil_loop_run_until_complete(loop, wait_for_event, NULL),
              -EDEADLK);
    ASSERT_EQ(coil_loop_run_until_done(loop, &future), -EDEADLK);
    ASSERT_EQ(coil_loop_run_forever(loop), -EDEADLK);
    restore_stderr();
    ASSERT_EQ(tasks_of_loop(NULL, 0), 1);
    SAID("");
    coil_event_set(&event);
    run_once();
    SAID("woken 0 ");
    ASSERT_EQ(tasks_of_loop(NULL, 0), 0);
}

/* The timers do not read the links of the inbox. */
LOOP_TEST(loop_arms_a_handle_that_was_posted)
{
    static const char *const names[] = { "a", "b", "c" };

    for (size_t i = 0; i < 3; i++)
        ASSERT_EQ(coil_loop_call_soon_threadsafe(loop, &handles[i], say_name,
                                                 (void *)(uintptr_t)names[i]),
                  0);
    run_once();
    SAID("a b c ");
    for (size_t i = 3; i > 0; i--)
        call_later(i - 1, (coil_time)i * COIL_MILLISECOND, names[i - 1]);
    stop_at(run_now() + 20 * COIL_MILLISECOND);
    ASSERT_EQ(coil_loop_run_forever(loop), 0);
    SAID("a b c ");
}

LOOP_TEST(loop_with_a_timer_that_never_fires_can_never_go_on)
{
    call_later(0, COIL_NEVER, "never");
    silence_stderr();
    ASSERT_EQ(coil_loop_run_forever(loop), -EDEADLK);
    restore_stderr();
    ASSERT(coil_handle_cancel(&handles[0]));
}

/* LOOP-14 */
static int nest(void *arg)
{
    struct coil_loop *other;

    (void)arg;
    coil_future_init(&future);
    ASSERT(coil_loop_is_running(loop));
    ASSERT_PTR_EQ(coil_loop_current(), loop);
    ASSERT_PTR_EQ(coil_scheduler_current(), coil_loop_scheduler(loop));
    ASSERT_EQ(coil_loop_run_forever(loop), -EBUSY);
    ASSERT_EQ(coil_loop_run_until_complete(loop, return_arg, NULL), -EBUSY);
    ASSERT_EQ(coil_loop_run_until_done(loop, &future), -EBUSY);
    ASSERT_EQ(coil_loop_close(loop, NULL), -EBUSY);
    ASSERT_EQ(coil_run(return_arg, NULL), -EBUSY);

    ASSERT_EQ(coil_loop_new(&other, NULL), 0);
    ASSERT(!coil_loop_is_running(other));
    ASSERT_EQ(coil_loop_run_forever(other), -EBUSY);
    ASSERT_EQ(coil_loop_run_until_complete(other, return_arg, NULL), -EBUSY);
    ASSERT_EQ(coil_loop_run_until_done(other, &future), -EBUSY);
    ASSERT_EQ(coil_loop_close(other, NULL), -EBUSY);
    ASSERT_EQ(coil_future_set_result(&future, NULL), 0);
    ASSERT_EQ(coil_loop_run_until_done(other, &future), -EBUSY);
    /* It has no task either that would run later. */
    ASSERT_EQ(coil_loop_timeout(other), COIL_NEVER);
    handles[0].call.arg = other;
    return 0;
}

LOOP_TEST(loop_does_not_run_within_a_loop)
{
    ASSERT(!coil_loop_is_running(loop));
    ASSERT_NULL(coil_loop_current());
    ASSERT_EQ(coil_loop_run_until_complete(loop, nest, NULL), 0);
    ASSERT(!coil_loop_is_running(loop));
    ASSERT_NULL(coil_loop_current());
    ASSERT_EQ(coil_loop_close(handles[0].call.arg, NULL), 0);
}
