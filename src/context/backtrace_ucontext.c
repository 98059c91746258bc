/* SPDX-License-Identifier: MIT */
/*
 * backtrace_ucontext.c - a CPU whose frames we cannot read: no backtraces
 */
#include "context/backtrace.h"

size_t coil__backtrace_left(const struct coil_switch *at,
                            struct coil_stack_range range,
                            struct coil_frame *frames, size_t max)
{
    (void)at;
    (void)range;
    (void)frames;
    (void)max;
    return 0;
}

size_t coil__backtrace_blocked(uintptr_t sp, uintptr_t pc, const void *copy,
                               struct coil_stack_range range,
                               struct coil_frame *frames, size_t max)
{
    (void)sp;
    (void)pc;
    (void)copy;
    (void)range;
    (void)frames;
    (void)max;
    return 0;
}

uintptr_t coil__signal_sp(const void *ucontext)
{
    (void)ucontext;
    return 0;
}

size_t coil__backtrace_signal(const void *ucontext,
                              struct coil_stack_range range,
                              struct coil_frame *frames, size_t max)
{
    (void)ucontext;
    (void)range;
    (void)frames;
    (void)max;
    return 0;
}

size_t coil__backtrace_here(struct coil_stack_range range,
                            struct coil_frame *frames, size_t max)
{
    (void)range;
    (void)frames;
    (void)max;
    return 0;
}
