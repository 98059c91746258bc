/* SPDX-License-Identifier: MIT */
/* LABELS: threads */
/*
 * Signals in a loop: LOOP-21 of asyncio's behaviour.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/time.h>

#include <coil/semaphore.h>
#include <coil/signal.h>
#include <coil/timeout.h>

#include "loop_test.h"
#include "simulated.h"

static struct coil_signal_handler handler, other;

static int add(struct coil_signal_handler *h, int number, const char *name)
{
    return coil_loop_add_signal_handler(loop, h, number, say_name,
                                        (void *)(uintptr_t)name);
}

static bool remove_it(struct coil_signal_handler *h)
{
    return coil_loop_remove_signal_handler(loop, h);
}

static void (*disposition(int number))(int)
{
    struct sigaction action;

    ASSERT_EQ(sigaction(number, NULL, &action), 0);
    return action.sa_handler;
}

static void raise_later(void *arg)
{
    kill(getpid(), *(int *)arg);
}

/* ---- handlers ---- */

LOOP_TEST(signal_handler_is_called_by_the_loop)
{
    ASSERT_EQ(add(&handler, SIGUSR1, "usr1"), 0);
    raise(SIGUSR1);
    SAID("");
    run_once();
    SAID("usr1 ");
    run_once();
    SAID("");
    ASSERT(remove_it(&handler));
    ASSERT(!remove_it(&handler));
}

/* There is one call for each delivery, in the turns that follow. */
LOOP_TEST(signal_handler_is_called_once_for_each_signal)
{
    ASSERT_EQ(add(&handler, SIGUSR1, "usr1"), 0);
    for (int i = 0; i < 3; i++)
        raise(SIGUSR1);
    for (int i = 0; i < 4; i++)
        run_once();
    SAID("usr1 usr1 usr1 ");
    ASSERT(remove_it(&handler));
}

LOOP_TEST(signal_handlers_of_one_number_are_all_called_in_order)
{
    struct coil_signal_handler third = { .fn = NULL };

    ASSERT_EQ(add(&handler, SIGUSR1, "a"), 0);
    ASSERT_EQ(add(&other, SIGUSR1, "b"), 0);
    ASSERT_EQ(add(&third, SIGUSR2, "c"), 0);
    raise(SIGUSR1);
    run_once();
    SAID("a b ");
    ASSERT(remove_it(&handler));
    raise(SIGUSR1);
    raise(SIGUSR2);
    run_once();
    SAID("b c ");
    ASSERT(remove_it(&other));
    ASSERT(remove_it(&third));
}

/* The loop has nothing else to do, and there is no -EDEADLK. */
static void remove_handler(void *arg)
{
    ASSERT(remove_it(arg));
}

/* As long as the handler may be called, something can still happen. */
LOOP_TEST(signal_handler_lets_the_loop_wait_until_it_is_removed)
{
    struct coil_handle timer = { 0 };

    ASSERT_EQ(add(&handler, SIGUSR1, "usr1"), 0);
    ASSERT_EQ(coil_loop_call_later(loop, &timer, COIL_MILLISECOND,
                                   remove_handler, &handler),
              0);
    silence_stderr();
    ASSERT_EQ(coil_loop_run_forever(loop), -EDEADLK);
    restore_stderr();
    ASSERT(!remove_it(&handler));
}

LOOP_TEST(signal_interrupts_a_loop_that_waits)
{
    struct itimerval soon = { .it_value = { .tv_usec = 10000 } };

    ASSERT_EQ(
        coil_loop_add_signal_handler(loop, &handler, SIGALRM, stop_it, loop),
        0);
    ASSERT_EQ(setitimer(ITIMER_REAL, &soon, NULL), 0);
    ASSERT_EQ(coil_loop_run_forever(loop), 0);
    ASSERT(remove_it(&handler));
}

static void *kill_soon(void *arg)
{
    const struct timespec t = { 0, 10000000 };

    nanosleep(&t, NULL);
    kill(getpid(), *(int *)arg);
    return NULL;
}

