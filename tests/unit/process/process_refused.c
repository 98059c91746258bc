/* SPDX-License-Identifier: MIT */
/*
 * Child processes in a sandbox, or on an old kernel: for each newer system call
 * there is another way.
 */
/* LABELS: threads */
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <coil/sleep.h>

#include "process_test.h"
#include "sandbox.h"

#ifndef CLONE_PIDFD
#define CLONE_PIDFD 0x00001000
#endif
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal 424
#endif
#ifndef SYS_close_range
#define SYS_close_range 436
#endif

#define SHARED (CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD)
#define COPIED (CLONE_VFORK | CLONE_PIDFD | SIGCHLD)

/* Until the loop has reaped all. */
static void await_no_child(void)
{
    siginfo_t info;

    while (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0)
        ASSERT_EQ(coil_sleep(COIL_MILLISECOND), 0);
    expect_childless();
}

/* Everything that a program does with children works. */
static void use_children(void)
{
    char *const nowhere[] = { "/nowhere/at-all", NULL };
    struct coil_process_options options = listening_options;
    struct coil_process_output got;
    struct coil_process *p;

    ASSERT_EQ(coil_process_run_shell("echo o; echo e >&2; exit 3",
                                     &listening_options, &got),
              3);
    ASSERT_STR_EQ(got.out, "o\n");
    ASSERT_STR_EQ(got.err, "e\n");
    coil_process_output_fini(&got);
    ASSERT_EQ(coil_process_exec(&p, nowhere, NULL), -ENOENT);
    options.cwd = "/nowhere/at-all";
    ASSERT_EQ(coil_process_run_shell("exit 0", &options, NULL), -ENOENT);
    p = begin_endless();
    ASSERT_EQ(coil_process_terminate(p), 0);
    ASSERT_EQ(coil_process_wait(p), COIL_ESIGNAL(SIGTERM));
    ASSERT_EQ(coil_process_kill(p), -ESRCH);
    ASSERT_EQ(coil_process_close(p), COIL_ESIGNAL(SIGTERM));
    options = talking_options;
    options.new_group = true;
    p = begin_shell("exec sleep 1000", &options);
    ASSERT_EQ(coil_process_close(p), COIL_ESIGNAL(SIGTERM));
    coil_process_abort(begin_endless());
    await_no_child();
}

static void use_without_signals_by_pidfd(void *arg)
{
    (void)arg;
    refuse(SYS_pidfd_send_signal, EPERM);
    run_on_kernel(use_children);
}

TEST(process_refused_signals_by_pidfd)
{
    sandbox_run(&the_child, use_without_signals_by_pidfd, NULL);
}

static void use_without_waiting_by_pidfd(void *arg)
{
    (void)arg;
    refuse_with(SYS_waitid, 0, 3, EINVAL); /* P_PIDFD */
    run_on_kernel(use_children);
}

TEST(process_refused_waiting_by_pidfd)
{
    sandbox_run(&the_child, use_without_waiting_by_pidfd, NULL);
}

static void use_without_shared_memory(void *arg)
{
    (void)arg;
    refuse_with(SYS_clone, 0, SHARED, EPERM);
    run_on_kernel(use_children);
}

TEST(process_refused_shared_memory)
{
    sandbox_run(&the_child, use_without_shared_memory, NULL);
}

/* What failed in the child is still told. */
static void use_then_without_shared_memory(void *arg)
{
    run_on_kernel(use_children);
    use_without_shared_memory(arg);
}

TEST(process_refused_shared_memory_after_a_start)
{
    sandbox_run(&the_child, use_then_without_shared_memory, NULL);
}

static void use_nothing(void)
{
    static const gid_t group = 1;
    enum coil_process_step failed;
    const struct coil_process_options options = { .groups = &group,
                                                  .group_count = 1,
                                                  .failed = &failed };

    refuse(SYS_setgroups, EPERM);
    ASSERT_EQ(coil_process_run_shell("exit 0", &options, NULL), -EPERM);
    ASSERT_EQ(failed, COIL_PROCESS_STEP_USER);
    refuse(SYS_clone, EPERM);
    ASSERT_EQ(coil_process_run_shell("exit 0", NULL, NULL), -EPERM);
    expect_childless();
}

static void use_without_children(void *arg)
{
    (void)arg;
    run_on_kernel(use_nothing);
}

TEST(process_refused_any_child)
{
    sandbox_run(&the_child, use_without_children, NULL);
}

static void use_with_pidfd_made_later(void *arg)
{
    (void)arg;
    refuse_with(SYS_clone, 0, SHARED, EINVAL);
    refuse_with(SYS_clone, 0, COPIED, EINVAL);
    run_on_kernel(use_children);
}

TEST(process_refused_a_pidfd_at_the_start)
{
    sandbox_run(&the_child, use_with_pidfd_made_later, NULL);
}

static void use_without_pidfd(void *arg)
{
    (void)arg;
    refuse_with(SYS_clone, 0, SHARED, ENOSYS);
    refuse_with(SYS_clone, 0, COPIED, ENOSYS);
    refuse(SYS_pidfd_open, ENOSYS);
    run_on_kernel(use_children);
}

TEST(process_refused_any_pidfd)
{
    sandbox_run(&the_child, use_without_pidfd, NULL);
}

