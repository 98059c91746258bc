/* SPDX-License-Identifier: MIT */
/*
 * inspect/dump.h - all tasks of a scheduler, who needs whom, and where each waits
 *
 * dump.c collects, dump_graph.c finds trees and cycles, dump_write.c writes.
 * All of it may run in a signal handler of the scheduler's own thread, at any
 * instruction: it takes no lock, allocates only by mmap(), keeps nothing on
 * deep stacks, and reads of tasks what is valid from link to unlink (task.c).
 */
#ifndef COIL_INSPECT_DUMP_H
#define COIL_INSPECT_DUMP_H

#include "base/symbols.h"
#include "base/writer.h"
#include "context/backtrace.h"
#include "core/task.h"
#include "core/wait.h"

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

/*
 * Write all of it to `fd`.  `running`, which may be NULL, came to be where the
 * `frames` say.
 */
void coil__dump(struct coil_scheduler *scheduler, int fd,
                struct coil_task *running, const struct coil_frame *frames,
                size_t frame_count);

/* The same outside of signal handlers, with lines of the sources. */
void coil__dump_with_lines(struct coil_scheduler *scheduler, int fd);

/* From the handler of a signal, whose third argument is `ucontext`. */
void coil__dump_from_signal(int fd, const void *ucontext);

/* ---- dump_graph.c --------------------------------------------------------- */

/* The index of the task with that id, or COIL_DUMP_NONE. */
uint32_t coil__dump_find(const struct coil_dump *dump, uint64_t id);

/* What the task waits for, or NULL. */
const struct coil_waiter *coil__dump_wait(const struct coil_task *task);

/* Arrange the tasks in trees. */
void coil__dump_arrange(struct coil_dump *dump);

/*
 * Find a cycle and call `tell` with one of its members; leads_to leads round.
 * And so on until there are no more.
 */
void coil__dump_cycles(struct coil_dump *dump,
                       void (*tell)(struct coil_dump *dump, uint32_t member));

/* ---- dump_write.c --------------------------------------------------------- */

void coil__dump_write_name(struct coil_writer *out,
                           const struct coil_task *task);
void coil__dump_write_frames(struct coil_dump *dump, size_t indent,
                             const struct coil_frame *frames, size_t count);
void coil__dump_write_task(struct coil_dump *dump, uint32_t index,
                           size_t indent);
void coil__dump_write(struct coil_dump *dump);

#endif
