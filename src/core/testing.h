/* SPDX-License-Identifier: MIT */
/*
 * core/testing.h - what a loop on the simulator knows beside its tasks
 *
 * coil's own tests give it to a loop on the kernel as well (coil__testing_open(),
 * and `stepwise`): its suspensions are counted there, its ready tasks chosen, and
 * nothing else is done to it.
 */
#ifndef COIL_CORE_TESTING_H
#define COIL_CORE_TESTING_H

#include <coil/testing.h>

#include "core/choices.h"
#include "core/loop.h"

struct coil_testing_watch {
    coil_test_check_fn check;
    const void *object;
};

/* One task whose suspensions are counted. */
struct coil_testing_probe {
    struct coil_task *task; /* held; NULL: none */
    uint64_t suspensions;
    uint64_t n; /* to be struck at; 0: not */
    enum coil_test_moment moment;
    bool is_decided; /* has been told of since the last suspension */
    coil_callback_fn fn;
    void *arg;
};

struct coil_testing {
    uint64_t seed;
    uint64_t steps;
    struct coil_choices *choices; /* NULL: chance decides */
    unsigned haste; /* time passes one time in so many; 0: never */
    coil_time leap; /* as far as this at most */
    const struct coil_runnable *picked; /* may be gone after its step */
    struct coil_testing_watch *watches;
    size_t count;
    size_t capacity;
    struct coil_waitq settlers;
    struct coil_testing_probe probe;
    coil_time unit;  /* what a unit of the budget takes */
    uint64_t looked; /* units made until the last look outside */
    uint64_t made;   /* and until the last step */
};

/* Take the next to run out of the ready queue; NULL: there is none. */
struct coil_runnable *coil__testing_choose(struct coil_loop *loop);

/* One of `limit` ways to go on: by chance, or a choice.  Seed 0: 0. */
uint64_t coil__testing_choice(struct coil_loop *loop, uint64_t limit);

/*
 * A step has been made.  What is wrong if something outside is due and the step
 * began when the last look outside was longer ago than one budget; else NULL.
 */
const char *coil__testing_check_delay(struct coil_loop *loop);

/* Forget all of the last run, which has left nothing behind. */
void coil__testing_reset(struct coil_testing *testing, uint64_t seed);

#endif
