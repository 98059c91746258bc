/* SPDX-License-Identifier: MIT */
/*
 * backend/sys_process.h - the system calls for the end of a child process
 *
 * A pidfd stands for one process, also when its number is in use again.  Where
 * there is none, `pidfd` is -1, and the number is used: it stays that of the
 * child until the child is reaped.
 */
#ifndef COIL_BACKEND_SYS_PROCESS_H
#define COIL_BACKEND_SYS_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

/* A pidfd of `pid`, closed on exec, or -1: the kernel gives none. */
int coil__sys_pidfd(pid_t pid);

/* Send a signal.  0, -ESRCH, -EPERM, -EINVAL. */
int coil__sys_signal_process(int pidfd, pid_t pid, int number);

/*
 * Whether the child has ended, so far unreaped.  1: it has; 0: it runs; -ECHILD:
 * somebody else has reaped it.
 */
int coil__sys_has_ended(int pidfd, pid_t pid);

/*
 * Reap the child if it has ended.  Returns 1 and how it ended, as waitpid()
 * does; 0: it runs; -ECHILD: it has ended, and nobody knows how.
 */
int coil__sys_reap(int pidfd, pid_t pid, int *status);

/* Reap a child that ends now, and forget how. */
void coil__sys_reap_now(pid_t pid);

#endif
