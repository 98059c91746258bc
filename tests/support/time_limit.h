/* SPDX-License-Identifier: MIT */
/*
 * time_limit.h - a test that takes too long is lost, but not where others do
 *
 * The limit counts the time in which nobody on this machine waits for a
 * processor (/proc/pressure/cpu).  So a test that hangs is found soon where the
 * machine is quiet, and a busy machine makes no test fail.  A virtual machine does
 * not see how busy its host is, so of the time in which the test computes only a
 * quarter counts.  TIME_LIMIT_TIMES the limit is the end in any case.
 */
#ifndef COIL_TESTS_TIME_LIMIT_H
#define COIL_TESTS_TIME_LIMIT_H

#include <stdint.h>

/* cmake/DiscoverTests.cmake gives each test this much. */
enum { TIME_LIMIT_TIMES = 15 };

/* Begin to count. */
void time_limit_begin(void);

/* Seconds that are left of so many, rounded up. For signal handlers too. */
unsigned time_limit_left(unsigned limit);

/*
 * The same, from microseconds since the beginning, from the part in which somebody
 * waited for a processor, and from the part in which the test computed.
 */
unsigned time_limit_left_after(unsigned limit, uint64_t elapsed, uint64_t busy,
                               uint64_t used);

#endif
