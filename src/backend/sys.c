/* SPDX-License-Identifier: MIT */
#include "backend/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/times.h>
#include <time.h>
#include <unistd.h>

#include <coil/fd.h>

#include "backend/direct.h"
#include "backend/sys_fd.h"
#include "backend/sys_message.h"
#include "backend/sys_send_file.h"
#include "backend/sys_splice.h"
#include "base/platform.h"

/* Some processors lack this call. */
#ifndef SYS_epoll_create
#define SYS_epoll_create SYS_epoll_create1
#endif

/* Linux 4.20; the C library may not know it. */
#define COIL_IPV6_MULTICAST_ALL 29

/* ---- clock and random numbers ---- */

/* The ticks of times(): a coarser clock, which never goes back either. */
static coil_time count_ticks(void)
{
    struct tms unused;

    return (coil_time)times(&unused) * (COIL_SECOND / sysconf(_SC_CLK_TCK));
}

static coil_time read_clock(clockid_t clock)
{
    struct timespec time;

    /* Without the vDSO this is a system call, which can be forbidden. */
    if (COIL_UNLIKELY(clock_gettime(clock, &time) < 0))
        return count_ticks();
    return (coil_time)time.tv_sec * COIL_SECOND + (coil_time)time.tv_nsec;
}

coil_time coil__sys_now(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

coil_time coil__sys_ticked(void)
{
    return read_clock(CLOCK_MONOTONIC_COARSE);
}

coil_time coil__sys_time_of_day(void)
{
    return read_clock(CLOCK_REALTIME);
}

uint64_t coil__sys_seed(void)
{
    uint64_t seed;

    /* Early at boot the kernel has no random numbers: do not wait for them. */
    if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) != sizeof(seed))
        seed = (uint64_t)coil__sys_now() ^ ((uint64_t)getpid() << 40);
    return seed;
}

/* ---- descriptors with coil's flags ---- */

/* Returns `fd`, or closes it and returns the error. */
static int with_flags(int fd)
{
    int flags = fcntl(fd, F_GETFL);
    int error;

    if (flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0 &&
        fcntl(fd, F_SETFD, FD_CLOEXEC) == 0)
        return fd;
    error = errno;
    close(fd);
    return -error;
}

/* EPOLL_CLOEXEC also serves as the size that the older call wants. */
int coil__sys_epoll(void)
{
    int fd = epoll_create1(EPOLL_CLOEXEC);

    if (fd >= 0)
        return fd;
    if (errno == EMFILE || errno == ENFILE || errno == ENOMEM)
        return -errno;
    fd = (int)syscall(SYS_epoll_create, EPOLL_CLOEXEC);
    return fd < 0 ? -errno : with_flags(fd);
}

/* ---- sockets ---- */

/*
 * TCP_NODELAY, because a stream sends what it is given at once: what belongs
 * together is written together.  Accepted sockets inherit it.
 */
int coil__sys_socket(int family, int type)
{
    int fd = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int on = 1;

    if (fd < 0)
        return -errno;
    if (type == SOCK_STREAM && (family == AF_INET || family == AF_INET6))
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    return fd;
}

/*
 * Without SO_REUSEADDR a server could not start again for a minute.  Without
 * IPV6_V6ONLY, "all addresses" of IPv6 would include those of IPv4, and whoever
 * listens on both would find the port in use.
 */
int coil__sys_bind(int fd, const struct coil_address *address)
{
    int on = 1;

    if (address->storage.ss_family == AF_INET6)
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(fd, (const struct sockaddr *)&address->storage, address->length))
        return -errno;
    return listen(fd, SOMAXCONN) ? -errno : 0;
}

int coil__sys_set_option(int fd, int level, int name, int value)
{
    return setsockopt(fd, level, name, &value, sizeof(value)) ? -errno : 0;
}

/*
 * A port is chosen when the socket connects.  So it need be free only between
 * the two addresses, and not on this machine.
 */
int coil__sys_bind_local(int fd, const struct coil_address *address)
{
    int on = 1;

    (void)setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
    if (bind(fd, (const struct sockaddr *)&address->storage, address->length))
        return -errno;
    return 0;
}

/*
 * Without SO_REUSEADDR: of two sockets of datagrams that share an address by
 * it, only one gets what is sent there.  And without what the kernel gives to all
 * sockets of a port: the groups that any of this machine's has joined.
 */
int coil__sys_bind_datagrams(int fd, const struct coil_address *address)
{
    const int on = 1;
    const int off = 0;

    if (address->storage.ss_family == AF_INET6) {
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
        (void)setsockopt(fd, IPPROTO_IPV6, COIL_IPV6_MULTICAST_ALL, &off,
                         sizeof(off));
    } else {
        (void)setsockopt(fd, IPPROTO_IP, IP_MULTICAST_ALL, &off, sizeof(off));
    }
    if (bind(fd, (const struct sockaddr *)&address->storage, address->length))
        return -errno;
    return 0;
}

int coil__sys_credentials(int fd, struct ucred *credentials)
{
    socklen_t length = sizeof(*credentials);

    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, credentials, &length)
               ? -errno
               : 0;
}

int coil__sys_check_listener(int fd)
{
    int type = 0;
    int listens = 0;
    socklen_t length = sizeof(int);

    if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length) ||
        getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &length))
        return -errno;
    return type == SOCK_STREAM && listens ? 0 : -EINVAL;
}

