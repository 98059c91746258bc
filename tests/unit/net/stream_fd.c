/* SPDX-License-Identifier: MIT */
/*
 * Streams over pipes, FIFOs, terminals, sockets and what else has a descriptor:
 * what others share stays as it was.
 */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "process.h"
#include "stream_fd_test.h"

static void make_pipe(int ends[2])
{
    ASSERT_EQ(pipe(ends), 0);
}

static bool is_open(int fd)
{
    return fcntl(fd, F_GETFD) >= 0;
}

static void expect_end(struct coil_stream *s)
{
    char byte;
    ptrdiff_t n = coil_stream_read(s, &byte, 1);

    ASSERT_EQ(n, 0);
}

static int read_byte(void *arg)
{
    char byte;
    ptrdiff_t n = coil_stream_read(arg, &byte, 1);

    return n == 1 ? byte : (int)n;
}

/* ---- pipes ---------------------------------------------------------------- */

/* More than a pipe holds: both sides wait for each other. */
static void pass_much(struct coil_stream *in, struct coil_stream *out)
{
    enum { MUCH = 1000000 };
    unsigned char *bytes = make_bytes(MUCH);
    struct coil_task *reader = start(read_to_end, in);

    ASSERT_EQ(coil_stream_write(out, bytes, MUCH), 0);
    ASSERT_GT(coil_stream_unsent(out), 0);
    ASSERT_EQ(coil_stream_drain(out), 0);
    ASSERT_EQ(coil_stream_close(out), 0);
    ASSERT_EQ(end_of(reader), MUCH);
    coil_stream_abort(in);
    free(bytes);
}

KERNEL_TEST(stream_fd_passes_much_through_a_pipe)
{
    int before = descriptors();
    int ends[2];

    make_pipe(ends);
    pass_much(stream_over(ends[0]), stream_over(ends[1]));
    ASSERT_EQ(descriptors(), before);
    ASSERT_EQ(pipe2(ends, O_NONBLOCK), 0);
    pass_much(stream_over(ends[0]), stream_over(ends[1]));
    ASSERT_EQ(descriptors(), before);
}

/* What another process has of the same open file stays blocking. */
KERNEL_TEST(stream_fd_leaves_a_shared_pipe_blocking)
{
    struct coil_stream *in, *out;
    int shared[2];
    int ends[2];

    make_pipe(ends);
    shared[0] = dup(ends[0]);
    shared[1] = dup(ends[1]);
    in = stream_over(ends[0]);
    out = stream_over(ends[1]);
    ASSERT(!is_nonblocking(shared[0]) && !is_nonblocking(shared[1]));
    send_text(out, "one\ntwo\n");
    expect_line(in, "one\n");
    ASSERT(!is_nonblocking(shared[0]) && !is_nonblocking(shared[1]));
    coil_stream_abort(out);
    expect_line(in, "two\n");
    close(shared[1]);
    expect_end(in);
    coil_stream_abort(in);
    ASSERT(!is_nonblocking(shared[0]));
    close(shared[0]);
}

/* A stream over standard input and output has copies of them. */
KERNEL_TEST(stream_fd_leaves_the_standard_descriptors_open)
{
    int before;
    struct coil_stream *in, *out;
    int saved[2];
    int pipe_flags;
    int ends[2];

    saved[0] = dup(0);
    saved[1] = dup(1);
    for (pipe_flags = 0; pipe_flags <= O_NONBLOCK; pipe_flags += O_NONBLOCK) {
        ASSERT_EQ(pipe2(ends, pipe_flags), 0);
        dup2(ends[0], 0);
        dup2(ends[1], 1);
        close(ends[0]);
        close(ends[1]);
        before = descriptors();
        in = stream_over(0);
        out = stream_over(1);
        send_text(out, "line\n");
        expect_line(in, "line\n");
        ASSERT_EQ(coil_stream_close(out), 0);
        ASSERT_EQ(coil_stream_close(in), 0);
        ASSERT_EQ(descriptors(), before);
        ASSERT_EQ(write(1, "x", 1), 1);
        ASSERT_EQ(read(0, ends, 1), 1);
    }
    dup2(saved[0], 0);
    dup2(saved[1], 1);
    close(saved[0]);
    close(saved[1]);
}

