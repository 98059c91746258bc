/* SPDX-License-Identifier: MIT */
/* place.c - where a body runs: on the kernel, or on the simulator */
#include "place.h"

#include <coil/task.h>
#include <coil/testing.h>

#include "test.h"

bool simulated;
uint64_t seed;

void settle(void)
{
    if (simulated)
        ASSERT_EQ(coil_test_settle(), 0);
    else
        ASSERT_EQ(coil_sleep(2 * COIL_MILLISECOND), 0);
}