/* The kernel may choose any thread. */
LOOP_TEST(signal_may_be_delivered_to_any_thread)
{
    int number = SIGUSR1;
    sigset_t set, before;
    pthread_t thread;

    ASSERT_EQ(
        coil_loop_add_signal_handler(loop, &handler, number, stop_it, loop), 0);
    ASSERT_EQ(pthread_create(&thread, NULL, kill_soon, &number), 0);
    sigemptyset(&set);
    sigaddset(&set, number);
    pthread_sigmask(SIG_BLOCK, &set, &before);
    ASSERT_EQ(coil_loop_run_forever(loop), 0);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_join(thread, NULL);
    ASSERT(remove_it(&handler));
}

LOOP_TEST(signal_handler_that_is_removed_is_not_called)
{
    ASSERT_EQ(add(&handler, SIGUSR1, "a"), 0);
    ASSERT_EQ(add(&other, SIGUSR1, "b"), 0);
    raise(SIGUSR1);
    ASSERT(remove_it(&handler));
    run_once();
    SAID("b ");
    raise(SIGUSR1);
    raise(SIGUSR1);
    run_once();
    SAID("b ");
    /* The second call was due. */
    ASSERT(remove_it(&other));
    run_once();
    SAID("");
}

static void remove_both(void *arg)
{
    say("gone ");
    ASSERT(remove_it(&handler));
    ASSERT(remove_it(&other));
    (void)arg;
}

LOOP_TEST(signal_handler_may_remove_itself_and_others)
{
    ASSERT_EQ(coil_loop_add_signal_handler(loop, &handler, SIGUSR1, remove_both,
                                           NULL),
              0);
    ASSERT_EQ(add(&other, SIGUSR1, "other"), 0);
    raise(SIGUSR1);
    raise(SIGUSR1);
    run_once();
    run_once();
    SAID("gone ");
}

LOOP_TEST(signal_numbers_that_cannot_be_handled_are_refused)
{
    /* 32 belongs to the C library. */
    static const int bad[] = { 32,      0,       -1,     NSIG,   1000,  SIGKILL,
                               SIGSTOP, SIGSEGV, SIGBUS, SIGFPE, SIGILL };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ASSERT_EQ(add(&handler, bad[i], "x"), -EINVAL);
        ASSERT(!remove_it(&handler));
    }
    ASSERT_EQ(coil_loop_add_signal_handler(loop, &handler, SIGUSR1, NULL, NULL),
              -EINVAL);
    ASSERT_EQ(add(&handler, SIGUSR1, "x"), 0);
    ASSERT_EQ(add(&handler, SIGUSR1, "x"), -EBUSY);
    ASSERT(remove_it(&handler));
}

/* ---- what was before ---- */

LOOP_TEST(signal_disposition_is_restored_with_the_last_handler)
{
    ASSERT(disposition(SIGUSR1) == SIG_DFL);
    ASSERT_EQ(add(&handler, SIGUSR1, "a"), 0);
    ASSERT_EQ(add(&other, SIGUSR1, "a"), 0);
    ASSERT(remove_it(&handler));
    ASSERT(disposition(SIGUSR1) != SIG_DFL);
    ASSERT(remove_it(&other));
    ASSERT(disposition(SIGUSR1) == SIG_DFL);

    signal(SIGUSR1, SIG_IGN);
    ASSERT_EQ(add(&handler, SIGUSR1, "a"), 0);
    raise(SIGUSR1);
    run_once();
    SAID("a ");
    ASSERT(remove_it(&handler));
    ASSERT(disposition(SIGUSR1) == SIG_IGN);
    signal(SIGUSR1, SIG_DFL);
}

static void do_nothing(int number)
{
    (void)number;
}

LOOP_TEST(signal_handler_that_the_program_installs_meanwhile_stays)
{
    ASSERT_EQ(add(&handler, SIGUSR1, "a"), 0);
    signal(SIGUSR1, do_nothing);
    ASSERT(remove_it(&handler));
    ASSERT(disposition(SIGUSR1) == do_nothing);
    signal(SIGUSR1, SIG_DFL);
}

