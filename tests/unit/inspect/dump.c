/* SPDX-License-Identifier: MIT */
/*
 * coil_dump_tasks(): all tasks at any time, as a tree, even from the handler of
 * a signal that comes at any moment.
 */
/* LABELS: threads */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <unistd.h>

#include <coil/combinators.h>
#include <coil/error.h>
#include <coil/event.h>
#include <coil/lock.h>
#include <coil/loop.h>
#include <coil/queue.h>
#include <coil/scheduler.h>
#include <coil/task.h>
#include <coil/task_group.h>
#include <coil/testing.h>

#include "child.h"
#include "dump_test.h"

static struct child child;

/* ---- what it says --------------------------------------------------------- */

static struct coil_event named;

DUMP_TEST(dump_says_what_each_task_does)
{
    struct coil_task *a = start_named(wait_for_event, &named, "a");
    struct coil_task *b;

    skip_without_names();
    (void)arg;
    ASSERT_EQ(coil_sleep(3 * COIL_SECOND), 0);
    b = start_named(wait_for_event, &named, "b");
    take_dump();
    ASSERT_STR_CONTAINS(text, "  Task-1, made at "
                              "coil_loop_run_until_complete(): running\n");
    ASSERT_STR_CONTAINS(text, "\n  a, made at tests/support/actors.c:");
    ASSERT_STR_CONTAINS(text, ": waits for event named (0x");
    ASSERT_STR_CONTAINS(text, "), for 3.00 s\n");
    ASSERT_STR_CONTAINS(text, "\n  b, made at tests/support/actors.c:");
    ASSERT_STR_CONTAINS(text, ": ready to run wait_for_event");
    ASSERT_EQ(count_of("more like this"), 0);
    coil_task_cancel(a);
    take_dump();
    ASSERT_STR_CONTAINS(text, ": ready to run, cancelled\n");
    end_cancelled(a);
    end_cancelled(b);
    return 0;
}

DUMP_TEST(dump_has_the_backtraces_of_tasks_that_run_and_that_wait)
{
    struct coil_task *a = start_named(wait_for_event, &named, "a");

    (void)arg;
    ASSERT_EQ(coil_yield(), 0);
    take_dump();
    end_cancelled(a);
    if (!has_backtraces())
        SKIP("no backtraces on this CPU, or with this C library");
    ASSERT_STR_CONTAINS(text, "#0 coil_dump_tasks+0x");
    ASSERT_STR_CONTAINS(text, " take_dump+0x");
    ASSERT_STR_CONTAINS(text, " wait_long+0x");
    ASSERT_STR_CONTAINS(text, " wait_for_event+0x");
    ASSERT_STR_CONTAINS(text, " (test_dump+0x");
    /* The library's own frames, at both ends, are left out. */
    ASSERT_EQ(count_of(" coil__wait+0x"), 0);
    ASSERT_EQ(count_of(" coil__coroutine_suspend+0x"), 0);
    if (knows_functions())
        ASSERT_EQ(count_of(" run+0x"), 0);
    return 0;
}

DUMP_TEST(dump_shows_awaited_tasks_below_those_that_await_them)
{
    struct coil_task *c = start_named(wait_for_event, &named, "c");
    struct coil_task *b = start_named(await, c, "b");
    struct coil_task *a = start_named(await, b, "a");

    (void)arg;
    ASSERT_EQ(coil_yield(), 0);
    ASSERT_EQ(coil_yield(), 0);
    take_dump();
    ASSERT_STR_CONTAINS(text, "\n  a, made at ");
    ASSERT_STR_CONTAINS(text, "\n    b, made at ");
    ASSERT_STR_CONTAINS(text, "\n      c, made at ");
    ASSERT(strstr(text, "  a, made") < strstr(text, "  b, made"));
    ASSERT_STR_CONTAINS(text, ": waits for task b, for ");
    ASSERT_STR_CONTAINS(text, ": waits for task c, for ");
    end_cancelled(a);
    coil_task_release(b);
    coil_task_release(c);
    return 0;
}

