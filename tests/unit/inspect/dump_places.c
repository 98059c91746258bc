/* SPDX-License-Identifier: MIT */
/*
 * coil_dump_tasks() and COIL_DUMP_SIGNAL in unusual places: on another stack,
 * without memory, for tasks of unknown origin.
 */
/* LABELS: threads */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <coil/as_completed.h>
#include <coil/combinators.h>
#include <coil/coroutine.h>
#include <coil/event.h>
#include <coil/loop.h>
#include <coil/stream.h>
#include <coil/task.h>
#include <coil/testing.h>

#include "dump_test.h"
#include "sandbox.h"

static struct child child;
static struct coil_event event;

/* ---- what is not known ---------------------------------------------------- */

DUMP_TEST(dump_places_unknown_are_question_marks)
{
    const struct coil_task_options options = { .name = "orphan" };
    struct coil_task *task;

    ASSERT_EQ(coil_task_create_at(&task, wait_for_event, &event, &options, arg),
              0);
    take_dump();
    ASSERT_STR_CONTAINS(text, "  orphan, made at ?: ready to run ");
    end_cancelled(task);
    return 0;
}

extern const char __ehdr_start[];

/* Such a task is cancelled before it runs. */
DUMP_TEST(dump_places_of_functions_without_a_name_are_addresses)
{
    struct coil_task *far = start_named((coil_fn)(uintptr_t)0x1234, arg, "far");
    struct coil_task *near =
        start_named((coil_fn)(uintptr_t)__ehdr_start, arg, "near");

    take_dump();
    coil_task_cancel(near);
    ASSERT_STR_CONTAINS(text, ": ready to run 0x1234\n");
    if (has_backtraces())
        ASSERT_STR_CONTAINS(text, "test_dump_places+0x0)\n");
    end_cancelled(far);
    end_cancelled(near);
    return 0;
}

/* ---- what is waited for --------------------------------------------------- */

static int accept_one(void *arg)
{
    struct coil_stream *stream;

    return coil_listener_accept(arg, &stream);
}

DUMP_TEST(dump_places_begin_with_the_call_and_not_inside_of_it)
{
    struct coil_listener *listener;
    struct coil_task *task;

    skip_without_names();
    (void)arg;
    ASSERT_EQ(coil_tcp_listen(&listener, "127.0.0.1", 80), 0);
    task = start_named(accept_one, listener, "acceptor");
    turn();
    take_dump();
    ASSERT_NULL(strstr(text, "coil__operate"));
    if (has_backtraces())
        ASSERT_STR_CONTAINS(text, " coil_listener_accept");
    end_cancelled(task);
    coil_listener_close(listener);
    return 0;
}

static int read_one(void *arg)
{
    char byte;

    return coil_stream_read_exactly(arg, &byte, 1, NULL);
}

DUMP_TEST(dump_places_of_a_read_begin_with_the_call_as_well)
{
    struct coil_listener *listener;
    struct coil_stream *ends[2];
    struct coil_address address;
    struct coil_task *task;

    skip_without_names();
    (void)arg;
    ASSERT_EQ(coil_tcp_listen(&listener, "127.0.0.1", 80), 0);
    coil_listener_address(listener, &address);
    ASSERT_EQ(coil_tcp_connect_address(&ends[0], &address), 0);
    ASSERT_EQ(coil_listener_accept(listener, &ends[1]), 0);
    coil_listener_close(listener);
    task = start_named(read_one, ends[1], "reader");
    turn();
    take_dump();
    ASSERT_NULL(strstr(text, "coil__wait"));
    ASSERT_NULL(strstr(text, "coil__operate"));
    if (has_backtraces())
        ASSERT_STR_CONTAINS(text, " coil_stream_read_exactly");
    end_cancelled(task);
    for (int i = 0; i < 2; i++)
        coil_stream_abort(ends[i]);
    return 0;
}

struct three {
    struct coil_future *futures[3];
};

static int wait_for_all(void *arg)
{
    struct three *three = arg;

    return coil_wait(three->futures, 3, COIL_ALL_COMPLETED, COIL_NEVER);
}

static int wait_for_all_in_time(void *arg)
{
    struct three *three = arg;

    return coil_wait(three->futures, 3, COIL_ALL_COMPLETED, COIL_MINUTE);
}

static int wait_for_next(void *arg)
{
    struct three *three = arg;
    struct coil_as_completed it;
    struct coil_future *future;
    int rc;

    rc = coil_as_completed_begin(&it, three->futures, 3, COIL_NEVER);
    ASSERT_EQ(rc, 0);
    while ((rc = coil_as_completed_next(&it, &future)) > 0)
        continue;
    coil_as_completed_end(&it);
    return rc;
}

