/* SPDX-License-Identifier: MIT */
/*
 * The task against B0 and B4 of asyncio's behaviour, TASK-1 … TASK-5, SLEEP-1;
 * cancellation is in test_cancel.c.
 */
#include <fenv.h>
#include <stdalign.h>
#include <stdio.h>

#include <coil/lock.h>

#include "core_test.h"

static struct coil_task *start_with(coil_fn fn, const void *arg,
                                    const struct coil_task_options *options)
{
    struct coil_task *task;

    ASSERT_EQ(coil_task_create_with(&task, fn, (void *)(uintptr_t)arg, options),
              0);
    return task;
}

static int say_arg(void *arg)
{
    say("%s ", (const char *)arg);
    return 0;
}

static int return_arg(void *arg)
{
    return (int)(intptr_t)arg;
}

static void *number(intptr_t n)
{
    return (void *)n;
}

/* ---- creation ---- */

/* TASK-1 */
CORE_TEST(task_starts_in_the_next_turn_in_order_of_creation)
{
    struct coil_task *a = start(say_arg, "a");
    struct coil_task *b = start(say_arg, "b");

    ASSERT_EQ(coil_task_create(NULL, say_arg, "c"), 0);
    SAID("");
    turn();
    SAID("a b c ");
    ASSERT_EQ(end_of(a), 0);
    ASSERT_EQ(end_of(b), 0);
}

static int create_another(void *arg)
{
    say("first ");
    return coil_task_create(NULL, say_arg, arg);
}

/* TASK-1, LOOP-2 */
CORE_TEST(task_created_by_a_task_starts_a_turn_later)
{
    struct coil_task *a = start(create_another, "second");

    turn();
    SAID("first ");
    turn();
    SAID("second ");
    ASSERT_EQ(end_of(a), 0);
}

TEST(task_needs_a_running_loop)
{
    struct coil_task *task = NULL;

    ASSERT_EQ(coil_task_create(&task, say_arg, "a"), -EINVAL);
    ASSERT_NULL(task);
}

static void count_destroyed(void *arg)
{
    ++*(int *)arg;
}

CORE_TEST(task_options_out_of_range_make_no_task)
{
    char large[1025] = "";
    int destroyed = 0;
    struct coil_task *task = NULL;
    const struct coil_task_options stack = {
        .stack_size = ((size_t)1 << 30) + 1,
        .arg_destroy = count_destroyed,
    };
    const struct coil_task_options argument = {
        .arg_size = sizeof large,
        .arg_destroy = count_destroyed,
    };

    ASSERT_EQ(coil_task_create_with(&task, say_arg, &destroyed, &stack),
              -EINVAL);
    ASSERT_EQ(coil_task_create_with(&task, say_arg, large, &argument), -EINVAL);
    ASSERT_EQ(coil_task_create_copy(&task, say_arg, &large), -EINVAL);
    ASSERT_NULL(task);
    ASSERT_EQ(destroyed, 0);
    ASSERT_EQ(coil_all_tasks(NULL, 0), 1);
    turn();
    SAID("");
}

/* TASK-1: what cannot be made is not listed. */
CORE_TEST(task_without_memory_is_not_made)
{
    int destroyed = 0;
    struct coil_task *task = NULL;
    const struct coil_task_options options = { .arg_destroy = count_destroyed };

    coil_test_fail_allocation(1, false);
    ASSERT_EQ(coil_task_create_with(&task, say_arg, &destroyed, &options),
              -ENOMEM);
    ASSERT_NULL(task);
    ASSERT_EQ(destroyed, 0);
    ASSERT_EQ(coil_all_tasks(NULL, 0), 1);
    ASSERT_EQ(coil_task_create(&task, say_arg, "a"), 0);
    ASSERT_EQ(end_of(task), 0);
    SAID("a ");
}

static int create_while_closing(void *arg)
{
    struct coil_task *task = NULL;

    (void)arg;
    ASSERT_EQ(coil_sleep(COIL_MINUTE), -ECANCELED);
    say("create %d ", coil_task_create(&task, say_arg, "never"));
    ASSERT_NULL(task);
    return 0;
}

static int leave_one(void *arg)
{
    (void)arg;
    ASSERT_EQ(coil_task_create(NULL, create_while_closing, NULL), 0);
    return coil_yield();
}

/* RUN-2 */
TEST(task_is_not_made_while_the_loop_is_closing)
{
    ASSERT_EQ(coil_test_run(leave_one, NULL, 0), 0);
    SAID("create -22 ");
}

