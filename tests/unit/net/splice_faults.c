/* SPDX-License-Identifier: MIT */
/* WRAPS: splice pipe2 */
/* TIMEOUT: 60 */
/*
 * Bytes that the kernel moves from one stream to another, and what is done where
 * it will not, or has no memory.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <coil/splice.h>

#include "stream_fd_test.h"

enum { SIZE = 100 * 1000 };

static int calls, interruptions;
static int in_error, out_error; /* of a call that has a socket there */
static int pipe_error;
static int own_end; /* of the test: a pipe, which counts as a socket */

ssize_t __real_splice(int from, off64_t *at, int to, off64_t *to_at,
                      size_t size, unsigned flags);
ssize_t __wrap_splice(int from, off64_t *at, int to, off64_t *to_at,
                      size_t size, unsigned flags);
int __real_pipe2(int ends[2], int flags);
int __wrap_pipe2(int ends[2], int flags);

static int fail_with(int error)
{
    errno = error;
    return -1;
}

static bool is_pipe(int fd)
{
    return fd != own_end && fcntl(fd, F_GETPIPE_SZ) > 0;
}

ssize_t __wrap_splice(int from, off64_t *at, int to, off64_t *to_at,
                      size_t size, unsigned flags)
{
    int error = is_pipe(to) ? in_error : out_error;

    calls++;
    if (interruptions > 0) {
        interruptions--;
        return fail_with(EINTR);
    }
    return error ? fail_with(error)
                 : __real_splice(from, at, to, to_at, size, flags);
}

int __wrap_pipe2(int ends[2], int flags)
{
    return pipe_error ? fail_with(pipe_error) : __real_pipe2(ends, flags);
}

static void no_faults(void)
{
    calls = interruptions = 0;
    in_error = out_error = pipe_error = 0;
    own_end = -1;
}

static int write_all(void *stream)
{
    unsigned char *bytes = make_bytes(SIZE);
    int rc = coil_stream_write(stream, bytes, SIZE);

    free(bytes);
    return rc < 0 ? rc : coil_stream_shutdown(stream);
}

static int read_all(void *stream)
{
    return read_to_end(stream);
}

/* Read the bytes from `place` on to the end. */
static void expect_rest(struct coil_stream *s, size_t place)
{
    unsigned char *bytes = malloc(SIZE);

    ASSERT_EQ(coil_stream_read_exactly(s, bytes, SIZE - place, NULL), 0);
    check_bytes(bytes, place, SIZE - place);
    ASSERT_EQ(coil_stream_read(s, bytes, 1), 0);
    free(bytes);
}

static void expect_all_is_moved(void)
{
    struct pair source = connected(), target = connected();
    struct coil_task *writer = start(write_all, source.a);
    struct coil_task *reader = start(read_all, target.b);
    int64_t moved = -1;

    ASSERT_EQ(coil_splice(target.a, source.b, -1, &moved), 0);
    ASSERT_EQ(moved, SIZE);
    ASSERT_EQ(coil_stream_shutdown(target.a), 0);
    ASSERT_EQ(end_of(writer), 0);
    ASSERT_EQ(end_of(reader), SIZE);
    hang_up(&source);
    hang_up(&target);
}

KERNEL_TEST(splice_faults_are_none_between_sockets)
{
    no_faults();
    expect_all_is_moved();
    ASSERT_GE(calls, 4);
    interruptions = 5;
    expect_all_is_moved();
    ASSERT_EQ(interruptions, 0);
}

KERNEL_TEST(splice_faults_of_the_kernel_are_made_good_by_copies)
{
    static const int errors[] = { EINVAL, ENOSYS, EPERM };

    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        no_faults();
        in_error = errors[i];
        expect_all_is_moved();
        ASSERT_EQ(calls, 1);
        /* Bytes are in the pipe by then. */
        no_faults();
        out_error = errors[i];
        expect_all_is_moved();
        ASSERT_EQ(calls, 2);
    }
    no_faults();
    pipe_error = EMFILE;
    expect_all_is_moved();
    ASSERT_EQ(calls, 0);
    no_faults();
}

/* Both streams can be used on, and nothing was lost. */
KERNEL_TEST(splice_faults_for_want_of_memory_leave_all_as_it_was)
{
    for (int which = 0; which < 2; which++) {
        struct pair source = connected(), target = connected();
        int64_t moved = -1, more = -1;
        struct coil_task *writer = start(write_all, source.a);

        no_faults();
        (which ? &in_error : &out_error)[0] = ENOBUFS;
        ASSERT_EQ(coil_splice(target.a, source.b, -1, &moved), -ENOBUFS);
        ASSERT_EQ(moved, 0);
        no_faults();
        ASSERT_EQ(coil_splice(target.a, source.b, 1000, &more), 0);
        ASSERT_EQ(more, 1000);
        ASSERT_EQ(end_of(writer), 0);
        expect_rest(source.b, 1000);
        hang_up(&source);
        hang_up(&target);
    }
}