KERNEL_TEST(stream_fd_ends_when_the_last_writer_has_closed)
{
    struct coil_stream *in;
    struct coil_task *reader;
    int other;
    int ends[2];

    make_pipe(ends);
    other = dup(ends[1]);
    in = stream_over(ends[0]);
    ASSERT(!coil_stream_has_ended(in));
    reader = start(read_byte, in);
    settle();
    close(ends[1]);
    settle();
    ASSERT(!coil_task_is_done(reader));
    close(other);
    ASSERT_EQ(end_of(reader), 0);
    ASSERT(coil_stream_has_ended(in));
    ASSERT_EQ(coil_stream_write(in, "x", 1), -EPIPE);
    ASSERT_EQ(coil_stream_shutdown(in), 0);
    ASSERT_EQ(coil_stream_close(in), 0);
}

/* A cancelled read takes nothing. */
KERNEL_TEST(stream_fd_cancelled_while_it_reads)
{
    struct coil_stream *in;
    int ends[2];

    make_pipe(ends);
    in = stream_over(ends[0]);
    ASSERT_EQ(end_by_cancelling(start_waiting(read_byte, in)), -ECANCELED);
    ASSERT_EQ(write(ends[1], "ab", 2), 2);
    ASSERT_EQ(read_byte(in), 'a');
    ASSERT_EQ(read_byte(in), 'b');
    coil_stream_abort(in);
    close(ends[1]);
}

static int wait_readable(void *arg)
{
    return coil_stream_wait_readable(arg);
}

KERNEL_TEST(stream_fd_closed_under_a_reader)
{
    struct coil_stream *in;
    struct coil_task *reader;
    int ends[2];

    for (int i = 0; i < 2; i++) {
        make_pipe(ends);
        in = stream_over(ends[0]);
        reader = start_waiting(i ? wait_readable : read_byte, in);
        coil_stream_abort(in);
        ASSERT_EQ(end_of(reader), -EBADF);
        close(ends[1]);
    }
}

/* ---- nobody reads --------------------------------------------------------- */

static volatile sig_atomic_t signals;

static void count_signal(int number)
{
    (void)number;
    signals++;
}

static void catch_sigpipe(struct sigaction *before)
{
    const struct sigaction action = { .sa_handler = count_signal };

    signals = 0;
    ASSERT_EQ(sigaction(SIGPIPE, &action, before), 0);
}

KERNEL_TEST(stream_fd_writes_to_nobody_without_a_signal)
{
    struct coil_stream *out;
    struct sigaction before;
    sigset_t mask;
    int ends[2];

    make_pipe(ends);
    out = stream_over(ends[1]);
    catch_sigpipe(&before);
    send_text(out, "x");
    close(ends[0]);
    ASSERT_EQ(coil_stream_write(out, "x", 1), -EPIPE);
    ASSERT_EQ(coil_stream_write(out, "x", 1), -EPIPE);
    ASSERT_EQ(coil_stream_flush(out), -EPIPE);
    ASSERT_EQ(coil_stream_close(out), -EPIPE);
    ASSERT_EQ(signals, 0);
    ASSERT_EQ(pthread_sigmask(SIG_SETMASK, NULL, &mask), 0);
    ASSERT_EQ(sigismember(&mask, SIGPIPE), 0);
    sigaction(SIGPIPE, &before, NULL);
}

