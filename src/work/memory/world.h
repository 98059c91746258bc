/* SPDX-License-Identifier: MIT */
/*
 * work/memory/world.h - a ledger that several handles share
 *
 * A world is a ledger behind a mutex.  Handles of several loops may share one.
 * Whoever brings something that may be claimed rings the bell: it counts one on, so that
 * a listener knows whether it has missed a ring.
 */
#ifndef COIL_WORK_WORLD_H
#define COIL_WORK_WORLD_H

#include <coil/shared_event.h>

#include "work/memory/keeper.h"
#include "work/memory/ledger.h"

struct coil__work_world {
    unsigned mutex;   /* guards the ledger and the numbers */
    uint64_t handles; /* so many were ever opened */
    uint64_t rings;
    struct coil_shared_event bell;
    struct coil__ledger ledger;
};

/* Returns 0 or -ENOMEM. */
int coil__work_world_init(struct coil__work_world *world);
void coil__work_world_fini(struct coil__work_world *world);

/* A world of this process with this name, "": of its own; NULL: there is no memory. */
struct coil__work_world *coil__work_world_enter(const char *name);
/* The last one ends it. */
void coil__work_world_leave(struct coil__work_world *world);

#endif
