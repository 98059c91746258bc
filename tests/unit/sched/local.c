/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 60 */
/* LABELS: threads */
/*
 * Task-local values against TASK-6, TH-1 and EAG-2 of asyncio's behaviour:
 * which values a task begins with, and that a change reaches no other task.
 */
#include <pthread.h>

#include <coil/guest.h>

#include "locals.h"

static struct coil_local other;

/* ---- one task ---- */

CORE_TEST(local_value_is_the_initial_one_until_it_is_set)
{
    ASSERT_STR_EQ(get_name(), "nobody");
    ASSERT_NULL(coil_local_get(&other));
    set_name("main");
    ASSERT_STR_EQ(get_name(), "main");
    ASSERT_NULL(coil_local_get(&other));
    set_name("again");
    ASSERT_STR_EQ(get_name(), "again");
}

CORE_TEST(local_keys_can_be_many)
{
    static struct coil_local keys[50];

    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < 50; i++)
            ASSERT_EQ(coil_local_set(&keys[i], &keys[(i + (size_t)round) % 50]),
                      0);
        for (size_t i = 0; i < 50; i++)
            ASSERT_PTR_EQ(coil_local_get(&keys[i]),
                          &keys[(i + (size_t)round) % 50]);
    }
}

/* ---- tasks ---- */

/* TASK-6 */
CORE_TEST(local_values_are_copied_at_creation)
{
    struct coil_task *task;

    set_name("main");
    task = start(say_local_name, NULL);
    set_name("later");
    ASSERT_EQ(end_of(task), 0);
    SAID("main ");
}

/* TASK-6 */
CORE_TEST(local_value_of_a_child_does_not_reach_the_parent)
{
    struct coil_task *task;

    set_name("main");
    task = start(take_name, "child");
    ASSERT_EQ(end_of(task), 0);
    ASSERT_STR_EQ(get_name(), "main");
    SAID("main child ");
}

/* TASK-6: a parent's change does not reach the child. */
CORE_TEST(local_value_of_a_parent_does_not_reach_the_child)
{
    struct coil_task *task = start(take_name, "child");

    turn();
    set_name("main");
    ASSERT_EQ(end_of(task), 0);
    ASSERT_STR_EQ(get_name(), "main");
    SAID("nobody child ");
}

CORE_TEST(local_values_are_each_tasks_own)
{
    struct coil_task *a = start(take_name, "a");
    struct coil_task *b = start(take_name, "b");

    set_name("main");
    ASSERT_EQ(end_of(a), 0);
    ASSERT_EQ(end_of(b), 0);
    ASSERT_STR_EQ(get_name(), "main");
    SAID("nobody nobody a b ");
}

/* The copy has the other values too. */
static int change_one(void *arg)
{
    (void)arg;
    set_name("child");
    say("%s,%s ", get_name(), (const char *)coil_local_get(&other));
    return 0;
}

CORE_TEST(local_copy_keeps_the_other_values)
{
    struct coil_task *task;

    set_name("main");
    ASSERT_EQ(coil_local_set(&other, "other"), 0);
    task = start(change_one, NULL);
    ASSERT_EQ(end_of(task), 0);
    ASSERT_STR_EQ(get_name(), "main");
    SAID("child,other ");
}

static int count_up(void *arg)
{
    int *sum = arg;

    for (intptr_t i = 1; i <= 10; i++) {
        ASSERT_EQ(coil_local_set(&other, (void *)i), 0);
        if (coil_sleep((coil_time)coil_test_random(3) * COIL_MILLISECOND) < 0)
            return -ECANCELED;
        ASSERT_EQ((intptr_t)coil_local_get(&other), i);
    }
    *sum += 10;
    return 0;
}