/* A SIGPIPE of somebody else, which the program holds back, is not taken. */
KERNEL_TEST(stream_fd_takes_no_signal_but_its_own)
{
    const struct timespec now = { 0 };
    sigset_t pipes, before;
    struct coil_stream *out;
    int ends[2];

    make_pipe(ends);
    out = stream_over(ends[1]);
    close(ends[0]);
    sigemptyset(&pipes);
    sigaddset(&pipes, SIGPIPE);
    ASSERT_EQ(pthread_sigmask(SIG_BLOCK, &pipes, &before), 0);
    ASSERT_EQ(pthread_kill(pthread_self(), SIGPIPE), 0);
    ASSERT_EQ(coil_stream_write(out, "x", 1), -EPIPE);
    ASSERT_EQ(sigtimedwait(&pipes, NULL, &now), SIGPIPE);
    coil_stream_abort(out);

    /* Held back, but not sent: it is not left behind. */
    make_pipe(ends);
    out = stream_over(ends[1]);
    close(ends[0]);
    ASSERT_EQ(coil_stream_write(out, "x", 1), -EPIPE);
    ASSERT_EQ(sigtimedwait(&pipes, NULL, &now), -1);
    coil_stream_abort(out);
    ASSERT_EQ(pthread_sigmask(SIG_SETMASK, &before, NULL), 0);
}

static void note(void *arg)
{
    ++*(int *)arg;
}

/* asyncio: the protocol of a pipe that is written hears of the reader's end. */
KERNEL_TEST(stream_fd_hears_that_the_reader_has_gone)
{
    struct coil_stream_watch watch;
    struct coil_stream *out;
    struct coil_task *reader;
    int calls = 0;
    int ends[2];

    make_pipe(ends);
    out = stream_over(ends[1]);
    ASSERT(!coil_stream_is_stale(out) && !coil_stream_has_ended(out));
    ASSERT_EQ(coil_stream_watch(out, &watch, note, &calls), 0);
    ASSERT(coil_stream_unwatch(&watch));
    reader = start_waiting(read_byte, out);
    send_text(out, "x");
    settle();
    ASSERT(!coil_task_is_done(reader));
    close(ends[0]);
    ASSERT_EQ(end_of(reader), 0);
    ASSERT(coil_stream_is_stale(out) && coil_stream_has_ended(out));
    coil_stream_abort(out);

    make_pipe(ends);
    out = stream_over(ends[1]);
    ASSERT_EQ(coil_stream_watch(out, &watch, note, &calls), 0);
    settle();
    ASSERT_EQ(calls, 0);
    close(ends[0]);
    settle();
    ASSERT_EQ(calls, 1);
    ASSERT(coil_stream_is_stale(out) && coil_stream_has_ended(out));
    coil_stream_abort(out);
}

KERNEL_TEST(stream_fd_shut_down_under_one_who_waits_for_the_reader)
{
    struct coil_stream_watch watch;
    struct coil_address address;
    struct coil_stream *out;
    struct coil_task *reader;
    int calls = 0;
    char byte;
    int ends[2];

    make_pipe(ends);
    out = stream_over(ends[1]);
    reader = start_waiting(read_byte, out);
    send_text(out, "x");
    ASSERT_EQ(coil_stream_shutdown(out), 0);
    ASSERT_EQ(end_of(reader), 0);
    ASSERT_EQ(coil_stream_shutdown(out), 0);
    ASSERT_EQ(coil_stream_write(out, "x", 1), -EPIPE);
    ASSERT_EQ(read(ends[0], &byte, 1), 1);
    ASSERT_EQ(read(ends[0], &byte, 1), 0);
    ASSERT_EQ(coil_stream_close(out), 0);
    close(ends[0]);

    make_pipe(ends);
    out = stream_over(ends[1]);
    coil_stream_peer_address(out, &address);
    ASSERT_EQ(address.length, 0);
    ASSERT_EQ(coil_stream_shutdown(out), 0);
    expect_end(out);
    ASSERT_EQ(coil_stream_close(out), 0);
    close(ends[0]);

    make_pipe(ends);
    out = stream_over(ends[1]);
    ASSERT_EQ(coil_stream_shutdown(out), 0);
    ASSERT_EQ(coil_stream_watch(out, &watch, note, &calls), 0);
    settle();
    ASSERT_EQ(calls, 1);
    ASSERT(coil_stream_is_stale(out) && coil_stream_has_ended(out));
    ASSERT_EQ(coil_stream_close(out), 0);
    close(ends[0]);
}

