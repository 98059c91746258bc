/* SPDX-License-Identifier: MIT */
/* LABELS: threads */
/*
 * The thread of the watchdog.
 */
#include "process.h"
#include "watchdog_shared_test.h"

/* ---- its thread ----------------------------------------------------------- */

static int do_nothing(void *arg)
{
    (void)arg;
    return 0;
}

/* A thread that has been joined may still be seen for a moment. */
static bool are_threads(int count)
{
    for (int i = 0; i < 2000; i++) {
        if (threads() == count)
            return true;
        usleep(1000);
    }
    return false;
}

static int expect_threads(void *arg)
{
    const int *count = arg;

    ASSERT(are_threads(*count));
    return 0;
}

TEST(watchdog_has_a_thread_while_there_is_a_loop)
{
    const struct coil_loop_options none = { .no_watchdog = true };
    const struct coil_loop_options simulated = {
        .backend = COIL_BACKEND_SIMULATOR,
    };
    int before;
    int within;

    /* TSan makes a thread of its own with the first thread. */
    ASSERT_EQ(coil_run(do_nothing, NULL), 0);
    before = threads();
    within = before + 1;
    for (int i = 0; i < 20; i++) {
        ASSERT_EQ(coil_run(expect_threads, &within), 0);
        ASSERT(are_threads(before));
    }
    ASSERT_EQ(coil_run_with(expect_threads, &before, &none), 0);
    ASSERT_EQ(coil_run_with(expect_threads, &before, &simulated), 0);
}

/* One thread watches all loops. */
TEST(watchdog_has_one_thread_however_many_loops_there_are)
{
    struct coil_loop *loops[3];
    int before;
    int within;

    ASSERT_EQ(coil_run(do_nothing, NULL), 0);
    before = threads();
    within = before + 1;
    for (int i = 0; i < 3; i++) {
        ASSERT_EQ(coil_loop_new(&loops[i], NULL), 0);
        ASSERT_EQ(
            coil_loop_run_until_complete(loops[i], expect_threads, &within), 0);
    }
    for (int i = 0; i < 3; i++) {
        ASSERT(are_threads(within));
        ASSERT_EQ(coil_loop_close(loops[i], NULL), 0);
    }
    ASSERT(are_threads(before));
}

static int rest_and_be_slow(void *arg)
{
    int rc = coil_sleep(1500 * COIL_MILLISECOND);

    return rc < 0 ? rc : be_slow(arg);
}

/* It does not look while no loop runs. */
TEST(watchdog_is_awake_again_when_a_loop_is)
{
    run_child_until_told(rest_and_be_slow, 1);
    ASSERT_STR_CONTAINS(the_child.text, "coil: slowpoke");
}

static void *run_slow_loop(void *arg)
{
    (void)arg;
    ASSERT_EQ(coil_run(be_slow, NULL), 0);
    return NULL;
}

static void run_two_loops(void *arg)
{
    pthread_t thread;

    (void)arg;
    ASSERT_EQ(pthread_create(&thread, NULL, run_slow_loop, NULL), 0);
    ASSERT_EQ(coil_run(be_asleep, NULL), 0);
    pthread_join(thread, NULL);
}

TEST(watchdog_watches_the_loops_of_all_threads)
{
    /* The two steps are reported one after the other. */
    slow = 2 * COIL_SECOND;
    run_until_told(run_two_loops, NULL, 2);
    ASSERT_STR_CONTAINS(the_child.text, "coil: slowpoke");
    ASSERT_STR_CONTAINS(the_child.text, "coil: sleeper");
}

static void *run_short_loops(void *arg)
{
    (void)arg;
    for (int i = 0; i < 200; i++)
        ASSERT_EQ(coil_run(do_nothing, NULL), 0);
    return NULL;
}

