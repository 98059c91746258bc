/* SPDX-License-Identifier: MIT */
/*
 * print.h - what a person reads
 */
#ifndef COIL_PS_PRINT_H
#define COIL_PS_PRINT_H

#include "inspect/frames.h"
#include "inspect/leaks.h"
#include "inspect/snapshot.h"

/* One line a task; with `all_frames` their stacks below them. */
void print_table(const struct snapshot *snapshot, struct frames *frames,
                 bool all_frames);

/* Who awaits whom; tasks that look the same are told as one. */
void print_tree(const struct snapshot *snapshot, struct frames *frames);

/*
 * All of it, for programs.  With `leaks` the snapshot has those tasks alone; NULL:
 * it has all tasks.
 */
void print_json(const struct snapshot *snapshot, struct frames *frames,
                bool with_frames, const struct leaks *leaks);

/* What is to be printed. */
struct print_options {
    bool tree;
    bool frames;
    bool json;
};

/* The tasks that can never wake.  0, or an exit status after a line on stderr. */
int print_leaks(struct target *target, const struct print_options *options);

#endif
