/* SPDX-License-Identifier: MIT */
/* run_test.h - what the programs run and run_interrupted share */
#ifndef COIL_TESTS_RUN_TEST_H
#define COIL_TESTS_RUN_TEST_H

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include <coil/combinators.h>
#include <coil/error.h>
#include <coil/event.h>
#include <coil/loop.h>
#include <coil/stream.h>
#include <coil/task.h>
#include <coil/task_group.h>
#include <coil/testing.h>
#include <coil/timeout.h>

#include "base/platform.h"
#include "child.h"
#include "test.h"

static struct child child;

/* ---- what is left over ---------------------------------------------------- */

#endif
