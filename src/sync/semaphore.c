/* SPDX-License-Identifier: MIT */
/*
 * semaphore.c - permits that are handed over, never put up for grabs
 *
 *     while there are permits nobody waits
 *
 * A release gives its permit to the longest waiter instead of counting it, so
 * no other task can take the permit before the waiter runs.  Who waits for several
 * collects them: the first in line gets each that is released, until it has enough.
 * So the rule holds for it, too.
 */
/* The functions themselves: coil/running.h. */
#define COIL_NO_FAST_PATHS

#include <coil/semaphore.h>

#include <coil/error.h>
#include <coil/testing.h>

#include "base/platform.h"
#include "sched/select.h"
#include "sched/sink.h"
#include "sched/wait.h"

static const struct coil_wait_reason semaphore_reason = {
    .name = "semaphore",
    .reach = sizeof(struct coil_waiter),
};

/* Of those who wait for several: struct collector. */
static const struct coil_wait_reason many_reason = { .name = "semaphore" };

struct collector {
    struct coil_waiter waiter; /* first */
    size_t missing;
    size_t got;
};

void coil_semaphore_init(struct coil_semaphore *semaphore, size_t permits)
{
    *semaphore = (struct coil_semaphore)COIL_SEMAPHORE_INIT(permits);
}

/*
 * This is a separate function so that taking a free permit needs no frame.
 * Where it is reached by a jump, backtraces have its name instead of the public
 * one.
 */
static COIL_NOINLINE COIL_RETURNS_BY_JUMP int
semaphore_acquire(struct coil_semaphore *semaphore)
{
    struct coil_waiter self = COIL_WAITER(&semaphore_reason, semaphore);

    return coil__wait_inline(&semaphore->waiters, &self);
}

int coil_semaphore_acquire(struct coil_semaphore *semaphore)
{
    int rc = coil__checkpoint();

    if (rc < 0)
        return rc;
    if (semaphore->value == 0)
        return semaphore_acquire(semaphore);
    semaphore->value--;
    return 0;
}

int coil_semaphore_try_acquire(struct coil_semaphore *semaphore)
{
    if (semaphore->value == 0)
        return -EAGAIN;

    semaphore->value--;
    return 0;
}

/* Give permits to the first in line, who must be there.  Returns how many. */
static size_t give(struct coil_waiter *first, size_t permits)
{
    struct collector *c;

    if (first->reason != &many_reason) {
        coil__decide(first, 0);
        return 1;
    }
    c = coil__container_of(first, struct collector, waiter);
    if (permits > c->missing)
        permits = c->missing;
    c->got += permits;
    c->missing -= permits;
    if (c->missing == 0)
        coil__decide(first, 0);
    return permits;
}

void coil_semaphore_release_many(struct coil_semaphore *semaphore,
                                 size_t permits)
{
    while (permits > 0 && !coil__waitq_is_empty(&semaphore->waiters))
        permits -= give(coil__waitq_first(&semaphore->waiters), permits);
    semaphore->value += permits;
}

void coil_semaphore_release(struct coil_semaphore *semaphore)
{
    if (coil__waitq_is_empty(&semaphore->waiters))
        semaphore->value++;
    else
        give(coil__waitq_first(&semaphore->waiters), 1);
}

/* ---- several at once ------------------------------------------------------ */

int coil_semaphore_try_acquire_many(struct coil_semaphore *semaphore,
                                    size_t permits)
{
    if (permits > semaphore->value)
        return -EAGAIN;
    semaphore->value -= permits;
    return 0;
}

/* What was collected goes to those behind. */
static void cancel_collector(struct coil_waiter *self)
{
    const struct collector *c =
        coil__container_of(self, struct collector, waiter);
    struct coil_semaphore *semaphore =
        coil__container_of(self->queue, struct coil_semaphore, waiters);

    coil__decide(self, -ECANCELED);
    coil_semaphore_release_many(semaphore, c->got);
}

