/* SPDX-License-Identifier: MIT */
/*
 * A descriptor is closed while somebody waits for it, and its number may belong
 * to another: docs/descriptors.md says what those who wait are told.
 */
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <coil/fd.h>
#include <coil/reader.h>

#include "stream_test.h"

#define BOTH (COIL_READABLE | COIL_WRITABLE)

static int told;

static void note_telling(struct coil_loop *loop,
                         const struct coil_exception *exception, void *arg)
{
    (void)loop;
    (void)arg;
    ASSERT_EQ(exception->error, -EBADF);
    told++;
}

static void listen_to_tellings(void)
{
    told = 0;
    coil_loop_set_exception_handler(coil_loop_current(), note_telling, NULL);
}

static void make_pipe(int ends[2])
{
    ASSERT_EQ(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
}

static void close_both(const int ends[2])
{
    close(ends[0]);
    close(ends[1]);
}

static void put_byte(int fd)
{
    ASSERT_EQ(write(fd, "x", 1), 1);
}

static void take_byte(int fd)
{
    char byte;

    ASSERT_EQ(read(fd, &byte, 1), 1);
}

static int wait_readable(void *arg)
{
    return coil_wait_fd(*(const int *)arg, COIL_READABLE);
}

static int wait_writable(void *arg)
{
    return coil_wait_fd(*(const int *)arg, COIL_WRITABLE);
}

/* Nobody uses the number again: nothing tells, and the waiter waits on. */
KERNEL_TEST(fd_reused_by_nobody_leaves_the_waiter_waiting)
{
    struct coil_task *waiter;
    int ends[2];

    listen_to_tellings();
    make_pipe(ends);
    waiter = start_waiting(wait_readable, &ends[0]);
    close_both(ends);
    settle();
    if (!coil_loop_is_debug(coil_loop_current())) {
        ASSERT(!coil_task_is_done(waiter));
        ASSERT_EQ(end_by_cancelling(waiter), -ECANCELED);
        ASSERT_EQ(told, 0);
        return;
    }
    ASSERT_EQ(end_of(waiter), -EBADF);
    ASSERT_EQ(told, 1);
}

/* One who asks for the closed number is refused, and the others are told. */
KERNEL_TEST(fd_reused_by_nobody_and_asked_for_ends_all_who_wait)
{
    struct coil_task *waiters[3];
    int ends[2];

    listen_to_tellings();
    make_pipe(ends);
    for (int i = 0; i < 3; i++)
        waiters[i] = start_waiting(wait_readable, &ends[0]);
    close_both(ends);
    ASSERT_EQ(coil_wait_fd(ends[0], COIL_READABLE), -EBADF);
    for (int i = 0; i < 3; i++)
        ASSERT_EQ(end_of(waiters[i]), -EBADF);
    ASSERT_EQ(told, 1);

    make_pipe(ends);
    put_byte(ends[1]);
    ASSERT_EQ(coil_wait_fd(ends[0], COIL_READABLE), COIL_READABLE);
    close_both(ends);
}

/* It need not be waited for in the kernel: it may be ready at once. */
KERNEL_TEST(fd_reused_by_what_is_ready_ends_those_who_waited)
{
    struct coil_task *early, *late;
    int old[2];
    int ends[2];

    listen_to_tellings();
    make_pipe(old);
    early = start_waiting(wait_readable, &old[0]);
    close_both(old);
    make_pipe(ends);
    ASSERT_EQ(ends[0], old[0]);
    put_byte(ends[1]);
    ASSERT_EQ(coil_wait_fd(ends[0], COIL_READABLE), COIL_READABLE);
    ASSERT_EQ(end_of(early), -EBADF);
    ASSERT_EQ(told, 1);

    take_byte(ends[0]);
    late = start_waiting(wait_readable, &ends[0]);
    put_byte(ends[1]);
    ASSERT_EQ(end_of(late), COIL_READABLE);
    close_both(ends);
}

KERNEL_TEST(fd_reused_by_a_file_ends_those_who_waited)
{
    struct coil_task *early;
    int old[2];
    int fd;

    listen_to_tellings();
    make_pipe(old);
    early = start_waiting(wait_readable, &old[0]);
    close_both(old);
    fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    ASSERT_EQ(fd, old[0]);
    ASSERT_EQ(coil_wait_fd(fd, COIL_READABLE), COIL_READABLE);
    ASSERT_EQ(end_of(early), -EBADF);
    ASSERT_EQ(told, 1);
    close(fd);
}

/* A look that finds the same descriptor disturbs nobody. */
KERNEL_TEST(fd_that_others_wait_for_may_be_asked_for)
{
    struct coil_task *reader;
    int pair[2];

    listen_to_tellings();
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    reader = start_waiting(wait_readable, &pair[0]);
    for (int i = 0; i < 3; i++)
        ASSERT_EQ(coil_wait_fd(pair[0], BOTH), COIL_WRITABLE);
    ASSERT(!coil_task_is_done(reader));
    put_byte(pair[1]);
    ASSERT_EQ(end_of(reader), COIL_READABLE);
    ASSERT_EQ(told, 0);
    close_both(pair);
}

/* A stream of coil's has got the number. */
KERNEL_TEST(fd_reused_by_a_stream_ends_those_who_waited)
{
    struct coil_task *early;
    struct pair p;
    int old[2];

    listen_to_tellings();
    make_pipe(old);
    early = start_waiting(wait_readable, &old[0]);
    close_both(old);
    p = connected();
    ASSERT_EQ(end_of(early), -EBADF);
    ASSERT_EQ(told, 1);
    send_text(p.a, "line\n");
    expect_line(p.b, "line\n");
    hang_up(&p);
}

/* ---- duplicates ----------------------------------------------------------- */

/* The kernel knows open files: as long as a duplicate lives, it tells of it. */
KERNEL_TEST(fd_closed_with_a_duplicate_is_still_waited_for)
{
    struct coil_task *waiter;
    int ends[2];
    int copy;

    if (coil_loop_is_debug(coil_loop_current()))
        return; /* where it is found out at once */
    listen_to_tellings();
    make_pipe(ends);
    copy = fcntl(ends[0], F_DUPFD_CLOEXEC, 0);
    waiter = start_waiting(wait_readable, &ends[0]);
    close(ends[0]);
    put_byte(ends[1]);
    ASSERT_EQ(end_of(waiter), COIL_READABLE);
    ASSERT_EQ(told, 0);
    close(copy);
    close(ends[1]);
}

KERNEL_TEST(fd_reused_with_a_duplicate_is_not_mixed_up)
{
    struct coil_task *early, *late;
    int old[2];
    int ends[2];
    int copy;

    listen_to_tellings();
    make_pipe(old);
    make_pipe(ends);
    copy = fcntl(old[0], F_DUPFD_CLOEXEC, 0);
    early = start_waiting(wait_readable, &old[0]);
    ASSERT_EQ(dup2(ends[0], old[0]), old[0]);
    late = start_waiting(wait_readable, &old[0]);
    ASSERT_EQ(end_of(early), -EBADF);
    ASSERT_EQ(told, 1);
    /* What happens to the old file concerns nobody any more. */
    put_byte(old[1]);
    settle();
    ASSERT(!coil_task_is_done(late));
    put_byte(ends[1]);
    ASSERT_EQ(end_of(late), COIL_READABLE);

    /* The number is that of the old file again. */
    ASSERT_EQ(dup2(copy, old[0]), old[0]);
    take_byte(copy);
    late = start_waiting(wait_readable, &old[0]);
    put_byte(old[1]);
    ASSERT_EQ(end_of(late), COIL_READABLE);
    close_both(old);
    close_both(ends);
    close(copy);
}

/* Closed, and opened again as a duplicate of the same: nothing has changed. */
KERNEL_TEST(fd_reused_by_its_own_duplicate_is_waited_for_by_both)
{
    struct coil_task *early, *late;
    int ends[2];
    int copy;

    listen_to_tellings();
    make_pipe(ends);
    copy = fcntl(ends[0], F_DUPFD_CLOEXEC, 0);
    early = start_waiting(wait_readable, &ends[0]);
    close(ends[0]);
    ASSERT_EQ(dup2(copy, ends[0]), ends[0]);
    late = start_waiting(wait_readable, &ends[0]);
    put_byte(ends[1]);
    ASSERT_EQ(end_of(early), COIL_READABLE);
    ASSERT_EQ(end_of(late), COIL_READABLE);
    ASSERT_EQ(told, 0);
    close_both(ends);
    close(copy);
}

KERNEL_TEST(fd_and_its_duplicate_are_both_waited_for)
{
    struct coil_task *one, *two;
    int ends[2];
    int copy;

    make_pipe(ends);
    copy = fcntl(ends[0], F_DUPFD_CLOEXEC, 0);
    one = start_waiting(wait_readable, &ends[0]);
    two = start_waiting(wait_readable, &copy);
    put_byte(ends[1]);
    ASSERT_EQ(end_of(one), COIL_READABLE);
    ASSERT_EQ(end_of(two), COIL_READABLE);
    close(copy);
    close_both(ends);
}

/*
 * One hears of the old file, by its duplicate.  The other cannot go on waiting:
 * the number is that of a file, for which the kernel does not wait.
 */
KERNEL_TEST(fd_reused_by_a_file_while_one_of_two_is_served)
{
    struct coil_task *reader, *writer;
    static char much[1 << 16];
    int pair[2];
    int copy, fd;

    if (coil_loop_is_debug(coil_loop_current()))
        return; /* where it is found out before */
    listen_to_tellings();
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0,
                         pair),
              0);
    while (write(pair[0], much, sizeof much) > 0)
        continue;
    copy = fcntl(pair[0], F_DUPFD_CLOEXEC, 0);
    reader = start_waiting(wait_readable, &pair[0]);
    writer = start_waiting(wait_writable, &pair[0]);
    fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    ASSERT_EQ(dup2(fd, pair[0]), pair[0]);
    put_byte(pair[1]);
    ASSERT_EQ(end_of(reader), COIL_READABLE);
    ASSERT_EQ(end_of(writer), -EBADF);
    ASSERT_EQ(told, 1);
    close(fd);
    close(copy);
    close_both(pair);
}

