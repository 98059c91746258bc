/* SPDX-License-Identifier: MIT */
/*
 * watchdog_test.h - steps that take too long, and the reports about them
 */
#ifndef COIL_TESTS_WATCHDOG_TEST_H
#define COIL_TESTS_WATCHDOG_TEST_H

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <coil/error.h>
#include <coil/event.h>
#include <coil/loop.h>
#include <coil/task.h>

#include "base/platform.h"
#include "child.h"
#include "names.h"
#include "sandbox.h"
#include "test.h"

extern coil_time slow;

coil_time now(void);
int compute(coil_time duration);
int block(coil_time duration);
int be_slow(void *arg);
int be_asleep(void *arg);

/*
 * Wait for fn(event), which sets the event; it is called outside of any task.
 */
int await_call(coil_callback_fn fn);

/* In the child: run the coil_fn that `arg` points to. */
void run_task_of_child(void *arg);

void run_child(coil_fn fn);

/*
 * In the child: run body(arg), until this many reports were made.  On a busy machine
 * a step may be over before anybody has looked at it: then it takes longer.
 */
void run_until_told(void (*body)(void *arg), void *arg, int reports);

/* The same of a task. */
void run_child_until_told(coil_fn fn, int reports);

/* TSan delays a signal, and then the stack is another one. */
#if defined(COIL_TSAN)
enum { SIGNALS_ARE_LATE = true };
#else
enum { SIGNALS_ARE_LATE = false };
#endif

/*
 * On other processors than x86-64 it is not seen that a function without calls
 * has been left, and on an emulator such as valgrind system calls differ.
 */
bool is_emulated(void);

bool sees_all(void);
void expect_frame(const char *function);
void expect_no_frame(const char *function);
void expect_silence(void);

#endif
