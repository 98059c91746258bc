/* SPDX-License-Identifier: MIT */
/*
 * How a program is started: its arguments, environment, directory, group, limits
 * and signals; and what is told when it cannot be started.
 */
/* TIMEOUT: 60 */
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "process_test.h"

static enum coil_process_step failed;

/* The start fails; nothing is left. */
static int start_failing(const char *program,
                         const struct coil_process_options *options)
{
    char *const argv[] = { (char *)program, NULL };
    struct coil_process_options with_step = *options;
    struct coil_process *p = NULL;
    int rc;

    failed = COIL_PROCESS_STEP_PREPARE;
    with_step.failed = &failed;
    rc = coil_process_exec(&p, argv, &with_step);
    ASSERT_LT(rc, 0);
    ASSERT_NULL(p);
    expect_childless();
    return rc;
}

/* A file with these bytes; its name is returned. */
static void make_file(char *path, const char *bytes, mode_t mode)
{
    int fd;

    strcpy(path, "/tmp/coil-test-XXXXXX");
    fd = mkstemp(path);
    ASSERT_GE(fd, 0);
    ASSERT_EQ(write(fd, bytes, strlen(bytes)), (ssize_t)strlen(bytes));
    ASSERT_EQ(fchmod(fd, mode), 0);
    close(fd);
}

/* ---- what the program is given ---------------------------------------------- */

KERNEL_TEST(process_start_passes_arguments)
{
    char *const argv[] = { "printf", "%s,", "a b", "", "c'", NULL };
    struct coil_process_output got;

    ASSERT_EQ(coil_process_run(argv, &listening_options, &got), 0);
    ASSERT_STR_EQ(got.out, "a b,,c',");
    ASSERT_EQ(got.out_size, 8);
    ASSERT_STR_EQ(got.err, "");
    coil_process_output_fini(&got);
}

KERNEL_TEST(process_start_runs_another_file_than_its_name)
{
    char *const argv[] = { "other", "-c", "echo $0", NULL };
    const struct coil_process_options options = {
        .out = { COIL_STDIO_PIPE },
        .executable = "/bin/sh",
    };
    struct coil_process_output got;

    ASSERT_EQ(coil_process_run(argv, &options, &got), 0);
    ASSERT_STR_EQ(got.out, "other\n");
    coil_process_output_fini(&got);
}

KERNEL_TEST(process_start_replaces_the_environment)
{
    char *const env[] = { "PATHS=3", "A=1", "B=2", NULL };
    const struct coil_process_options options = { .env = env };

    setenv("COIL_TEST_C", "3", 1);
    expect_output("echo $A $B $COIL_TEST_C", &options, "1 2\n");
    expect_output("echo $A $B $COIL_TEST_C",
                  &(struct coil_process_options){ .env = NULL }, "3\n");
    unsetenv("COIL_TEST_C");
}

KERNEL_TEST(process_start_adds_to_the_environment)
{
    char *const env[] = { "A=1", "B=2", "AB=3", NULL };
    char *const more[] = { "A=x=y", "B", "D=4", "D=5", "none", NULL };
    const struct coil_process_options options = { .env = env,
                                                  .env_added = more };

    expect_output("echo $A,$B,$AB,$D", &options, "x=y,,3,5\n");
    setenv("COIL_TEST_C", "3", 1);
    expect_output("echo $COIL_TEST_C,$D",
                  &(struct coil_process_options){ .env_added = more }, "3,5\n");
    unsetenv("COIL_TEST_C");
}

KERNEL_TEST(process_start_changes_the_directory)
{
    expect_output("pwd", &(struct coil_process_options){ .cwd = "/" }, "/\n");
}

KERNEL_TEST(process_start_searches_the_path_of_the_program)
{
    char *const nowhere[] = { "PATH=/nowhere", NULL };
    char *const there[] = { "PATH=/nowhere::/bin", NULL };
    char *const empty[] = { NULL };
    char *const argv[] = { "sh", "-c", "exit 3", NULL };
    struct coil_process_options options = { .env = there };

    ASSERT_EQ(coil_process_run(argv, &options, NULL), 3);
    options.env = empty; /* the usual one */
    ASSERT_EQ(coil_process_run(argv, &options, NULL), 3);
    options.env = nowhere;
    ASSERT_EQ(start_failing("sh", &options), -ENOENT);
    ASSERT_EQ(failed, COIL_PROCESS_STEP_EXEC);
    options.executable = "/bin/sh"; /* this is not searched */
    ASSERT_EQ(coil_process_run(argv, &options, NULL), 3);
}

