/* SPDX-License-Identifier: MIT */
/*
 * A suspending function that is called outside of a task: the message names the
 * function, the place of the call, and what to do instead.
 */
#include <coil.h>

#include "base/platform.h"
#include "child.h"
#include "names.h"
#include "test.h"

static struct child child;

/* ---- each function --------------------------------------------------------- */

static struct coil_lock lock;
static struct coil_event event;
static struct coil_semaphore semaphore;
static struct coil_queue queue;
static struct coil_condition condition;
static struct coil_bounded_semaphore bounded;
static struct coil_barrier barrier;
static struct coil_future future = COIL_FUTURE_INIT;

static int nothing(void *arg)
{
    (void)arg;
    return 0;
}

static COIL_NOINLINE int sleep_outside(void)
{
    return coil__keep_frame(coil_sleep(COIL_SECOND));
}

static COIL_NOINLINE int sleep_until_outside(void)
{
    return coil__keep_frame(coil_sleep_until(COIL_SECOND));
}

static COIL_NOINLINE int yield_outside(void)
{
    return coil__keep_frame(coil_yield());
}

static COIL_NOINLINE int look_outside(void)
{
    return coil__keep_frame(coil_checkpoint());
}

static COIL_NOINLINE int acquire_lock_outside(void)
{
    return coil__keep_frame(coil_lock_acquire(&lock));
}

static COIL_NOINLINE int wait_for_event_outside(void)
{
    return coil__keep_frame(coil_event_wait(&event));
}

static COIL_NOINLINE int acquire_semaphore_outside(void)
{
    return coil__keep_frame(coil_semaphore_acquire(&semaphore));
}

static COIL_NOINLINE int put_into_queue_outside(void)
{
    int item = 1;

    coil_queue_init(&queue, sizeof item, 1);
    return coil__keep_frame(coil_queue_put(&queue, &item));
}

static COIL_NOINLINE int wait_at_barrier_outside(void)
{
    coil_barrier_init(&barrier, 2);
    return coil__keep_frame(coil_barrier_wait(&barrier));
}

static COIL_NOINLINE int await_future_outside(void)
{
    return coil__keep_frame(coil_future_await(&future, NULL));
}

static COIL_NOINLINE int yield_coroutine_outside(void)
{
    return coil__keep_frame(coil_coroutine_yield(NULL, NULL));
}

static COIL_NOINLINE int call_thread_outside(void)
{
    return coil__keep_frame(coil_to_thread(nothing, NULL));
}

static COIL_NOINLINE int wait_for_descriptor_outside(void)
{
    return coil__keep_frame(coil_wait_fd(0, COIL_READABLE));
}

static COIL_NOINLINE int acquire_condition_outside(void)
{
    coil_condition_init(&condition, &lock);
    return coil__keep_frame(coil_condition_acquire(&condition));
}

static COIL_NOINLINE int acquire_bounded_semaphore_outside(void)
{
    coil_bounded_semaphore_init(&bounded, 1);
    return coil__keep_frame(coil_bounded_semaphore_acquire(&bounded));
}

static COIL_NOINLINE int wait_for_future_outside(void)
{
    return coil__keep_frame(coil_wait_for(&future, COIL_SECOND, NULL));
}

static COIL_NOINLINE int end_group_outside(void)
{
    struct coil_task_group group;

    return coil__keep_frame(
        coil_task_group_end(&group, coil_task_group_begin(&group)));
}

static COIL_NOINLINE int connect_outside(void)
{
    struct coil_stream *stream;

    return coil__keep_frame(coil_tcp_connect(&stream, "127.0.0.1", 1));
}

static COIL_NOINLINE int listen_outside(void)
{
    struct coil_listener *listener;

    return coil__keep_frame(coil_tcp_listen(&listener, "127.0.0.1", 0));
}

static COIL_NOINLINE int resolve_outside(void)
{
    struct coil_address *addresses;
    size_t count;

    return coil__keep_frame(coil_resolve("localhost", 1, &addresses, &count));
}

static const struct misuse {
    const char *function;
    const char *caller;
    int (*call)(void);
} misuses[] = {
    { "coil_sleep", "sleep_outside", sleep_outside },
    { "coil_sleep_until", "sleep_until_outside", sleep_until_outside },
    { "coil_yield", "yield_outside", yield_outside },
    { "coil_checkpoint", "look_outside", look_outside },
    { "coil_lock_acquire", "acquire_lock_outside", acquire_lock_outside },
    { "coil_event_wait", "wait_for_event_outside", wait_for_event_outside },
    { "coil_semaphore_acquire", "acquire_semaphore_outside",
      acquire_semaphore_outside },
    { "coil_queue_put", "put_into_queue_outside", put_into_queue_outside },
    { "coil_barrier_wait", "wait_at_barrier_outside", wait_at_barrier_outside },
    { "coil_future_await", "await_future_outside", await_future_outside },
    { "coil_coroutine_yield", "yield_coroutine_outside",
      yield_coroutine_outside },
    { "coil_to_thread", "call_thread_outside", call_thread_outside },
    { "coil_wait_fd", "wait_for_descriptor_outside",
      wait_for_descriptor_outside },
    { "coil_condition_acquire", "acquire_condition_outside",
      acquire_condition_outside },
    { "coil_bounded_semaphore_acquire", "acquire_bounded_semaphore_outside",
      acquire_bounded_semaphore_outside },
    { "coil_wait_for", "wait_for_future_outside", wait_for_future_outside },
    { "coil_task_group_end", "end_group_outside", end_group_outside },
    { "coil_tcp_connect", "connect_outside", connect_outside },
    { "coil_tcp_listen", "listen_outside", listen_outside },
    { "coil_resolve", "resolve_outside", resolve_outside },
};