/* The body of the group may still run. */
DUMP_TEST(dump_shows_the_tasks_of_a_group_below_its_parent)
{
    const struct coil_task_options options = { .name = "child" };
    struct coil_task_group group;

    (void)arg;
    ASSERT_EQ(coil_task_group_begin(&group), 0);
    ASSERT_EQ(coil_task_group_create_with(&group, NULL, wait_for_event, &named,
                                          &options),
              0);
    ASSERT_EQ(coil_yield(), 0);
    take_dump();
    ASSERT_STR_CONTAINS(text, "  Task-1, made at ");
    ASSERT_STR_CONTAINS(text, "\n    child, made at ");
    coil_task_group_cancel(&group);
    return coil_task_group_end(&group, 0);
}

static int gather_two(void *arg)
{
    return coil_gather(arg, 2, 0);
}

DUMP_TEST(dump_shows_gathered_tasks_below_who_gathers)
{
    struct coil_task *tasks[2] = { start_named(wait_for_event, &named, "x"),
                                   start_named(wait_for_event, &named, "y") };
    struct coil_future *futures[2] = { coil_task_future(tasks[0]),
                                       coil_task_future(tasks[1]) };
    struct coil_task *gatherer = start_named(gather_two, futures, "gatherer");

    (void)arg;
    ASSERT_EQ(coil_yield(), 0);
    take_dump();
    ASSERT_STR_CONTAINS(text, "\n  gatherer, made at ");
    ASSERT_STR_CONTAINS(text, "\n    x, made at ");
    ASSERT_STR_CONTAINS(text, "\n    y, made at ");
    end_cancelled(gatherer);
    coil_task_release(tasks[0]);
    coil_task_release(tasks[1]);
    return 0;
}

enum { MANY = 98 };

DUMP_TEST(dump_tells_of_many_that_look_the_same_once)
{
    struct coil_event events[MANY] = { COIL_EVENT_INIT };

    (void)arg;
    for (int i = 0; i < MANY; i++)
        ASSERT_EQ(coil_task_create(NULL, wait_for_event, &events[i]), 0);
    ASSERT_EQ(coil_yield(), 0);
    take_dump();
    ASSERT_STR_CONTAINS(text, "\n  ... and 97 more like this\n");
    ASSERT_EQ(count_of("waits for event"), 1);
    /* Two tasks that differ are shown as two. */
    for (int i = 0; i < MANY; i++)
        coil_event_set(&events[i]);
    return coil_yield();
}

enum { PARENTS = 5 };

/* Each has a task below it, so each is named. */
DUMP_TEST(dump_tells_those_apart_that_await_others)
{
    struct coil_event event = COIL_EVENT_INIT;
    struct coil_task *parents[PARENTS];
    struct coil_task *children[PARENTS];

    (void)arg;
    for (int i = 0; i < PARENTS; i++) {
        children[i] = start_named(wait_for_event, &event, "child");
        parents[i] = start_named(await, children[i], "parent");
    }
    turn();
    take_dump();
    ASSERT_EQ(count_of("  parent, made at "), PARENTS);
    for (int i = 0; i < PARENTS; i++) {
        end_cancelled(parents[i]);
        end_cancelled(children[i]);
    }
    return 0;
}

/* The number of pages that the program has mapped. */
static long mapped_pages(void)
{
    FILE *file = fopen("/proc/self/statm", "r");
    long pages = 0;

    ASSERT_NOT_NULL(file);
    ASSERT_EQ(fscanf(file, "%ld", &pages), 1);
    fclose(file);
    return pages;
}

DUMP_TEST(dump_leaves_no_memory_behind)
{
    int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
    long before;

    (void)arg;
    ASSERT_OK(fd);
    for (int i = 0; i < 5; i++)
        coil_dump_tasks(fd);
    before = mapped_pages();
    for (int i = 0; i < 300; i++)
        coil_dump_tasks(fd);
    ASSERT_LT(mapped_pages() - before, 200);
    close(fd);
    return 0;
}

static struct coil_lock lock_a;
static struct coil_lock lock_b;

static int take_lock(void *arg)
{
    return coil_lock_acquire(arg);
}

