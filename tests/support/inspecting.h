/* SPDX-License-Identifier: MIT */
/*
 * inspecting.h - programs that look into another process, and whom they look at
 */
#ifndef COIL_TESTS_INSPECTING_H
#define COIL_TESTS_INSPECTING_H

#include <stdbool.h>
#include <stdio.h>

#include "child.h"

/* What the last call has written to both, stdout and stderr. */
extern char inspect_text[1 << 20];

/* The path of a program of this build.  Skips the test if it is not built. */
const char *inspect_program(const char *name);

/*
 * Run a program with the arguments that the format makes; its exit status.  Skips
 * the test, with the child ended, if this system lets nobody read another process.
 */
int inspect(struct child *child, const char *program, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Begin the same, and read it to its end. */
FILE *inspect_begin(const char *program, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
int inspect_end(FILE *pipe);

void inspect_kill(struct child *child);

/* ---- bodies of children; each says "ready" -------------------------------- */

enum { INSPECT_WANTERS = 20 };

/*
 * The task "holder" has the lock `inspect_lock` and waits for an event that never
 * comes; tasks "wanter-0" to "wanter-19" wait for the lock.
 */
void inspect_hot_lock(void *arg);

/* The task "computer" computes, in inspect_compute(), and never waits. */
void inspect_computing(void *arg);

/* Two threads; in each a loop whose tasks "here-0" or "there-0" and so on wait. */
void inspect_two_loops(void *arg);

/* Tasks come and go. */
void inspect_churn(void *arg);

/* No loop. */
void inspect_nothing(void *arg);

#endif
