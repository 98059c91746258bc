/* SPDX-License-Identifier: MIT */
/*
 * threads/cond.h - a condition variable that waits until a deadline
 *
 * The deadline is one of coil__sys_now(), so that setting the system's clock
 * changes nothing.
 */
#ifndef COIL_THREADS_COND_H
#define COIL_THREADS_COND_H

#include <pthread.h>
#include <stdbool.h>

#include <coil/time.h>

void coil__cond_init(pthread_cond_t *cond);

/*
 * Wait without the mutex, which is held, until somebody signals `cond`, or for
 * no reason at all.  False: the clock shows `deadline`; COIL_NEVER: it never
 * will.
 */
bool coil__cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex,
                     coil_time deadline);

#endif