/* ---- two descriptors ------------------------------------------------------ */

/* As to and from a child process: there and back, and half of it shut. */
KERNEL_TEST(stream_fd_reads_from_one_and_writes_to_another)
{
    int before = descriptors();
    struct coil_stream *s, *other;
    int there[2];
    int back[2];

    make_pipe(there);
    make_pipe(back);
    ASSERT_EQ(coil_stream_from_fds(&s, back[0], there[1]), 0);
    ASSERT_EQ(coil_stream_from_fds(&other, there[0], back[1]), 0);
    send_text(s, "question\n");
    expect_line(other, "question\n");
    ASSERT_EQ(coil_stream_shutdown(s), 0);
    expect_end(other);
    ASSERT(!coil_stream_is_stale(s));
    send_text(other, "answer\n");
    ASSERT(coil_stream_is_stale(s));
    expect_line(s, "answer\n");
    ASSERT_EQ(coil_stream_close(other), 0);
    expect_end(s);
    ASSERT_EQ(coil_stream_close(s), 0);
    ASSERT_EQ(descriptors(), before);
}

KERNEL_TEST(stream_fd_of_one_of_two)
{
    struct coil_stream *in, *out;
    int ends[2];

    make_pipe(ends);
    ASSERT_EQ(coil_stream_from_fds(&in, ends[0], -1), 0);
    ASSERT_EQ(coil_stream_from_fds(&out, -1, ends[1]), 0);
    send_text(out, "line\n");
    expect_line(in, "line\n");
    coil_stream_abort(in);
    coil_stream_abort(out);
}

/* ---- what it does not take ------------------------------------------------ */

static void check_refused(int fd, int error)
{
    struct coil_stream *s = NULL;

    ASSERT_EQ(coil_stream_from_fd(&s, fd), error);
    ASSERT_NULL(s);
    ASSERT(fd < 0 || is_open(fd));
    if (fd >= 0)
        close(fd);
}

