/* SPDX-License-Identifier: MIT */
/*
 * perf.h - what a thread of another process does while it is on a processor
 *
 * By perf events of the kernel (perf_event_open(2)): a clock that counts the
 * thread's own time interrupts it, and the kernel copies its registers and the
 * top of its stack.  The thread is neither stopped nor attached to.  Where the
 * kernel refuses that, or on another processor than x86-64, there are no samples.
 */
#ifndef COIL_PROFILE_PERF_H
#define COIL_PROFILE_PERF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct perf;

enum { PERF_STACK = 16384, PERF_REGISTERS = 16 };

struct perf_sample {
    uintptr_t pc;
    uint64_t registers[PERF_REGISTERS]; /* by their numbers in DWARF */
    bool is_in_kernel;
    const unsigned char *stack; /* from the stack pointer on */
    size_t stack_size;
};

/*
 * Begin to sample a thread each `period` nanoseconds of its own time.  NULL: the
 * kernel refuses.  `*sees_kernel`: whether time in system calls is sampled, too.
 */
struct perf *perf_open(int tid, uint64_t period, bool *sees_kernel);
void perf_close(struct perf *perf);

/* Take the next sample, valid until the next call.  False: there is none. */
bool perf_take(struct perf *perf, struct perf_sample *sample);

/* How many the kernel has dropped. */
uint64_t perf_lost(const struct perf *perf);

#endif
