/* SPDX-License-Identifier: MIT */
/* executor_test.c - what the programs executor and executor_shutdown share */
#include "executor_test.h"

struct coil_executor *new_executor(size_t max)
{
    struct coil_executor *executor;

    ASSERT_EQ(coil_executor_new(&executor, max), 0);
    return executor;
}

/* ---- running ---- */

int run_here(void *arg)
{
    void **both = arg;

    return coil_executor_run(both[0], pass_gate, both[1]);
}

/* ---- the end of the loop ---- */

struct coil_executor *outer;
