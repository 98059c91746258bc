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

int coil__coroutine_create(void **out, size_t size, size_t stack_size,
                           coil_entry_fn entry)
{
    struct coil_thread *self = coil__thread();
    struct coil_stack_pool *pool = coil__thread_stacks();
    struct coil_coroutine *co;
    struct coil_stack *stack;
    char *top;
    int rc;

    if (!pool)
        return -ENOMEM;
    coil__thread_reap(self);
    if (stack_size > COIL_STACK_MAX)
        return -EINVAL;
    rc = coil__stack_acquire(pool, whole_stack(size, stack_size), &stack);
    if (rc < 0)
        return rc;

    top = (char *)((uintptr_t)(stack->top - size) & ~(uintptr_t)63);
    memset(top, 0, size);
    co = (struct coil_coroutine *)(void *)top;
    co->stack = stack;
    coil__context_make(&co->context, stack->low, top, entry, co);
    *out = top;
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

    if (!co)
        return SIZE_MAX;
    return (size_t)((char *)__builtin_frame_address(0) - co->stack->low);
}
