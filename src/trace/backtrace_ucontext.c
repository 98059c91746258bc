/* SPDX-License-Identifier: MIT */
/*
 * backtrace_ucontext.c - no backtraces
 *
 * For a CPU or a C library whose frames coil cannot read.  The stack pointer
 * may still be known.
 */
#include "trace/backtrace.h"

#include <ucontext.h>

#if defined(__x86_64__)
#define STACK_POINTER(uc) ((uintptr_t)(uc)->uc_mcontext.gregs[REG_RSP])
#elif defined(__aarch64__)
#define STACK_POINTER(uc) ((uintptr_t)(uc)->uc_mcontext.sp)
#else
#define STACK_POINTER(uc) ((void)(uc), (uintptr_t)0)
#endif

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

bool coil__call_is_direct(uintptr_t back, uintptr_t *target)
{
    (void)back;
    *target = 0;
    return true;
}

uintptr_t coil__signal_sp(const void *ucontext)
{
    const ucontext_t *uc = ucontext;

    return STACK_POINTER(uc);
}

/* Nothing is known of where the registers are. */
uintptr_t coil__signal_pc(const void *ucontext)
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
