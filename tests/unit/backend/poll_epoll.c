/* SPDX-License-Identifier: MIT */
/* LABELS: threads */
/* poll_epoll.c - the kernel's events, straight on the seam */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <coil/fd.h>

#include "base/memory.h"
#include "backend/epoll.h"
#include "poll_test.h"

/* Linux 5.11; the number is the same everywhere. */
enum { EPOLL_PWAIT2 = 441 };

/* Of what the tests close themselves nothing is lost. */
static void deny_loss(struct coil__backend *backend, int fd)
{
    (void)backend;
    FAIL("descriptor %d is said to be lost", fd);
}

static struct coil__backend *open_epoll(void)
{
    struct coil__backend *backend;

    ASSERT_OK(coil__epoll_open(&backend));
    ASSERT(!backend->ops->simulated);
    backend->lost = deny_loss;
    return backend;
}

static int lost; /* the last that was told, and how many were */
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

static void run_scenario(void (*scenario)(struct coil__backend *))
{
    struct coil__backend *backend = open_epoll();

    scenario(backend);
    ASSERT_EQ(backend->pending, 0);
    ASSERT_EQ(backend->sockets, 0);
    backend->ops->close(backend);
}

#define DEFINE_SCENARIO(name)                                                  \
    TEST(poll_epoll_##name)                                                    \
    {                                                                          \
        run_scenario(scenario_##name);                                         \
    }
POLL_SCENARIOS(DEFINE_SCENARIO)

/* How long one wait takes that has nothing to tell, at most `limit`. */
static coil_time quiet(struct coil__backend *backend, coil_time limit)
{
    coil_time start = backend->ops->now(backend);

    ASSERT_EQ(backend->ops->wait(backend, start + limit), 0);
    return backend->ops->now(backend) - start;
}

/* ---- descriptors of somebody else ---- */

static bool probe_ready(struct coil__backend *backend, struct probe *probe,
                        int fd, unsigned events)
{
    probe->op = (struct coil_op){
        .kind = COIL_OP_READY,
        .fd = fd,
        .events = events,
    };
    return probe_begin(backend, probe);
}

static void open_pipe(int fd[2])
{
    ASSERT_EQ(pipe2(fd, O_CLOEXEC), 0);
}

static void close_pipe(const int fd[2])
{
    close(fd[0]);
    close(fd[1]);
}

static void put(int fd)
{
    ASSERT_EQ(write(fd, "x", 1), 1);
}

static void take(int fd)
{
    char byte;

    ASSERT_EQ(read(fd, &byte, 1), 1);
}

TEST(poll_epoll_ready_at_once_and_later)
{
    struct coil__backend *backend = open_epoll();
    struct probe probe = { 0 };
    int fd[2];

    open_pipe(fd);
    ASSERT(probe_ready(backend, &probe, fd[1], COIL_WRITABLE));
    ASSERT_EQ(probe.op.result, COIL_WRITABLE);
    ASSERT(!probe_ready(backend, &probe, fd[0], COIL_READABLE));
    put(fd[1]);
    ASSERT_EQ(probe_wait(backend, &probe), COIL_READABLE);
    ASSERT(probe_ready(backend, &probe, fd[0], COIL_READABLE | COIL_WRITABLE));
    ASSERT_EQ(probe.op.result, COIL_READABLE);

    /* Nobody waits: what is there to read disturbs nobody. */
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

/* An epoll instance does not watch itself: EINVAL, once poll() said "not yet". */
TEST(poll_epoll_refused_registration_leaves_nothing)
{
    struct coil__backend *backend = open_epoll();
    struct epoll_backend *e = (struct epoll_backend *)backend;
    struct probe probe = { 0 };
    int i;

    ASSERT(probe_ready(backend, &probe, e->table.fd, COIL_READABLE));
    ASSERT_EQ(probe.op.result, -EINVAL);
    for (i = 0; i < EPOLL_DIRECTIONS; i++)
        ASSERT_NULL(e->table.slots[e->table.fd].queue[i].head);
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
    put(fd[1]);
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

/* One reads, one writes, on a socket of somebody else's; one gives up. */
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

    /* Writable still, but nobody asks any more. */
    ASSERT_GE(quiet(backend, 5 * COIL_MILLISECOND), 5 * COIL_MILLISECOND);
    put(fd[1]);
    for (i = 0; i < 2; i++)
        ASSERT_EQ(probe_wait(backend, &reader[i]), COIL_READABLE);
    ASSERT_LT(reader[0].order, reader[1].order);
    take(fd[0]);

    for (i = 0; i < 2; i++)
        ASSERT(!probe_ready(backend, &reader[i], fd[0], COIL_READABLE));
    ASSERT_EQ(probe_cancel(backend, &reader[0]), -ECANCELED);
    put(fd[1]);
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
    put(fd[1]);
    ASSERT_GE(quiet(backend, 5 * COIL_MILLISECOND), 5 * COIL_MILLISECOND);
    ASSERT_EQ(backend->ops->wait(backend, COIL_NEVER), -EDEADLK);
    close_pipe(fd);

    /* The number comes back, as something else. */
    open_pipe(fd);
    ASSERT(!probe_ready(backend, &probe, fd[0], COIL_READABLE));
    put(fd[1]);
    ASSERT_EQ(probe_wait(backend, &probe), COIL_READABLE);
    close_pipe(fd);
    backend->ops->close(backend);
}

/* Two descriptors are reported in one batch; the first over() cancels. */
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

    /* On two descriptors the second is cancelled before its event counts. */
    open_pipe(a);
    open_pipe(b);
    ASSERT(!probe_ready(backend, &first, a[0], COIL_READABLE));
    ASSERT(!probe_ready(backend, &second, b[0], COIL_READABLE));
    put(a[1]);
    put(b[1]);
    ASSERT_EQ(probe_wait(backend, &first), COIL_READABLE);
    ASSERT_EQ(probe_wait(backend, &second), -ECANCELED);

    /* On one, both have ended: that cannot be taken back. */
    take(a[0]);
    ASSERT(!probe_ready(backend, &first, a[0], COIL_READABLE));
    ASSERT(!probe_ready(backend, &second, a[0], COIL_READABLE));
    put(a[1]);
    ASSERT_EQ(probe_wait(backend, &first), COIL_READABLE);
    ASSERT(second.done);
    ASSERT_EQ(second.op.result, COIL_READABLE);
    ASSERT_EQ(backend->pending, 0);
    close_pipe(a);
    close_pipe(b);
    backend->ops->close(backend);
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

/* Two descriptors are reported in one batch; the first over() reuses. */
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
    put(fd[1]);
    put(r.fd[1]);
    ASSERT_EQ(probe_wait(backend, &first), COIL_READABLE);
    poll_settle(backend);
    ASSERT(!r.probe.done);
    put(r.fd[1]);
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
    put(fd[1]);
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
    put(fd[1]);
    quiet(backend, COIL_MILLISECOND);
    ASSERT_GE(quiet(backend, 5 * COIL_MILLISECOND), 5 * COIL_MILLISECOND);

    /* The very same descriptor under the very same number. */
    ASSERT_EQ(dup2(duplicate, fd[0]), fd[0]);
    take(fd[0]);
    ASSERT(!probe_ready(backend, &probe, fd[0], COIL_READABLE));
    put(fd[1]);
    ASSERT_EQ(probe_wait(backend, &probe), COIL_READABLE);
    close(duplicate);
    close_pipe(fd);
    backend->ops->close(backend);
}

/* It cannot be registered again for those who wait for something else. */
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
    put(fd[1]);
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
        put(fd[1]);
        ASSERT_EQ(probe_wait(backend, &late), COIL_READABLE);
        ASSERT_EQ(lost_count, 1);
        ASSERT_EQ(backend->pending, 0);
        close_pipe(fd);
        backend->ops->close(backend);
    }
}