static void see_an_end_without_pidfd(void)
{
    struct coil_process_options options = talking_options;
    struct coil_process *p = begin_shell("exit 5", NULL);

    ASSERT_EQ(coil_process_wait(p), 5);
    ASSERT_EQ(coil_process_close(p), 5);

    /* Nobody knows what somebody else has reaped. */
    p = begin_shell("read a; exit 6", &talking_options);
    send_text(coil_process_stdin(p), "x\n");
    ASSERT_EQ(waitpid(coil_process_pid(p), NULL, 0), coil_process_pid(p));
    ASSERT_EQ(coil_process_wait(p), -ECHILD);
    ASSERT_EQ(coil_process_close(p), -ECHILD);

    /* The loop looks again and again. */
    p = begin_shell("read a; exit 7", &talking_options);
    ASSERT_EQ(coil_sleep(50 * COIL_MILLISECOND), 0);
    ASSERT_EQ(coil_process_close_stdin(p), 0);
    ASSERT_EQ(coil_process_wait(p), 7);
    ASSERT_EQ(coil_process_close(p), 7);
    options.new_group = true;
    p = begin_shell("trap 'sleep 0.1; exit 8' TERM; echo ready; "
                    "while :; do sleep 1000 & wait; done",
                    &options);
    await_line(p, "ready");
    ASSERT_EQ(coil_process_close(p), 8);
}

static void end_without_pidfd(void *arg)
{
    (void)arg;
    refuse_with(SYS_clone, 0, SHARED, ENOSYS);
    refuse_with(SYS_clone, 0, COPIED, ENOSYS);
    refuse(SYS_pidfd_open, ENOSYS);
    run_on_kernel(see_an_end_without_pidfd);
}

TEST(process_refused_any_pidfd_still_sees_the_end)
{
    sandbox_run(&the_child, end_without_pidfd, NULL);
}

static void lose_a_status(void)
{
    struct coil_process *p = begin_shell("exit 6", NULL);

    ASSERT_EQ(waitpid(coil_process_pid(p), NULL, 0), coil_process_pid(p));
    ASSERT_EQ(coil_process_wait(p), -ECHILD);
    ASSERT_EQ(coil_process_close(p), -ECHILD);
}

static void lose_a_status_on_an_old_kernel(void *arg)
{
    (void)arg;
    refuse_with(SYS_ioctl, 1, 0xC040FF0B, ENOTTY); /* PIDFD_GET_INFO */
    run_on_kernel(lose_a_status);
}

TEST(process_refused_what_the_kernel_remembers)
{
    sandbox_run(&the_child, lose_a_status_on_an_old_kernel, NULL);
}

/* ---- a program that cannot be ended ------------------------------------------- */

/* As of another user: it ends by itself. */
static void let_it_go_on(void)
{
    struct coil_process_options options = talking_options;
    struct coil_process_output got;
    int gate[2];

    ASSERT_EQ(coil_process_close(begin_shell("exec cat", &options)), -EPERM);
    options.grace = -1;
    ASSERT_EQ(coil_process_close(begin_shell("exec cat", &options)), -EPERM);
    await_no_child();

    ASSERT_EQ(pipe2(gate, O_CLOEXEC), 0);
    options.in = (struct coil_stdio){ COIL_STDIO_FD, gate[0] };
    options.output_limit = 5;
    ASSERT_EQ(
        coil_process_run_shell("echo 1234567890; exec cat", &options, &got),
        -EPERM);
    ASSERT_EQ(got.returncode, -EAGAIN);
    ASSERT_STR_EQ(got.out, "12345");
    coil_process_output_fini(&got);
    close(gate[0]);
    close(gate[1]);
    await_no_child();
}

static void run_what_cannot_be_ended(void *arg)
{
    (void)arg;
    refuse(SYS_pidfd_send_signal, EPERM);
    refuse(SYS_kill, EPERM);
    run_on_kernel(let_it_go_on);
}

TEST(process_refused_any_signal)
{
    sandbox_run(&the_child, run_what_cannot_be_ended, NULL);
}

/* ---- a start that fails -------------------------------------------------------- */

static void cannot_start(void)
{
    char *const argv[] = { "true", NULL };
    enum coil_process_step failed = COIL_PROCESS_STEP_EXEC;
    const struct coil_process_options options = { .failed = &failed };
    struct coil_process *p;

    ASSERT_EQ(coil_process_exec(&p, argv, &options), -EAGAIN);
    ASSERT_EQ(failed, COIL_PROCESS_STEP_PREPARE);
}

static void start_without_clone(void *arg)
{
    (void)arg;
    refuse(SYS_clone, EAGAIN);
    run_on_kernel(cannot_start);
}

TEST(process_refused_a_start)
{
    sandbox_run(&the_child, start_without_clone, NULL);
}

/* ---- descriptors of the child -------------------------------------------------- */

static void check_descriptors(void)
{
    int leaked = open("/dev/null", O_RDONLY);
    int high = fcntl(leaked, F_DUPFD, 200);
    const struct coil_process_fd passed = { leaked, 99 };
    const struct coil_process_options options = { .fds = &passed,
                                                  .fd_count = 1 };
    char command[128];

    snprintf(command, sizeof command,
             "for f in %d %d 2 99; do [ -e /proc/$$/fd/$f ] && echo $f; done",
             leaked, high);
    expect_output(command, &options, "2\n99\n");
    close(high);
    close(leaked);
}

static void close_without_ranges(void *arg)
{
    (void)arg;
    refuse(SYS_close_range, ENOSYS);
    run_on_kernel(check_descriptors);
}

TEST(process_refused_close_range_leaks_nothing)
{
    sandbox_run(&the_child, close_without_ranges, NULL);
}

static void close_one_by_one(void *arg)
{
    const struct rlimit few = { 256, 256 };

    (void)arg;
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &few), 0);
    refuse(SYS_close_range, EPERM);
    refuse(SYS_getdents64, EPERM);
    run_on_kernel(check_descriptors);
}

TEST(process_refused_a_list_of_descriptors_leaks_nothing)
{
    sandbox_run(&the_child, close_one_by_one, NULL);
}