TEST(watchdog_comes_and_goes_with_loops_of_several_threads)
{
    pthread_t threads[4];

    for (int i = 0; i < 4; i++)
        ASSERT_EQ(pthread_create(&threads[i], NULL, run_short_loops, NULL), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
}

static int fork_and_run(void *arg)
{
    pid_t pid = fork();
    int status;

    (void)arg;
    if (pid == 0) {
        /*
         * There is no watchdog thread in the child, and the child works without
         * it.
         */
        compute(200 * COIL_MILLISECOND);
        _exit(0);
    }
    ASSERT_EQ(waitpid(pid, &status, 0), pid);
    ASSERT_EQ(status, 0);
    return 0;
}

static void run_after_fork(void *arg)
{
    (void)arg;
    ASSERT_EQ(coil_run(fork_and_run, NULL), 0);
    if (fork() == 0) {
        ASSERT_EQ(coil_run(be_slow, NULL), 0);
        _exit(0);
    }
    wait(NULL);
}

TEST(watchdog_is_there_in_a_forked_child_with_a_loop_of_its_own)
{
    if (SIGNALS_ARE_LATE)
        SKIP("threads after a fork are nothing for TSan");
    run_until_told(run_after_fork, NULL, 1);
    ASSERT_STR_CONTAINS(the_child.text, "coil: slowpoke");
}

/* Standard error is full, and nobody reads it. */
static void fill_stderr(void)
{
    char bytes[4096] = { 0 };
    int fds[2];

    ASSERT_EQ(pipe(fds), 0);
    fcntl(fds[1], F_SETFL, O_NONBLOCK);
    while (write(fds[1], bytes, sizeof bytes) > 0)
        continue;
    fcntl(fds[1], F_SETFL, 0);
    dup2(fds[1], STDERR_FILENO);
}

static int be_slow_and_fork(void *arg)
{
    pid_t pid;

    compute(slow);
    /* The report is under way. */
    pid = fork();
    if (pid == 0)
        _exit(0);
    ASSERT_EQ(waitpid(pid, NULL, 0), pid);
    (void)arg;
    return 0;
}

static void be_slow_without_readers(void *arg)
{
    (void)arg;
    alarm(15);
    fill_stderr();
    ASSERT_EQ(coil_run(be_slow_and_fork, NULL), 0);
    printf("closed\n");
}

TEST(watchdog_that_cannot_write_holds_up_neither_fork_nor_close)
{
    child_run(&the_child, be_slow_without_readers, NULL);
    ASSERT_CHILD_EXITED(&the_child, 0);
    ASSERT_STR_CONTAINS(the_child.text, "closed");
}

/* The watchdog uses a signal that nobody else uses. */
static int count_handlers(void)
{
    struct sigaction action;
    int count = 0;

    for (int number = SIGRTMIN; number <= SIGRTMAX; number++) {
        if (sigaction(number, NULL, &action) == 0 &&
            (action.sa_flags & SA_SIGINFO || action.sa_handler != SIG_DFL))
            count++;
    }
    return count;
}

static void on_other_signal(int number)
{
    (void)number;
}

static void on_other_signal_with_context(int number, siginfo_t *info,
                                         void *context)
{
    (void)number;
    (void)info;
    (void)context;
}

/* The program installs a handler of one kind or the other. */
static void take_signal(int number)
{
    struct sigaction action = { .sa_handler = on_other_signal };

    if (number % 2)
        action = (struct sigaction){
            .sa_sigaction = on_other_signal_with_context,
            .sa_flags = SA_SIGINFO,
        };
    sigaction(number, &action, NULL);
}

static bool has_signal(int number)
{
    struct sigaction action;

    sigaction(number, NULL, &action);
    return number % 2 ? action.sa_sigaction == on_other_signal_with_context
                      : action.sa_handler == on_other_signal;
}

static void take_all_signals(void *arg)
{
    (void)arg;
    for (int number = SIGRTMIN; number <= SIGRTMAX; number++)
        take_signal(number);
    ASSERT_EQ(coil_run(be_slow, NULL), 0);
    for (int number = SIGRTMIN; number <= SIGRTMAX; number++)
        ASSERT(has_signal(number));
}

TEST(watchdog_takes_no_signal_that_is_in_use)
{
    int before = count_handlers();

    if (is_emulated())
        SKIP("valgrind keeps a signal for itself");
    child_run(&the_child, take_all_signals, NULL);
    ASSERT_CHILD_EXITED(&the_child, 0);
    /* It does not look at all before there is something to ask. */
    ASSERT_EQ(coil_run(work_in_pieces, NULL), 0);
    ASSERT_LE(count_handlers(), before + 1);
}