static int count_down(void *arg)
{
    int *left = arg;

    ASSERT_EQ(coil_yield(), 0);
    --*left;
    return 0;
}

CORE_TEST(task_is_one_of_ten_thousand)
{
    int left = 10000;

    for (int i = 0; i < 10000; i++)
        ASSERT_EQ(coil_task_create(NULL, count_down, &left), 0);
    ASSERT_EQ(coil_test_settle(), 0);
    ASSERT_EQ(left, 0);
}

/* ---- the argument ---- */

struct small {
    int n;
};

static int return_n(void *arg)
{
    const struct small *small = arg;

    return small->n;
}

/* §2.12 */
CORE_TEST(task_gets_a_copy_of_its_argument)
{
    struct coil_task *tasks[3];

    for (int i = 0; i < 3; i++)
        ASSERT_EQ(coil_task_create_copy(&tasks[i], return_n,
                                        &(struct small){ .n = i }),
                  0);
    for (int i = 0; i < 3; i++)
        ASSERT_EQ(end_of(tasks[i]), i);
}

static int check_bytes(void *arg)
{
    const unsigned char *bytes = arg;

    for (int i = 0; i < 1024; i++)
        ASSERT_EQ(bytes[i], i % 251);
    ASSERT_EQ(coil_yield(), 0);
    for (int i = 0; i < 1024; i++)
        ASSERT_EQ(bytes[i], i % 251);
    return 0;
}

CORE_TEST(task_argument_may_have_1024_bytes)
{
    unsigned char bytes[1024];
    struct coil_task *a;
    struct coil_task *b;

    for (int i = 0; i < 1024; i++)
        bytes[i] = (unsigned char)(i % 251);
    ASSERT_EQ(coil_task_create_copy(&a, check_bytes, &bytes), 0);
    ASSERT_EQ(coil_task_create_copy(&b, check_bytes, &bytes), 0);
    memset(bytes, 0, sizeof bytes);
    ASSERT_EQ(end_of(a), 0);
    ASSERT_EQ(end_of(b), 0);
}

struct aligned {
    char c;
    alignas(max_align_t) char d[16];
};

static int check_alignment(void *arg)
{
    const struct aligned *aligned = arg;

    ASSERT_EQ((uintptr_t)aligned % alignof(max_align_t), 0);
    return aligned->d[15];
}

CORE_TEST(task_argument_is_aligned_for_every_type)
{
    const struct aligned aligned = { .c = 'c', .d[15] = 15 };
    struct coil_task *tasks[20];

    for (int i = 0; i < 20; i++)
        ASSERT_EQ(coil_task_create_copy(&tasks[i], check_alignment, &aligned),
                  0);
    for (int i = 0; i < 20; i++)
        ASSERT_EQ(end_of(tasks[i]), 15);
}

static int return_pointee(void *arg)
{
    return *(int *)arg;
}

CORE_TEST(task_argument_that_is_not_copied_is_shared)
{
    int n = 1;
    struct coil_task *task = start(return_pointee, &n);

    n = 2;
    ASSERT_EQ(end_of(task), 2);
}

static void say_destroyed(void *arg)
{
    say("destroy:%s ", (const char *)arg);
}

/* CAN-2, §2.12 */
CORE_TEST(task_argument_is_destroyed_when_the_task_ends)
{
    const struct coil_task_options options = { .arg_destroy = say_destroyed };
    struct coil_future_callback callback = { .next = NULL };
    struct coil_task *task = start_with(say_arg, "a", &options);

    ASSERT_EQ(coil_future_add_done_callback(
                  coil_task_future(task), &callback,
                  (coil_future_fn)(void (*)(void))say_destroyed, NULL),
              0);
    ASSERT(coil_future_remove_done_callback(coil_task_future(task), &callback));
    turn();
    SAID("a destroy:a ");
    ASSERT_EQ(end_of(task), 0);
    SAID("");
}

CORE_TEST(task_argument_is_destroyed_when_the_task_fails)
{
    const struct coil_task_options options = { .arg_destroy = say_destroyed };
    struct coil_task *task = start_with(
        do_job, &(struct job){ .name = "a", .result = -EIO }, &options);

    coil_task_cancel(task);
    coil_task_release(task);
    trace[0] = '\0';
    turn();
    ASSERT_EQ(strncmp(trace, "destroy:", 8), 0);
    trace[0] = '\0';
}

static void check_copy(void *arg)
{
    const struct small *small = arg;

    say("destroy:%d ", small->n);
}