/* The registration of what was closed lives on, under the same number. */
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
    put(old[1]); /* an event for nobody */
    ASSERT_EQ(probe_wait(backend, &early), -EBADF);
    (void)quiet(backend, COIL_MILLISECOND);
    ASSERT(!late.done);
    put(fd[1]);
    ASSERT_EQ(probe_wait(backend, &late), COIL_READABLE);
    ASSERT_EQ(lost_count, 1);
    close(duplicate);
    close_pipe(old);
    close_pipe(fd);
    backend->ops->close(backend);
}

/* Cancelled after it was found lost, and before it is told. */
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

/* The number of a lost pipe is that of a new socket, opened or accepted. */
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

        pair.client = accepted ? backend->ops->socket(backend, AF_INET) : -1;
        open_pipe(fd);
        ASSERT(!probe_ready(backend, &wait, fd[0], COIL_READABLE));
        close_pipe(fd);
        if (!accepted)
            pair.client = backend->ops->socket(backend, AF_INET);
        if (!probe_connect(backend, &connect, pair.client, &address))
            ASSERT_EQ(probe_wait(backend, &connect), 0);
        if (!probe_accept(backend, &accept, listener))
            probe_wait(backend, &accept);
        pair.server = (int)accept.op.result;
        ASSERT_EQ(accepted ? pair.server : pair.client, fd[0]);
        ASSERT_EQ(probe_wait(backend, &wait), -EBADF);
        ASSERT_EQ(lost_count, 1);
        ASSERT_EQ(lost, fd[0]);

        /* The new one can be waited for. */
        ASSERT(!probe_read(backend, &read, fd[0], &byte, 1));
        send_all(backend, accepted ? pair.client : pair.server, "x", 1);
        ASSERT_EQ(probe_wait(backend, &read), 1);
        close_pair(backend, pair);
        backend->ops->close_socket(backend, listener);
        backend->ops->close(backend);
    }
}

