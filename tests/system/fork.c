/* SPDX-License-Identifier: MIT */
/*
 * A child after fork(): LOOP-24 of asyncio's behaviour. It has no running loop
 * and gets a clear error, may make its own loop, and does not disturb the
 * parent's. Without the label "threads": ThreadSanitizer does not know threads
 * in the child of a process that has some.
 */
#include "fork_test.h"

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
    /* The child's own loop is like any other. */
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
        /* The parent's loop goes on. */
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

/* The loop in which the guest ran belongs to the parent too. */
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
    struct coil_handle handle = { 0 };
    int rc;

    ASSERT_EQ(coil_task_create(NULL, run_in_parent_only, NULL), 0);
    fflush(NULL);
    child_of_task = fork();
    ASSERT_GE(child_of_task, 0);
    if (child_of_task == 0) {
        alarm(20);
        if (!variants[variant].debug)
            ASSERT_EQ(coil_loop_call_soon(loop, &handle, never, NULL), 0);
        /* The lock is held: this waits, and ends the run. */
        rc = coil_lock_acquire(lock);
        FAIL("the wait ended with %d", rc);
    }
    await_child(child_of_task);
    return coil_yield();
}

/* The child never runs what else was ready, whatever the task does. */
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

/* Programs fork in main and return from it like this. */
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
    /* The reader and the signal handler for which the parent waits. */
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
        /* The parent's loop heard nothing of it. */
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

/* The child's signals are as before coil: SIGUSR1 ends it. */
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
    /*
     * The memory is the same, but the parent's registration does not hold in
     * the child.
     */
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

/* The first SIGINT ends the child: there is no main task to cancel. */
TEST(fork_gives_the_child_of_a_run_sigint_back)
{
    ASSERT_EQ(coil_run(fork_in_run, NULL), 0);
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
