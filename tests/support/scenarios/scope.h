/* SPDX-License-Identifier: MIT */
/* scope.h - what the programs of other files take from scope.c */
#ifndef COIL_TESTS_SCENARIOS_SCOPE_H
#define COIL_TESTS_SCENARIOS_SCOPE_H

#include <coil/as_completed.h>
#include <coil/coroutine.h>
#include <coil/future.h>
#include <coil/local.h>
#include <coil/staggered_race.h>
#include <coil/task_group.h>

#include "scenario.h"

int nap(void *arg);
void probe_time(void);
void probe_count(void);

#endif
