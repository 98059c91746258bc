/* SPDX-License-Identifier: MIT */
/*
 * poll_sockets.c - sockets of the kernel that it refuses to set up, and a Unix
 * socket
 */
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "poll_test.h"
#include "sandbox.h"
#include "backend/epoll.h"

enum { NOBODYS = 200 };

static struct child child;

static struct coil__backend *open_epoll(void)
{
    struct coil__backend *backend;

    ASSERT_EQ(coil__epoll_open(&backend), 0);
    return backend;
}

TEST(poll_sockets_options_of_no_socket_are_refused)
{
    struct coil__backend *backend = open_epoll();
    int fd[2];

    ASSERT_EQ(pipe2(fd, O_CLOEXEC), 0);
    ASSERT_EQ(
        backend->ops->set_option(backend, fd[0], SOL_SOCKET, SO_KEEPALIVE, 1),
        -ENOTSOCK);
    ASSERT_EQ(backend->ops->adopt(backend, fd, 1), -ENOTSOCK);
    close(fd[0]);
    close(fd[1]);
    backend->ops->close(backend);
}

/* A kernel that does not tell whether a socket listens. */
static void adopt_what_is_not_known(void *arg)
{
    struct coil__backend *backend = open_epoll();
    struct coil_address address = loopback();
    int fd = open_listener(backend, &address);

    (void)arg;
    refuse_with(SYS_getsockopt, 2, SO_ACCEPTCONN, ENOPROTOOPT);
    ASSERT_EQ(backend->ops->adopt(backend, &fd, 1), -ENOPROTOOPT);
    backend->ops->close_socket(backend, fd);
    backend->ops->close(backend);
}

TEST(poll_sockets_a_socket_that_may_not_listen_is_not_adopted)
{
    sandbox_run(&child, adopt_what_is_not_known, NULL);
    ASSERT_CHILD_EXITED(&child, 0);
}

/* ---- what the kernel refuses now and then --------------------------------- */

static int lost_count;

static void count_lost(struct coil__backend *backend, int fd)
{
    (void)backend;
    (void)fd;
    lost_count++;
}

/* The descriptor is closed, because nobody else closes it. */
static void fail_to_close(void *arg)
{
    struct coil__backend *backend = open_epoll();
    int fd = backend->ops->socket(backend, AF_INET, SOCK_STREAM);

    (void)arg;
    ASSERT_OK(fd);
    backend->lost = count_lost;
    lost_count = 0;
    refuse_with(SYS_close, 0, (uint32_t)fd, EIO);
    backend->ops->close_socket(backend, fd);
    ASSERT_EQ(backend->sockets, 0);
    poll_settle(backend);
    ASSERT_EQ(lost_count, 0);
    backend->ops->close(backend);
}

TEST(poll_sockets_a_failure_to_close_is_no_loss)
{
    sandbox_run(&child, fail_to_close, NULL);
}

/* The socket cannot listen, but it is closed. */
static void fail_to_listen(void *arg)
{
    struct coil__backend *backend = open_epoll();
    struct coil_address address = loopback();
    int fd = backend->ops->socket(backend, AF_INET, SOCK_STREAM);

    (void)arg;
    ASSERT_OK(fd);
    refuse(SYS_listen, EACCES);
    ASSERT_EQ(backend->ops->bind(backend, fd, &address), -EACCES);
    backend->ops->close_socket(backend, fd);
    ASSERT_EQ(backend->sockets, 0);
    backend->ops->close(backend);
}

TEST(poll_sockets_a_refusal_to_listen_is_told)
{
    sandbox_run(&child, fail_to_listen, NULL);
}

