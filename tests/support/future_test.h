/* SPDX-License-Identifier: MIT */
/* future_test.h - what the programs future and future_callbacks share */
#ifndef COIL_TESTS_FUTURE_TEST_H
#define COIL_TESTS_FUTURE_TEST_H

#include <stdlib.h>

#include "core_test.h"

static struct coil_future future;
static char value_b;

static inline void say_call(struct coil_future *done, void *arg)
{
    ASSERT(coil_future_is_done(done));
    say("%s ", (const char *)arg);
}

static inline void add(struct coil_future_callback *callback, const char *name)
{
    ASSERT_EQ(coil_future_add_done_callback(&future, callback, say_call,
                                            (void *)(uintptr_t)name),
              0);
}

#endif
