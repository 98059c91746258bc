/* SPDX-License-Identifier: MIT */
/*
 * inspect/snapshot.h - the tasks of a scheduler, as they are at this moment
 *
 * All of this may run in a signal handler of the scheduler's own thread, at any
 * instruction.  So it takes no lock, allocates only by mmap(), and needs little
 * stack.  It reads only such parts of a task as are valid while the task is in
 * the list (task_life.c).
 */
#ifndef COIL_INSPECT_SNAPSHOT_H
#define COIL_INSPECT_SNAPSHOT_H

#include "trace/symbols.h"
#include "base/writer.h"
#include "trace/backtrace.h"
#include "task/task.h"
#include "sched/wait.h"

struct coil_circle;
struct coil_lines;

#define COIL_DUMP_NONE UINT32_MAX

/* What was found out about one task.  Other tasks are named by their index. */
struct coil_dump_task {
    struct coil_task *task;
    uint64_t hash;       /* equal if they look the same */
    uint32_t parent;     /* a task that awaits this one */
    uint32_t child;      /* the first of those it awaits */
    uint32_t last_child; /* the last of them */
    uint32_t sibling;
    uint32_t first; /* the first of those that look the same */
    uint32_t like;  /* in the first: how many there are */
    bool is_written;
    /* For the search for cycles. */
    unsigned char colour;
    uint32_t came_from;
    uint32_t leads_to; /* on a cycle: the next task */
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

    /* Where the running task is, if one runs. */
    struct coil_task *running;
    const struct coil_frame *frames;
    size_t frame_count;

    struct coil_writer out;
    struct coil_symbols symbols;
    struct coil_lines *lines;         /* not in signal handlers */
    const struct coil_circle *circle; /* other loops, which sleep, or NULL */
};

/*
 * The task whose stack contains the address `sp` is running.  `current` is not
 * enough, because it is set before the switch.  NULL: it is no task of this
 * scheduler.
 */
struct coil_task *coil__dump_task_on(const struct coil_scheduler *scheduler,
                                     uintptr_t sp);

/* The frames of a task that does not run, without the library's innermost. */
size_t coil__dump_frames(const struct coil_task *task,
                         struct coil_frame *frames, size_t max);


/* The stack of a coroutine, for a walk over its frames. */
struct coil_stack_range coil__dump_range_of(const struct coil_stack *stack);

/* Remove the library's own frames at both ends.  Returns how many are left. */
size_t coil__dump_trim(struct coil_frame *frames, size_t count);

/*
 * Fill `dump`, whose scheduler is set, and begin to write to `fd`.  If there is
 * no memory, the dump has no tasks, and says so.
 */
void coil__dump_begin(struct coil_dump *dump, int fd);

/* The waiter of the task, or NULL. */
const struct coil_waiter *coil__dump_wait(const struct coil_task *task);

/* Find out which tasks look the same, after they were arranged in trees. */
void coil__dump_find_likes(struct coil_dump *dump);

/* Write what is left, and free everything. */
void coil__dump_end(struct coil_dump *dump);

#endif
