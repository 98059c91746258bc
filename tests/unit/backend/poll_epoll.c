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
static void deny_loss(struct coil_poll *poll, int fd)
{
    (void)poll;
    FAIL("descriptor %d is said to be lost", fd);
}

static struct coil_poll *open_epoll(void)
{
    struct coil_poll *poll;

    ASSERT_OK(coil__epoll_open(&poll));
    ASSERT(!poll->ops->simulated);
    poll->lost = deny_loss;
    return poll;
}

static int lost; /* the last that was told, and how many were */
static int lost_count;

static void note_lost(struct coil_poll *poll, int fd)
{
    (void)poll;
    lost = fd;
    lost_count++;
}

static struct coil_poll *open_to_lose(void)
{
    struct coil_poll *poll = open_epoll();

    poll->lost = note_lost;
    lost_count = 0;
    return poll;
}

static void run_scenario(void (*scenario)(struct coil_poll *))
{
    struct coil_poll *poll = open_epoll();

    scenario(poll);
    ASSERT_EQ(poll->pending, 0);
    ASSERT_EQ(poll->sockets, 0);
    poll->ops->close(poll);
}

#define DEFINE_SCENARIO(name)                                                  \
    TEST(poll_epoll_##name)                                                    \
    {                                                                          \
        run_scenario(scenario_##name);                                         \
    }
POLL_SCENARIOS(DEFINE_SCENARIO)

/* How long one wait takes that has nothing to tell, at most `limit`. */
static coil_time quiet(struct coil_poll *poll, coil_time limit)
{
    coil_time start = poll->ops->now(poll);

    ASSERT_EQ(poll->ops->wait(poll, start + limit), 0);
    return poll->ops->now(poll) - start;
}

/* ---- descriptors of somebody else ---- */

static bool probe_ready(struct coil_poll *poll, struct probe *probe, int fd,
                        unsigned events)
{
    probe->op = (struct coil_op){
        .kind = COIL_OP_READY,
        .fd = fd,
        .events = events,
    };
    return probe_begin(poll, probe);
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
    struct coil_poll *poll = open_epoll();
    struct probe probe = { 0 };
    int fd[2];

    open_pipe(fd);
    ASSERT(probe_ready(poll, &probe, fd[1], COIL_WRITABLE));
    ASSERT_EQ(probe.op.result, COIL_WRITABLE);
    ASSERT(!probe_ready(poll, &probe, fd[0], COIL_READABLE));
    put(fd[1]);
    ASSERT_EQ(probe_wait(poll, &probe), COIL_READABLE);
    ASSERT(probe_ready(poll, &probe, fd[0], COIL_READABLE | COIL_WRITABLE));
    ASSERT_EQ(probe.op.result, COIL_READABLE);

    /* Nobody waits: what is there to read disturbs nobody. */
    ASSERT_GE(quiet(poll, 5 * COIL_MILLISECOND), 5 * COIL_MILLISECOND);
    close_pipe(fd);
    poll->ops->close(poll);
}

TEST(poll_epoll_ready_means_the_end_too)
{
    struct coil_poll *poll = open_epoll();
    struct probe both = { 0 };
    struct probe one = { 0 };
    int fd[2];

    open_pipe(fd);
    ASSERT(!probe_ready(poll, &both, fd[0], COIL_READABLE | COIL_WRITABLE));
    ASSERT(!probe_ready(poll, &one, fd[0], COIL_WRITABLE));
    close(fd[1]);
    ASSERT_EQ(probe_wait(poll, &both), COIL_READABLE | COIL_WRITABLE);
    ASSERT_EQ(probe_wait(poll, &one), COIL_WRITABLE);
    ASSERT(probe_ready(poll, &one, fd[0], COIL_WRITABLE));
    ASSERT_EQ(one.op.result, COIL_WRITABLE);
    close(fd[0]);
    poll->ops->close(poll);
}

TEST(poll_epoll_files_are_always_ready)
{
    struct coil_poll *poll = open_epoll();
    struct probe probe = { 0 };
    FILE *file = tmpfile();

    ASSERT_NOT_NULL(file);
    ASSERT(probe_ready(poll, &probe, fileno(file), COIL_READABLE));
    ASSERT_EQ(probe.op.result, COIL_READABLE);
    fclose(file);
    poll->ops->close(poll);
}

/* An epoll instance does not watch itself: EINVAL, once poll() said "not yet". */
TEST(poll_epoll_refused_registration_leaves_nothing)
{
    struct coil_poll *poll = open_epoll();
    struct epoll_backend *e = (struct epoll_backend *)poll;
    struct probe probe = { 0 };
    int i;

    ASSERT(probe_ready(poll, &probe, e->table.fd, COIL_READABLE));
    ASSERT_EQ(probe.op.result, -EINVAL);
    for (i = 0; i < EPOLL_DIRECTIONS; i++)
        ASSERT_NULL(e->table.slots[e->table.fd].queue[i].head);
    poll->ops->close(poll);
}

TEST(poll_epoll_ready_refuses_nonsense)
{
    struct coil_poll *poll = open_epoll();
    struct probe probe = { 0 };
    int fd[2];

    open_pipe(fd);
    ASSERT(probe_ready(poll, &probe, fd[0], 0));
    ASSERT_EQ(probe.op.result, -EINVAL);
    ASSERT(probe_ready(poll, &probe, fd[0], 4));
    ASSERT_EQ(probe.op.result, -EINVAL);
    ASSERT(probe_ready(poll, &probe, -1, COIL_READABLE));
    ASSERT_EQ(probe.op.result, -EBADF);
    close_pipe(fd);
    ASSERT(probe_ready(poll, &probe, fd[0], COIL_READABLE));
    ASSERT_EQ(probe.op.result, -EBADF);
    ASSERT(probe_ready(poll, &probe, 1 << 29, COIL_READABLE));
    ASSERT_EQ(probe.op.result, -EBADF);
    ASSERT_EQ(poll->pending, 0);
    poll->ops->close(poll);
}

TEST(poll_epoll_descriptor_zero_is_legal)
{
    struct coil_poll *poll = open_epoll();
    struct probe probe = { 0 };
    int saved = dup(0);
    int fd[2];

    open_pipe(fd);
    ASSERT_EQ(dup2(fd[0], 0), 0);
    ASSERT(!probe_ready(poll, &probe, 0, COIL_READABLE));
    put(fd[1]);
    ASSERT_EQ(probe_wait(poll, &probe), COIL_READABLE);
    close_pipe(fd);
    if (saved < 0) {
        close(0);
    } else {
        ASSERT_EQ(dup2(saved, 0), 0);
        close(saved);
    }
    poll->ops->close(poll);
}

/* One reads, one writes, on a socket of somebody else's; one gives up. */
TEST(poll_epoll_several_wait_for_one_descriptor)
{
    struct coil_poll *poll = open_epoll();
    struct probe reader[2] = { 0 };
    struct probe writer = { 0 };
    static char full[1 << 16];
    int fd[2];
    int i;

    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd), 0);
    while (write(fd[0], full, sizeof(full)) > 0)
        ;
    ASSERT(!probe_ready(poll, &reader[0], fd[0], COIL_READABLE));
    ASSERT(!probe_ready(poll, &writer, fd[0], COIL_WRITABLE));
    ASSERT(!probe_ready(poll, &reader[1], fd[0], COIL_READABLE));
    while (read(fd[1], full, sizeof(full)) > 0)
        ;
    ASSERT_EQ(probe_wait(poll, &writer), COIL_WRITABLE);
    ASSERT(!reader[0].done && !reader[1].done);

    /* Writable still, but nobody asks any more. */
    ASSERT_GE(quiet(poll, 5 * COIL_MILLISECOND), 5 * COIL_MILLISECOND);
    put(fd[1]);
    for (i = 0; i < 2; i++)
        ASSERT_EQ(probe_wait(poll, &reader[i]), COIL_READABLE);
    ASSERT_LT(reader[0].order, reader[1].order);
    take(fd[0]);

    for (i = 0; i < 2; i++)
        ASSERT(!probe_ready(poll, &reader[i], fd[0], COIL_READABLE));
    ASSERT_EQ(probe_cancel(poll, &reader[0]), -ECANCELED);
    put(fd[1]);
    ASSERT_EQ(probe_wait(poll, &reader[1]), COIL_READABLE);
    close_pipe(fd);
    poll->ops->close(poll);
}

