/* SPDX-License-Identifier: MIT */
/* place.h - where a body runs: on the kernel, or on the simulator */
#ifndef COIL_TESTS_PLACE_H
#define COIL_TESTS_PLACE_H

#include <stdbool.h>
#include <stdint.h>

extern bool simulated;
extern uint64_t seed; /* 0 on the kernel */

/* Let everything happen that can happen without the running task. */
void settle(void);

#endif