/* They wait for different holders. */
DUMP_TEST(dump_tells_those_apart_that_wait_for_different_locks)
{
    skip_without_names();
    (void)arg;
    ASSERT_EQ(coil_lock_acquire(&lock_a), 0);
    ASSERT_EQ(coil_lock_acquire(&lock_b), 0);
    for (int i = 0; i < 10; i++)
        ASSERT_EQ(coil_task_create(NULL, take_lock, i % 2 ? &lock_a : &lock_b),
                  0);
    ASSERT_EQ(coil_yield(), 0);
    take_dump();
    ASSERT_EQ(count_of("... and 4 more like this"), 2);
    ASSERT_STR_CONTAINS(text, "waits for lock lock_a (0x");
    ASSERT_STR_CONTAINS(text, "waits for lock lock_b (0x");
    ASSERT_EQ(count_of(", held by Task-1"), 2);
    return 0;
}

static int take_lock_twice(void *arg)
{
    int rc = coil_lock_acquire(arg);

    return rc < 0 ? rc : coil_lock_acquire(arg);
}

DUMP_TEST(dump_finds_a_cycle_while_others_run)
{
    struct coil_task *patient =
        start_named(await, coil_current_task(), "patient");
    struct coil_task *stuck;

    skip_without_names();
    (void)arg;
    ASSERT_EQ(coil_yield(), 0);
    take_dump();
    ASSERT_EQ(count_of("  cycle: "), 0);
    stuck = start_named(take_lock_twice, &lock_a, "stuck");
    ASSERT_EQ(coil_yield(), 0);
    take_dump();
    ASSERT_EQ(count_of("  cycle: "), 1);
    ASSERT_STR_CONTAINS(text, "  cycle: stuck waits for lock lock_a (0x");
    end_cancelled(patient);
    end_cancelled(stuck);
    return 0;
}

static int take_a_and_b(void *arg)
{
    int rc = coil_lock_acquire(&lock_a);

    (void)arg;
    if (rc == 0)
        rc = coil_yield();
    return rc < 0 ? rc : coil_lock_acquire(&lock_b);
}

static int take_b_and_a(void *arg)
{
    int rc = coil_lock_acquire(&lock_b);

    (void)arg;
    if (rc == 0)
        rc = coil_yield();
    return rc < 0 ? rc : coil_lock_acquire(&lock_a);
}

DUMP_TEST(dump_finds_a_cycle_of_two_once)
{
    struct coil_task *first = start_named(take_a_and_b, NULL, "first");
    struct coil_task *second = start_named(take_b_and_a, NULL, "second");

    (void)arg;
    turn();
    turn();
    turn();
    take_dump();
    ASSERT_EQ(count_of("  cycle: "), 1);
    ASSERT_EQ(count_of("; first waits for lock ") +
                  count_of("; second waits for lock "),
              1);
    ASSERT_EQ(count_of("  cycle: first waits for lock ") +
                  count_of("  cycle: second waits for lock "),
              1);
    end_cancelled(first);
    end_cancelled(second);
    return 0;
}

TEST(dump_without_a_loop_is_empty)
{
    take_dump();
    ASSERT_STR_EQ(text, "");
}

TEST(dump_of_a_scheduler_without_a_clock)
{
    struct coil_scheduler mine = COIL_SCHEDULER_INIT;
    struct coil_runnable *r;
    struct coil_task *task;

    ASSERT_EQ(coil_scheduler_enter(&mine), 0);
    task = start_named(wait_for_event, &named, "a");
    while ((r = coil_scheduler_pop(&mine)))
        coil_runnable_run(r);
    take_dump();
    ASSERT_STR_CONTAINS(text, "  a, made at ");
    ASSERT_EQ(count_of(", for "), 0);
    coil_event_set(&named);
    while ((r = coil_scheduler_pop(&mine)))
        coil_runnable_run(r);
    coil_task_release(task);
    coil_scheduler_leave(&mine);
}

static void dump_from_callback(void *arg)
{
    (void)arg;
    take_dump();
    coil_event_set(&named);
}