/* It would wait for a lock that the interrupted handler holds. */
LOOP_TEST(signal_handler_is_not_interrupted_by_another)
{
    struct sigaction action;

    ASSERT_EQ(add(&handler, SIGUSR1, "a"), 0);
    ASSERT_EQ(sigaction(SIGUSR1, NULL, &action), 0);
    ASSERT(sigismember(&action.sa_mask, SIGUSR2));
    ASSERT(sigismember(&action.sa_mask, SIGINT));
    ASSERT(remove_it(&handler));
}

/* Block SIGHUP only.  Returns the mask as it was. */
static sigset_t block_hup(void)
{
    sigset_t hup, before;

    sigemptyset(&hup);
    sigaddset(&hup, SIGHUP);
    ASSERT_EQ(pthread_sigmask(SIG_SETMASK, &hup, &before), 0);
    return before;
}

static bool only_hup_is_blocked(void)
{
    sigset_t mask;

    ASSERT_EQ(pthread_sigmask(SIG_SETMASK, NULL, &mask), 0);
    return sigismember(&mask, SIGHUP) && !sigismember(&mask, SIGINT) &&
           !sigismember(&mask, SIGUSR1) && !sigismember(&mask, SIGUSR2);
}

static int look_at_the_mask(void *arg)
{
    (void)arg;
    return only_hup_is_blocked();
}

