/* SPDX-License-Identifier: MIT */
/* LABELS: threads */
/* poll_epoll.c - the kernel's events, straight on the seam */
#include "poll_epoll_test.h"

/* Linux 5.11; the number is the same everywhere. */
enum { EPOLL_PWAIT2 = 441 };

static void run_scenario(const void *subject)
{
    const struct poll_scenario *scenario = subject;
    struct coil__backend *backend = open_epoll();

    scenario->play(backend);
    ASSERT_EQ(backend->pending, 0);
    ASSERT_EQ(backend->sockets, 0);
    backend->ops->close(backend);
}

__attribute__((constructor)) static void make_tests(void)
{
    poll_scenario_tests(__FILE__, "poll_epoll", run_scenario);
}

/* ---- descriptors of somebody else ---- */

TEST(poll_epoll_ready_at_once_and_later)
{
    struct coil__backend *backend = open_epoll();
    struct probe probe = { 0 };
    int fd[2];

    open_pipe(fd);
    ASSERT(probe_ready(backend, &probe, fd[1], COIL_WRITABLE));
    ASSERT_EQ(probe.op.result, COIL_WRITABLE);
    ASSERT(!probe_ready(backend, &probe, fd[0], COIL_READABLE));
    put_byte(fd[1]);
    ASSERT_EQ(probe_wait(backend, &probe), COIL_READABLE);
    ASSERT(probe_ready(backend, &probe, fd[0], COIL_READABLE | COIL_WRITABLE));
    ASSERT_EQ(probe.op.result, COIL_READABLE);

    /* Nobody waits: data that can be read wakes nobody. */
    ASSERT_GE(quiet(backend, 5 * COIL_MILLISECOND), 5 * COIL_MILLISECOND);
    close_pipe(fd);
    backend->ops->close(backend);
}

TEST(poll_epoll_ready_means_the_end_too)
{
    struct coil__backend *backend = open_epoll();
    struct probe both = { 0 };
    struct probe one = { 0 };
    int fd[2];

    open_pipe(fd);
    ASSERT(!probe_ready(backend, &both, fd[0], COIL_READABLE | COIL_WRITABLE));
    ASSERT(!probe_ready(backend, &one, fd[0], COIL_WRITABLE));
    close(fd[1]);
    ASSERT_EQ(probe_wait(backend, &both), COIL_READABLE | COIL_WRITABLE);
    ASSERT_EQ(probe_wait(backend, &one), COIL_WRITABLE);
    ASSERT(probe_ready(backend, &one, fd[0], COIL_WRITABLE));
    ASSERT_EQ(one.op.result, COIL_WRITABLE);
    close(fd[0]);
    backend->ops->close(backend);
}

TEST(poll_epoll_files_are_always_ready)
{
    struct coil__backend *backend = open_epoll();
    struct probe probe = { 0 };
    FILE *file = tmpfile();

    ASSERT_NOT_NULL(file);
    ASSERT(probe_ready(backend, &probe, fileno(file), COIL_READABLE));
    ASSERT_EQ(probe.op.result, COIL_READABLE);
    fclose(file);
    backend->ops->close(backend);
}

/*
 * The kernel may refuse to wait for a descriptor: ELOOP for a set that waits for
 * this one, after poll() said "not yet".  The set itself is refused before.
 */
TEST(poll_epoll_refused_registration_leaves_nothing)
{
    struct coil__backend *backend = open_epoll();
    struct epoll_backend *e = (struct epoll_backend *)backend;
    struct epoll_event event = { .events = EPOLLIN };
    struct probe probe = { 0 };
    int set = epoll_create1(EPOLL_CLOEXEC);
    int i;

    ASSERT_EQ(epoll_ctl(set, EPOLL_CTL_ADD, e->table.fd, &event), 0);
    ASSERT(probe_ready(backend, &probe, set, COIL_READABLE));
    ASSERT_EQ(probe.op.result, -ELOOP);
    for (i = 0; i < EPOLL_DIRECTIONS; i++)
        ASSERT_NULL(e->table.slots[set].queue[i].head);
    close(set);
    ASSERT(probe_ready(backend, &probe, e->table.fd, COIL_READABLE));
    ASSERT_EQ(probe.op.result, -EINVAL);
    backend->ops->close(backend);
}

