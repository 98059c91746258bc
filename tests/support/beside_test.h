/* SPDX-License-Identifier: MIT */
/*
 * beside_test.h - a test of the loop with threads beside its own
 */
#ifndef COIL_TESTS_BESIDE_TEST_H
#define COIL_TESTS_BESIDE_TEST_H

#include <pthread.h>

#include "loop_test.h"

static inline void pause_for(coil_time duration)
{
    const struct timespec t = { duration / COIL_SECOND,
                                duration % COIL_SECOND };

    nanosleep(&t, NULL);
}

static inline pthread_t start_thread(void *(*fn)(void *arg), void *arg)
{
    pthread_t thread;

    ASSERT_EQ(pthread_create(&thread, NULL, fn, arg), 0);
    return thread;
}

static inline void join(pthread_t thread)
{
    ASSERT_EQ(pthread_join(thread, NULL), 0);
}

#endif
