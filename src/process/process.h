/* SPDX-License-Identifier: MIT */
/*
 * process/process.h - what the parts of a process share
 *
 * The owner of a process, its watch, and each call that waits have a reference.
 * When the owner has closed the process, calls that wait return -EBADF, and only
 * the watch is left, until the child is reaped or the loop is closed.
 */
#ifndef COIL_PROCESS_PROCESS_H
#define COIL_PROCESS_PROCESS_H

#include <coil/error.h>
#include <coil/process.h>
#include <coil/reader.h>

#include "base/buffer.h"
#include "loop/loop.h"
#include "sched/wait.h"

struct coil_process {
    struct coil_loop *loop; /* NULL: it has been closed */
    unsigned refs;
    unsigned forks; /* in which process of base/fork.h it was started */
    bool is_owned;
    bool is_killed;   /* the owner has sent SIGKILL, and is gone */
    bool leads_group; /* its group is its own */
    bool ends_group;  /* who is left of its group gets SIGKILL when it ends */

    pid_t pid;
    int pidfd;  /* -1: there is none, or the child has ended */
    int result; /* as of coil_process_returncode(); -EAGAIN: it runs */
    struct coil_list waiters;

    struct coil_fd_handler ready; /* the pidfd says the end */
    struct coil_handle again;     /* or else one looks again */
    coil_time pause;              /* until then */
    struct coil_loop_hook at_close;

    struct coil_stream *in;
    struct coil_stream *out;
    struct coil_stream *err;
    struct coil_stream *terminal;
    int terminal_fd; /* of the stream; -1: there is none */

    /* talk.h: what was read, and how much of the input was sent. */
    struct coil__talk *talk; /* NULL: nobody talks to the program */
    struct coil_buffer got[2];
    size_t sent;

    coil_time grace;
    size_t output_limit;
};

static inline bool coil__process_runs(const struct coil_process *p)
{
    return p->result == -EAGAIN;
}

/* Give back a reference. */
void coil__process_release(struct coil_process *process);

/*
 * Wait for the end until `deadline` of the loop's clock.  Returns as
 * coil_process_wait(), or -ETIMEDOUT.  `uninterrupted`: a cancellation waits for
 * the next suspending call.  The caller has a reference.
 */
int coil__process_wait_until(struct coil_process *process, coil_time deadline,
                             bool uninterrupted) COIL_MUST_CHECK;

#endif
