/* SPDX-License-Identifier: MIT */
/*
 * rw_lock.c - one line for readers and writers
 *
 *     readers hold it, or one writer, or nobody
 *     who is first in line could not be let in
 *
 * Each release, and the leaving of the first in line, lets in from the front for as
 * long as that is possible: one writer, or readers up to the next writer.
 */
#include <coil/rw_lock.h>

#include <stddef.h>

#include <coil/error.h>
#include <coil/testing.h>

#include "base/platform.h"
#include "sched/sink.h"
#include "sched/wait.h"

/* Which readers hold it is not known. */
static const struct coil_wait_reason read_reason = {
    .name = "lock for reading",
    .needs = { .need = COIL_NEED_HOLDER,
               .items = offsetof(struct coil_rw_lock, writer) },
};
static const struct coil_wait_reason write_reason = {
    .name = "lock for writing",
    .needs = { .need = COIL_NEED_HOLDER,
               .items = offsetof(struct coil_rw_lock, writer) },
};

void coil_rw_lock_init(struct coil_rw_lock *lock)
{
    *lock = (struct coil_rw_lock)COIL_RW_LOCK_INIT;
}

static bool may_enter(const struct coil_rw_lock *lock, bool to_write)
{
    return !lock->writing && (!to_write || lock->readers == 0);
}

static void enter(struct coil_rw_lock *lock, bool to_write, uint64_t id)
{
    if (to_write) {
        lock->writing = true;
        lock->writer = id;
    } else {
        lock->readers++;
    }
}

static bool wants_to_write(const struct coil_waiter *waiter)
{
    return waiter->reason == &write_reason;
}

/* Let in from the front for as long as that is possible. */
static void admit(struct coil_rw_lock *lock)
{
    struct coil_waiter *first;

    while ((first = coil__waitq_first(&lock->waiters)) &&
           may_enter(lock, wants_to_write(first))) {
        enter(lock, wants_to_write(first), coil__waiter_id(first));
        coil__decide(first, 0);
    }
}

/* ---- acquiring ------------------------------------------------------------ */

static int try_acquire(struct coil_rw_lock *lock, bool to_write)
{
    if (!coil__waitq_is_empty(&lock->waiters) || !may_enter(lock, to_write))
        return -EAGAIN;
    enter(lock, to_write, coil__running_id());
    return 0;
}

/* The next ones may be readers who could not pass this writer. */
static void cancel_waiting(struct coil_waiter *self)
{
    struct coil_rw_lock *lock =
        coil__container_of(self->queue, struct coil_rw_lock, waiters);

    coil__decide(self, -ECANCELED);
    admit(lock);
}

static int acquire(struct coil_rw_lock *lock, bool to_write)
{
    struct coil_waiter self =
        COIL_WAITER(to_write ? &write_reason : &read_reason, lock);
    int rc = coil__checkpoint();

    if (rc < 0)
        return rc;
    rc = try_acquire(lock, to_write);
    if (rc == 0)
        return 0;
    self.cancel = cancel_waiting;
    return coil__wait(&lock->waiters, &self);
}

int coil_rw_lock_acquire_read(struct coil_rw_lock *lock)
{
    return coil__keep_frame(acquire(lock, false));
}

int coil_rw_lock_acquire_write(struct coil_rw_lock *lock)
{
    return coil__keep_frame(acquire(lock, true));
}

int coil_rw_lock_try_acquire_read(struct coil_rw_lock *lock)
{
    return try_acquire(lock, false);
}

int coil_rw_lock_try_acquire_write(struct coil_rw_lock *lock)
{
    return try_acquire(lock, true);
}

/* ---- releasing ------------------------------------------------------------ */

static const struct coil_misuse not_held = {
    .message = "a lock for readers and writers is released that is not held so",
    .error = -EPERM,
    .cure = "release it once after each acquire that has returned 0, by the "
            "function of the same kind",
};

int coil_rw_lock_release_read(struct coil_rw_lock *lock)
{
    if (lock->readers == 0) {
        coil__report_misuse(&not_held, lock);
        return -EPERM;
    }
    lock->readers--;
    admit(lock);
    return 0;
}

/* The writer has gone, and `readers` of it stay. */
static int leave_write(struct coil_rw_lock *lock, size_t readers)
{
    if (!lock->writing) {
        coil__report_misuse(&not_held, lock);
        return -EPERM;
    }
    lock->writing = false;
    lock->writer = 0;
    lock->readers = readers;
    admit(lock);
    return 0;
}

int coil_rw_lock_release_write(struct coil_rw_lock *lock)
{
    return leave_write(lock, 0);
}

int coil_rw_lock_downgrade(struct coil_rw_lock *lock)
{
    return leave_write(lock, 1);
}

size_t coil_rw_lock_readers(const struct coil_rw_lock *lock)
{
    return lock->readers;
}

bool coil_rw_lock_is_writing(const struct coil_rw_lock *lock)
{
    return lock->writing;
}

size_t coil_rw_lock_waiting(const struct coil_rw_lock *lock)
{
    return coil__waitq_count(&lock->waiters);
}

const char *coil_test_check_rw_lock(const void *object)
{
    const struct coil_rw_lock *lock = object;
    const struct coil_waiter *first = coil__waitq_first(&lock->waiters);

    if (lock->writing && lock->readers > 0)
        return "rw lock: somebody reads while another writes";
    if (!lock->writing && lock->writer)
        return "rw lock: nobody writes, but it has a writer";
    if (first && may_enter(lock, wants_to_write(first)))
        return "rw lock: who is first in line could be let in";
    return coil__waitq_check(&lock->waiters);
}