/* The program closes a socket of ours; then the number is a pipe's. */
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
    put(fd[1]);
    ASSERT_EQ(probe_wait(backend, &wait), COIL_READABLE);
    /* Whoever had the socket closes what is not theirs, and no harm is done. */
    close_pair(backend, pair);
    ASSERT_EQ(backend->pending, 0);
    close_pipe(fd);
    backend->ops->close(backend);
}

/* Or another socket's: nothing of what was known of the first holds for it. */
TEST(poll_epoll_lost_socket_is_reused_by_a_socket)
{
    struct coil__backend *backend = open_to_lose();
    struct pair old = open_pair(backend);
    struct probe read = { 0 };
    struct pair pair;
    char bytes[8];
    int number;

    /* Drained: the next read waits without an attempt. */
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

/* In debug mode nobody has to use the number again. */
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
    /* Its owner closes it as well: that is told, too. */
    close_pair(backend, pair);
    (void)backend->ops->wait(backend, 0);
    ASSERT_EQ(lost_count, 3);
    backend->ops->close(backend);
}

/* Nor does it help that the number is another's now. */
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
    put(other[1]);
    ASSERT_EQ(backend->ops->wait(backend, COIL_NEVER), 0);
    ASSERT_EQ(wait.op.result, -EBADF);
    ASSERT_EQ(lost_count, 1);
    close_pipe(fd);
    close_pipe(other);
    backend->ops->close(backend);
}

/* A search asks nobody who is ready to say so twice. */
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
    (void)quiet(backend, COIL_MILLISECOND); /* it can be written to */
    ASSERT_GE(quiet(backend, 5 * COIL_MILLISECOND), 5 * COIL_MILLISECOND);
    put(fd[1]);
    ASSERT_EQ(probe_wait(backend, &wait), COIL_READABLE);
    send_all(backend, pair.server, "x", 1);
    ASSERT_EQ(probe_wait(backend, &read), 1);
    ASSERT_EQ(lost_count, 0);
    close_pipe(fd);
    close_pair(backend, pair);
    backend->ops->close(backend);
}

/* So many at once that not all are named. */
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
    behind = malloc(1 << 16); /* no room to grow where it is */
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
    put(fd[1]);
    ASSERT_EQ(probe_wait(backend, &high.probe), COIL_READABLE);
    close(high.fd);
    close_pipe(fd);
    close_pair(backend, pair);
    backend->ops->close(backend);
}

