/* SPDX-License-Identifier: MIT */
/* WRAPS: coil__direct_recv coil__direct_send recv accept4 accept connect read write sendfile */
/*
 * poll_interrupted.c - calls of the kernel that end with EINTR
 *
 * Linux does not interrupt a call on a descriptor that does not block; other
 * kernels, and what stands in for one in a sandbox, may.  Such a call is made
 * again, and the caller hears nothing of it.
 */
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#include "poll_test.h"
#include "sandbox.h"
#include "backend/direct.h"
#include "backend/epoll.h"
#include "backend/simulator.h"

static struct child child;
static int interruptions; /* that are still to come */
static int interrupted;
static bool accept4_is_forbidden;

ptrdiff_t __real_coil__direct_recv(int fd, void *data, size_t size, int flags);
ptrdiff_t __real_coil__direct_send(int fd, const void *data, size_t size,
                                   int flags);
ssize_t __real_recv(int fd, void *data, size_t size, int flags);
int __real_accept4(int fd, struct sockaddr *from, socklen_t *length, int flags);
int __real_accept(int fd, struct sockaddr *from, socklen_t *length);
int __real_connect(int fd, const struct sockaddr *to, socklen_t length);
ssize_t __real_read(int fd, void *data, size_t size);
ssize_t __real_write(int fd, const void *data, size_t size);
ssize_t __real_sendfile(int to, int from, off_t *at, size_t size);

ptrdiff_t __wrap_coil__direct_recv(int fd, void *data, size_t size, int flags);
ptrdiff_t __wrap_coil__direct_send(int fd, const void *data, size_t size,
                                   int flags);
ssize_t __wrap_recv(int fd, void *data, size_t size, int flags);
int __wrap_accept4(int fd, struct sockaddr *from, socklen_t *length, int flags);
int __wrap_accept(int fd, struct sockaddr *from, socklen_t *length);
int __wrap_connect(int fd, const struct sockaddr *to, socklen_t length);
ssize_t __wrap_read(int fd, void *data, size_t size);
ssize_t __wrap_write(int fd, const void *data, size_t size);
ssize_t __wrap_sendfile(int to, int from, off_t *at, size_t size);

static bool is_interrupted(void)
{
    if (interruptions == 0)
        return false;
    interruptions--;
    interrupted++;
    errno = EINTR;
    return true;
}

ptrdiff_t __wrap_coil__direct_recv(int fd, void *data, size_t size, int flags)
{
    return is_interrupted() ? -EINTR
                            : __real_coil__direct_recv(fd, data, size, flags);
}

ptrdiff_t __wrap_coil__direct_send(int fd, const void *data, size_t size,
                                   int flags)
{
    return is_interrupted() ? -EINTR
                            : __real_coil__direct_send(fd, data, size, flags);
}

ssize_t __wrap_recv(int fd, void *data, size_t size, int flags)
{
    return is_interrupted() ? -1 : __real_recv(fd, data, size, flags);
}


int __wrap_accept4(int fd, struct sockaddr *from, socklen_t *length, int flags)
{
    if (accept4_is_forbidden || !is_interrupted())
        return __real_accept4(fd, from, length, flags);
    return -1;
}

int __wrap_accept(int fd, struct sockaddr *from, socklen_t *length)
{
    return is_interrupted() ? -1 : __real_accept(fd, from, length);
}

/* The attempt that was begun goes on, and is over before the next call. */
int __wrap_connect(int fd, const struct sockaddr *to, socklen_t length)
{
    int rc = __real_connect(fd, to, length);

    if (interruptions == 0)
        return rc;
    while (rc < 0 && errno != EISCONN)
        rc = __real_connect(fd, to, length);
    return is_interrupted() ? -1 : rc;
}

ssize_t __wrap_read(int fd, void *data, size_t size)
{
    return is_interrupted() ? -1 : __real_read(fd, data, size);
}

ssize_t __wrap_write(int fd, const void *data, size_t size)
{
    return is_interrupted() ? -1 : __real_write(fd, data, size);
}

ssize_t __wrap_sendfile(int to, int from, off_t *at, size_t size)
{
    return is_interrupted() ? -1 : __real_sendfile(to, from, at, size);
}

static void interrupt(int times)
{
    ASSERT_EQ(interruptions, 0);
    interruptions = times;
    interrupted = 0;
}

static void expect_interrupted(int times)
{
    ASSERT_EQ(interrupted, times);
    ASSERT_EQ(interruptions, 0);
}

static struct coil__backend *open_epoll(void)
{
    struct coil__backend *backend;

    ASSERT_EQ(coil__epoll_open(&backend), 0);
    return backend;
}

static ptrdiff_t do_peek(struct coil__backend *backend, int fd)
{
    struct probe probe = { .op = { .kind = COIL_OP_PEEK, .fd = fd } };

    probe_begin(backend, &probe);
    return probe_wait(backend, &probe);
}