LOOP_TEST(signal_handlers_leave_the_mask_of_the_thread_alone)
{
    sigset_t before = block_hup();

    ASSERT_EQ(coil_run(look_at_the_mask, NULL), 1);
    ASSERT(only_hup_is_blocked());
    ASSERT_EQ(add(&handler, SIGUSR1, "a"), 0);
    ASSERT(only_hup_is_blocked());
    raise(SIGUSR1);
    run_once();
    ASSERT(only_hup_is_blocked());
    ASSERT(remove_it(&handler));
    ASSERT(only_hup_is_blocked());
    SAID("a ");
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

LOOP_TEST(signal_handlers_are_removed_when_the_loop_is_closed)
{
    ASSERT_EQ(add(&handler, SIGUSR1, "a"), 0);
    ASSERT_EQ(add(&other, SIGUSR2, "a"), 0);
    raise(SIGUSR1);
    ASSERT_EQ(coil_loop_close(loop, NULL), 0);
    ASSERT(disposition(SIGUSR1) == SIG_DFL);
    ASSERT(disposition(SIGUSR2) == SIG_DFL);
    /* The same memory is used again. */
    open_loop(variant);
    ASSERT_EQ(add(&handler, SIGUSR1, "b"), 0);
    raise(SIGUSR1);
    run_once();
    SAID("b ");
    ASSERT(remove_it(&handler));
}

TEST(signal_is_for_every_loop_that_has_a_handler)
{
    struct coil_loop *second;

    open_loop(0);
    ASSERT_EQ(coil_loop_new(&second, NULL), 0);
    ASSERT_EQ(add(&handler, SIGUSR1, "first"), 0);
    ASSERT_EQ(coil_loop_add_signal_handler(second, &other, SIGUSR1, say_name,
                                           (void *)(uintptr_t) "second"),
              0);
    ASSERT(!remove_it(&other));
    raise(SIGUSR1);
    run_once();
    SAID("first ");
    coil_loop_stop(second);
    ASSERT_EQ(coil_loop_run_forever(second), 0);
    SAID("second ");
    ASSERT_EQ(coil_loop_close(loop, NULL), 0);
    raise(SIGUSR1);
    coil_loop_stop(second);
    ASSERT_EQ(coil_loop_run_forever(second), 0);
    SAID("second ");
    ASSERT_EQ(coil_loop_close(second, NULL), 0);
}

/* ---- waiting ---- */

static int wait_for_usr1(void *arg)
{
    int number = SIGUSR1;
    struct coil_handle handle = { 0 };

    (void)arg;
    coil_loop_call_soon(loop, &handle, raise_later, &number);
    return coil_wait_signal(SIGUSR1);
}

LOOP_TEST(signal_can_be_waited_for)
{
    ASSERT_EQ(coil_loop_run_until_complete(loop, wait_for_usr1, NULL), SIGUSR1);
    ASSERT(disposition(SIGUSR1) == SIG_DFL);
}

static int wait_for_some(void *arg)
{
    const int numbers[] = { SIGTERM, SIGUSR1, SIGHUP };
    int number = SIGHUP;
    struct coil_handle handle = { 0 };

    (void)arg;
    coil_loop_call_soon(loop, &handle, raise_later, &number);
    return coil_wait_signals(numbers, 3);
}

LOOP_TEST(signal_that_comes_first_of_several_is_told)
{
    ASSERT_EQ(coil_loop_run_until_complete(loop, wait_for_some, NULL), SIGHUP);
    ASSERT(disposition(SIGTERM) == SIG_DFL);
}

static void raise_two(void *arg)
{
    (void)arg;
    raise(SIGHUP);
    raise(SIGTERM);
}

static int wait_for_one_of_two(void *arg)
{
    const int numbers[] = { SIGTERM, SIGUSR1, SIGHUP };
    struct coil_handle handle = { 0 };

    (void)arg;
    coil_loop_call_soon(loop, &handle, raise_two, NULL);
    return coil_wait_signals(numbers, 3);
}

LOOP_TEST(signals_that_come_at_once_are_told_as_one)
{
    int first = coil_loop_run_until_complete(loop, wait_for_one_of_two, NULL);

    ASSERT(first == SIGHUP || first == SIGTERM);
    ASSERT(disposition(SIGTERM) == SIG_DFL);
    ASSERT(disposition(SIGHUP) == SIG_DFL);
}

static int wait_in_vain(void *arg)
{
    struct coil_timeout limit;
    const int numbers[9] = { SIGTERM, SIGKILL };
    int rc;

    (void)arg;
    ASSERT_EQ(coil_timeout_begin(&limit, COIL_MILLISECOND), 0);
    rc = coil_wait_signal(SIGUSR1);
    ASSERT_EQ(coil_timeout_end(&limit, rc), -ETIMEDOUT);
    ASSERT(disposition(SIGUSR1) == SIG_DFL);
    ASSERT_EQ(coil_wait_signal(SIGKILL), -EINVAL);
    ASSERT_EQ(coil_wait_signals(numbers, 0), -EINVAL);
    ASSERT_EQ(coil_wait_signals(numbers, 9), -EINVAL);
    ASSERT_EQ(coil_wait_signals(numbers, 2), -EINVAL);
    ASSERT(disposition(SIGTERM) == SIG_DFL);
    ASSERT(coil_task_cancel(coil_current_task()));
    return coil_wait_signal(SIGUSR1);
}

LOOP_TEST(signal_wait_that_ends_otherwise_leaves_nothing_behind)
{
    ASSERT_EQ(coil_loop_run_until_complete(loop, wait_in_vain, NULL),
              -ECANCELED);
}

static void release(void *semaphore)
{
    coil_semaphore_release(semaphore);
}

static int count_hups(void *arg)
{
    static struct coil_semaphore hups = COIL_SEMAPHORE_INIT(0);
    int rc =
        coil_loop_add_signal_handler(loop, &handler, SIGHUP, release, &hups);

    (void)arg;
    ASSERT_EQ(rc, 0);
    for (int i = 0; i < 5; i++) {
        raise(SIGHUP);
        if (i % 2 == 0)
            raise(SIGHUP);
    }
    for (int i = 0; i < 8; i++) {
        rc = coil_semaphore_acquire(&hups);
        ASSERT_EQ(rc, 0);
    }
    ASSERT_EQ(coil_semaphore_try_acquire(&hups), -EAGAIN);
    ASSERT(remove_it(&handler));
    return 0;
}

/* The header advises this. */
LOOP_TEST(signal_handler_with_a_semaphore_misses_none)
{
    ASSERT_EQ(coil_loop_run_until_complete(loop, count_hups, NULL), 0);
}

/* ---- coil_run() ---- */

static int handle_sigint(void *arg)
{
    struct coil_loop *here = coil_loop_current();
    int rc;

    (void)arg;
    rc = coil_loop_add_signal_handler(here, &handler, SIGINT, say_name,
                                      (void *)(uintptr_t) "int");
    ASSERT_EQ(rc, 0);
    raise(SIGINT);
    ASSERT_EQ(coil_sleep(COIL_MILLISECOND), 0);
    raise(SIGINT);
    ASSERT_EQ(coil_sleep(COIL_MILLISECOND), 0);
    SAID("int int ");
    ASSERT(coil_loop_remove_signal_handler(here, &handler));
    raise(SIGINT);
    return coil_sleep(COIL_MINUTE);
}

/* The handler takes the place of the cancellation while it is there. */
TEST(signal_handler_of_sigint_takes_precedence_in_a_run)
{
    ASSERT_EQ(coil_run(handle_sigint, NULL), COIL_ESIGNAL(SIGINT));
    ASSERT(disposition(SIGINT) == SIG_DFL);
}

/* ---- storms ---- */

static atomic_int kills;
static int calls;

static void count_call(void *arg)
{
    (void)arg;
    calls++;
}

static void *storm(void *arg)
{
    (void)arg;
    for (int i = 0; i < 2000; i++) {
        kill(getpid(), i % 2 ? SIGUSR1 : SIGUSR2);
        atomic_fetch_add(&kills, 1);
        if (i % 16 == 0)
            sched_yield();
    }
    coil_loop_stop_threadsafe(loop);
    return NULL;
}

static void add_and_remove(void *arg)
{
    static struct coil_handle again;
    struct coil_signal_handler extra = { .fn = NULL };

    (void)arg;
    ASSERT_EQ(
        coil_loop_add_signal_handler(loop, &extra, SIGUSR1, count_call, NULL),
        0);
    ASSERT(remove_it(&extra));
    coil_loop_call_soon(loop, &again, add_and_remove, NULL);
}

static void *make_and_close_loops(void *arg)
{
    (void)arg;
    while (atomic_load(&kills) < 2000) {
        struct coil_signal_handler mine = { .fn = NULL };
        struct coil_loop *l;

        ASSERT_EQ(coil_loop_new(&l, NULL), 0);
        ASSERT_EQ(
            coil_loop_add_signal_handler(l, &mine, SIGUSR1, count_call, NULL),
            0);
        ASSERT_EQ(coil_loop_close(l, NULL), 0);
    }
    return NULL;
}

/* Signals in every thread, while handlers and loops come and go. */
TEST(signal_storms_do_no_harm)
{
    pthread_t threads[2];
    struct coil_handle handle = { 0 };

    open_loop(0);
    /* These calls keep the disposition. */
    ASSERT_EQ(
        coil_loop_add_signal_handler(loop, &handler, SIGUSR1, count_call, NULL),
        0);
    ASSERT_EQ(
        coil_loop_add_signal_handler(loop, &other, SIGUSR2, count_call, NULL),
        0);
    ASSERT_EQ(coil_loop_call_soon(loop, &handle, add_and_remove, NULL), 0);
    ASSERT_EQ(pthread_create(&threads[0], NULL, make_and_close_loops, NULL), 0);
    ASSERT_EQ(pthread_create(&threads[1], NULL, storm, NULL), 0);
    ASSERT_EQ(coil_loop_run_forever(loop), 0);
    pthread_join(threads[0], NULL);
    pthread_join(threads[1], NULL);
    run_once();
    run_once();
    ASSERT_GT(calls, 0);
    ASSERT_EQ(coil_loop_close(loop, NULL), 0);
    ASSERT(disposition(SIGUSR1) == SIG_DFL);
}

/* ---- outside of a loop of coil's ---- */

static int try_to_wait(void *arg)
{
    (void)arg;
    ASSERT_EQ(coil_wait_signal(SIGUSR1), -ENOTSUP);
    return 7;
}

TEST(signal_needs_a_loop_of_coils)
{
    ASSERT_EQ(run_without_clock(try_to_wait, NULL), 7);
}
