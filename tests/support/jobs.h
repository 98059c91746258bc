/* SPDX-License-Identifier: MIT */
/*
 * jobs.h - tasks that sleep, say their name and return
 *
 *     CORE_TEST(task_starts_in_the_next_turn)
 *     {
 *         struct coil_task *a = start_job("a", 0, 7);
 *
 *         SAID("");
 *         ASSERT_EQ(end_of(a), 7);
 *         SAID("a ");
 *     }
 */
#ifndef COIL_TESTS_JOBS_H
#define COIL_TESTS_JOBS_H

#include <coil/future.h>

#include "simulated.h"

/* Sleep, say the name, return. */
struct job {
    const char *name;
    coil_time duration;
    int result;
    coil_time cleanup; /* how long it takes to end when cancelled */
    int failure;       /* its result then, unless 0: -ECANCELED */
};

int do_job(void *job);
struct coil_task *start_copy(const struct job *job);
struct coil_task *start_job(const char *name, coil_time duration, int result);

void wait_a_second(void);

/* ---- others ---- */

/* Yield several times, say the result of each, return 42. */
struct coil_task *start_yields(intptr_t times);

/* Await the task, release it, say and return its result. */
int await_and_pass_on(void *task);

/* As an argument. */
void *number(intptr_t n);

#endif