CORE_TEST(task_argument_that_is_destroyed_is_the_copy)
{
    struct small small = { .n = 1 };
    const struct coil_task_options options = {
        .arg_size = sizeof small,
        .arg_destroy = check_copy,
    };
    struct coil_task *task = start_with(return_n, &small, &options);

    small.n = 2;
    ASSERT_EQ(end_of(task), 1);
    SAID("destroy:1 ");
}

static int leave_cancelled(void *arg)
{
    const struct coil_task_options options = { .arg_destroy = say_destroyed };

    (void)arg;
    coil_task_release(start_with(say_arg, "a", &options));
    return 0;
}

/* RUN-2 */
TEST(task_argument_is_destroyed_when_the_loop_closes_before_the_start)
{
    ASSERT_EQ(coil_test_run(leave_cancelled, NULL, 0), 0);
    SAID("a destroy:a ");
}

/* ---- the stack and the floating-point environment ---- */

static int check_stack(void *arg)
{
    size_t size = (size_t)(uintptr_t)arg;
    char below[2000];

    ASSERT_GE(coil_stack_remaining() + 4096, size);
    memset(below, 1, sizeof below);
    return below[7];
}

static int use_a_megabyte(void *arg)
{
    volatile char large[1 << 20];

    (void)arg;
    for (size_t i = 0; i < sizeof large; i += 512)
        large[i] = 1;
    ASSERT_EQ(coil_yield(), 0);
    return large[512];
}

CORE_TEST(task_stack_is_as_large_as_was_asked_for)
{
    static const size_t sizes[] = { 16384, 65536, 196608, 1u << 20, 16u << 20 };
    const struct coil_task_options large = { .stack_size = (1u << 20) + 8192 };

    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        const struct coil_task_options options = { .stack_size = sizes[i] };

        ASSERT_EQ(end_of(start_with(check_stack, number((intptr_t)sizes[i]),
                                    &options)),
                  1);
    }
    ASSERT_EQ(end_of(start_with(use_a_megabyte, NULL, &large)), 1);
}

static int round_upwards(void *arg)
{
    (void)arg;
    for (int i = 0; i < 3; i++) {
        if (i == 0)
            fesetround(FE_UPWARD);
        ASSERT_EQ(fegetround(), FE_UPWARD);
        ASSERT_EQ(coil_yield(), 0);
    }
    return 0;
}

static int round_as_everybody(void *arg)
{
    for (int i = 0; i < 5; i++) {
        ASSERT_EQ(fegetround(), (int)(intptr_t)arg);
        ASSERT_EQ(coil_yield(), 0);
    }
    return 0;
}

CORE_TEST(task_keeps_a_floating_point_environment_of_its_own)
{
    const struct coil_task_options own = { .own_fp_environment = true };
    struct coil_task *a = start(round_as_everybody, number(FE_TONEAREST));
    struct coil_task *b = start_with(round_upwards, NULL, &own);
    struct coil_task *c = start(round_as_everybody, number(FE_TONEAREST));
    struct coil_task *d =
        start_with(round_as_everybody, number(FE_TONEAREST), &own);

    ASSERT_EQ(end_of(a), 0);
    ASSERT_EQ(end_of(b), 0);
    ASSERT_EQ(end_of(c), 0);
    ASSERT_EQ(end_of(d), 0);
    ASSERT_EQ(fegetround(), FE_TONEAREST);
}

CORE_TEST(task_floating_point_environment_is_that_of_its_creation)
{
    const struct coil_task_options own = { .own_fp_environment = true };
    struct coil_task *a;

    fesetround(FE_DOWNWARD);
    a = start_with(round_as_everybody, number(FE_DOWNWARD), &own);
    fesetround(FE_TONEAREST);
    ASSERT_EQ(end_of(a), 0);
    ASSERT_EQ(fegetround(), FE_TONEAREST);
}

SEEDS_TEST(task_floating_point_environments_are_not_mixed_up)
{
    const struct coil_task_options own = { .own_fp_environment = true };
    struct coil_task *tasks[9];

    for (int i = 0; i < 9; i++)
        tasks[i] = i % 3 == 0
                       ? start_with(round_upwards, NULL, &own)
                       : start_with(round_as_everybody, number(FE_TONEAREST),
                                    i % 3 == 1 ? &own : NULL);
    for (int i = 0; i < 9; i++)
        ASSERT_EQ(end_of(tasks[i]), 0);
    ASSERT_EQ(fegetround(), FE_TONEAREST);
}

