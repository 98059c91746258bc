/* SPDX-License-Identifier: MIT */
#include "process/process_close.h"

#include <signal.h>

#include "process/process_signal.h"
#include "process/talk.h"

static void close_stream(struct coil_stream **stream)
{
    struct coil_stream *s = *stream;

    *stream = NULL;
    coil_stream_abort(s);
}

static void close_streams(struct coil_process *p)
{
    close_stream(&p->in);
    close_stream(&p->out);
    close_stream(&p->err);
    close_stream(&p->terminal);
    p->terminal_fd = -1;
}

/* The owner lets go: nobody has the pointer any more. */
static void disown(struct coil_process *p)
{
    coil__talk_lose(p);
    close_streams(p);
    p->is_owned = false;
    coil__wake_all(&p->waiters, -EBADF);
    coil__process_release(p);
}

/*
 * SIGCONT, because a stopped program cannot end by itself.  A program that
 * ignores SIGTERM, or stands still, is not asked twice.
 */
static int wait_with_grace(struct coil_process *p)
{
    if (p->grace < 0)
        return -ETIMEDOUT;
    if (coil__process_signal_all(p, SIGTERM) == -EPERM)
        return -EPERM;
    (void)coil__process_signal_all(p, SIGCONT);
    return coil__process_wait_until(p, coil_after(p->grace), false);
}

int coil__process_stop(struct coil_process *p)
{
    int rc;
    int end;

    if (!coil__process_runs(p))
        return p->result;
    p->ends_group = p->leads_group;
    rc = wait_with_grace(p);
    if (rc != -ETIMEDOUT && rc != -ECANCELED)
        return rc;
    if (coil__process_signal_all(p, SIGKILL) == -EPERM)
        return -EPERM;
    end = coil__process_wait_until(p, COIL_NEVER, true);
    return rc == -ECANCELED ? rc : end;
}

int coil_process_close(struct coil_process *p)
{
    int rc = coil__checkpoint();

    if (!p)
        return rc;
    if (rc < 0) {
        coil_process_abort(p);
        return rc;
    }
    coil__talk_lose(p);
    close_streams(p);
    rc = coil__process_stop(p);
    disown(p);
    return rc;
}

void coil_process_abort(struct coil_process *p)
{
    if (!p)
        return;
    p->ends_group = p->leads_group;
    p->is_killed = coil__process_signal_all(p, SIGKILL) == 0;
    disown(p);
}

void coil_process_detach(struct coil_process *p)
{
    if (p)
        disown(p);
}
