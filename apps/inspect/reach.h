/* SPDX-License-Identifier: MIT */
/*
 * reach.h - which waits something alive can end: one look
 *
 * This is the mark phase of a garbage collector, from outside.  Words that may be
 * addresses are followed, as far as it is known what they are a part of:
 *
 *     a block of malloc            the block
 *     the stack of a coroutine     what lies above its stack pointer
 *     other memory that is mapped  all of the mapping
 *
 * It begins at what runs by itself: the data of the program and of its libraries,
 * the stacks of threads, and those of tasks that wait for nothing, or for what
 * comes by itself: time, the kernel, another thread.  Whoever waits for an object
 * that is met joins them, and so does whoever waits for the end of a task that has
 * joined.  The tasks that are left can be woken by nobody but who cancels them.
 *
 * coil's own structures refer to every task, and to what each waits for: the lists
 * of tasks, the queues of waiters.  So an address of a task's struct, or of the
 * record of a wait, leads nowhere.
 */
#ifndef COIL_INSPECT_REACH_H
#define COIL_INSPECT_REACH_H

#include "target.h"

/* A task that nothing alive can wake. */
struct reach_lost {
    uintptr_t address;
    uintptr_t object;
    uint64_t id;
    int64_t since;
    bool is_held; /* something alive has a reference to the task */
};

struct reach_result {
    struct reach_lost *lost; /* the caller frees it */
    size_t count;
    size_t tasks;   /* all there are */
    bool is_stable; /* nothing ran meanwhile */
};

/* 0, or an exit status; after a line on stderr if fields are lacking. */
int reach_look(struct reach_result *result, struct target *target);

#endif