TEST(poll_epoll_ready_refuses_nonsense)
{
    struct coil__backend *backend = open_epoll();
    struct probe probe = { 0 };
    int fd[2];

    open_pipe(fd);
    ASSERT(probe_ready(backend, &probe, fd[0], 0));
    ASSERT_EQ(probe.op.result, -EINVAL);
    ASSERT(probe_ready(backend, &probe, fd[0], 4));
    ASSERT_EQ(probe.op.result, -EINVAL);
    ASSERT(probe_ready(backend, &probe, -1, COIL_READABLE));
    ASSERT_EQ(probe.op.result, -EBADF);
    close_pipe(fd);
    ASSERT(probe_ready(backend, &probe, fd[0], COIL_READABLE));
    ASSERT_EQ(probe.op.result, -EBADF);
    ASSERT(probe_ready(backend, &probe, 1 << 29, COIL_READABLE));
    ASSERT_EQ(probe.op.result, -EBADF);
    ASSERT_EQ(backend->pending, 0);
    backend->ops->close(backend);
}

TEST(poll_epoll_descriptor_zero_is_legal)
{
    struct coil__backend *backend = open_epoll();
    struct probe probe = { 0 };
    int saved = dup(0);
    int fd[2];

    open_pipe(fd);
    ASSERT_EQ(dup2(fd[0], 0), 0);
    ASSERT(!probe_ready(backend, &probe, 0, COIL_READABLE));
    put_byte(fd[1]);
    ASSERT_EQ(probe_wait(backend, &probe), COIL_READABLE);
    close_pipe(fd);
    if (saved < 0) {
        close(0);
    } else {
        ASSERT_EQ(dup2(saved, 0), 0);
        close(saved);
    }
    backend->ops->close(backend);
}

/*
 * One operation reads and one writes on a socket of the program; one gives up.
 */
TEST(poll_epoll_several_wait_for_one_descriptor)
{
    struct coil__backend *backend = open_epoll();
    struct probe reader[2] = { 0 };
    struct probe writer = { 0 };
    static char full[1 << 16];
    int fd[2];
    int i;

    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd), 0);
    while (write(fd[0], full, sizeof(full)) > 0)
        ;
    ASSERT(!probe_ready(backend, &reader[0], fd[0], COIL_READABLE));
    ASSERT(!probe_ready(backend, &writer, fd[0], COIL_WRITABLE));
    ASSERT(!probe_ready(backend, &reader[1], fd[0], COIL_READABLE));
    while (read(fd[1], full, sizeof(full)) > 0)
        ;
    ASSERT_EQ(probe_wait(backend, &writer), COIL_WRITABLE);
    ASSERT(!reader[0].done && !reader[1].done);

    /* The descriptor is still writable, but nobody asks any more. */
    ASSERT_GE(quiet(backend, 5 * COIL_MILLISECOND), 5 * COIL_MILLISECOND);
    put_byte(fd[1]);
    for (i = 0; i < 2; i++)
        ASSERT_EQ(probe_wait(backend, &reader[i]), COIL_READABLE);
    ASSERT_LT(reader[0].order, reader[1].order);
    take_byte(fd[0]);

    for (i = 0; i < 2; i++)
        ASSERT(!probe_ready(backend, &reader[i], fd[0], COIL_READABLE));
    ASSERT_EQ(probe_cancel(backend, &reader[0]), -ECANCELED);
    put_byte(fd[1]);
    ASSERT_EQ(probe_wait(backend, &reader[1]), COIL_READABLE);
    close_pipe(fd);
    backend->ops->close(backend);
}

TEST(poll_epoll_cancelled_ready_leaves_nothing)
{
    struct coil__backend *backend = open_epoll();
    struct probe probe = { 0 };
    int fd[2];

    open_pipe(fd);
    ASSERT(!probe_ready(backend, &probe, fd[0], COIL_READABLE));
    ASSERT_EQ(probe_cancel(backend, &probe), -ECANCELED);
    put_byte(fd[1]);
    ASSERT_GE(quiet(backend, 5 * COIL_MILLISECOND), 5 * COIL_MILLISECOND);
    ASSERT_EQ(backend->ops->wait(backend, COIL_NEVER), -EDEADLK);
    close_pipe(fd);

    /* Another file gets the number. */
    open_pipe(fd);
    ASSERT(!probe_ready(backend, &probe, fd[0], COIL_READABLE));
    put_byte(fd[1]);
    ASSERT_EQ(probe_wait(backend, &probe), COIL_READABLE);
    close_pipe(fd);
    backend->ops->close(backend);
}