/* ---- groups and sessions ---------------------------------------------------- */

/* The group and the session, of /proc/self/stat. */
#define SAY_GROUP "set -- $(cat /proc/$$/stat); echo $(($5==$$)) $(($6==$$))"

KERNEL_TEST(process_start_makes_groups_and_sessions)
{
    struct coil_process_options options = { .new_group = false };
    struct coil_process *leader;

    expect_output(SAY_GROUP, &options, "0 0\n");
    options.new_group = true;
    expect_output(SAY_GROUP, &options, "1 0\n");
    options.new_session = true;
    expect_output(SAY_GROUP, &options, "1 1\n");

    leader = begin_shell(
        "exec cat", &(struct coil_process_options){ .in = { COIL_STDIO_PIPE },
                                                    .new_group = true });
    options =
        (struct coil_process_options){ .out = { COIL_STDIO_PIPE },
                                       .group = coil_process_pid(leader) };
    {
        struct coil_process *p =
            begin_shell("set -- $(cat /proc/$$/stat); echo $5", &options);
        char text[32];

        snprintf(text, sizeof text, "%d", (int)coil_process_pid(leader));
        await_line(p, text);
        ASSERT_EQ(coil_process_send_signal_group(p, SIGTERM), -EINVAL);
        ASSERT_EQ(coil_process_wait(p), 0);
        ASSERT_EQ(coil_process_close(p), 0);
    }
    ASSERT_EQ(coil_process_send_signal_group(leader, 12345), -EINVAL);
    ASSERT_EQ(coil_process_send_signal_group(leader, SIGTERM), 0);
    ASSERT_EQ(coil_process_wait(leader), COIL_ESIGNAL(SIGTERM));
    ASSERT_EQ(coil_process_send_signal_group(leader, SIGTERM), -ESRCH);
    ASSERT_EQ(coil_process_close(leader), COIL_ESIGNAL(SIGTERM));
}

KERNEL_TEST(process_start_in_a_group_that_is_not_there_fails)
{
    const struct coil_process_options options = { .group = 0x7ffffff0 };

    ASSERT_EQ(start_failing("/bin/sh", &options), -EPERM);
    ASSERT_EQ(failed, COIL_PROCESS_STEP_GROUP);
}

/* ---- limits ------------------------------------------------------------------ */

KERNEL_TEST(process_start_sets_limits)
{
    const struct coil_process_limit limits[] = {
        { RLIMIT_NOFILE, { 50, 60 } },
        { RLIMIT_CORE, { 0, 0 } },
    };
    const struct coil_process_limit wrong = { 12345, { 1, 1 } };
    struct coil_process_options options = { .limits = limits,
                                            .limit_count = 2 };

    expect_output("ulimit -Sn; ulimit -Hn; ulimit -c", &options, "50\n60\n0\n");
    options.limits = &wrong;
    options.limit_count = 1;
    ASSERT_EQ(start_failing("/bin/sh", &options), -EINVAL);
    ASSERT_EQ(failed, COIL_PROCESS_STEP_LIMITS);
}

/* ---- signals ----------------------------------------------------------------- */

/* Whether the signal `number` is in the mask `name` of /proc/self/status. */
static bool has_signal(const char *name, int number,
                       const struct coil_process_options *options)
{
    char *const argv[] = { "cat", "/proc/self/status", NULL };
    struct coil_process_options with_pipe = *options;
    struct coil_process_output got;
    const char *line;
    unsigned long long mask;

    with_pipe.out.kind = COIL_STDIO_PIPE;
    ASSERT_EQ(coil_process_run(argv, &with_pipe, &got), 0);
    line = strstr(got.out, name);
    ASSERT_NOT_NULL(line);
    ASSERT_EQ(sscanf(line + strlen(name), ": %llx", &mask), 1);
    coil_process_output_fini(&got);
    return mask >> (number - 1) & 1;
}

static void ignore_it(int number)
{
    (void)number;
}

