/* SPDX-License-Identifier: MIT */
/* timeout_test.h - what the programs timeout and timeout_scopes share */
#ifndef COIL_TESTS_TIMEOUT_TEST_H
#define COIL_TESTS_TIMEOUT_TEST_H

#include <coil/lock.h>

#include "core_test.h"

static inline struct coil_task *self(void)
{
    return coil_current_task();
}

static inline void begin(struct coil_timeout *limit, coil_time duration)
{
    ASSERT_EQ(coil_timeout_begin(limit, duration), 0);
}

/* Nothing is left of a scope: no request, and none that comes later. */
static inline void check_nothing_is_left(void)
{
    ASSERT_EQ(coil_task_cancelling(self()), 0);
    ASSERT_EQ(coil_yield(), 0);
    ASSERT_EQ(coil_sleep(100 * COIL_MINUTE), 0);
}

static inline void cancel_task(void *arg)
{
    ASSERT(coil_task_cancel(arg));
}

#endif