/* TASK-6: test_context_3 */
SEEDS_TEST(local_values_of_a_hundred_tasks)
{
    struct coil_task *tasks[100];
    int sum = 0;

    ASSERT_EQ(coil_local_set(&other, (void *)42), 0);
    for (size_t i = 0; i < 100; i++)
        tasks[i] = start(count_up, &sum);
    for (size_t i = 0; i < 100; i++)
        ASSERT_EQ(end_of(tasks[i]), 0);
    ASSERT_EQ(sum, 1000);
    ASSERT_EQ((intptr_t)coil_local_get(&other), 42);
}

/* EAG-2 */
CORE_TEST(local_value_of_an_eager_child_does_not_reach_the_creator)
{
    const struct coil_task_options eager = { .eager = true };
    struct coil_task *task;

    set_name("main");
    ASSERT_EQ(coil_task_create_with(&task, take_name, "child", &eager), 0);
    ASSERT_STR_EQ(get_name(), "main");
    set_name("later");
    ASSERT_EQ(end_of(task), 0);
    ASSERT_STR_EQ(get_name(), "later");
    SAID("main child ");
}

static void say_destroyed(void *arg)
{
    (void)arg;
    say("destroyed by %s ", get_name());
}

/* The values are there even for a task that never ran. */
CORE_TEST(local_values_are_there_for_an_arguments_destructor)
{
    const struct coil_task_options options = { .arg_destroy = say_destroyed };
    struct coil_task *task;

    set_name("main");
    ASSERT_EQ(coil_task_create_with(&task, say_local_name, NULL, &options), 0);
    set_name("later");
    cancel(task);
    ASSERT_EQ(end_of(task), -ECANCELED);
    SAID("destroyed by main ");
}

/* ---- memory ---- */

static size_t allocations_of_a_task(void)
{
    size_t before = coil_test_allocations();

    ASSERT_EQ(end_of(start(say_local_name, NULL)), 0);
    forget();
    return coil_test_allocations() - before;
}

CORE_TEST(local_values_are_shared_without_memory)
{
    struct coil_handle handle = { 0 };
    size_t without, before;

    /* The first task also makes room for the stacks of more. */
    (void)allocations_of_a_task();
    without = allocations_of_a_task();
    set_name("main");
    ASSERT_EQ(allocations_of_a_task(), without);
    before = coil_test_allocations();
    coil_loop_call_soon(coil_loop_current(), &handle, use_name, NULL);
    turn();
    set_name("alone again");
    ASSERT_EQ(coil_test_allocations(), before);
    SAID("main ");
}

CORE_TEST(local_value_stays_when_there_is_no_memory)
{
    struct coil_task *task;

    coil_test_fail_allocation(1, false);
    ASSERT_EQ(coil_local_set(&local_name, "x"), -ENOMEM);
    ASSERT_STR_EQ(get_name(), "nobody");
    set_name("main");
    task = start(say_local_name, NULL);
    coil_test_fail_allocation(1, false);
    ASSERT_EQ(coil_local_set(&local_name, "x"), -ENOMEM);
    ASSERT_STR_EQ(get_name(), "main");
    ASSERT_EQ(end_of(task), 0);
    SAID("main ");
}

/* The task has ended and is still referred to. */
CORE_TEST(local_values_end_with_the_task)
{
    struct coil_task *task;

    set_name("main");
    task = start(take_name, "child");
    ASSERT_EQ(coil_task_await(task), 0);
    coil_task_release(task);
    SAID("main child ");
}

/* ---- coroutines driven by hand ---- */

static int take_name_by_hand(void *arg)
{
    say("%s ", get_name());
    set_name(arg);
    if (coil_coroutine_yield(NULL, NULL) < 0)
        return -ECANCELED;
    say("%s ", get_name());
    return 0;
}

static int drive_on(void *co)
{
    set_name("driver");
    return coil_coroutine_send(co, NULL, NULL);
}

