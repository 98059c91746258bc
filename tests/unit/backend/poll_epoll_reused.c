/* SPDX-License-Identifier: MIT */
/* LABELS: threads */
/*
 * Descriptors that have the number of an earlier one.
 */
#include "poll_epoll_test.h"

static int lost; /* the last that was reported, and how many */

static int lost_count;

static void note_lost(struct coil__backend *backend, int fd)
{
    (void)backend;
    lost = fd;
    lost_count++;
}

static struct coil__backend *open_to_lose(void)
{
    struct coil__backend *backend = open_epoll();

    backend->lost = note_lost;
    lost_count = 0;
    return backend;
}

/* ---- reused numbers ---- */

struct reuse {
    struct coil__backend *backend;
    int fd[2];
    int times;
    struct probe probe; /* of the one that is open */
};

/* Close the other descriptor and wait for a new one of the same number. */
static void reuse(struct probe *probe)
{
    struct reuse *r = probe->arg;
    int number = r->fd[0];

    for (int i = 0; i < r->times; i++) {
        r->backend->ops->cancel(r->backend, &r->probe.op);
        ASSERT_EQ(r->probe.op.result, -ECANCELED);
        close_pipe(r->fd);
        open_pipe(r->fd);
        ASSERT_EQ(r->fd[0], number);
        ASSERT(!probe_ready(r->backend, &r->probe, number, COIL_READABLE));
    }
}

/*
 * Two descriptors are reported in one batch; the first over() reuses the
 * second's number.
 */
static void check_stale_event(int times)
{
    struct coil__backend *backend = open_epoll();
    struct reuse r = { .backend = backend, .times = times };
    struct probe first = { .then = reuse, .arg = &r };
    int fd[2];

    open_pipe(fd);
    open_pipe(r.fd);
    ASSERT(!probe_ready(backend, &first, fd[0], COIL_READABLE));
    ASSERT(!probe_ready(backend, &r.probe, r.fd[0], COIL_READABLE));
    put_byte(fd[1]);
    put_byte(r.fd[1]);
    ASSERT_EQ(probe_wait(backend, &first), COIL_READABLE);
    poll_settle(backend);
    ASSERT(!r.probe.done);
    put_byte(r.fd[1]);
    ASSERT_EQ(probe_wait(backend, &r.probe), COIL_READABLE);
    close_pipe(fd);
    close_pipe(r.fd);
    backend->ops->close(backend);
}

TEST(poll_epoll_stale_event_of_a_reused_number)
{
    check_stale_event(1);
}

TEST(poll_epoll_stale_event_of_a_number_reused_often)
{
    for (int bit = 1; bit < 12; bit++)
        check_stale_event(1 << bit);
}

TEST(poll_epoll_number_of_a_socket_reused_by_somebody_else)
{
    struct coil__backend *backend = open_epoll();
    struct pair pair = open_pair(backend);
    struct probe probe = { 0 };
    char data[1];
    int fd[2];

    ASSERT(!probe_read(backend, &probe, pair.server, data, 1));
    close_pair(backend, pair);
    open_pipe(fd);
    ASSERT_NE(fd[0], pair.server);
    ASSERT_NE(fd[1], pair.server);
    ASSERT_EQ(dup3(fd[0], pair.server, O_CLOEXEC), pair.server);
    ASSERT(!probe_ready(backend, &probe, pair.server, COIL_READABLE));
    ASSERT_EQ(probe_cancel(backend, &probe), -ECANCELED);
    put_byte(fd[1]);
    ASSERT_GE(quiet(backend, 5 * COIL_MILLISECOND), 5 * COIL_MILLISECOND);
    close(pair.server);
    close_pipe(fd);
    backend->ops->close(backend);
}

/* The owner closed it too early, and a duplicate keeps the registration. */
TEST(poll_epoll_closed_while_a_duplicate_lives)
{
    struct coil__backend *backend = open_epoll();
    struct probe probe = { 0 };
    int fd[2];
    int duplicate;

    open_pipe(fd);
    duplicate = dup(fd[0]);
    ASSERT(!probe_ready(backend, &probe, fd[0], COIL_READABLE));
    close(fd[0]);
    ASSERT_EQ(probe_cancel(backend, &probe), -ECANCELED);
    put_byte(fd[1]);
    quiet(backend, COIL_MILLISECOND);
    ASSERT_GE(quiet(backend, 5 * COIL_MILLISECOND), 5 * COIL_MILLISECOND);

    /* The very same descriptor under the very same number. */
    ASSERT_EQ(dup2(duplicate, fd[0]), fd[0]);
    take_byte(fd[0]);
    ASSERT(!probe_ready(backend, &probe, fd[0], COIL_READABLE));
    put_byte(fd[1]);
    ASSERT_EQ(probe_wait(backend, &probe), COIL_READABLE);
    close(duplicate);
    close_pipe(fd);
    backend->ops->close(backend);
}