/* ---- readers -------------------------------------------------------------- */

static struct coil_fd_handler one, two;
static int calls_of_one, calls_of_two;

static void count_one(void *arg)
{
    take_byte(*(const int *)arg);
    calls_of_one++;
}

static void count_two(void *arg)
{
    take_byte(*(const int *)arg);
    calls_of_two++;
}

/* Take turns until `*count` is `number`. */
static void await_count(const int *count, int number)
{
    while (*count != number)
        ASSERT_EQ(coil_yield(), 0);
}

KERNEL_TEST(fd_with_a_reader_may_be_waited_for)
{
    struct coil_loop *loop = coil_loop_current();
    struct coil_task *waiter;
    int ends[2];

    calls_of_one = 0;
    make_pipe(ends);
    ASSERT_EQ(coil_loop_add_reader(loop, &one, ends[0], count_one, ends), 0);
    for (int i = 1; i <= 3; i++) {
        waiter = start_waiting(wait_readable, &ends[0]);
        ASSERT(!coil_task_is_done(waiter));
        put_byte(ends[1]);
        ASSERT_EQ(end_of(waiter), COIL_READABLE);
        await_count(&calls_of_one, i);
    }
    ASSERT(coil_loop_remove_reader(loop, &one));
    close_both(ends);
}

