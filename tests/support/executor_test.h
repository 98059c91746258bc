/* SPDX-License-Identifier: MIT */
/* executor_test.h - what the programs executor and executor_shutdown share */
#ifndef COIL_TESTS_EXECUTOR_TEST_H
#define COIL_TESTS_EXECUTOR_TEST_H

#include <pthread.h>
#include <sched.h>

#include <coil/executor.h>
#include <coil/local.h>
#include <coil/thread.h>

#include "gate_test.h"
#include "stream_test.h"

static inline struct coil_executor *new_executor(size_t max)
{
    struct coil_executor *executor;

    ASSERT_EQ(coil_executor_new(&executor, max), 0);
    return executor;
}

/* ---- running ---- */

static inline int run_here(void *arg)
{
    void **both = arg;

    return coil_executor_run(both[0], pass_gate, both[1]);
}

/* ---- the end of the loop ---- */

static struct coil_executor *outer;

#endif