/* The connection that is written to breaks: what was not moved can be read. */
KERNEL_TEST(splice_faults_of_the_target_leave_the_rest_to_be_read)
{
    struct pair source = connected(), target = connected();
    int64_t moved = -1;
    struct coil_task *writer = start(write_all, source.a);

    no_faults();
    out_error = ECONNRESET;
    ASSERT_EQ(coil_splice(target.a, source.b, -1, &moved), -ECONNRESET);
    ASSERT_EQ(moved, 0);
    no_faults();
    ASSERT_EQ(coil_stream_write(target.a, "x", 1), -ECONNRESET);
    expect_rest(source.b, 0);
    ASSERT_EQ(end_of(writer), 0);
    hang_up(&source);
    coil_stream_abort(target.a);
    coil_stream_abort(target.b);
}

KERNEL_TEST(splice_faults_of_the_source_are_told_by_each_read)
{
    struct pair source = connected(), target = connected();
    char byte;

    no_faults();
    in_error = ETIMEDOUT;
    ASSERT_EQ(coil_stream_write(source.a, "x", 1), 0);
    ASSERT_EQ(coil_splice(target.a, source.b, -1, NULL), -ETIMEDOUT);
    no_faults();
    ASSERT_EQ(coil_stream_read(source.b, &byte, 1), -ETIMEDOUT);
    ASSERT_EQ(coil_splice(target.a, source.b, -1, NULL), -ETIMEDOUT);
    coil_stream_abort(source.a);
    coil_stream_abort(source.b);
    hang_up(&target);
}

/* ---- allocations ---------------------------------------------------------- */

static void fail_allocation_and_go_on(size_t n)
{
    struct pair source = connected(), target = connected();
    struct coil_task *writer = start(write_all, source.a);
    struct coil_task *reader = start(read_all, target.b);
    int64_t moved = 0, more = 0;
    int rc;

    settle();
    coil_test_fail_allocation(n, false);
    rc = coil_splice(target.a, source.b, SIZE, &moved);
    coil_test_fail_allocation(0, false);
    ASSERT(rc == 0 || rc == -ENOMEM);
    ASSERT_EQ(coil_splice(target.a, source.b, -1, &more), 0);
    ASSERT_EQ(moved + more, SIZE);
    ASSERT_EQ(coil_stream_shutdown(target.a), 0);
    ASSERT_EQ(end_of(writer), 0);
    ASSERT_EQ(end_of(reader), SIZE);
    hang_up(&source);
    hang_up(&target);
}

KERNEL_TEST(splice_faults_of_memory_leave_the_rest_to_be_moved)
{
    for (size_t n = 1; n <= 6; n++) {
        no_faults();
        fail_allocation_and_go_on(n);
        in_error = EINVAL;
        fail_allocation_and_go_on(n);
    }
    no_faults();
}

/* ---- pipes ---------------------------------------------------------------- */

static void end_the_test(int number)
{
    (void)number;
    abort();
}

/* Nobody reads the pipe any more: an error, and no SIGPIPE. */
KERNEL_TEST(splice_faults_raise_no_signal)
{
    void (*before)(int) = signal(SIGPIPE, end_the_test);
    struct pair source = connected();
    struct coil_stream *out;
    int64_t moved = -1;
    int ends[2];

    no_faults();
    ASSERT_EQ(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
    own_end = ends[1];
    out = stream_over(ends[1]);
    close(ends[0]);
    ASSERT_EQ(coil_stream_write(source.a, "text", 4), 0);
    ASSERT_EQ(coil_splice(out, source.b, 4, &moved), -EPIPE);
    ASSERT_EQ(moved, 0);
    ASSERT_EQ(calls, 2);
    coil_stream_abort(out);
    hang_up(&source);
    signal(SIGPIPE, before);
    no_faults();
}

/*
 * A descriptor that could block the loop is written to in its own way: the
 * kernel would wait within splice().
 */
KERNEL_TEST(splice_faults_are_not_risked_where_a_call_could_wait)
{
    struct pair source = connected();
    struct coil_stream *out;
    int ends[2];

    no_faults();
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    out = stream_over(ends[1]);
    ASSERT_EQ(coil_stream_write(source.a, "text", 4), 0);
    ASSERT_EQ(coil_splice(out, source.b, 4, NULL), 0);
    ASSERT_EQ(calls, 1); /* from the source alone */
    ASSERT(!is_nonblocking(ends[0]));
    coil_stream_abort(out);
    close(ends[0]);
    hang_up(&source);
}
