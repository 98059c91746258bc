/* SPDX-License-Identifier: MIT */
/* LABELS: threads */
/*
 * Signals that the program handles too, and several runs.
 */
#include "run_signals_test.h"

/* ---- the first signal ----------------------------------------------------- */

static atomic_bool is_over;

/* ---- whose signal it is --------------------------------------------------- */

static int wait_for_usr1(void *arg)
{
    (void)arg;
    return wait_for(SIGUSR1);
}

static void run_dumping(void *arg)
{
    by_default();
    setenv("COIL_DUMP_SIGNAL", "TERM", 1);
    exit(coil_run_status(coil_run(tell_and_sleep, arg)));
}

TEST(run_signals_that_are_to_dump_do_so)
{
    child_start(&the_child, run_dumping, NULL);
    child_await(&the_child, "ready\n");
    for (int i = 0; i < 2; i++) {
        the_child.length = 0;
        the_child.text[0] = '\0';
        kill(the_child.pid, SIGTERM);
        child_await(&the_child, "1 tasks of thread");
    }
    kill(the_child.pid, SIGINT);
    expect_status(130);
}

static void say_mine(int number)
{
    (void)number;
    (void)!write(STDOUT_FILENO, "mine\n", 5);
}

/* Both signals have the disposition in the argument. */
static void run_otherwise(void *arg)
{
    void (*handler)(int) = *(void (**)(int))arg;

    signal(SIGINT, handler);
    signal(SIGTERM, handler);
    ASSERT_EQ(coil_run(wait_for_usr1, NULL), 0);
    ASSERT(signal(SIGINT, SIG_DFL) == handler);
    ASSERT(signal(SIGTERM, SIG_DFL) == handler);
}

static void send_all(void (*handler)(int))
{
    child_start(&the_child, run_otherwise, &handler);
    child_await(&the_child, "ready\n");
    for (int i = 0; i < 3; i++) {
        kill(the_child.pid, SIGTERM);
        kill(the_child.pid, SIGINT);
    }
    kill(the_child.pid, SIGUSR1);
    expect_status(0);
}

/* A script's background process ignores SIGINT like this. */
TEST(run_signals_that_are_ignored_stay_so)
{
    send_all(SIG_IGN);
    ASSERT_STR_EQ(the_child.text, "ready\n");
}

TEST(run_signals_that_the_program_handles_are_its_own)
{
    send_all(say_mine);
    ASSERT_STR_CONTAINS(the_child.text, "mine\nmine\n");
}

static void run_keeping(void *arg)
{
    int kept = *(int *)arg;
    const struct coil_loop_options options = {
        .keep_sigint = kept == SIGINT,
        .keep_sigterm = kept == SIGTERM,
    };

    by_default();
    exit(coil_run_status(coil_run_with(tell_and_sleep, NULL, &options)));
}

TEST(run_signals_are_left_alone_on_request)
{
    static const int numbers[] = { SIGINT, SIGTERM };

    for (int i = 0; i < 4; i++) {
        int kept = numbers[i / 2];
        int sent = numbers[i % 2];

        child_start(&the_child, run_keeping, &kept);
        child_await(&the_child, "ready\n");
        kill(the_child.pid, sent);
        child_end(&the_child);
        if (sent == kept)
            ASSERT_CHILD_KILLED(&the_child, sent);
        else
            ASSERT_CHILD_EXITED(&the_child, 128 + sent);
    }
}

static bool is_default(int number)
{
    struct sigaction action;

    sigaction(number, NULL, &action);
    return action.sa_handler == SIG_DFL;
}

static int see_handlers(void *arg)
{
    (void)arg;
    ASSERT(!is_default(SIGINT));
    ASSERT(!is_default(SIGTERM));
    return 0;
}

static int take_sigterm(void *arg)
{
    (void)arg;
    signal(SIGTERM, say_mine);
    return 0;
}

