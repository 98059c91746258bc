/* SPDX-License-Identifier: MIT */
/*
 * sync_model.h - the synchronisation primitives beside models of them
 *
 * Each function makes a call on the primitive, or none that suspends, and tells
 * the model: see schedule.h.
 */
#ifndef COIL_TESTS_SYNC_MODEL_H
#define COIL_TESTS_SYNC_MODEL_H

#include <coil/barrier.h>
#include <coil/condition.h>
#include <coil/event.h>
#include <coil/lock.h>
#include <coil/semaphore.h>

#include "schedule.h"

/* ---- lock: a holder and a line ---- */


void lock_prepare(void);
void lock_leave(struct actor *self);
void lock_acquire(struct actor *self);
void lock_try(struct actor *self);
void lock_conclude(void);

/* ---- semaphore: a number and a line ---- */

extern struct coil_bounded_semaphore semaphore;
extern size_t permits, permits_left;

void semaphore_prepare_with(size_t number);
void semaphore_release(struct actor *self);
void semaphore_leave(struct actor *self);
void semaphore_acquire(struct actor *self);
void semaphore_try(struct actor *self);
void semaphore_conclude(void);

/* ---- event: a flag and a line ---- */

extern struct coil_event tested_event;
extern bool event_is_set;

void event_prepare(void);
void event_set(void);
void event_clear(void);
void event_wait(struct actor *self);
void event_conclude(void);

/* ---- condition: a line; the lock is only seen to be held by one ---- */

extern struct actor *condition_holder;

void condition_prepare(void);
void condition_notify(size_t count);
void condition_leave(struct actor *self);
void condition_wait(struct actor *self);
void condition_acquire(struct actor *self);
void condition_finish(void);
void condition_conclude(void);

/* ---- barrier: a line; whoever completes it serves all ---- */

extern struct coil_barrier barrier;
extern struct line barrier_line;
extern bool broken;

void barrier_prepare_with(int number);
void barrier_wait(struct actor *self);
void barrier_abort(void);
void barrier_reset(void);
void barrier_conclude(void);

#endif