TEST(poll_epoll_cancelled_ready_leaves_nothing)
{
    struct coil_poll *poll = open_epoll();
    struct probe probe = { 0 };
    int fd[2];

    open_pipe(fd);
    ASSERT(!probe_ready(poll, &probe, fd[0], COIL_READABLE));
    ASSERT_EQ(probe_cancel(poll, &probe), -ECANCELED);
    put(fd[1]);
    ASSERT_GE(quiet(poll, 5 * COIL_MILLISECOND), 5 * COIL_MILLISECOND);
    ASSERT_EQ(poll->ops->wait(poll, COIL_NEVER), -EDEADLK);
    close_pipe(fd);

    /* The number comes back, as something else. */
    open_pipe(fd);
    ASSERT(!probe_ready(poll, &probe, fd[0], COIL_READABLE));
    put(fd[1]);
    ASSERT_EQ(probe_wait(poll, &probe), COIL_READABLE);
    close_pipe(fd);
    poll->ops->close(poll);
}

/* Two descriptors are reported in one batch; the first over() cancels. */
static void cancel_other(struct probe *probe)
{
    struct probe *other = probe->arg;

    if (!other->done)
        ((struct coil_poll *)other->arg)->ops->cancel(other->arg, &other->op);
}

TEST(poll_epoll_ready_and_cancelled_in_one_batch)
{
    struct coil_poll *poll = open_epoll();
    struct probe second = { .arg = poll };
    struct probe first = { .then = cancel_other, .arg = &second };
    int a[2];
    int b[2];

    /* On two descriptors the second is cancelled before its event counts. */
    open_pipe(a);
    open_pipe(b);
    ASSERT(!probe_ready(poll, &first, a[0], COIL_READABLE));
    ASSERT(!probe_ready(poll, &second, b[0], COIL_READABLE));
    put(a[1]);
    put(b[1]);
    ASSERT_EQ(probe_wait(poll, &first), COIL_READABLE);
    ASSERT_EQ(probe_wait(poll, &second), -ECANCELED);

    /* On one, both have ended: that cannot be taken back. */
    take(a[0]);
    ASSERT(!probe_ready(poll, &first, a[0], COIL_READABLE));
    ASSERT(!probe_ready(poll, &second, a[0], COIL_READABLE));
    put(a[1]);
    ASSERT_EQ(probe_wait(poll, &first), COIL_READABLE);
    ASSERT(second.done);
    ASSERT_EQ(second.op.result, COIL_READABLE);
    ASSERT_EQ(poll->pending, 0);
    close_pipe(a);
    close_pipe(b);
    poll->ops->close(poll);
}

/* ---- reused numbers ---- */

struct reuse {
    struct coil_poll *poll;
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
        r->poll->ops->cancel(r->poll, &r->probe.op);
        ASSERT_EQ(r->probe.op.result, -ECANCELED);
        close_pipe(r->fd);
        open_pipe(r->fd);
        ASSERT_EQ(r->fd[0], number);
        ASSERT(!probe_ready(r->poll, &r->probe, number, COIL_READABLE));
    }
}

/* Two descriptors are reported in one batch; the first over() reuses. */
static void check_stale_event(int times)
{
    struct coil_poll *poll = open_epoll();
    struct reuse r = { .poll = poll, .times = times };
    struct probe first = { .then = reuse, .arg = &r };
    int fd[2];

    open_pipe(fd);
    open_pipe(r.fd);
    ASSERT(!probe_ready(poll, &first, fd[0], COIL_READABLE));
    ASSERT(!probe_ready(poll, &r.probe, r.fd[0], COIL_READABLE));
    put(fd[1]);
    put(r.fd[1]);
    ASSERT_EQ(probe_wait(poll, &first), COIL_READABLE);
    poll_settle(poll);
    ASSERT(!r.probe.done);
    put(r.fd[1]);
    ASSERT_EQ(probe_wait(poll, &r.probe), COIL_READABLE);
    close_pipe(fd);
    close_pipe(r.fd);
    poll->ops->close(poll);
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
    struct coil_poll *poll = open_epoll();
    struct pair pair = open_pair(poll);
    struct probe probe = { 0 };
    char data[1];
    int fd[2];

    ASSERT(!probe_read(poll, &probe, pair.server, data, 1));
    close_pair(poll, pair);
    open_pipe(fd);
    ASSERT_NE(fd[0], pair.server);
    ASSERT_NE(fd[1], pair.server);
    ASSERT_EQ(dup3(fd[0], pair.server, O_CLOEXEC), pair.server);
    ASSERT(!probe_ready(poll, &probe, pair.server, COIL_READABLE));
    ASSERT_EQ(probe_cancel(poll, &probe), -ECANCELED);
    put(fd[1]);
    ASSERT_GE(quiet(poll, 5 * COIL_MILLISECOND), 5 * COIL_MILLISECOND);
    close(pair.server);
    close_pipe(fd);
    poll->ops->close(poll);
}