/* ---- results ---- */

CORE_TEST(task_result_is_what_its_function_returned)
{
    static const int results[] = { 0, 1, INT32_MAX, -1, -EIO, -6000 };

    for (size_t i = 0; i < sizeof results / sizeof results[0]; i++) {
        struct coil_task *task = start(return_arg, number(results[i]));

        ASSERT(!coil_task_is_done(task));
        ASSERT_EQ(coil_task_result(task), -EAGAIN);
        ASSERT_EQ(coil_task_await(task), results[i]);
        ASSERT(coil_task_is_done(task));
        ASSERT(!coil_task_is_cancelled(task));
        ASSERT_EQ(coil_task_result(task), results[i]);
        ASSERT_EQ(coil_future_result(coil_task_future(task), NULL), results[i]);
        coil_task_release(task);
    }
}

CORE_TEST(task_that_returns_ecanceled_is_cancelled)
{
    struct coil_task *task = start(return_arg, number(-ECANCELED));

    ASSERT(!coil_task_is_cancelled(task));
    ASSERT_EQ(coil_task_await(task), -ECANCELED);
    ASSERT(coil_task_is_cancelled(task));
    ASSERT_EQ(coil_task_cancelling(task), 0);
    coil_task_release(task);
}

CORE_TEST(task_that_returns_eagain_is_done)
{
    struct coil_task *task = start(return_arg, number(-EAGAIN));

    turn();
    ASSERT(coil_task_is_done(task));
    ASSERT_EQ(end_of(task), -EAGAIN);
}

CORE_TEST(task_may_be_awaited_by_many_and_often)
{
    struct coil_task *task = start_job("task", COIL_SECOND, 7);
    struct coil_task *a = start(await_task, task);
    struct coil_task *b = start(await_task, task);

    ASSERT_EQ(coil_task_await(task), 7);
    ASSERT_EQ(coil_task_await(task), 7);
    ASSERT_EQ(end_of(a), 7);
    ASSERT_EQ(end_of(b), 7);
    coil_task_release(task);
    SAID("task ");
}

static int await_and_say(void *arg)
{
    struct coil_task **task = arg;
    int rc = coil_task_await(*task);

    say("got%d ", rc);
    return rc;
}

/* B0: hop_child_task_to_parent */
CORE_TEST(task_that_ends_wakes_who_awaits_it_in_the_next_turn)
{
    struct coil_task *task = start(say_arg, "task");
    struct coil_task *a = start(await_and_say, &task);
    struct coil_task *after = start(say_arg, "after");

    turn();
    SAID("task got0 after ");
    ASSERT_EQ(end_of(a), 0);
    coil_task_release(task);
    task = start_job("task", COIL_SECOND, 1);
    a = start(await_and_say, &task);
    ASSERT_EQ(coil_sleep_until(coil_now() + COIL_SECOND), 0);
    /* Armed first, so this task runs first, then the other one. */
    SAID("");
    turn();
    SAID("task ");
    turn();
    SAID("got1 ");
    ASSERT_EQ(end_of(a), 1);
    coil_task_release(task);
    coil_task_release(after);
}

static int await_next(void *arg)
{
    struct coil_task *next = arg;
    int rc = coil_task_await(next);

    coil_task_release(next);
    return rc < 0 ? rc : rc + 1;
}

CORE_TEST(task_awaits_a_task_a_thousand_deep)
{
    struct coil_task *task = start_job("last", COIL_SECOND, 0);

    for (int i = 0; i < 1000; i++)
        task = start(await_next, task);
    ASSERT_EQ(end_of(task), 1000);
    SAID("last ");
    task = start_job("last", COIL_SECOND, -EIO);
    for (int i = 0; i < 1000; i++)
        task = start(await_next, task);
    ASSERT_EQ(end_of(task), -EIO);
    SAID("last ");
}

/* ---- awaiting oneself ---- */

static int await_itself(void *arg)
{
    struct coil_task *self = coil_current_task();

    (void)arg;
    ASSERT_EQ(coil_task_await(self), -EDEADLK);
    ASSERT_EQ(coil_future_await(coil_task_future(self), NULL), -EDEADLK);
    ASSERT_EQ(coil_wait_for(coil_task_future(self), COIL_SECOND, NULL),
              -EDEADLK);
    /* §2.4: a cancellation is reported whatever else is wrong. */
    cancel(self);
    ASSERT_EQ(coil_task_await(self), -ECANCELED);
    ASSERT_EQ(coil_task_await(self), -EDEADLK);
    return 3;
}