TEST(poll_interrupted_reads_and_writes_are_made_again)
{
    struct coil__backend *backend = open_epoll();
    struct pair pair = open_pair(backend);
    char data[4];

    for (int times = 1; times < 4; times++) {
        interrupt(times);
        ASSERT_EQ(do_write(backend, pair.client, "four", 4), 4);
        expect_interrupted(times);
        poll_settle(backend);
        interrupt(times);
        ASSERT(backend->ops->is_stale(backend, pair.server));
        expect_interrupted(times);
        interrupt(times);
        ASSERT_EQ(do_peek(backend, pair.server), 0);
        expect_interrupted(times);
        interrupt(times);
        ASSERT_EQ(do_read(backend, pair.server, data, 4), 4);
        expect_interrupted(times);
        ASSERT_MEM_EQ(data, "four", 4);
    }
    close_pair(backend, pair);
    backend->ops->close(backend);
}

TEST(poll_interrupted_files_are_sent_again)
{
    struct coil__backend *backend = open_epoll();
    struct pair pair = open_pair(backend);
    struct coil_file_part part = { .fd = memfd_create("f", MFD_CLOEXEC) };
    struct probe probe = { .op = { .kind = COIL_OP_SEND_FILE,
                                   .fd = pair.client,
                                   .data = &part,
                                   .size = 4 } };
    char data[4];

    ASSERT_EQ(__real_write(part.fd, "four", 4), 4);
    interrupt(2);
    probe_begin(backend, &probe);
    ASSERT_EQ(probe_wait(backend, &probe), 4);
    expect_interrupted(2);
    ASSERT_EQ(do_read(backend, pair.server, data, 4), 4);
    ASSERT_MEM_EQ(data, "four", 4);
    close(part.fd);
    close_pair(backend, pair);
    backend->ops->close(backend);
}

/* With an argument, accept() has to replace accept4(). */
static void accept_some(void *arg)
{
    struct coil__backend *backend = open_epoll();
    struct coil_address address;
    int listener = open_listener(backend, &address);

    accept4_is_forbidden = arg;
    if (accept4_is_forbidden)
        refuse(SYS_accept4, EPERM);
    for (int times = 1; times < 3; times++) {
        struct pair pair = { .client = backend->ops->socket(backend, AF_INET,
                                                            SOCK_STREAM) };
        struct probe connect = { 0 };
        struct probe accept = { 0 };

        probe_connect(backend, &connect, pair.client, &address);
        ASSERT_EQ(probe_wait(backend, &connect), 0);
        poll_settle(backend);
        interrupt(times);
        probe_accept(backend, &accept, listener);
        pair.server = (int)probe_wait(backend, &accept);
        expect_interrupted(times);
        ASSERT_OK(pair.server);
        send_all(backend, pair.client, "x", 1);
        close_pair(backend, pair);
    }
    backend->ops->close_socket(backend, listener);
    ASSERT_EQ(backend->sockets, 0);
    backend->ops->close(backend);
}

TEST(poll_interrupted_accepts_are_made_again)
{
    accept_some(NULL);
    sandbox_run(&child, accept_some, &child);
}

TEST(poll_interrupted_connect_goes_on)
{
    struct coil__backend *backend = open_epoll();
    struct coil_address address;
    int listener = open_listener(backend, &address);
    struct pair pair = { .client = backend->ops->socket(backend, AF_INET,
                                                        SOCK_STREAM) };
    struct probe connect = { 0 };
    struct probe accept = { 0 };

    interrupt(1);
    ASSERT(!probe_connect(backend, &connect, pair.client, &address));
    expect_interrupted(1);
    ASSERT_EQ(probe_wait(backend, &connect), 0);
    probe_accept(backend, &accept, listener);
    pair.server = (int)probe_wait(backend, &accept);
    ASSERT_OK(pair.server);
    send_all(backend, pair.client, "x", 1);
    close_pair(backend, pair);
    backend->ops->close_socket(backend, listener);
    backend->ops->close(backend);
}

static void wake_thrice(void)
{
    struct coil__backend *backend = open_epoll();

    backend->holds = 1;
    for (int times = 0; times < 3; times++) {
        interrupt(times);
        backend->ops->wake(backend);
        expect_interrupted(times);
        ASSERT_EQ(backend->ops->wait(backend, COIL_NEVER), 0);
    }
    backend->ops->close(backend);
}

/* An eventfd need not be read; a pipe is emptied. */
static void wake_by_pipe(void *arg)
{
    struct coil__backend *backend;

    (void)arg;
    refuse(SYS_eventfd2, EPERM);
    wake_thrice();
    backend = open_epoll();
    backend->holds = 1;
    for (int times = 0; times < 3; times++) {
        backend->ops->wake(backend);
        interrupt(times);
        ASSERT_EQ(backend->ops->wait(backend, COIL_NEVER), 0);
        expect_interrupted(times);
    }
    backend->holds = 0;
    ASSERT_EQ(backend->ops->wait(backend, COIL_NEVER), -EDEADLK);
    backend->ops->close(backend);

    /* The simulator empties it also when there was no wake-up. */
    ASSERT_EQ(coil__simulator_open(&backend, 0), 0);
    ASSERT_EQ(backend->ops->wait(backend, 5), 0);
    backend->ops->wake(backend);
    ASSERT_EQ(backend->ops->wait(backend, COIL_NEVER), 0);
    ASSERT_EQ(backend->ops->wait(backend, COIL_NEVER), -EDEADLK);
    backend->ops->close(backend);
}

TEST(poll_interrupted_wake_up_is_sent)
{
    wake_thrice();
    sandbox_run(&child, wake_by_pipe, NULL);
}