/* The owner closed it too early, and a duplicate keeps the registration. */
TEST(poll_epoll_closed_while_a_duplicate_lives)
{
    struct coil_poll *poll = open_epoll();
    struct probe probe = { 0 };
    int fd[2];
    int duplicate;

    open_pipe(fd);
    duplicate = dup(fd[0]);
    ASSERT(!probe_ready(poll, &probe, fd[0], COIL_READABLE));
    close(fd[0]);
    ASSERT_EQ(probe_cancel(poll, &probe), -ECANCELED);
    put(fd[1]);
    quiet(poll, COIL_MILLISECOND);
    ASSERT_GE(quiet(poll, 5 * COIL_MILLISECOND), 5 * COIL_MILLISECOND);

    /* The very same descriptor under the very same number. */
    ASSERT_EQ(dup2(duplicate, fd[0]), fd[0]);
    take(fd[0]);
    ASSERT(!probe_ready(poll, &probe, fd[0], COIL_READABLE));
    put(fd[1]);
    ASSERT_EQ(probe_wait(poll, &probe), COIL_READABLE);
    close(duplicate);
    close_pipe(fd);
    poll->ops->close(poll);
}

/* It cannot be registered again for those who wait for something else. */
TEST(poll_epoll_closed_while_several_wait)
{
    struct coil_poll *poll = open_to_lose();
    struct probe reader = { 0 };
    struct probe writer = { 0 };
    static char full[1 << 16];
    int duplicate;
    int fd[2];

    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd), 0);
    while (write(fd[0], full, sizeof(full)) > 0)
        ;
    duplicate = dup(fd[0]);
    ASSERT(!probe_ready(poll, &reader, fd[0], COIL_READABLE));
    ASSERT(!probe_ready(poll, &writer, fd[0], COIL_WRITABLE));
    close(fd[0]);
    put(fd[1]);
    ASSERT_EQ(probe_wait(poll, &reader), COIL_READABLE);
    ASSERT_EQ(probe_wait(poll, &writer), -EBADF);
    ASSERT_EQ(lost_count, 1);
    close(duplicate);
    close(fd[1]);
    poll->ops->close(poll);
}

/* Who waits for what is closed is told; who waits for what is there is served,
   though both wait for the same of the same number. */
TEST(poll_epoll_reopened_while_somebody_waits)
{
    for (unsigned more = 0; more < 2; more++) {
        struct coil_poll *poll = open_to_lose();
        struct probe early = { 0 };
        struct probe late = { 0 };
        unsigned events = COIL_READABLE | (more ? COIL_WRITABLE : 0);
        int fd[2];

        open_pipe(fd);
        ASSERT(!probe_ready(poll, &early, fd[0], COIL_READABLE));
        close_pipe(fd);
        open_pipe(fd);
        ASSERT(!probe_ready(poll, &late, fd[0], events));
        ASSERT(!early.done);
        ASSERT_EQ(poll->ops->wait(poll, COIL_NEVER), 0);
        ASSERT_EQ(early.op.result, -EBADF);
        ASSERT_EQ(lost_count, 1);
        ASSERT_EQ(lost, fd[0]);
        put(fd[1]);
        ASSERT_EQ(probe_wait(poll, &late), COIL_READABLE);
        ASSERT_EQ(lost_count, 1);
        ASSERT_EQ(poll->pending, 0);
        close_pipe(fd);
        poll->ops->close(poll);
    }
}

/* The registration of what was closed lives on, under the same number. */
TEST(poll_epoll_reopened_while_a_duplicate_reports)
{
    struct coil_poll *poll = open_to_lose();
    struct probe early = { 0 };
    struct probe late = { 0 };
    int duplicate;
    int old[2];
    int fd[2];

    open_pipe(old);
    duplicate = fcntl(old[0], F_DUPFD_CLOEXEC, 100);
    ASSERT(!probe_ready(poll, &early, old[0], COIL_READABLE));
    open_pipe(fd);
    ASSERT_EQ(dup3(fd[0], old[0], O_CLOEXEC), old[0]);
    ASSERT(!probe_ready(poll, &late, old[0], COIL_READABLE));
    put(old[1]); /* an event for nobody */
    ASSERT_EQ(probe_wait(poll, &early), -EBADF);
    (void)quiet(poll, COIL_MILLISECOND);
    ASSERT(!late.done);
    put(fd[1]);
    ASSERT_EQ(probe_wait(poll, &late), COIL_READABLE);
    ASSERT_EQ(lost_count, 1);
    close(duplicate);
    close_pipe(old);
    close_pipe(fd);
    poll->ops->close(poll);
}

/* Cancelled after it was found lost, and before it is told. */
TEST(poll_epoll_lost_wait_can_be_cancelled)
{
    struct coil_poll *poll = open_to_lose();
    struct probe early = { 0 };
    struct probe late = { 0 };
    int fd[2];

    open_pipe(fd);
    ASSERT(!probe_ready(poll, &early, fd[0], COIL_READABLE));
    close_pipe(fd);
    open_pipe(fd);
    ASSERT(!probe_ready(poll, &late, fd[0], COIL_READABLE));
    ASSERT_EQ(probe_cancel(poll, &early), -EBADF);
    ASSERT_EQ(probe_cancel(poll, &late), -ECANCELED);
    ASSERT_EQ(poll->pending, 0);
    close_pipe(fd);
    poll->ops->close(poll);
}