static int do_nothing(void *arg)
{
    (void)arg;
    return 0;
}

/* Only tasks that run are shown below what a task waits for. */
static void expect_below(coil_fn fn)
{
    struct coil_future plain = COIL_FUTURE_INIT;
    struct coil_task *done = start_named(do_nothing, NULL, "done");
    struct coil_task *child_task = start_named(wait_for_event, &event, "child");
    struct three three = { { &plain, coil_task_future(done),
                             coil_task_future(child_task) } };
    struct coil_task *parent;

    turn();
    parent = start_named(fn, &three, "parent");
    turn();
    turn();
    take_dump();
    ASSERT_STR_CONTAINS(text, "\n  parent, made at ");
    ASSERT_STR_CONTAINS(text, "\n    child, made at ");
    ASSERT_NULL(strstr(text, "done,"));
    end_cancelled(parent);
    coil_task_cancel(child_task);
    turn();
    turn();
    coil_task_release(done);
    coil_task_release(child_task);
}

DUMP_TEST(dump_places_tasks_below_those_that_wait_for_them_and_others)
{
    (void)arg;
    expect_below(wait_for_all);
    expect_below(wait_for_all_in_time);
    expect_below(wait_for_next);
    return 0;
}

static int wait_for_itself(void *arg)
{
    struct coil_future *self = coil_task_future(coil_current_task());

    (void)arg;
    return coil_wait(&self, 1, COIL_ALL_COMPLETED, COIL_NEVER);
}

/* The task is not shown below itself. */
DUMP_TEST(dump_places_a_task_that_waits_for_itself_once)
{
    struct coil_task *task = start_named(wait_for_itself, arg, "ring");

    turn();
    take_dump();
    ASSERT_STR_CONTAINS(text, "  cycle: ring waits for futures");
    ASSERT_STR_CONTAINS(text, " with ring\n");
    ASSERT_EQ(count_of(" with "), 1);
    ASSERT_STR_CONTAINS(text, "\n  ring, made at ");
    end_cancelled(task);
    return 0;
}

static int shield(void *arg)
{
    return coil_shield(arg, NULL);
}

DUMP_TEST(dump_places_nothing_below_a_shield_of_a_future)
{
    struct coil_future plain = COIL_FUTURE_INIT;
    struct coil_task *task = start_named(shield, &plain, "shielded");

    (void)arg;
    turn();
    take_dump();
    ASSERT_STR_CONTAINS(text, "\n  shielded, made at ");
    ASSERT_STR_CONTAINS(text, "waits for shield");
    end_cancelled(task);
    return 0;
}

/* ---- where the loop has been ---------------------------------------------- */

static struct coil_task *first_made;

static int await_first(void *arg)
{
    (void)arg;
    return coil_task_await(first_made);
}

static int dump_both(void *arg)
{
    struct coil_task *second = start_named(await_first, arg, "second");

    turn();
    turn();
    take_dump();
    end_cancelled(second);
    return 0;
}

static int make_first(void *arg)
{
    first_made = start_named(wait_for_event, arg, "first");
    return coil_yield();
}

static pthread_barrier_t barrier;

/* The loop is shown as long as its stacks are in use. */
static void *run_in_thread(void *loop)
{
    ASSERT_EQ(coil_loop_run_until_complete(loop, make_first, &event), 0);
    pthread_barrier_wait(&barrier);
    pthread_barrier_wait(&barrier);
    coil_task_release(first_made);
    return NULL;
}

/* The numbers of the loop's tasks do not ascend. */
TEST(dump_places_tasks_of_a_loop_that_ran_in_two_threads)
{
    const struct coil_loop_options options = {
        .backend = COIL_BACKEND_SIMULATOR,
    };
    struct coil_loop *loop;
    pthread_t thread;

    ASSERT_EQ(coil_loop_new(&loop, &options), 0);
    /* The tasks of this thread have the lower numbers. */
    ASSERT_EQ(coil_test_run(do_nothing, NULL, 0), 0);
    pthread_barrier_init(&barrier, NULL, 2);
    ASSERT_EQ(pthread_create(&thread, NULL, run_in_thread, loop), 0);
    pthread_barrier_wait(&barrier);
    ASSERT_EQ(coil_loop_run_until_complete(loop, dump_both, NULL), 0);
    ASSERT_STR_CONTAINS(text, "\n  second, made at ");
    ASSERT_STR_CONTAINS(text, "waits for task first");
    ASSERT_STR_CONTAINS(text, "\n    first, made at ");
    coil_loop_close(loop, NULL);
    pthread_barrier_wait(&barrier);
    pthread_join(thread, NULL);
    pthread_barrier_destroy(&barrier);
}

