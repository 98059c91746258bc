/* SPDX-License-Identifier: MIT */
/* testing_test.h - what the programs testing and testing_failures share */
#ifndef COIL_TESTS_TESTING_TEST_H
#define COIL_TESTS_TESTING_TEST_H

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <coil/combinators.h>
#include <coil/error.h>
#include <coil/event.h>
#include <coil/lock.h>
#include <coil/loop.h>
#include <coil/queue.h>
#include <coil/semaphore.h>
#include <coil/stream.h>
#include <coil/task.h>
#include <coil/task_group.h>
#include <coil/testing.h>
#include <coil/thread.h>
#include <coil/timeout.h>

#include "actors.h"
#include "child.h"
#include "loop/loop.h"
#include "testing/testing.h"
#include "test.h"

static inline void begin(coil_fn fn, const void *arg)
{
    ASSERT_EQ(coil_task_create(NULL, fn, (void *)(uintptr_t)arg), 0);
}

#endif
