/* SPDX-License-Identifier: MIT */
/* LABELS: threads */
/* TIMEOUT: 60 */
/*
 * A sandbox refuses one system call after another.  coil then takes another way,
 * or the function that needs the call returns the sandbox's error: it is never
 * "no memory", and the program never ends.
 *
 * What is refused depends on the author of the sandbox, and so does the error.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <coil/error.h>
#include <coil/fd.h>
#include <coil/loop.h>
#include <coil/resolve.h>
#include <coil/signal.h>
#include <coil/stream.h>
#include <coil/task.h>
#include <coil/thread.h>

#include "sandbox.h"
#include "test.h"

/* Some headers do not have these numbers yet, and some processors never do. */
#ifndef SYS_epoll_pwait2
#define SYS_epoll_pwait2 441
#endif
#ifndef SYS_clone3
#define SYS_clone3 435
#endif
#ifndef SYS_epoll_create
#define SYS_epoll_create SYS_epoll_create1
#endif
#ifndef SYS_epoll_wait
#define SYS_epoll_wait SYS_epoll_pwait
#endif
#ifndef SYS_poll
#define SYS_poll SYS_ppoll
#endif

#if defined(COIL_ASAN) || defined(COIL_TSAN)
enum { IS_SANITIZED = true };
#else
enum { IS_SANITIZED = false };
#endif

#if defined(__GLIBC__)
enum { IS_GLIBC = true };
#else
enum { IS_GLIBC = false };
#endif

/* Which steps of the program below may return the sandbox's error. */
enum {
    NOTHING = 0,
    ALL = 1, /* the run itself, before it begins */
    THREAD = 2,
    ACCEPT = 4,
    SIGNAL = 8,
    CONNECT = 16,
    SANITIZED = 32, /* a sanitizer itself needs the call */
    GLIBC = 64,     /* other C libraries have ways or errors of their own */
};

struct refusal {
    long calls[4]; /* all of them; ends with 0 */
    unsigned may_fail;
};

static const int errors[] = { EPERM, ENOSYS, EACCES, EINVAL, EUCLEAN };
static struct refusal refusal;
static int error;
static unsigned failed;

static struct child child;

/*
 * Whether the step went well; if not, it must be the error that the sandbox may
 * cause.
 */
static bool check(const char *what, ptrdiff_t rc, ptrdiff_t expected,
                  unsigned step)
{
    if (rc == expected)
        return true;
    if (!(refusal.may_fail & step) || rc != -error)
        FAIL("%s returned %td where error %d is what the sandbox says", what,
             rc, error);
    failed |= step;
    return false;
}

/* ---- a program that does a bit of everything ------------------------------ */

static int sleep_a_little(void *arg)
{
    coil_time before = coil_now();
    int rc = coil_sleep(1500 * COIL_MICROSECOND);

    (void)arg;
    ASSERT_GE(coil_now() - before, 1500 * COIL_MICROSECOND);
    return rc;
}

static void use_tasks(void)
{
    static const size_t sizes[] = { 0, 4096, 4 << 20 };

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        const struct coil_task_options options = { .stack_size = sizes[i] };
        struct coil_task *task;

        ASSERT_EQ(coil_task_create_with(&task, sleep_a_little, NULL, &options),
                  0);
        ASSERT_EQ(coil_task_await(task), 0);
        coil_task_release(task);
    }
}

static int return_5(void *arg)
{
    (void)arg;
    return 5;
}

static void use_threads(void)
{
    for (int i = 0; i < 20; i++)
        check("coil_to_thread()", coil_to_thread(return_5, NULL), 5, THREAD);
}

static int raise_it(void *arg)
{
    (void)arg;
    return raise(SIGUSR1);
}

static void use_signals(void)
{
    struct coil_task *task;
    int rc;

    ASSERT_EQ(coil_task_create(&task, raise_it, NULL), 0);
    rc = coil_wait_signal(SIGUSR1);
    if (!check("coil_wait_signal()", rc, SIGUSR1, SIGNAL))
        coil_task_cancel(task);
    (void)!coil_task_await(task);
    coil_task_release(task);
}

static int write_byte(void *arg)
{
    int *end = arg;

    return write(*end, "x", 1) == 1 ? 0 : -errno;
}

/*
 * Wait for a descriptor that can wait, and for a file, which is always ready.
 */
static void use_descriptors(void)
{
    struct coil_task *task;
    int ends[2];
    int file;

    if (pipe(ends) < 0)
        return;
    ASSERT_EQ(coil_task_create(&task, write_byte, &ends[1]), 0);
    ASSERT_EQ(coil_wait_fd(ends[0], COIL_READABLE), COIL_READABLE);
    ASSERT_EQ(coil_wait_fd(ends[0], COIL_READABLE), COIL_READABLE);
    ASSERT_EQ(coil_task_await(task), 0);
    coil_task_release(task);
    close(ends[0]);
    close(ends[1]);
    ASSERT_EQ(coil_wait_fd(ends[0], COIL_READABLE), -EBADF);
    file = open("/proc/self/exe", O_RDONLY);
    if (file < 0)
        return;
    ASSERT_EQ(coil_wait_fd(file, COIL_READABLE), COIL_READABLE);
    close(file);
}