/* A forked child may hold one; closing must not depend on it. */
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
    /* Nor is there an edge. */
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

    another->fd = another->backend->ops->socket(another->backend, AF_INET);
}

/* What is opened while a socket is being closed is not that socket. */
TEST(poll_epoll_number_is_free_when_the_operations_are_over)
{
    struct coil__backend *backend = open_epoll();
    struct pair pair = open_pair(backend);
    struct another another = { .backend = backend };
    struct probe read = { .then = open_another, .arg = &another };
    int lower = backend->ops->socket(backend, AF_INET);
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

/* ---- sockets ---- */

static int option(int fd, int level, int name)
{
    socklen_t length = sizeof(int);
    int value = -1;

    ASSERT_EQ(getsockopt(fd, level, name, &value, &length), 0);
    return value;
}

TEST(poll_epoll_sockets_have_their_options)
{
    struct coil__backend *backend = open_epoll();
    struct coil_address address;
    int listener = open_listener(backend, &address);
    struct pair pair = open_pair(backend);
    int fds[3] = { listener, pair.client, pair.server };
    int i;

    for (i = 0; i < 3; i++) {
        ASSERT(fcntl(fds[i], F_GETFD) & FD_CLOEXEC);
        ASSERT(fcntl(fds[i], F_GETFL) & O_NONBLOCK);
        ASSERT(option(fds[i], IPPROTO_TCP, TCP_NODELAY));
    }
    ASSERT(option(listener, SOL_SOCKET, SO_REUSEADDR));
    backend->ops->close_socket(backend, listener);
    close_pair(backend, pair);
    backend->ops->close(backend);
}

/* A listener whose queue is full lets a connect() hang. */
TEST(poll_epoll_pending_connect_can_be_cancelled_and_closed)
{
    struct coil__backend *backend = open_epoll();
    struct coil_address address = loopback();
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct probe connect[8] = { 0 };
    int client[8];
    int cancelled = 0;
    int i;

    ASSERT_EQ(
        bind(listener, (struct sockaddr *)&address.storage, address.length), 0);
    ASSERT_EQ(listen(listener, 0), 0);
    ASSERT_EQ(getsockname(listener, (struct sockaddr *)&address.storage,
                          &address.length),
              0);
    for (i = 0; i < 8; i++) {
        client[i] = backend->ops->socket(backend, AF_INET);
        probe_connect(backend, &connect[i], client[i], &address);
    }
    poll_settle(backend);
    for (i = 0; i < 8; i += 2) {
        if (connect[i].done)
            continue;
        ASSERT_EQ(probe_cancel(backend, &connect[i]), -ECANCELED);
        cancelled++;
        /* Asked again, it is still the same attempt. */
        ASSERT(!probe_connect(backend, &connect[i], client[i], &address));
    }
    ASSERT_GT(cancelled, 0);
    for (i = 0; i < 8; i++)
        backend->ops->close_socket(backend, client[i]);
    for (i = 0; i < 8; i++) {
        ASSERT(connect[i].done);
        ASSERT(connect[i].op.result == 0 || connect[i].op.result == -EBADF);
    }
    ASSERT_EQ(backend->pending, 0);
    close(listener);
    backend->ops->close(backend);
}

static void read_to_the_end(struct coil__backend *backend, int fd,
                            size_t expected)
{
    static char data[1024];
    size_t got = 0;

    for (;;) {
        ptrdiff_t n = do_read(backend, fd, data, sizeof(data));

        ASSERT_OK(n);
        if (n == 0)
            break;
        got += (size_t)n;
    }
    ASSERT_EQ(got, expected);
}

/* The last bytes and the end are there before the socket is first waited for,
   or come together later: after a short read the end must still be seen. */
TEST(poll_epoll_end_behind_a_short_read)
{
    struct coil__backend *backend = open_epoll();
    struct pair pair = open_pair(backend);
    struct probe write = { 0 };
    struct probe read = { 0 };
    char data[64];

    send_all(backend, pair.client, "abc", 3);
    ASSERT_OK(backend->ops->shutdown(backend, pair.client));
    write_until_full(backend, pair.server, &write); /* registers */
    read_to_the_end(backend, pair.server, 3);
    close_pair(backend, pair);

    pair = open_pair(backend);
    ASSERT(!probe_read(backend, &read, pair.server, data, sizeof(data)));
    send_all(backend, pair.client, "abc", 3);
    ASSERT_OK(backend->ops->shutdown(backend, pair.client));
    ASSERT_EQ(probe_wait(backend, &read), 3);
    read_to_the_end(backend, pair.server, 0);
    close_pair(backend, pair);
    backend->ops->close(backend);
}

/* At urgent data a read stops short of what is there. */
TEST(poll_epoll_urgent_data_hides_nothing)
{
    struct coil__backend *backend = open_epoll();
    struct pair pair = open_pair(backend);
    struct probe read = { 0 };
    char data[64];

    ASSERT(!probe_read(backend, &read, pair.server, data, sizeof(data)));
    ASSERT_EQ(send(pair.client, "abc", 3, 0), 3);
    ASSERT_EQ(send(pair.client, "!", 1, MSG_OOB), 1);
    ASSERT_EQ(send(pair.client, "defg", 4, 0), 4);
    usleep(10000);
    ASSERT_GT(probe_wait(backend, &read), 0);
    recv_all(backend, pair.server, data, 7 - (size_t)read.op.result);
    close_pair(backend, pair);
    backend->ops->close(backend);
}

TEST(poll_epoll_short_reads_do_not_stop_a_stream)
{
    struct coil__backend *backend = open_epoll();
    struct pair pair = open_pair(backend);
    struct probe read = { 0 };
    char data[64];
    int i;

    for (i = 0; i < 1000; i++) {
        if (probe_read(backend, &read, pair.server, data, sizeof(data)))
            FAIL("nothing was sent");
        send_all(backend, pair.client, "ping", 4);
        ASSERT_EQ(probe_wait(backend, &read), 4);
        if (i % 3 == 0) {
            send_all(backend, pair.client, "more", 4);
            ASSERT_EQ(do_read(backend, pair.server, data, sizeof(data)), 4);
        }
    }
    close_pair(backend, pair);
    backend->ops->close(backend);
}

/* More events than one call of the kernel tells. */
TEST(poll_epoll_more_events_than_a_batch)
{
    enum { PIPES = EPOLL_BATCH + 50 };
    struct coil__backend *backend = open_epoll();
    static struct probe probe[PIPES];
    static int fd[PIPES][2];
    int i;

    for (i = 0; i < PIPES; i++) {
        open_pipe(fd[i]);
        ASSERT(!probe_ready(backend, &probe[i], fd[i][0], COIL_READABLE));
        put(fd[i][1]);
    }
    ASSERT_EQ(backend->ops->wait(backend, COIL_NEVER), 0);
    ASSERT_EQ(backend->pending, PIPES - EPOLL_BATCH);
    ASSERT_EQ(backend->ops->wait(backend, COIL_NEVER), 0);
    ASSERT_EQ(backend->pending, 0);
    for (i = 0; i < PIPES; i++)
        close_pipe(fd[i]);
    backend->ops->close(backend);
}

/* ---- want of descriptors and of memory ---- */

static struct rlimit limit_descriptors(rlim_t limit)
{
    struct rlimit old;
    struct rlimit new;

    ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &old), 0);
    new = old;
    new.rlim_cur = limit;
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &new), 0);
    return old;
}

