/* SPDX-License-Identifier: MIT */
/*
 * stacks.h - stacks as names of functions, each kind of stack walked once
 *
 * The stack of a task that waits does not change.  What is on it decides which
 * calls are open: the addresses of code among its words.  Stacks with the same ones
 * at the same places are of one kind, and only the first of a kind is walked.
 */
#ifndef COIL_INSPECT_STACKS_H
#define COIL_INSPECT_STACKS_H

#include "frames.h"
#include "scan.h"

/* Function names, outermost first. */
struct stack {
    struct stack *next;
    uint64_t key;
    const char *where; /* who called the library: "hold at main.c:33"; or "" */
    size_t count;
    const char *names[];
};

struct stacks;

struct stacks *stacks_open(const struct target *target);
void stacks_close(struct stacks *stacks);

/* With which functions are found; NULL: they are not found at all. */
struct frames *stacks_frames(const struct stacks *stacks);

/* Of a task that waits; `bytes` lie from its sp on. */
const struct stack *stacks_of_waiting(struct stacks *stacks,
                                      const struct scan_task *task,
                                      const void *bytes, size_t size);

/* Of what runs, or is in a system call; valid until the next call. */
const struct stack *stacks_of_running(struct stacks *stacks,
                                      const struct frames_start *start);

/* The name of a variable; "": it has none. */
const char *stacks_name(struct stacks *stacks, uintptr_t address);

/* "lock first", or "lock 0x7f..." of what has no name. */
void stacks_describe(struct stacks *stacks, const struct scan_object *object,
                     char *to, size_t size);

#endif
