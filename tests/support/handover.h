/* SPDX-License-Identifier: MIT */
/*
 * handover.h - tasks that enter one at a time, and are cancelled as they are let in
 *
 * The test says how to enter and leave what it is about.
 */
#ifndef COIL_TESTS_HANDOVER_H
#define COIL_TESTS_HANDOVER_H

#include "simulated.h"

/* These are of the test. */
int enter(void);
void leave(void);

void must_enter(void);

/* Enter, stay for a turn, leave. */
int visit(void *arg);

/* Of three who wait one is cancelled, before or after the first is let in. */
void cancel_one(int victim, bool before, const char *expected);

/* ---- timeouts ---- */

#define LIMIT (10 * COIL_MILLISECOND)

void leave_from_callback(void *arg);

/*
 * Whoever is in leaves when the waiter's timeout is due, at one moment, in order
 * of arming.  What the waiter came to; the next is let in either way.
 */
int race_with_timeout(bool leaves_first);

#endif