static int call_back(void *arg)
{
    struct coil_handle handle = { 0 };

    (void)arg;
    ASSERT_EQ(coil_loop_call_soon(coil_loop_current(), &handle,
                                  dump_from_callback, NULL),
              0);
    return wait_long(&named);
}

TEST(dump_from_a_callback_shows_nobody_running)
{
    ASSERT_EQ(coil_run(call_back, NULL), 0);
    ASSERT_EQ(count_of("running"), 0);
    ASSERT_EQ(count_of("waits for event"), 1);
}

/* ---- at any time ---------------------------------------------------------- */

static int nowhere = -1;
static volatile sig_atomic_t dumps;

static void dump_now(int number)
{
    (void)number;
    coil_dump_tasks(nowhere);
    dumps++;
}

static int pass_items(void *arg)
{
    struct coil_queue *queue = arg;
    int item;
    int rc = coil_queue_get(queue, &item);

    if (rc == 0)
        rc = coil_lock_acquire(&lock_a);
    if (rc == 0)
        rc = coil_yield();
    if (rc == 0)
        rc = coil_lock_release(&lock_a);
    return rc;
}

static int churn(void *arg)
{
    const coil_time until = coil_now() + 400 * COIL_MILLISECOND;
    struct coil_queue queue;

    (void)arg;
    coil_queue_init(&queue, sizeof(int), 4);
    while (coil_now() < until) {
        struct coil_task_group group;

        ASSERT_EQ(coil_task_group_begin(&group), 0);
        for (int i = 0; i < 20; i++)
            ASSERT_EQ(coil_task_group_create(&group, NULL, pass_items, &queue),
                      0);
        for (int i = 0; i < 20; i++)
            ASSERT_EQ(coil_queue_put(&queue, &i), 0);
        ASSERT_EQ(coil_task_group_end(&group, 0), 0);
    }
    coil_queue_fini(&queue);
    return 0;
}

TEST(dump_may_come_at_any_time)
{
    const struct itimerval often = { { 0, 317 }, { 0, 317 } };
    const struct itimerval never = { { 0, 0 }, { 0, 0 } };
    struct sigaction action = { .sa_handler = dump_now,
                                .sa_flags = SA_RESTART | SA_ONSTACK };

    if (getenv("LD_PRELOAD") && strstr(getenv("LD_PRELOAD"), "vgpreload"))
        SKIP("valgrind delivers no signal on a coroutine's stack");
    nowhere = open("/dev/null", O_WRONLY);
    sigaction(SIGPROF, &action, NULL);
    setitimer(ITIMER_PROF, &often, NULL);
    ASSERT_EQ(coil_run(churn, NULL), 0);
    setitimer(ITIMER_PROF, &never, NULL);
    ASSERT_GT(dumps, 3);
    close(nowhere);
}

/* ---- COIL_DUMP_SIGNAL ----------------------------------------------------- */

static int say_ready_and_wait(void *arg)
{
    struct coil_event *event = arg;
    struct coil_task *task = start_named(wait_for_event, event, "waiter");
    int rc;

    rc = coil_yield();
    if (rc == 0 && write(STDOUT_FILENO, "ready\n", 6) == 6)
        rc = coil_sleep(60 * COIL_SECOND);
    coil_task_release(task);
    return rc;
}

static void run_with_signal(void *arg)
{
    struct coil_event event = COIL_EVENT_INIT;

    setenv("COIL_DUMP_SIGNAL", arg, 1);
    (void)!coil_run(say_ready_and_wait, &event);
}

static void end_child(void)
{
    kill(child.pid, SIGINT);
    child_end(&child);
    ASSERT_CHILD_EXITED(&child, 0);
}

static void expect_dump(char *signal_name)
{
    child_start(&child, run_with_signal, signal_name);
    child_await(&child, "ready\n");
    kill(child.pid, SIGUSR1);
    child_await(&child, "  waiter, made at ");
    child_await(&child, "waits for event");
    ASSERT_STR_CONTAINS(child.text, "coil: 2 tasks of thread ");
    /* And once more. */
    child.length = 0;
    kill(child.pid, SIGUSR1);
    child_await(&child, "  waiter, made at ");
    end_child();
}