/* The number of a lost pipe is that of a new socket, opened or accepted. */
TEST(poll_epoll_lost_number_is_reused_by_a_socket)
{
    for (int accepted = 0; accepted < 2; accepted++) {
        struct coil_poll *poll = open_to_lose();
        struct coil_address address;
        struct probe wait = { 0 };
        struct probe connect = { 0 };
        struct probe accept = { 0 };
        struct probe read = { 0 };
        struct pair pair;
        int listener = open_listener(poll, &address);
        int fd[2];
        char byte;

        pair.client = accepted ? poll->ops->socket(poll, AF_INET) : -1;
        open_pipe(fd);
        ASSERT(!probe_ready(poll, &wait, fd[0], COIL_READABLE));
        close_pipe(fd);
        if (!accepted)
            pair.client = poll->ops->socket(poll, AF_INET);
        if (!probe_connect(poll, &connect, pair.client, &address))
            ASSERT_EQ(probe_wait(poll, &connect), 0);
        if (!probe_accept(poll, &accept, listener))
            probe_wait(poll, &accept);
        pair.server = (int)accept.op.result;
        ASSERT_EQ(accepted ? pair.server : pair.client, fd[0]);
        ASSERT_EQ(probe_wait(poll, &wait), -EBADF);
        ASSERT_EQ(lost_count, 1);
        ASSERT_EQ(lost, fd[0]);

        /* The new one can be waited for. */
        ASSERT(!probe_read(poll, &read, fd[0], &byte, 1));
        send_all(poll, accepted ? pair.client : pair.server, "x", 1);
        ASSERT_EQ(probe_wait(poll, &read), 1);
        close_pair(poll, pair);
        poll->ops->close_socket(poll, listener);
        poll->ops->close(poll);
    }
}

/* The program closes a socket of ours; then the number is a pipe's. */
TEST(poll_epoll_lost_socket_is_reused_by_a_pipe)
{
    struct coil_poll *poll = open_to_lose();
    struct pair pair = open_pair(poll);
    struct probe read = { 0 };
    struct probe write = { 0 };
    struct probe wait = { 0 };
    char byte;
    int fd[2];

    ASSERT_GT(write_until_full(poll, pair.client, &write), 0);
    ASSERT(!probe_read(poll, &read, pair.client, &byte, 1));
    open_pipe(fd);
    ASSERT_EQ(dup3(fd[0], pair.client, O_CLOEXEC), pair.client);
    ASSERT(!probe_ready(poll, &wait, pair.client, COIL_READABLE));
    ASSERT_EQ(probe_wait(poll, &read), -EBADF);
    ASSERT_EQ(probe_wait(poll, &write), -EBADF);
    ASSERT_EQ(lost_count, 1);
    put(fd[1]);
    ASSERT_EQ(probe_wait(poll, &wait), COIL_READABLE);
    /* Whoever had the socket closes what is not theirs, and no harm is done. */
    close_pair(poll, pair);
    ASSERT_EQ(poll->pending, 0);
    close_pipe(fd);
    poll->ops->close(poll);
}

/* Or another socket's: nothing of what was known of the first holds for it. */
TEST(poll_epoll_lost_socket_is_reused_by_a_socket)
{
    struct coil_poll *poll = open_to_lose();
    struct pair old = open_pair(poll);
    struct probe read = { 0 };
    struct pair pair;
    char bytes[8];
    int number;

    /* Drained: the next read waits without an attempt. */
    send_all(poll, old.server, "x", 1);
    ASSERT(!probe_read(poll, &read, old.client, bytes, sizeof bytes) ||
           read.op.result == 1);
    if (!read.done)
        probe_wait(poll, &read);
    number = old.client;
    close(number);
    pair = open_pair(poll);
    if (pair.client != number)
        FAIL("%d was to be used again, not %d", number, pair.client);
    send_all(poll, pair.server, "y", 1);
    (void)quiet(poll, COIL_MILLISECOND);
    ASSERT(probe_read(poll, &read, pair.client, bytes, sizeof bytes));
    ASSERT_EQ(read.op.result, 1);
    ASSERT(!probe_read(poll, &read, pair.client, bytes, sizeof bytes));
    send_all(poll, pair.server, "z", 1);
    ASSERT_EQ(probe_wait(poll, &read), 1);
    close_pair(poll, pair);
    poll->ops->close_socket(poll, old.server);
    poll->sockets--; /* the lost one */
    poll->ops->close(poll);
}

/* In debug mode nobody has to use the number again. */
TEST(poll_epoll_lost_descriptor_is_searched_for)
{
    struct coil_poll *poll = open_to_lose();
    struct pair pair = open_pair(poll);
    struct probe wait = { 0 };
    struct probe read = { 0 };
    char byte;
    int fd[2];

    open_pipe(fd);
    poll->searches = true;
    ASSERT(!probe_ready(poll, &wait, fd[0], COIL_READABLE));
    ASSERT(!probe_read(poll, &read, pair.client, &byte, 1));
    (void)quiet(poll, COIL_MILLISECOND);
    ASSERT_EQ(lost_count, 0);
    close_pipe(fd);
    ASSERT_EQ(poll->ops->wait(poll, COIL_NEVER), 0);
    ASSERT_EQ(wait.op.result, -EBADF);
    ASSERT_EQ(lost_count, 1);
    close(pair.client);
    ASSERT_EQ(poll->ops->wait(poll, COIL_NEVER), 0);
    ASSERT_EQ(read.op.result, -EBADF);
    ASSERT_EQ(lost, pair.client);
    ASSERT_EQ(lost_count, 2);
    ASSERT_EQ(poll->pending, 0);
    /* Its owner closes it as well: that is told, too. */
    close_pair(poll, pair);
    (void)poll->ops->wait(poll, 0);
    ASSERT_EQ(lost_count, 3);
    poll->ops->close(poll);
}

