/* SPDX-License-Identifier: MIT */
/*
 * context/context.h - leave one stack and continue on another
 *
 * Coroutines are resumed and suspended in many places, and on x86-64 the switch
 * is inlined there (switch_x86_64.h).  The compiler saves what it needs, and
 * every call has its return; a missing return would spoil the processor's
 * prediction of all returns that follow.  A switch that is a function of its
 * own costs three times as much, and one that ends in a return eight times
 * (DESIGN §5).
 *
 * All contexts of a thread share the floating-point control words, except for
 * contexts that ask for their own.  Each context has its own state of C++
 * exceptions: cxx.h.
 *
 * The primitives are in switch.h.
 */
#ifndef COIL_CONTEXT_CONTEXT_H
#define COIL_CONTEXT_CONTEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/platform.h"
#include "context/canary.h"
#include "context/cxx.h"
#include "context/switch.h"

/* The thread's own context has no mark; those that it switches with have. */
enum {
    COIL_CONTEXT_OWN_FP = 1,
    COIL_CONTEXT_CXX = 2,   /* there is a C++ runtime */
    COIL_CONTEXT_SMALL = 4, /* the stack has a canary: canary.h */
};

/* Whether coil__switch_call() exists, which small stacks need. */
#if defined(COIL_CONTEXT_X86_64) || defined(COIL_CONTEXT_AARCH64)
#define COIL_HAS_SMALL_STACKS 1
#else
#define COIL_HAS_SMALL_STACKS 0
#endif

struct coil_context {
    struct coil_switch at; /* valid while the context is suspended */
    unsigned char extras;  /* what else is switched: COIL_CONTEXT_… */
    uint16_t depth;        /* SMALL: how far below this struct the stack ends */
    uint32_t fp[2];
#if defined(COIL_ASAN) || defined(COIL_TSAN)
    const void *stack_low;
    size_t stack_size;
    void *fake_stack;
    void *fiber;
#endif
};

/* ---- contexts ----------------------------------------------------------- */

/* The control words of all others, while a context with OWN_FP runs. */
extern _Thread_local uint32_t coil__fp_shared[2];

/* Make a context that calls entry(arg) on the stack from `low` up to `top`. */
void coil__context_make(struct coil_context *context, void *low, void *top,
                        coil_entry_fn entry, void *arg);

/* Release what a sanitizer keeps for a context that has ended. */
void coil__context_fini(struct coil_context *context);

/*
 * The thread ends: release what is kept for its next contexts, and forget what
 * frames that never returned have left on its own stack.
 */
void coil__context_end_thread(void);

#if defined(COIL_ASAN) || defined(COIL_TSAN)

/* Tell the sanitizer, before and after a switch.  `ends`: `from` has ended. */
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
 * TSan must not instrument what follows: a function that is entered on one
 * stack and left on another would be popped off the wrong call stack.
 */
static inline COIL_NO_TSAN void
coil__context_switch_fp(struct coil_context *from, struct coil_context *to)
{
    bool saves = from->extras & COIL_CONTEXT_OWN_FP;
    bool loads = to->extras & COIL_CONTEXT_OWN_FP;

    coil__fp_save(saves ? from->fp : coil__fp_shared);
    coil__fp_load(loads ? to->fp : coil__fp_shared);
}

/*
 * Called when a context whose canary is broken is left; does not return.  Set
 * before there is a SMALL context.
 */
extern void (*coil__context_overflow)(struct coil_context *context);

/* `context`, which is SMALL, is about to be left. */
static inline void coil__context_check(struct coil_context *context)
{
    if (COIL_UNLIKELY(
            !coil__canary_is_whole((const char *)context - context->depth)))
        coil__context_overflow(context);
}

/* What comes before a switch, by the extras of both. */
static inline COIL_NO_TSAN void coil__context_before(struct coil_context *from,
                                                     struct coil_context *to,
                                                     unsigned extras)
{
    if (COIL_LIKELY(!(extras & (COIL_CONTEXT_OWN_FP | COIL_CONTEXT_SMALL))))
        return;
    if (extras & COIL_CONTEXT_OWN_FP)
        coil__context_switch_fp(from, to);
    if (from->extras & COIL_CONTEXT_SMALL)
        coil__context_check(from);
}

/* As coil__context_jump().  Caught C++ exceptions stay with their stack. */
void coil__context_jump_holding(struct coil_context *from,
                                struct coil_context *to);

static inline COIL_NO_TSAN void
coil__context_prepare_jump(struct coil_context *from, struct coil_context *to,
                           bool ends)
{
    coil__context_before(from, to, from->extras | to->extras);
    coil__sanitizer_leave(from, to, ends);
}

/* Leave `from`, the running context, and enter `to`. */
static inline COIL_NO_TSAN void coil__context_jump(struct coil_context *from,
                                                   struct coil_context *to)
{
    unsigned extras = from->extras | to->extras;

    if (COIL_UNLIKELY(extras)) {
        coil__context_before(from, to, extras);
        if (extras & COIL_CONTEXT_CXX && COIL_UNLIKELY(coil__cxx_holds())) {
            coil__context_jump_holding(from, to);
            return;
        }
    }
    coil__sanitizer_leave(from, to, false);
    coil__switch(&from->at, &to->at);
    coil__sanitizer_enter(from);
}

/* Leave `from` for good.  A coil_entry_fn returns the result at once. */
static inline COIL_NO_TSAN struct coil_switch *
coil__context_end(struct coil_context *from, struct coil_context *to)
{
    coil__context_prepare_jump(from, to, true);
    return &to->at;
}

#endif