KERNEL_TEST(stream_fd_refuses_what_is_no_stream)
{
    struct coil_stream *s = NULL;
    int before = descriptors();
    int ends[2];

    check_refused(-1, -EBADF);
    check_refused(fileno(tmpfile()), -EINVAL);
    check_refused(open("/", O_RDONLY | O_DIRECTORY), -EINVAL);
    check_refused(socket(AF_UNIX, SOCK_DGRAM, 0), -EINVAL);
    ASSERT_EQ(coil_stream_from_fd(&s, 1000), -EBADF);
    ASSERT_EQ(coil_stream_from_fds(&s, -1, -1), -EBADF);

    make_pipe(ends);
    ASSERT_EQ(coil_stream_from_fds(&s, ends[1], ends[0]), -EBADF);
    ASSERT_EQ(coil_stream_from_fds(&s, ends[0], ends[0] + 900), -EBADF);
    ASSERT_EQ(coil_stream_from_fds(&s, ends[0], 900), -EBADF);
    ASSERT_EQ(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
    ASSERT_EQ(coil_stream_from_fds(&s, ends[0], 900), -EBADF);
    ASSERT_NULL(s);
    pass_much(stream_over(ends[0]), stream_over(ends[1]));
    ASSERT_EQ(descriptors(), before);
}

static int ask_on_the_simulator(void *arg)
{
    struct coil_stream *s = NULL;

    return coil_stream_from_fd(&s, *(int *)arg);
}

TEST(stream_fd_is_not_on_the_simulator)
{
    int ends[2];

    make_pipe(ends);
    ASSERT_EQ(ask_on_the_simulator(&ends[0]), -ENOTSUP); /* without a loop */
    ASSERT_EQ(coil_test_run(ask_on_the_simulator, &ends[0], 0), -ENOTSUP);
    ASSERT(is_open(ends[0]));
    close(ends[0]);
    close(ends[1]);
}

KERNEL_TEST(stream_fd_without_memory)
{
    struct coil_stream *s = NULL;
    int ends[2];

    make_pipe(ends);
    coil_test_fail_allocation(1, false);
    ASSERT_EQ(coil_stream_from_fd(&s, ends[0]), -ENOMEM);
    coil_test_fail_allocation(0, false);
    ASSERT_NULL(s);
    pass_much(stream_over(ends[0]), stream_over(ends[1]));
}

/* ---- other kinds ---------------------------------------------------------- */

KERNEL_TEST(stream_fd_over_a_fifo)
{
    char path[] = "/tmp/coil-fifo-XXXXXX";
    struct coil_stream *in, *out;
    int fd;

    close(mkstemp(path));
    unlink(path);
    ASSERT_EQ(mkfifo(path, 0600), 0);
    fd = open(path, O_RDWR);
    ASSERT_GE(fd, 0);
    in = stream_over(open(path, O_RDONLY));
    out = stream_over(open(path, O_WRONLY));
    unlink(path);
    close(fd);
    pass_much(in, out);
}

/* A socket that others share stays blocking, too. */
KERNEL_TEST(stream_fd_over_a_socket)
{
    struct coil_stream *a, *b;
    struct coil_address address;
    struct coil_task *reader;
    int shared;
    int pair[2];

    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    shared = dup(pair[0]);
    ASSERT_EQ(coil_stream_from_fds(&a, pair[0], pair[0]), 0);
    b = stream_over(pair[1]);
    reader = start_waiting(read_byte, a);
    send_text(b, "x");
    ASSERT_EQ(end_of(reader), 'x');
    ASSERT(!is_nonblocking(shared));
    close(shared);
    coil_stream_local_address(a, &address);
    ASSERT_GT(address.length, 0);
    coil_stream_peer_address(a, &address);
    ASSERT_GT(address.length, 0);
    send_text(a, "question\n");
    ASSERT_EQ(coil_stream_shutdown(a), 0);
    expect_line(b, "question\n");
    expect_end(b);
    pass_much(a, b);
}

KERNEL_TEST(stream_fd_over_an_eventfd)
{
    int fd = eventfd(0, 0);
    int shared = dup(fd);
    struct coil_stream *s = stream_over(fd);
    struct coil_task *reader;
    struct coil_address address;
    uint64_t number = 0;

    coil_stream_local_address(s, &address);
    ASSERT_EQ(address.length, 0);
    coil_stream_peer_address(s, &address);
    ASSERT_EQ(address.length, 0);
    reader = start_waiting(wait_readable, s);
    ASSERT_EQ(write(shared, &(uint64_t){ 5 }, 8), 8);
    ASSERT_EQ(end_of(reader), 0);
    ASSERT_EQ(coil_stream_read_exactly(s, &number, 8, NULL), 0);
    ASSERT_EQ(number, 5);
    ASSERT_EQ(coil_stream_write(s, &(uint64_t){ 7 }, 8), 0);
    ASSERT_EQ(coil_stream_read_exactly(s, &number, 8, NULL), 0);
    ASSERT_EQ(number, 7);
    ASSERT(!is_nonblocking(shared));
    coil_stream_abort(s);
    close(shared);
}

KERNEL_TEST(stream_fd_over_the_null_device)
{
    struct coil_stream *s = stream_over(open("/dev/null", O_RDWR | O_CLOEXEC));

    expect_end(s);
    send_text(s, "gone");
    ASSERT_EQ(coil_stream_close(s), 0);
}
