/* SPDX-License-Identifier: MIT */
/*
 * cross/shared_lock.h - what a shared condition needs of its lock
 */
#ifndef COIL_CROSS_SHARED_LOCK_H
#define COIL_CROSS_SHARED_LOCK_H

#include <coil/shared_lock.h>

#include "cross/shared.h"

/* Under the mutex: the lock, which is held, goes to the longest waiter. */
void coil__shared_lock_pass(struct coil_shared_lock *lock);

/* The same of a lock whose new holder will never run. */
void coil__shared_lock_hand_on(void *lock, void *item);

#endif