/*
 * Two descriptors are reported in one batch; the first over() cancels the
 * second.
 */
static void cancel_other(struct probe *probe)
{
    struct probe *other = probe->arg;

    if (!other->done)
        ((struct coil__backend *)other->arg)
            ->ops->cancel(other->arg, &other->op);
}

TEST(poll_epoll_ready_and_cancelled_in_one_batch)
{
    struct coil__backend *backend = open_epoll();
    struct probe second = { .arg = backend };
    struct probe first = { .then = cancel_other, .arg = &second };
    int a[2];
    int b[2];

    /* With two descriptors, the second is cancelled before its event counts. */
    open_pipe(a);
    open_pipe(b);
    ASSERT(!probe_ready(backend, &first, a[0], COIL_READABLE));
    ASSERT(!probe_ready(backend, &second, b[0], COIL_READABLE));
    put_byte(a[1]);
    put_byte(b[1]);
    ASSERT_EQ(probe_wait(backend, &first), COIL_READABLE);
    ASSERT_EQ(probe_wait(backend, &second), -ECANCELED);

    /*
     * With one descriptor both operations have ended: the second cannot be
     * cancelled.
     */
    take_byte(a[0]);
    ASSERT(!probe_ready(backend, &first, a[0], COIL_READABLE));
    ASSERT(!probe_ready(backend, &second, a[0], COIL_READABLE));
    put_byte(a[1]);
    ASSERT_EQ(probe_wait(backend, &first), COIL_READABLE);
    ASSERT(second.done);
    ASSERT_EQ(second.op.result, COIL_READABLE);
    ASSERT_EQ(backend->pending, 0);
    close_pipe(a);
    close_pipe(b);
    backend->ops->close(backend);
}

/* ---- waking ---- */

TEST(poll_epoll_wake_from_a_thread)
{
    struct coil__backend *backend = open_epoll();
    pthread_t thread;
    int i;

    backend->holds = 1;
    for (i = 0; i < 5; i++) {
        ASSERT_EQ(pthread_create(&thread, NULL, wake_later, backend), 0);
        ASSERT_EQ(
            backend->ops->wait(backend, i % 2 ? COIL_NEVER : COIL_NEVER - 1),
            0);
        pthread_join(thread, NULL);
    }
    backend->ops->close(backend);
}

TEST(poll_epoll_wake_before_wait)
{
    struct coil__backend *backend = open_epoll();
    int i;

    for (i = 0; i < 100000; i++)
        backend->ops->wake(backend);
    backend->holds = 1;
    ASSERT_EQ(backend->ops->wait(backend, COIL_NEVER), 0);

    /* Many wake-ups count as one. */
    ASSERT_GE(quiet(backend, 5 * COIL_MILLISECOND), 5 * COIL_MILLISECOND);
    backend->ops->close(backend);
}

struct handover {
    struct coil__backend *backend;
    atomic_int given;
};

#define HANDOVERS 20000
#define GIVERS 3

static void *give_all(void *arg)
{
    struct handover *h = arg;
    int i;

    for (i = 0; i < HANDOVERS; i++) {
        atomic_fetch_add(&h->given, 1);
        h->backend->ops->wake(h->backend);
    }
    return NULL;
}

TEST(poll_epoll_no_wake_is_lost)
{
    struct handover h = { .backend = open_epoll() };
    pthread_t thread[GIVERS];
    int seen;
    int i;

    h.backend->holds = GIVERS;
    for (i = 0; i < GIVERS; i++)
        ASSERT_EQ(pthread_create(&thread[i], NULL, give_all, &h), 0);
    do {
        ASSERT_EQ(h.backend->ops->wait(h.backend, COIL_NEVER), 0);
        seen = atomic_load(&h.given);
    } while (seen < GIVERS * HANDOVERS);
    for (i = 0; i < GIVERS; i++)
        pthread_join(thread[i], NULL);
    h.backend->ops->close(h.backend);
}

static struct coil__backend *signalled;
static bool wakes;

static void on_signal(int number)
{
    (void)number;
    if (wakes)
        signalled->ops->wake(signalled);
}