/* Nor does it help that the number is another's now. */
TEST(poll_epoll_replaced_descriptor_is_searched_for)
{
    struct coil_poll *poll = open_to_lose();
    struct probe wait = { 0 };
    int fd[2];
    int other[2];

    open_pipe(fd);
    open_pipe(other);
    poll->searches = true;
    ASSERT(!probe_ready(poll, &wait, fd[0], COIL_READABLE));
    (void)quiet(poll, COIL_MILLISECOND);
    ASSERT_EQ(lost_count, 0);
    ASSERT_EQ(dup3(other[0], fd[0], O_CLOEXEC), fd[0]);
    put(other[1]);
    ASSERT_EQ(poll->ops->wait(poll, COIL_NEVER), 0);
    ASSERT_EQ(wait.op.result, -EBADF);
    ASSERT_EQ(lost_count, 1);
    close_pipe(fd);
    close_pipe(other);
    poll->ops->close(poll);
}

/* A search asks nobody who is ready to say so twice. */
TEST(poll_epoll_search_lets_the_loop_rest)
{
    struct coil_poll *poll = open_to_lose();
    struct pair pair = open_pair(poll);
    struct probe wait = { 0 };
    struct probe read = { 0 };
    char byte;
    int fd[2];

    open_pipe(fd);
    poll->searches = true;
    ASSERT(!probe_ready(poll, &wait, fd[0], COIL_READABLE));
    ASSERT(!probe_read(poll, &read, pair.client, &byte, 1));
    (void)quiet(poll, COIL_MILLISECOND); /* it can be written to */
    ASSERT_GE(quiet(poll, 5 * COIL_MILLISECOND), 5 * COIL_MILLISECOND);
    put(fd[1]);
    ASSERT_EQ(probe_wait(poll, &wait), COIL_READABLE);
    send_all(poll, pair.server, "x", 1);
    ASSERT_EQ(probe_wait(poll, &read), 1);
    ASSERT_EQ(lost_count, 0);
    close_pipe(fd);
    close_pair(poll, pair);
    poll->ops->close(poll);
}

/* So many at once that not all are named. */
TEST(poll_epoll_lost_descriptors_may_be_many)
{
    struct coil_poll *poll = open_to_lose();
    struct probe wait[20];
    int fd[20][2];

    memset(wait, 0, sizeof wait);
    poll->searches = true;
    for (int i = 0; i < 20; i++) {
        open_pipe(fd[i]);
        ASSERT(!probe_ready(poll, &wait[i], fd[i][0], COIL_READABLE));
    }
    for (int i = 0; i < 20; i++)
        close_pipe(fd[i]);
    for (int i = 0; i < 20; i++)
        ASSERT_EQ(probe_wait(poll, &wait[i]), -EBADF);
    ASSERT_EQ(lost_count, EPOLL_LOST_MAX);
    poll->ops->close(poll);
}

struct high {
    struct coil_poll *poll;
    struct probe probe;
    int fd;
};

static void wait_for_a_high_number(struct probe *probe)
{
    struct high *high = probe->arg;

    ASSERT(!probe_ready(high->poll, &high->probe, high->fd, COIL_READABLE));
}

/* One event ends two reads, and the first of them makes the table grow. */
TEST(poll_epoll_over_may_move_the_table)
{
    struct coil_poll *poll = open_epoll();
    struct pair pair = open_pair(poll);
    struct high high = { .poll = poll };
    struct probe first = { .then = wait_for_a_high_number, .arg = &high };
    struct probe second = { 0 };
    struct probe third = { 0 };
    void *behind;
    char data[3];
    int fd[2];

    open_pipe(fd);
    high.fd = fcntl(fd[0], F_DUPFD_CLOEXEC, 1000);
    ASSERT_OK(high.fd);
    ASSERT(!probe_read(poll, &first, pair.server, &data[0], 1));
    ASSERT(!probe_read(poll, &second, pair.server, &data[1], 1));
    behind = malloc(1 << 16); /* no room to grow where it is */
    ASSERT_NOT_NULL(behind);
    send_all(poll, pair.client, "ab", 2);
    ASSERT_EQ(probe_wait(poll, &first), 1);
    ASSERT_EQ(probe_wait(poll, &second), 1);
    ASSERT_EQ(poll->pending, 1);
    free(behind);

    ASSERT(!probe_read(poll, &third, pair.server, &data[2], 1));
    send_all(poll, pair.client, "c", 1);
    ASSERT_EQ(probe_wait(poll, &third), 1);
    ASSERT_MEM_EQ(data, "abc", 3);
    put(fd[1]);
    ASSERT_EQ(probe_wait(poll, &high.probe), COIL_READABLE);
    close(high.fd);
    close_pipe(fd);
    close_pair(poll, pair);
    poll->ops->close(poll);
}

/* A forked child may hold one; closing must not depend on it. */
TEST(poll_epoll_closed_socket_with_a_duplicate_is_silent)
{
    struct coil_poll *poll = open_epoll();
    struct pair pair = open_pair(poll);
    struct probe read = { 0 };
    char data[1];
    int duplicate;

    ASSERT(!probe_read(poll, &read, pair.server, data, 1));
    duplicate = dup(pair.server);
    poll->ops->close_socket(poll, pair.server);
    ASSERT_EQ(read.op.result, -EBADF);
    send_all(poll, pair.client, "x", 1);
    poll_settle(poll);
    ASSERT_GE(quiet(poll, 5 * COIL_MILLISECOND), 5 * COIL_MILLISECOND);
    /* Nor is there an edge. */
    send_all(poll, pair.client, "y", 1);
    ASSERT_GE(quiet(poll, 5 * COIL_MILLISECOND), 5 * COIL_MILLISECOND);
    close(duplicate);
    poll->ops->close_socket(poll, pair.client);
    poll->ops->close(poll);
}

struct another {
    struct coil_poll *poll;
    int fd;
};

static void open_another(struct probe *probe)
{
    struct another *another = probe->arg;

    another->fd = another->poll->ops->socket(another->poll, AF_INET);
}

