/* SPDX-License-Identifier: MIT */
/*
 * Waiting for descriptors that do not belong to coil.
 */
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <coil/fd.h>

#include "backend/open.h"
#include "loop/operation.h"
#include "stream_test.h"

#define BOTH (COIL_READABLE | COIL_WRITABLE)

static void make_pipe(int ends[2])
{
    ASSERT_EQ(pipe(ends), 0);
}

static void close_both(const int ends[2])
{
    close(ends[0]);
    close(ends[1]);
}

static int wait_readable(void *arg)
{
    const int *fd = arg;

    return coil_wait_fd(*fd, COIL_READABLE);
}

static int wait_writable(void *arg)
{
    const int *fd = arg;

    return coil_wait_fd(*fd, COIL_WRITABLE);
}

KERNEL_TEST(fd_that_is_ready_is_not_waited_for)
{
    int ends[2];
    int pair[2];

    make_pipe(ends);
    ASSERT_EQ(coil_wait_fd(ends[1], COIL_WRITABLE), COIL_WRITABLE);
    ASSERT_EQ(coil_wait_fd(ends[1], BOTH), COIL_WRITABLE);
    ASSERT_EQ(write(ends[1], "x", 1), 1);
    ASSERT_EQ(coil_wait_fd(ends[0], COIL_READABLE), COIL_READABLE);

    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    ASSERT_EQ(coil_wait_fd(pair[0], BOTH), COIL_WRITABLE);
    ASSERT_EQ(write(pair[1], "x", 1), 1);
    ASSERT_EQ(coil_wait_fd(pair[0], BOTH), BOTH);
    close_both(ends);
    close_both(pair);
}

/*
 * There is no reader any more: an error makes the descriptor ready for every
 * wait.
 */
KERNEL_TEST(fd_with_an_error_is_ready_for_all)
{
    int ends[2];

    make_pipe(ends);
    close(ends[0]);
    ASSERT_EQ(coil_wait_fd(ends[1], BOTH), BOTH);
    ASSERT_EQ(coil_wait_fd(ends[1], COIL_READABLE), COIL_READABLE);
    close(ends[1]);
}

KERNEL_TEST(fd_is_waited_for_by_several)
{
    struct coil_task *tasks[5];
    int ends[2];

    make_pipe(ends);
    for (int round = 0; round < 3; round++) {
        char byte;

        for (int i = 0; i < 5; i++)
            tasks[i] = start(wait_readable, &ends[0]);
        settle();
        for (int i = 0; i < 5; i++)
            ASSERT(!coil_task_is_done(tasks[i]));
        ASSERT_EQ(write(ends[1], "x", 1), 1);
        for (int i = 0; i < 5; i++)
            ASSERT_EQ(end_of(tasks[i]), COIL_READABLE);
        ASSERT_EQ(read(ends[0], &byte, 1), 1);
    }
    close_both(ends);
}

KERNEL_TEST(fd_waits_for_reading_and_writing_do_not_mix)
{
    struct coil_task *reader, *writer;
    static char much[1 << 20];
    int pair[2];

    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
    while (write(pair[0], much, sizeof much) > 0)
        ;
    reader = start(wait_readable, &pair[0]);
    writer = start(wait_writable, &pair[0]);
    settle();
    ASSERT(!coil_task_is_done(reader) && !coil_task_is_done(writer));
    while (read(pair[1], much, sizeof much) > 0)
        ;
    ASSERT_EQ(end_of(writer), COIL_WRITABLE);
    settle();
    ASSERT(!coil_task_is_done(reader));
    ASSERT_EQ(write(pair[1], "x", 1), 1);
    ASSERT_EQ(end_of(reader), COIL_READABLE);
    close_both(pair);
}

KERNEL_TEST(fd_end_of_input_counts_as_readable)
{
    struct coil_task *task;
    int ends[2];

    make_pipe(ends);
    task = start(wait_readable, &ends[0]);
    settle();
    close(ends[1]);
    ASSERT_EQ(end_of(task), COIL_READABLE);
    close(ends[0]);

    make_pipe(ends);
    close(ends[0]);
    ASSERT_EQ(coil_wait_fd(ends[1], COIL_WRITABLE), COIL_WRITABLE);
    close(ends[1]);
}

KERNEL_TEST(fd_of_a_file_is_always_ready)
{
    int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

    ASSERT_GE(fd, 0);
    ASSERT_EQ(coil_wait_fd(fd, COIL_READABLE), COIL_READABLE);
    ASSERT_EQ(coil_wait_fd(fd, BOTH), BOTH);
    close(fd);
}

KERNEL_TEST(fd_cancelled_wait_leaves_nothing_behind)
{
    struct coil_task *task;
    int ends[2];

    for (int i = 0; i < 10; i++) {
        make_pipe(ends);
        task = start(wait_readable, &ends[0]);
        settle();
        ASSERT_EQ(end_by_cancelling(task), -ECANCELED);
        close_both(ends);
    }

    make_pipe(ends);
    ASSERT(coil_task_cancel(coil_current_task()));
    ASSERT_EQ(coil_wait_fd(ends[1], COIL_WRITABLE), -ECANCELED);
    close_both(ends);
}

