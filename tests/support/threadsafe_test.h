/* SPDX-License-Identifier: MIT */
/* threadsafe_test.h - what the programs threadsafe and threadsafe_close share */
#ifndef COIL_TESTS_THREADSAFE_TEST_H
#define COIL_TESTS_THREADSAFE_TEST_H

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include <coil/event.h>
#include <coil/local.h>
#include <coil/testing.h>
#include <coil/threadsafe.h>

#include "loop/loop.h"
#include "beside_test.h"

/* Run `loop` while fn(arg) runs in another thread, which stops it at its end. */
struct helper {
    void (*fn)(void *arg);
    void *arg;
};

void run_beside(void (*fn)(void *arg), void *arg);

/* ---- what is called ---- */

int add_one(void *arg);

extern atomic_int waiting;

int wait_for_ever(void *arg);

#endif