CORE_TEST(local_values_of_a_coroutine_are_its_drivers)
{
    struct coil_coroutine *co;
    struct coil_task *driver;

    set_name("main");
    ASSERT_EQ(coil_coroutine_new(&co, take_name_by_hand, "coroutine", 0), 0);
    ASSERT_EQ(coil_coroutine_send(co, NULL, NULL), 1);
    ASSERT_STR_EQ(get_name(), "coroutine");
    driver = start(drive_on, co);
    ASSERT_EQ(end_of(driver), 0);
    coil_coroutine_free(co);
    SAID("main driver ");
}

static int nest(void *arg)
{
    struct coil_coroutine *co;
    int rc = coil_coroutine_new(&co, take_name_by_hand, arg, 0);

    ASSERT_EQ(rc, 0);
    rc = coil_coroutine_send(co, NULL, NULL);
    ASSERT_EQ(rc, 1);
    coil_coroutine_free(co);
    return 0;
}

CORE_TEST(local_values_of_a_coroutine_in_a_coroutine)
{
    struct coil_coroutine *co;

    set_name("main");
    ASSERT_EQ(coil_coroutine_new(&co, nest, "innermost", 0), 0);
    ASSERT_EQ(coil_coroutine_send(co, NULL, NULL), 0);
    coil_coroutine_free(co);
    ASSERT_STR_EQ(get_name(), "innermost");
    SAID("main ");
}

/* Without a task and a loop the values belong to the thread. */
TEST(local_values_of_a_coroutine_that_no_task_drives)
{
    struct coil_coroutine *co;

    set_name("thread");
    ASSERT_EQ(coil_coroutine_new(&co, take_name_by_hand, "coroutine", 0), 0);
    ASSERT_EQ(coil_coroutine_send(co, NULL, NULL), 1);
    ASSERT_STR_EQ(get_name(), "coroutine");
    set_name("again");
    ASSERT_EQ(coil_coroutine_send(co, NULL, NULL), 0);
    coil_coroutine_free(co);
    SAID("thread again ");
}

/* ---- threads ---- */

static int take_name_in_thread(void *arg)
{
    const char **seen = arg;

    seen[0] = get_name();
    set_name("thread");
    seen[1] = get_name();
    return 0;
}

static int call_thread(void *arg)
{
    const char *seen[2] = { NULL, NULL };

    (void)arg;
    for (int i = 0; i < 3; i++) {
        set_name("main");
        ASSERT_EQ(coil_to_thread(take_name_in_thread, seen), 0);
        ASSERT_STR_EQ(seen[0], "main");
        ASSERT_STR_EQ(seen[1], "thread");
        ASSERT_STR_EQ(get_name(), "main");
    }
    return 0;
}

/* TH-1 */
TEST(local_values_are_visible_in_a_thread)
{
    ASSERT_EQ(coil_run(call_thread, NULL), 0);
    ASSERT_EQ(coil_test_run(call_thread, NULL, 0), 0);
}

static int see_nobody(void *arg)
{
    (void)arg;
    return strcmp(get_name(), "nobody") == 0 ? 0 : -EIO;
}

static int call_threads_in_turn(void *arg)
{
    int rc = call_thread(arg);

    ASSERT_EQ(rc, 0);
    ASSERT_EQ(coil_local_set(&local_name, (void *)(uintptr_t) "nobody"), 0);
    return coil_to_thread(see_nobody, NULL);
}

/* The same thread serves another task afterwards. */
TEST(local_values_do_not_stay_in_a_thread)
{
    ASSERT_EQ(coil_run(call_threads_in_turn, NULL), 0);
}

static int to_thread(void *arg)
{
    return coil_to_thread(see_nobody, arg);
}

CORE_TEST(local_values_of_a_thread_call_that_never_began)
{
    struct coil_task *task;

    set_name("main");
    task = start(to_thread, NULL);
    set_name("later");
    turn();
    cancel(task);
    ASSERT_EQ(end_of(task), -ECANCELED);
}