/*
 * The descriptor cannot be registered again for those who wait for something
 * else.
 */
TEST(poll_epoll_closed_while_several_wait)
{
    struct coil__backend *backend = open_to_lose();
    struct probe reader = { 0 };
    struct probe writer = { 0 };
    static char full[1 << 16];
    int duplicate;
    int fd[2];

    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd), 0);
    while (write(fd[0], full, sizeof(full)) > 0)
        ;
    duplicate = dup(fd[0]);
    ASSERT(!probe_ready(backend, &reader, fd[0], COIL_READABLE));
    ASSERT(!probe_ready(backend, &writer, fd[0], COIL_WRITABLE));
    close(fd[0]);
    put_byte(fd[1]);
    ASSERT_EQ(probe_wait(backend, &reader), COIL_READABLE);
    ASSERT_EQ(probe_wait(backend, &writer), -EBADF);
    ASSERT_EQ(lost_count, 1);
    close(duplicate);
    close(fd[1]);
    backend->ops->close(backend);
}

/* Who waits for what is closed is told; who waits for what is there is served,
   though both wait for the same of the same number. */
TEST(poll_epoll_reopened_while_somebody_waits)
{
    for (unsigned more = 0; more < 2; more++) {
        struct coil__backend *backend = open_to_lose();
        struct probe early = { 0 };
        struct probe late = { 0 };
        unsigned events = COIL_READABLE | (more ? COIL_WRITABLE : 0);
        int fd[2];

        open_pipe(fd);
        ASSERT(!probe_ready(backend, &early, fd[0], COIL_READABLE));
        close_pipe(fd);
        open_pipe(fd);
        ASSERT(!probe_ready(backend, &late, fd[0], events));
        ASSERT(!early.done);
        ASSERT_EQ(backend->ops->wait(backend, COIL_NEVER), 0);
        ASSERT_EQ(early.op.result, -EBADF);
        ASSERT_EQ(lost_count, 1);
        ASSERT_EQ(lost, fd[0]);
        put_byte(fd[1]);
        ASSERT_EQ(probe_wait(backend, &late), COIL_READABLE);
        ASSERT_EQ(lost_count, 1);
        ASSERT_EQ(backend->pending, 0);
        close_pipe(fd);
        backend->ops->close(backend);
    }
}

/* The registration of the closed descriptor lives on under the same number. */
TEST(poll_epoll_reopened_while_a_duplicate_reports)
{
    struct coil__backend *backend = open_to_lose();
    struct probe early = { 0 };
    struct probe late = { 0 };
    int duplicate;
    int old[2];
    int fd[2];

    open_pipe(old);
    duplicate = fcntl(old[0], F_DUPFD_CLOEXEC, 100);
    ASSERT(!probe_ready(backend, &early, old[0], COIL_READABLE));
    open_pipe(fd);
    ASSERT_EQ(dup3(fd[0], old[0], O_CLOEXEC), old[0]);
    ASSERT(!probe_ready(backend, &late, old[0], COIL_READABLE));
    put_byte(old[1]); /* this event is for nobody */
    ASSERT_EQ(probe_wait(backend, &early), -EBADF);
    (void)quiet(backend, COIL_MILLISECOND);
    ASSERT(!late.done);
    put_byte(fd[1]);
    ASSERT_EQ(probe_wait(backend, &late), COIL_READABLE);
    ASSERT_EQ(lost_count, 1);
    close(duplicate);
    close_pipe(old);
    close_pipe(fd);
    backend->ops->close(backend);
}

/* The wait is cancelled after it was found lost, and before it is told. */
TEST(poll_epoll_lost_wait_can_be_cancelled)
{
    struct coil__backend *backend = open_to_lose();
    struct probe early = { 0 };
    struct probe late = { 0 };
    int fd[2];

    open_pipe(fd);
    ASSERT(!probe_ready(backend, &early, fd[0], COIL_READABLE));
    close_pipe(fd);
    open_pipe(fd);
    ASSERT(!probe_ready(backend, &late, fd[0], COIL_READABLE));
    ASSERT_EQ(probe_cancel(backend, &early), -EBADF);
    ASSERT_EQ(probe_cancel(backend, &late), -ECANCELED);
    ASSERT_EQ(backend->pending, 0);
    close_pipe(fd);
    backend->ops->close(backend);
}

