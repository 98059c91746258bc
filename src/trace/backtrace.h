/* SPDX-License-Identifier: MIT */
/*
 * trace/backtrace.h - who called whom on a stack, running or left
 *
 * Callable from signal handlers: nothing is allocated or locked, and only the
 * given part of the stack is read, checked word by word.  A stack that makes no
 * sense gives a short backtrace.
 *
 * backtrace_x86_64.c goes by the compiler's description of each frame (cfi.h),
 * so it needs no frame pointers; backtrace_aarch64.c by frame pointers, which
 * that ABI has; backtrace_ucontext.c does not know.
 */
#ifndef COIL_TRACE_BACKTRACE_H
#define COIL_TRACE_BACKTRACE_H

#include "context/context.h"

enum { COIL__BACKTRACE_MAX = 64 };

struct coil_frame {
    /* Within the instruction that runs or has called: what addr2line wants. */
    uintptr_t pc;
    uintptr_t function; /* where it begins; 0: not known */
};

/* The part of a stack that may be read. */
struct coil_stack_range {
    uintptr_t low;
    uintptr_t top;
};

/* Innermost first.  Each returns how many frames it stored, at most `max`. */

/* Of a context that is left. */
size_t coil__backtrace_left(const struct coil_switch *at,
                            struct coil_stack_range range,
                            struct coil_frame *frames, size_t max);

/* Of the caller. */
size_t coil__backtrace_here(struct coil_stack_range range,
                            struct coil_frame *frames, size_t max);

/* Of what a signal interrupted; `ucontext` is the handler's third argument. */
size_t coil__backtrace_signal(const void *ucontext,
                              struct coil_stack_range range,
                              struct coil_frame *frames, size_t max);

/*
 * Whether the instruction before the address `back` names whom it calls, who is
 * then told; else it calls whatever a register or a variable holds.  *target is 0
 * where that cannot be seen.
 */
bool coil__call_is_direct(uintptr_t back, uintptr_t *target);

/* Its stack pointer; 0: not known. */
uintptr_t coil__signal_sp(const void *ucontext);

/*
 * Of another thread that is inside a system call, of which only these two
 * registers are known.  `copy` has the bytes from sp on up to range.top.
 */
size_t coil__backtrace_blocked(uintptr_t sp, uintptr_t pc, const void *copy,
                               struct coil_stack_range range,
                               struct coil_frame *frames, size_t max);

#endif
