/* SPDX-License-Identifier: MIT */
/*
 * run/record.h - a loop is recorded
 */
#ifndef COIL_RUN_RECORD_H
#define COIL_RUN_RECORD_H

#include "loop/loop.h"

/* Record the new `loop` if COIL_RECORD says so.  A failure is told on stderr. */
void coil__record_by_environment(struct coil_loop *loop);

/* Stop recording.  Does nothing if the loop is not recorded. */
void coil__record_end(struct coil_loop *loop);

#endif
