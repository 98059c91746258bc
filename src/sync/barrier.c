/* SPDX-License-Identifier: MIT */
/*
 * barrier.c - tasks that wait for one another
 *
 *     barrier->waiting is the length of barrier->waiters,
 *     and less than barrier->parties
 *
 * The last task to arrive decides for all the others and leaves the barrier
 * empty.  So the next round may gather before the tasks of this round have run.
 * The numbers are given out at that moment: if they were given on arrival, a
 * cancellation would leave a gap.
 */
#include <coil/barrier.h>

#include <coil/error.h>
#include <coil/testing.h>

#include "base/platform.h"
#include "sched/wait.h"

static const struct coil_wait_reason barrier_reason = {
    .name = "barrier",
    .reach = sizeof(struct coil_waiter),
};

int coil_barrier_init(struct coil_barrier *barrier, size_t parties)
{
    if (parties == 0)
        return -EINVAL;

    *barrier = (struct coil_barrier)COIL_BARRIER_INIT(parties);
    return 0;
}

/* A waiter is cancelled: its place is free again. */
static void leave(struct coil_waiter *w)
{
    struct coil_barrier *barrier =
        coil__container_of(w->queue, struct coil_barrier, waiters);

    barrier->waiting--;
    coil__decide(w, -ECANCELED);
}

/* Let those who wait go on, and return the number of the last to arrive. */
static int complete_round(struct coil_barrier *barrier)
{
    int number = 0;

    while (coil__wake_one(&barrier->waiters, number))
        number++;
    barrier->waiting = 0;
    return number;
}

int coil_barrier_wait(struct coil_barrier *barrier)
{
    int rc = coil__checkpoint();

    if (rc < 0)
        return rc;
    if (barrier->broken)
        return -EPIPE;
    if (barrier->waiting + 1 >= barrier->parties)
        return complete_round(barrier);

    struct coil_waiter self = COIL_WAITER(&barrier_reason, barrier);
    self.cancel = leave;
    barrier->waiting++;
    return coil__wait(&barrier->waiters, &self);
}

static void send_away(struct coil_barrier *barrier)
{
    coil__wake_all(&barrier->waiters, -EPIPE);
    barrier->waiting = 0;
}

void coil_barrier_reset(struct coil_barrier *barrier)
{
    barrier->broken = false;
    send_away(barrier);
}

void coil_barrier_abort(struct coil_barrier *barrier)
{
    barrier->broken = true;
    send_away(barrier);
}

size_t coil_barrier_parties(const struct coil_barrier *barrier)
{
    return barrier->parties;
}

size_t coil_barrier_waiting(const struct coil_barrier *barrier)
{
    return barrier->waiting;
}

bool coil_barrier_is_broken(const struct coil_barrier *barrier)
{
    return barrier->broken;
}

const char *coil_test_check_barrier(const void *object)
{
    const struct coil_barrier *barrier = object;
    const struct coil_waiter *w;
    size_t count = 0;

    for (w = coil__waitq_first(&barrier->waiters); w; w = coil__waitq_next(w))
        count++;
    if (count != barrier->waiting)
        return "barrier: the number of those who wait is wrong";
    if (count > 0 && count >= barrier->parties)
        return "barrier: complete, but somebody waits";
    if (count > 0 && barrier->broken)
        return "barrier: broken, but somebody waits";
    return coil__waitq_check(&barrier->waiters);
}
