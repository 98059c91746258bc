/* SPDX-License-Identifier: MIT */
/*
 * poll_corners.c - what the kernel's side of the seam does after a failure
 *
 * A registration is refused, or the table cannot grow. What waited before waits
 * on, the refused operation leaves nothing behind, and the next try succeeds.
 * Beside that, what happens at the edges of the table.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <coil/fd.h>

#include "base/memory.h"
#include "poll_test.h"
#include "sandbox.h"
#include "backend/epoll.h"
#include "backend/epoll_op.h"

#ifndef SYS_poll
#define SYS_poll SYS_ppoll
#endif

enum { HIGH = 200 };

static struct child child;

static struct coil__backend *open_epoll(void)
{
    struct coil__backend *backend;

    ASSERT_EQ(coil__epoll_open(&backend), 0);
    return backend;
}

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

static char read_byte(int fd)
{
    char byte = 0;

    ASSERT_EQ(read(fd, &byte, 1), 1);
    return byte;
}

/*
 * The read ends of these pipes have numbers around the first size of the table.
 */
TEST(poll_corners_each_number_is_told_of_its_own)
{
    struct coil__backend *backend = open_epoll();
    struct probe probe[70] = { 0 };
    int fd[2];

    ASSERT_EQ(pipe2(fd, O_CLOEXEC), 0);
    for (int i = 0; i < 70; i++) {
        int high = fcntl(fd[0], F_DUPFD_CLOEXEC, 60 + i);

        ASSERT_EQ(high, 60 + i);
        ASSERT(!probe_ready(backend, &probe[i], high, COIL_READABLE));
        ASSERT_EQ(backend->pending, i + 1);
    }
    ASSERT_EQ(write(fd[1], "x", 1), 1);
    for (int i = 0; i < 70; i++) {
        ASSERT_EQ(probe_wait(backend, &probe[i]), COIL_READABLE);
        close(60 + i);
    }
    ASSERT_EQ(backend->pending, 0);
    close(fd[0]);
    close(fd[1]);
    backend->ops->close(backend);
}

/*
 * The table cannot grow: an operation that waits already is told, and the table
 * grows later.
 */
TEST(poll_corners_a_table_that_cannot_grow_keeps_who_waits)
{
    struct coil__backend *backend = open_epoll();
    struct pair pair = open_pair(backend);
    struct probe read = { 0 };
    struct probe high = { 0 };
    char data[1];
    int fd[2];

    ASSERT_EQ(pipe2(fd, O_CLOEXEC), 0);
    ASSERT_EQ(fcntl(fd[0], F_DUPFD_CLOEXEC, HIGH), HIGH);
    ASSERT(!probe_read(backend, &read, pair.server, data, 1));
    for (int i = 0; i < 3; i++) {
        coil__alloc_fail_at(1, true);
        ASSERT(probe_ready(backend, &high, HIGH, COIL_READABLE));
        ASSERT_EQ(high.op.result, -ENOMEM);
        coil__alloc_fail_at(0, false);
        ASSERT(!high.done || high.op.result == -ENOMEM);
        ASSERT_EQ(backend->pending, 1);
    }
    send_all(backend, pair.client, "a", 1);
    ASSERT_EQ(probe_wait(backend, &read), 1);
    ASSERT_EQ(data[0], 'a');

    ASSERT(!probe_read(backend, &read, pair.server, data, 1));
    high = (struct probe){ 0 };
    ASSERT(!probe_ready(backend, &high, HIGH, COIL_READABLE));
    ASSERT_EQ(backend->pending, 2);
    ASSERT_EQ(write(fd[1], "x", 1), 1);
    ASSERT_EQ(probe_wait(backend, &high), COIL_READABLE);
    ASSERT(!read.done);
    send_all(backend, pair.client, "b", 1);
    ASSERT_EQ(probe_wait(backend, &read), 1);
    ASSERT_EQ(data[0], 'b');
    close(HIGH);
    close(fd[0]);
    close(fd[1]);
    close_pair(backend, pair);
    ASSERT_EQ(backend->pending, 0);
    backend->ops->close(backend);
}

