/* SPDX-License-Identifier: MIT */
/*
 * What the loop reports: errors that nobody receives, a program that can never
 * go on, and mistakes in debug mode: LOOP-17 … LOOP-19, DESIGN 2.13.
 */
#include <stdlib.h>
#include <time.h>

#include <coil/event.h>
#include <coil/lock.h>
#include <coil/queue.h>
#include <coil/semaphore.h>

#include "bodies.h"
#include "child.h"
#include "loop_test.h"

static struct child child;

/* ---- the exception handler ------------------------------------------------ */

static struct coil_exception received;
static size_t receptions;

static void receive(struct coil_loop *from, const struct coil_exception *e,
                    void *arg)
{
    ASSERT_PTR_EQ(from, loop);
    ASSERT_PTR_EQ(arg, &receptions);
    received = *e;
    receptions++;
    if (e->task)
        say("%s: ", coil_task_name(e->task));
    say("%s: %d ", e->message, e->error);
}

static int start_what_fails(void *arg)
{
    const struct coil_task_options options = { .name = "loser" };

    (void)arg;
    ASSERT_EQ(coil_task_create_with(NULL, fail, NULL, &options), 0);
    return coil_yield();
}

LOOP_TEST(loop_report_tells_the_handler_of_an_unseen_error)
{
    receptions = 0;
    coil_loop_set_exception_handler(loop, receive, &receptions);
    ASSERT_EQ(coil_loop_run_until_complete(loop, start_what_fails, NULL), 0);
    ASSERT_EQ(receptions, 1);
    ASSERT_EQ(received.error, -EIO);
    ASSERT_NOT_NULL(received.task);
    ASSERT_NOT_NULL(received.future);
    ASSERT_NULL(received.object);
    ASSERT_STR_CONTAINS(received.site, "loop_report.c:");
    ASSERT_STR_CONTAINS(trace, "loser: ");
    forget();
}

static int fail_and_be_seen(void *arg)
{
    struct coil_task *task;

    (void)arg;
    ASSERT_EQ(coil_task_create(&task, fail, NULL), 0);
    ASSERT_EQ(coil_task_await(task), -EIO);
    coil_task_release(task);
    ASSERT_EQ(coil_task_create(&task, fail, NULL), 0);
    ASSERT_EQ(coil_yield(), 0);
    ASSERT_EQ(coil_task_result(task), -EIO);
    coil_task_release(task);
    ASSERT_EQ(coil_task_create(&task, fail, NULL), 0);
    ASSERT(coil_task_cancel(task));
    coil_task_release(task);
    return coil_sleep(COIL_MILLISECOND);
}

LOOP_TEST(loop_report_is_not_made_of_an_error_that_was_seen_nor_of_a_cancel)
{
    receptions = 0;
    coil_loop_set_exception_handler(loop, receive, &receptions);
    ASSERT_EQ(coil_loop_run_until_complete(loop, fail_and_be_seen, NULL), 0);
    ASSERT_EQ(receptions, 0);
}

static int misuse(void *arg)
{
    struct coil_lock lock = COIL_LOCK_INIT;

    (void)arg;
    ASSERT_EQ(coil_lock_release(&lock), -EPERM);
    ASSERT_EQ(receptions, 1);
    ASSERT_EQ(received.error, -EPERM);
    ASSERT_PTR_EQ(received.object, &lock);
    ASSERT_PTR_EQ(received.task, coil_current_task());
    forget();
    return 0;
}

LOOP_TEST(loop_report_tells_the_handler_of_a_misuse)
{
    receptions = 0;
    coil_loop_set_exception_handler(loop, receive, &receptions);
    ASSERT_EQ(coil_loop_run_until_complete(loop, misuse, NULL), 0);
}

static const struct coil_exception own_exception = {
    .message = "the roof is on fire",
    .error = -EIO,
    .object = &own_exception,
};

static int report_own(void *arg)
{
    (void)arg;
    coil_loop_call_exception_handler(NULL, &own_exception);
    return 0;
}

LOOP_TEST(loop_report_may_be_made_by_anybody)
{
    receptions = 0;
    coil_loop_set_exception_handler(loop, receive, &receptions);
    coil_loop_call_exception_handler(loop, &own_exception);
    ASSERT_EQ(coil_loop_run_until_complete(loop, report_own, NULL), 0);
    ASSERT_EQ(receptions, 2);
    SAID("the roof is on fire: -5 the roof is on fire: -5 ");
}

/* ---- on standard error ---------------------------------------------------- */

