/* SPDX-License-Identifier: MIT */
#include "sched/small.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/panic.h"
#include "context/alternate.h"
#include "context/binding.h"
#include "context/stack_hooks.h"
#include "sched/coroutine.h"
#include "sched/thread.h"

/* What a task has, of a stack that is not said to be larger. */
enum { DEFAULT_SIZE = 1400, UNTOUCHED = 0x5c };

/* ---- an overflow ----------------------------------------------------------- */

static void tell_overflow(void *arg)
{
    const struct coil_coroutine *co = arg;

    coil__panic("small_stack",
                "stack overflow: more than %zu bytes were used; made at %s: "
                "give it a larger stack_size, or no small_stack",
                (size_t)((const char *)co - co->stack->low),
                co->site ? co->site : "an unknown place");
}

/* The next one to run may be the current one already. */
static void on_overflow(struct coil_context *context)
{
    struct coil_coroutine *co =
        coil__container_of(context, struct coil_coroutine, context);

    coil__thread()->current = co;
    coil__coroutine_call_below(tell_overflow, co);
}

/* ---- how much was used ------------------------------------------------------ */

/* Of the tasks that were made at one place. */
struct coil_small_use {
    struct coil_small_use *next;
    const char *site;
    size_t tasks;
    size_t size; /* of the smallest of their stacks */
    size_t used; /* … and the most that one of them has used */
};

static struct coil_small_use *use_of(struct coil_thread *self, const char *site)
{
    struct coil_small_use *use = self->small_uses;

    while (use && use->site != site)
        use = use->next;
    if (use)
        return use;
    use = coil__alloc(sizeof *use);
    if (!use)
        return NULL;
    use->site = site;
    use->size = SIZE_MAX;
    use->next = self->small_uses;
    self->small_uses = use;
    return use;
}

static void note_use(void *arg)
{
    const struct coil_coroutine *co = arg;
    const char *end = (const char *)co;
    const char *at = co->stack->low;
    struct coil_small_use *use = use_of(coil__thread(), co->site);

    if (!use)
        return;
    while (at < end && *at == UNTOUCHED)
        at++;
    use->tasks++;
    if ((size_t)(end - co->stack->low) < use->size)
        use->size = (size_t)(end - co->stack->low);
    if ((size_t)(end - at) > use->used)
        use->used = (size_t)(end - at);
}

void coil__small_measure(struct coil_coroutine *co)
{
    coil__coroutine_call_off(note_use, co);
}

void coil__small_tell(void)
{
    struct coil_thread *self = coil__thread();
    struct coil_small_use *use;

    while ((use = self->small_uses)) {
        self->small_uses = use->next;
        fprintf(stderr,
                "coil: %zu small stack%s made at %s: at most %zu of %zu bytes "
                "were used\n",
                use->tasks, use->tasks == 1 ? " was" : "s were",
                use->site ? use->site : "an unknown place", use->used,
                use->size);
        coil__free(use);
    }
}

static void forget(struct coil_thread *self)
{
    struct coil_small_use *use;

    if (self->small == COIL_SMALL_YES)
        coil__alternate_give_back();
    self->small = COIL_SMALL_UNKNOWN;
    while ((use = self->small_uses)) {
        self->small_uses = use->next;
        coil__free(use);
    }
}

/* ---- creation --------------------------------------------------------------- */

/* A signal handler needs more than a small stack has. */
static enum coil_small find_out(struct coil_thread *self)
{
    coil__context_overflow = on_overflow;
    self->forget_small = forget;
    if (!COIL_HAS_SMALL_STACKS || coil__stack_is_watched() ||
        !coil__binding_is_done((uintptr_t)coil__small_create) ||
        !coil__alternate_take())
        return COIL_SMALL_NO;
    return COIL_SMALL_YES;
}

static bool is_possible(coil_fn fn)
{
    struct coil_thread *self = coil__thread();

    if (COIL_UNLIKELY(self->small == COIL_SMALL_UNKNOWN))
        self->small = find_out(self);
    return self->small == COIL_SMALL_YES &&
           coil__binding_is_done((uintptr_t)fn);
}

int coil__small_create(void **out, size_t size, size_t stack_size,
                       coil_entry_fn entry, coil_fn fn, bool measures)
{
    enum { ROUNDING = 63 };
    size_t wanted = stack_size > 0 ? stack_size : DEFAULT_SIZE;
    struct coil_coroutine *co;
    struct coil_stack *stack;
    int rc;

    if (wanted > COIL_STACK_MAX || !is_possible(fn))
        return coil__coroutine_create(out, size, stack_size, entry);
    rc = coil__coroutine_take_small_stack(wanted + size + ROUNDING, &stack);
    if (rc == -EINVAL)
        return coil__coroutine_create(out, size, stack_size, entry);
    if (rc < 0)
        return rc;
    if (measures)
        memset(stack->low, UNTOUCHED, (size_t)(stack->top - stack->low));
    co = coil__coroutine_lay_out(stack, size, entry);
    co->context.extras |= COIL_CONTEXT_SMALL;
    co->context.depth = (uint16_t)((char *)&co->context - stack->low);
    co->at_release = measures ? COIL_AT_RELEASE_MEASURE : 0;
    *out = co;
    return 0;
}
