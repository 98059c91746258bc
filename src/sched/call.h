/* SPDX-License-Identifier: MIT */
/*
 * sched/call.h - which function of coil the program has called, and where
 *
 * For messages about mistakes.  To find this out takes milliseconds, so it is
 * for what happens once.
 */
#ifndef COIL_SCHED_CALL_H
#define COIL_SCHED_CALL_H

#include <coil/base.h>

#include "base/platform.h"
#include "trace/backtrace.h"

enum { COIL__CALL_NOTED = 24 };

/* A call in the program, as far as it is known: "" is not known. */
struct coil_call {
    char function[64]; /* of coil: "coil_sleep" */
    char place[256];   /* "by main at main.c:7" */
};

/*
 * Find the call on the running stack that led here.  `function` is the public
 * one that was called; NULL: the last one that is neither a callback's nor a
 * task's caller.  On a small stack only `function` is known.
 */
void coil__call_find(struct coil_call *call, const char *function);

/* Where a call came from, to be looked for later: microseconds, no names. */
struct coil_call_note {
    struct coil_frame frames[COIL__CALL_NOTED];
    size_t count;
};

/* Note the calls on the running stack.  A small stack has none. */
void coil__call_note(struct coil_call_note *note);

/* As coil__call_find(), of the stack that was noted. */
void coil__call_find_noted(struct coil_call *call,
                           const struct coil_call_note *note);

/*
 * Print "coil: function: text, by main at main.c:7: cure" and abort.  The
 * function and the place are those of the call that led here.
 */
COIL_NORETURN void coil__panic_call(const char *function, const char *text,
                                    const char *cure);

#endif
