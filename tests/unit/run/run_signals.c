/* SPDX-License-Identifier: MIT */
/* LABELS: threads */
/*
 * What SIGTERM and SIGINT do to coil_run(), in one thread and in several. Each
 * test sets the dispositions itself, because its parent may ignore SIGINT.
 */
#include "actors.h"
#include "bodies.h"
#include "run_signals_test.h"

/* ---- the first signal ----------------------------------------------------- */

static int spin(void *arg)
{
    int rc;

    (void)arg;
    ready();
    do
        rc = coil_yield();
    while (rc == 0);
    return rc;
}

/* The status is 128 and the signal's number, and nothing is printed. */
TEST(run_signals_end_it_with_the_status_that_shells_expect)
{
    static const coil_fn fns[] = { tell_and_sleep, spin };

    for (int i = 0; i < 2; i++) {
        end_by(SIGTERM, fns[i]);
        expect_status(143);
        ASSERT_STR_EQ(the_child.text, "ready\n");
        end_by(SIGINT, fns[i]);
        expect_status(130);
        ASSERT_STR_EQ(the_child.text, "ready\n");
    }
}

static int clean_up(void *arg)
{
    int rc = coil_sleep(COIL_MINUTE);

    (void)arg;
    if (rc == -ECANCELED && coil_sleep(COIL_MILLISECOND) == 0)
        printf("cleaned\n");
    return rc;
}

static int beside_one_that_cleans_up(void *arg)
{
    int rc;

    ASSERT_EQ(coil_task_create(NULL, clean_up, NULL), 0);
    rc = tell_and_sleep(arg);
    if (rc == -ECANCELED && coil_sleep(COIL_MILLISECOND) == 0)
        printf("main cleaned\n");
    return rc;
}

TEST(run_signals_let_the_main_task_and_the_others_clean_up)
{
    end_by(SIGTERM, beside_one_that_cleans_up);
    expect_status(143);
    ASSERT_STR_EQ(the_child.text, "ready\nmain cleaned\ncleaned\n");
}

static int take_its_time_to_clean_up(void *arg)
{
    int rc = coil_sleep(COIL_MINUTE);

    (void)arg;
    if (rc == -ECANCELED && wait_for(SIGUSR1) == 0)
        printf("cleaned\n");
    return rc;
}

static int return_before_it(void *arg)
{
    (void)arg;
    ASSERT_EQ(coil_task_create(NULL, take_its_time_to_clean_up, NULL), 0);
    return coil_yield() < 0 ? -EIO : 7;
}

/* The run is ending already, and takes its time. */
TEST(run_signals_that_come_while_it_closes_change_nothing)
{
    end_by(SIGTERM, return_before_it);
    kill(the_child.pid, SIGUSR1);
    expect_status(7);
    ASSERT_STR_EQ(the_child.text, "ready\ncleaned\n");
}

/* The second signal ends the program, as always. */
TEST(run_signals_that_come_twice_while_it_closes_end_the_program)
{
    end_by(SIGTERM, return_before_it);
    kill(the_child.pid, SIGINT);
    child_end(&the_child);
    /* The signals may have come in the other order. */
    ASSERT(WIFSIGNALED(the_child.status));
    ASSERT(WTERMSIG(the_child.status) == SIGINT ||
           WTERMSIG(the_child.status) == SIGTERM);
}

static int stop_gracefully(void *arg)
{
    return tell_and_sleep(arg) == -ECANCELED ? 0 : 1;
}

static int fail_while_ending(void *arg)
{
    return tell_and_sleep(arg) == -ECANCELED ? -EPIPE : 1;
}

static int time_out_while_ending(void *arg)
{
    struct coil_timeout limit;
    int rc = tell_and_sleep(arg);

    ASSERT_EQ(coil_timeout_begin(&limit, COIL_MILLISECOND), 0);
    rc = coil_sleep(COIL_MINUTE);
    return coil_timeout_end(&limit, rc);
}

TEST(run_signals_leave_the_result_to_the_main_task)
{
    end_by(SIGTERM, stop_gracefully);
    expect_status(0);
    ASSERT_STR_EQ(the_child.text, "ready\n");
    end_by(SIGTERM, fail_while_ending);
    expect_status(1);
    ASSERT_STR_CONTAINS(the_child.text, ": Broken pipe\n");
    end_by(SIGTERM, time_out_while_ending);
    expect_status(1);
    ASSERT_STR_CONTAINS(the_child.text, ": timed out\n");
}

static int be_cancelled_as_well(void *arg)
{
    coil_task_cancel(coil_current_task());
    ASSERT_EQ(coil_yield(), -ECANCELED);
    return tell_and_sleep(arg);
}

/* The signal was not the only reason then. */
TEST(run_signals_of_a_main_task_that_was_cancelled_are_not_the_reason)
{
    end_by(SIGTERM, be_cancelled_as_well);
    expect_status(1);
    ASSERT_STR_CONTAINS(the_child.text, ": cancelled\n");
}

static int raise_and_sleep(void *arg)
{
    raise(*(int *)arg);
    return coil_sleep(COIL_MINUTE);
}

static int raise_and_return(void *arg)
{
    raise(*(int *)arg);
    return 5;
}

