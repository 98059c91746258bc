/* SPDX-License-Identifier: MIT */
#include "process/process_signal.h"

#include <signal.h>

#include "backend/sys_process.h"
#include "base/fork.h"

/*
 * Whether the child is there, at least unreaped, so that its number is its own;
 * a child of fork() has no right to children of its parent's.
 */
static bool is_there(const struct coil_process *p)
{
    return coil__process_runs(p) && p->forks == coil__fork_count();
}

int coil_process_send_signal(struct coil_process *p, int number)
{
    if (!is_there(p))
        return -ESRCH;
    return coil__sys_signal_process(p->pidfd, p->pid, number);
}

int coil_process_terminate(struct coil_process *p)
{
    return coil_process_send_signal(p, SIGTERM);
}

int coil_process_kill(struct coil_process *p)
{
    return coil_process_send_signal(p, SIGKILL);
}

int coil_process_send_signal_group(struct coil_process *p, int number)
{
    if (!p->leads_group)
        return -EINVAL;
    if (!is_there(p))
        return -ESRCH;
    return kill(-p->pid, number) < 0 ? -errno : 0;
}

int coil__process_signal_all(struct coil_process *p, int number)
{
    return p->leads_group ? coil_process_send_signal_group(p, number)
                          : coil_process_send_signal(p, number);
}
