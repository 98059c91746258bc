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
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

#include <coil/loop.h>

#include "test.h"

extern sem_t gate;

extern atomic_int begun; /* calls that came to the gate */
extern atomic_int ended; /* and calls that passed it */
extern atomic_int most;  /* at one time */

/* ---- counting ---- */

void count(atomic_int *counter);

/* Block this thread until others have counted that far. */
void until(atomic_int *counter, int value);

/*
 * Block the loop's thread until another thread has posted something to it; the
 * loop has not looked yet.
 */
void until_posted(void);

/* ---- the gate ---- */

/* The test begins. */
void close_gate(void);

/* Let so many pass. */
void open_gate(int n);

/* A thread that has passed calls count(&ended). */
void wait_at_gate(void);

/* ---- what is called ---- */

int pass_gate(void *arg);
int doubled(void *arg);

#endif