/* A new socket, opened or accepted, gets the number of a lost pipe. */
TEST(poll_epoll_lost_number_is_reused_by_a_socket)
{
    for (int accepted = 0; accepted < 2; accepted++) {
        struct coil__backend *backend = open_to_lose();
        struct coil_address address;
        struct probe wait = { 0 };
        struct probe connect = { 0 };
        struct probe accept = { 0 };
        struct probe read = { 0 };
        struct pair pair;
        int listener = open_listener(backend, &address);
        int fd[2];
        char byte;

        pair.client =
            accepted ? backend->ops->socket(backend, AF_INET, SOCK_STREAM) : -1;
        open_pipe(fd);
        ASSERT(!probe_ready(backend, &wait, fd[0], COIL_READABLE));
        close_pipe(fd);
        if (!accepted)
            pair.client = backend->ops->socket(backend, AF_INET, SOCK_STREAM);
        if (!probe_connect(backend, &connect, pair.client, &address))
            ASSERT_EQ(probe_wait(backend, &connect), 0);
        if (!probe_accept(backend, &accept, listener))
            probe_wait(backend, &accept);
        pair.server = (int)accept.op.result;
        ASSERT_EQ(accepted ? pair.server : pair.client, fd[0]);
        ASSERT_EQ(probe_wait(backend, &wait), -EBADF);
        ASSERT_EQ(lost_count, 1);
        ASSERT_EQ(lost, fd[0]);

        /* The new descriptor can be waited for. */
        ASSERT(!probe_read(backend, &read, fd[0], &byte, 1));
        send_all(backend, accepted ? pair.client : pair.server, "x", 1);
        ASSERT_EQ(probe_wait(backend, &read), 1);
        close_pair(backend, pair);
        backend->ops->close_socket(backend, listener);
        backend->ops->close(backend);
    }
}

/* The program closes a socket of ours; then a pipe gets the number. */
TEST(poll_epoll_lost_socket_is_reused_by_a_pipe)
{
    struct coil__backend *backend = open_to_lose();
    struct pair pair = open_pair(backend);
    struct probe read = { 0 };
    struct probe write = { 0 };
    struct probe wait = { 0 };
    char byte;
    int fd[2];

    ASSERT_GT(write_until_full(backend, pair.client, &write), 0);
    ASSERT(!probe_read(backend, &read, pair.client, &byte, 1));
    open_pipe(fd);
    ASSERT_EQ(dup3(fd[0], pair.client, O_CLOEXEC), pair.client);
    ASSERT(!probe_ready(backend, &wait, pair.client, COIL_READABLE));
    ASSERT_EQ(probe_wait(backend, &read), -EBADF);
    ASSERT_EQ(probe_wait(backend, &write), -EBADF);
    ASSERT_EQ(lost_count, 1);
    put_byte(fd[1]);
    ASSERT_EQ(probe_wait(backend, &wait), COIL_READABLE);
    /*
     * The owner of the socket closes a number that is not theirs, and does no
     * harm.
     */
    close_pair(backend, pair);
    ASSERT_EQ(backend->pending, 0);
    close_pipe(fd);
    backend->ops->close(backend);
}

/*
 * Another socket gets the number: the state of the first does not apply to it.
 */
TEST(poll_epoll_lost_socket_is_reused_by_a_socket)
{
    struct coil__backend *backend = open_to_lose();
    struct pair old = open_pair(backend);
    struct probe read = { 0 };
    struct pair pair;
    char bytes[8];
    int number;

    /* The socket is drained: the next read waits without an attempt. */
    send_all(backend, old.server, "x", 1);
    ASSERT(!probe_read(backend, &read, old.client, bytes, sizeof bytes) ||
           read.op.result == 1);
    if (!read.done)
        probe_wait(backend, &read);
    number = old.client;
    close(number);
    pair = open_pair(backend);
    if (pair.client != number)
        FAIL("%d was to be used again, not %d", number, pair.client);
    send_all(backend, pair.server, "y", 1);
    (void)quiet(backend, COIL_MILLISECOND);
    ASSERT(probe_read(backend, &read, pair.client, bytes, sizeof bytes));
    ASSERT_EQ(read.op.result, 1);
    ASSERT(!probe_read(backend, &read, pair.client, bytes, sizeof bytes));
    send_all(backend, pair.server, "z", 1);
    ASSERT_EQ(probe_wait(backend, &read), 1);
    close_pair(backend, pair);
    backend->ops->close_socket(backend, old.server);
    backend->sockets--; /* the lost one */
    backend->ops->close(backend);
}

