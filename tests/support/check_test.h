/* SPDX-License-Identifier: MIT */
/*
 * check_test.h - a test of what a check of coil/testing.h says
 *
 * A primitive is broken in one place, which must be told, and mended again.
 */
#ifndef COIL_TESTS_CHECK_TEST_H
#define COIL_TESTS_CHECK_TEST_H

#include "sync_test.h"

/* check(object) says `what` as long as `place` is `value`. */
#define ASSERT_TELLS(check, object, place, value, what)                        \
    do {                                                                       \
        __typeof__(place) sound = (place);                                     \
                                                                               \
        ASSERT_NULL(check(object));                                            \
        (place) = (value);                                                     \
        ASSERT_STR_EQ(check(object), what);                                    \
        (place) = sound;                                                       \
        ASSERT_NULL(check(object));                                            \
    } while (0)

static inline struct coil_task *start_waiting(coil_fn fn, const char *name)
{
    struct coil_task *task = start(fn, name);

    turn();
    return task;
}

#endif
