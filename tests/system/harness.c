/* SPDX-License-Identifier: MIT */
/*
 * The runner is tested with tests that must fail.  They are hidden, and run in a
 * forked copy of this program whose output is kept.
 */
#include "test.h"

#include <coil/loop.h>
#include <coil/task.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "time_limit.h"

static char output[16384];

/*
 * Run the runner with up to two arguments, in a child.  Its output goes to
 * `output`, its wait status is returned.
 */
static int run(const char *a, const char *b)
{
    char program[] = "test_harness";
    char *argv[] = { program, (char *)(uintptr_t)a, (char *)(uintptr_t)b,
                     NULL };
    const struct rlimit no_core = { 0, 0 };
    size_t length = 0;
    int status;
    int out[2];
    ssize_t n;
    pid_t pid;

    ASSERT_EQ(pipe(out), 0);
    fflush(NULL);
    pid = fork();
    ASSERT_GE(pid, 0);
    if (pid == 0) {
        setrlimit(RLIMIT_CORE, &no_core);
        dup2(out[1], STDOUT_FILENO);
        dup2(out[1], STDERR_FILENO);
        close(out[0]);
        close(out[1]);
        exit(test_main(a ? b ? 3 : 2 : 1, argv));
    }
    close(out[1]);
    while ((n = read(out[0], output + length, sizeof(output) - 1 - length)) > 0)
        length += (size_t)n;
    output[length] = '\0';
    close(out[0]);
    ASSERT_EQ(waitpid(pid, &status, 0), pid);
    return status;
}

static void must_abort(const char *name, const char *message)
{
    int status = run(name, NULL);

    ASSERT_STR_CONTAINS(output, message);
    ASSERT(WIFSIGNALED(status));
    ASSERT_EQ(WTERMSIG(status), SIGABRT);
}

static void must_exit(const char *name, int code, const char *message)
{
    int status = run(name, NULL);

    ASSERT_STR_CONTAINS(output, message);
    ASSERT(WIFEXITED(status));
    ASSERT_EQ(WEXITSTATUS(status), code);
}

/* ---- assertions ---- */

HIDDEN_TEST(hidden_passes)
{
    const char *null = NULL;

    ASSERT(true);
    ASSERT_EQ(2 + 2, 4);
    ASSERT_NE(-1, 1);
    ASSERT_LT(INT64_MIN, INT64_MAX);
    ASSERT_LE(sizeof(char), 1);
    ASSERT_GT(1, 0);
    ASSERT_GE(1, 1);
    ASSERT_OK(0);
    ASSERT_OK(7);
    ASSERT_NULL(null);
    ASSERT_NOT_NULL(output);
    ASSERT_PTR_EQ(output, &output[0]);
    ASSERT_STR_EQ("a", "a");
    ASSERT_STR_EQ(null, NULL);
    ASSERT_STR_CONTAINS("semaphore", "map");
    ASSERT_MEM_EQ("a\0b", "a\0b", 3);
}

TEST(harness_a_true_assertion_passes)
{
    ASSERT_EQ(run("hidden_passes", NULL), 0);
}

HIDDEN_TEST(hidden_signals)
{
    static const int numbers[] = { SIGINT, SIGTERM, SIGHUP, SIGPIPE };
    struct sigaction action;
    sigset_t mask;

    ASSERT_EQ(sigprocmask(SIG_BLOCK, NULL, &mask), 0);
    for (int i = 0; i < 4; i++) {
        ASSERT_EQ(sigaction(numbers[i], NULL, &action), 0);
        ASSERT(action.sa_handler == SIG_DFL);
        ASSERT(!sigismember(&mask, numbers[i]));
    }
}

/* The test is started as nohup or a script would start it. */
TEST(harness_a_test_sees_no_signals_that_its_caller_ignores)
{
    sigset_t blocked;

    signal(SIGINT, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGTERM);
    ASSERT_EQ(sigprocmask(SIG_BLOCK, &blocked, NULL), 0);
    ASSERT_EQ(run("hidden_signals", NULL), 0);
}

HIDDEN_TEST(hidden_false)
{
    ASSERT(1 > 2);
}

