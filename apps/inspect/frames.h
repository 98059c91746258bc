/* SPDX-License-Identifier: MIT */
/*
 * frames.h - the calls that are open on the stacks of tasks that wait
 *
 * By elfutils' libdw, which is loaded if it is there: frames_libdw.c.  Without
 * it, frames_none.c, there are no frames.
 */
#ifndef COIL_INSPECT_FRAMES_H
#define COIL_INSPECT_FRAMES_H

#include "snapshot.h"

struct frames;

struct frame {
    char name[96];  /* "take_both" */
    char place[96]; /* "main.c:33" or "(libcoil.so.0.2+0x1234)" */
};

/* NULL: there can be none. */
struct frames *frames_open(const struct target *target);
void frames_close(struct frames *frames);

/* Innermost first, without the library's own at both ends.  How many. */
size_t frames_of(struct frames *frames, const struct task *task,
                 struct frame *to, size_t max);

/* Where to begin, and a copy of the stack's bytes, as far as there is one. */
struct frames_start {
    uintptr_t pc, sp, fp;
    /* All of the sixteen, by their numbers in DWARF; NULL: only these three. */
    const uint64_t *registers;
    const void *stack;
    uintptr_t stack_at;
    size_t stack_size;
};

/*
 * The addresses of open calls, innermost first, each within the instruction that
 * calls.  How many: 0 if they cannot be found.
 */
size_t frames_walk(struct frames *frames, const struct frames_start *start,
                   uintptr_t *to, size_t max);

/* The function that such an address is in.  False: nothing that is known. */
bool frames_function(struct frames *frames, uintptr_t pc, char *to,
                     size_t size);

/* The same, and its place, which takes longer: lines must be looked up. */
bool frames_describe(struct frames *frames, uintptr_t pc, struct frame *to);

/* Whether that is a function that every wait has innermost. */
bool frames_is_internal(const char *name);

/* "main_task", "first+0x8" or "" for an address of code or data. */
void frames_name(struct frames *frames, uintptr_t address, char *to,
                 size_t size);

#endif
