/* SPDX-License-Identifier: MIT */
/*
 * bodies.h - bodies of many tasks: await the argument, sleep, fail, do nothing
 */
#ifndef COIL_TESTS_BODIES_H
#define COIL_TESTS_BODIES_H

/* Each is a coil_fn, and returns the result of the call in it. */
int await_task(void *task);
int await_future(void *future);
int await_event(void *event);
int acquire_lock(void *lock);

/* A millisecond; a minute. */
int sleep_a_little(void *arg);
int sleep_long(void *arg);

/* Say the argument, and return 0. */
int say_arg(void *text);

/* As a coroutine: say that it begins, yield 1, 2 and 3, return 42. */
int count_to_three(void *arg);

int return_pointee(void *number);
int do_nothing(void *arg);
int fail(void *arg); /* with -EIO */

#endif
