/* SPDX-License-Identifier: MIT */
/*
 * leaks.h - the tasks of a process that can never wake
 */
#ifndef COIL_INSPECT_LEAKS_H
#define COIL_INSPECT_LEAKS_H

#include "reach.h"

struct leaks {
    struct reach_lost *all;
    size_t count;
    size_t tasks;    /* how many tasks there are, leaked or not */
    bool is_certain; /* nothing ran during one of the looks */
};

/*
 * Find them.  While the process runs, what it moves from one place to another may
 * be missed by a look; so only those are told that several looks agree on.  0, or
 * an exit status after a line on stderr.
 */
int leaks_find(struct leaks *leaks, struct target *target);
void leaks_free(struct leaks *leaks);

/* Whether the task that lies there is one of them, and if so, is held. */
bool leaks_is_held(const struct leaks *leaks, uintptr_t task);

#endif
