/* SPDX-License-Identifier: MIT */
#include "sched/local.h"

#include <errno.h>
#include <string.h>

#include "base/memory.h"
#include "sched/coroutine.h"

enum { SPARE = 4 };

struct local_value {
    const struct coil_local *key;
    void *value;
};

struct coil_locals {
    atomic_uint references;
    size_t count;
    size_t capacity;
    struct local_value values[];
};

atomic_bool coil__locals_used;

/* ---- sharing -------------------------------------------------------------- */

/* The place of the values of what runs now. */
static struct coil_locals **current(void)
{
    struct coil_thread *self = coil__thread();
    struct coil_coroutine *co = self->current;

    /* Driven by hand: find the task that drives it.  A callback has none. */
    while (co && !co->task) {
        if (co->caller == &self->main || co->caller == self->base)
            co = NULL;
        else
            co = coil__container_of(co->caller, struct coil_coroutine, context);
    }
    return co ? &co->locals : &self->locals;
}

static struct coil_locals *hold(struct coil_locals *locals)
{
    if (locals)
        atomic_fetch_add_explicit(&locals->references, 1, memory_order_relaxed);
    return locals;
}

struct coil_locals *coil__locals_share(void)
{
    return hold(*current());
}

struct coil_locals *coil__locals_swap(struct coil_locals *locals)
{
    struct coil_locals **at = current();
    struct coil_locals *before = *at;

    *at = hold(locals);
    return before;
}

void coil__locals_put_back(struct coil_locals *before)
{
    struct coil_locals **at = current();

    coil__locals_drop(at);
    *at = before;
}

void coil__locals_release(struct coil_locals *locals)
{
    if (atomic_fetch_sub_explicit(&locals->references, 1,
                                  memory_order_acq_rel) == 1)
        coil__free(locals);
}

void coil__locals_forget(struct coil_thread *self)
{
    coil__locals_drop(&self->locals);
}

/* ---- values --------------------------------------------------------------- */

static struct local_value *find(struct coil_locals *locals,
                                const struct coil_local *key)
{
    for (size_t i = 0; locals && i < locals->count; i++) {
        if (locals->values[i].key == key)
            return &locals->values[i];
    }
    return NULL;
}

static bool is_shared(struct coil_locals *locals)
{
    return atomic_load_explicit(&locals->references, memory_order_acquire) > 1;
}

/* Replace *at by a copy that nobody shares, with room for one more value. */
static int make_own(struct coil_locals **at)
{
    struct coil_locals *old = *at;
    size_t count = old ? old->count : 0;
    struct coil_locals *own;

    own = coil__alloc(sizeof *own + (count + SPARE) * sizeof own->values[0]);
    if (!own)
        return -ENOMEM;
    atomic_init(&own->references, 1);
    own->count = count;
    own->capacity = count + SPARE;
    if (old)
        memcpy(own->values, old->values, count * sizeof own->values[0]);
    coil__locals_drop(at);
    *at = own;
    return 0;
}

void *coil_local_get(const struct coil_local *local)
{
    struct local_value *value = find(*current(), local);

    return value ? value->value : local->initial;
}

int coil_local_set(const struct coil_local *local, void *value)
{
    struct coil_locals **at = current();
    struct coil_locals *locals = *at;
    struct local_value *old = find(locals, local);
    int rc;

    if (!locals || is_shared(locals) ||
        (!old && locals->count == locals->capacity)) {
        rc = make_own(at);
        if (rc < 0)
            return rc;
        locals = *at;
        old = find(locals, local);
    }
    if (!old)
        old = &locals->values[locals->count++];
    *old = (struct local_value){ local, value };
    if (at == &coil__thread()->locals) {
        coil__thread()->forget_locals = coil__locals_forget;
        coil__thread_watch_exit();
    }
    atomic_store_explicit(&coil__locals_used, true, memory_order_relaxed);
    return 0;
}