void coil__sys_set_flags(int fd)
{
    (void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
}

int coil__sys_shutdown(int fd)
{
    return shutdown(fd, SHUT_WR) ? -errno : 0;
}

int coil__sys_local_address(int fd, struct coil_address *address)
{
    *address = (struct coil_address){ .length = sizeof(address->storage) };
    if (getsockname(fd, (struct sockaddr *)&address->storage, &address->length))
        return -errno;
    return 0;
}

int coil__sys_peer_address(int fd, struct coil_address *address)
{
    *address = (struct coil_address){ .length = sizeof(address->storage) };
    if (getpeername(fd, (struct sockaddr *)&address->storage, &address->length))
        return -errno;
    return 0;
}

bool coil__sys_is_stale(int fd)
{
    char byte;
    ssize_t n;

    do
        n = recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    while (n < 0 && errno == EINTR);
    return n >= 0 || errno != EAGAIN;
}

/* ---- operations ---- */

/* The end of the input and an error count as both: see coil/fd.h. */
static ptrdiff_t attempt_ready(const struct coil_op *op)
{
    struct pollfd ask = { .fd = op->fd };
    unsigned ready = 0;
    int n;

    if (op->events & COIL_READABLE)
        ask.events |= POLLIN;
    if (op->events & COIL_WRITABLE)
        ask.events |= POLLOUT;
    do
        n = poll(&ask, 1, 0);
    while (n < 0 && errno == EINTR);
    /* If a sandbox forbids this call, epoll will report what is ready. */
    if (n < 0)
        return errno == ENOMEM ? -ENOMEM : -EAGAIN;
    if (ask.revents & POLLNVAL)
        return -EBADF;

    if (ask.revents & POLLIN)
        ready |= COIL_READABLE;
    if (ask.revents & POLLOUT)
        ready |= COIL_WRITABLE;
    if (ask.revents & (POLLERR | POLLHUP))
        ready = op->events;
    return ready ? (ptrdiff_t)ready : -EAGAIN;
}

static ptrdiff_t attempt_read(const struct coil_op *op)
{
    ptrdiff_t n;

    do
        n = coil__direct_recv(op->fd, op->data, op->size, 0);
    while (n == -EINTR);
    return n;
}

/* Asked again, the kernel has said that there is something. */
static ptrdiff_t attempt_peek(const struct coil_op *op, bool again)
{
    char byte;
    ssize_t n = 0;

    if (again)
        return 0;
    do
        n = recv(op->fd, &byte, 1, MSG_PEEK);
    while (n < 0 && errno == EINTR);
    return n < 0 ? -errno : 0;
}

static ptrdiff_t attempt_write(const struct coil_op *op)
{
    ptrdiff_t n;

    do
        n = coil__direct_send(op->fd, op->data, op->size, MSG_NOSIGNAL);
    while (n == -EINTR);
    return n;
}

/*
 * Whether accept4() failed with `error` because a sandbox forbids the call.  An
 * allowed call looks at the descriptor first.  EPERM may also come from a
 * firewall.
 */
static bool is_accept4_forbidden(int error)
{
    if (error == EAGAIN || error == EBADF)
        return false;
    return accept4(-1, NULL, NULL, SOCK_CLOEXEC) < 0 && errno != EBADF;
}

/* Accept a connection without accept4(). */
static int accept_and_set_flags(int listening, struct coil_address *from)
{
    int fd;

    do {
        from->length = sizeof(from->storage);
        fd =
            accept(listening, (struct sockaddr *)&from->storage, &from->length);
    } while (fd < 0 && errno == EINTR);
    return fd < 0 ? -errno : with_flags(fd);
}

static ptrdiff_t attempt_accept(const struct coil_op *op)
{
    struct coil_address unused;
    struct coil_address *from = op->address ? op->address : &unused;
    int error;
    int fd;

    do {
        from->length = sizeof(from->storage);
        fd = accept4(op->fd, (struct sockaddr *)&from->storage, &from->length,
                     SOCK_NONBLOCK | SOCK_CLOEXEC);
    } while (fd < 0 && errno == EINTR);
    if (fd >= 0)
        return fd;
    error = errno;
    if (is_accept4_forbidden(error))
        return accept_and_set_flags(op->fd, from);
    return -error;
}

/*
 * A second connect() tells how the first one went.  Unlike SO_ERROR it
 * distinguishes "connected" from "not yet", so an event with another meaning
 * does no harm.
 */
static ptrdiff_t attempt_connect(const struct coil_op *op, bool again)
{
    const struct coil_address *to = op->address;

    if (!connect(op->fd, (const struct sockaddr *)&to->storage, to->length))
        return 0;
    switch (errno) {
    case EINPROGRESS:
    case EALREADY:
    case EINTR:
        return -EAGAIN;
    case EISCONN:
        return again ? 0 : -EISCONN;
    case EAGAIN:
        /* The queue of a Unix socket is full, and nothing is in progress. */
        return -ENOBUFS;
    default:
        return -errno;
    }
}

ptrdiff_t coil__sys_attempt(const struct coil_op *op, bool again)
{
    switch (op->kind) {
    case COIL_OP_READY:
        return attempt_ready(op);
    case COIL_OP_READ:
        return attempt_read(op);
    case COIL_OP_PEEK:
        return attempt_peek(op, again);
    case COIL_OP_WRITE:
        return attempt_write(op);
    case COIL_OP_ACCEPT:
        return attempt_accept(op);
    case COIL_OP_SEND_FILE:
        return coil__sys_send_file(op);
    case COIL_OP_SPLICE_IN:
    case COIL_OP_SPLICE_OUT:
        return coil__sys_splice(op);
    case COIL_OP_READ_FD:
        return coil__sys_read_fd(op);
    case COIL_OP_PEEK_FD:
        return coil__sys_peek_fd(op);
    case COIL_OP_WRITE_FD:
        return coil__sys_write_fd(op);
    case COIL_OP_RECEIVE:
        return coil__sys_receive(op);
    case COIL_OP_SEND:
        return coil__sys_send(op);
    default: /* COIL_OP_CONNECT */
        return attempt_connect(op, again);
    }
}
