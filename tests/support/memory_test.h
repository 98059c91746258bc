/* SPDX-License-Identifier: MIT */
/*
 * memory_test.h - many tasks parked on one event, and what each of them costs
 *
 * Resident memory is read when all are parked and compared with what it was
 * before the first was made.
 *
 * A program with this header has no watchdog: where the machine is busy, a step
 * may be a slow one, and the watchdog would read the program's debugging
 * information, which is resident, too.
 */
#ifndef COIL_TESTS_MEMORY_TEST_H
#define COIL_TESTS_MEMORY_TEST_H

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <coil/error.h>
#include <coil/event.h>
#include <coil/loop.h>
#include <coil/run.h>
#include <coil/task.h>

#include "base/platform.h"
#include "test.h"

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#endif

struct parking {
    size_t count;
    struct coil_task **tasks;
    struct coil_event event;
    size_t woken;
    size_t bytes; /* resident memory of all of them */
};

size_t resident_memory(void);

/* Otherwise each guard would be a mapping, and mappings are limited. */
bool has_guards_without_mappings(void);

int park_and_wake(void *arg);

/* Returns the resident memory of `count` parked tasks. */
size_t measure_parked_tasks(size_t count);

#endif
