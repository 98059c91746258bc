/* SPDX-License-Identifier: MIT */
/*
 * shared_semaphore.c - permits that are handed from loop to loop
 *
 *     while there is a permit, nobody waits
 */
#include <coil/shared_semaphore.h>

#include <errno.h>

#include "cross/shared.h"

void coil_shared_semaphore_init(struct coil_shared_semaphore *semaphore,
                                size_t permits)
{
    *semaphore =
        (struct coil_shared_semaphore)COIL_SHARED_SEMAPHORE_INIT(permits);
}

/* Under the mutex.  coil_shared_semaphore_value() reads it without. */
static void set_value(struct coil_shared_semaphore *s, size_t value)
{
    __atomic_store_n(&s->value, value, __ATOMIC_RELAXED);
}

/* Under the mutex. */
static int take(void *object, void *unused)
{
    struct coil_shared_semaphore *s = object;

    (void)unused;
    if (s->value == 0)
        return -EAGAIN;
    set_value(s, s->value - 1);
    return 0;
}

static void hand_permit_on(void *semaphore, void *unused)
{
    (void)unused;
    coil_shared_semaphore_release(semaphore);
}

static const struct coil__shared_act acquire = {
    .reason = { .name = "shared semaphore",
                .reach = sizeof(struct coil__shared_waiter) },
    .mutex = offsetof(struct coil_shared_semaphore, mutex),
    .queue = offsetof(struct coil_shared_semaphore, waiters),
    .now = take,
    .hand_on = hand_permit_on,
};

int coil_shared_semaphore_acquire(struct coil_shared_semaphore *s)
{
    return coil__shared_do(&acquire, s, NULL);
}

int coil_shared_semaphore_try_acquire(struct coil_shared_semaphore *s)
{
    return coil__shared_try(&acquire, s, NULL);
}

void coil_shared_semaphore_release(struct coil_shared_semaphore *s)
{
    struct coil__shared_waiter *next;

    coil__mutex_lock(&s->mutex);
    next = coil__shared_first(&s->waiters);
    if (next)
        coil__shared_decide(next, 0);
    else
        set_value(s, s->value + 1);
    coil__mutex_unlock(&s->mutex);
}

size_t coil_shared_semaphore_value(const struct coil_shared_semaphore *s)
{
    return __atomic_load_n(&s->value, __ATOMIC_RELAXED);
}
