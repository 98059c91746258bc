/* SPDX-License-Identifier: MIT */
/* overflow_test.h - what the programs overflow and overflow_signal share */
#ifndef COIL_TESTS_OVERFLOW_TEST_H
#define COIL_TESTS_OVERFLOW_TEST_H

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <coil/coroutine.h>
#include <coil/error.h>
#include <coil/loop.h>
#include <coil/task.h>

#include "base/platform.h"
#include "child.h"
#include "sandbox.h"
#include "test.h"

/* ---- going too far -------------------------------------------------------- */

int overflow(void *arg);
int yield(void *arg);

struct plan {
    coil_fn fn;
    struct coil_task_options task;
    struct coil_loop_options loop;
};

int start_task(void *arg);
void run_plan(void *arg);
bool has_sigsegv(void);
void skip_if_taken(void);

/* Lines of coil: an emulator may print others. */
void expect_no_report(void);

#endif