TEST(poll_epoll_want_of_descriptors)
{
    struct coil__backend *backend = open_epoll();
    struct coil__backend *other;
    struct coil_address address;
    int listener = open_listener(backend, &address);
    int client = backend->ops->socket(backend, AF_INET);
    struct probe accept = { 0 };
    struct probe connect = { 0 };
    struct rlimit old = limit_descriptors((rlim_t)client + 1);
    rlim_t extra;

    probe_connect(backend, &connect, client, &address);
    ASSERT_EQ(probe_wait(backend, &connect), 0);
    ASSERT_EQ(backend->ops->socket(backend, AF_INET), -EMFILE);
    ASSERT(probe_accept(backend, &accept, listener));
    ASSERT_EQ(accept.op.result, -EMFILE);
    ASSERT_EQ(backend->sockets, 2);
    for (extra = 0; extra < 2; extra++) {
        limit_descriptors((rlim_t)client + 1 + extra);
        ASSERT_EQ(coil__epoll_open(&other), -EMFILE);
    }

    /* The connection is still there. */
    setrlimit(RLIMIT_NOFILE, &old);
    probe_accept(backend, &accept, listener);
    ASSERT_OK(probe_wait(backend, &accept));
    close_pair(backend, (struct pair){ client, (int)accept.op.result });
    backend->ops->close_socket(backend, listener);
    backend->ops->close(backend);
}

