/* SPDX-License-Identifier: MIT */
/*
 * snapshot.h - the loops and tasks of a process, as they were at one moment
 */
#ifndef COIL_INSPECT_SNAPSHOT_H
#define COIL_INSPECT_SNAPSHOT_H

#include "target.h"

enum task_state { STATE_NEW, STATE_READY, STATE_WAITS, STATE_RUNNING };

enum { FRAMES_MAX = 32 };

#define NONE SIZE_MAX

struct task {
    uintptr_t address;
    uint64_t id;
    char name[40];
    char site[128];
    enum task_state state;
    bool is_cancelled;
    uintptr_t sp, fp, pc, low, top, entry;

    /* What it waits for, and since when; 0: not known. */
    char reason[96];
    uintptr_t object;
    int64_t since;
    uint64_t holder; /* of a lock: a task's id */

    uintptr_t owner;        /* who is told of its end; 0: nobody */
    uintptr_t owner_parent; /* tasks, by their addresses; 0: none */
    uintptr_t *needs;       /* of which it waits for the end */
    size_t needs_count;
    bool awaits_one; /* and names it, instead of the object */

    /* The tree: indices of tasks, or NONE. */
    size_t parent, child, last_child, sibling;
};

struct loop {
    uintptr_t address;
    int tid;
    bool is_running;    /* in coil_loop_run…() */
    bool is_waiting;    /* for the kernel */
    bool is_consistent; /* no step ran while it was read */
    int64_t looked;
    struct task *tasks;
    size_t task_count;
};

struct snapshot {
    struct target *target;
    int64_t now;
    struct loop *loops;
    size_t loop_count;
};

/* 0, or an exit status after a line on stderr. */
int snapshot_take(struct snapshot *snapshot, struct target *target);

/* The same of these tasks alone, as far as they have not ended. */
int snapshot_take_some(struct snapshot *snapshot, struct target *target,
                       const uintptr_t *tasks, size_t count);
void snapshot_free(struct snapshot *snapshot);

/* The task of this id, of any loop, and whose it is; NULL: it has ended. */
const struct task *snapshot_find_id(const struct snapshot *snapshot,
                                    uint64_t id, const struct loop **loop);

/* The task of a loop that lies there; NULL: there is none. */
const struct task *loop_find(const struct loop *loop, uintptr_t address);

#endif