/* What is opened while a socket is being closed is not that socket. */
TEST(poll_epoll_number_is_free_when_the_operations_are_over)
{
    struct coil_poll *poll = open_epoll();
    struct pair pair = open_pair(poll);
    struct another another = { .poll = poll };
    struct probe read = { .then = open_another, .arg = &another };
    int lower = poll->ops->socket(poll, AF_INET);
    char data[1];

    ASSERT_OK(lower);
    ASSERT_LT(lower, pair.server);
    ASSERT(!probe_read(poll, &read, pair.server, data, 1));
    poll->ops->close_socket(poll, pair.server);
    ASSERT_EQ(read.op.result, -EBADF);
    ASSERT_OK(another.fd);
    ASSERT_NE(another.fd, pair.server);
    poll->ops->close_socket(poll, another.fd);
    poll->ops->close_socket(poll, lower);
    poll->ops->close_socket(poll, pair.client);
    poll->ops->close(poll);
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
    struct coil_poll *poll = open_epoll();
    struct coil_address address;
    int listener = open_listener(poll, &address);
    struct pair pair = open_pair(poll);
    int fds[3] = { listener, pair.client, pair.server };
    int i;

    for (i = 0; i < 3; i++) {
        ASSERT(fcntl(fds[i], F_GETFD) & FD_CLOEXEC);
        ASSERT(fcntl(fds[i], F_GETFL) & O_NONBLOCK);
        ASSERT(option(fds[i], IPPROTO_TCP, TCP_NODELAY));
    }
    ASSERT(option(listener, SOL_SOCKET, SO_REUSEADDR));
    poll->ops->close_socket(poll, listener);
    close_pair(poll, pair);
    poll->ops->close(poll);
}

/* A listener whose queue is full lets a connect() hang. */
TEST(poll_epoll_pending_connect_can_be_cancelled_and_closed)
{
    struct coil_poll *poll = open_epoll();
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
        client[i] = poll->ops->socket(poll, AF_INET);
        probe_connect(poll, &connect[i], client[i], &address);
    }
    poll_settle(poll);
    for (i = 0; i < 8; i += 2) {
        if (connect[i].done)
            continue;
        ASSERT_EQ(probe_cancel(poll, &connect[i]), -ECANCELED);
        cancelled++;
        /* Asked again, it is still the same attempt. */
        ASSERT(!probe_connect(poll, &connect[i], client[i], &address));
    }
    ASSERT_GT(cancelled, 0);
    for (i = 0; i < 8; i++)
        poll->ops->close_socket(poll, client[i]);
    for (i = 0; i < 8; i++) {
        ASSERT(connect[i].done);
        ASSERT(connect[i].op.result == 0 || connect[i].op.result == -EBADF);
    }
    ASSERT_EQ(poll->pending, 0);
    close(listener);
    poll->ops->close(poll);
}