static void alarm_in(int microseconds)
{
    struct sigaction action = { .sa_handler = on_signal };
    struct itimerval timer = { .it_value.tv_usec = microseconds };

    ASSERT_EQ(sigaction(SIGALRM, &action, NULL), 0);
    ASSERT_EQ(setitimer(ITIMER_REAL, &timer, NULL), 0);
}

TEST(poll_epoll_wake_from_a_signal_handler)
{
    struct coil__backend *backend = open_epoll();

    signalled = backend;
    wakes = true;
    backend->holds = 1;
    alarm_in(1000);
    ASSERT_EQ(backend->ops->wait(backend, COIL_NEVER), 0);
    errno = 4711;
    backend->ops->wake(backend);
    ASSERT_EQ(errno, 4711);
    backend->ops->close(backend);
}

/* A signal that wakes nobody ends the wait early, and is not an error. */
TEST(poll_epoll_interrupted_wait)
{
    struct coil__backend *backend = open_epoll();
    coil_time start = backend->ops->now(backend);

    wakes = false;
    alarm_in(5000);
    ASSERT_EQ(backend->ops->wait(backend, start + 5 * COIL_SECOND), 0);
    ASSERT_LT(backend->ops->now(backend) - start, 5 * COIL_SECOND);
    backend->holds = 1;
    alarm_in(5000);
    ASSERT_EQ(backend->ops->wait(backend, COIL_NEVER), 0);
    backend->ops->close(backend);
}

/* ---- time ---- */

/* A wait until a deadline is not ended by anything else. */
static void check_precision_of(struct coil__backend *backend, coil_time length)
{
    coil_time deadline = backend->ops->now(backend) + length;
    coil_time late;

    ASSERT_EQ(backend->ops->wait(backend, deadline), 0);
    late = backend->ops->now(backend) - deadline;
    ASSERT_GE(late, 0);
    ASSERT_LT(late, COIL_SECOND);
}

static void check_precision(struct coil__backend *backend)
{
    static const coil_time lengths[] = {
        1,
        COIL_MICROSECOND,
        999 * COIL_MICROSECOND,
        COIL_MILLISECOND,
        COIL_MILLISECOND + 1,
        1500 * COIL_MICROSECOND,
        20 * COIL_MILLISECOND,
    };
    size_t i;

    for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++)
        check_precision_of(backend, lengths[i]);
}

TEST(poll_epoll_deadlines_are_not_met_early)
{
    struct coil__backend *backend = open_epoll();

    check_precision(backend);
    backend->ops->close(backend);
}

/* The kernel does not know `call` for the rest of the test. */
static void forbid(unsigned call, int error)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1),
        BPF_STMT(BPF_RET | BPF_K,
                 SECCOMP_RET_ERRNO | ((unsigned)error & SECCOMP_RET_DATA)),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {
        .len = sizeof(filter) / sizeof(filter[0]),
        .filter = filter,
    };

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
        SKIP("no seccomp");
}

/* Where the kernel has the call, the backend makes it. */
TEST(poll_epoll_waits_exactly_where_it_can)
{
    struct coil__backend *backend = open_epoll();
    struct epoll_event event;

#ifdef COIL_TSAN
    SKIP("ThreadSanitizer does not know epoll_pwait2()");
#endif
    if (syscall(EPOLL_PWAIT2, -1, &event, 1, NULL, NULL, (size_t)0) == 0 ||
        errno != EBADF)
        SKIP("no epoll_pwait2()");
    check_precision(backend);
    ASSERT(!((struct epoll_backend *)backend)->coarse);
    backend->ops->close(backend);
}

TEST(poll_epoll_without_epoll_pwait2)
{
    struct coil__backend *backend = open_epoll();

    forbid(EPOLL_PWAIT2, ENOSYS);
    check_precision(backend);
    ASSERT(((struct epoll_backend *)backend)->coarse);
    backend->ops->close(backend);
}

TEST(poll_epoll_where_epoll_pwait2_is_forbidden)
{
    static const int errors[] = { EPERM, EACCES, EINVAL, EUCLEAN };

    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
        struct coil__backend *backend = open_epoll();

        forbid(EPOLL_PWAIT2, errors[i]);
        check_precision(backend);
        ASSERT(((struct epoll_backend *)backend)->coarse);
        backend->ops->close(backend);
    }
}

/*
 * It is woken more often than a pipe has room for, and looks up once each time.
 */
