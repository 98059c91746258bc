/* SPDX-License-Identifier: MIT */
#include "process/process.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include "base/memory.h"
#include "loop/wait_until.h"

pid_t coil_process_pid(const struct coil_process *p)
{
    return p->pid;
}

struct coil_stream *coil_process_stdin(const struct coil_process *p)
{
    return p->in;
}

struct coil_stream *coil_process_stdout(const struct coil_process *p)
{
    return p->out;
}

struct coil_stream *coil_process_stderr(const struct coil_process *p)
{
    return p->err;
}

struct coil_stream *coil_process_terminal(const struct coil_process *p)
{
    return p->terminal;
}

int coil_process_resize(struct coil_process *p, unsigned short rows,
                        unsigned short columns)
{
    const struct winsize size = { .ws_row = rows, .ws_col = columns };

    if (p->terminal_fd < 0)
        return -ENOTTY;
    (void)ioctl(p->terminal_fd, TIOCSWINSZ, &size);
    return 0;
}

/* Everything was sent before, so closing loses nothing. */
int coil_process_close_stdin(struct coil_process *p)
{
    struct coil_stream *in = p->in;
    int rc = in ? coil_stream_flush(in) : coil__checkpoint();

    if (rc == -ECANCELED || rc == -EBADF || !in)
        return rc;
    p->in = NULL;
    coil_stream_abort(in);
    return 0;
}

int coil_process_returncode(const struct coil_process *p)
{
    return p->result;
}

/* ---- waiting -------------------------------------------------------------- */

void coil__process_release(struct coil_process *p)
{
    if (--p->refs > 0)
        return;
    if (p->pidfd >= 0)
        close(p->pidfd);
    coil__buffer_fini(&p->got[0]);
    coil__buffer_fini(&p->got[1]);
    coil__free(p);
}

int coil__process_wait_until(struct coil_process *p, coil_time deadline,
                             bool uninterrupted)
{
    static const struct coil_wait_reason reason = { .name = "process" };
    struct coil_waiter self = COIL_WAITER(&reason, p);
    int rc;

    if (!coil__process_runs(p))
        return p->result;
    if (uninterrupted) {
        self.cancel = coil__wait_uninterrupted;
    } else {
        rc = coil__checkpoint();
        if (rc < 0)
            return rc;
    }
    return coil__wait_until(p->loop, &p->waiters, &self, deadline, -ETIMEDOUT);
}

int coil_process_wait(struct coil_process *p)
{
    int rc = coil__checkpoint();

    if (rc < 0)
        return rc;
    p->refs++;
    rc = coil__process_wait_until(p, COIL_NEVER, false);
    coil__process_release(p);
    return rc;
}