/* The limit is met while an ACCEPT pends. */
TEST(poll_epoll_want_of_descriptors_later)
{
    struct coil__backend *backend = open_epoll();
    struct coil_address address;
    int listener = open_listener(backend, &address);
    int client = backend->ops->socket(backend, AF_INET);
    struct probe accept = { 0 };
    struct probe connect = { 0 };
    struct rlimit old;

    ASSERT(!probe_accept(backend, &accept, listener));
    old = limit_descriptors((rlim_t)client + 1);
    probe_connect(backend, &connect, client, &address);
    ASSERT_EQ(probe_wait(backend, &connect), 0);
    ASSERT_EQ(probe_wait(backend, &accept), -EMFILE);
    setrlimit(RLIMIT_NOFILE, &old);
    probe_accept(backend, &accept, listener);
    ASSERT_OK(probe_wait(backend, &accept));
    close_pair(backend, (struct pair){ client, (int)accept.op.result });
    backend->ops->close_socket(backend, listener);
    backend->ops->close(backend);
}

TEST(poll_epoll_want_of_memory)
{
    struct coil__backend *backend;
    struct probe probe = { 0 };
    struct coil_address address;
    int listener;
    int fd[2];

    coil__alloc_fail_at(1, false);
    ASSERT_EQ(coil__epoll_open(&backend), -ENOMEM);
    backend = open_epoll();
    open_pipe(fd);
    coil__alloc_fail_at(1, true);
    ASSERT(probe_ready(backend, &probe, fd[0], COIL_READABLE));
    ASSERT_EQ(probe.op.result, -ENOMEM);
    ASSERT(probe_ready(backend, &probe, fd[1], COIL_WRITABLE));
    ASSERT_EQ(probe.op.result, COIL_WRITABLE);
    listener = open_listener(backend, &address);
    ASSERT(probe_accept(backend, &probe, listener));
    ASSERT_EQ(probe.op.result, -ENOMEM);
    ASSERT_EQ(backend->ops->wait(backend, COIL_NEVER), -EDEADLK);
    coil__alloc_fail_at(0, false);
    ASSERT(!probe_accept(backend, &probe, listener));
    backend->ops->close_socket(backend, listener);
    ASSERT_EQ(probe.op.result, -EBADF);
    close_pipe(fd);
    backend->ops->close(backend);
}

/* ---- waking ---- */

static void *wake_later(void *arg)
{
    struct coil__backend *backend = arg;

    usleep(20000);
    backend->ops->wake(backend);
    return NULL;
}

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

    /* Many wakes are one. */
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

/* A signal that wakes nothing ends the wait early, and is no error. */
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

/* Whoever waits until then is not woken by anything else. */
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

/* Have the kernel not know `call`, for the rest of the test. */
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

/* Where the kernel has the call, it is the one that is made. */
TEST(poll_epoll_waits_exactly_where_it_can)
{
    struct coil__backend *backend = open_epoll();
    struct epoll_event event;

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

/* More often than a pipe has room for, and each only once. */
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

/* 2^31 ms, and times no kernel can express, are long and not negative. */
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

/* It sleeps, and does not come back to ask again. */
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

/* What errno says of an earlier call is nothing to one that went well. */
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

/* How often this thread has given up its processor to wait. */
static long count_waits(void)
{
    struct rusage usage;

    ASSERT_EQ(getrusage(RUSAGE_THREAD, &usage), 0);
    return usage.ru_nvcsw;
}

enum { LOOKS = 200 };

/* As between the turns of a loop that has something to do. */
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