/* One descriptor meets the user's limit on watched descriptors. */
static void register_where_one_is_refused(void *arg)
{
    struct coil__backend *backend = open_epoll();
    struct pair pair = open_pair(backend);
    struct probe refused = { 0 };
    struct probe other = { 0 };
    struct probe read = { 0 };
    char data[1];
    int fd[2];

    (void)arg;
    ASSERT_EQ(pipe2(fd, O_CLOEXEC), 0);
    ASSERT_EQ(fcntl(fd[0], F_DUPFD_CLOEXEC, HIGH), HIGH);
    ASSERT_EQ(fcntl(pair.client, F_DUPFD_CLOEXEC, HIGH + 1), HIGH + 1);
    refuse_with(SYS_epoll_ctl, 2, HIGH, ENOSPC);
    refuse_with(SYS_epoll_ctl, 2, HIGH + 1, ENOMEM);
    for (int i = 0; i < 3; i++) {
        ASSERT(probe_ready(backend, &refused, HIGH, COIL_READABLE));
        ASSERT_EQ(refused.op.result, -ENOSPC);
        ASSERT(probe_read(backend, &refused, HIGH + 1, data, 1));
        ASSERT_EQ(refused.op.result, -ENOMEM);
        ASSERT_EQ(backend->pending, 0);
        ASSERT_EQ(backend->ops->wait(backend, COIL_NEVER), -EDEADLK);
    }

    /* An operation that need not wait is done. */
    ASSERT_EQ(write(fd[1], "x", 1), 1);
    ASSERT(probe_ready(backend, &refused, HIGH, COIL_READABLE));
    ASSERT_EQ(refused.op.result, COIL_READABLE);
    send_all(backend, pair.server, "a", 1);
    ASSERT(probe_read(backend, &refused, HIGH + 1, data, 1));
    ASSERT_EQ(refused.op.result, 1);

    /* Other waits go on, with the same pipe and the same socket. */
    ASSERT_EQ(read_byte(fd[0]), 'x');
    ASSERT(!probe_ready(backend, &other, fd[0], COIL_READABLE));
    ASSERT(!probe_read(backend, &read, pair.client, data, 1));
    ASSERT_EQ(write(fd[1], "y", 1), 1);
    send_all(backend, pair.server, "b", 1);
    ASSERT_EQ(probe_wait(backend, &other), COIL_READABLE);
    ASSERT_EQ(probe_wait(backend, &read), 1);
    ASSERT_EQ(data[0], 'b');
    close(HIGH);
    close(HIGH + 1);
    close(fd[0]);
    close(fd[1]);
    close_pair(backend, pair);
    ASSERT_EQ(backend->sockets, 0);
    backend->ops->close(backend);
}

TEST(poll_corners_a_refused_registration_concerns_nobody_else)
{
    sandbox_run(&child, register_where_one_is_refused, NULL);
}

/*
 * Two operations wait for one descriptor. The first is told, and the kernel
 * refuses to watch the descriptor for the second: the second gets the error,
 * once.
 */
static void lose_the_second_of_two(void *arg)
{
    struct coil__backend *backend = open_epoll();
    struct pair pair = open_pair(backend);
    struct probe readable = { 0 };
    struct probe writable = { 0 };
    struct probe fill = { 0 };
    int foreign;

    (void)arg;
    write_until_full(backend, pair.client, &fill);
    ASSERT_EQ(probe_cancel(backend, &fill), -ECANCELED);
    foreign = fcntl(pair.client, F_DUPFD_CLOEXEC, HIGH);
    ASSERT_EQ(foreign, HIGH);
    ASSERT(!probe_ready(backend, &readable, foreign, COIL_READABLE));
    ASSERT(!probe_ready(backend, &writable, foreign, COIL_WRITABLE));
    ASSERT_EQ(backend->pending, 2);
    refuse_with(SYS_epoll_ctl, 1, EPOLL_CTL_MOD, ENOSPC);
    send_all(backend, pair.server, "x", 1);
    ASSERT_EQ(probe_wait(backend, &readable), COIL_READABLE);
    ASSERT_EQ(probe_wait(backend, &writable), -ENOSPC);
    ASSERT_EQ(backend->pending, 0);
    ASSERT_EQ(backend->ops->wait(backend, COIL_NEVER), -EDEADLK);

    /* The registration has ended, so a new one is possible. */
    writable = (struct probe){ 0 };
    ASSERT(!probe_ready(backend, &writable, foreign, COIL_WRITABLE));
    ASSERT_EQ(probe_cancel(backend, &writable), -ECANCELED);
    close(foreign);
    close_pair(backend, pair);
    backend->ops->close(backend);
}

