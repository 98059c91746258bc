/* SPDX-License-Identifier: MIT */
/*
 * failures.h - each scenario (scenario.h) short of memory, and with a network
 * that fails
 *
 * Its n-th allocation fails, once, or from then on, for n = 1, 2 … until it runs
 * through untouched; and each n-th call of the network with each error.  Then
 * whoever called is told, nothing leaks, and once all is well again the rest of
 * the system works.
 */
#ifndef COIL_TESTS_FAILURES_H
#define COIL_TESTS_FAILURES_H

#include "scenario.h"

extern const char *failing_kind; /* the kind that fails */
extern size_t failing_n;
extern bool fails_forever;
extern unsigned long failure_runs;

/* For calls of the system instead of the simulator: failures_outside.h. */
extern void (*fail_all_calls)(void);
extern bool (*calls_are_over)(void);

int play_failing(bool calls);

void fail_everything(const struct scenario *scenario);

#endif
