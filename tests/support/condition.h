/* SPDX-License-Identifier: MIT */
/*
 * condition.h - a condition, and tasks that wait for it and hold its lock
 *
 *     CONDITION_TEST(condition_wakes_in_order)     the lock is free at the end
 */
#ifndef COIL_TESTS_CONDITION_H
#define COIL_TESTS_CONDITION_H

#include <coil/condition.h>

#include "simulated.h"

extern struct coil_condition condition;
void watch_condition(void);
void expect_free_condition(void);

#define CONDITION_TEST(name)                                                   \
    SIMULATED_TEST(name, watch_condition, expect_free_condition, 0, 0)

void acquire(void);
void release(void);

/* The running task holds the lock, and nobody else takes it for free. */
void assert_held(void);

/* Wait for one notification; leave the lock a turn later. */
int await_notice(void *arg);

int hold_lock(void *arg);
void start_waiters(struct coil_task **waiters, int count);
void end_waiters(struct coil_task **waiters, int count);
void notify(size_t count);
bool is_true(void *arg);
int await_true(void *flag);

#endif
