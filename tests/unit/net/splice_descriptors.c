/* SPDX-License-Identifier: MIT */
/*
 * Bytes between streams of which one keeps the descriptors that come with them, or
 * cannot be written: nothing is lost.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <coil/splice.h>
#include <coil/unix.h>

#include "stream_fd_test.h"
#include "unix_test.h"

/* Two ends of a connection, the second of which keeps descriptors. */
static void open_ends(struct coil_stream *ends[2])
{
    const struct coil_unix_options options = { .descriptors = 4 };
    const char *name = unix_name("splice");
    struct coil_listener *listener;

    ASSERT_EQ(coil_unix_listen(&listener, name, &options), 0);
    ASSERT_EQ(coil_unix_connect(&ends[0], name, NULL), 0);
    ASSERT_EQ(coil_listener_accept(listener, &ends[1]), 0);
    coil_listener_close(listener);
}

static void expect_text(struct coil_stream *s, const char *text)
{
    char got[100] = "";

    ASSERT_EQ(coil_stream_read_exactly(s, got, strlen(text), NULL), 0);
    ASSERT_STR_EQ(got, text);
}

KERNEL_TEST(splice_descriptors_are_kept)
{
    struct coil_stream *ends[2], *others[2];
    int64_t moved;
    int fd;

    open_ends(ends);
    open_ends(others);
    ASSERT_EQ(coil_unix_send_descriptors(ends[0], &(int){ STDERR_FILENO }, 1,
                                         "bytes", 5),
              0);
    ASSERT_EQ(coil_splice(others[0], ends[1], 5, &moved), 0);
    ASSERT_EQ(moved, 5);
    expect_text(others[1], "bytes");
    fd = coil_unix_take_descriptor(ends[1]);
    ASSERT_GE(fd, 0);
    close(fd);

    /* What goes to such a stream needs no copy. */
    ASSERT_EQ(coil_stream_write(others[1], "and back", 8), 0);
    ASSERT_EQ(coil_splice(ends[1], others[0], 8, &moved), 0);
    ASSERT_EQ(moved, 8);
    expect_text(ends[0], "and back");
    for (int i = 0; i < 2; i++) {
        coil_stream_abort(ends[i]);
        coil_stream_abort(others[i]);
    }
}

/* A stream that can only be read takes nothing, and the bytes are still there. */
KERNEL_TEST(splice_descriptors_that_cannot_be_written)
{
    struct coil_stream *ends[2], *deaf;
    int64_t moved;
    int pipe[2];

    open_ends(ends);
    ASSERT_EQ(pipe2(pipe, O_CLOEXEC | O_NONBLOCK), 0);
    ASSERT_EQ(coil_stream_from_fds(&deaf, pipe[0], -1), 0);
    ASSERT_EQ(coil_stream_write(ends[1], "bytes", 5), 0);
    ASSERT_LT(coil_splice(deaf, ends[0], 5, &moved), 0);
    ASSERT_EQ(moved, 0);
    expect_text(ends[0], "bytes");
    close(pipe[1]);
    coil_stream_abort(deaf);
    coil_stream_abort(ends[0]);
    coil_stream_abort(ends[1]);
}

/* A terminal takes bytes, but the kernel moves none to it. */
KERNEL_TEST(splice_descriptors_of_a_terminal)
{
    struct coil_stream *ends[2], *in, *terminal;
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    int64_t moved;
    int slave;

    if (master < 0 || grantpt(master) < 0 || unlockpt(master) < 0)
        SKIP("there are no terminals");
    slave = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
    ASSERT_GE(slave, 0);
    open_ends(ends);
    ASSERT_EQ(coil_stream_from_fd(&in, master), 0);
    ASSERT_EQ(coil_stream_from_fd(&terminal, slave), 0);
    ASSERT_EQ(coil_stream_write(ends[1], "bytes", 5), 0);
    ASSERT_EQ(coil_splice(terminal, ends[0], 5, &moved), 0);
    ASSERT_EQ(moved, 5);
    expect_text(in, "bytes");
    coil_stream_abort(terminal);
    coil_stream_abort(in);
    coil_stream_abort(ends[0]);
    coil_stream_abort(ends[1]);
}