struct meeting {
    struct coil_listener *listener;
    uint16_t port;
};

static int call_in(void *arg)
{
    struct meeting *m = arg;
    struct coil_stream *stream;
    char answer[5];
    int rc = coil_tcp_connect(&stream, "127.0.0.1", m->port);

    if (rc < 0)
        return rc;
    rc = coil_stream_write(stream, "hello", 5);
    if (rc == 0)
        rc = coil_stream_read_exactly(stream, answer, sizeof answer, NULL);
    coil_stream_abort(stream);
    return rc;
}

enum { DESCRIPTORS = 64 };

static bool was_open[DESCRIPTORS];

static void note_descriptors(void)
{
    for (int fd = 0; fd < DESCRIPTORS; fd++)
        was_open[fd] = fcntl(fd, F_GETFD) >= 0;
}

/* Every descriptor opened since then closes on exec and does not block. */
static void expect_flags(void)
{
    int count = 0;

    for (int fd = 0; fd < DESCRIPTORS; fd++) {
        int flags = fcntl(fd, F_GETFD);

        if (flags < 0 || was_open[fd])
            continue;
        ASSERT(flags & FD_CLOEXEC);
        count++;
    }
    ASSERT_GE(count, 4);
}

static void expect_same_descriptors(void)
{
    for (int fd = 0; fd < DESCRIPTORS; fd++)
        ASSERT_EQ(fcntl(fd, F_GETFD) >= 0, was_open[fd]);
}

static int answer(struct coil_stream *stream)
{
    char text[5];
    int rc;

    rc = coil_stream_read_exactly(stream, text, sizeof text, NULL);
    if (rc == 0)
        rc = coil_stream_write(stream, text, sizeof text);
    if (rc == 0)
        rc = coil_stream_close(stream);
    else
        coil_stream_abort(stream);
    return rc;
}

static void use_network(void)
{
    struct coil_address address;
    struct coil_stream *stream;
    struct coil_task *task;
    struct meeting m;
    int rc;

    rc = coil_tcp_listen(&m.listener, "127.0.0.1", 0);
    if (!check("coil_tcp_listen()", rc, 0, CONNECT))
        return;
    coil_listener_address(m.listener, &address);
    m.port = coil_address_port(&address);
    ASSERT_EQ(coil_task_create(&task, call_in, &m), 0);
    rc = coil_listener_accept(m.listener, &stream);
    if (check("coil_listener_accept()", rc, 0, ACCEPT)) {
        expect_flags();
        ASSERT_EQ(answer(stream), 0);
    } else {
        coil_task_cancel(task);
    }
    rc = coil_task_await(task);
    ASSERT(rc == 0 || (failed & ACCEPT && rc == -ECANCELED));
    coil_task_release(task);
    coil_listener_close(m.listener);
}

static int use_everything(void *arg)
{
    (void)arg;
    use_tasks();
    use_threads();
    use_signals();
    use_descriptors();
    use_network();
    return 17;
}

/* Stacks have narrow guards when there is any limit, however large. */
static void have_narrow_guards(void)
{
    const struct rlimit limit = { RLIM_INFINITY - 1, RLIM_INFINITY - 1 };

    ASSERT_EQ(setrlimit(RLIMIT_AS, &limit), 0);
}

/* ---- refusing ------------------------------------------------------------- */

static void run_refused(void *arg)
{
    (void)arg;
    note_descriptors();
    for (int i = 0; refusal.calls[i]; i++)
        refuse(refusal.calls[i], error);
    check("coil_run()", coil_run(use_everything, NULL), 17, ALL);
    have_narrow_guards();
    check("coil_run()", coil_run(use_everything, NULL), 17, ALL);
    /*
     * A step that is said to need the call must fail, or the test tests
     * nothing.
     */
    ASSERT_EQ(failed, refusal.may_fail);
    expect_same_descriptors();
}

static void refuse_all(struct refusal what)
{
    if (IS_SANITIZED && what.may_fail & SANITIZED)
        SKIP("the sanitizer needs the system call");
    if (!IS_GLIBC && what.may_fail & GLIBC)
        SKIP("this C library has a way or an error of its own");
    refusal = what;
    refusal.may_fail &= ~(unsigned)(SANITIZED | GLIBC);
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        error = errors[i];
        sandbox_run(&child, run_refused, NULL);
    }
}