/* The number belongs to another, which has a reader of its own. */
KERNEL_TEST(fd_reused_by_another_reader_removes_the_first)
{
    struct coil_loop *loop = coil_loop_current();
    int old[2];
    int ends[2];

    listen_to_tellings();
    calls_of_two = 0;
    make_pipe(old);
    ASSERT_EQ(coil_loop_add_reader(loop, &one, old[0], count_one, old), 0);
    settle();
    close_both(old);
    make_pipe(ends);
    ASSERT_EQ(ends[0], old[0]);
    ASSERT_EQ(coil_loop_add_reader(loop, &two, ends[0], count_two, ends), 0);
    put_byte(ends[1]);
    await_count(&calls_of_two, 1);
    settle();
    /* The descriptor, and the handler that was removed. */
    ASSERT_EQ(told, 2);
    ASSERT(!coil_loop_remove_reader(loop, &one));
    put_byte(ends[1]);
    await_count(&calls_of_two, 2);
    ASSERT(coil_loop_remove_reader(loop, &two));
    close_both(ends);
}

static void close_and_open(void *arg)
{
    int *ends = arg;
    int old = ends[0];

    calls_of_one++;
    close_both(ends);
    make_pipe(ends);
    ASSERT_EQ(ends[0], old);
    one.fn = count_one;
}

/*
 * While its function runs, a reader waits for nothing.  It goes on with what its
 * number is then.
 */
KERNEL_TEST(fd_reused_within_the_call_is_what_the_reader_goes_on_with)
{
    struct coil_loop *loop = coil_loop_current();
    int ends[2];

    listen_to_tellings();
    calls_of_one = 0;
    make_pipe(ends);
    ASSERT_EQ(coil_loop_add_reader(loop, &one, ends[0], close_and_open, ends),
              0);
    put_byte(ends[1]);
    await_count(&calls_of_one, 1);
    settle();
    put_byte(ends[1]);
    await_count(&calls_of_one, 2);
    ASSERT_EQ(told, 0);
    ASSERT(coil_loop_remove_reader(loop, &one));
    close_both(ends);
}