TEST(run_signals_are_as_they_were_when_it_is_over)
{
    by_default();
    ASSERT_EQ(coil_run(see_handlers, NULL), 0);
    ASSERT(is_default(SIGINT));
    ASSERT(is_default(SIGTERM));
    /* Only what the program has set meanwhile is different. */
    ASSERT_EQ(coil_run(take_sigterm, NULL), 0);
    ASSERT(is_default(SIGINT));
    ASSERT(signal(SIGTERM, SIG_DFL) == say_mine);
}

static int wait_and_go_on(void *arg)
{
    (void)arg;
    ASSERT_EQ(wait_for(SIGTERM), 0);
    printf("going on\n");
    fflush(stdout);
    return coil_sleep(COIL_MINUTE);
}

/* A signal that a task waits for is not the first signal of coil_run(). */
TEST(run_signals_that_a_task_waits_for_are_the_tasks)
{
    end_by(SIGTERM, wait_and_go_on);
    child_await(&the_child, "going on\n");
    kill(the_child.pid, SIGTERM);
    expect_status(143);
}

/* ---- several runs --------------------------------------------------------- */

enum { RUNS = 4 };

static atomic_int begun;

static int say_begun_and_sleep(void *arg)
{
    int rc;

    (void)arg;
    if (atomic_fetch_add(&begun, 1) == RUNS - 1)
        ready();
    rc = coil_sleep(COIL_MINUTE);
    return rc;
}

static void *run_one(void *rc)
{
    *(int *)rc = coil_run(say_begun_and_sleep, NULL);
    return NULL;
}

/* Runs in threads; the first thread of the process waits for them. */
static void run_several(void *arg)
{
    pthread_t threads[RUNS];
    int results[RUNS];

    (void)arg;
    by_default();
    for (int i = 0; i < RUNS; i++)
        ASSERT_EQ(pthread_create(&threads[i], NULL, run_one, &results[i]), 0);
    for (int i = 0; i < RUNS; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < RUNS; i++)
        ASSERT_EQ(results[i], COIL_ESIGNAL(SIGTERM));
    ASSERT(is_default(SIGINT));
    ASSERT(is_default(SIGTERM));
    exit(coil_run_status(results[0]));
}

TEST(run_signals_end_the_runs_of_all_threads)
{
    child_start(&the_child, run_several, NULL);
    child_await(&the_child, "ready\n");
    kill(the_child.pid, SIGTERM);
    expect_status(143);
}

static int wait_until_over(void *arg)
{
    (void)arg;
    atomic_fetch_add(&begun, 1);
    while (!atomic_load(&is_over))
        if (coil_sleep(COIL_MILLISECOND) < 0)
            return -ECANCELED;
    return 0;
}

static void *run_until_over(void *rc)
{
    *(int *)rc = coil_run(wait_until_over, NULL);
    return NULL;
}

/* The run that began first and installed the handlers ends before the other. */
static void run_after_the_first(void *arg)
{
    pthread_t first;
    pthread_t second;
    int results[2];

    (void)arg;
    by_default();
    ASSERT_EQ(pthread_create(&first, NULL, run_until_over, &results[0]), 0);
    while (atomic_load(&begun) == 0)
        sched_yield();
    atomic_store(&begun, RUNS - 2);
    ASSERT_EQ(pthread_create(&second, NULL, run_one, &results[1]), 0);
    while (atomic_load(&begun) == RUNS - 2)
        sched_yield();
    atomic_store(&is_over, true);
    pthread_join(first, NULL);
    ASSERT_EQ(results[0], 0);
    ready();
    pthread_join(second, NULL);
    exit(coil_run_status(results[1]));
}

TEST(run_signals_end_a_run_that_outlives_the_first)
{
    child_start(&the_child, run_after_the_first, NULL);
    child_await(&the_child, "ready\n");
    kill(the_child.pid, SIGTERM);
    expect_status(143);
}
