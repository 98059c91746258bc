/* SPDX-License-Identifier: MIT */
/* sync_model.c - the synchronisation primitives beside models of them */
#include "sync_model.h"

/* ---- lock: a holder and a line ---- */

static struct coil_lock tested_lock;
static struct line lock_line;
static bool lock_held;

void lock_prepare(void)
{
    lock_held = false;
    ASSERT_EQ(coil_test_watch(coil_test_check_lock, &tested_lock), 0);
}

void lock_leave(struct actor *self)
{
    if (!self->held)
        return;
    self->held--;
    if (!serve_first(&lock_line, 0))
        lock_held = false;
    ASSERT_EQ(coil_lock_release(&tested_lock), 0);
    ASSERT_EQ(coil_lock_is_locked(&tested_lock), lock_held);
}

void lock_acquire(struct actor *self)
{
    begin(self);
    if (self->live && lock_held)
        stand(&lock_line, self);
    if (self->live && !lock_held) {
        lock_held = true;
        oblige(self, 0);
    }
    if (end(self, coil_lock_acquire(&tested_lock)) == 0)
        self->held++;
}

void lock_try(struct actor *self)
{
    ASSERT_EQ(coil_lock_try_acquire(&tested_lock), lock_held ? -EAGAIN : 0);
    self->held = !lock_held;
    lock_held = true;
}

void lock_conclude(void)
{
    ASSERT(!lock_held);
    ASSERT(!coil_lock_is_locked(&tested_lock));
    ASSERT_EQ(lock_line.count, 0);
}

/* ---- semaphore: a number and a line ---- */

struct coil_bounded_semaphore semaphore;
static struct line semaphore_line;
size_t permits, permits_left;

void semaphore_prepare_with(size_t number)
{
    permits = permits_left = number;
    coil_bounded_semaphore_init(&semaphore, permits);
    ASSERT_EQ(coil_test_watch(coil_test_check_bounded_semaphore, &semaphore),
              0);
}

void semaphore_release(struct actor *self)
{
    self->held--;
    if (!serve_first(&semaphore_line, 0))
        permits_left++;
    ASSERT_EQ(coil_bounded_semaphore_release(&semaphore), 0);
    ASSERT_EQ(coil_bounded_semaphore_value(&semaphore), permits_left);
}

void semaphore_leave(struct actor *self)
{
    while (self->held > 0)
        semaphore_release(self);
}

void semaphore_acquire(struct actor *self)
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

void semaphore_try(struct actor *self)
{
    ASSERT_EQ(coil_bounded_semaphore_try_acquire(&semaphore),
              permits_left ? 0 : -EAGAIN);
    if (permits_left == 0)
        return;
    permits_left--;
    self->held++;
}

void semaphore_conclude(void)
{
    ASSERT_EQ(permits_left, permits);
    ASSERT_EQ(coil_bounded_semaphore_value(&semaphore), permits);
    ASSERT_EQ(semaphore_line.count, 0);
}

/* ---- event: a flag and a line ---- */

struct coil_event tested_event;
static struct line event_line;
bool event_is_set;

void event_prepare(void)
{
    event_is_set = false;
    coil_event_init(&tested_event);
    ASSERT_EQ(coil_test_watch(coil_test_check_event, &tested_event), 0);
}

void event_set(void)
{
    event_is_set = true;
    serve_all(&event_line, 0);
    coil_event_set(&tested_event);
}

void event_clear(void)
{
    event_is_set = false;
    coil_event_clear(&tested_event);
}

void event_wait(struct actor *self)
{
    begin(self);
    if (self->live && event_is_set)
        oblige(self, 0);
    if (self->live && !event_is_set)
        stand(&event_line, self);
    end(self, coil_event_wait(&tested_event));
}

void event_conclude(void)
{
    ASSERT_EQ(event_line.count, 0);
}

/* ---- condition: a line; the lock is only seen to be held by one ---- */

static struct coil_condition tested_condition;
static struct line condition_line;
struct actor *condition_holder;

void condition_prepare(void)
{
    condition_holder = NULL;
    ASSERT_EQ(coil_test_watch(coil_test_check_condition, &tested_condition), 0);
}

static void enter(struct actor *self)
{
    ASSERT_NULL(condition_holder);
    condition_holder = self;
    ASSERT(coil_condition_is_locked(&tested_condition));
}

void condition_notify(size_t count)
{
    size_t i;

    for (i = 0; i < count; i++)
        serve_first(&condition_line, 0);
    ASSERT_EQ(coil_condition_notify(&tested_condition, count), 0);
}

void condition_leave(struct actor *self)
{
    if (condition_holder != self)
        return;
    condition_holder = NULL;
    ASSERT_EQ(coil_condition_release(&tested_condition), 0);
}

void condition_wait(struct actor *self)
{
    int rc;

    begin(self);
    if (!self->live) {
        end(self, coil_condition_wait(&tested_condition));
        return;
    }
    stand(&condition_line, self);
    condition_holder = NULL;
    rc = coil_condition_wait(&tested_condition);
    enter(self);
    end(self, rc);
}

void condition_acquire(struct actor *self)
{
    begin(self);
    self->free = true;
    if (end(self, coil_condition_acquire(&tested_condition)) == 0)
        enter(self);
}

void condition_finish(void)
{
    if (coil_condition_try_acquire(&tested_condition) < 0)
        return;
    condition_notify(MAX_ACTORS);
    ASSERT_EQ(coil_condition_release(&tested_condition), 0);
}

void condition_conclude(void)
{
    ASSERT_NULL(condition_holder);
    ASSERT(!coil_condition_is_locked(&tested_condition));
    ASSERT_EQ(condition_line.count, 0);
}

/* ---- barrier: a line; whoever completes it serves all ---- */

struct coil_barrier barrier;
struct line barrier_line;
static int parties;
bool broken;

void barrier_prepare_with(int number)
{
    parties = number;
    broken = false;
    ASSERT_EQ(coil_barrier_init(&barrier, (size_t)parties), 0);
    ASSERT_EQ(coil_test_watch(coil_test_check_barrier, &barrier), 0);
}

void barrier_wait(struct actor *self)
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
        while (serve_first(&barrier_line, number))
            number++;
        oblige(self, number);
    }
    end(self, coil_barrier_wait(&barrier));
}

void barrier_abort(void)
{
    broken = true;
    serve_all(&barrier_line, -EPIPE);
    coil_barrier_abort(&barrier);
}

void barrier_reset(void)
{
    broken = false;
    serve_all(&barrier_line, -EPIPE);
    coil_barrier_reset(&barrier);
}

void barrier_conclude(void)
{
    ASSERT_EQ(coil_barrier_waiting(&barrier), 0);
    ASSERT_EQ(barrier_line.count, 0);
}