#define REFUSED(name, fails, ...)                                              \
    TEST(loop_refused_##name)                                                  \
    {                                                                          \
        refuse_all((struct refusal){ { __VA_ARGS__ }, (fails) });              \
    }

/* Stacks. */
REFUSED(madvise_makes_guards_with_mprotect, NOTHING, SYS_madvise,
        SYS_process_madvise)
REFUSED(process_madvise_makes_one_guard_at_a_time, NOTHING, SYS_process_madvise)
REFUSED(mprotect_has_no_threads, THREAD | GLIBC, SYS_mprotect)
REFUSED(madvise_and_mprotect_makes_guards_with_mmap, THREAD | GLIBC,
        SYS_madvise, SYS_mprotect)
REFUSED(mmap_has_no_stacks, ALL | SANITIZED | GLIBC, SYS_mmap)

/* Waiting. */
REFUSED(epoll_create1_takes_epoll_create, NOTHING, SYS_epoll_create1)
REFUSED(every_epoll_create_runs_nothing, ALL, SYS_epoll_create1,
        SYS_epoll_create)
REFUSED(epoll_ctl_runs_nothing, ALL, SYS_epoll_ctl)
REFUSED(epoll_pwait2_waits_in_milliseconds, NOTHING, SYS_epoll_pwait2)
REFUSED(epoll_wait_takes_epoll_pwait, NOTHING, SYS_epoll_wait)
REFUSED(epoll_pwait2_and_epoll_wait_takes_epoll_pwait, NOTHING,
        SYS_epoll_pwait2, SYS_epoll_wait)
REFUSED(poll_asks_epoll, NOTHING, SYS_poll)

/* Waking. */
REFUSED(eventfd_wakes_with_a_pipe, NOTHING, SYS_eventfd2)
REFUSED(eventfd_and_pipe2_runs_nothing, ALL | GLIBC, SYS_eventfd2, SYS_pipe2)

/* Threads. */
REFUSED(every_clone_has_no_threads, THREAD | GLIBC, SYS_clone3, SYS_clone)
REFUSED(membarrier_has_threads, NOTHING, SYS_membarrier)

/* Signals. */
REFUSED(sigaltstack_runs, SANITIZED, SYS_sigaltstack)
REFUSED(sigaction_has_no_signals, SIGNAL, SYS_rt_sigaction)

/* Sockets. */
REFUSED(accept4_takes_accept, NOTHING, SYS_accept4)
REFUSED(socket_has_no_network, CONNECT, SYS_socket)
REFUSED(setsockopt_has_a_network, NOTHING, SYS_setsockopt)

/* Looking around. */
REFUSED(getrandom_takes_another_seed, NOTHING, SYS_getrandom)
REFUSED(timerfd_sleeps, NOTHING, SYS_timerfd_create)
REFUSED(process_vm_readv_runs, NOTHING, SYS_process_vm_readv)
REFUSED(clock_gettime_runs, NOTHING, SYS_clock_gettime)
REFUSED(openat_runs, NOTHING, SYS_openat)
REFUSED(readlink_runs, NOTHING, SYS_readlinkat)
REFUSED(prctl_runs, NOTHING, SYS_prctl)
REFUSED(sched_getaffinity_runs, SANITIZED, SYS_sched_getaffinity)

/* ---- what cannot be refused from within ----------------------------------- */

static void run_with_liar(void *arg)
{
    (void)arg;
    note_descriptors();
    /* The kernel reports success and does nothing. */
    refuse(SYS_madvise, 0);
    refuse_with(SYS_mprotect, 2, PROT_NONE, EPERM);
    ASSERT_EQ(coil_run(use_everything, NULL), 17);
}

TEST(loop_refused_madvise_that_says_yes_is_not_believed)
{
    sandbox_run(&child, run_with_liar, NULL);
}

/* Linux 5.1; the number is the same everywhere. */
enum { URING_ENTER = 426 };

static bool has_cleaned_up;

/* It sleeps so long that the loop has to wait, however busy the machine is. */
static int wait_and_clean_up(void *arg)
{
    int rc = coil_sleep(60 * COIL_MINUTE);

    (void)arg;
    has_cleaned_up = true;
    return rc;
}

static void run_without_waits(void *arg)
{
    (void)arg;
    note_descriptors();
    refuse(SYS_epoll_pwait2, EPERM);
    refuse(SYS_epoll_wait, EUCLEAN);
    refuse(SYS_epoll_pwait, EACCES);
    refuse(URING_ENTER, EACCES);
    ASSERT_EQ(coil_run(return_5, NULL), 5);
    ASSERT_EQ(coil_run(wait_and_clean_up, NULL), -EACCES);
    ASSERT(has_cleaned_up);
    expect_same_descriptors();
}

/* The main task is cancelled, as at every end of a run. */
TEST(loop_refused_every_wait_ends_the_run)
{
    sandbox_run(&child, run_without_waits, NULL);
}

static void run_without_guards(void *arg)
{
    (void)arg;
    refuse(SYS_madvise, EPERM);
    refuse(SYS_process_madvise, EPERM);
    refuse(SYS_mprotect, EPERM);
    refuse_with(SYS_mmap, 2, PROT_NONE, EACCES);
    ASSERT_EQ(coil_run(use_everything, NULL), -EACCES);
    have_narrow_guards();
    ASSERT_EQ(coil_run(use_everything, NULL), -EACCES);
}

/* A stack without a guard would be a danger that nobody sees. */
TEST(loop_refused_every_guard_runs_nothing)
{
    sandbox_run(&child, run_without_guards, NULL);
}