TEST(poll_corners_who_is_left_of_two_is_told_of_a_refusal)
{
    sandbox_run(&child, lose_the_second_of_two, NULL);
}

static int lost_count;

static void note_lost(struct coil__backend *backend, int fd)
{
    (void)backend;
    ASSERT_EQ(fd, HIGH);
    lost_count++;
}

/*
 * The same, but the number belongs to another file meanwhile, while a duplicate
 * of the first lives and reports: the descriptor was closed under its waiter.
 */
TEST(poll_corners_who_is_left_of_two_is_told_that_the_number_is_anothers)
{
    struct coil__backend *backend = open_epoll();
    struct pair pair = open_pair(backend);
    struct probe readable = { 0 };
    struct probe writable = { 0 };
    struct probe fill = { 0 };
    int fd[2];

    backend->lost = note_lost;
    lost_count = 0;
    write_until_full(backend, pair.client, &fill);
    ASSERT_EQ(probe_cancel(backend, &fill), -ECANCELED);
    ASSERT_EQ(fcntl(pair.client, F_DUPFD_CLOEXEC, HIGH), HIGH);
    ASSERT(!probe_ready(backend, &readable, HIGH, COIL_READABLE));
    ASSERT(!probe_ready(backend, &writable, HIGH, COIL_WRITABLE));
    ASSERT_EQ(pipe2(fd, O_CLOEXEC), 0);
    ASSERT_EQ(dup3(fd[0], HIGH, O_CLOEXEC), HIGH);
    send_all(backend, pair.server, "x", 1);
    ASSERT_EQ(probe_wait(backend, &readable), COIL_READABLE);
    ASSERT_EQ(probe_wait(backend, &writable), -EBADF);
    ASSERT_EQ(backend->pending, 0);
    poll_settle(backend);
    ASSERT_EQ(lost_count, 1);

    /* A new wait for the pipe is told of the pipe. */
    readable = (struct probe){ 0 };
    ASSERT(!probe_ready(backend, &readable, HIGH, COIL_READABLE));
    ASSERT_EQ(write(fd[1], "x", 1), 1);
    ASSERT_EQ(probe_wait(backend, &readable), COIL_READABLE);
    close(HIGH);
    close(fd[0]);
    close(fd[1]);
    close_pair(backend, pair);
    backend->ops->close(backend);
}

/* The end of input and an error are told to readers and writers. */
TEST(poll_corners_an_end_is_told_to_all_who_wait)
{
    struct coil__backend *backend = open_epoll();
    struct probe probe[2] = { 0 };
    char page[4096] = "";
    int fd[2];

    ASSERT_EQ(pipe2(fd, O_CLOEXEC | O_NONBLOCK), 0);
    while (write(fd[1], page, sizeof page) > 0)
        ;
    ASSERT(!probe_ready(backend, &probe[0], fd[1], COIL_WRITABLE));
    ASSERT(
        !probe_ready(backend, &probe[1], fd[1], COIL_READABLE | COIL_WRITABLE));
    close(fd[0]);
    ASSERT_EQ(probe_wait(backend, &probe[0]), COIL_WRITABLE);
    ASSERT_EQ(probe_wait(backend, &probe[1]) & COIL_WRITABLE, COIL_WRITABLE);
    ASSERT_EQ(backend->pending, 0);
    close(fd[1]);
    backend->ops->close(backend);
}

