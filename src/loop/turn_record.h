/* SPDX-License-Identifier: MIT */
/*
 * loop/turn_record.h - looks and steps, as the recorder sees them
 *
 * coil__turn_record_of() is NULL unless the loop is recorded.  The functions that
 * are not inline are called only then.
 */
#ifndef COIL_LOOP_TURN_RECORD_H
#define COIL_LOOP_TURN_RECORD_H

#include "loop/loop.h"
#include "record/recorder.h"

static inline struct coil_recorder *
coil__turn_record_of(const struct coil_loop *loop)
{
    return coil__recorder_of(&loop->scheduler);
}

/* The budget has read the clock after some steps. */
void coil__turn_record_steps(struct coil_loop *loop);

/*
 * The loop is about to look outside.  `waits`: it will wait there, so this is worth
 * a reading of the clock.
 */
void coil__turn_record_look(struct coil_loop *loop, bool waits);

/* The loop is left: nobody runs it until it is entered again. */
void coil__turn_record_left(struct coil_loop *loop);

/* The loop has looked outside, and its clock was read. */
void coil__turn_record_looked(struct coil_loop *loop);

/*
 * What is woken from now on is woken for this reason, unless a task runs.  Enum
 * coil_record_cause.
 */
static inline void coil__turn_record_cause(struct coil_loop *loop,
                                           unsigned char cause)
{
    struct coil_recorder *r = coil__turn_record_of(loop);

    if (COIL_UNLIKELY(r))
        r->cause = cause;
}

/* Signals have come: what they wake is woken by them. */
static inline void coil__turn_record_signals(struct coil_loop *loop)
{
    struct coil_recorder *r = coil__turn_record_of(loop);

    if (COIL_UNLIKELY(r)) {
        r->cause = COIL_RECORD_BY_SIGNAL;
        coil__record(r, COIL_RECORD_SIGNALS, 0, 0, 0);
    }
}

/*
 * Callbacks were appended to the ready queue, so many as it has more entries than
 * `before`: record their number as `type`, if there is any.
 */
static inline void coil__turn_record_count(struct coil_loop *loop,
                                           unsigned type, size_t before)
{
    struct coil_recorder *r = coil__turn_record_of(loop);

    if (COIL_UNLIKELY(r && loop->scheduler.ready_count > before))
        coil__record(r, type, 0, 0, loop->scheduler.ready_count - before);
}

#endif
