/* SPDX-License-Identifier: MIT */
/*
 * testing/testing_state.h - what a loop of a test knows beside its tasks
 *
 * Every loop on the simulator has this.  coil's own tests also give it to a
 * loop on the kernel (coil__testing_open(), and `stepwise`).  There it only
 * counts suspensions and chooses ready tasks.
 */
#ifndef COIL_TESTING_TESTING_STATE_H
#define COIL_TESTING_TESTING_STATE_H

#include <coil/testing.h>

#include "testing/choices.h"
#include "loop/loop.h"

struct coil_testing_watch {
    coil_test_check_fn check;
    const void *object;
};

/* One task whose suspensions are counted. */
struct coil_testing_probe {
    struct coil_task *task; /* retained; NULL: none */
    uint64_t suspensions;
    uint64_t n; /* the suspension to call fn at; 0: none */
    enum coil_test_moment moment;
    bool is_decided; /* told of since the last suspension */
    coil_callback_fn fn;
    void *arg;
};

struct coil_testing {
    uint64_t seed;
    uint64_t steps;
    struct coil_choices *choices; /* NULL: chance decides */
    unsigned haste;               /* time passes once in so many; 0: never */
    coil_time leap;               /* at most as far as this */
    const struct coil_runnable *picked; /* may be gone after its step */
    struct coil_testing_watch *watches;
    size_t count;
    size_t capacity;
    struct coil_list settlers;
    struct coil_testing_probe probe;
    coil_time unit;  /* what a unit of the budget takes */
    uint64_t looked; /* units made until the last look outside */
    uint64_t made;   /* and until the last step */
};

#endif
