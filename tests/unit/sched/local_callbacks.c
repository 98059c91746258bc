/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 60 */
/* LABELS: threads */
/*
 * The values that a callback sees.
 */
#include "locals.h"

static struct coil_handle again;

/* ---- callbacks ---- */

static void call_done(struct coil_future *future, void *arg)
{
    (void)future;
    use_name(arg);
}

/* TASK-6 */
CORE_TEST(local_values_of_a_done_callback_are_those_of_its_registration)
{
    static struct coil_future_callback a, b, c;
    struct coil_task *task;

    set_name("main");
    task = start(take_name, "child");
    coil_future_add_done_callback(coil_task_future(task), &a, call_done, "x");
    set_name("second");
    coil_future_add_done_callback(coil_task_future(task), &b, call_done, NULL);
    set_name("third");
    ASSERT_EQ(coil_task_await(task), 0);
    coil_future_add_done_callback(coil_task_future(task), &c, call_done, NULL);
    coil_task_release(task);
    turn();
    ASSERT_STR_EQ(get_name(), "third");
    SAID("main child main second third ");
}

static void say_in_handler(struct coil_loop *loop,
                           const struct coil_exception *exception, void *arg)
{
    (void)loop;
    (void)arg;
    say("%s:%s ", exception->task ? "task" : "no task", get_name());
    /* For itself only. */
    set_name("handler");
}

static int set_and_fail(void *arg)
{
    set_name(arg);
    return -EPROTO;
}

/* LOOP-18 */
CORE_TEST(local_values_of_an_exception_handler_are_those_of_the_task)
{
    const struct coil_exception lone = { .message = "of nobody" };
    struct coil_loop *loop = coil_loop_current();
    struct coil_task *task;

    coil_loop_set_exception_handler(loop, say_in_handler, NULL);
    set_name("main");
    task = start(set_and_fail, "child");
    turn();
    coil_task_release(task);
    ASSERT_STR_EQ(get_name(), "main");
    coil_loop_call_exception_handler(loop, &lone);
    SAID("task:child no task:main ");
    ASSERT_STR_EQ(get_name(), "handler");
    coil_loop_set_exception_handler(loop, NULL, NULL);
}

CORE_TEST(local_values_of_a_call_are_those_of_its_registration)
{
    struct coil_handle soon = { 0 };
    struct coil_handle later = { 0 };
    struct coil_handle safe = { 0 };
    struct coil_loop *loop = coil_loop_current();

    set_name("soon");
    ASSERT_EQ(coil_loop_call_soon(loop, &soon, use_name, "x"), 0);
    set_name("later");
    ASSERT_EQ(coil_loop_call_later(loop, &later, 0, use_name, "y"), 0);
    set_name("safe");
    ASSERT_EQ(coil_loop_call_soon_threadsafe(loop, &safe, use_name, "z"), 0);
    set_name("main");
    ASSERT_EQ(coil_sleep(COIL_SECOND), 0);
    ASSERT_STR_EQ(get_name(), "main");
    SAID("soon safe later ");
}

/* A value that a callback sets ends with it. */
CORE_TEST(local_value_of_a_callback_does_not_reach_the_next)
{
    struct coil_handle a = { 0 };
    struct coil_handle b = { 0 };

    coil_loop_call_soon(coil_loop_current(), &a, use_name, "x");
    coil_loop_call_soon(coil_loop_current(), &b, use_name, NULL);
    turn();
    SAID("nobody nobody ");
}

static struct coil_task *made;

static void create(void *arg)
{
    set_name(arg);
    made = start(say_local_name, NULL);
}

CORE_TEST(local_values_of_a_callback_are_those_of_a_task_made_there)
{
    struct coil_handle handle = { 0 };

    coil_loop_call_soon(coil_loop_current(), &handle, create, "callback");
    turn();
    ASSERT_EQ(end_of(made), 0);
    SAID("callback ");
}

static void call_again(void *arg)
{
    int *left = arg;

    say("%s ", get_name());
    if (--*left > 0)
        coil_loop_call_soon(coil_loop_current(), &again, call_again, left);
}

CORE_TEST(local_values_last_while_a_callback_arranges_itself_anew)
{
    int left = 3;

    set_name("main");
    coil_loop_call_soon(coil_loop_current(), &again, call_again, &left);
    set_name("later");
    ASSERT_EQ(coil_sleep(COIL_SECOND), 0);
    SAID("main main main ");
}

/* A call that is taken back frees its values (the leak checker looks). */
CORE_TEST(local_values_of_what_is_taken_back_are_given_back)
{
    static struct coil_future never = COIL_FUTURE_INIT;
    static struct coil_future done = COIL_FUTURE_INIT;
    struct coil_future_callback cb = { .fn = NULL };
    struct coil_handle handle = { 0 };
    struct coil_loop *loop = coil_loop_current();

    coil_future_set_result(&done, NULL);
    for (int i = 0; i < 3; i++) {
        set_name("main");
        coil_loop_call_soon(loop, &handle, use_name, NULL);
        set_name("x"); /* the handle alone has the old value now */
        ASSERT(coil_handle_cancel(&handle));
        coil_loop_call_later(loop, &handle, COIL_SECOND, use_name, NULL);
        set_name("y");
        ASSERT(coil_handle_cancel(&handle));
        coil_future_add_done_callback(&never, &cb, call_done, NULL);
        set_name("z");
        ASSERT(coil_future_remove_done_callback(&never, &cb));
        coil_future_add_done_callback(&done, &cb, call_done, NULL);
        set_name("main");
        ASSERT(coil_future_remove_done_callback(&done, &cb));
    }
    turn();
    SAID("");
}

static struct coil_handle left_ready, left_armed;

static int leave_calls(void *arg)
{
    struct coil_loop *loop = coil_loop_current();

    (void)arg;
    set_name("main");
    coil_loop_call_later(loop, &left_armed, COIL_MINUTE, use_name, NULL);
    coil_loop_call_soon(loop, &left_ready, use_name, NULL);
    set_name("later");
    coil_loop_stop(loop);
    return 0;
}

TEST(local_values_of_calls_that_a_closed_loop_never_made)
{
    struct coil_loop *loop;

    ASSERT_EQ(coil_loop_new(&loop, NULL), 0);
    coil_loop_run_until_complete(loop, leave_calls, NULL);
    ASSERT_EQ(coil_loop_close(loop, NULL), 0);
    ASSERT_NULL(left_ready.call.locals);
    ASSERT_NULL(left_armed.call.locals);
}
