/* SPDX-License-Identifier: MIT */
/*
 * handover.h - tasks that enter one at a time, and are cancelled as they are let in
 *
 * The test says how to enter and leave what it is about.
 */
#ifndef COIL_TESTS_HANDOVER_H
#define COIL_TESTS_HANDOVER_H

#include "simulated.h"

/* The test defines these. */
int enter(void);
void leave(void);

void must_enter(void);

/* Enter, stay for a turn, leave. */
int visit(void *arg);

/* One of three waiting tasks is cancelled, before or after the first enters. */
void cancel_one(int victim, bool before, const char *expected);

/* ---- timeouts ---- */

#define LIMIT (10 * COIL_MILLISECOND)

void leave_from_callback(void *arg);

/*
 * The task inside leaves when the waiter's timeout is due: the first that was
 * armed decides. Returns the waiter's result; the next task enters in either
 * case.
 */
int race_with_timeout(bool leaves_first);

#endif