/* TASK-2 */
CORE_TEST(task_cannot_await_itself)
{
    ASSERT_EQ(end_of(start(await_itself, NULL)), 3);
}

static struct coil_task *ring[3];

static int await_in_ring(void *arg)
{
    struct coil_task **next = arg;

    return coil_task_await(*next);
}

static int await_in_a_ring(void *arg)
{
    (void)arg;
    for (int i = 0; i < 3; i++)
        ring[i] = start(await_in_ring, &ring[(i + 1) % 3]);
    return coil_task_await(ring[0]);
}

/* TASK-2, §2.13: nothing can ever run again, but what closes the loop. */
TEST(task_ring_of_awaits_is_a_deadlock)
{
    const struct coil_loop_options options = {
        .backend = COIL_BACKEND_SIMULATOR,
    };
    struct coil_loop_report report;
    struct coil_loop *loop;

    ASSERT_EQ(coil_loop_new(&loop, &options), 0);
    ASSERT_EQ(coil_loop_run_until_complete(loop, await_in_a_ring, NULL),
              -EDEADLK);
    ASSERT(!coil_task_is_done(ring[0]));
    ASSERT_EQ(coil_loop_close(loop, &report), 0);
    ASSERT_EQ(report.tasks_cancelled, 4);
    for (int i = 0; i < 3; i++) {
        ASSERT(coil_task_is_cancelled(ring[i]));
        coil_task_release(ring[i]);
    }
}

/* ---- names and numbers ---- */

static unsigned long long number_of(struct coil_task *task)
{
    unsigned long long n = 0;

    ASSERT_EQ(sscanf(coil_task_name(task), "Task-%llu", &n), 1);
    return n;
}

/* TASK-3 */
CORE_TEST(task_names_are_numbered)
{
    struct coil_task *a = start(say_arg, "a");
    struct coil_task *b = start(say_arg, "b");

    ASSERT_LT(number_of(coil_current_task()), number_of(a));
    ASSERT_LT(number_of(a), number_of(b));
    ASSERT_EQ(number_of(a), coil_task_id(a));
    ASSERT_LT(coil_task_id(a), coil_task_id(b));
    ASSERT_EQ(end_of(a), 0);
    ASSERT_EQ(end_of(b), 0);
    SAID("a b ");
}

/* TASK-3 */
CORE_TEST(task_name_is_copied)
{
    char name[] = "fetch";
    const struct coil_task_options options = { .name = name };
    struct coil_task *task = start_with(say_arg, "a", &options);

    memset(name, 'x', 5);
    ASSERT_STR_EQ(coil_task_name(task), "fetch");
    coil_task_set_name(task, name);
    ASSERT_STR_EQ(coil_task_name(task), "xxxxx");
    ASSERT_EQ(coil_task_await(task), 0);
    ASSERT_STR_EQ(coil_task_name(task), "xxxxx");
    coil_task_release(task);
    SAID("a ");
}

/* TASK-3 */
CORE_TEST(task_name_has_at_most_31_bytes)
{
    const struct coil_task_options options = {
        .name = "0123456789012345678901234567890123456789",
    };
    struct coil_task *task = start_with(say_arg, "a", &options);

    ASSERT_STR_EQ(coil_task_name(task), "0123456789012345678901234567890");
    coil_task_set_name(task, "abcdefghijklmnopqrstuvwxyzabcdefghijkl");
    ASSERT_STR_EQ(coil_task_name(task), "abcdefghijklmnopqrstuvwxyzabcde");
    ASSERT_EQ(end_of(task), 0);
    SAID("a ");
}

/* ---- who runs, and who there is ---- */

static int check_current_task(void *arg)
{
    struct coil_task **self = arg;

    for (int i = 0; i < 3; i++) {
        ASSERT_PTR_EQ(coil_current_task(), *self);
        ASSERT_EQ(coil_yield(), 0);
    }
    return 0;
}

static void check_no_task(void *arg)
{
    ASSERT_NULL(coil_current_task());
    ASSERT_NULL(coil_coroutine_current());
    say("%s ", (const char *)arg);
}

/* TASK-4 */
CORE_TEST(task_current_is_the_one_that_runs)
{
    struct coil_handle handle = { .state = 0 };
    struct coil_task *a;
    struct coil_task *b;

    a = start(check_current_task, &a);
    b = start(check_current_task, &b);
    coil_loop_call_soon(coil_loop_current(), &handle, check_no_task, "handle");
    ASSERT_EQ(end_of(a), 0);
    ASSERT_EQ(end_of(b), 0);
    SAID("handle ");
}

