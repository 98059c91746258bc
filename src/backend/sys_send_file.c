/* SPDX-License-Identifier: MIT */
#include "backend/sys_send_file.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/sendfile.h>
#include <time.h>

/*
 * sendfile() has no flag such as MSG_NOSIGNAL.  So SIGPIPE is blocked meanwhile,
 * and the one that the call has raised is taken.  One that was pending before
 * stays.
 */
struct silence {
    sigset_t pipe;
    sigset_t before;
    bool was_pending;
};

static void begin_silence(struct silence *s)
{
    sigset_t pending;

    sigemptyset(&pending);
    (void)sigpending(&pending);
    sigemptyset(&s->pipe);
    sigaddset(&s->pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &s->pipe, &s->before);
    s->was_pending = sigismember(&pending, SIGPIPE) == 1;
}

/* A call that has sent a part of it can have raised the signal as well. */
static void end_silence(const struct silence *s, bool is_all_sent)
{
    const struct timespec now = { 0 };

    if (!is_all_sent && !s->was_pending)
        (void)sigtimedwait(&s->pipe, NULL, &now);
    pthread_sigmask(SIG_SETMASK, &s->before, NULL);
}

ptrdiff_t coil__sys_send_file(const struct coil_op *op)
{
    const struct coil_file_part *part = op->data;
    struct silence silence;
    off_t at = (off_t)part->at;
    ptrdiff_t n;

    begin_silence(&silence);
    do
        n = sendfile(op->fd, part->fd, &at, op->size);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        n = -errno;
    end_silence(&silence, n == (ptrdiff_t)op->size);
    return n;
}
