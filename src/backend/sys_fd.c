/* SPDX-License-Identifier: MIT */
#include "backend/sys_fd.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <coil/fd.h>

/*
 * poll() says that a terminal has room for something.  The kernel counts that
 * room in pieces of 256 bytes, and a line feed may become two bytes.
 */
enum { TERMINAL_ROOM = 128 };

/* ---- finding the way ---- */

static int check_socket(int fd)
{
    int type = 0;
    socklen_t length = sizeof type;

    if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length))
        return -errno;
    return type == SOCK_STREAM ? COIL_FD_SOCKET : -EINVAL;
}

/* Only a master can say which number its pty has. */
static int look_at_terminal(int fd)
{
    unsigned number;

    if (ioctl(fd, TIOCGPTN, &number) == 0)
        return COIL_FD_TERMINAL | COIL_FD_MASTER;
    return isatty(fd) ? COIL_FD_TERMINAL : 0;
}

/* What kind of thing `fd` is: enum coil_fd_access, or an error. */
static int look_at(int fd, const struct stat *status)
{
    if (S_ISREG(status->st_mode) || S_ISDIR(status->st_mode) ||
        S_ISBLK(status->st_mode))
        return -EINVAL;
    if (S_ISSOCK(status->st_mode))
        return check_socket(fd);
    return S_ISCHR(status->st_mode) ? look_at_terminal(fd) : 0;
}

/*
 * Whether another open() gives the same thing.  Of other devices, and of a pty's
 * master, it would give a new one.
 */
static bool can_be_opened_again(const struct stat *status, int access)
{
    return S_ISFIFO(status->st_mode) || access == COIL_FD_TERMINAL;
}

static int open_again(int fd, int mode)
{
    char path[40];

    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return open(path, mode | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

/* A copy whose end leaves 0, 1 and 2 open. */
static int copy_standard(int fd)
{
    int copy;

    if (fd > STDERR_FILENO)
        return fd;
    copy = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    return copy < 0 ? -errno : copy;
}

static unsigned directions_of(int mode)
{
    switch (mode) {
    case O_RDONLY:
        return COIL_READABLE;
    case O_WRONLY:
        return COIL_WRITABLE;
    default:
        return COIL_READABLE | COIL_WRITABLE;
    }
}

int coil__sys_fd_prepare(struct coil_fd_end *end, int fd)
{
    int flags = fcntl(fd, F_GETFL);
    struct stat status;
    int copy = -1;
    int access;

    if (flags < 0 || fstat(fd, &status) < 0)
        return -errno;
    access = look_at(fd, &status);
    if (access < 0)
        return access;
    if (!(flags & O_NONBLOCK) && can_be_opened_again(&status, access))
        copy = open_again(fd, flags & O_ACCMODE);
    if (copy < 0 && !(flags & O_NONBLOCK) && !(access & COIL_FD_SOCKET))
        access |= COIL_FD_POLLED;
    if (copy < 0)
        copy = copy_standard(fd);
    if (copy < 0)
        return copy;
    *end = (struct coil_fd_end){
        .fd = copy,
        .given = fd,
        .directions = directions_of(flags & O_ACCMODE),
        .access = (unsigned char)access,
    };
    return 0;
}

void coil__sys_fd_abandon(const struct coil_fd_end *end)
{
    if (end->fd != end->given)
        close(end->fd);
}

void coil__sys_fd_keep(const struct coil_fd_end *end)
{
    if (end->fd == end->given)
        (void)fcntl(end->fd, F_SETFD, FD_CLOEXEC);
    else if (end->given > STDERR_FILENO)
        close(end->given);
}

/* ---- operations ---- */

/* 0: `fd` is ready for one of `events`, or at its end; or -EAGAIN. */
static int look_whether(int fd, short events)
{
    struct pollfd ask = { .fd = fd, .events = events };
    int n;

    do
        n = poll(&ask, 1, 0);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return -errno;
    return n == 0 ? -EAGAIN : 0;
}

ptrdiff_t coil__sys_read_fd(const struct coil_op *op)
{
    ssize_t n = 0;

    if (op->access & COIL_FD_POLLED)
        n = look_whether(op->fd, POLLIN);
    if (n < 0)
        return n;
    do
        n = op->access & COIL_FD_SOCKET
                ? recv(op->fd, op->data, op->size, MSG_DONTWAIT)
                : read(op->fd, op->data, op->size);
    while (n < 0 && errno == EINTR);
    if (n < 0 && errno == EIO && op->access & COIL_FD_MASTER)
        return 0; /* nobody has the pty open */
    return n < 0 ? -errno : n;
}

/* Without COIL_READABLE: whether the other side has gone. */
ptrdiff_t coil__sys_peek_fd(const struct coil_op *op)
{
    return look_whether(op->fd, op->events & COIL_READABLE ? POLLIN : 0);
}

/* Keep SIGPIPE from the thread.  Returns whether it is on its way already. */
static bool hold_signal(const sigset_t *signals, sigset_t *before)
{
    sigset_t pending;

    pthread_sigmask(SIG_BLOCK, signals, before);
    if (!sigismember(before, SIGPIPE))
        return false;
    sigemptyset(&pending);
    (void)sigpending(&pending);
    return sigismember(&pending, SIGPIPE);
}

/*
 * A write that nobody will read raises SIGPIPE in this thread, and only send()
 * can be told not to.  So the signal is held back meanwhile, and taken.
 */
static ptrdiff_t write_quietly(int fd, const void *data, size_t size)
{
    const struct timespec now = { 0 };
    sigset_t signals;
    sigset_t before;
    bool is_on_its_way;
    ssize_t n;

    sigemptyset(&signals);
    sigaddset(&signals, SIGPIPE);
    is_on_its_way = hold_signal(&signals, &before);
    do
        n = write(fd, data, size);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        n = -errno;
    if (n == -EPIPE && !is_on_its_way)
        (void)sigtimedwait(&signals, NULL, &now);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return n;
}

static ptrdiff_t send_quietly(const struct coil_op *op)
{
    ssize_t n;

    do
        n = send(op->fd, op->data, op->size, MSG_DONTWAIT | MSG_NOSIGNAL);
    while (n < 0 && errno == EINTR);
    return n < 0 ? -errno : n;
}

/* After poll() has said yes, so many bytes find room. */
static size_t room_of(const struct coil_op *op)
{
    size_t room = op->access & COIL_FD_TERMINAL ? TERMINAL_ROOM : PIPE_BUF;

    return op->size < room ? op->size : room;
}

ptrdiff_t coil__sys_write_fd(const struct coil_op *op)
{
    int rc;

    if (op->access & COIL_FD_SOCKET)
        return send_quietly(op);
    if (!(op->access & COIL_FD_POLLED))
        return write_quietly(op->fd, op->data, op->size);
    rc = look_whether(op->fd, POLLOUT);
    return rc < 0 ? rc : write_quietly(op->fd, op->data, room_of(op));
}