/* In debug mode the loss is found although nobody uses the number again. */
TEST(poll_epoll_lost_descriptor_is_searched_for)
{
    struct coil__backend *backend = open_to_lose();
    struct pair pair = open_pair(backend);
    struct probe wait = { 0 };
    struct probe read = { 0 };
    char byte;
    int fd[2];

    open_pipe(fd);
    backend->searches = true;
    ASSERT(!probe_ready(backend, &wait, fd[0], COIL_READABLE));
    ASSERT(!probe_read(backend, &read, pair.client, &byte, 1));
    (void)quiet(backend, COIL_MILLISECOND);
    ASSERT_EQ(lost_count, 0);
    close_pipe(fd);
    ASSERT_EQ(backend->ops->wait(backend, COIL_NEVER), 0);
    ASSERT_EQ(wait.op.result, -EBADF);
    ASSERT_EQ(lost_count, 1);
    close(pair.client);
    ASSERT_EQ(backend->ops->wait(backend, COIL_NEVER), 0);
    ASSERT_EQ(read.op.result, -EBADF);
    ASSERT_EQ(lost, pair.client);
    ASSERT_EQ(lost_count, 2);
    ASSERT_EQ(backend->pending, 0);
    /* The owner closes it as well: that is reported too. */
    close_pair(backend, pair);
    (void)backend->ops->wait(backend, 0);
    ASSERT_EQ(lost_count, 3);
    backend->ops->close(backend);
}

/* The loss is found also when the number belongs to another descriptor now. */
TEST(poll_epoll_replaced_descriptor_is_searched_for)
{
    struct coil__backend *backend = open_to_lose();
    struct probe wait = { 0 };
    int fd[2];
    int other[2];

    open_pipe(fd);
    open_pipe(other);
    backend->searches = true;
    ASSERT(!probe_ready(backend, &wait, fd[0], COIL_READABLE));
    (void)quiet(backend, COIL_MILLISECOND);
    ASSERT_EQ(lost_count, 0);
    ASSERT_EQ(dup3(other[0], fd[0], O_CLOEXEC), fd[0]);
    put_byte(other[1]);
    ASSERT_EQ(backend->ops->wait(backend, COIL_NEVER), 0);
    ASSERT_EQ(wait.op.result, -EBADF);
    ASSERT_EQ(lost_count, 1);
    close_pipe(fd);
    close_pipe(other);
    backend->ops->close(backend);
}

/* A search does not make a ready descriptor report twice. */
TEST(poll_epoll_search_lets_the_loop_rest)
{
    struct coil__backend *backend = open_to_lose();
    struct pair pair = open_pair(backend);
    struct probe wait = { 0 };
    struct probe read = { 0 };
    char byte;
    int fd[2];

    open_pipe(fd);
    backend->searches = true;
    ASSERT(!probe_ready(backend, &wait, fd[0], COIL_READABLE));
    ASSERT(!probe_read(backend, &read, pair.client, &byte, 1));
    (void)quiet(backend, COIL_MILLISECOND); /* it is writable */
    ASSERT_GE(quiet(backend, 5 * COIL_MILLISECOND), 5 * COIL_MILLISECOND);
    put_byte(fd[1]);
    ASSERT_EQ(probe_wait(backend, &wait), COIL_READABLE);
    send_all(backend, pair.server, "x", 1);
    ASSERT_EQ(probe_wait(backend, &read), 1);
    ASSERT_EQ(lost_count, 0);
    close_pipe(fd);
    close_pair(backend, pair);
    backend->ops->close(backend);
}

/* So many are lost at once that only some are named. */
TEST(poll_epoll_lost_descriptors_may_be_many)
{
    struct coil__backend *backend = open_to_lose();
    struct probe wait[20];
    int fd[20][2];

    memset(wait, 0, sizeof wait);
    backend->searches = true;
    for (int i = 0; i < 20; i++) {
        open_pipe(fd[i]);
        ASSERT(!probe_ready(backend, &wait[i], fd[i][0], COIL_READABLE));
    }
    for (int i = 0; i < 20; i++)
        close_pipe(fd[i]);
    for (int i = 0; i < 20; i++)
        ASSERT_EQ(probe_wait(backend, &wait[i]), -EBADF);
    ASSERT_EQ(lost_count, EPOLL_LOST_MAX);
    backend->ops->close(backend);
}

