/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 60 */
/*
 * Random schedules of the synchronisation primitives against their models: see
 * support/schedule.h.  After each step the primitive's own invariants are
 * checked too.
 */
#include "sync_model.h"

static void lock_act(struct actor *self)
{
    if (self->held) {
        lock_leave(self);
    } else if (one_in(3)) {
        lock_try(self);
    } else {
        lock_acquire(self);
    }
}

TEST(schedules_of_the_lock)
{
    static const struct play lock_play = { lock_prepare, lock_act, lock_leave,
                                           NULL, lock_conclude };

    run_schedules(&lock_play);
}

static void semaphore_prepare(void)
{
    semaphore_prepare_with(1 + (size_t)below(3));
}

static void semaphore_act(struct actor *self)
{
    if (self->held && one_in(2))
        semaphore_release(self);
    else if (permits_left == permits && one_in(8))
        ASSERT_EQ(coil_bounded_semaphore_release(&semaphore), -EPERM);
    else if (one_in(3))
        semaphore_try(self);
    else if (!self->held) /* a holder that wants more may deadlock */
        semaphore_acquire(self);
}

TEST(schedules_of_the_semaphore)
{
    static const struct play semaphore_play = {
        semaphore_prepare,  semaphore_act, semaphore_leave, NULL,
        semaphore_conclude,
    };

    run_schedules(&semaphore_play);
}

static void event_act(struct actor *self)
{
    if (one_in(5))
        event_set();
    else if (one_in(3))
        event_clear();
    else
        event_wait(self);
    ASSERT_EQ(coil_event_is_set(&tested_event), event_is_set);
}

TEST(schedules_of_the_event)
{
    static const struct play event_play = { event_prepare, event_act, NULL,
                                            event_set, event_conclude };

    run_schedules(&event_play);
}

static void condition_act(struct actor *self)
{
    if (condition_holder != self)
        condition_acquire(self);
    else if (one_in(4))
        condition_leave(self);
    else if (one_in(3))
        condition_notify((size_t)below(3));
    else
        condition_wait(self);
}

TEST(schedules_of_the_condition)
{
    static const struct play condition_play = {
        condition_prepare, condition_act,      condition_leave,
        condition_finish,  condition_conclude,
    };

    run_schedules(&condition_play);
}

static void barrier_prepare(void)
{
    barrier_prepare_with(1 + below(4));
}

static void barrier_act(struct actor *self)
{
    if (one_in(20))
        barrier_abort();
    else if (one_in(12))
        barrier_reset();
    else
        barrier_wait(self);
    ASSERT_EQ(coil_barrier_waiting(&barrier), live_count(&barrier_line));
    ASSERT_EQ(coil_barrier_is_broken(&barrier), broken);
}

TEST(schedules_of_the_barrier)
{
    static const struct play barrier_play = { barrier_prepare, barrier_act,
                                              NULL, barrier_abort,
                                              barrier_conclude };

    run_schedules(&barrier_play);
}