static void read_to_the_end(struct coil_poll *poll, int fd, size_t expected)
{
    static char data[1024];
    size_t got = 0;

    for (;;) {
        ptrdiff_t n = do_read(poll, fd, data, sizeof(data));

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
    struct coil_poll *poll = open_epoll();
    struct pair pair = open_pair(poll);
    struct probe write = { 0 };
    struct probe read = { 0 };
    char data[64];

    send_all(poll, pair.client, "abc", 3);
    ASSERT_OK(poll->ops->shutdown(poll, pair.client));
    write_until_full(poll, pair.server, &write); /* registers */
    read_to_the_end(poll, pair.server, 3);
    close_pair(poll, pair);

    pair = open_pair(poll);
    ASSERT(!probe_read(poll, &read, pair.server, data, sizeof(data)));
    send_all(poll, pair.client, "abc", 3);
    ASSERT_OK(poll->ops->shutdown(poll, pair.client));
    ASSERT_EQ(probe_wait(poll, &read), 3);
    read_to_the_end(poll, pair.server, 0);
    close_pair(poll, pair);
    poll->ops->close(poll);
}

/* At urgent data a read stops short of what is there. */
TEST(poll_epoll_urgent_data_hides_nothing)
{
    struct coil_poll *poll = open_epoll();
    struct pair pair = open_pair(poll);
    struct probe read = { 0 };
    char data[64];

    ASSERT(!probe_read(poll, &read, pair.server, data, sizeof(data)));
    ASSERT_EQ(send(pair.client, "abc", 3, 0), 3);
    ASSERT_EQ(send(pair.client, "!", 1, MSG_OOB), 1);
    ASSERT_EQ(send(pair.client, "defg", 4, 0), 4);
    usleep(10000);
    ASSERT_GT(probe_wait(poll, &read), 0);
    recv_all(poll, pair.server, data, 7 - (size_t)read.op.result);
    close_pair(poll, pair);
    poll->ops->close(poll);
}

TEST(poll_epoll_short_reads_do_not_stop_a_stream)
{
    struct coil_poll *poll = open_epoll();
    struct pair pair = open_pair(poll);
    struct probe read = { 0 };
    char data[64];
    int i;

    for (i = 0; i < 1000; i++) {
        if (probe_read(poll, &read, pair.server, data, sizeof(data)))
            FAIL("nothing was sent");
        send_all(poll, pair.client, "ping", 4);
        ASSERT_EQ(probe_wait(poll, &read), 4);
        if (i % 3 == 0) {
            send_all(poll, pair.client, "more", 4);
            ASSERT_EQ(do_read(poll, pair.server, data, sizeof(data)), 4);
        }
    }
    close_pair(poll, pair);
    poll->ops->close(poll);
}

/* More events than one call of the kernel tells. */
TEST(poll_epoll_more_events_than_a_batch)
{
    enum { PIPES = EPOLL_BATCH + 50 };
    struct coil_poll *poll = open_epoll();
    static struct probe probe[PIPES];
    static int fd[PIPES][2];
    int i;

    for (i = 0; i < PIPES; i++) {
        open_pipe(fd[i]);
        ASSERT(!probe_ready(poll, &probe[i], fd[i][0], COIL_READABLE));
        put(fd[i][1]);
    }
    ASSERT_EQ(poll->ops->wait(poll, COIL_NEVER), 0);
    ASSERT_EQ(poll->pending, PIPES - EPOLL_BATCH);
    ASSERT_EQ(poll->ops->wait(poll, COIL_NEVER), 0);
    ASSERT_EQ(poll->pending, 0);
    for (i = 0; i < PIPES; i++)
        close_pipe(fd[i]);
    poll->ops->close(poll);
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
    struct coil_poll *poll = open_epoll();
    struct coil_poll *other;
    struct coil_address address;
    int listener = open_listener(poll, &address);
    int client = poll->ops->socket(poll, AF_INET);
    struct probe accept = { 0 };
    struct probe connect = { 0 };
    struct rlimit old = limit_descriptors((rlim_t)client + 1);
    rlim_t extra;

    probe_connect(poll, &connect, client, &address);
    ASSERT_EQ(probe_wait(poll, &connect), 0);
    ASSERT_EQ(poll->ops->socket(poll, AF_INET), -EMFILE);
    ASSERT(probe_accept(poll, &accept, listener));
    ASSERT_EQ(accept.op.result, -EMFILE);
    ASSERT_EQ(poll->sockets, 2);
    for (extra = 0; extra < 2; extra++) {
        limit_descriptors((rlim_t)client + 1 + extra);
        ASSERT_EQ(coil__epoll_open(&other), -EMFILE);
    }

    /* The connection is still there. */
    setrlimit(RLIMIT_NOFILE, &old);
    probe_accept(poll, &accept, listener);
    ASSERT_OK(probe_wait(poll, &accept));
    close_pair(poll, (struct pair){ client, (int)accept.op.result });
    poll->ops->close_socket(poll, listener);
    poll->ops->close(poll);
}

/* The limit is met while an ACCEPT pends. */
TEST(poll_epoll_want_of_descriptors_later)
{
    struct coil_poll *poll = open_epoll();
    struct coil_address address;
    int listener = open_listener(poll, &address);
    int client = poll->ops->socket(poll, AF_INET);
    struct probe accept = { 0 };
    struct probe connect = { 0 };
    struct rlimit old;

    ASSERT(!probe_accept(poll, &accept, listener));
    old = limit_descriptors((rlim_t)client + 1);
    probe_connect(poll, &connect, client, &address);
    ASSERT_EQ(probe_wait(poll, &connect), 0);
    ASSERT_EQ(probe_wait(poll, &accept), -EMFILE);
    setrlimit(RLIMIT_NOFILE, &old);
    probe_accept(poll, &accept, listener);
    ASSERT_OK(probe_wait(poll, &accept));
    close_pair(poll, (struct pair){ client, (int)accept.op.result });
    poll->ops->close_socket(poll, listener);
    poll->ops->close(poll);
}

TEST(poll_epoll_want_of_memory)
{
    struct coil_poll *poll;
    struct probe probe = { 0 };
    struct coil_address address;
    int listener;
    int fd[2];

    coil__alloc_fail_at(1, false);
    ASSERT_EQ(coil__epoll_open(&poll), -ENOMEM);
    poll = open_epoll();
    open_pipe(fd);
    coil__alloc_fail_at(1, true);
    ASSERT(probe_ready(poll, &probe, fd[0], COIL_READABLE));
    ASSERT_EQ(probe.op.result, -ENOMEM);
    ASSERT(probe_ready(poll, &probe, fd[1], COIL_WRITABLE));
    ASSERT_EQ(probe.op.result, COIL_WRITABLE);
    listener = open_listener(poll, &address);
    ASSERT(probe_accept(poll, &probe, listener));
    ASSERT_EQ(probe.op.result, -ENOMEM);
    ASSERT_EQ(poll->ops->wait(poll, COIL_NEVER), -EDEADLK);
    coil__alloc_fail_at(0, false);
    ASSERT(!probe_accept(poll, &probe, listener));
    poll->ops->close_socket(poll, listener);
    ASSERT_EQ(probe.op.result, -EBADF);
    close_pipe(fd);
    poll->ops->close(poll);
}

/* ---- waking ---- */

static void *wake_later(void *arg)
{
    struct coil_poll *poll = arg;

    usleep(20000);
    poll->ops->wake(poll);
    return NULL;
}

TEST(poll_epoll_wake_from_a_thread)
{
    struct coil_poll *poll = open_epoll();
    pthread_t thread;
    int i;

    poll->holds = 1;
    for (i = 0; i < 5; i++) {
        ASSERT_EQ(pthread_create(&thread, NULL, wake_later, poll), 0);
        ASSERT_EQ(poll->ops->wait(poll, i % 2 ? COIL_NEVER : COIL_NEVER - 1),
                  0);
        pthread_join(thread, NULL);
    }
    poll->ops->close(poll);
}

TEST(poll_epoll_wake_before_wait)
{
    struct coil_poll *poll = open_epoll();
    int i;

    for (i = 0; i < 100000; i++)
        poll->ops->wake(poll);
    poll->holds = 1;
    ASSERT_EQ(poll->ops->wait(poll, COIL_NEVER), 0);

    /* Many wakes are one. */
    ASSERT_GE(quiet(poll, 5 * COIL_MILLISECOND), 5 * COIL_MILLISECOND);
    poll->ops->close(poll);
}

struct handover {
    struct coil_poll *poll;
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
        h->poll->ops->wake(h->poll);
    }
    return NULL;
}

TEST(poll_epoll_no_wake_is_lost)
{
    struct handover h = { .poll = open_epoll() };
    pthread_t thread[GIVERS];
    int seen;
    int i;

    h.poll->holds = GIVERS;
    for (i = 0; i < GIVERS; i++)
        ASSERT_EQ(pthread_create(&thread[i], NULL, give_all, &h), 0);
    do {
        ASSERT_EQ(h.poll->ops->wait(h.poll, COIL_NEVER), 0);
        seen = atomic_load(&h.given);
    } while (seen < GIVERS * HANDOVERS);
    for (i = 0; i < GIVERS; i++)
        pthread_join(thread[i], NULL);
    h.poll->ops->close(h.poll);
}

static struct coil_poll *signalled;
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
    struct coil_poll *poll = open_epoll();

    signalled = poll;
    wakes = true;
    poll->holds = 1;
    alarm_in(1000);
    ASSERT_EQ(poll->ops->wait(poll, COIL_NEVER), 0);
    errno = 4711;
    poll->ops->wake(poll);
    ASSERT_EQ(errno, 4711);
    poll->ops->close(poll);
}

/* A signal that wakes nothing ends the wait early, and is no error. */
TEST(poll_epoll_interrupted_wait)
{
    struct coil_poll *poll = open_epoll();
    coil_time start = poll->ops->now(poll);

    wakes = false;
    alarm_in(5000);
    ASSERT_EQ(poll->ops->wait(poll, start + 5 * COIL_SECOND), 0);
    ASSERT_LT(poll->ops->now(poll) - start, 5 * COIL_SECOND);
    poll->holds = 1;
    alarm_in(5000);
    ASSERT_EQ(poll->ops->wait(poll, COIL_NEVER), 0);
    poll->ops->close(poll);
}