struct high {
    struct coil__backend *backend;
    struct probe probe;
    int fd;
};

static void wait_for_a_high_number(struct probe *probe)
{
    struct high *high = probe->arg;

    ASSERT(!probe_ready(high->backend, &high->probe, high->fd, COIL_READABLE));
}

/* One event ends two reads, and the first of them makes the table grow. */
TEST(poll_epoll_over_may_move_the_table)
{
    struct coil__backend *backend = open_epoll();
    struct pair pair = open_pair(backend);
    struct high high = { .backend = backend };
    struct probe first = { .then = wait_for_a_high_number, .arg = &high };
    struct probe second = { 0 };
    struct probe third = { 0 };
    void *behind;
    char data[3];
    int fd[2];

    open_pipe(fd);
    high.fd = fcntl(fd[0], F_DUPFD_CLOEXEC, 1000);
    ASSERT_OK(high.fd);
    ASSERT(!probe_read(backend, &first, pair.server, &data[0], 1));
    ASSERT(!probe_read(backend, &second, pair.server, &data[1], 1));
    behind = malloc(1 << 16); /* it cannot grow in place */
    ASSERT_NOT_NULL(behind);
    send_all(backend, pair.client, "ab", 2);
    ASSERT_EQ(probe_wait(backend, &first), 1);
    ASSERT_EQ(probe_wait(backend, &second), 1);
    ASSERT_EQ(backend->pending, 1);
    free(behind);

    ASSERT(!probe_read(backend, &third, pair.server, &data[2], 1));
    send_all(backend, pair.client, "c", 1);
    ASSERT_EQ(probe_wait(backend, &third), 1);
    ASSERT_MEM_EQ(data, "abc", 3);
    put_byte(fd[1]);
    ASSERT_EQ(probe_wait(backend, &high.probe), COIL_READABLE);
    close(high.fd);
    close_pipe(fd);
    close_pair(backend, pair);
    backend->ops->close(backend);
}

/* A forked child may hold a duplicate; closing must not depend on the child. */
TEST(poll_epoll_closed_socket_with_a_duplicate_is_silent)
{
    struct coil__backend *backend = open_epoll();
    struct pair pair = open_pair(backend);
    struct probe read = { 0 };
    char data[1];
    int duplicate;

    ASSERT(!probe_read(backend, &read, pair.server, data, 1));
    duplicate = dup(pair.server);
    backend->ops->close_socket(backend, pair.server);
    ASSERT_EQ(read.op.result, -EBADF);
    send_all(backend, pair.client, "x", 1);
    poll_settle(backend);
    ASSERT_GE(quiet(backend, 5 * COIL_MILLISECOND), 5 * COIL_MILLISECOND);
    /* There is no edge either. */
    send_all(backend, pair.client, "y", 1);
    ASSERT_GE(quiet(backend, 5 * COIL_MILLISECOND), 5 * COIL_MILLISECOND);
    close(duplicate);
    backend->ops->close_socket(backend, pair.client);
    backend->ops->close(backend);
}

struct another {
    struct coil__backend *backend;
    int fd;
};

static void open_another(struct probe *probe)
{
    struct another *another = probe->arg;

    another->fd =
        another->backend->ops->socket(another->backend, AF_INET, SOCK_STREAM);
}

/*
 * A descriptor that is opened while a socket is being closed is not that
 * socket.
 */
TEST(poll_epoll_number_is_free_when_the_operations_are_over)
{
    struct coil__backend *backend = open_epoll();
    struct pair pair = open_pair(backend);
    struct another another = { .backend = backend };
    struct probe read = { .then = open_another, .arg = &another };
    int lower = backend->ops->socket(backend, AF_INET, SOCK_STREAM);
    char data[1];

    ASSERT_OK(lower);
    ASSERT_LT(lower, pair.server);
    ASSERT(!probe_read(backend, &read, pair.server, data, 1));
    backend->ops->close_socket(backend, pair.server);
    ASSERT_EQ(read.op.result, -EBADF);
    ASSERT_OK(another.fd);
    ASSERT_NE(another.fd, pair.server);
    backend->ops->close_socket(backend, another.fd);
    backend->ops->close_socket(backend, lower);
    backend->ops->close_socket(backend, pair.client);
    backend->ops->close(backend);
}
