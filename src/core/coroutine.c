/* SPDX-License-Identifier: MIT */
#include "core/coroutine.h"

#include <errno.h>
#include <string.h>

#include "base/panic.h"
#include "core/task.h"
#include "core/wait.h"

/* ---- stacks and switching ------------------------------------------------ */

/*
 * What lies above the usable bytes beside the coroutine: rounding, the stagger
 * of the tops (stack.c), and our own frames.
 */
enum { STACK_EXTRA = 4096 };

/* How large a stack to ask for.  The largest has room to spare. */
static size_t whole_stack(size_t size, size_t stack_size)
{
    size_t whole = stack_size + size + STACK_EXTRA;

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
    if (self->ended)
        coil__coroutine_reap(self);
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

static void release_now(struct coil_thread *self, struct coil_coroutine *co)
{
    struct coil_stack *stack = co->stack;

    coil__context_fini(&co->context);
    coil__stack_release(self->stacks, stack);
}

void coil__coroutine_reap(struct coil_thread *self)
{
    struct coil_coroutine *co = self->ended;

    self->ended = NULL;
    if (co)
        release_now(self, co);
}

void coil__coroutine_dispose(struct coil_coroutine *co)
{
    struct coil_thread *self = coil__thread();

    if (self->current != co) {
        release_now(self, co);
        return;
    }
    if (self->ended)
        coil__coroutine_reap(self);
    self->ended = co;
}

void coil__coroutine_run(struct coil_runnable *runnable)
{
    coil__coroutine_resume(coil__coroutine_of(runnable));
}

COIL_NO_TSAN struct coil_switch *coil__coroutine_end(struct coil_coroutine *co)
{
    /* The struct may be on a released stack, but that is not reused yet. */
    return coil__context_end(&co->context,
                             coil__coroutine_next(coil__thread(), co));
}

/* ---- coroutines without a task -------------------------------------------- */

static COIL_NO_TSAN struct coil_switch *run(void *arg)
{
    struct coil_coroutine *co = arg;

    coil__coroutine_entered(co);
    co->result = co->fn(co->arg);
    co->state = COIL_COROUTINE_DONE;
    return coil__coroutine_end(co);
}

int coil_coroutine_new(struct coil_coroutine **out, coil_fn fn, void *arg,
                       size_t stack_size)
{
    void *memory;
    struct coil_coroutine *co;
    int rc;

    rc = coil__coroutine_create(&memory, sizeof *co, stack_size, run);
    if (rc < 0)
        return rc;
    co = memory;
    co->fn = fn;
    co->arg = arg;
    *out = co;
    return 0;
}

static inline int drive(struct coil_coroutine *co, void **yielded)
{
    coil__coroutine_resume(co);
    if (yielded)
        *yielded = co->state == COIL_COROUTINE_DONE ? NULL : co->passed;
    return co->state == COIL_COROUTINE_DONE ? 0 : 1;
}

static int check_can_run(const struct coil_coroutine *co)
{
    if (co->state == COIL_COROUTINE_DONE)
        return -EALREADY;
    if (co->state == COIL_COROUTINE_RUNNING || co->task)
        return -EBUSY;
    return 0;
}

int coil_coroutine_send(struct coil_coroutine *co, void *value, void **yielded)
{
    int rc = check_can_run(co);

    if (rc < 0)
        return rc;
    co->passed = value;
    return drive(co, yielded);
}

int coil_coroutine_throw(struct coil_coroutine *co, int error, void **yielded)
{
    int rc = check_can_run(co);

    if (rc < 0)
        return rc;
    if (error >= 0)
        return -EINVAL;
    if (co->state == COIL_COROUTINE_NEW) {
        co->result = error;
        co->state = COIL_COROUTINE_DONE;
        if (yielded)
            *yielded = NULL;
        return 0;
    }
    co->interrupt = error;
    coil__wait_interrupt(co);
    return drive(co, yielded);
}

int coil_coroutine_yield(void *value, void **sent)
{
    struct coil_coroutine *co;
    int rc = coil__checkpoint();

    if (rc < 0)
        return rc;
    co = coil__thread()->current;
    if (co->task)
        return -ENOTSUP;
    coil__coroutine_hand_out(co, value);
    rc = co->interrupt;
    co->interrupt = 0;
    if (rc == 0 && sent)
        *sent = co->passed;
    return rc;
}

bool coil_coroutine_is_done(const struct coil_coroutine *co)
{
    return co->state == COIL_COROUTINE_DONE;
}

int coil_coroutine_result(const struct coil_coroutine *co)
{
    return co->state == COIL_COROUTINE_DONE ? co->result : -EAGAIN;
}

void coil_coroutine_free(struct coil_coroutine *co)
{
    if (!co)
        return;
    if (co->state == COIL_COROUTINE_RUNNING)
        COIL_PANIC("a running coroutine cannot be freed");
    while (co->state == COIL_COROUTINE_SUSPENDED &&
           coil_coroutine_throw(co, -ECANCELED, NULL) > 0) {
        /* Who could decide its wait will not run before this returns. */
        if (co->interrupt < 0)
            COIL_PANIC("a coroutine that cannot be interrupted cannot be "
                       "freed");
    }
    coil__coroutine_dispose(co);
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
