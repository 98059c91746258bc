/* SPDX-License-Identifier: MIT */
/*
 * coil_task_print_stack() and coil_task_stack(): where one task is.
 */
#include <coil/lock.h>
#include <coil/scheduler.h>
#include <coil/select.h>

#include "dump_test.h"
#include "sandbox.h"

static struct coil_event named;

/* TASK-7 */
DUMP_TEST(dump_task_says_where_it_waits_and_for_whom)
{
    struct coil_task *a = start_named(wait_for_event, &named, "a");
    struct coil_task *b = start_named(await, a, "b");

    skip_without_names();
    (void)arg;
    ASSERT_EQ(coil_sleep(COIL_SECOND), 0);
    take_stack(a);
    ASSERT_STR_CONTAINS(text, "a, made at tests/support/actors.c:");
    ASSERT_STR_CONTAINS(text, ": waits for event named (0x");
    ASSERT_EQ(count_of("made at"), 1);
    if (has_backtraces()) {
        ASSERT_STR_CONTAINS(text, " wait_long");
        ASSERT_STR_CONTAINS(text, " wait_for_event");
    }
    take_stack(b);
    ASSERT_STR_CONTAINS(text, ": waits for task a, for 1.00 s\n");
    end_cancelled(b);
    coil_task_release(a);
    return 0;
}

static struct coil_lock held;

static int hold(void *arg)
{
    int rc = coil_lock_acquire(arg);

    return rc < 0 ? rc : coil_sleep(COIL_SECOND * 100);
}

static int select_much(void *arg)
{
    struct coil_select_case cases[12] = {
        coil_lock_acquire_case(&held),
        coil_event_wait_case(arg),
        { .kind = NULL },
        coil_sleep_case(COIL_SECOND * 100),
    };

    for (int i = 4; i < 12; i++)
        cases[i] = coil_sleep_case(COIL_SECOND * 50);
    return coil_select(cases, 12);
}

DUMP_TEST(dump_task_that_selects_says_each_thing)
{
    struct coil_task *holder = start_named(hold, &held, "holder");
    struct coil_task *a = start_named(select_much, &named, "a");

    skip_without_names();
    (void)arg;
    ASSERT_EQ(coil_sleep(COIL_SECOND), 0);
    take_stack(a);
    ASSERT_STR_CONTAINS(text, ": waits for lock held (0x");
    ASSERT_STR_CONTAINS(text, ", held by holder or event named (0x");
    ASSERT_STR_CONTAINS(text, ") or sleep or sleep or sleep or sleep or sleep "
                              "or sleep or 3 others, for 1.00 s\n");
    end_cancelled(a);
    end_cancelled(holder);
    return 0;
}

static COIL_NOINLINE void take_own_stack(void)
{
    take_stack(coil_current_task());
    zero = 0;
}

/* From who asks on. */
DUMP_TEST(dump_task_that_runs_says_where_it_is)
{
    (void)arg;
    take_own_stack();
    ASSERT_STR_CONTAINS(text, "Task-1, made at "
                              "coil_loop_run_until_complete(): running\n");
    if (has_backtraces()) {
        ASSERT_STR_CONTAINS(text, "#0 take_stack");
        ASSERT_STR_CONTAINS(text, "#1 take_own_stack");
    }
    return 0;
}

static int fail(void *arg)
{
    (void)arg;
    return -EPROTO;
}

DUMP_TEST(dump_task_that_has_no_stack_says_why)
{
    struct coil_task *task = start_named(fail, NULL, "a");
    void *address;

    skip_without_names();
    (void)arg;
    take_stack(task);
    ASSERT_STR_CONTAINS(text, ": ready to run fail");
    ASSERT_EQ(coil_task_stack(task, &address, 1), 0);
    ASSERT_EQ(coil_task_await(task), -EPROTO);
    take_stack(task);
    ASSERT_STR_CONTAINS(text, "a, made at tests/support/actors.c:");
    ASSERT_STR_CONTAINS(text, ": has ended: Protocol error\n");
    ASSERT_EQ(coil_task_stack(task, &address, 1), 0);
    coil_task_release(task);
    return 0;
}

static size_t ask_for_own_stack(void **addresses, size_t capacity)
{
    size_t count = coil_task_stack(coil_current_task(), addresses, capacity);

    return count + (size_t)zero;
}

