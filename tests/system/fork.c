/* SPDX-License-Identifier: MIT */
/*
 * A child after fork(): LOOP-24 of asyncio's behaviour.  It has no running loop,
 * is told so clearly, may make a loop of its own, and disturbs the parent's in
 * no way.  Without the label "threads": ThreadSanitizer knows no threads in the
 * child of a process that has some.
 */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <coil/executor.h>
#include <coil/fd.h>
#include <coil/guest.h>
#include <coil/lock.h>
#include <coil/reader.h>
#include <coil/resolve.h>
#include <coil/signal.h>
#include <coil/testing.h>
#include <coil/thread.h>
#include <coil/threadsafe.h>

#include "loop_test.h"

enum { GOOD = 23 }; /* the exit status of a child that is content */

/* In the child: run body(arg); a failed assertion ends it otherwise. */
static pid_t fork_and(void (*body)(void *arg), void *arg)
{
    pid_t pid;

    fflush(NULL);
    pid = fork();
    ASSERT_GE(pid, 0);
    if (pid > 0)
        return pid;
    alarm(20);
    body(arg);
    _exit(GOOD);
}

static void await_child(pid_t pid)
{
    int status;

    while (waitpid(pid, &status, 0) < 0)
        ASSERT_EQ(errno, EINTR);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != GOOD)
        FAIL("the child ended with the wait status 0x%x", (unsigned)status);
}

static int seven(void *arg)
{
    (void)arg;
    return 7;
}

static int do_some(void *arg)
{
    int rc;

    (void)arg;
    ASSERT_EQ(coil_to_thread(seven, NULL), 7);
    rc = coil_sleep(COIL_MILLISECOND);
    return rc < 0 ? rc : 5;
}

/* ---- a child of a program that has a loop ---- */

static void use_parents_loop(void *arg)
{
    struct coil_thread_call call;
    struct coil_task *task;

    ASSERT_NULL(coil_loop_current());
    ASSERT_EQ(coil_loop_run_forever(loop), -EBADF);
    ASSERT_EQ(coil_loop_run_until_complete(loop, seven, NULL), -EBADF);
    ASSERT_EQ(coil_loop_run_until_done(loop, arg), -EBADF);
    ASSERT_EQ(coil_loop_run_once(loop, 0), -EBADF);
    ASSERT_EQ(coil_loop_fd(loop), -EBADF);
    if (!variants[variant].debug)
        ASSERT_EQ(coil_loop_create_task(loop, &task, seven, NULL), -EINVAL);
    ASSERT_EQ(coil_run_threadsafe(loop, &call, seven, NULL), -ESHUTDOWN);
    coil_loop_stop_threadsafe(loop);
    /* One of its own is like any other. */
    ASSERT_EQ(coil_run(do_some, NULL), 5);
    ASSERT_EQ(coil_loop_close(loop, NULL), -EBADF);
    ASSERT_EQ(coil_run(do_some, NULL), 5);
}

TEST(fork_leaves_the_child_no_loop_of_the_parents)
{
    struct coil_future done = COIL_FUTURE_INIT;

    ASSERT_EQ(coil_future_set_result(&done, NULL), 0);
    for (variant = 0; variant < VARIANTS; variant++) {
        open_loop(variant);
        await_child(fork_and(use_parents_loop, &done));
        /* The parent's goes on. */
        ASSERT_EQ(coil_loop_run_until_complete(loop, seven, NULL), 7);
        ASSERT_EQ(coil_loop_close(loop, NULL), 0);
    }
}

static void look_for_hup(void *arg)
{
    sigset_t mask;

    (void)arg;
    ASSERT_EQ(pthread_sigmask(SIG_SETMASK, NULL, &mask), 0);
    ASSERT(sigismember(&mask, SIGHUP));
    ASSERT(!sigismember(&mask, SIGUSR1));
}