KERNEL_TEST(fd_wait_in_a_timeout_scope_ends_in_time)
{
    struct coil_timeout limit;
    int ends[2];
    int rc;

    make_pipe(ends);
    ASSERT_EQ(coil_timeout_begin(&limit, COIL_MILLISECOND), 0);
    rc = coil_wait_fd(ends[0], COIL_READABLE);
    ASSERT_EQ(coil_timeout_end(&limit, rc), -ETIMEDOUT);
    ASSERT_EQ(write(ends[1], "x", 1), 1);
    ASSERT_EQ(coil_wait_fd(ends[0], COIL_READABLE), COIL_READABLE);
    close_both(ends);
}

static int note(void *arg)
{
    *(bool *)arg = true;
    return 0;
}

KERNEL_TEST(fd_that_is_always_ready_lets_others_run)
{
    bool ran = false;
    struct coil_task *other = start(note, &ran);
    int ends[2];

    make_pipe(ends);
    for (int i = 0; i < 1000; i++)
        ASSERT_EQ(coil_wait_fd(ends[1], COIL_WRITABLE), COIL_WRITABLE);
    ASSERT(ran);
    ASSERT_EQ(end_of(other), 0);
    close_both(ends);
}

KERNEL_TEST(fd_that_is_none_is_refused)
{
    int ends[2];

    make_pipe(ends);
    close_both(ends);
    ASSERT_EQ(coil_wait_fd(ends[0], COIL_READABLE), -EBADF);
    ASSERT_EQ(coil_wait_fd(-1, COIL_READABLE), -EBADF);
    ASSERT_EQ(coil_wait_fd(0, 0), -EINVAL);
    ASSERT_EQ(coil_wait_fd(0, 4), -EINVAL);
    ASSERT_EQ(coil_wait_fd(0, BOTH | 8), -EINVAL);
}

/* ---- closed under those who wait ---- */

static int told;
static char told_last[128];

static void note_telling(struct coil_loop *loop,
                         const struct coil_exception *exception, void *arg)
{
    (void)loop;
    (void)arg;
    ASSERT_EQ(exception->error, -EBADF);
    snprintf(told_last, sizeof told_last, "%s", exception->message);
    told++;
}

static void listen_to_tellings(void)
{
    told = 0;
    coil_loop_set_exception_handler(coil_loop_current(), note_telling, NULL);
}

/* The mistake of one task does not affect another. */
KERNEL_TEST(fd_closed_under_a_waiter_does_not_hang_the_next)
{
    struct coil_task *early, *late;
    int old[2];
    int ends[2];

    listen_to_tellings();
    make_pipe(old);
    early = start(wait_readable, &old[0]);
    settle();
    close_both(old);
    make_pipe(ends);
    ASSERT_EQ(ends[0], old[0]);
    late = start(wait_readable, &ends[0]);
    ASSERT_EQ(end_of(early), -EBADF);
    ASSERT_EQ(told, 1);
    ASSERT_STR_CONTAINS(told_last, "was closed by somebody else");
    ASSERT_EQ(write(ends[1], "x", 1), 1);
    ASSERT_EQ(end_of(late), COIL_READABLE);
    close_both(ends);
}

static struct coil_stream *lost_stream;

static int read_lost(void *arg)
{
    char byte;

    (void)arg;
    return (int)coil_stream_read(lost_stream, &byte, 1);
}

/* The program closes the descriptor of a stream, and opens something else. */
KERNEL_TEST(fd_of_a_stream_that_is_closed_ends_its_reader)
{
    struct pair p = connected();
    struct coil_task *reader, *waiter;
    /* The number of p.b, which is the newest. */
    int number = coil__container_of(coil__backend_current()->open,
                                    struct coil_open, hook)
                     ->fd;
    int ends[2];

    listen_to_tellings();
    lost_stream = p.b;
    reader = start(read_lost, NULL);
    settle();
    make_pipe(ends);
    ASSERT_EQ(dup2(ends[0], number), number);
    waiter = start(wait_readable, &number);
    ASSERT_EQ(end_of(reader), -EBADF);
    ASSERT_EQ(told, 1);
    ASSERT_EQ(write(ends[1], "x", 1), 1);
    ASSERT_EQ(end_of(waiter), COIL_READABLE);
    hang_up(&p);
    close_both(ends);
}

static int close_under_a_waiter(void *arg)
{
    struct coil_task *task;
    int ends[2];

    (void)arg;
    listen_to_tellings();
    make_pipe(ends);
    task = start(wait_readable, &ends[0]);
    ASSERT_EQ(coil_yield(), 0);
    ASSERT_EQ(coil_yield(), 0);
    close_both(ends);
    ASSERT_EQ(end_of(task), -EBADF);
    ASSERT_EQ(told, 1);
    return 0;
}

/* In debug mode it is reported although nobody uses the number again. */
TEST(fd_closed_under_a_waiter_is_told_in_debug_mode)
{
    const struct coil_loop_options options = { .backend = COIL_BACKEND_DEFAULT,
                                               .debug = true };

    ASSERT_EQ(coil_run_with(close_under_a_waiter, NULL, &options), 0);
}

static int try_to_wait(void *arg)
{
    (void)arg;
    ASSERT_EQ(coil_wait_fd(0, COIL_READABLE), -ENOTSUP);
    return 0;
}

TEST(fd_does_not_exist_on_the_simulator)
{
    ASSERT_EQ(coil_test_run(try_to_wait, NULL, 0), 0);
}