KERNEL_TEST(process_start_lets_signals_in)
{
    const struct coil_process_options plain = { .cwd = NULL };
    const struct coil_process_options kept = { .keep_signals = true };
    const struct coil_process_options reset = { .reset_signals = true };
    sigset_t blocked;
    sigset_t after;

    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR1);
    sigprocmask(SIG_BLOCK, &blocked, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    signal(SIGUSR2, ignore_it);

    ASSERT(!has_signal("SigBlk", SIGUSR1, &plain));
    ASSERT(!has_signal("SigIgn", SIGPIPE, &plain));
    ASSERT(has_signal("SigIgn", SIGHUP, &plain));
    ASSERT(!has_signal("SigIgn", SIGUSR2, &plain));

    ASSERT(has_signal("SigBlk", SIGUSR1, &kept));
    ASSERT(has_signal("SigIgn", SIGPIPE, &kept));
    ASSERT(!has_signal("SigBlk", SIGUSR2, &kept));

    ASSERT(!has_signal("SigIgn", SIGHUP, &reset));
    ASSERT(!has_signal("SigBlk", SIGUSR1, &reset));

    /* And here nothing has changed. */
    ASSERT(signal(SIGUSR2, SIG_DFL) == ignore_it);
    sigprocmask(SIG_UNBLOCK, &blocked, &after);
    ASSERT_EQ(sigismember(&after, SIGUSR1), 1);
    ASSERT_EQ(sigismember(&after, SIGTERM), 0);
    signal(SIGPIPE, SIG_DFL);
    signal(SIGHUP, SIG_DFL);
}

/* ---- failures ------------------------------------------------------------------ */

KERNEL_TEST(process_start_tells_why_a_program_cannot_run)
{
    const struct coil_process_options none = { .cwd = NULL };
    char data[64];
    char nonsense[64];

    make_file(data, "data", 0600);
    make_file(nonsense, "\1\2\3\4", 0700);
    ASSERT_EQ(start_failing("/nowhere/at-all", &none), -ENOENT);
    ASSERT_EQ(failed, COIL_PROCESS_STEP_EXEC);
    ASSERT_EQ(start_failing("coil-no-such-program", &none), -ENOENT);
    ASSERT_EQ(start_failing("", &none), -ENOENT);
    ASSERT_EQ(start_failing(data, &none), -EACCES);
    ASSERT_EQ(start_failing("/", &none), -EACCES);
    ASSERT_EQ(start_failing("/dev/null/x", &none), -ENOTDIR);
    ASSERT_EQ(start_failing(nonsense, &none), -ENOEXEC);
    ASSERT_EQ(failed, COIL_PROCESS_STEP_EXEC);
    unlink(data);
    unlink(nonsense);
}

