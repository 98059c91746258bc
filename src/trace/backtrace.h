/* SPDX-License-Identifier: MIT */
/*
 * trace/backtrace.h - who called whom on a stack, running or suspended
 *
 * These functions may be called in signal handlers: they allocate and lock
 * nothing, read only the given part of the stack, and check each word.  A stack
 * that makes no sense gives a short backtrace.
 *
 * backtrace_x86_64.c follows the compiler's description of each frame (cfi.h),
 * so it needs no frame pointers.  backtrace_aarch64.c follows frame pointers,
 * which that ABI has.  backtrace_ucontext.c finds nothing.
 */
#ifndef COIL_TRACE_BACKTRACE_H
#define COIL_TRACE_BACKTRACE_H

#include "context/context.h"

enum { COIL__BACKTRACE_MAX = 64 };

struct coil_frame {
    /* Within the instruction that runs or has called, as addr2line wants it. */
    uintptr_t pc;
    uintptr_t function; /* its beginning; 0: not known */
};

/* The part of a stack that may be read. */
struct coil_stack_range {
    uintptr_t low;
    uintptr_t top;
};

/* Innermost first.  Each returns how many frames it stored, at most `max`. */

/* The frames of a suspended context. */
size_t coil__backtrace_left(const struct coil_switch *at,
                            struct coil_stack_range range,
                            struct coil_frame *frames, size_t max);

/* The frames of the caller. */
size_t coil__backtrace_here(struct coil_stack_range range,
                            struct coil_frame *frames, size_t max);

/* The frames that a signal interrupted; `ucontext` is from its handler. */
size_t coil__backtrace_signal(const void *ucontext,
                              struct coil_stack_range range,
                              struct coil_frame *frames, size_t max);

/*
 * Whether the instruction before the address `back` is a call that names its
 * target.  Then *target is the target, or 0 if it cannot be seen.  Otherwise
 * the call goes to what a register or a variable holds.
 */
bool coil__call_is_direct(uintptr_t back, uintptr_t *target);

/*
 * The stack pointer that a signal interrupted, and the address of the
 * instruction; 0: not known.
 */
uintptr_t coil__signal_sp(const void *ucontext);
uintptr_t coil__signal_pc(const void *ucontext);

/*
 * The frames of another thread, which is inside a system call and of which only
 * these two registers are known.  `copy` has the bytes from `sp` up to
 * range.top.
 */
size_t coil__backtrace_blocked(uintptr_t sp, uintptr_t pc, const void *copy,
                               struct coil_stack_range range,
                               struct coil_frame *frames, size_t max);

#endif