TEST(harness_a_false_condition_is_printed)
{
    must_abort("hidden_false", "1 > 2 is false");
    ASSERT_STR_CONTAINS(output, "harness.c:");
}

HIDDEN_TEST(hidden_unequal)
{
    ASSERT_EQ(-ETIMEDOUT, 3);
}

TEST(harness_both_values_of_a_comparison_are_printed)
{
    char left[128];

    snprintf(left, sizeof left, "-110 (%s)", strerror(ETIMEDOUT));
    must_abort("hidden_unequal", left);
    ASSERT_STR_CONTAINS(output, "right: 3");
}

HIDDEN_TEST(hidden_error)
{
    ASSERT_OK(-ENOMEM);
}

TEST(harness_an_error_code_is_not_ok)
{
    must_abort("hidden_error", strerror(ENOMEM));
}

HIDDEN_TEST(hidden_strings)
{
    ASSERT_STR_EQ("left text", "right text");
}

TEST(harness_both_strings_are_printed)
{
    must_abort("hidden_strings", "left text");
    ASSERT_STR_CONTAINS(output, "right text");
}

HIDDEN_TEST(hidden_memory)
{
    ASSERT_MEM_EQ("abc", "abd", 3);
}

TEST(harness_the_first_differing_byte_is_named)
{
    must_abort("hidden_memory", "at byte 2 of 3");
}

HIDDEN_TEST(hidden_pointer)
{
    ASSERT_NULL(output);
}

TEST(harness_a_pointer_is_not_null)
{
    must_abort("hidden_pointer", "output == NULL does not hold");
}

static void fail_elsewhere(int number)
{
    (void)number;
    FAIL("on the %s stack", "other");
}

HIDDEN_TEST(hidden_other_stack)
{
    static char stack[256 * 1024];
    const stack_t other = { .ss_sp = stack, .ss_size = sizeof stack };
    const struct sigaction action = { .sa_handler = fail_elsewhere,
                                      .sa_flags = SA_ONSTACK };

    ASSERT_EQ(sigaltstack(&other, NULL), 0);
    ASSERT_EQ(sigaction(SIGUSR1, &action, NULL), 0);
    raise(SIGUSR1);
}

TEST(harness_an_assertion_fails_on_another_stack)
{
    must_abort("hidden_other_stack", "on the other stack");
}

/* ---- the hook ---- */

static void say_tasks(void)
{
    fputs("here are the tasks\n", stderr);
    ASSERT(false); /* must not call the hook again */
}

HIDDEN_TEST(hidden_hook)
{
    test_on_failure = say_tasks;
    FAIL("the cause");
}

TEST(harness_a_failure_calls_the_hook_once)
{
    must_abort("hidden_hook", "the cause");
    ASSERT_STR_CONTAINS(output, "here are the tasks");
    ASSERT_NULL(strstr(strstr(output, "tasks") + 1, "tasks"));
}

/* ---- descriptors, stacks, time, skipping ---- */

HIDDEN_TEST(hidden_leak)
{
    ASSERT_OK(open("/dev/null", O_RDONLY | O_CLOEXEC));
}

TEST(harness_a_leaked_descriptor_is_found)
{
    must_exit("hidden_leak", EXIT_FAILURE, "(/dev/null) was left open");
}

HIDDEN_TEST(hidden_close)
{
    close(STDIN_FILENO);
}

TEST(harness_a_descriptor_closed_by_mistake_is_found)
{
    must_exit("hidden_close", EXIT_FAILURE, "descriptor 0 was closed");
}

static int do_nothing(void *arg)
{
    (void)arg;
    return 0;
}

static int keep_a_task(void *arg)
{
    struct coil_task *task;

    ASSERT_EQ(coil_task_create(&task, do_nothing, arg), 0);
    return coil_yield();
}

HIDDEN_TEST(hidden_task)
{
    ASSERT_EQ(coil_run(keep_a_task, NULL), 0);
}

TEST(harness_a_task_that_was_not_released_is_found)
{
    must_exit("hidden_task", EXIT_FAILURE, "1 stacks are still in use");
}

