/* SPDX-License-Identifier: MIT */
#include "run/state.h"

#include "run/world.h"
#include "schedule/schedule.h"

void state_print(const struct run *run)
{
    (void)run;
}
