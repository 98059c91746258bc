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

struct coil_executor *new_executor(size_t max);

/* ---- running ---- */

int run_here(void *arg);

/* ---- the end of the loop ---- */

extern struct coil_executor *outer;

#endif