/* ---- without memory ------------------------------------------------------- */

static int dump_without_memory(void *arg)
{
    (void)arg;
    refuse(SYS_mmap, ENOMEM);
    coil_dump_tasks(STDOUT_FILENO);
    _exit(0); /* before a sanitizer wants memory */
}

static void run_without_memory(void *arg)
{
    const struct coil_loop_options options = { .no_watchdog = true };

    ASSERT_EQ(coil_run_with(dump_without_memory, arg, &options), 0);
}

TEST(dump_places_without_memory_says_so)
{
#ifdef COIL_ASAN
    SKIP("AddressSanitizer needs memory at any time");
#endif
    sandbox_run(&child, run_without_memory, NULL);
    ASSERT_STR_CONTAINS(child.text, "coil: no memory to look at the tasks\n");
}

/* ---- on another stack ----------------------------------------------------- */

static void dump_in_handler(int number)
{
    (void)number;
    coil_dump_tasks(STDOUT_FILENO);
}

static char low_memory[128 << 10];
static char *alternate;

static int raise_on_alternate_stack(void *arg)
{
    const stack_t stack = { .ss_sp = alternate, .ss_size = sizeof low_memory };
    const struct sigaction action = { .sa_handler = dump_in_handler,
                                      .sa_flags = SA_ONSTACK };
    struct coil_task *waiter = start_named(wait_for_event, &event, "waiter");

    (void)arg;
    turn();
    ASSERT_EQ(sigaltstack(&stack, NULL), 0);
    ASSERT_EQ(sigaction(SIGUSR1, &action, NULL), 0);
    ASSERT_EQ(kill(getpid(), SIGUSR1), 0);
    end_cancelled(waiter);
    return 0;
}

static void run_with_low_memory(void *arg)
{
    alternate = low_memory;
    ASSERT_EQ(coil_run(raise_on_alternate_stack, arg), 0);
}

static void run_with_high_memory(void *arg)
{
    char memory[sizeof low_memory];

    alternate = memory;
    ASSERT_EQ(coil_run(raise_on_alternate_stack, arg), 0);
}

/* The running task is not seen there. */
TEST(dump_places_of_a_handler_with_a_stack_of_its_own)
{
    skip_without_names();
    child_run(&child, run_with_low_memory, NULL);
    ASSERT_CHILD_EXITED(&child, 0);
    ASSERT_STR_CONTAINS(child.text, "  Task-1, made at ");
    ASSERT_STR_CONTAINS(child.text, "  waiter, made at ");
    ASSERT_STR_CONTAINS(child.text, "waits for event event");
    child_run(&child, run_with_high_memory, NULL);
    ASSERT_CHILD_EXITED(&child, 0);
    ASSERT_STR_CONTAINS(child.text, "  waiter, made at ");
}

/* ---- COIL_DUMP_SIGNAL ----------------------------------------------------- */

/* TSan delays a signal to a thread that only computes. */
#if defined(COIL_TSAN)
enum { SIGNALS_ARE_LATE = true };
#else
enum { SIGNALS_ARE_LATE = false };
#endif

static void skip_if_signals_are_late(void)
{
    if (SIGNALS_ARE_LATE || getenv("LD_PRELOAD"))
        SKIP("signals come late");
}

static volatile sig_atomic_t goes_on = 1;

static void stop(int number)
{
    (void)number;
    goes_on = 0;
}

static int be_busy(void *arg)
{
    (void)arg;
    signal(SIGTERM, stop);
    coil_task_set_name(coil_current_task(), "busy");
    (void)!write(STDOUT_FILENO, "ready\n", 6);
    while (goes_on)
        continue;
    return 0;
}

static void run_busy(void *arg)
{
    const struct coil_loop_options options = { .no_watchdog = true };

    setenv("COIL_DUMP_SIGNAL", arg, 1);
    ASSERT_EQ(coil_run_with(be_busy, NULL, &options), 0);
}

static void end_busy(void)
{
    kill(child.pid, SIGTERM);
    child_end(&child);
    ASSERT_CHILD_EXITED(&child, 0);
}

TEST(dump_places_by_signal_show_where_a_busy_task_is)
{
    skip_if_signals_are_late();
    child_start(&child, run_busy, "USR1");
    child_await(&child, "ready\n");
    kill(child.pid, SIGUSR1);
    child_await(&child, "  busy, made at ");
    child_await(&child, ": running\n");
    if (has_backtraces())
        child_await(&child, " be_busy");
    end_busy();
}

