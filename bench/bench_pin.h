/* SPDX-License-Identifier: MIT */
/*
 * bench_pin.h - keep a thread on one processor
 */
#ifndef BENCH_BENCH_PIN_H
#define BENCH_BENCH_PIN_H

#include <sched.h>
#include <unistd.h>

#include "bench.h"

/* On number `nth` of the processors that the process may use, counted round. */
static inline void bench_pin(int nth)
{
    cpu_set_t set;
    cpu_set_t one;
    size_t cpu = 0;

    bench_check(sched_getaffinity(getpid(), sizeof set, &set));
    nth %= CPU_COUNT(&set);
    while (!CPU_ISSET(cpu, &set) || nth-- > 0)
        cpu++;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    bench_check(sched_setaffinity(0, sizeof one, &one));
}

#endif