static void misuse(void *arg)
{
    const struct misuse *misuse = arg;

    if (misuse->call() == 0)
        _exit(1);
    _exit(2);
}

TEST(outside_of_a_task_the_function_and_its_caller_are_named)
{
    if (!knows_callers())
        SKIP("nobody knows here who calls whom");
    for (size_t i = 0; i < sizeof misuses / sizeof *misuses; i++) {
        char begin[80];

        child_run(&child, misuse, (void *)&misuses[i]);
        ASSERT_CHILD_KILLED(&child, SIGABRT);
        snprintf(begin, sizeof begin, "coil: %s: ", misuses[i].function);
        if (strncmp(child.text, begin, strlen(begin)) != 0)
            FAIL("instead of %s it names\n%s", misuses[i].function, child.text);
        ASSERT_STR_CONTAINS(child.text, "outside of a task");
        ASSERT_STR_CONTAINS(child.text, misuses[i].caller);
        ASSERT_STR_CONTAINS(child.text,
                            "call it in a function that is given to coil_run() "
                            "or coil_task_create()");
    }
}

/* ---- where there is a loop ------------------------------------------------- */

static COIL_NOINLINE void sleep_in_callback(void *arg)
{
    (void)arg;
    if (coil_sleep(COIL_SECOND) == 0)
        _exit(1);
}

static int call_back(void *arg)
{
    struct coil_handle handle = { 0 };

    ASSERT_EQ(coil_loop_call_soon(coil_loop_current(), &handle,
                                  sleep_in_callback, arg),
              0);
    return coil__keep_frame(coil_yield());
}

static void run_callback(void *arg)
{
    (void)!coil_run(call_back, arg);
}

static int run_guest(void *arg)
{
    struct coil_loop *loop;
    struct coil_handle handle = { 0 };

    ASSERT_EQ(coil_loop_new(&loop, NULL), 0);
    ASSERT_EQ(coil_loop_call_soon(loop, &handle, sleep_in_callback, arg), 0);
    return coil__keep_frame(coil_loop_run_once(loop, 0));
}

static void run_guest_in_task(void *arg)
{
    (void)!coil_run(run_guest, arg);
}

static void expect_callback_named(void)
{
    ASSERT_CHILD_KILLED(&child, SIGABRT);
    ASSERT_STR_CONTAINS(child.text, "called in a callback, outside of a task");
    ASSERT_STR_CONTAINS(child.text, "coil_task_create()");
    if (!knows_callers())
        return;
    ASSERT_STR_CONTAINS(child.text, "coil: coil_sleep: ");
    ASSERT_STR_CONTAINS(child.text, "sleep_in_callback");
}

TEST(outside_in_a_callback_the_cure_is_another)
{
    child_run(&child, run_callback, NULL);
    expect_callback_named();
}

TEST(outside_in_a_callback_of_a_guest_that_a_task_drives)
{
    child_run(&child, run_guest_in_task, NULL);
    expect_callback_named();
}

/* ---- who is not to be seen ------------------------------------------------- */

/* Compilers turn such a call into a jump: its line is not known any more. */
static COIL_NOINLINE int sleep_last(void)
{
    return coil_sleep(COIL_SECOND);
}

static void call_by_pointer(void *arg)
{
    int (*volatile call)(void) = sleep_last;

    (void)arg;
    _exit(coil__keep_frame(call()) == 0);
}

TEST(outside_a_line_is_not_taken_for_that_of_the_call)
{
    if (!knows_callers())
        SKIP("nobody knows here who calls whom");
    child_run(&child, call_by_pointer, NULL);
    ASSERT_CHILD_KILLED(&child, SIGABRT);
    if (!strstr(child.text, ", by sleep_last"))
        ASSERT_STR_CONTAINS(child.text, ", by what is called in ");
}

/* The function that coil calls inside another call is named, not that call. */
static void sleep_as_destructor(void *item)
{
    (void)item;
    _exit(coil__keep_frame(coil_sleep(COIL_SECOND)) == 0);
}

static void drop_items(void *arg)
{
    int item = 1;

    (void)arg;
    coil_queue_init(&queue, sizeof item, 1);
    coil_queue_set_item_destroy(&queue, sleep_as_destructor);
    ASSERT_EQ(coil_queue_try_put(&queue, &item), 0);
    coil_queue_fini(&queue);
}

TEST(outside_in_a_destructor_it_is_the_destructor_that_called)
{
    if (!knows_callers())
        SKIP("nobody knows here who calls whom");
    child_run(&child, drop_items, NULL);
    ASSERT_CHILD_KILLED(&child, SIGABRT);
    ASSERT_STR_CONTAINS(child.text, "coil: coil_sleep: called outside of a "
                                    "task, by sleep_as_destructor");
}