static int yield_thrice(void *arg)
{
    int rc = 0;

    (void)arg;
    for (int i = 0; i < 3 && rc == 0; i++)
        rc = coil_sleep(COIL_MILLISECOND);
    return rc;
}

static void run_each_time_anew(void *arg)
{
    static const int numbers[] = { SIGTERM, SIGINT, SIGTERM, SIGTERM };

    (void)arg;
    by_default();
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        int number = numbers[i];

        ASSERT_EQ(coil_run(raise_and_sleep, &number), COIL_ESIGNAL(number));
        /* The signal comes too late for a main task that has returned. */
        ASSERT_EQ(coil_run(raise_and_return, &number), 5);
        ASSERT_EQ(coil_run(yield_thrice, NULL), 0);
        ASSERT_EQ(coil_test_run(raise_and_sleep, &number, 1),
                  COIL_ESIGNAL(number));
    }
}

TEST(run_signals_of_one_run_do_not_reach_the_next)
{
    child_run(&the_child, run_each_time_anew, NULL);
    ASSERT_CHILD_EXITED(&the_child, 0);
}

/*
 * The signal comes as soon as there is a handler: perhaps before the main task
 * has begun.
 */
static void *end_at_once(void *arg)
{
    struct sigaction action;
    int number = *(int *)arg;

    do
        sigaction(number, NULL, &action);
    while (action.sa_handler == SIG_DFL && sched_yield() == 0);
    kill(getpid(), number);
    return NULL;
}

static void run_ended_at_once(void *arg)
{
    int number = SIGTERM;

    (void)arg;
    by_default();
    for (int i = 0; i < 50; i++) {
        pthread_t thread;

        ASSERT_EQ(pthread_create(&thread, NULL, end_at_once, &number), 0);
        ASSERT_EQ(coil_run(sleep_long, NULL), COIL_ESIGNAL(number));
        pthread_join(thread, NULL);
    }
}

TEST(run_signals_before_main_begins_end_it)
{
    child_run(&the_child, run_ended_at_once, NULL);
    ASSERT_CHILD_EXITED(&the_child, 0);
}

/* ---- the second ----------------------------------------------------------- */

static int go_on_regardless(void *arg)
{
    ASSERT_EQ(tell_and_sleep(arg), -ECANCELED);
    printf("going on\n");
    fflush(stdout);
    return coil_sleep(COIL_MINUTE);
}

/* A system call blocks the loop. Signals interrupt it. */
static int hang(void *arg)
{
    sigset_t both, before;

    (void)arg;
    sigemptyset(&both);
    sigaddset(&both, SIGINT);
    sigaddset(&both, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &both, &before);
    ready();
    while (sigsuspend(&before) < 0) {
        printf("going on\n");
        fflush(stdout);
    }
    return 0;
}

/* Main has returned; another task delays the end. */
static int hang_at_the_end(void *arg)
{
    (void)arg;
    go_on_regardless(NULL);
    return 0;
}

static int leave_one_that_hangs(void *arg)
{
    ASSERT_EQ(coil_task_create(NULL, hang_at_the_end, NULL), 0);
    ASSERT_EQ(coil_sleep(COIL_MINUTE), -ECANCELED);
    (void)arg;
    return 0;
}

/* It ends by the signal itself, so that the shell sees it. */
TEST(run_signals_that_come_second_end_the_program)
{
    static const int numbers[][2] = {
        { SIGTERM, SIGTERM },
        { SIGINT, SIGTERM },
        { SIGTERM, SIGINT },
        { SIGINT, SIGINT },
    };
    static const coil_fn fns[] = { go_on_regardless, hang,
                                   leave_one_that_hangs };

    for (int i = 0; i < 4 * 3; i++) {
        end_by(numbers[i / 3][0], fns[i % 3]);
        child_await(&the_child, "going on\n");
        kill(the_child.pid, numbers[i / 3][1]);
        child_end(&the_child);
        ASSERT_CHILD_KILLED(&the_child, numbers[i / 3][1]);
    }
}

/*
 * The first process of a container ignores signals that it does not handle. The
 * process in between dies with the test.
 */
static void be_init(void *arg)
{
    pid_t pid;
    int status;

    if (unshare(CLONE_NEWUSER | CLONE_NEWPID) < 0)
        _exit(77);
    pid = fork();
    if (pid == 0)
        play_program(arg);
    printf("pid %d\n", (int)pid);
    fflush(stdout);
    waitpid(pid, &status, 0);
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
}

TEST(run_signals_end_the_first_process_of_a_container)
{
    coil_fn fn = go_on_regardless;
    int pid;

    child_start(&the_child, be_init, &fn);
    while (child_read(&the_child) && !strstr(the_child.text, "ready\n"))
        continue;
    if (!strstr(the_child.text, "ready\n"))
        SKIP("this user may not make a PID namespace");
    child_await(&the_child, "pid ");
    child_await(&the_child, "\n");
    ASSERT_EQ(sscanf(strstr(the_child.text, "pid "), "pid %d", &pid), 1);
    kill(pid, SIGINT);
    child_await(&the_child, "going on\n");
    kill(pid, SIGTERM);
    expect_status(143);
}
