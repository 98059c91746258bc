/* SPDX-License-Identifier: MIT */
/*
 * gate_test.h - calls in other threads, which wait until the test lets them go
 *
 *     close_gate();
 *     task = start(run_gate, &n);
 *     settle();
 *     until(&begun, 1);          it is in another thread, and at the gate
 *     ...
 *     open_gate(1);
 *     ASSERT_EQ(end_of(task), 0);
 *
 * No loop can wait for these threads: until() does, which blocks its own.
 */
#ifndef COIL_TESTS_GATE_TEST_H
#define COIL_TESTS_GATE_TEST_H

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

#include <coil/guest.h>
#include <coil/loop.h>

#include "test.h"

static sem_t gate;

static atomic_int begun; /* calls that came to the gate */
static atomic_int ended; /* and that have passed it */
static atomic_int most;  /* were there at one time */

static pthread_mutex_t count_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t counted = PTHREAD_COND_INITIALIZER;

/* ---- counting ---- */

static inline void count(atomic_int *counter)
{
    pthread_mutex_lock(&count_mutex);
    ++*counter;
    if (begun - ended > most)
        most = begun - ended;
    pthread_cond_broadcast(&counted);
    pthread_mutex_unlock(&count_mutex);
}

/* Block this thread until others have counted so far. */
static inline void until(atomic_int *counter, int value)
{
    pthread_mutex_lock(&count_mutex);
    while (*counter < value)
        pthread_cond_wait(&counted, &count_mutex);
    pthread_mutex_unlock(&count_mutex);
}

/*
 * Block the loop's thread until another one has posted something to it: it has
 * come, and the loop has not looked.
 */
static inline void until_posted(void)
{
    struct pollfd ask = { .fd = coil_loop_fd(coil_loop_current()),
                          .events = POLLIN };

    ASSERT_EQ(poll(&ask, 1, -1), 1);
}

/* ---- the gate ---- */

/* The test begins. */
static inline void close_gate(void)
{
    begun = 0;
    ended = 0;
    most = 0;
    sem_init(&gate, 0, 0);
}

/* Let so many pass. */
static inline void open_gate(int n)
{
    while (n-- > 0)
        sem_post(&gate);
}

/* Who has passed says count(&ended). */
static inline void wait_at_gate(void)
{
    count(&begun);
    while (sem_wait(&gate) < 0)
        continue;
}

/* ---- what is called ---- */

static inline int pass_gate(void *arg)
{
    int *n = arg;

    wait_at_gate();
    ++*n;
    count(&ended);
    return 0;
}

static inline int doubled(void *arg)
{
    int *n = arg;

    *n *= 2;
    return *n;
}

static inline int fail(void *arg)
{
    (void)arg;
    return -EXDEV;
}

#endif