HIDDEN_TEST(hidden_hang)
{
    for (;;)
        pause();
}

TEST(harness_a_hanging_test_is_ended)
{
    setenv("COIL_TEST_TIMEOUT", "1", 1);
    must_abort("hidden_hang", "hidden_hang took longer than 1 s");
}

TEST(harness_a_limit_does_not_count_while_somebody_waits_for_a_processor)
{
    const uint64_t second = 1000000;

    ASSERT_EQ(time_limit_left_after(20, 20 * second, 0, 0), 0);
    ASSERT_EQ(time_limit_left_after(20, 20 * second, second / 2, 0), 1);
    ASSERT_EQ(time_limit_left_after(20, 20 * second, 20 * second, 0), 20);
    ASSERT_EQ(time_limit_left_after(20, 20 * second, 21 * second, 0), 20);
    ASSERT_EQ(time_limit_left_after(20, 50 * second, 30 * second, 0), 0);
    /* Of computing, a quarter counts. */
    ASSERT_EQ(time_limit_left_after(20, 40 * second, 0, 40 * second), 10);
    ASSERT_EQ(time_limit_left_after(20, 40 * second, 30 * second, 20 * second),
              10);
    ASSERT_EQ(time_limit_left_after(20, 80 * second, 0, 80 * second), 0);
    /* But not for ever. */
    ASSERT_EQ(time_limit_left_after(20, 295 * second, 290 * second, 0), 5);
    ASSERT_EQ(time_limit_left_after(20, 300 * second, 300 * second, 0), 0);
}

HIDDEN_TEST(hidden_skip)
{
    SKIP("the moon is not full");
}

TEST(harness_a_skipped_test_exits_with_77)
{
    must_exit("hidden_skip", TEST_EXIT_SKIPPED,
              "skipped: the moon is not full");
}

/* ---- tests that must abort ---- */

static void panic(const char *message)
{
    fprintf(stderr, "coil: panic: %s\n", message);
    abort();
}

PANIC_TEST(harness_a_panic_test_passes_when_the_message_is_seen, "not a task")
{
    panic("this is not a task");
}

HIDDEN_PANIC_TEST(hidden_panic_other, "not a task")
{
    panic("something else");
}

TEST(harness_a_panic_with_another_message_fails)
{
    must_abort("hidden_panic_other", "aborted without saying \"not a task\"");
    ASSERT_STR_CONTAINS(output, "something else");
}

HIDDEN_PANIC_TEST(hidden_panic_none, "not a task")
{
    fputs("not a task, but no panic either\n", stderr);
}

TEST(harness_a_panic_test_that_goes_on_fails)
{
    must_abort("hidden_panic_none", "did not abort");
}

HIDDEN_PANIC_TEST(hidden_panic_skip, "not a task")
{
    SKIP("no panics today");
}

TEST(harness_a_panic_test_can_be_skipped)
{
    must_exit("hidden_panic_skip", TEST_EXIT_SKIPPED, "no panics today");
}

/* ---- running ---- */

TEST(harness_several_tests_run_each_in_its_own_process)
{
    int status = run("hidden_false", "hidden_passes");

    ASSERT_STR_CONTAINS(output, "FAIL hidden_false: Aborted");
    ASSERT_STR_CONTAINS(output, "ok   hidden_passes");
    ASSERT_STR_CONTAINS(output, "1 passed, 0 skipped, 1 failed");
    ASSERT(WIFEXITED(status));
    ASSERT_EQ(WEXITSTATUS(status), EXIT_FAILURE);
}

TEST(harness_a_list_names_no_hidden_test)
{
    ASSERT_EQ(run("--list", NULL), 0);
    ASSERT_STR_CONTAINS(output, "harness_a_list_names_no_hidden_test\n");
    ASSERT_NULL(strstr(output, "hidden_passes"));
}

TEST(harness_a_name_needs_no_stem)
{
    ASSERT_EQ(run("a_list_names_no_hidden_test", NULL), 0);
}

TEST(harness_an_unknown_name_is_an_error)
{
    must_exit("nonsense", EXIT_FAILURE, "no test is named nonsense");
}