/* TASK-4 */
TEST(task_current_is_none_outside)
{
    ASSERT_NULL(coil_current_task());
    ASSERT_EQ(coil_all_tasks(NULL, 0), 0);
}

/* TASK-5 */
CORE_TEST(task_list_has_those_that_are_not_done_oldest_first)
{
    struct coil_task *list[5] = { NULL };
    struct coil_task *a = start_job("a", COIL_SECOND, 0);
    struct coil_task *b = start_job("b", 0, 0);
    struct coil_task *c = start_job("c", COIL_SECOND, 0);

    ASSERT_EQ(coil_all_tasks(list, 5), 4);
    ASSERT_PTR_EQ(list[0], coil_current_task());
    ASSERT_PTR_EQ(list[1], a);
    ASSERT_PTR_EQ(list[2], b);
    ASSERT_PTR_EQ(list[3], c);
    ASSERT_NULL(list[4]);
    turn();
    ASSERT_EQ(coil_all_tasks(list, 5), 3);
    ASSERT_PTR_EQ(list[1], a);
    ASSERT_PTR_EQ(list[2], c);
    ASSERT_EQ(end_of(a), 0);
    ASSERT_EQ(end_of(c), 0);
    ASSERT_EQ(coil_all_tasks(list, 5), 1);
    /* Done, and still referred to. */
    ASSERT_EQ(end_of(b), 0);
    SAID("b a c ");
}

/* TASK-5 */
CORE_TEST(task_list_says_how_many_do_not_fit)
{
    struct coil_task *list[2] = { NULL };
    struct coil_task *a = start_job("a", 0, 0);
    struct coil_task *b = start_job("b", 0, 0);

    ASSERT_EQ(coil_all_tasks(NULL, 0), 3);
    ASSERT_EQ(coil_all_tasks(list, 1), 3);
    ASSERT_PTR_EQ(list[0], coil_current_task());
    ASSERT_NULL(list[1]);
    ASSERT_EQ(end_of(a), 0);
    ASSERT_EQ(end_of(b), 0);
    SAID("a b ");
}

/* ---- references ---- */

CORE_TEST(task_runs_on_when_its_reference_is_given_back)
{
    coil_task_release(start_job("a", COIL_SECOND, 0));
    coil_task_release(NULL);
    ASSERT_EQ(coil_sleep(2 * COIL_SECOND), 0);
    SAID("a ");
}

CORE_TEST(task_result_stays_readable_as_long_as_there_is_a_reference)
{
    struct coil_task *task = start_job("a", 0, 7);

    ASSERT_PTR_EQ(coil_task_retain(task), task);
    turn();
    coil_task_release(task);
    for (int i = 0; i < 50; i++)
        ASSERT_EQ(end_of(start_job("x", 0, 0)), 0);
    trace[0] = '\0';
    ASSERT_EQ(coil_task_result(task), 7);
    ASSERT_GT(coil_task_id(task), 0);
    coil_task_release(task);
}

static struct coil_task *kept;

static int keep_one(void *arg)
{
    kept = start(return_arg, arg);
    return coil_yield();
}

TEST(task_result_stays_readable_after_the_loop)
{
    ASSERT_EQ(coil_test_run(keep_one, number(7), 0), 0);
    ASSERT(coil_task_is_done(kept));
    ASSERT(!coil_task_cancel(kept));
    ASSERT_EQ(coil_task_uncancel(kept), 0);
    ASSERT_EQ(coil_task_result(kept), 7);
    ASSERT(strncmp(coil_task_name(kept), "Task-", 5) == 0);
    coil_task_release(kept);
}

/* The error is told on standard error: no loop is there to ask. */
TEST(task_error_unseen_after_the_loop_is_no_crash)
{
    ASSERT_EQ(coil_test_run(keep_one, number(-EIO), 0), 0);
    coil_task_release(kept);
}

static int let_go(void *arg)
{
    coil_task_release(arg);
    return coil_yield();
}

/* Awaiting is a reference of its own. */
CORE_TEST(task_that_is_awaited_may_be_released_meanwhile)
{
    struct coil_task *task = start_job("a", COIL_SECOND, 7);

    ASSERT_EQ(coil_task_create(NULL, let_go, task), 0);
    ASSERT_EQ(coil_task_await(task), 7);
    SAID("a ");
}

