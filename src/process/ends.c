/* SPDX-License-Identifier: MIT */
#include "process/ends.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { INPUT = 0, OUTPUT = 1, ERRORS = 2 };

static void close_end(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/*
 * A program without standard descriptors gets their numbers for others, which
 * are not to be taken for them.  Returns an error, or 0.
 */
static int raise_number(int *fd)
{
    int higher;

    if (*fd > STDERR_FILENO)
        return 0;
    higher = fcntl(*fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    if (higher < 0)
        return -errno;
    close(*fd);
    *fd = higher;
    return 0;
}

static int open_pipe(struct coil__ends *e, int number)
{
    int fds[2];
    int ours = number == INPUT; /* we write into its input */

    if (pipe2(fds, O_CLOEXEC) < 0)
        return -errno;
    e->ours[number] = fds[ours];
    e->theirs[number] = fds[!ours];
    e->is_made[number] = true;
    (void)fcntl(fds[ours], F_SETFL, O_NONBLOCK);
    return raise_number(&e->ours[number]);
}

static int open_null(struct coil__ends *e, int number)
{
    int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

    if (fd < 0)
        return -errno;
    e->theirs[number] = fd;
    e->is_made[number] = true;
    return 0;
}

static void set_size(int terminal, unsigned short rows, unsigned short columns)
{
    struct winsize size = { .ws_row = rows, .ws_col = columns };

    if (rows || columns)
        (void)ioctl(terminal, TIOCSWINSZ, &size);
}

/* The terminal's two sides.  What is open when it fails is closed later. */
static int open_terminal(struct coil__ends *e,
                         const struct coil_process_options *o)
{
    char name[64];
    int rc;

    e->terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    if (e->terminal < 0)
        return -errno;
    rc = raise_number(&e->terminal);
    if (rc < 0)
        return rc;
    if (grantpt(e->terminal) < 0 || unlockpt(e->terminal) < 0)
        return -errno;
    if (ptsname_r(e->terminal, name, sizeof name) != 0)
        return -errno;
    e->their_terminal = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (e->their_terminal < 0)
        return -errno;
    set_size(e->terminal, o->rows, o->columns);
    return 0;
}

static int open_one(struct coil__ends *e, const struct coil_process_options *o,
                    int number, const struct coil_stdio *io)
{
    int rc;

    switch (io->kind) {
    case COIL_STDIO_INHERIT:
        e->theirs[number] = number;
        return 0;
    case COIL_STDIO_PIPE:
        return open_pipe(e, number);
    case COIL_STDIO_NULL:
        return open_null(e, number);
    case COIL_STDIO_PTY:
        rc = e->terminal < 0 ? open_terminal(e, o) : 0;
        e->theirs[number] = e->their_terminal;
        return rc;
    case COIL_STDIO_FD:
        e->theirs[number] = io->fd;
        return io->fd < 0 ? -EBADF : 0;
    case COIL_STDIO_STDOUT:
        e->theirs[number] = e->theirs[OUTPUT];
        return number == ERRORS ? 0 : -EINVAL;
    default:
        return -EINVAL;
    }
}

int coil__ends_open(struct coil__ends *e, const struct coil_process_options *o)
{
    int rc;

    *e = (struct coil__ends){ .ours = { -1, -1, -1 },
                              .theirs = { -1, -1, -1 },
                              .terminal = -1,
                              .their_terminal = -1 };
    rc = open_one(e, o, INPUT, &o->in);
    if (rc == 0)
        rc = open_one(e, o, OUTPUT, &o->out);
    if (rc == 0)
        rc = open_one(e, o, ERRORS, &o->err);
    if (rc < 0) {
        coil__ends_close_theirs(e);
        coil__ends_close_ours(e);
    }
    return rc;
}

void coil__ends_close_theirs(struct coil__ends *e)
{
    for (int number = 0; number < 3; number++)
        if (e->is_made[number])
            close_end(&e->theirs[number]);
    close_end(&e->their_terminal);
}

void coil__ends_close_ours(struct coil__ends *e)
{
    for (int number = 0; number < 3; number++)
        close_end(&e->ours[number]);
    close_end(&e->terminal);
}