/* accept4() is forbidden, and then one of the calls that set the flags. */
static void fail_to_set_flags(unsigned argument, uint32_t value)
{
    struct coil__backend *backend = open_epoll();
    struct coil_address address;
    int listener = open_listener(backend, &address);
    int client = backend->ops->socket(backend, AF_INET, SOCK_STREAM);
    struct probe connect = { 0 };
    struct probe accept = { 0 };
    int free_fd = dup(0);

    ASSERT_OK(free_fd);
    close(free_fd);
    probe_connect(backend, &connect, client, &address);
    ASSERT_EQ(probe_wait(backend, &connect), 0);
    poll_settle(backend);
    refuse(SYS_accept4, EPERM);
    refuse_with(SYS_fcntl, argument, argument == 0 ? (uint32_t)free_fd : value,
                ENOSYS);
    probe_accept(backend, &accept, listener);
    ASSERT_EQ(probe_wait(backend, &accept), -ENOSYS);
    /* The socket is closed, and its number is free. */
    ASSERT_EQ(backend->sockets, 2);
    ASSERT_EQ(dup(0), free_fd);
    backend->ops->close_socket(backend, client);
    backend->ops->close_socket(backend, listener);
    backend->ops->close(backend);
}

static void fail_to_ask_for_flags(void *arg)
{
    (void)arg;
    fail_to_set_flags(0, 0);
}

static void fail_to_set_nonblocking(void *arg)
{
    (void)arg;
    fail_to_set_flags(1, F_SETFL);
}

static void fail_to_set_cloexec(void *arg)
{
    (void)arg;
    fail_to_set_flags(1, F_SETFD);
}

TEST(poll_sockets_who_is_accepted_and_cannot_get_its_flags_is_closed)
{
    sandbox_run(&child, fail_to_ask_for_flags, NULL);
    sandbox_run(&child, fail_to_set_nonblocking, NULL);
    sandbox_run(&child, fail_to_set_cloexec, NULL);
}

TEST(poll_sockets_accept_by_a_number_of_nobody_is_refused)
{
    struct coil__backend *backend = open_epoll();
    struct probe accept = { 0 };

    ASSERT(probe_accept(backend, &accept, NOBODYS));
    ASSERT_EQ(accept.op.result, -EBADF);
    backend->ops->close(backend);
}

/* ---- a Unix socket -------------------------------------------------------- */

/*
 * The queue is full: no attempt is in progress, so no event would report its
 * end.
 */
TEST(poll_sockets_a_full_queue_of_a_unix_socket_is_an_error)
{
    struct coil__backend *backend = open_epoll();
    struct coil_address address = { .length = sizeof(struct sockaddr_un) };
    struct sockaddr_un *un = (struct sockaddr_un *)&address.storage;
    struct probe connect = { 0 };
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int fds[10];
    int count = 0;

    ASSERT_OK(listener);
    /* The socket has no file: the kernel chooses its name. */
    un->sun_family = AF_UNIX;
    ASSERT_EQ(bind(listener, (struct sockaddr *)un, sizeof un->sun_family), 0);
    ASSERT_EQ(getsockname(listener, (struct sockaddr *)un, &address.length), 0);
    ASSERT_EQ(listen(listener, 0), 0);
    do {
        ASSERT_LT(count, 10);
        fds[count] = backend->ops->socket(backend, AF_UNIX, SOCK_STREAM);
        ASSERT_OK(fds[count]);
        ASSERT(probe_connect(backend, &connect, fds[count++], &address));
    } while (connect.op.result == 0);
    ASSERT_EQ(connect.op.result, -ENOBUFS);
    ASSERT_GT(count, 1);
    ASSERT_EQ(backend->pending, 0);

    /* With room in the queue it connects. */
    close(accept4(listener, NULL, NULL, SOCK_CLOEXEC));
    ASSERT(probe_connect(backend, &connect, fds[count - 1], &address));
    ASSERT_EQ(connect.op.result, 0);
    while (count > 0)
        backend->ops->close_socket(backend, fds[--count]);
    close(listener);
    ASSERT_EQ(backend->sockets, 0);
    backend->ops->close(backend);
}
