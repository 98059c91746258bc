/* SPDX-License-Identifier: MIT */
#include "sched/coroutine.h"

#include <errno.h>
#include <string.h>

/*
 * The room above the usable stack, besides the coroutine: for rounding, for the
 * stagger of the tops (context/stack.c), and for coil's own frames.
 */
enum { STACK_EXTRA = 4096 };

/* The size of the stack to ask for.  The largest possible has room to spare. */
static size_t whole_stack(size_t size, size_t stack_size)
{
    size_t whole = stack_size * COIL_STACK_SCALE + size + STACK_EXTRA;

    if (stack_size == 0)
        return COIL_STACK_DEFAULT;
    return whole < COIL_STACK_MAX ? whole : COIL_STACK_MAX;
}

static bool runs_on_small_stack(const struct coil_coroutine *co)
{
    const char *here = __builtin_frame_address(0);

    return co && co->context.extras & COIL_CONTEXT_SMALL &&
           here >= co->stack->low && here < co->stack->top;
}

/*
 * While a coroutine runs, the thread's own stack is in use down to where it was
 * left, and a red zone.
 */
void coil__coroutine_call_below(void (*fn)(void *arg), void *arg)
{
    enum { RED_ZONE = 128 };

    coil__switch_call(fn, arg, (char *)coil__thread()->main.at.sp - RED_ZONE);
}

void coil__coroutine_call_off(void (*fn)(void *arg), void *arg)
{
    if (COIL_UNLIKELY(runs_on_small_stack(coil__thread()->current)))
        coil__coroutine_call_below(fn, arg);
    else
        fn(arg);
}

/* A stack to take. */
struct taking {
    struct coil_stack_pool *pool;
    size_t size;
    bool small;
    int rc;
    struct coil_stack *stack;
};

static void take(void *arg)
{
    struct taking *t = arg;

    t->rc = t->small ? coil__stack_acquire_small(t->pool, t->size, &t->stack)
                     : coil__stack_acquire(t->pool, t->size, &t->stack);
}

/* One of the two stacks is small: this one, or that which is taken. */
static COIL_NOINLINE int take_off(struct coil_stack_pool *pool, size_t size,
                                  bool small, struct coil_stack **out)
{
    struct taking t = { pool, size, small, 0, NULL };

    coil__coroutine_call_off(take, &t);
    *out = t.stack;
    return t.rc;
}

/* Inline, as most stacks are not small. */
static inline int take_stack(size_t size, bool small, struct coil_stack **out)
{
    struct coil_thread *self = coil__thread();
    struct coil_stack_pool *pool = coil__thread_stacks();

    if (!pool)
        return -ENOMEM;
    coil__thread_reap(self);
    if (COIL_UNLIKELY(small || runs_on_small_stack(self->current)))
        return take_off(pool, size, small, out);
    return coil__stack_acquire(pool, size, out);
}

int coil__coroutine_take_small_stack(size_t size, struct coil_stack **out)
{
    return take_stack(size, true, out);
}

struct coil_coroutine *coil__coroutine_lay_out(struct coil_stack *stack,
                                               size_t size, coil_entry_fn entry)
{
    char *top = (char *)((uintptr_t)(stack->top - size) & ~(uintptr_t)63);
    struct coil_coroutine *co = (struct coil_coroutine *)(void *)top;

    memset(top, 0, size);
    co->stack = stack;
    coil__context_make(&co->context, stack->low, top, entry, co);
    return co;
}

int coil__coroutine_create(void **out, size_t size, size_t stack_size,
                           coil_entry_fn entry)
{
    struct coil_stack *stack;
    int rc;

    if (stack_size > COIL_STACK_MAX)
        return -EINVAL;
    rc = take_stack(whole_stack(size, stack_size), false, &stack);
    if (rc < 0)
        return rc;
    *out = coil__coroutine_lay_out(stack, size, entry);
    return 0;
}

void coil__coroutine_dispose(struct coil_coroutine *co)
{
    struct coil_thread *self = coil__thread();

    if (self->current != co)
        coil__thread_release(self, &co->context, co->stack);
    else
        coil__thread_bury(self, &co->context, co->stack);
}

void coil__coroutine_run(struct coil_runnable *runnable)
{
    coil__coroutine_resume(coil__coroutine_of(runnable));
}

COIL_NO_TSAN struct coil_switch *coil__coroutine_end(struct coil_coroutine *co)
{
    /*
     * The stack of `co` may be released, but it is not reused before the
     * switch.
     */
    return coil__context_end(&co->context,
                             coil__coroutine_next(coil__thread(), co));
}

struct coil_coroutine *coil_coroutine_current(void)
{
    return coil__thread()->current;
}

size_t coil_stack_remaining(void)
{
    struct coil_coroutine *co = coil__thread()->current;
    const char *here = __builtin_frame_address(0);

    /* What is called off a small stack runs on that of the thread. */
    if (!co || here < co->stack->low || here >= co->stack->top)
        return SIZE_MAX;
    return (size_t)(here - co->stack->low);
}