static void run_on_kernel(void *arg)
{
    coil_fn fn = *(coil_fn *)arg;

    exit(coil_run_with(fn, NULL, &variants[0]) == 0 ? 0 : 9);
}

static void run_child(coil_fn fn)
{
    child_run(&child, run_on_kernel, &fn);
}

TEST(loop_report_goes_to_stderr_where_there_is_no_handler)
{
    run_child(start_what_fails);
    ASSERT_CHILD_EXITED(&child, 0);
    ASSERT_STR_CONTAINS(child.text, "coil: ");
    ASSERT_STR_CONTAINS(child.text, "Input/output error");
    ASSERT_STR_CONTAINS(child.text, "'loser'");
    ASSERT_STR_CONTAINS(child.text, "loop_report.c:");
    /* One line. */
    ASSERT_PTR_EQ(strchr(child.text, '\n'), child.text + child.length - 1);
}

static int take_the_handler_away(void *arg)
{
    (void)arg;
    loop = coil_loop_current();
    coil_loop_set_exception_handler(loop, receive, &receptions);
    coil_loop_set_exception_handler(loop, NULL, NULL);
    coil_loop_call_exception_handler(loop, &own_exception);
    coil_loop_default_exception_handler(loop, &own_exception);
    return 0;
}

TEST(loop_report_goes_to_stderr_again_when_the_handler_is_gone)
{
    run_child(take_the_handler_away);
    ASSERT_CHILD_EXITED(&child, 0);
    ASSERT_STR_CONTAINS(child.text, "the roof is on fire: Input/output error");
    ASSERT_STR_CONTAINS(strchr(child.text, '\n'), "the roof is on fire");
}

static void report_without_a_loop(void *arg)
{
    (void)arg;
    coil_loop_call_exception_handler(NULL, &own_exception);
}

TEST(loop_report_goes_to_stderr_without_a_loop)
{
    child_run(&child, report_without_a_loop, NULL);
    ASSERT_CHILD_EXITED(&child, 0);
    ASSERT_STR_CONTAINS(child.text, "the roof is on fire");
}

/* ---- deadlock ------------------------------------------------------------- */

static struct coil_lock lock;
static struct coil_event event;
static struct coil_semaphore none;
static struct coil_queue queue;

static int wait_for_event(void *arg)
{
    (void)arg;
    return coil_event_wait(&event);
}

static int wait_for_lock(void *arg)
{
    (void)arg;
    return coil_lock_acquire(&lock);
}

static int wait_for_semaphore(void *arg)
{
    (void)arg;
    return coil_semaphore_acquire(&none);
}

static int wait_for_item(void *arg)
{
    char item;

    (void)arg;
    return coil_queue_get(&queue, &item);
}

static void create_named(coil_fn fn, const char *name)
{
    const struct coil_task_options options = { .name = name };

    ASSERT_EQ(coil_task_create_with(NULL, fn, NULL, &options), 0);
}

static int wait_for_each_other(void *arg)
{
    (void)arg;
    coil_task_set_name(coil_current_task(), "holder");
    coil_queue_init(&queue, 1, 0);
    ASSERT_EQ(coil_lock_acquire(&lock), 0);
    create_named(wait_for_lock, "stuck");
    create_named(wait_for_event, "patient");
    create_named(wait_for_semaphore, "poor");
    create_named(wait_for_item, "hungry");
    return coil_event_wait(&event);
}

TEST(loop_report_of_a_deadlock_names_who_waits_for_what)
{
    run_child(wait_for_each_other);
    ASSERT_CHILD_EXITED(&child, 9);
    ASSERT_STR_CONTAINS(child.text, "deadlock");
    ASSERT_STR_CONTAINS(child.text, "5 tasks");
    ASSERT_STR_CONTAINS(child.text, "holder, made at ");
    ASSERT_STR_CONTAINS(child.text, "stuck, made at ");
    ASSERT_STR_CONTAINS(child.text, "loop_report.c:");
    ASSERT_STR_CONTAINS(child.text, "waits for lock");
    ASSERT_STR_CONTAINS(child.text, "held by holder");
    ASSERT_STR_CONTAINS(child.text, "waits for event");
    ASSERT_STR_CONTAINS(child.text, "waits for semaphore");
    ASSERT_STR_CONTAINS(child.text, "waits for queue get");
}

static int count_deadlocks(const char *text)
{
    int count = 0;

    while ((text = strstr(text, "deadlock"))) {
        count++;
        text++;
    }
    return count;
}

