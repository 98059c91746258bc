/* SPDX-License-Identifier: MIT */
/*
 * Streams over the two sides of a pty, and over what cannot be opened again: the
 * loop never waits, and nothing that is shared becomes non-blocking.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include "sandbox.h"
#include "stream_fd_test.h"

struct pty {
    int master;
    int slave;
};

static void make_pty(struct pty *pty)
{
    struct termios settings;

    pty->master = posix_openpt(O_RDWR | O_NOCTTY);
    ASSERT_GE(pty->master, 0);
    ASSERT_EQ(grantpt(pty->master), 0);
    ASSERT_EQ(unlockpt(pty->master), 0);
    pty->slave = open(ptsname(pty->master), O_RDWR | O_NOCTTY);
    ASSERT_GE(pty->slave, 0);
    ASSERT_EQ(tcgetattr(pty->slave, &settings), 0);
    settings.c_lflag &= ~(tcflag_t)ECHO;
    settings.c_oflag &= ~(tcflag_t)OPOST;
    ASSERT_EQ(tcsetattr(pty->slave, TCSANOW, &settings), 0);
}

static int read_line(void *arg)
{
    expect_line(arg, "typed\n");
    return 0;
}

/* ---- lines from a terminal ------------------------------------------------ */

static void read_lines(void)
{
    struct coil_stream *terminal, *screen;
    struct coil_task *reader;
    struct pty pty;
    int shared[2];
    char byte;
    ptrdiff_t n;

    make_pty(&pty);
    shared[0] = dup(pty.slave);
    shared[1] = dup(pty.master);
    terminal = stream_over(pty.slave);
    screen = stream_over(pty.master);
    reader = start_waiting(read_line, terminal);
    send_text(screen, "typ");
    settle();
    ASSERT(!coil_task_is_done(reader));
    send_text(screen, "ed\nnext\nlast\n");
    ASSERT_EQ(end_of(reader), 0);
    expect_line(terminal, "next\n");
    expect_line(terminal, "last\n");
    send_text(terminal, "shown\n");
    expect_line(screen, "shown\n");
    ASSERT(!is_nonblocking(shared[0]) && !is_nonblocking(shared[1]));

    /* Neither side has an end to send; both go on. */
    ASSERT_EQ(coil_stream_shutdown(terminal), -ENOTSUP);
    ASSERT_EQ(coil_stream_shutdown(screen), -ENOTSUP);
    send_text(terminal, "more\n");
    expect_line(screen, "more\n");

    /* The user types Control-D. */
    send_text(screen, "\4");
    n = coil_stream_read(terminal, &byte, 1);
    ASSERT_EQ(n, 0);
    ASSERT_EQ(coil_stream_close(terminal), 0);
    ASSERT_EQ(write(shared[0], "blocking\n", 9), 9);
    expect_line(screen, "blocking\n");
    ASSERT(!is_nonblocking(shared[0]) && !is_nonblocking(shared[1]));

    /* The last one closes the terminal. */
    ASSERT(!coil_stream_has_ended(screen));
    close(shared[0]);
    n = coil_stream_read(screen, &byte, 1);
    ASSERT_EQ(n, 0);
    ASSERT_EQ(coil_stream_close(screen), 0);
    close(shared[1]);
}

KERNEL_TEST(stream_fd_terminal_lines)
{
    read_lines();
}

/* ---- much to a terminal --------------------------------------------------- */

enum { MUCH = 200000 };

static int read_much(void *arg)
{
    static unsigned char buffer[10000];
    size_t place = 0;

    while (place < MUCH) {
        ptrdiff_t n = coil_stream_read(arg, buffer, sizeof buffer);

        ASSERT_GT(n, 0);
        check_bytes(buffer, place, (size_t)n);
        place += (size_t)n;
    }
    return 0;
}

/* The other side does not read: only the stream waits. */
static void write_much(void)
{
    unsigned char *bytes = make_bytes(MUCH);
    struct coil_stream *terminal, *screen;
    struct pty pty;

    make_pty(&pty);
    terminal = stream_over(pty.slave);
    screen = stream_over(pty.master);
    ASSERT_EQ(coil_stream_write(terminal, bytes, MUCH), 0);
    ASSERT_GT(coil_stream_unsent(terminal), 0);
    settle();
    ASSERT_GT(coil_stream_unsent(terminal), 0);
    ASSERT_EQ(end_of(start(read_much, screen)), 0);
    ASSERT_EQ(coil_stream_flush(terminal), 0);
    coil_stream_abort(terminal);
    coil_stream_abort(screen);
    free(bytes);
}

KERNEL_TEST(stream_fd_terminal_takes_much_without_keeping_the_loop_waiting)
{
    write_much();
}

/* ---- where nothing can be opened again ------------------------------------ */

static void pass_through_pipe(void)
{
    unsigned char *bytes = make_bytes(MUCH);
    struct coil_stream *in, *out;
    struct coil_task *reader;
    int ends[2];

    ASSERT_EQ(pipe(ends), 0);
    in = stream_over(ends[0]);
    out = stream_over(ends[1]);
    ASSERT(!is_nonblocking(ends[0]) && !is_nonblocking(ends[1]));
    ASSERT_EQ(coil_stream_write(out, bytes, MUCH), 0);
    ASSERT_GT(coil_stream_unsent(out), 0);
    reader = start(read_to_end, in);
    ASSERT_EQ(coil_stream_close(out), 0);
    ASSERT_EQ(end_of(reader), MUCH);
    coil_stream_abort(in);
    free(bytes);
}

static int look_only(void *arg)
{
    struct coil_stream *terminal, *screen;
    struct pty *pty = arg;

    terminal = stream_over(pty->slave);
    screen = stream_over(pty->master);
    ASSERT(!is_nonblocking(pty->slave));
    send_text(screen, "typed\n");
    ASSERT_EQ(read_line(terminal), 0);
    coil_stream_abort(terminal);
    coil_stream_abort(screen);
    return 0;
}

static int use_without_open(void *arg)
{
    unsigned char *bytes = make_bytes(MUCH);
    struct pty *pty = arg;
    struct coil_stream *terminal, *screen;

    pass_through_pipe();
    terminal = stream_over(pty[1].slave);
    screen = stream_over(pty[1].master);
    ASSERT_EQ(coil_stream_write(terminal, bytes, MUCH), 0);
    ASSERT_GT(coil_stream_unsent(terminal), 0);
    ASSERT_EQ(end_of(start(read_much, screen)), 0);
    coil_stream_abort(terminal);
    coil_stream_abort(screen);
    free(bytes);
    return look_only(&pty[0]);
}

static void run_without_open(void *arg)
{
    struct pty pty[2];
    static const struct coil_loop_options options = {
        .backend = COIL_BACKEND_DEFAULT
    };

    (void)arg;
    make_pty(&pty[0]);
    make_pty(&pty[1]);
    refuse(SYS_openat, EACCES);
    exit(coil_run_with(use_without_open, pty, &options) < 0);
}

TEST(stream_fd_terminal_that_cannot_be_opened_again)
{
    sandbox_run(&the_child, run_without_open, NULL);
    ASSERT_CHILD_EXITED(&the_child, 0);
}
