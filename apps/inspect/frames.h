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
    char place[96]; /* "main.c:33" or "(libcoil.so.0.1+0x1234)" */
};

/* NULL: there can be none. */
struct frames *frames_open(const struct target *target);
void frames_close(struct frames *frames);

/* Innermost first, without the library's own at both ends.  How many. */
size_t frames_of(struct frames *frames, const struct task *task,
                 struct frame *to, size_t max);

/* "main_task", "first+0x8" or "" for an address of code or data. */
void frames_name(struct frames *frames, uintptr_t address, char *to,
                 size_t size);

#endif
