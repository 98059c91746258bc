/* SPDX-License-Identifier: MIT */
/*
 * context/switch.h - the primitives, one implementation for each processor
 *
 * Exactly one of switch_x86_64.S with switch_x86_64.h, switch_aarch64.S and
 * switch_ucontext.c implements them.
 */
#ifndef COIL_CONTEXT_SWITCH_H
#define COIL_CONTEXT_SWITCH_H

#include <stdint.h>

#include "base/platform.h"

/* Where a suspended context continues.  Only switch_x86_64.h uses all three. */
struct coil_switch {
    void *sp;
    void *fp;
    void *pc;
};

/*
 * The function of a coroutine.  It returns the context to enter when it has
 * ended: leaving by a return keeps the prediction of returns right.
 */
typedef struct coil_switch *(*coil_entry_fn)(void *arg);

/*
 * Prepare *at: when first entered, it calls entry(arg) on the stack that ends
 * at `top`, and then enters the context that entry() has returned.  `low` is
 * the other end of the stack.
 */
void coil__switch_prepare(struct coil_switch *at, void *low, void *top,
                          coil_entry_fn entry, void *arg);

/*
 * Leave the running context in *from and enter *to:
 *
 *     void coil__switch(struct coil_switch *from, struct coil_switch *to);
 */
#if defined(COIL_CONTEXT_X86_64)
#include "context/switch_x86_64.h"
#else
void coil__switch(struct coil_switch *from, struct coil_switch *to);
#endif

/*
 * For a function in which the stack changes.  The processor predicts where a
 * return goes from the calls that it has seen, and after a switch it has seen
 * the calls of another stack.  Where tasks switch between two functions, or
 * between two calls of one, most returns would be predicted wrongly.  With this
 * attribute the function leaves by an indirect jump (switch_x86_64.S), which is
 * predicted from where it went before.
 *
 * It is not for every function that waits: where all tasks wait in the same
 * call, a return is predicted well, and a jump leaves the processor with a call
 * that has no return.  It was measured function by function: docs/performance.md.
 * A shadow stack (-fcf-protection=return) forbids such jumps.
 */
#if defined(COIL_CONTEXT_X86_64) && defined(__has_attribute) &&                \
    !(defined(__CET__) && __CET__ & 2)
#if __has_attribute(function_return)
#define COIL_RETURNS_BY_JUMP __attribute__((function_return("thunk-extern")))
#endif
#endif
#ifndef COIL_RETURNS_BY_JUMP
#define COIL_RETURNS_BY_JUMP
#endif

/*
 * Call fn(arg) on the stack that is free below `sp`; in switch_ucontext.c, on
 * the one that runs.  fn() must not switch.
 */
void coil__switch_call(void (*fn)(void *arg), void *arg, void *sp);

void coil__fp_save(uint32_t fp[2]);
void coil__fp_load(const uint32_t fp[2]);

/*
 * Call fn(arg) behind a guard (personality.h), and return its result.  Both
 * functions are in one piece of code.
 */
int coil__guard(int (*fn)(void *arg), void *arg);
void coil__guard_void(void (*fn)(void *arg), void *arg);

#endif