TEST(dump_signal_is_named_by_the_environment)
{
    expect_dump("USR1");
    expect_dump("SIGUSR1");
    expect_dump("10");
}

static void run_without_signal(void *arg)
{
    struct coil_event event = COIL_EVENT_INIT;

    (void)arg;
    (void)!coil_run(say_ready_and_wait, &event);
}

TEST(dump_signal_is_nobodys_otherwise)
{
    child_start(&child, run_without_signal, NULL);
    child_await(&child, "ready\n");
    kill(child.pid, SIGUSR1);
    child_end(&child);
    ASSERT_CHILD_KILLED(&child, SIGUSR1);
}

static void say_mine(int number)
{
    (void)number;
    (void)!write(STDOUT_FILENO, "mine\n", 5);
}

static void run_with_handler(void *arg)
{
    signal(SIGUSR1, say_mine);
    run_with_signal(arg);
}

TEST(dump_signal_is_left_to_a_program_that_has_a_handler)
{
    child_start(&child, run_with_handler, "USR1");
    child_await(&child, "ready\n");
    kill(child.pid, SIGUSR1);
    child_await(&child, "mine\n");
    ASSERT_NULL(strstr(child.text, "tasks of thread"));
    end_child();
}

/* Any loop that is interrupted ends the process. */
static void *run_in_thread(void *arg)
{
    struct coil_event event = COIL_EVENT_INIT;

    (void)arg;
    _exit(coil_run(say_ready_and_wait, &event) == COIL_ESIGNAL(SIGINT) ? 0 : 9);
}

static void run_two_loops(void *arg)
{
    pthread_t thread;

    setenv("COIL_DUMP_SIGNAL", arg, 1);
    pthread_create(&thread, NULL, run_in_thread, NULL);
    run_in_thread(NULL);
}

static void await_two_loops(void)
{
    child_await(&child, "ready\n");
    while (!strstr(strstr(child.text, "ready\n") + 1, "ready\n"))
        ASSERT(child_read(&child));
}

static void expect_two_dumps(void)
{
    child_await(&child, "waiter, made at ");
    while (
        !strstr(strstr(child.text, "waiter, made at ") + 1, "waiter, made at "))
        ASSERT(child_read(&child));
}

TEST(dump_signal_reaches_the_loops_of_all_threads)
{
    child_start(&child, run_two_loops, "USR1");
    await_two_loops();
    kill(child.pid, SIGUSR1);
    expect_two_dumps();
    end_child();
}

/* More loops of threads than there is room for. */
enum { GENERATIONS = 70 };

static int fork_and_return(void *arg)
{
    pid_t *pid = arg;

    *pid = fork();
    return 0;
}

/* Each run goes on in a child, whose exit status its parent takes over. */
static void run_two_loops_in_a_descendant(void *arg)
{
    pid_t pid;
    int status;

    setenv("COIL_DUMP_SIGNAL", arg, 1);
    for (int i = 0; i < GENERATIONS; i++) {
        ASSERT_EQ(coil_run(fork_and_return, &pid), 0);
        ASSERT_GE(pid, 0);
        if (pid > 0) {
            ASSERT_EQ(waitpid(pid, &status, 0), pid);
            _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 9);
        }
    }
    alarm(20);
    dprintf(STDOUT_FILENO, "descendant %d\n", (int)getpid());
    run_two_loops(arg);
}

TEST(dump_signal_reaches_the_loops_of_a_child_of_many_runs)
{
    pid_t descendant;

#if defined(COIL_TSAN)
    SKIP("TSan knows no threads in the child of a process that has some");
#endif
    child_start(&child, run_two_loops_in_a_descendant, "USR1");
    await_two_loops();
    descendant = atoi(strstr(child.text, "descendant ") + 11);
    kill(descendant, SIGUSR1);
    expect_two_dumps();
    kill(descendant, SIGINT);
    child_end(&child);
    ASSERT_CHILD_EXITED(&child, 0);
}
