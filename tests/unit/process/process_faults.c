/* SPDX-License-Identifier: MIT */
/*
 * Child processes where memory, descriptors or processes are lacking: each
 * allocation, and each system call that can lack something, fails in turn.
 */
/* WRAPS: pipe2 clone fcntl open posix_openpt grantpt unlockpt ptsname_r dup2 ioctl epoll_ctl setsid syscall */
/* TIMEOUT: 60 */
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "process_test.h"

#ifndef SYS_close_range
#define SYS_close_range 436
#endif

/* ---- the calls ------------------------------------------------------------------ */

/* Of parent and child, whether they share all memory or not. */
static struct faults {
    size_t at; /* the n-th call from now fails; 0: none */
    bool have_happened;
    int error;
} * faults;

static void share_faults(void)
{
    faults = mmap(NULL, sizeof *faults, PROT_READ | PROT_WRITE,
                  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ASSERT(faults != MAP_FAILED);
}

static bool fails(int error)
{
    if (!faults || faults->at == 0 || --faults->at > 0)
        return false;
    faults->have_happened = true;
    faults->error = errno = error;
    return true;
}

/* Like the system's, except for the failure. */
#define WRAPPED(type, name, ...)                                               \
    type __real_##name(__VA_ARGS__);                                           \
    type __wrap_##name(__VA_ARGS__);                                           \
    type __wrap_##name(__VA_ARGS__)

WRAPPED(int, pipe2, int *ends, int flags)
{
    return fails(EMFILE) ? -1 : __real_pipe2(ends, flags);
}

WRAPPED(int, dup2, int from, int to)
{
    return fails(EBUSY) ? -1 : __real_dup2(from, to);
}

WRAPPED(int, posix_openpt, int flags)
{
    return fails(ENOSPC) ? -1 : __real_posix_openpt(flags);
}

WRAPPED(int, grantpt, int fd)
{
    return fails(EACCES) ? -1 : __real_grantpt(fd);
}

WRAPPED(int, unlockpt, int fd)
{
    return fails(EINVAL) ? -1 : __real_unlockpt(fd);
}

WRAPPED(int, ptsname_r, int fd, char *name, size_t size)
{
    return fails(ERANGE) ? ERANGE : __real_ptsname_r(fd, name, size);
}

WRAPPED(int, ioctl, int fd, unsigned long request, void *arg)
{
    if (request == TIOCSCTTY && fails(EPERM))
        return -1;
    return __real_ioctl(fd, request, arg);
}

static bool has_no_ranges;

WRAPPED(long, syscall, long number, long a, long b, long c, long d, long e,
        long f)
{
    if (number == SYS_close_range && has_no_ranges) {
        errno = ENOSYS;
        return -1;
    }
    return __real_syscall(number, a, b, c, d, e, f);
}

WRAPPED(pid_t, setsid, void)
{
    return fails(EPERM) ? -1 : __real_setsid();
}

WRAPPED(int, fcntl, int fd, int command, long arg)
{
    if (command == F_DUPFD_CLOEXEC && fails(EMFILE))
        return -1;
    return __real_fcntl(fd, command, arg);
}

WRAPPED(int, open, const char *name, int flags, mode_t mode)
{
    return fails(ENFILE) ? -1 : __real_open(name, flags, mode);
}

WRAPPED(int, epoll_ctl, int set, int operation, int fd,
        struct epoll_event *event)
{
    if (operation == EPOLL_CTL_ADD && fails(ENOMEM))
        return -1;
    return __real_epoll_ctl(set, operation, fd, event);
}

WRAPPED(int, clone, int (*fn)(void *arg), void *stack, int flags, void *arg,
        pid_t *parent, void *tls, pid_t *child)
{
    if (fails(EAGAIN))
        return -1;
    return __real_clone(fn, stack, flags, arg, parent, tls, child);
}

/* ---- what is done ----------------------------------------------------------------- */

static bool uses_terminal;
static struct coil_process_output received;

/* All kinds of descriptors, input, and both outputs. */
static int use_a_child(void)
{
    const struct coil_process_fd passed = { STDERR_FILENO, 7 };
    struct coil_process_options options = {
        .input = "in\n",
        .input_size = 3,
        .out = { COIL_STDIO_PIPE },
        .err = { uses_terminal ? COIL_STDIO_PTY : COIL_STDIO_PIPE },
        .fds = &passed,
        .fd_count = 1,
    };

    return coil_process_run_shell("cat; exit 3", &options, &received);
}

static int use_a_child_with_null(void)
{
    const struct coil_process_options options = {
        .in = { COIL_STDIO_NULL },
        .out = { COIL_STDIO_PIPE },
        .err = { COIL_STDIO_NULL },
        .new_session = true,
    };

    return coil_process_run_shell("echo in; exit 3", &options, &received);
}

static int use_a_child_at_a_terminal(void)
{
    const struct coil_process_options options = {
        .in = { COIL_STDIO_PTY },
        .out = { COIL_STDIO_PIPE },
        .err = { COIL_STDIO_NULL },
    };

    return coil_process_run_shell("echo in; exit 3", &options, &received);
}

static void expect_all_well(int rc)
{
    ASSERT_EQ(rc, 3);
    ASSERT_STR_EQ(received.out, "in\n");
    coil_process_output_fini(&received);
    expect_childless();
}

static void fail_each_call(int (*use)(void))
{
    size_t n;

    share_faults();
    for (n = 1;; n++) {
        int rc;

        faults->have_happened = false;
        faults->at = n;
        rc = use();
        faults->at = 0;
        if (rc < 0) {
            ASSERT(faults->have_happened);
            ASSERT_EQ(rc, -faults->error);
            coil_process_output_fini(&received);
            expect_childless();
        } else {
            expect_all_well(rc);
        }
        expect_all_well(use());
        if (!faults->have_happened)
            break;
    }
    ASSERT_GT(n, 8);
    munmap(faults, sizeof *faults);
    faults = NULL;
}

KERNEL_TEST(process_faults_of_each_system_call)
{
    uses_terminal = false;
    fail_each_call(use_a_child);
}

KERNEL_TEST(process_faults_of_each_system_call_with_null)
{
    fail_each_call(use_a_child_with_null);
}

KERNEL_TEST(process_faults_of_each_system_call_with_a_terminal)
{
    need_terminals();
    uses_terminal = true;
    fail_each_call(use_a_child);
}

/* The first child of a process is told of otherwise than those behind it. */
KERNEL_TEST(process_faults_of_the_first_start)
{
    const struct coil_process_fd passed = { STDERR_FILENO, 7 };
    const struct coil_process_options options = { .fds = &passed,
                                                  .fd_count = 1 };
    size_t n = 0;
    int rc;

    share_faults();
    do {
        faults->have_happened = false;
        faults->at = ++n;
        rc = coil_process_run_shell("exit 3", &options, NULL);
        faults->at = 0;
        if (rc < 0)
            ASSERT_EQ(rc, -faults->error);
        expect_childless();
    } while (faults->have_happened);
    ASSERT_EQ(rc, 3);
    ASSERT_GT(n, 3);
    munmap(faults, sizeof *faults);
    faults = NULL;
}

/* Without standard input, numbers change; the list cannot always be had. */
KERNEL_TEST(process_faults_of_each_system_call_on_an_old_kernel)
{
    struct rlimit limit;

    need_terminals();
    ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = 256;
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
    has_no_ranges = true;
    close(STDIN_FILENO);
    fail_each_call(use_a_child_at_a_terminal);
    has_no_ranges = false;
    ASSERT_EQ(open("/dev/null", O_RDONLY), STDIN_FILENO);
}

static void fail_each_allocation(int (*use)(void))
{
    size_t live = 0;
    int rc = -ENOMEM;

    for (size_t n = 1; rc < 0; n++) {
        /* Once more for what is made once, and kept. */
        expect_all_well(use());
        live = coil_test_live_allocations();
        coil_test_fail_allocation(n, false);
        rc = use();
        coil_test_fail_allocation(0, false);
        if (rc < 0) {
            ASSERT_EQ(rc, -ENOMEM);
            coil_process_output_fini(&received);
            expect_childless();
        } else {
            expect_all_well(rc);
        }
        ASSERT_EQ(coil_test_live_allocations(), live);
    }
}

KERNEL_TEST(process_faults_of_each_allocation)
{
    uses_terminal = false;
    fail_each_allocation(use_a_child);
    fail_each_allocation(use_a_child_with_null);
}

/* What was read before memory was lacking is there for another try. */
KERNEL_TEST(process_faults_lose_nothing_of_the_output)
{
    for (size_t n = 1; n < 12; n++) {
        struct coil_process *p =
            begin_shell("echo some; echo more", &talking_options);
        int rc;

        ASSERT_EQ(coil_process_wait(p), 0);
        coil_test_fail_allocation(n, false);
        rc = coil_process_communicate(p, NULL, 0, &received);
        coil_test_fail_allocation(0, false);
        if (rc < 0) {
            ASSERT_EQ(rc, -ENOMEM);
            ASSERT_EQ(coil_process_communicate(p, NULL, 0, &received), 0);
        }
        ASSERT_STR_EQ(received.out, "some\nmore\n");
        ASSERT_STR_EQ(received.err, "");
        coil_process_output_fini(&received);
        ASSERT_EQ(coil_process_close(p), 0);
    }
}