TEST(poll_epoll_is_woken_by_a_pipe_where_there_is_no_eventfd)
{
    struct coil__backend *backend;

    forbid(SYS_eventfd2, EPERM);
    backend = open_epoll();
    backend->holds = 1;
    for (int i = 0; i < 70000; i++) {
        backend->ops->wake(backend);
        ASSERT_EQ(backend->ops->wait(backend, COIL_NEVER), 0);
        if (i % 1000 == 0)
            check_precision_of(backend, COIL_MICROSECOND);
    }
    backend->ops->close(backend);
}

/* 2^31 ms, and times that no kernel can express, are long waits. */
static void check_long_waits(struct coil__backend *backend)
{
    static const coil_time deadlines[] = {
        INT64_C(1) << 31,
        (INT64_C(1) << 31) * COIL_MILLISECOND,
        (INT64_C(1) << 32) * COIL_MILLISECOND,
        COIL_NEVER - 1,
    };
    size_t i;

    for (i = 0; i < sizeof(deadlines) / sizeof(deadlines[0]); i++) {
        coil_time start = backend->ops->now(backend);
        coil_time deadline = deadlines[i];
        pthread_t thread;

        if (deadline < COIL_NEVER - start)
            deadline += start;
        ASSERT_EQ(pthread_create(&thread, NULL, wake_later, backend), 0);
        ASSERT_EQ(backend->ops->wait(backend, deadline), 0);
        ASSERT_GE(backend->ops->now(backend) - start, 10 * COIL_MILLISECOND);
        pthread_join(thread, NULL);
    }
}

TEST(poll_epoll_long_deadlines)
{
    struct coil__backend *backend = open_epoll();

    check_long_waits(backend);
    backend->ops->close(backend);
}

/* The wait sleeps, and does not ask the kernel again and again. */
TEST(poll_epoll_without_a_deadline)
{
    struct coil__backend *backend = open_epoll();
    coil_time start = backend->ops->now(backend);
    pthread_t thread;

    backend->holds = 1;
    ASSERT_EQ(pthread_create(&thread, NULL, wake_later, backend), 0);
    ASSERT_EQ(backend->ops->wait(backend, COIL_NEVER), 0);
    ASSERT_GE(backend->ops->now(backend) - start, 10 * COIL_MILLISECOND);
    pthread_join(thread, NULL);
    backend->ops->close(backend);
}

/* An errno of an earlier call does not affect a call that went well. */
TEST(poll_epoll_does_not_heed_an_old_error)
{
    struct coil__backend *backend = open_epoll();
    char bytes[8];
    int pair[2];

    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
    errno = EINTR;
    ASSERT_EQ(do_write(backend, pair[0], "ab", 2), 2);
    errno = EINTR;
    ASSERT_EQ(do_read(backend, pair[1], bytes, 1), 1);
    errno = EINTR;
    ASSERT_EQ(do_read(backend, pair[1], bytes, sizeof bytes), 1);
    close(pair[0]);
    close(pair[1]);
    backend->ops->close(backend);
}

/* How often this thread gave up its processor to wait. */
static long count_waits(void)
{
    struct rusage usage;

    ASSERT_EQ(getrusage(RUSAGE_THREAD, &usage), 0);
    return usage.ru_nvcsw;
}

enum { LOOKS = 200 };

/* A loop with work looks like this between its turns. */
TEST(poll_epoll_with_a_deadline_that_has_passed_only_looks)
{
    struct coil__backend *backend = open_epoll();
    long before = count_waits();

    for (int i = 0; i < LOOKS; i++) {
        ASSERT_EQ(backend->ops->wait(backend, INT64_MIN), 0);
        ASSERT_EQ(backend->ops->wait(backend, 1), 0);
    }
    ASSERT_LT(count_waits() - before, LOOKS / 2);
    backend->ops->close(backend);
}

TEST(poll_epoll_long_deadlines_in_milliseconds)
{
    struct coil__backend *backend = open_epoll();

    ((struct epoll_backend *)backend)->coarse = true;
    check_long_waits(backend);
    backend->ops->close(backend);
}

TEST(poll_epoll_random_numbers_differ)
{
    struct coil__backend *a = open_epoll();
    struct coil__backend *b = open_epoll();

    ASSERT(a->ops->random(a) != a->ops->random(a));
    ASSERT(a->ops->random(a) != b->ops->random(b));
    a->ops->close(a);
    b->ops->close(b);
}