TEST(fork_leaves_both_the_signals_that_were_blocked)
{
    struct coil_signal_handler handler = { .fn = NULL };
    sigset_t hup, before;

    open_loop(0);
    ASSERT_EQ(
        coil_loop_add_signal_handler(loop, &handler, SIGUSR1, say_name, NULL),
        0);
    sigemptyset(&hup);
    sigaddset(&hup, SIGHUP);
    ASSERT_EQ(pthread_sigmask(SIG_BLOCK, &hup, &before), 0);
    await_child(fork_and(look_for_hup, NULL));
    look_for_hup(NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    ASSERT(coil_loop_remove_signal_handler(loop, &handler));
    ASSERT_EQ(coil_loop_close(loop, NULL), 0);
}

/* ---- a guest that forks ---- */

static pid_t guests_child;

static int fork_here(void *arg)
{
    (void)arg;
    fflush(NULL);
    guests_child = fork();
    ASSERT_GE(guests_child, 0);
    return 0;
}

static int host_a_fork(void *arg)
{
    struct coil_task *task;
    int rc;

    (void)arg;
    ASSERT_EQ(coil_loop_create_task(loop, &task, fork_here, NULL), 0);
    rc = coil_loop_run_once(loop, 0);
    if (guests_child == 0) {
        ASSERT_EQ(rc, -EBADF);
        ASSERT_NULL(coil_loop_current());
        ASSERT_EQ(coil_run(do_some, NULL), 5);
        _exit(GOOD);
    }
    ASSERT_EQ(rc, 0);
    coil_task_release(task);
    await_child(guests_child);
    return coil_sleep(COIL_MILLISECOND);
}

/* The loop that the guest ran in is the parent's as well. */
TEST(fork_in_a_guest_leaves_the_child_no_host)
{
    open_loop(0);
    ASSERT_EQ(coil_run(host_a_fork, NULL), 0);
    ASSERT_EQ(coil_loop_close(loop, NULL), 0);
}

/* ---- a task that forks ---- */

static void be_child_of_task(void *arg)
{
    struct coil_task *task;
    int rc;

    (void)arg;
    ASSERT_NULL(coil_loop_current());
    rc = coil_task_create(&task, seven, NULL);
    ASSERT_EQ(rc, -EINVAL);
    rc = coil_sleep(COIL_SECOND);
    ASSERT_EQ(rc, -ENOTSUP);
    ASSERT_EQ(coil_run(do_some, NULL), 5);
    ASSERT_NULL(coil_loop_current());
}

static int fork_in_task(void *arg)
{
    (void)arg;
    await_child(fork_and(be_child_of_task, NULL));
    return coil_sleep(COIL_MILLISECOND);
}

LOOP_TEST(fork_by_a_task_leaves_the_child_without_a_loop)
{
    ASSERT_EQ(coil_loop_run_until_complete(loop, fork_in_task, NULL), 0);
}

static void never(void *arg)
{
    (void)arg;
    FAIL("the child runs the parent's loop");
}

static pid_t child_of_task;
static int other_ran;

static int run_in_parent_only(void *arg)
{
    (void)arg;
    if (child_of_task == 0)
        never(NULL);
    other_ran++;
    return 0;
}

static int fork_and_wait(void *arg)
{
    struct coil_lock *lock = arg;
    struct coil_handle handle = { .fn = NULL };
    int rc;

    ASSERT_EQ(coil_task_create(NULL, run_in_parent_only, NULL), 0);
    fflush(NULL);
    child_of_task = fork();
    ASSERT_GE(child_of_task, 0);
    if (child_of_task == 0) {
        alarm(20);
        if (!variants[variant].debug)
            ASSERT_EQ(coil_loop_call_soon(loop, &handle, never, NULL), 0);
        /* It is held: this waits, and ends the run. */
        rc = coil_lock_acquire(lock);
        FAIL("the wait ended with %d", rc);
    }
    await_child(child_of_task);
    return coil_yield();
}

/* Whatever the task does there, the child never runs what else was ready. */
LOOP_TEST(fork_by_a_task_that_waits_ends_the_childs_run)
{
    struct coil_lock lock = COIL_LOCK_INIT;
    int rc;

    ASSERT_EQ(coil_lock_try_acquire(&lock), 0);
    other_ran = 0;
    rc = coil_loop_run_until_complete(loop, fork_and_wait, &lock);
    if (child_of_task == 0) {
        ASSERT_EQ(rc, -EBADF);
        ASSERT_EQ(coil_run(do_some, NULL), 5);
        ASSERT_EQ(coil_loop_close(loop, NULL), -EBADF);
        ASSERT_EQ(coil_run(do_some, NULL), 5);
        _exit(GOOD);
    }
    ASSERT_EQ(rc, 0);
    ASSERT_EQ(other_ran, 1);
    coil_lock_release(&lock);
}

static int fork_and_return(void *arg)
{
    (void)arg;
    ASSERT_EQ(coil_task_create(NULL, run_in_parent_only, NULL), 0);
    fflush(NULL);
    child_of_task = fork();
    ASSERT_GE(child_of_task, 0);
    if (child_of_task == 0) {
        alarm(20);
        return 42;
    }
    await_child(child_of_task);
    return coil_yield();
}

/* As programs do that fork in main and return from it. */
TEST(fork_by_a_main_task_that_returns_ends_the_childs_run)
{
    int rc;

    other_ran = 0;
    child_of_task = -1;
    rc = coil_run(fork_and_return, NULL);
    if (child_of_task == 0) {
        ASSERT_EQ(rc, 42);
        ASSERT_EQ(coil_run(do_some, NULL), 5);
        _exit(GOOD);
    }
    ASSERT_EQ(rc, 0);
    ASSERT_EQ(other_ran, 1);
}

static void fork_in_callback(void *arg)
{
    call_soon(1, "once");
    child_of_task = fork();
    ASSERT_GE(child_of_task, 0);
    (void)arg;
}

LOOP_TEST(fork_by_a_callback_ends_the_childs_run)
{
    int rc;

    ASSERT_EQ(coil_loop_call_soon(loop, &handles[0], fork_in_callback, NULL),
              0);
    fflush(NULL);
    coil_loop_stop(loop);
    rc = coil_loop_run_forever(loop);
    if (child_of_task == 0) {
        ASSERT_EQ(rc, -EBADF);
        SAID("");
        ASSERT_EQ(coil_run(do_some, NULL), 5);
        _exit(GOOD);
    }
    ASSERT_EQ(rc, 0);
    await_child(child_of_task);
    run_once();
    SAID("once ");
}

static int wait_for_grandchild(void *arg)
{
    (void)arg;
    await_child(fork_and(be_child_of_task, NULL));
    return coil_sleep(COIL_MILLISECOND);
}

static void fork_again(void *arg)
{
    (void)arg;
    ASSERT_EQ(coil_run(wait_for_grandchild, NULL), 0);
    await_child(fork_and(be_child_of_task, NULL));
}

static int fork_twice(void *arg)
{
    (void)arg;
    await_child(fork_and(fork_again, NULL));
    return coil_sleep(COIL_MILLISECOND);
}

LOOP_TEST(fork_by_a_child_is_no_different)
{
    ASSERT_EQ(coil_loop_run_until_complete(loop, fork_twice, NULL), 0);
}

/* ---- the parent is not disturbed ---- */

static int ends[2];
static struct coil_fd_handler on_byte;

static void read_byte(void *arg)
{
    char byte;

    (void)arg;
    ASSERT_EQ(read(ends[0], &byte, 1), 1);
    say("%c ", byte);
}

static void meddle(void *arg)
{
    (void)arg;
    /* What the parent waits for, and what wakes it. */
    if (!variants[variant].debug)
        ASSERT(coil_loop_remove_reader(loop, &on_byte));
    coil_loop_stop_threadsafe(loop);
    ASSERT_EQ(coil_loop_close(loop, NULL), -EBADF);
    close(ends[0]);
    close(ends[1]);
}

/* Row 70: the epoll set is shared, and the child does not touch it. */
TEST(fork_lets_the_child_close_all_without_disturbing_the_parent)
{
    for (variant = 0; variant < KERNEL_VARIANTS; variant++) {
        open_loop(variant);
        ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
        ASSERT_EQ(
            coil_loop_add_reader(loop, &on_byte, ends[0], read_byte, NULL), 0);
        await_child(fork_and(meddle, NULL));
        /* Nothing of it was heard here. */
        ASSERT_EQ(coil_loop_run_once(loop, 5 * COIL_MILLISECOND), 0);
        SAID("");
        ASSERT_EQ(write(ends[1], "x", 1), 1);
        ASSERT_EQ(coil_loop_run_once(loop, COIL_MINUTE), 0);
        SAID("x ");
        ASSERT(coil_loop_remove_reader(loop, &on_byte));
        ASSERT_EQ(coil_loop_close(loop, NULL), 0);
        close(ends[0]);
        close(ends[1]);
    }
}

/* ---- signals ---- */

static struct coil_signal_handler on_usr1;

static void wait_to_be_killed(void *arg)
{
    (void)arg;
    for (;;)
        pause();
}

/* What the child has arranged is as before coil: SIGUSR1 ends it. */
LOOP_TEST(fork_gives_the_child_its_signals_back)
{
    pid_t pid;
    int status;

    ASSERT_EQ(coil_loop_add_signal_handler(loop, &on_usr1, SIGUSR1, say_name,
                                           (void *)(uintptr_t) "parent"),
              0);
    pid = fork_and(wait_to_be_killed, NULL);
    ASSERT_EQ(kill(pid, SIGUSR1), 0);
    ASSERT_EQ(waitpid(pid, &status, 0), pid);
    ASSERT(WIFSIGNALED(status));
    ASSERT_EQ(WTERMSIG(status), SIGUSR1);
    run_once();
    SAID("");
    raise(SIGUSR1);
    run_once();
    SAID("parent ");
    ASSERT(coil_loop_remove_signal_handler(loop, &on_usr1));
}

static int handle_in_child(void *arg)
{
    struct coil_loop *here = coil_loop_current();
    int rc;

    (void)arg;
    rc = coil_loop_add_signal_handler(here, &on_usr1, SIGUSR1, say_name,
                                      (void *)(uintptr_t) "child");
    ASSERT_EQ(rc, 0);
    raise(SIGUSR1);
    ASSERT_EQ(coil_sleep(COIL_MILLISECOND), 0);
    SAID("child ");
    return 0;
}

static void handle_signals_too(void *arg)
{
    (void)arg;
    /* The same memory: the parent's registration is not the child's. */
    ASSERT_EQ(coil_run(handle_in_child, NULL), 0);
}

/* test_fork_signal_handling */
LOOP_TEST(fork_lets_the_child_handle_signals_of_its_own)
{
    ASSERT_EQ(coil_loop_add_signal_handler(loop, &on_usr1, SIGUSR1, say_name,
                                           (void *)(uintptr_t) "parent"),
              0);
    await_child(fork_and(handle_signals_too, NULL));
    run_once();
    SAID("");
    ASSERT(coil_loop_remove_signal_handler(loop, &on_usr1));
}

static int fork_in_run(void *arg)
{
    pid_t pid = fork_and(wait_to_be_killed, NULL);
    int status;

    (void)arg;
    ASSERT_EQ(kill(pid, SIGINT), 0);
    ASSERT_EQ(waitpid(pid, &status, 0), pid);
    ASSERT(WIFSIGNALED(status));
    ASSERT_EQ(WTERMSIG(status), SIGINT);
    return coil_yield();
}

/* The first SIGINT ends it: there is no main task to be cancelled. */
TEST(fork_gives_the_child_of_a_run_sigint_back)
{
    ASSERT_EQ(coil_run(fork_in_run, NULL), 0);
}

/* ---- threads ---- */

static sem_t gate;

/* Threads that have come to the gate: 32 of coil_to_thread(), 2 of ours. */
enum { GATE_THREADS = 34 };
static atomic_int at_gate;

static int pass_gate(void *arg)
{
    (void)arg;
    atomic_fetch_add(&at_gate, 1);
    sem_wait(&gate);
    return 0;
}

static int resolve(void *arg)
{
    struct coil_address *addresses;
    size_t n;
    int rc = coil_resolve("localhost", 1, &addresses, &n);

    (void)arg;
    coil_addresses_free(addresses);
    return rc;
}

static struct coil_executor *executor;

static int use_threads(void *arg)
{
    (void)arg;
    for (int i = 0; i < 40; i++) {
        ASSERT_EQ(coil_to_thread(seven, NULL), 7);
        ASSERT_EQ(coil_executor_run(executor, seven, NULL), 7);
    }
    /* Whatever it says, it says something. */
    (void)!resolve(NULL);
    return 0;
}

static void use_threads_of_its_own(void *arg)
{
    (void)arg;
    ASSERT_EQ(coil_run(use_threads, NULL), 0);
    coil_executor_free(executor);
}

static int run_gate(void *arg)
{
    return arg ? coil_executor_run(executor, pass_gate, NULL)
               : coil_to_thread(pass_gate, NULL);
}

static int fork_while_threads_run(void *arg)
{
    struct coil_task *tasks[80];
    pid_t pid;
    int rc;

    (void)arg;
    /* All busy, and calls that wait their turn. */
    for (int i = 0; i < 80; i++)
        ASSERT_EQ(coil_task_create(&tasks[i], run_gate, i % 2 ? arg : NULL), 0);
    /* A sanitizer's lock that a thread holds while it begins is lost in a fork. */
    while (atomic_load(&at_gate) < GATE_THREADS) {
        rc = coil_sleep(1 * COIL_MILLISECOND);
        ASSERT_EQ(rc, 0);
    }
    pid = fork_and(use_threads_of_its_own, NULL);
    await_child(pid);
    for (int i = 0; i < 80; i++)
        sem_post(&gate);
    for (int i = 0; i < 80; i++) {
        rc = coil_task_await(tasks[i]);
        ASSERT_EQ(rc, 0);
        coil_task_release(tasks[i]);
    }
    return use_threads(NULL);
}

/* The child has none of the parent's threads, and makes its own. */
TEST(fork_lets_the_child_use_threads)
{
    sem_init(&gate, 0, 0);
    ASSERT_EQ(coil_executor_new(&executor, 2), 0);
    ASSERT_EQ(coil_run(fork_while_threads_run, &gate), 0);
    coil_executor_free(executor);
}

static atomic_bool is_finished;

static int take_a_while(void *arg)
{
    sem_post(arg);
    usleep(30000);
    atomic_store(&is_finished, true);
    return 0;
}

static int run_for_a_while(void *arg)
{
    return coil_to_thread(take_a_while, arg);
}

static int leave_a_call_behind(void *arg)
{
    ASSERT_EQ(coil_task_create(NULL, run_for_a_while, arg), 0);
    while (sem_trywait(arg) < 0) {
        int rc = coil_sleep(COIL_MILLISECOND);

        ASSERT_EQ(rc, 0);
    }
    return 0;
}

static int use_a_thread(void *arg)
{
    (void)arg;
    return coil_to_thread(seven, NULL);
}

enum { LOOPS = 16 };

static struct coil_loop *loops[LOOPS];

static void open_loops(void)
{
    for (int i = 0; i < LOOPS; i++)
        ASSERT_EQ(coil_loop_new(&loops[i], NULL), 0);
}

static void replace_loops(void *arg)
{
    for (int i = 0; i < LOOPS; i++)
        ASSERT_EQ(coil_loop_close(loops[i], NULL), -EBADF);
    open_loops();
    for (int i = 0; i < LOOPS; i++) {
        ASSERT_EQ(
            coil_loop_run_until_complete(loops[i], leave_a_call_behind, arg),
            0);
        ASSERT_EQ(coil_loop_close(loops[i], NULL), 0);
        ASSERT(atomic_exchange(&is_finished, false));
    }
}

/* Its loops may be where the parent's were in memory. */
TEST(fork_leaves_the_child_loops_that_wait_for_their_calls)
{
    sem_init(&gate, 0, 0);
    open_loops();
    for (int i = 0; i < LOOPS; i++)
        ASSERT_EQ(coil_loop_run_until_complete(loops[i], use_a_thread, NULL),
                  7);
    await_child(fork_and(replace_loops, &gate));
    for (int i = 0; i < LOOPS; i++)
        ASSERT_EQ(coil_loop_close(loops[i], NULL), 0);
}

/* ---- while other threads are busy with loops ---- */

static int calls_made;

static int count(void *arg)
{
    (void)arg;
    calls_made++;
    return coil_yield();
}

static bool over;
static pthread_mutex_t over_mutex = PTHREAD_MUTEX_INITIALIZER;

static bool is_over(void)
{
    bool is;

    pthread_mutex_lock(&over_mutex);
    is = over;
    pthread_mutex_unlock(&over_mutex);
    return is;
}

static void set_over(void)
{
    pthread_mutex_lock(&over_mutex);
    over = true;
    pthread_mutex_unlock(&over_mutex);
}

static void *call_all_the_time(void *arg)
{
    struct coil_thread_call call;
    int rc = 0;

    (void)arg;
    while (rc >= 0 && !is_over()) {
        rc = coil_run_threadsafe(loop, &call, count, NULL);
        if (rc == 0)
            rc = coil_thread_call_wait(&call, COIL_NEVER);
    }
    coil_loop_stop_threadsafe(loop);
    return NULL;
}

static void *run_loop(void *arg)
{
    (void)arg;
    ASSERT_EQ(coil_loop_run_forever(loop), 0);
    return NULL;
}

static void run_one(void *arg)
{
    (void)arg;
    ASSERT_EQ(coil_run(do_some, NULL), 5);
    ASSERT_EQ(coil_loop_close(loop, NULL), -EBADF);
}

/* Every lock may be held at that moment. */
TEST(fork_at_any_moment_leaves_the_child_working)
{
    pthread_t threads[2];

#if defined(__SANITIZE_ADDRESS__)
    SKIP("a fork in mid allocation of another thread leaves ASan locked");
#endif
    open_loop(0);
    coil_loop_hold(loop);
    ASSERT_EQ(pthread_create(&threads[0], NULL, run_loop, NULL), 0);
    ASSERT_EQ(pthread_create(&threads[1], NULL, call_all_the_time, NULL), 0);
    for (int i = 0; i < 40; i++)
        await_child(fork_and(run_one, NULL));
    set_over();
    pthread_join(threads[0], NULL);
    pthread_join(threads[1], NULL);
    coil_loop_release(loop);
    ASSERT_EQ(coil_loop_close(loop, NULL), 0);
}

/* ---- while signals interrupt threads ---- */

static pthread_t asker;

static void *ask_all_the_time(void *arg)
{
    while (!is_over())
        (void)coil_thread_call_is_done(arg);
    return NULL;
}

static void *interrupt_all_the_time(void *arg)
{
    (void)arg;
    while (!is_over())
        ASSERT_EQ(pthread_kill(asker, SIGUSR1), 0);
    return NULL;
}

static void do_nothing(void *arg)
{
    (void)arg;
}

/* The thread may be in the middle of what fork() waits for. */
TEST(fork_waits_for_nobody_whom_a_signal_has_interrupted)
{
    struct coil_signal_handler handler = { .number = 0 };
    struct coil_thread_call call = { .loop = NULL };
    pthread_t interrupter;

    open_loop(0);
    ASSERT_EQ(
        coil_loop_add_signal_handler(loop, &handler, SIGUSR1, do_nothing, NULL),
        0);
    ASSERT_EQ(pthread_create(&asker, NULL, ask_all_the_time, &call), 0);
    ASSERT_EQ(pthread_create(&interrupter, NULL, interrupt_all_the_time, NULL),
              0);
    for (int i = 0; i < 200; i++)
        await_child(fork_and(do_nothing, NULL));
    set_over();
    pthread_join(interrupter, NULL);
    pthread_join(asker, NULL);
    ASSERT_EQ(coil_loop_close(loop, NULL), 0);
}

/* ---- a task that another thread has called ---- */

enum { OVERWRITTEN = 16 << 10, NEW_THREADS = 4 };

static pthread_barrier_t all_run;

/* What the parent's threads had on their stacks is lost. */
static void *overwrite_stack(void *arg)
{
    char garbage[OVERWRITTEN];

    memset(garbage, 0xa5, sizeof garbage);
    __asm__ volatile("" : : "r"(garbage) : "memory");
    pthread_barrier_wait(&all_run);
    return arg;
}

static void use_stacks_of_threads(void)
{
    pthread_t threads[NEW_THREADS];

    ASSERT_EQ(pthread_barrier_init(&all_run, NULL, NEW_THREADS), 0);
    for (int i = 0; i < NEW_THREADS; i++)
        ASSERT_EQ(pthread_create(&threads[i], NULL, overwrite_stack, NULL), 0);
    for (int i = 0; i < NEW_THREADS; i++)
        ASSERT_EQ(pthread_join(threads[i], NULL), 0);
}

static int fork_for_a_thread(void *arg)
{
    (void)arg;
    fflush(NULL);
    child_of_task = fork();
    ASSERT_GE(child_of_task, 0);
    if (child_of_task == 0) {
        alarm(20);
        use_stacks_of_threads();
        return 0;
    }
    await_child(child_of_task);
    return 5;
}

static void *call_fork(void *arg)
{
    struct coil_thread_call call;

    ASSERT_EQ(coil_run_threadsafe(loop, &call, fork_for_a_thread, NULL), 0);
    ASSERT_EQ(coil_thread_call_wait(&call, COIL_NEVER), 5);
    coil_loop_stop_threadsafe(loop);
    return arg;
}

/* Who called, and where the call is, is not there in the child. */
TEST(fork_by_a_task_that_a_thread_called_tells_nobody_in_the_child)
{
    pthread_t thread;
    int rc;

    open_loop(0);
    coil_loop_hold(loop);
    ASSERT_EQ(pthread_create(&thread, NULL, call_fork, NULL), 0);
    rc = coil_loop_run_forever(loop);
    if (child_of_task == 0) {
        ASSERT_EQ(rc, -EBADF);
        ASSERT_EQ(coil_run(do_some, NULL), 5);
        _exit(GOOD);
    }
    ASSERT_EQ(rc, 0);
    pthread_join(thread, NULL);
    coil_loop_release(loop);
    ASSERT_EQ(coil_loop_close(loop, NULL), 0);
}

/* ---- a call that was not done ---- */

static void ask_for_ended_call(void *arg)
{
    ASSERT(coil_thread_call_is_done(arg));
    ASSERT_EQ(coil_thread_call_wait(arg, COIL_NEVER), -ECANCELED);
    ASSERT(!coil_thread_call_cancel(arg));
}

static void ask_for_parents_call(void *arg)
{
    ask_for_ended_call(arg);
    ASSERT_EQ(coil_loop_close(loop, NULL), -EBADF);
    ASSERT(!coil_thread_call_cancel(arg));
}

LOOP_TEST(fork_ends_the_calls_of_the_parents_loops_in_the_child)
{
    struct coil_thread_call call;

    ASSERT_EQ(coil_run_threadsafe(loop, &call, seven, NULL), 0);
    await_child(fork_and(ask_for_parents_call, &call));
    while (!coil_thread_call_is_done(&call))
        run_once();
    ASSERT_EQ(coil_thread_call_wait(&call, 0), 7);
}

static int fork_before_a_call_begins(void *arg)
{
    struct coil_thread_call *call = arg;

    ASSERT_EQ(coil_run_threadsafe(loop, call, seven, NULL), 0);
    await_child(fork_and(ask_for_ended_call, call));
    while (!coil_thread_call_is_done(call)) {
        int rc = coil_yield();

        if (rc < 0)
            return rc;
    }
    return coil_thread_call_wait(call, 0);
}

LOOP_TEST(fork_ends_a_call_that_has_not_begun_in_the_child)
{
    struct coil_thread_call call;

    ASSERT_EQ(
        coil_loop_run_until_complete(loop, fork_before_a_call_begins, &call),
        7);
}

static void fork_when_told(struct coil_loop *where,
                           const struct coil_exception *exception, void *arg)
{
    (void)arg;
    ASSERT_PTR_EQ(where, loop);
    ASSERT_EQ(exception->error, -ENOMEM);
    coil_test_fail_allocation(0, false);
    fflush(NULL);
    child_of_task = fork();
    ASSERT_GE(child_of_task, 0);
}

static void fail_from_now(void *arg)
{
    (void)arg;
    coil_test_fail_allocation(1, true);
}

/* The call has ended there by then. */
LOOP_TEST(fork_when_told_of_a_call_that_cannot_begin)
{
    struct coil_thread_call call;
    int rc;

    child_of_task = -1;
    coil_loop_set_exception_handler(loop, fork_when_told, NULL);
    ASSERT_EQ(coil_loop_call_soon(loop, &handles[0], fail_from_now, NULL), 0);
    ASSERT_EQ(coil_run_threadsafe(loop, &call, seven, NULL), 0);
    coil_loop_stop(loop);
    rc = coil_loop_run_forever(loop);
    if (child_of_task == 0) {
        ASSERT_EQ(rc, -EBADF);
        ask_for_parents_call(&call);
        ASSERT_EQ(coil_run(do_some, NULL), 5);
        _exit(GOOD);
    }
    ASSERT_EQ(rc, 0);
    await_child(child_of_task);
    ASSERT_EQ(coil_thread_call_wait(&call, 0), -ENOMEM);
    ASSERT_EQ(coil_run_threadsafe(loop, &call, seven, NULL), 0);
    while (!coil_thread_call_is_done(&call))
        run_once();
    ASSERT_EQ(coil_thread_call_wait(&call, 0), 7);
}

/* ---- while the loop is closed ---- */

static int fork_when_cancelled(void *arg)
{
    int rc = coil_sleep(COIL_MINUTE);

    (void)arg;
    ASSERT_EQ(rc, -ECANCELED);
    child_of_task = fork();
    ASSERT_GE(child_of_task, 0);
    return rc;
}

LOOP_TEST(fork_while_the_loop_is_closed_ends_the_childs_part_of_that)
{
    int rc;

    start_on_loop(fork_when_cancelled);
    run_once();
    rc = coil_loop_close(loop, NULL);
    loop = NULL;
    if (child_of_task == 0) {
        ASSERT_EQ(rc, -EBADF);
        ASSERT_NULL(coil_loop_current());
        ASSERT_EQ(coil_run(do_some, NULL), 5);
        _exit(GOOD);
    }
    ASSERT_EQ(rc, 0);
    await_child(child_of_task);
}

/* ---- debug mode ---- */

static void call_soon_in_child(void *arg)
{
    (void)arg;
    call_soon(0, "wrong");
}

PANIC_TEST(fork_is_noticed_in_debug_mode, "the parent process")
{
    pid_t pid;
    int status;

    open_loop(1);
    pid = fork_and(call_soon_in_child, NULL);
    waitpid(pid, &status, 0);
    if (WIFSIGNALED(status))
        abort();
}