static void *post(void *arg)
{
    static struct coil_handle handle;

    ASSERT_STR_EQ(get_name(), "nobody");
    set_name("poster");
    ASSERT_EQ(coil_loop_call_soon_threadsafe(arg, &handle, use_name, NULL), 0);
    set_name("gone");
    return NULL;
}

static int await_post(void *arg)
{
    pthread_t thread;

    (void)arg;
    set_name("main");
    ASSERT_EQ(pthread_create(&thread, NULL, post, coil_loop_current()), 0);
    pthread_join(thread, NULL);
    turn();
    while (!trace[0])
        turn();
    SAID("poster ");
    return 0;
}

/* A thread has its own values, and a call that it posts sees them. */
TEST(local_values_of_a_call_from_another_thread)
{
    ASSERT_EQ(coil_run(await_post, NULL), 0);
}

static int say_and_take(void *arg)
{
    say("%s ", get_name());
    set_name(arg);
    return 0;
}

static void say_and_keep(struct coil_future *future, void *arg)
{
    (void)future;
    (void)arg;
    say("%s ", get_name());
    set_name("callback");
}

/* The host of a guest loop keeps its own values. */
TEST(local_values_of_a_thread_are_not_those_of_a_callback)
{
    const struct coil_loop_options options = {
        .backend = COIL_BACKEND_SIMULATOR,
    };
    struct coil_future_callback callback = { .fn = NULL };
    struct coil_future done = COIL_FUTURE_INIT;
    struct coil_loop *loop;

    ASSERT_EQ(coil_loop_new(&loop, &options), 0);
    ASSERT_EQ(coil_future_set_result(&done, NULL), 0);
    ASSERT_EQ(coil_scheduler_enter(coil_loop_scheduler(loop)), 0);
    set_name("who asked");
    ASSERT_EQ(
        coil_future_add_done_callback(&done, &callback, say_and_keep, NULL), 0);
    coil_scheduler_leave(coil_loop_scheduler(loop));
    set_name("thread");
    ASSERT_EQ(coil_loop_run_once(loop, 0), 0);
    ASSERT_STR_EQ(get_name(), "thread");
    SAID("who asked ");
    ASSERT_EQ(coil_loop_close(loop, NULL), 0);
}

static void drive_take_name(void *arg)
{
    struct coil_coroutine *co;

    ASSERT_EQ(coil_coroutine_new(&co, take_name_by_hand, arg, 0), 0);
    ASSERT_EQ(coil_coroutine_send(co, NULL, NULL), 1);
    ASSERT_STR_EQ(get_name(), arg);
    coil_coroutine_free(co);
}

static int host_a_callback(void *arg)
{
    set_name("host");
    ASSERT_EQ(coil_loop_run_once(arg, 0), 0);
    ASSERT_STR_EQ(get_name(), "host");
    return 0;
}

/*
 * A coroutine in a guest does not see the host's values, though the host drives
 * it.
 */
TEST(local_values_of_a_coroutine_in_a_guest_are_those_of_the_callback)
{
    struct coil_handle handle = { 0 };
    struct coil_loop *guest;

    ASSERT_EQ(coil_loop_new(&guest, NULL), 0);
    set_name("who asked");
    ASSERT_EQ(coil_loop_call_soon(guest, &handle, drive_take_name,
                                  (void *)(uintptr_t) "coroutine"),
              0);
    ASSERT_EQ(coil_run(host_a_callback, guest), 0);
    SAID("who asked ");
    ASSERT_EQ(coil_loop_close(guest, NULL), 0);
}

/* A main task begins with its thread's values; its changes stay its own. */
TEST(local_values_of_a_thread_outside_of_its_loop)
{
    set_name("thread");
    ASSERT_EQ(coil_run(say_and_take, "task"), 0);
    ASSERT_STR_EQ(get_name(), "thread");
    ASSERT_EQ(coil_test_run(say_and_take, "task", 0), 0);
    ASSERT_STR_EQ(get_name(), "thread");
    SAID("thread thread ");
}
