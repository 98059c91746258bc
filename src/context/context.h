/* SPDX-License-Identifier: MIT */
/*
 * context/context.h - leave one stack and go on on another
 *
 * A switch saves what the calling convention lets the callee keep: the
 * callee-saved registers, on the stack it leaves.  It enters the other stack by
 * an indirect jump and not by a return: the processor's return-address
 * predictor belongs to the stack that is left, so a return is mispredicted
 * every time (8.5 ns against 3.1 ns, DESIGN §5).
 *
 * Floating-point control words are shared by all contexts of a thread, but for
 * those that ask for their own.
 *
 * Exactly one of x86_64.S, aarch64.S and ucontext.c implements the primitives.
 */
#ifndef COIL_CONTEXT_CONTEXT_H
#define COIL_CONTEXT_CONTEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/platform.h"

struct coil_context {
    void *sp; /* valid while the context is left */
    bool own_fp;
    uint32_t fp[2];
    /* For sanitizers; unused otherwise. */
    const void *stack_low;
    size_t stack_size;
    void *fake_stack;
    void *fiber;
};

/* ---- primitives, one implementation per CPU ----------------------------- */

/*
 * Let *sp be a context that, when first entered, calls entry(arg) on the stack
 * that ends at `top`.  `low` is its other end.  entry must not return.
 */
void coil__switch_prepare(void **sp, void *low, void *top, void (*entry)(void *),
                          void *arg);

/* Leave the running context in *from and enter *to. */
void coil__switch(void **from, void **to);

void coil__fp_save(uint32_t fp[2]);
void coil__fp_load(const uint32_t fp[2]);

/* ---- contexts ----------------------------------------------------------- */

/* The control words of all contexts without own_fp, while one with it runs. */
extern _Thread_local uint32_t coil__fp_shared[2];

/* A context for entry(arg) on the stack from `low` up to `top`. */
void coil__context_make(struct coil_context *context, void *low, void *top,
                        void (*entry)(void *), void *arg);

/* Give back what a sanitizer keeps for a context that has ended. */
void coil__context_fini(struct coil_context *context);

#if defined(COIL_ASAN) || defined(COIL_TSAN)

/* Tell the sanitizer, around a switch; `ends`: `from` will not be entered. */
void coil__sanitizer_leave(struct coil_context *from, struct coil_context *to,
                           bool ends);
void coil__sanitizer_enter(struct coil_context *context);

#else

static inline void coil__sanitizer_leave(struct coil_context *from,
                                         struct coil_context *to, bool ends)
{
    (void)from;
    (void)to;
    (void)ends;
}

static inline void coil__sanitizer_enter(struct coil_context *context)
{
    (void)context;
}

#endif

static inline void coil__context_jump(struct coil_context *from,
                                      struct coil_context *to, bool ends)
{
    if (COIL_UNLIKELY(from->own_fp || to->own_fp)) {
        coil__fp_save(from->own_fp ? from->fp : coil__fp_shared);
        coil__fp_load(to->own_fp ? to->fp : coil__fp_shared);
    }
    coil__sanitizer_leave(from, to, ends);
    coil__switch(&from->sp, &to->sp);
    coil__sanitizer_enter(from);
}

#endif