/* ---- errors that nobody looks at ---- */

CORE_TEST(task_error_unseen_is_reported_with_the_last_reference)
{
    struct coil_task *task;
    const struct coil_task_options options = { .name = "faulty" };

    ASSERT_EQ(coil_task_create_at(&task, return_arg, number(-EIO), &options,
                                  "here:1"),
              0);
    turn();
    turn();
    ASSERT_EQ(report_count, 0);
    coil_task_retain(task);
    coil_task_release(task);
    ASSERT_EQ(report_count, 0);
    coil_task_release(task);
    ASSERT_PTR_EQ(reported.task, task);
    ASSERT_PTR_EQ(reported.future, coil_task_future(task));
    ASSERT_STR_EQ(reported.site, "here:1");
    ASSERT_NOT_NULL(reported.message);
    ASSERT_NULL(reported.object);
    ASSERT_UNSEEN(-EIO);
}

CORE_TEST(task_error_unseen_of_the_loops_own_task_is_reported)
{
    ASSERT_EQ(coil_task_create(NULL, return_arg, number(-EIO)), 0);
    ASSERT_EQ(report_count, 0);
    turn();
    ASSERT_STR_CONTAINS(reported.site, "test_task.c:");
    ASSERT_UNSEEN(-EIO);
}

CORE_TEST(task_error_that_was_looked_at_is_not_reported)
{
    struct coil_task *a = start(return_arg, number(-EIO));
    struct coil_task *b = start(return_arg, number(-EIO));
    struct coil_task *c = start(return_arg, number(-EIO));
    struct coil_task *d = start(return_arg, number(-EIO));

    /* Too early to have looked. */
    ASSERT_EQ(coil_task_result(d), -EAGAIN);
    ASSERT_EQ(end_of(a), -EIO);
    ASSERT_EQ(coil_task_result(b), -EIO);
    coil_task_release(b);
    ASSERT_EQ(coil_future_result(coil_task_future(c), NULL), -EIO);
    coil_task_release(c);
    ASSERT_EQ(report_count, 0);
    ASSERT(coil_task_is_done(d));
    ASSERT(!coil_task_is_cancelled(d));
    coil_task_release(d);
    ASSERT_UNSEEN(-EIO);
}

CORE_TEST(task_result_or_cancellation_unseen_is_silent)
{
    ASSERT_EQ(coil_task_create(NULL, return_arg, number(7)), 0);
    ASSERT_EQ(coil_task_create(NULL, return_arg, number(-ECANCELED)), 0);
    coil_task_cancel(start_job("never", 0, 0));
    turn();
    ASSERT_EQ(report_count, 0);
}

/* ---- sleep ---- */

/* SLEEP-1 */
CORE_TEST(task_sleep_of_nothing_is_one_turn)
{
    static const coil_time durations[] = { 0, -1, -COIL_SECOND, INT64_MIN };
    coil_time before = coil_now();

    for (size_t i = 0; i < 4; i++) {
        struct coil_task *a = start(say_arg, "a");

        ASSERT_EQ(coil_sleep(durations[i]), 0);
        SAID("a ");
        ASSERT_EQ(end_of(a), 0);
    }
    ASSERT_EQ(coil_now(), before);
}

/* SLEEP-1 */
CORE_TEST(task_sleep_takes_as_long_as_was_asked_for)
{
    coil_time before = coil_now();

    ASSERT_EQ(coil_sleep(1), 0);
    ASSERT_EQ(coil_now(), before + 1);
    ASSERT_EQ(coil_sleep(COIL_MINUTE), 0);
    ASSERT_EQ(coil_now(), before + 1 + COIL_MINUTE);
    ASSERT_EQ(coil_sleep_until(before + 3 * COIL_MINUTE), 0);
    ASSERT_EQ(coil_now(), before + 3 * COIL_MINUTE);
}

CORE_TEST(task_sleep_until_the_past_is_short)
{
    coil_time now;

    ASSERT_EQ(coil_sleep(COIL_SECOND), 0);
    now = coil_now();
    ASSERT_EQ(coil_sleep_until(0), 0);
    ASSERT_EQ(coil_sleep_until(INT64_MIN), 0);
    ASSERT_EQ(coil_sleep_until(now), 0);
    ASSERT_EQ(coil_now(), now);
}

