/* SPDX-License-Identifier: MIT */
#include "threads/cond.h"

#include <time.h>

void coil__cond_init(pthread_cond_t *cond)
{
    pthread_condattr_t monotonic;

    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(cond, &monotonic);
    pthread_condattr_destroy(&monotonic);
}

bool coil__cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex,
                     coil_time deadline)
{
    const struct timespec until = {
        .tv_sec = (time_t)(deadline / COIL_SECOND),
        .tv_nsec = (long)(deadline % COIL_SECOND),
    };

    if (deadline == COIL_NEVER)
        return pthread_cond_wait(cond, mutex) == 0;
    return pthread_cond_timedwait(cond, mutex, &until) == 0;
}