/*
 * Memory that was used before is not taken for a table of waiting operations.
 */
TEST(poll_corners_a_table_in_used_memory_is_empty)
{
    struct coil__backend *backend = open_epoll();
    struct probe probe = { 0 };
    const size_t size = 100000;
    volatile char *used; /* so that the writes stay */
    void *behind;
    int fd[2];

    ASSERT_EQ(pipe2(fd, O_CLOEXEC), 0);
    ASSERT_EQ(fcntl(fd[0], F_DUPFD_CLOEXEC, HIGH), HIGH);
    used = malloc(size);
    behind = malloc(16); /* so that the memory is used again */
    ASSERT(used);
    for (size_t i = 0; i < size; i++)
        used[i] = 'x';
    free((void *)used);
    ASSERT(!probe_ready(backend, &probe, fd[0], COIL_READABLE));
    ASSERT_EQ(probe_cancel(backend, &probe), -ECANCELED);
    for (int high = HIGH; high < HIGH + 20; high++) {
        probe = (struct probe){ 0 };
        ASSERT_EQ(dup3(fd[0], high, O_CLOEXEC), high);
        ASSERT(!probe_ready(backend, &probe, high, COIL_READABLE));
        ASSERT_EQ(backend->pending, 1);
        ASSERT_EQ(probe_cancel(backend, &probe), -ECANCELED);
        close(high);
    }
    free(behind);
    close(fd[0]);
    close(fd[1]);
    backend->ops->close(backend);
}

/*
 * A descriptor is writable all the time; an operation that waits to read from
 * it sleeps.
 */
TEST(poll_corners_what_nobody_waits_for_wakes_nobody)
{
    struct coil__backend *backend = open_epoll();
    struct pair pair = open_pair(backend);
    struct probe probe = { 0 };
    coil_time start;

    poll_settle(backend);
    ASSERT_EQ(fcntl(pair.client, F_DUPFD_CLOEXEC, HIGH), HIGH);
    ASSERT(!probe_ready(backend, &probe, HIGH, COIL_READABLE));
    for (int i = 0; i < 3; i++) {
        start = backend->ops->now(backend);
        ASSERT_EQ(backend->ops->wait(backend, start + COIL_MILLISECOND), 0);
        ASSERT_GE(backend->ops->now(backend), start + COIL_MILLISECOND);
    }
    send_all(backend, pair.server, "x", 1);
    ASSERT_EQ(probe_wait(backend, &probe), COIL_READABLE);
    close(HIGH);
    close_pair(backend, pair);
    backend->ops->close(backend);
}

/* A backend that could not be opened leaves no memory behind. */
TEST(poll_corners_a_refused_opening_leaves_nothing)
{
    struct rlimit old;
    struct rlimit none;
    struct coil__backend *backend;
    size_t live = coil__alloc_live();
    int lowest = dup(0);

    ASSERT_OK(lowest);
    close(lowest);
    ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &old), 0);
    for (rlim_t more = 0; more < 2; more++) {
        none = old;
        none.rlim_cur = (rlim_t)lowest + more;
        ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
        ASSERT_EQ(coil__epoll_open(&backend), -EMFILE);
        ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &old), 0);
        ASSERT_EQ(coil__alloc_live(), live);
    }
    backend = open_epoll();
    backend->ops->close(backend);
    ASSERT_EQ(coil__alloc_live(), live);
}

/* Neither poll() nor epoll reports a file as ready; a file is always ready. */
static void ask_for_a_file_without_poll(void *arg)
{
    struct coil__backend *backend = open_epoll();
    struct probe probe = { 0 };
    int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

    (void)arg;
    ASSERT_OK(fd);
    refuse(SYS_poll, EPERM);
    ASSERT(probe_ready(backend, &probe, fd, COIL_READABLE));
    ASSERT_EQ(probe.op.result, COIL_READABLE);
    ASSERT_EQ(backend->pending, 0);
    close(fd);
    backend->ops->close(backend);
}

