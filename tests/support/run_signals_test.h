/* SPDX-License-Identifier: MIT */
/* run_signals_test.h - what the programs run_signals and run_signals_shared share */
#ifndef COIL_TESTS_RUN_SIGNALS_TEST_H
#define COIL_TESTS_RUN_SIGNALS_TEST_H

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/syscall.h>

#include <coil.h>
#include <coil/testing.h>

#include "child.h"
#include "test.h"

void ready(void);
int tell_and_sleep(void *arg);
void by_default(void);

/* A whole program, in a child. */
void play_program(void *arg);

/* Run fn in a program, and send it `number` when it is ready. */
void end_by(int number, coil_fn fn);

void expect_status(int status);

/*
 * Say that it is ready when it waits for the signal, and wait for the signal.
 */
COIL_SUSPENDS int wait_for(int number);

#endif