CORE_TEST(task_sleepers_wake_in_the_order_of_their_deadlines)
{
    start_job("c", 3 * COIL_SECOND, 0);
    start_job("a", 1 * COIL_SECOND, 0);
    start_job("d", 4 * COIL_SECOND, 0);
    start_job("b", 2 * COIL_SECOND, 0);
    ASSERT_EQ(coil_sleep(5 * COIL_SECOND), 0);
    SAID("a b c d ");
}

/* LOOP-5, as amended */
CORE_TEST(task_sleepers_with_one_deadline_wake_in_the_order_of_sleeping)
{
    static const char *const names[] = { "a", "b", "c", "d", "e", "f" };

    for (int i = 0; i < 6; i++)
        start_job(names[i], COIL_SECOND, 0);
    ASSERT_EQ(coil_sleep(2 * COIL_SECOND), 0);
    SAID("a b c d e f ");
}

static int sleep_for_ever(void *arg)
{
    (void)arg;
    return coil_sleep(COIL_NEVER);
}

CORE_TEST(task_sleep_for_ever_ends_with_a_cancellation)
{
    struct coil_task *task = start(sleep_for_ever, NULL);

    ASSERT_EQ(coil_sleep(1000 * COIL_MINUTE), 0);
    ASSERT(!coil_task_is_done(task));
    cancel(task);
    ASSERT_EQ(end_of(task), -ECANCELED);
}

/* §2.13 */
TEST(task_sleep_for_ever_of_the_last_task_is_a_deadlock)
{
    ASSERT_EQ(coil_test_run(sleep_for_ever, NULL, 0), -EDEADLK);
}

static int sleep_without_clock(void *arg)
{
    (void)arg;
    ASSERT_EQ(coil_sleep(1), -ENOTSUP);
    ASSERT_EQ(coil_sleep_until(0), -ENOTSUP);
    ASSERT_EQ(coil_sleep(0), 0);
    ASSERT_EQ(coil_sleep(-1), 0);
    ASSERT_EQ(coil_yield(), 0);
    return 7;
}

TEST(task_sleep_needs_a_clock)
{
    ASSERT_EQ(run_without_clock(sleep_without_clock, NULL), 7);
}

static int yield_and_say(void *arg)
{
    for (int i = 0; i < 3; i++) {
        say("%s%d ", (const char *)arg, i);
        ASSERT_EQ(coil_yield(), 0);
    }
    return 0;
}

CORE_TEST(task_yields_take_turns)
{
    struct coil_task *a = start(yield_and_say, "a");
    struct coil_task *b = start(yield_and_say, "b");

    ASSERT_EQ(end_of(a), 0);
    ASSERT_EQ(end_of(b), 0);
    SAID("a0 b0 a1 b1 a2 b2 ");
}

/* ---- a scheduler of the user's ---- */

static int create_await_cancel(void *arg)
{
    struct coil_task *a;
    struct coil_task *b;

    (void)arg;
    ASSERT_EQ(coil_task_create(&a, yield_and_say, "a"), 0);
    ASSERT_EQ(coil_task_create(&b, yield_and_say, "b"), 0);
    ASSERT_EQ(coil_all_tasks(NULL, 0), 3);
    ASSERT_EQ(coil_task_await(a), 0);
    ASSERT_EQ(coil_task_await(b), 0);
    coil_task_release(a);
    coil_task_release(b);
    ASSERT_EQ(coil_task_create(&a, sleep_for_ever, NULL), 0);
    ASSERT(coil_task_cancel(a));
    ASSERT_EQ(coil_task_await(a), -ECANCELED);
    coil_task_release(a);
    return 3;
}

TEST(task_works_on_a_scheduler_of_the_users)
{
    ASSERT_EQ(run_without_clock(create_await_cancel, NULL), 3);
    SAID("a0 b0 a1 b1 a2 b2 ");
}

/* ---- outside of tasks ---- */

PANIC_TEST(task_sleep_outside_stops_the_program, "outside of a task")
{
    (void)!coil_sleep(COIL_SECOND);
}

PANIC_TEST(task_yield_outside_stops_the_program, "outside of a task")
{
    (void)!coil_yield();
}

static void await_in_handle(void *arg)
{
    (void)!coil_task_await(arg);
}

static int call_and_await(void *arg)
{
    struct coil_handle handle = { .state = 0 };

    (void)arg;
    coil_loop_call_soon(coil_loop_current(), &handle, await_in_handle,
                        coil_current_task());
    return coil_yield();
}

PANIC_TEST(task_awaited_in_a_callback_stops_the_program, "outside of a task")
{
    coil_test_run(call_and_await, NULL, 0);
}
