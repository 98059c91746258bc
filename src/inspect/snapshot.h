/* SPDX-License-Identifier: MIT */
/*
 * inspect/snapshot.h - the tasks of a scheduler, as they are at this moment
 *
 * All of it may run in a signal handler of the scheduler's own thread, at any
 * instruction: it takes no lock, allocates only by mmap(), keeps nothing on deep
 * stacks, and reads of tasks what is valid from link to unlink (task_life.c).
 */
#ifndef COIL_INSPECT_SNAPSHOT_H
#define COIL_INSPECT_SNAPSHOT_H

#include "trace/symbols.h"
#include "base/writer.h"
#include "trace/backtrace.h"
#include "task/task.h"
#include "sched/wait.h"

struct coil_lines;

#define COIL_DUMP_NONE UINT32_MAX

/* What is found out about one task.  Others are named by their index. */
struct coil_dump_task {
    struct coil_task *task;
    uint64_t hash;       /* equal: looks the same */
    uint32_t parent;     /* who awaits it, and so on: a tree */
    uint32_t child;      /* the first it awaits, */
    uint32_t last_child; /* and the last */
    uint32_t sibling;
    uint32_t first; /* of those that look the same */
    uint32_t like;  /* of the first: how many there are */
    bool is_written;
    /* The search for cycles. */
    unsigned char colour;
    uint32_t came_from;
    uint32_t leads_to; /* on a cycle that was found: whom it needs */
    const void *cursor;
};

struct coil_dump {
    struct coil_scheduler *scheduler;
    struct coil_dump_task *tasks; /* in the order of their creation */
    uint32_t count;
    uint32_t *seen; /* a hash table of the first of each kind */
    uint32_t seen_size;
    size_t mapped;
    coil_time now;

    /* How the running task came here, if one runs. */
    struct coil_task *running;
    const struct coil_frame *frames;
    size_t frame_count;

    struct coil_writer out;
    struct coil_symbols symbols;
    struct coil_lines *lines; /* not in signal handlers */
};

/*
 * Whoever's stack the address is on runs; `current` alone is set before the
 * switch.  NULL: none of the scheduler's tasks.
 */
struct coil_task *coil__dump_task_on(const struct coil_scheduler *scheduler,
                                     uintptr_t sp);

/* The frames of a task that does not run, without the library's innermost. */
size_t coil__dump_frames(const struct coil_task *task,
                         struct coil_frame *frames, size_t max);


/* The stack of a coroutine, to walk it. */
struct coil_stack_range coil__dump_range_of(const struct coil_stack *stack);

/* Take away the library's own frames at both ends; returns how many are left. */
size_t coil__dump_trim(struct coil_frame *frames, size_t count);

/*
 * Fill in `dump`, whose scheduler is set, and begin to write to `fd`.  Without
 * memory it has no tasks, and that is written.
 */
void coil__dump_begin(struct coil_dump *dump, int fd);

/* What the task waits for, or NULL. */
const struct coil_waiter *coil__dump_wait(const struct coil_task *task);

/* Find out which tasks look the same; they are arranged already. */
void coil__dump_find_likes(struct coil_dump *dump);

/* Write what is left, and free all. */
void coil__dump_end(struct coil_dump *dump);

#endif
