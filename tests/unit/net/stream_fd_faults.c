/* SPDX-License-Identifier: MIT */
/* WRAPS: open fstat fcntl getsockopt poll read write recv send */
/*
 * Streams over descriptors when the kernel interrupts a call, or refuses it.
 */
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "stream_fd_test.h"

static int interruptions;
static int open_error, look_error, copy_error, type_error, poll_error;
static int read_error;
static mode_t kind; /* of what fstat() is asked about; 0: as it is */

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __real_fstat(int fd, struct stat *status);
int __wrap_fstat(int fd, struct stat *status);
int __real_fcntl(int fd, int command, ...);
int __wrap_fcntl(int fd, int command, ...);
int __real_getsockopt(int fd, int level, int name, void *value,
                      socklen_t *length);
int __wrap_getsockopt(int fd, int level, int name, void *value,
                      socklen_t *length);
int __real_poll(struct pollfd *fds, nfds_t count, int timeout);
int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout);
ssize_t __real_read(int fd, void *bytes, size_t size);
ssize_t __wrap_read(int fd, void *bytes, size_t size);
ssize_t __real_write(int fd, const void *bytes, size_t size);
ssize_t __wrap_write(int fd, const void *bytes, size_t size);
ssize_t __real_recv(int fd, void *bytes, size_t size, int flags);
ssize_t __wrap_recv(int fd, void *bytes, size_t size, int flags);
ssize_t __real_send(int fd, const void *bytes, size_t size, int flags);
ssize_t __wrap_send(int fd, const void *bytes, size_t size, int flags);

static bool fails(int error)
{
    if (interruptions > 0) {
        interruptions--;
        error = EINTR;
    }
    errno = error;
    return error != 0;
}

int __wrap_open(const char *path, int flags, ...)
{
    errno = open_error;
    return open_error ? -1 : __real_open(path, flags, 0);
}

int __wrap_fstat(int fd, struct stat *status)
{
    int rc = __real_fstat(fd, status);

    if (kind)
        status->st_mode = kind;
    errno = look_error;
    return look_error ? -1 : rc;
}

int __wrap_fcntl(int fd, int command, ...)
{
    va_list list;
    long arg;

    va_start(list, command);
    arg = va_arg(list, long);
    va_end(list);
    errno = copy_error;
    if (copy_error && command == F_DUPFD_CLOEXEC)
        return -1;
    return __real_fcntl(fd, command, arg);
}

int __wrap_getsockopt(int fd, int level, int name, void *value,
                      socklen_t *length)
{
    errno = type_error;
    return type_error ? -1 : __real_getsockopt(fd, level, name, value, length);
}

int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout)
{
    return fails(poll_error) ? -1 : __real_poll(fds, count, timeout);
}

ssize_t __wrap_read(int fd, void *bytes, size_t size)
{
    return fails(read_error) ? -1 : __real_read(fd, bytes, size);
}

ssize_t __wrap_write(int fd, const void *bytes, size_t size)
{
    return fails(0) ? -1 : __real_write(fd, bytes, size);
}

ssize_t __wrap_recv(int fd, void *bytes, size_t size, int flags)
{
    return fails(0) ? -1 : __real_recv(fd, bytes, size, flags);
}

ssize_t __wrap_send(int fd, const void *bytes, size_t size, int flags)
{
    return fails(0) ? -1 : __real_send(fd, bytes, size, flags);
}

static void exchange(struct coil_stream *in, struct coil_stream *out)
{
    char text[4] = "";

    interruptions = 1;
    send_text(out, "abc");
    ASSERT_EQ(interruptions, 0);
    interruptions = 1;
    ASSERT_EQ(coil_stream_read_exactly(in, text, 3, NULL), 0);
    ASSERT_EQ(interruptions, 0);
    ASSERT_STR_EQ(text, "abc");
}

static void exchange_and_abort(const int ends[2])
{
    struct coil_stream *in = stream_over(ends[0]);
    struct coil_stream *out = stream_over(ends[1]);

    exchange(in, out);
    coil_stream_abort(in);
    coil_stream_abort(out);
}

KERNEL_TEST(stream_fd_faults_interrupted)
{
    int ends[2];

    ASSERT_EQ(pipe(ends), 0);
    exchange_and_abort(ends);
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    exchange_and_abort(ends);
    ASSERT_EQ(pipe(ends), 0);
    open_error = EACCES;
    exchange_and_abort(ends);
    open_error = 0;
}

/* Without a description of its own it writes little at a time, and waits. */
KERNEL_TEST(stream_fd_faults_pipe_that_cannot_be_opened_again)
{
    enum { MUCH = 200000 };
    static unsigned char found[MUCH];
    unsigned char *bytes = make_bytes(MUCH);
    struct coil_stream *in, *out;
    int ends[2];

    ASSERT_EQ(pipe(ends), 0);
    open_error = EACCES;
    in = stream_over(ends[0]);
    out = stream_over(ends[1]);
    open_error = 0;
    ASSERT_EQ(coil_stream_write(out, bytes, MUCH), 0);
    ASSERT_GT(coil_stream_unsent(out), 0);
    ASSERT_EQ(coil_stream_read_exactly(in, found, MUCH, NULL), 0);
    check_bytes(found, 0, MUCH);
    ASSERT(!coil_stream_has_ended(in));
    poll_error = ENOMEM;
    ASSERT_EQ(coil_stream_write(out, "x", 1), -ENOMEM);
    poll_error = 0;
    ASSERT_EQ(coil_stream_write(out, "x", 1), 0);
    coil_stream_abort(in);
    coil_stream_abort(out);
    free(bytes);
}

/* EIO is the end for a pty's master only. */
KERNEL_TEST(stream_fd_faults_that_break_a_stream)
{
    struct coil_stream *in;
    char byte;
    ptrdiff_t n;
    int ends[2];

    ASSERT_EQ(pipe(ends), 0);
    in = stream_over(ends[0]);
    read_error = EIO;
    n = coil_stream_read(in, &byte, 1);
    ASSERT_EQ(n, -EIO);
    read_error = 0;
    n = coil_stream_read(in, &byte, 1);
    ASSERT_EQ(n, -EIO);
    coil_stream_abort(in);
    close(ends[1]);
}

KERNEL_TEST(stream_fd_faults_while_it_is_made)
{
    struct coil_stream *s = NULL;
    int ends[2];

    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    look_error = EIO;
    ASSERT_EQ(coil_stream_from_fd(&s, ends[0]), -EIO);
    look_error = 0;
    type_error = ENOBUFS;
    ASSERT_EQ(coil_stream_from_fd(&s, ends[0]), -ENOBUFS);
    type_error = 0;
    kind = S_IFBLK;
    ASSERT_EQ(coil_stream_from_fd(&s, ends[0]), -EINVAL);
    kind = 0;
    open_error = EACCES;
    copy_error = EMFILE;
    ASSERT_EQ(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
    ASSERT_EQ(coil_stream_from_fd(&s, STDIN_FILENO), -EMFILE);
    open_error = 0;
    copy_error = 0;
    ASSERT_NULL(s);
    exchange_and_abort(ends);
}
