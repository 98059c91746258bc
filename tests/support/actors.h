/* SPDX-License-Identifier: MIT */
/*
 * actors.h - the tasks of a test, and what they say
 *
 *     struct coil_task *a = start(visit, "a");
 *
 *     turn();
 *     SAID("a ");
 *     ASSERT_EQ(end_of(a), 0);
 *
 * All of it is for the loop's thread.  Whatever fails ends the test.
 */
#ifndef COIL_TESTS_ACTORS_H
#define COIL_TESTS_ACTORS_H

#include <coil/coroutine.h>
#include <coil/task.h>

#include "test.h"

/* ---- what is said ---- */

/* The text since the last forget(). */
extern char trace[4096];

__attribute__((format(printf, 1, 2))) void say(const char *format, ...);
void forget(void);

/* This is the whole text since the last time. */
#define SAID(text)                                                             \
    do {                                                                       \
        ASSERT_STR_EQ(trace, text);                                            \
        forget();                                                              \
    } while (0)

/* ---- tasks ---- */

/* Each task is released by one of the functions that end it. */
struct coil_task *start(coil_fn fn, const void *arg);
struct coil_task *start_named(coil_fn fn, const void *arg, const char *name);
struct coil_task *start_with(coil_fn fn, const void *arg,
                             const struct coil_task_options *options);

/* Make a task that nobody will await. */
void launch(coil_fn fn, const void *arg);

/* Start a task, and let it run until it waits. */
struct coil_task *start_waiting(coil_fn fn, const void *arg);

/* Wait until the task has ended; returns its result. */
int end_of(struct coil_task *task);

/*
 * Cancel the task, which has not ended, and wait for its end; returns its
 * result.
 */
int end_by_cancelling(struct coil_task *task);

/* Cancel the task unless it has ended; its result must be -ECANCELED. */
void end_cancelled(struct coil_task *task);

void cancel(void *task);
void cancel_self(void);

/* No cancellation of the running task is pending, and none comes later. */
void check_not_cancelled(void);

/* The same, and there is no other task. */
void check_nothing_is_left(void);

/* Let all ready tasks run once. */
void turn(void);

/* ---- coroutines ---- */

/* A coroutine that the test drives and frees. */
struct coil_coroutine *make(coil_fn fn, const void *arg);

#endif
