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

static struct coil_lock lock;
static struct line lock_line;
static bool lock_held;

static inline void lock_prepare(void)
{
    lock_held = false;
    ASSERT_EQ(coil_test_watch(coil_test_check_lock, &lock), 0);
}

static inline void lock_leave(struct actor *self)
{
    if (!self->held)
        return;
    self->held--;
    if (!serve(&lock_line, 0))
        lock_held = false;
    ASSERT_EQ(coil_lock_release(&lock), 0);
    ASSERT_EQ(coil_lock_is_locked(&lock), lock_held);
}

static inline void lock_acquire(struct actor *self)
{
    begin(self);
    if (self->live && lock_held)
        stand(&lock_line, self);
    if (self->live && !lock_held) {
        lock_held = true;
        oblige(self, 0);
    }
    if (end(self, coil_lock_acquire(&lock)) == 0)
        self->held++;
}

static inline void lock_try(struct actor *self)
{
    ASSERT_EQ(coil_lock_try_acquire(&lock), lock_held ? -EAGAIN : 0);
    self->held = !lock_held;
    lock_held = true;
}

static inline void lock_conclude(void)
{
    ASSERT(!lock_held);
    ASSERT(!coil_lock_is_locked(&lock));
    ASSERT_EQ(lock_line.count, 0);
}

/* ---- semaphore: a number and a line ---- */

static struct coil_bounded_semaphore semaphore;
static struct line semaphore_line;
static size_t permits, permits_left;

static inline void semaphore_prepare_with(size_t number)
{
    permits = permits_left = number;
    coil_bounded_semaphore_init(&semaphore, permits);
    ASSERT_EQ(coil_test_watch(coil_test_check_bounded_semaphore, &semaphore),
              0);
}

static inline void semaphore_release(struct actor *self)
{
    self->held--;
    if (!serve(&semaphore_line, 0))
        permits_left++;
    ASSERT_EQ(coil_bounded_semaphore_release(&semaphore), 0);
    ASSERT_EQ(coil_bounded_semaphore_value(&semaphore), permits_left);
}

static inline void semaphore_leave(struct actor *self)
{
    while (self->held > 0)
        semaphore_release(self);
}

static inline void semaphore_acquire(struct actor *self)
{
    begin(self);
    if (self->live && permits_left == 0)
        stand(&semaphore_line, self);
    if (self->live && permits_left > 0) {
        permits_left--;
        oblige(self, 0);
    }
    if (end(self, coil_bounded_semaphore_acquire(&semaphore)) == 0)
        self->held++;
}

static inline void semaphore_try(struct actor *self)
{
    ASSERT_EQ(coil_bounded_semaphore_try_acquire(&semaphore),
              permits_left ? 0 : -EAGAIN);
    if (permits_left == 0)
        return;
    permits_left--;
    self->held++;
}

static inline void semaphore_conclude(void)
{
    ASSERT_EQ(permits_left, permits);
    ASSERT_EQ(coil_bounded_semaphore_value(&semaphore), permits);
    ASSERT_EQ(semaphore_line.count, 0);
}

/* ---- event: a flag and a line ---- */

static struct coil_event event;
static struct line event_line;
static bool event_is_set;

static inline void event_prepare(void)
{
    event_is_set = false;
    coil_event_init(&event);
    ASSERT_EQ(coil_test_watch(coil_test_check_event, &event), 0);
}

static inline void event_set(void)
{
    event_is_set = true;
    serve_all(&event_line, 0);
    coil_event_set(&event);
}

static inline void event_clear(void)
{
    event_is_set = false;
    coil_event_clear(&event);
}

static inline void event_wait(struct actor *self)
{
    begin(self);
    if (self->live && event_is_set)
        oblige(self, 0);
    if (self->live && !event_is_set)
        stand(&event_line, self);
    end(self, coil_event_wait(&event));
}

static inline void event_conclude(void)
{
    ASSERT_EQ(event_line.count, 0);
}

/* ---- condition: a line; the lock is only seen to be held by one ---- */

static struct coil_condition condition;
static struct line condition_line;
static struct actor *inside;

static inline void condition_prepare(void)
{
    inside = NULL;
    ASSERT_EQ(coil_test_watch(coil_test_check_condition, &condition), 0);
}

static inline void enter(struct actor *self)
{
    ASSERT_NULL(inside);
    inside = self;
    ASSERT(coil_condition_is_locked(&condition));
}

static inline void notify(size_t count)
{
    size_t i;

    for (i = 0; i < count; i++)
        serve(&condition_line, 0);
    ASSERT_EQ(coil_condition_notify(&condition, count), 0);
}

static inline void condition_leave(struct actor *self)
{
    if (inside != self)
        return;
    inside = NULL;
    ASSERT_EQ(coil_condition_release(&condition), 0);
}

static inline void condition_wait(struct actor *self)
{
    int rc;

    begin(self);
    if (!self->live) {
        end(self, coil_condition_wait(&condition));
        return;
    }
    stand(&condition_line, self);
    inside = NULL;
    rc = coil_condition_wait(&condition);
    enter(self);
    end(self, rc);
}

static inline void condition_acquire(struct actor *self)
{
    begin(self);
    self->free = true;
    if (end(self, coil_condition_acquire(&condition)) == 0)
        enter(self);
}

static inline void condition_finish(void)
{
    if (coil_condition_try_acquire(&condition) < 0)
        return;
    notify(MAX_ACTORS);
    ASSERT_EQ(coil_condition_release(&condition), 0);
}

static inline void condition_conclude(void)
{
    ASSERT_NULL(inside);
    ASSERT(!coil_condition_is_locked(&condition));
    ASSERT_EQ(condition_line.count, 0);
}

/* ---- barrier: a line; whoever completes it serves all ---- */

static struct coil_barrier barrier;
static struct line barrier_line;
static int parties;
static bool broken;

static inline void barrier_prepare_with(int number)
{
    parties = number;
    broken = false;
    ASSERT_EQ(coil_barrier_init(&barrier, (size_t)parties), 0);
    ASSERT_EQ(coil_test_watch(coil_test_check_barrier, &barrier), 0);
}

static inline void barrier_wait(struct actor *self)
{
    int number = 0;

    begin(self);
    if (!self->live) {
        ; /* it returns at once */
    } else if (broken) {
        oblige(self, -EPIPE);
    } else if (live_count(&barrier_line) + 1 < parties) {
        stand(&barrier_line, self);
    } else {
        while (serve(&barrier_line, number))
            number++;
        oblige(self, number);
    }
    end(self, coil_barrier_wait(&barrier));
}

static inline void barrier_abort(void)
{
    broken = true;
    serve_all(&barrier_line, -EPIPE);
    coil_barrier_abort(&barrier);
}

static inline void barrier_reset(void)
{
    broken = false;
    serve_all(&barrier_line, -EPIPE);
    coil_barrier_reset(&barrier);
}

static inline void barrier_conclude(void)
{
    ASSERT_EQ(coil_barrier_waiting(&barrier), 0);
    ASSERT_EQ(barrier_line.count, 0);
}

#endif
