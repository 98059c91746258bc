/* SPDX-License-Identifier: MIT */
/*
 * context/context.h - leave one stack and go on on another
 *
 * A switch is asked for where core resumes and suspends.  On x86-64 it is
 * inlined there (switch_x86_64.h): the compiler saves what it needs itself, and no
 * call is left without its return, which would shift the processor's prediction
 * of all returns that follow.  A switch that is a function of its own costs
 * three times as much, and one that ends in a return eight times (DESIGN §5).
 *
 * Floating-point control words are shared by all contexts of a thread, but for
 * those that ask for their own.  What a C++ runtime keeps of exceptions is each
 * context's own: cxx.h.
 *
 * The primitives are in switch.h.
 */
#ifndef COIL_CONTEXT_CONTEXT_H
#define COIL_CONTEXT_CONTEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/platform.h"
#include "context/cxx.h"
#include "context/switch.h"

/* The thread's own context is not marked; those it switches with are. */
enum {
    COIL_CONTEXT_OWN_FP = 1,
    COIL_CONTEXT_CXX = 2, /* there is a C++ runtime */
};

struct coil_context {
    struct coil_switch at; /* valid while the context is left */
    unsigned char extras;  /* what is switched as well: COIL_CONTEXT_… */
    uint32_t fp[2];
#if defined(COIL_ASAN) || defined(COIL_TSAN)
    const void *stack_low;
    size_t stack_size;
    void *fake_stack;
    void *fiber;
#endif
};

/* ---- contexts ----------------------------------------------------------- */

/* Those of all contexts without COIL_CONTEXT_OWN_FP, while one with it runs. */
extern _Thread_local uint32_t coil__fp_shared[2];

/* A context for entry(arg) on the stack from `low` up to `top`. */
void coil__context_make(struct coil_context *context, void *low, void *top,
                        coil_entry_fn entry, void *arg);

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

/*
 * From here on nothing may be marked for TSan: a function that is entered on one
 * stack and left on another would be popped off a call stack it never was on.
 */
static inline COIL_NO_TSAN void
coil__context_switch_fp(struct coil_context *from, struct coil_context *to)
{
    bool saves = from->extras & COIL_CONTEXT_OWN_FP;
    bool loads = to->extras & COIL_CONTEXT_OWN_FP;

    coil__fp_save(saves ? from->fp : coil__fp_shared);
    coil__fp_load(loads ? to->fp : coil__fp_shared);
}

/* As coil__context_jump(), taking what C++ has caught on this stack along. */
void coil__context_jump_holding(struct coil_context *from,
                                struct coil_context *to);

static inline COIL_NO_TSAN void
coil__context_prepare_jump(struct coil_context *from, struct coil_context *to,
                           bool ends)
{
    if (COIL_UNLIKELY((from->extras | to->extras) & COIL_CONTEXT_OWN_FP))
        coil__context_switch_fp(from, to);
    coil__sanitizer_leave(from, to, ends);
}

/* Leave `from`, the running context, and enter `to`. */
static inline COIL_NO_TSAN void coil__context_jump(struct coil_context *from,
                                                   struct coil_context *to)
{
    unsigned extras = from->extras | to->extras;

    if (COIL_UNLIKELY(extras)) {
        if (COIL_UNLIKELY(extras & COIL_CONTEXT_OWN_FP))
            coil__context_switch_fp(from, to);
        if (extras & COIL_CONTEXT_CXX && COIL_UNLIKELY(coil__cxx_holds())) {
            coil__context_jump_holding(from, to);
            return;
        }
    }
    coil__sanitizer_leave(from, to, false);
    coil__switch(&from->at, &to->at);
    coil__sanitizer_enter(from);
}

/* The same for good: what a coil_entry_fn returns, at once. */
static inline COIL_NO_TSAN struct coil_switch *
coil__context_end(struct coil_context *from, struct coil_context *to)
{
    coil__context_prepare_jump(from, to, true);
    return &to->at;
}

#endif
