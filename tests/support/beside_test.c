/* SPDX-License-Identifier: MIT */
/* beside_test.c - a test of the loop with threads beside its own */
#include "beside_test.h"

void pause_for(coil_time duration)
{
    const struct timespec t = { duration / COIL_SECOND,
                                duration % COIL_SECOND };

    nanosleep(&t, NULL);
}

pthread_t start_thread(void *(*fn)(void *arg), void *arg)
{
    pthread_t thread;

    ASSERT_EQ(pthread_create(&thread, NULL, fn, arg), 0);
    return thread;
}

void join(pthread_t thread)
{
    ASSERT_EQ(pthread_join(thread, NULL), 0);
}