/* Another process may send a signal to one thread like this. */
TEST(dump_places_by_signal_to_one_thread_from_outside)
{
    skip_if_signals_are_late();
    child_start(&child, run_busy, "USR1");
    child_await(&child, "ready\n");
    ASSERT_EQ(syscall(SYS_tgkill, child.pid, child.pid, SIGUSR1), 0);
    child_await(&child, "  busy, made at ");
    end_busy();
}

static int count_handlers(void *arg)
{
    int *count = arg;
    struct sigaction action;

    for (int number = 1; number < SIGRTMIN; number++) {
        if (sigaction(number, NULL, &action) == 0 &&
            (action.sa_flags & SA_SIGINFO || action.sa_handler != SIG_DFL))
            ++*count;
    }
    return 0;
}

static int handlers_with(const char *name)
{
    int count = 0;

    if (name)
        setenv("COIL_DUMP_SIGNAL", name, 1);
    else
        unsetenv("COIL_DUMP_SIGNAL");
    ASSERT_EQ(coil_run(count_handlers, &count), 0);
    return count;
}

TEST(dump_places_by_no_signal_if_none_has_that_name)
{
    int usual = handlers_with(NULL);

    ASSERT_EQ(handlers_with(""), usual);
    ASSERT_EQ(handlers_with("nonsense"), usual);
    ASSERT_EQ(handlers_with("-1"), usual);
    ASSERT_EQ(handlers_with("1000"), usual);
    ASSERT_EQ(handlers_with("KILL"), usual);
    ASSERT_EQ(handlers_with("USR2"), usual + 1);
}

static void say_mine(int number, siginfo_t *info, void *context)
{
    (void)number;
    (void)info;
    (void)context;
    (void)!write(STDOUT_FILENO, "mine\n", 5);
}

static void run_with_handler(void *arg)
{
    const struct sigaction action = { .sa_sigaction = say_mine,
                                      .sa_flags = SA_SIGINFO };

    sigaction(SIGUSR1, &action, NULL);
    run_busy(arg);
}

TEST(dump_places_by_signal_not_if_the_program_has_it)
{
    skip_if_signals_are_late();
    child_start(&child, run_with_handler, "USR1");
    child_await(&child, "ready\n");
    kill(child.pid, SIGUSR1);
    child_await(&child, "mine\n");
    end_busy();
    ASSERT_NULL(strstr(child.text, "tasks of thread"));
}

static void run_and_raise(void *arg)
{
    setenv("COIL_DUMP_SIGNAL", arg, 1);
    ASSERT_EQ(coil_run(do_nothing, NULL), 0);
    kill(getpid(), SIGUSR1);
    puts("alive");
}

/* The handler stays, because the signal may be on its way. */
TEST(dump_places_by_signal_after_the_run_say_nothing)
{
    child_run(&child, run_and_raise, "USR1");
    ASSERT_CHILD_EXITED(&child, 0);
    ASSERT_STR_EQ(child.text, "alive\n");
}

/* ---- more threads than are remembered ------------------------------------- */

enum { THREADS = 70 };

static int meet(void *arg)
{
    (void)arg;
    pthread_barrier_wait(&barrier);
    pthread_barrier_wait(&barrier);
    return 0;
}

static void *run_one_of_many(void *arg)
{
    const struct coil_loop_options options = { .no_watchdog = true };

    (void)arg;
    ASSERT_EQ(coil_run_with(meet, NULL, &options), 0);
    return NULL;
}

static void run_many(void *arg)
{
    pthread_t threads[THREADS];

    setenv("COIL_DUMP_SIGNAL", arg, 1);
    pthread_barrier_init(&barrier, NULL, THREADS + 1);
    for (int i = 0; i < THREADS; i++)
        ASSERT_EQ(pthread_create(&threads[i], NULL, run_one_of_many, NULL), 0);
    pthread_barrier_wait(&barrier);
    kill(getpid(), SIGUSR1);
    pthread_barrier_wait(&barrier);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
}

TEST(dump_places_by_signal_with_many_threads_show_most)
{
    int count = 0;

    child_run(&child, run_many, "USR1");
    ASSERT_CHILD_EXITED(&child, 0);
    for (const char *p = child.text; (p = strstr(p, " tasks of thread ")); p++)
        count++;
    ASSERT_GE(count, 1);
    ASSERT_LE(count, THREADS);
}