int coil_semaphore_acquire_many(struct coil_semaphore *semaphore,
                                size_t permits)
{
    struct collector self = { .waiter = COIL_WAITER(&many_reason, semaphore) };
    int rc = coil__checkpoint();

    if (rc < 0)
        return rc;
    rc = coil_semaphore_try_acquire_many(semaphore, permits);
    if (rc == 0)
        return 0;
    self.got = semaphore->value;
    self.missing = permits - self.got;
    self.waiter.cancel = cancel_collector;
    semaphore->value = 0;
    return coil__wait(&semaphore->waiters, &self.waiter);
}

size_t coil_semaphore_forget(struct coil_semaphore *semaphore, size_t permits)
{
    if (permits > semaphore->value)
        permits = semaphore->value;
    semaphore->value -= permits;
    return permits;
}

size_t coil_semaphore_waiting(const struct coil_semaphore *semaphore)
{
    return coil__waitq_count(&semaphore->waiters);
}

bool coil_semaphore_is_locked(const struct coil_semaphore *semaphore)
{
    return semaphore->value == 0;
}

size_t coil_semaphore_value(const struct coil_semaphore *semaphore)
{
    return semaphore->value;
}

/* ---- in a selection ------------------------------------------------------- */

static bool attempt_acquire(const struct coil_select_case *c, int *result)
{
    return coil__select_attempted(coil_semaphore_try_acquire(c->object),
                                  result);
}

static bool stand(const struct coil_select_case *c,
                  union coil__select_entry *entry, int *result)
{
    struct coil_semaphore *semaphore = c->object;

    (void)result;
    coil__waitq_append(&semaphore->waiters, &entry->waiter);
    return true;
}

struct coil_select_case
coil_semaphore_acquire_case(struct coil_semaphore *semaphore)
{
    static const struct coil_select_kind kind = { .reason = &semaphore_reason,
                                                  .attempt = attempt_acquire,
                                                  .stand = stand };

    return (struct coil_select_case){ .kind = &kind, .object = semaphore };
}

/* ---- bounded -------------------------------------------------------------- */

void coil_bounded_semaphore_init(struct coil_bounded_semaphore *semaphore,
                                 size_t permits)
{
    coil_semaphore_init(&semaphore->semaphore, permits);
    semaphore->bound = permits;
}

int coil_bounded_semaphore_acquire(struct coil_bounded_semaphore *semaphore)
{
    return coil__keep_frame(coil_semaphore_acquire(&semaphore->semaphore));
}

int coil_bounded_semaphore_try_acquire(struct coil_bounded_semaphore *semaphore)
{
    return coil_semaphore_try_acquire(&semaphore->semaphore);
}

bool coil_bounded_semaphore_is_locked(
    const struct coil_bounded_semaphore *semaphore)
{
    return coil_semaphore_is_locked(&semaphore->semaphore);
}

size_t
coil_bounded_semaphore_value(const struct coil_bounded_semaphore *semaphore)
{
    return coil_semaphore_value(&semaphore->semaphore);
}

static const struct coil_misuse too_often = {
    .function = "coil_bounded_semaphore_release",
    .message = "a bounded semaphore is released too often",
    .error = -EPERM,
    .cure = "release it once after each acquire that has returned 0",
};

int coil_bounded_semaphore_release(struct coil_bounded_semaphore *semaphore)
{
    if (semaphore->semaphore.value >= semaphore->bound) {
        coil__report_misuse(&too_often, semaphore);
        return -EPERM;
    }

    coil_semaphore_release(&semaphore->semaphore);
    return 0;
}

const char *coil_test_check_semaphore(const void *object)
{
    const struct coil_semaphore *semaphore = object;

    if (semaphore->value > 0 && !coil__waitq_is_empty(&semaphore->waiters))
        return "semaphore: there are permits, but somebody waits";
    return coil__waitq_check(&semaphore->waiters);
}

const char *coil_test_check_bounded_semaphore(const void *object)
{
    const struct coil_bounded_semaphore *semaphore = object;

    if (semaphore->semaphore.value > semaphore->bound)
        return "bounded semaphore: more permits than its bound";
    return coil_test_check_semaphore(&semaphore->semaphore);
}