/* ---- time ---- */

/* Whoever waits until then is not woken by anything else. */
static void check_precision_of(struct coil_poll *poll, coil_time length)
{
    coil_time deadline = poll->ops->now(poll) + length;
    coil_time late;

    ASSERT_EQ(poll->ops->wait(poll, deadline), 0);
    late = poll->ops->now(poll) - deadline;
    ASSERT_GE(late, 0);
    ASSERT_LT(late, COIL_SECOND);
}

static void check_precision(struct coil_poll *poll)
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
        check_precision_of(poll, lengths[i]);
}

TEST(poll_epoll_deadlines_are_not_met_early)
{
    struct coil_poll *poll = open_epoll();

    check_precision(poll);
    poll->ops->close(poll);
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
    struct coil_poll *poll = open_epoll();
    struct epoll_event event;

    if (syscall(EPOLL_PWAIT2, -1, &event, 1, NULL, NULL, (size_t)0) == 0 ||
        errno != EBADF)
        SKIP("no epoll_pwait2()");
    check_precision(poll);
    ASSERT(!((struct epoll_backend *)poll)->coarse);
    poll->ops->close(poll);
}

TEST(poll_epoll_without_epoll_pwait2)
{
    struct coil_poll *poll = open_epoll();

    forbid(EPOLL_PWAIT2, ENOSYS);
    check_precision(poll);
    ASSERT(((struct epoll_backend *)poll)->coarse);
    poll->ops->close(poll);
}

TEST(poll_epoll_where_epoll_pwait2_is_forbidden)
{
    static const int errors[] = { EPERM, EACCES, EINVAL, EUCLEAN };

    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
        struct coil_poll *poll = open_epoll();

        forbid(EPOLL_PWAIT2, errors[i]);
        check_precision(poll);
        ASSERT(((struct epoll_backend *)poll)->coarse);
        poll->ops->close(poll);
    }
}

/* More often than a pipe has room for, and each only once. */
TEST(poll_epoll_is_woken_by_a_pipe_where_there_is_no_eventfd)
{
    struct coil_poll *poll;

    forbid(SYS_eventfd2, EPERM);
    poll = open_epoll();
    poll->holds = 1;
    for (int i = 0; i < 70000; i++) {
        poll->ops->wake(poll);
        ASSERT_EQ(poll->ops->wait(poll, COIL_NEVER), 0);
        if (i % 1000 == 0)
            check_precision_of(poll, COIL_MICROSECOND);
    }
    poll->ops->close(poll);
}

/* 2^31 ms, and times no kernel can express, are long and not negative. */
static void check_long_waits(struct coil_poll *poll)
{
    static const coil_time deadlines[] = {
        INT64_C(1) << 31,
        (INT64_C(1) << 31) * COIL_MILLISECOND,
        (INT64_C(1) << 32) * COIL_MILLISECOND,
        COIL_NEVER - 1,
    };
    size_t i;

    for (i = 0; i < sizeof(deadlines) / sizeof(deadlines[0]); i++) {
        coil_time start = poll->ops->now(poll);
        coil_time deadline = deadlines[i];
        pthread_t thread;

        if (deadline < COIL_NEVER - start)
            deadline += start;
        ASSERT_EQ(pthread_create(&thread, NULL, wake_later, poll), 0);
        ASSERT_EQ(poll->ops->wait(poll, deadline), 0);
        ASSERT_GE(poll->ops->now(poll) - start, 10 * COIL_MILLISECOND);
        pthread_join(thread, NULL);
    }
}

TEST(poll_epoll_long_deadlines)
{
    struct coil_poll *poll = open_epoll();

    check_long_waits(poll);
    poll->ops->close(poll);
}

/* It sleeps, and does not come back to ask again. */
TEST(poll_epoll_without_a_deadline)
{
    struct coil_poll *poll = open_epoll();
    coil_time start = poll->ops->now(poll);
    pthread_t thread;

    poll->holds = 1;
    ASSERT_EQ(pthread_create(&thread, NULL, wake_later, poll), 0);
    ASSERT_EQ(poll->ops->wait(poll, COIL_NEVER), 0);
    ASSERT_GE(poll->ops->now(poll) - start, 10 * COIL_MILLISECOND);
    pthread_join(thread, NULL);
    poll->ops->close(poll);
}

/* What errno says of an earlier call is nothing to one that went well. */
TEST(poll_epoll_does_not_heed_an_old_error)
{
    struct coil_poll *poll = open_epoll();
    char bytes[8];
    int pair[2];

    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
    errno = EINTR;
    ASSERT_EQ(do_write(poll, pair[0], "ab", 2), 2);
    errno = EINTR;
    ASSERT_EQ(do_read(poll, pair[1], bytes, 1), 1);
    errno = EINTR;
    ASSERT_EQ(do_read(poll, pair[1], bytes, sizeof bytes), 1);
    close(pair[0]);
    close(pair[1]);
    poll->ops->close(poll);
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
    struct coil_poll *poll = open_epoll();
    long before = count_waits();

    for (int i = 0; i < LOOKS; i++) {
        ASSERT_EQ(poll->ops->wait(poll, INT64_MIN), 0);
        ASSERT_EQ(poll->ops->wait(poll, 1), 0);
    }
    ASSERT_LT(count_waits() - before, LOOKS / 2);
    poll->ops->close(poll);
}

TEST(poll_epoll_long_deadlines_in_milliseconds)
{
    struct coil_poll *poll = open_epoll();

    ((struct epoll_backend *)poll)->coarse = true;
    check_long_waits(poll);
    poll->ops->close(poll);
}

TEST(poll_epoll_random_numbers_differ)
{
    struct coil_poll *a = open_epoll();
    struct coil_poll *b = open_epoll();

    ASSERT(a->ops->random(a) != a->ops->random(a));
    ASSERT(a->ops->random(a) != b->ops->random(b));
    a->ops->close(a);
    b->ops->close(b);
}