/* TASK-7 */
DUMP_TEST(dump_task_can_be_had_as_addresses)
{
    struct coil_task *task = start_named(wait_for_event, &named, "a");
    void *addresses[16] = { NULL };
    size_t count;

    (void)arg;
    if (!has_backtraces())
        SKIP("stacks cannot be read here");
    ASSERT_EQ(coil_yield(), 0);
    count = coil_task_stack(task, addresses, 16);
    ASSERT_GE(count, 2);
    ASSERT_NOT_NULL(addresses[count - 1]);
    addresses[1] = NULL;
    ASSERT_EQ(coil_task_stack(task, addresses, 1), count);
    ASSERT_NULL(addresses[1]);
    ASSERT_GE(ask_for_own_stack(addresses, 16), 2);
    end_cancelled(task);
    return 0;
}

/* ---- in unusual places ---------------------------------------------------- */

DUMP_TEST(dump_task_that_has_ended_says_how)
{
    struct coil_task *task;

    (void)arg;
    ASSERT_EQ(
        coil_task_create_at(&task, await, coil_current_task(), NULL, NULL), 0);
    coil_task_cancel(task);
    ASSERT_EQ(coil_task_await(task), -ECANCELED);
    take_stack(task);
    ASSERT_STR_CONTAINS(text, ", made at ?: has ended: cancelled\n");
    coil_task_release(task);
    ASSERT_EQ(coil_task_create(&task, wait_for_event, &named), 0);
    coil_event_set(&named);
    ASSERT_EQ(coil_task_await(task), 0);
    take_stack(task);
    ASSERT_STR_CONTAINS(text, ": has ended\n");
    coil_task_release(task);
    return 0;
}

static int take_and_end(void *arg)
{
    return coil_lock_acquire(arg);
}

static int acquire(void *arg)
{
    return coil_lock_acquire(arg);
}

/* Its number lies between the numbers of other tasks that exist. */
DUMP_TEST(dump_task_that_waits_for_one_that_has_ended_says_so)
{
    static struct coil_lock lock;
    struct coil_task *holder = start_named(take_and_end, &lock, NULL);
    struct coil_task *waiter = start_named(acquire, &lock, "waiter");
    struct coil_task *last = start_named(wait_for_event, &named, "last");

    (void)arg;
    ASSERT_EQ(coil_task_await(holder), 0);
    coil_task_release(holder);
    take_stack(waiter);
    ASSERT_STR_CONTAINS(text, "held by Task-2, which has ended");
    end_cancelled(last);
    end_cancelled(waiter);
    return 0;
}

static struct coil_task *foreign;

static int make_foreign(void *arg)
{
    foreign = start_named(wait_for_event, arg, "foreign");
    return coil_yield();
}

/* The task's loop does not run, or there is no loop. */
TEST(dump_task_of_a_loop_that_does_not_run)
{
    const struct coil_loop_options options = {
        .backend = COIL_BACKEND_SIMULATOR,
    };
    struct coil_loop *loop;

    skip_without_names();
    ASSERT_EQ(coil_loop_new(&loop, &options), 0);
    ASSERT_EQ(coil_loop_run_until_complete(loop, make_foreign, &named), 0);
    take_stack(foreign);
    ASSERT_STR_CONTAINS(text, "foreign, made at tests/support/actors.c:");
    ASSERT_STR_CONTAINS(text, ": waits for event named");
    ASSERT_EQ(coil_loop_close(loop, NULL), 0);
    take_stack(foreign);
    ASSERT_STR_CONTAINS(text, ": has ended: cancelled\n");
    coil_task_release(foreign);
}

static int print_without_memory(void *arg)
{
    (void)arg;
    refuse(SYS_mmap, ENOMEM);
    coil_task_print_stack(coil_current_task(), STDOUT_FILENO);
    _exit(0);
}

static void run_without_memory(void *arg)
{
    const struct coil_loop_options options = { .no_watchdog = true };

    ASSERT_EQ(coil_run_with(print_without_memory, arg, &options), 0);
}

TEST(dump_task_without_memory_says_so)
{
    static struct child child;

#ifdef COIL_ASAN
    SKIP("AddressSanitizer needs memory at any time");
#endif
    sandbox_run(&child, run_without_memory, NULL);
    ASSERT_STR_CONTAINS(child.text, "coil: no memory to look at the tasks\n");
}
