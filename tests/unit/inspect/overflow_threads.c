/* SPDX-License-Identifier: MIT */
/*
 * The handler of stack overflows, with runs that begin and end in several
 * threads.
 */
/* LABELS: threads */
/* WRAPS: signal */
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <time.h>

#include <coil/loop.h>

#include "test.h"

typedef void handler_fn(int number);

handler_fn *__real_signal(int number, handler_fn *fn);
handler_fn *__wrap_signal(int number, handler_fn *fn);

static pthread_t second;
static bool second_is_due;
static sem_t second_runs;
static sem_t first_is_over;

static bool is_caught(void)
{
    struct sigaction action;

    ASSERT_EQ(sigaction(SIGSEGV, NULL, &action), 0);
    return action.sa_flags & SA_SIGINFO || action.sa_handler != SIG_DFL;
}

static int look_after_the_first(void *arg)
{
    sem_post(&second_runs);
    sem_wait(&first_is_over);
    *(bool *)arg = is_caught();
    return 0;
}

static void *run_second(void *arg)
{
    ASSERT_EQ(coil_run(look_after_the_first, arg), 0);
    return arg;
}

/*
 * The first run takes the handler away: another run has enough time to begin,
 * unless it waits for this.
 */
handler_fn *__wrap_signal(int number, handler_fn *fn)
{
    static bool seen;
    struct timespec until;

    if (second_is_due) {
        second_is_due = false;
        ASSERT_EQ(pthread_create(&second, NULL, run_second, &seen), 0);
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_sec++;
        (void)!sem_timedwait(&second_runs, &until);
    }
    return __real_signal(number, fn);
}

static int see(void *arg)
{
    *(bool *)arg = is_caught();
    return 0;
}

TEST(overflow_threads_that_begin_a_run_while_one_ends_have_the_handler)
{
    bool is_taken = is_caught();
    bool seen = false;
    void *result;

    if (is_taken)
        SKIP("SIGSEGV belongs to the sanitizer");
    sem_init(&second_runs, 0, 0);
    sem_init(&first_is_over, 0, 0);
    second_is_due = true;
    ASSERT_EQ(coil_run(see, &seen), 0);
    ASSERT(seen);
    ASSERT(!second_is_due);
    sem_post(&first_is_over);
    ASSERT_EQ(pthread_join(second, &result), 0);
    ASSERT(*(bool *)result);
    ASSERT(!is_caught());
}
