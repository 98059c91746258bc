/* SPDX-License-Identifier: MIT */
/*
 * beside_test.h - a test of the loop with threads beside its own
 */
#ifndef COIL_TESTS_BESIDE_TEST_H
#define COIL_TESTS_BESIDE_TEST_H

#include <pthread.h>

#include "loop_test.h"

void pause_for(coil_time duration);
pthread_t start_thread(void *(*fn)(void *arg), void *arg);
void join(pthread_t thread);

#endif
