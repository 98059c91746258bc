/* SPDX-License-Identifier: MIT */
/*
 * process/close_others.h - let a program have no descriptor by accident
 */
#ifndef COIL_PROCESS_CLOSE_OTHERS_H
#define COIL_PROCESS_CLOSE_OTHERS_H

#include <stdbool.h>
#include <stddef.h>

/* The descriptor `from` of the parent becomes `to`. */
struct coil__child_fd {
    int from;
    int to;
    bool is_inherited; /* `from` is `to`, as it is; it may be closed */
};

/*
 * All descriptors but the `to` of `fds`, which are sorted, are closed when the
 * program begins.  To be called in the child.
 */
void coil__close_others(const struct coil__child_fd *fds, size_t count);

#endif
