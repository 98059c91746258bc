/* SPDX-License-Identifier: MIT */
/* fairness_shared_test.h - what the programs fairness and fairness_giving_way share */
#ifndef COIL_TESTS_FAIRNESS_SHARED_TEST_H
#define COIL_TESTS_FAIRNESS_SHARED_TEST_H

#include <signal.h>
#include <unistd.h>

#include <coil/fd.h>
#include <coil/guest.h>
#include <coil/lock.h>
#include <coil/queue.h>
#include <coil/reader.h>
#include <coil/signal.h>

#include "fairness_test.h"

/* ---- streams ---- */

int read_all(void *arg);

/* ---- the kernel's: descriptors and signals, counted in operations ---- */

extern uint64_t seen_at;

#endif
