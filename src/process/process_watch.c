/* SPDX-License-Identifier: MIT */
/*
 * process_watch.c - notice the end of a child, and reap it
 *
 * The pidfd becomes readable then, and the loop calls look().  Where there is no
 * pidfd, or nothing can wait for it, a timer calls it again and again; and also
 * when a debugger keeps the child from being reaped.
 */
#include "process/process_watch.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backend/sys_process.h"
#include "loop/handle.h"
#include "loop/hooks.h"
#include "sched/sink.h"

#define FIRST_PAUSE (1 * COIL_MILLISECOND)
#define LONGEST_PAUSE (20 * COIL_MILLISECOND)

enum { LAST_WAIT = 1000 }; /* for a child that was killed, in milliseconds */

static int result_of(int status)
{
    return WIFSIGNALED(status) ? COIL_ESIGNAL(WTERMSIG(status))
                               : WEXITSTATUS(status);
}

/*
 * The number is the child's until it is reaped, and so is that of the group.  If
 * somebody else has reaped the child, the group's may be another's already.
 */
static void end_group(const struct coil_process *p)
{
    if (p->ends_group && coil__sys_has_ended(p->pidfd, p->pid) == 1)
        (void)kill(-p->pid, SIGKILL);
}

static void stop_watching(struct coil_process *p)
{
    coil_loop_remove_reader(p->loop, &p->ready);
    coil_handle_cancel(&p->again);
}

/* Reap the child if it has ended.  Returns whether it has. */
static bool reap(struct coil_process *p)
{
    int status = 0;
    int rc;

    end_group(p);
    rc = coil__sys_reap(p->pidfd, p->pid, &status);
    if (rc == 0)
        return false;
    p->result = rc < 0 ? rc : result_of(status);
    stop_watching(p);
    if (p->pidfd >= 0)
        close(p->pidfd);
    p->pidfd = -1;
    return true;
}

/* The child is reaped: the watch is over. */
static void end_watch(struct coil_process *p)
{
    coil__loop_unhook(&p->at_close);
    coil__wake_all(&p->waiters, p->result);
    coil__process_release(p);
}

static void look(void *arg)
{
    struct coil_process *p = arg;

    if (reap(p)) {
        end_watch(p);
        return;
    }
    coil_loop_remove_reader(p->loop, &p->ready);
    coil__loop_arm(p->loop, &p->again, coil__loop_now(p->loop) + p->pause, look,
                   p);
    if (p->pause < LONGEST_PAUSE)
        p->pause *= 2;
}

/* ---- the end of the loop -------------------------------------------------- */

static void tell(struct coil_process *p)
{
    char message[96];

    snprintf(message, sizeof message,
             "a child process still ran when the loop was closed: %ld",
             (long)p->pid);
    coil__report(&p->loop->scheduler, message, 0, p);
    p->loop->report.processes_running++;
}

/* SIGKILL was sent, so the child ends soon, unless the kernel is stuck. */
static void await_killed(struct coil_process *p)
{
    struct pollfd end = { .fd = p->pidfd, .events = POLLIN };

    for (int waited = 0; waited < LAST_WAIT && !reap(p); waited++)
        (void)poll(&end, 1, 1);
}

static void end_with_loop(struct coil_loop_hook *hook)
{
    struct coil_process *p =
        coil__container_of(hook, struct coil_process, at_close);

    if (p->is_killed)
        await_killed(p);
    else if (!reap(p) && p->is_owned)
        tell(p);
    stop_watching(p);
    p->loop = NULL;
    coil__process_release(p);
}

void coil__process_watch(struct coil_process *p)
{
    p->refs++;
    p->pause = FIRST_PAUSE;
    p->at_close.fn = end_with_loop;
    coil__loop_at_close(p->loop, &p->at_close);
    if (p->pidfd < 0 ||
        coil_loop_add_reader(p->loop, &p->ready, p->pidfd, look, p) < 0)
        look(p);
}
