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

void coil__fp_save(uint32_t fp[2]);
void coil__fp_load(const uint32_t fp[2]);

/*
 * Call fn(arg) behind a guard (personality.h), and return its result.  Both
 * functions are in one piece of code.
 */
int coil__guard(int (*fn)(void *arg), void *arg);
void coil__guard_void(void (*fn)(void *arg), void *arg);

#endif
