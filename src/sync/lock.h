/* SPDX-License-Identifier: MIT */
/*
 * sync/lock.h - what a condition needs of its lock
 */
#ifndef COIL_SYNC_LOCK_H
#define COIL_SYNC_LOCK_H

#include <coil/lock.h>

#include "sched/wait.h"

/* The reason of every wait in lock->waiters, whichever call it comes from. */
extern const struct coil_wait_reason coil__lock_reason;

/* Give the lock, which is free, to the task with the id `holder`. */
static inline void coil__lock_grant(struct coil_lock *lock, uint64_t holder)
{
    lock->locked = true;
    lock->holder = holder;
}

#endif