TEST(poll_corners_a_file_is_ready_where_poll_is_refused)
{
    sandbox_run(&child, ask_for_a_file_without_poll, NULL);
}

/* ---- what is told to whom ------------------------------------------------- */

PANIC_TEST(poll_corners_a_set_that_the_program_closed_stops_it,
           "the loop's epoll descriptor was closed by the program")
{
    struct coil__backend *backend = open_epoll();

    close(backend->ops->descriptor(backend));
    (void)backend->ops->wait(backend, 0);
}

/*
 * Two operations wait, and less comes than the first asks for: the second gets
 * the rest.
 */
TEST(poll_corners_what_comes_after_a_short_read_is_for_the_next)
{
    struct coil__backend *backend = open_epoll();
    struct pair pair = open_pair(backend);
    struct probe first = { 0 };
    struct probe second = { 0 };
    char data[2][8];

    ASSERT(!probe_read(backend, &first, pair.client, data[0], 8));
    ASSERT(!probe_read(backend, &second, pair.client, data[1], 8));
    send_all(backend, pair.server, "one", 3);
    ASSERT_EQ(probe_wait(backend, &first), 3);
    poll_settle(backend);
    ASSERT(!second.done);
    send_all(backend, pair.server, "four", 4);
    ASSERT_EQ(probe_wait(backend, &second), 4);
    ASSERT_MEM_EQ(data[0], "one", 3);
    ASSERT_MEM_EQ(data[1], "four", 4);
    close_pair(backend, pair);
    backend->ops->close(backend);
}

/*
 * The read asks for more than there is, and its descriptor's number is beyond
 * the table.
 */
TEST(poll_corners_a_short_read_of_who_never_waited)
{
    struct coil__backend *backend = open_epoll();
    struct pair pair = open_pair(backend);
    struct probe probe = { 0 };
    char data[8];

    ASSERT_EQ(fcntl(pair.client, F_DUPFD_CLOEXEC, HIGH), HIGH);
    for (int i = 0; i < 2; i++) {
        send_all(backend, pair.server, "one", 3);
        poll_settle(backend);
        ASSERT(probe_read(backend, &probe, HIGH, data, 8));
        ASSERT_EQ(probe.op.result, 3);
    }
    ASSERT(!probe_read(backend, &probe, HIGH, data, 8));
    send_all(backend, pair.server, "four", 4);
    ASSERT_EQ(probe_wait(backend, &probe), 4);
    close(HIGH);
    close_pair(backend, pair);
    backend->ops->close(backend);
}

/*
 * Nobody asked to be told of descriptors that are closed under their waiters.
 */
TEST(poll_corners_who_reads_by_a_number_that_was_anothers_waits_for_its_own)
{
    struct coil__backend *backend = open_epoll();
    struct pair pair = open_pair(backend);
    struct probe lost = { 0 };
    struct probe read = { 0 };
    char data[1];
    int fd[2];

    ASSERT_EQ(pipe2(fd, O_CLOEXEC), 0);
    ASSERT_EQ(dup3(fd[0], HIGH, O_CLOEXEC), HIGH);
    ASSERT(!probe_ready(backend, &lost, HIGH, COIL_READABLE));
    ASSERT_EQ(dup3(pair.client, HIGH, O_CLOEXEC), HIGH);
    ASSERT(!probe_read(backend, &read, HIGH, data, 1));
    ASSERT_EQ(probe_wait(backend, &lost), -EBADF);
    ASSERT(!read.done);
    send_all(backend, pair.server, "x", 1);
    ASSERT_EQ(probe_wait(backend, &read), 1);
    ASSERT_EQ(data[0], 'x');
    close(HIGH);
    close(fd[0]);
    close(fd[1]);
    close_pair(backend, pair);
    backend->ops->close(backend);
}
