/* SPDX-License-Identifier: MIT */
/* poll_simulator_test.h - what the programs poll_simulator and poll_simulator_network share */
#ifndef COIL_TESTS_POLL_SIMULATOR_TEST_H
#define COIL_TESTS_POLL_SIMULATOR_TEST_H

#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"
#include "poll_test.h"
#include "backend/simulator.h"

struct coil__backend *open_simulator(uint64_t seed);

#endif