static void run_deadlocked(void *arg)
{
    (void)arg;
    exit(coil_run(await_event, &event) == -EDEADLK ? 0 : 9);
}

TEST(loop_report_of_a_deadlock_is_made_once_and_run_returns)
{
    child_run(&child, run_deadlocked, NULL);
    ASSERT_CHILD_EXITED(&child, 0);
    ASSERT_EQ(count_deadlocks(child.text), 1);
    ASSERT_STR_CONTAINS(child.text, "1 task waits");
}

static int dump(void *arg)
{
    (void)arg;
    create_named(wait_for_event, "patient");
    ASSERT_EQ(coil_yield(), 0);
    create_named(wait_for_event, "newborn");
    coil_dump_tasks(STDOUT_FILENO);
    return 0;
}

TEST(loop_report_of_all_tasks_is_a_line_each)
{
    run_child(dump);
    ASSERT_CHILD_EXITED(&child, 0);
    ASSERT_STR_CONTAINS(child.text, "running");
    ASSERT_STR_CONTAINS(child.text, "patient, made at ");
    ASSERT_STR_CONTAINS(child.text, "waits for event");
    ASSERT_STR_CONTAINS(child.text, "newborn, made at ");
    ASSERT_STR_CONTAINS(child.text, "ready");
}

static void dump_without_a_loop(void *arg)
{
    struct coil_loop *idle;
    struct coil_task *task;

    (void)arg;
    printf("before\n");
    fflush(stdout);
    coil_dump_tasks(STDOUT_FILENO);
    /* A loop that has a task and does not run is not looked at. */
    ASSERT_EQ(coil_loop_new(&idle, NULL), 0);
    ASSERT_EQ(coil_loop_create_task(idle, &task, await_event, &event), 0);
    coil_dump_tasks(STDOUT_FILENO);
    coil_task_release(task);
    ASSERT_EQ(coil_run(fail, NULL), -EIO);
    coil_dump_tasks(STDOUT_FILENO);
    printf("after\n");
    fflush(stdout);
    _exit(0);
}

TEST(loop_report_of_all_tasks_without_a_loop_is_empty)
{
    child_run(&child, dump_without_a_loop, NULL);
    ASSERT_CHILD_EXITED(&child, 0);
    ASSERT_STR_EQ(child.text, "before\nafter\n");
}

/* ---- debug mode ----------------------------------------------------------- */

static void work_for(coil_time duration)
{
    coil_time end = coil_now() + duration;

    while (coil_now() < end)
        continue;
}

static int work_long(void *arg)
{
    (void)arg;
    work_for(130 * COIL_MILLISECOND);
    return coil_yield();
}

/* LOOP-19 */
/* See test.h. */
bool test_reports_slow_steps = true;

TEST(loop_report_tells_of_a_slow_step_in_debug_mode_only)
{
    receptions = 0;
    for (size_t i = 0; i < KERNEL_VARIANTS; i++) {
        open_loop(i);
        coil_loop_set_exception_handler(loop, receive, &receptions);
        ASSERT_EQ(coil_loop_run_until_complete(loop, work_long, NULL), 0);
        ASSERT_EQ(receptions, variants[i].debug ? 1 : 0);
        ASSERT_EQ(coil_loop_close(loop, NULL), 0);
    }
    ASSERT_STR_CONTAINS(trace, "100 ms");
}

static int work_in_both_modes(void *arg)
{
    (void)arg;
    for (int i = 0; i < 2; i++) {
        coil_loop_set_debug(loop, i % 2 == 1);
        ASSERT_EQ(coil_loop_is_debug(loop), i % 2 == 1);
        ASSERT_EQ(coil_yield(), 0);
        work_for(130 * COIL_MILLISECOND);
        ASSERT_EQ(coil_yield(), 0);
    }
    return 0;
}

/* LOOP-17 */
TEST(loop_report_tells_of_slow_steps_while_debug_mode_is_set)
{
    receptions = 0;

    for (size_t i = 0; i < KERNEL_VARIANTS; i++) {
        open_loop(i);
        ASSERT_EQ(coil_loop_is_debug(loop), variants[i].debug);
        coil_loop_set_exception_handler(loop, receive, &receptions);
        ASSERT_EQ(coil_loop_run_until_complete(loop, work_in_both_modes, NULL),
                  0);
        ASSERT_EQ(receptions, i + 1);
        ASSERT_EQ(coil_loop_close(loop, NULL), 0);
    }
}