/* In the PATH, what must not be run is passed over, and told of in the end. */
KERNEL_TEST(process_start_goes_on_in_the_path_past_what_must_not_run)
{
    char folder[] = "/tmp/coil-test-XXXXXX";
    char file[64];
    char path[128];
    char *const env[] = { path, NULL };
    char *const argv[] = { "sh", "-c", "exit 0", NULL };
    struct coil_process_options options = { .env = env };
    int fd;

    ASSERT_NOT_NULL(mkdtemp(folder));
    snprintf(file, sizeof file, "%s/sh", folder);
    fd = open(file, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    ASSERT_GE(fd, 0);
    close(fd);
    snprintf(path, sizeof path, "PATH=%s:/bin", folder);
    ASSERT_EQ(coil_process_run(argv, &options, NULL), 0);
    snprintf(path, sizeof path, "PATH=/nowhere:%s:/nowhere", folder);
    ASSERT_EQ(start_failing("sh", &options), -EACCES);
    unlink(file);
    rmdir(folder);
}

KERNEL_TEST(process_start_tells_a_directory_from_a_program)
{
    struct coil_process_options options = { .cwd = "/nowhere/at-all" };

    ASSERT_EQ(start_failing("/bin/sh", &options), -ENOENT);
    ASSERT_EQ(failed, COIL_PROCESS_STEP_CWD);
    options.cwd = "/dev/null";
    ASSERT_EQ(start_failing("/bin/sh", &options), -ENOTDIR);
    ASSERT_EQ(failed, COIL_PROCESS_STEP_CWD);
}

KERNEL_TEST(process_start_with_too_many_arguments_fails)
{
    enum { SIZE = 4 * 1024 * 1024 };
    static char long_one[SIZE];
    char *const argv[] = { "true", long_one, NULL };
    struct coil_process *p;

    memset(long_one, 'x', SIZE - 1);
    ASSERT_EQ(coil_process_exec(&p, argv, NULL), -E2BIG);
    expect_childless();
}

KERNEL_TEST(process_start_refuses_what_makes_no_sense)
{
    char *const nothing[] = { NULL };
    const struct coil_process_fd low = { 0, 2 };
    const struct coil_process_fd twice[] = { { 0, 5 }, { 1, 5 }, { 2, 9 } };
    const struct coil_process_fd same = { 200, 200 };
    const struct coil_process_fd high = { 0, INT_MAX };
    const struct coil_process_fd closed = { 1000000, 5 };
    struct coil_process *p;

    ASSERT_EQ(coil_process_exec(&p, nothing, NULL), -EINVAL);
    ASSERT_EQ(coil_process_exec(&p, NULL, NULL), -EINVAL);
    ASSERT_EQ(coil_process_shell(&p, NULL, NULL), -EINVAL);
    ASSERT_EQ(coil_process_run_shell(NULL, NULL, NULL), -EINVAL);
    ASSERT_EQ(start_failing("true",
                            &(struct coil_process_options){
                                .out = { COIL_STDIO_STDOUT } }),
              -EINVAL);
    ASSERT_EQ(start_failing("true",
                            &(struct coil_process_options){
                                .in = { COIL_STDIO_STDOUT + 1 } }),
              -EINVAL);
    ASSERT_EQ(start_failing("true",
                            &(struct coil_process_options){
                                .in = { COIL_STDIO_FD, -1 } }),
              -EBADF);
    ASSERT_EQ(
        start_failing("true", &(struct coil_process_options){ .fds = &low,
                                                              .fd_count = 1 }),
        -EINVAL);
    ASSERT_EQ(
        start_failing("true", &(struct coil_process_options){ .fds = twice,
                                                              .fd_count = 3 }),
        -EINVAL);
    ASSERT_EQ(failed, COIL_PROCESS_STEP_PREPARE);
    ASSERT_EQ(
        start_failing("true", &(struct coil_process_options){ .fds = &closed,
                                                              .fd_count = 1 }),
        -EBADF);
    ASSERT_EQ(failed, COIL_PROCESS_STEP_FDS);
    ASSERT_EQ(
        start_failing("true", &(struct coil_process_options){ .fds = &same,
                                                              .fd_count = 1 }),
        -EBADF);
    ASSERT_EQ(
        start_failing("true", &(struct coil_process_options){ .fds = &high,
                                                              .fd_count = 1 }),
        -EINVAL);
}

static int start_simulated(void *arg)
{
    char *const argv[] = { "true", NULL };
    struct coil_process *p;

    (void)arg;
    return coil_process_exec(&p, argv, NULL);
}

TEST(process_start_needs_the_kernel)
{
    char *const argv[] = { "true", NULL };
    struct coil_process *p;

    ASSERT_EQ(coil_test_run(start_simulated, NULL, 0), -ENOTSUP);
    ASSERT_EQ(coil_process_exec(&p, argv, NULL), -ENOTSUP);
}

/* ---- many ----------------------------------------------------------------------- */

enum { CROWD = 1000 };

static bool let_open(rlim_t count)
{
    struct rlimit limit;

    ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
    if (limit.rlim_cur >= count)
        return true;
    limit.rlim_cur = limit.rlim_max < count ? limit.rlim_max : count;
    return setrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur >= count;
}

/* Each child waits for the end of its input, so all are there at once. */
KERNEL_TEST(process_start_of_a_thousand_at_once)
{
    static struct coil_process *crowd[CROWD];
    const struct coil_process_options options = { .in = { COIL_STDIO_PIPE } };

    if (!let_open(2 * CROWD + 100))
        SKIP("the limit of open files is too low");
    for (int i = 0; i < CROWD; i++)
        crowd[i] = begin_shell("read a; exit 5", &options);
    for (int i = 0; i < CROWD; i++) {
        ASSERT_EQ(coil_process_returncode(crowd[i]), -EAGAIN);
        ASSERT_EQ(coil_process_close_stdin(crowd[i]), 0);
    }
    for (int i = 0; i < CROWD; i++) {
        ASSERT_EQ(coil_process_wait(crowd[i]), 5);
        ASSERT_EQ(coil_process_close(crowd[i]), 5);
    }
    expect_childless();
}
