/* SPDX-License-Identifier: MIT */
/*
 * process/child.h - what a child does between its start and its program
 *
 * The child may share the memory of its parent, whose thread stands still
 * meanwhile.  So nothing is allocated or locked here, and nothing is changed but
 * `*child` and what the kernel keeps for each process.  All signals are blocked.
 */
#ifndef COIL_PROCESS_CHILD_H
#define COIL_PROCESS_CHILD_H

#include <signal.h>

#include <coil/process.h>

#include "process/close_others.h"

/* All is borrowed. */
struct coil__child {
    char *const *argv;
    char *const *env;
    char *const *files; /* to be tried in turn; the last is NULL */
    const struct coil_process_options *options;
    struct coil__child_fd *fds; /* by `to`, from low to high */
    size_t fd_count;
    int terminal; /* which number is to be the controlling terminal, or -1 */
    sigset_t mask;
    int report; /* struct coil__child_failure is written here; or -1 */

    /* What the child says, if the memory is shared. */
    volatile bool was_here;
    struct coil__child_failure {
        int step;
        int error; /* an errno value; 0: the program runs */
    } failure;
};

/*
 * Become the program of `child`, a struct coil__child, or tell what went wrong and
 * return the exit status.
 */
int coil__child_main(void *child);

#endif
