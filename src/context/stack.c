/* SPDX-License-Identifier: MIT */
/*
 * stack.c - slabs of slots, and a free list for each size
 *
 *     slab of a size class:   | slot | slot | slot | ...
 *     slot:                   | guard | stack, grows down | stagger |
 *
 * A slot is carved when it is first needed.  The slots of a slab get their
 * guards in order: many at a time, if the kernel can do that, else each when it
 * is carved.  A free stack is `warm` (it has kept its pages) or `cold` (its
 * pages were given back); warm ones are taken first.
 */
#include "context/stack.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/mman.h>

#include "base/memory.h"
#include "base/platform.h"
#include "context/map.h"
#include "context/small_stack.h"
#include "context/stack_hooks.h"
#include "context/stack_pool.h"

enum {
    MIN_SHIFT = 16, /* the smallest slot, with a narrow guard */
    FIRST_SLAB = 16,
    LAST_SLAB = 1024,
    STAGGER_STEP = 128,
    STAGGER_STEPS = 16,
    WARM_MAX = 1024, /* idle stacks that keep their memory, … */
    WARM_MIN = 16,   /* … and those that keep it for ever */
    TRIM_BATCH = 64,
};

/* A slab is at most this large, unless one slot alone is larger. */
#define SLAB_BYTES_MAX ((size_t)256 << 20)

/* Marks that the owner has ended, and nobody takes returned stacks back. */
static struct coil_stack no_owner;

static size_t narrow_guard(unsigned size_class)
{
    return size_class == 0 ? COIL_STACK_GUARD : COIL_STACK_GUARD_LARGE;
}

/* The largest stack of the class, and the length of its slot. */
static size_t stack_size(unsigned size_class)
{
    return ((size_t)1 << (MIN_SHIFT + size_class)) - narrow_guard(size_class);
}

static size_t slot_size(unsigned size_class, size_t guard)
{
    return guard + stack_size(size_class);
}

struct coil_stack_pool *coil__stack_pool_new(void)
{
    struct coil_stack_pool *pool = coil__alloc(sizeof *pool);

    if (pool)
        pool->ways.no_install = coil__guard_accepts_any_advice();
    return pool;
}

void coil__stack_pool_free(struct coil_stack_pool *pool)
{
    for (unsigned i = 0; i < COIL_STACK_CLASSES; i++) {
        struct coil_stack_slab *slab = pool->classes[i].slabs;

        while (slab) {
            struct coil_stack_slab *next = slab->next;

            coil__stack_slab_gone(slab->base, slab->size);
            munmap(slab->base, slab->size);
            if (slab->guard == COIL_STACK_GUARD_WIDE)
                coil__guard_give_back_wide(slab->count);
            coil__free(slab);
            slab = next;
        }
    }
    coil__small_fini(&pool->small);
    coil__free(pool);
}

/* Map slots with a wide guard: all of them or none. */
static int map_wide_slots(struct coil_stack_slab *slab, unsigned size_class)
{
    if (!coil__guard_take_wide(slab->count))
        return -ENOMEM;
    slab->guard = COIL_STACK_GUARD_WIDE;
    slab->size = slab->count * slot_size(size_class, slab->guard);
    slab->base = coil__stack_map(slab->size);
    if (slab->base)
        return 0;
    coil__guard_give_back_wide(slab->count);
    return -ENOMEM;
}

/* Map slots with a narrow guard: as many as there is room for, at least one. */
static int map_narrow_slots(struct coil_stack_slab *slab, unsigned size_class)
{
    slab->guard = narrow_guard(size_class);
    for (;;) {
        slab->size = slab->count * slot_size(size_class, slab->guard);
        slab->base = coil__stack_map(slab->size);
        if (slab->base)
            return 0;
        if (slab->count == 1)
            return -errno;
        slab->count /= 2;
    }
}

static int add_slab(struct coil_stack_class *class, unsigned size_class)
{
    size_t count = class->slab_count ? class->slab_count : FIRST_SLAB;
    struct coil_stack_slab *slab;
    int rc;

    while (count > 1 &&
           count * slot_size(size_class, narrow_guard(size_class)) >
               SLAB_BYTES_MAX)
        count /= 2;
    slab = coil__alloc(sizeof *slab + count * sizeof slab->stacks[0]);
    if (!slab)
        return -ENOMEM;
    slab->count = count;
    rc = map_wide_slots(slab, size_class);
    if (rc < 0)
        rc = map_narrow_slots(slab, size_class);
    if (rc < 0) {
        coil__free(slab);
        return rc;
    }
    slab->next = class->slabs;
    class->slabs = slab;
    class->slab_count = slab->count < LAST_SLAB ? slab->count * 2 : slab->count;
    return 0;
}

/* Give the next slot its guard, and those after it if one call can do that. */
static int guard_next(struct coil_stack_pool *pool,
                      struct coil_stack_slab *slab, unsigned size_class)
{
    size_t stride = slot_size(size_class, slab->guard);
    char *slot = slab->base + slab->guarded * stride;
    size_t done = coil__guard_install_many(
        slot, stride, slab->guard, slab->count - slab->guarded, &pool->ways);
    int rc;

    if (done == 0) {
        rc = coil__guard_install(slot, slab->guard, &pool->ways);
        if (rc < 0)
            return rc;
        done = 1;
    }
    slab->guarded += done;
    return 0;
}

static int carve(struct coil_stack_pool *pool, unsigned size_class,
                 struct coil_stack **out)
{
    struct coil_stack_class *class = &pool->classes[size_class];
    struct coil_stack_slab *slab = class->slabs;
    struct coil_stack *stack;
    char *slot;
    int rc;

    if (!slab || slab->carved == slab->count) {
        rc = add_slab(class, size_class);
        if (pool->class_count <= size_class)
            pool->class_count = size_class + 1;
        if (rc < 0)
            return rc;
        slab = class->slabs;
    }

    if (slab->carved == slab->guarded) {
        rc = guard_next(pool, slab, size_class);
        if (rc < 0)
            return rc;
    }
    slot = slab->base + slab->carved * slot_size(size_class, slab->guard);
    stack = &slab->stacks[slab->carved];
    stack->low = slot + slab->guard;
    stack->top = stack->low + stack_size(size_class) -
                 slab->carved % STAGGER_STEPS * STAGGER_STEP;
    stack->guard = (unsigned)slab->guard;
    stack->pool = pool;
    stack->size_class = (unsigned char)size_class;
    slab->carved++;
    pool->carved++;
    coil__stack_born(stack->low, stack->top);
    *out = stack;
    return 0;
}

/* ---- releasing ------------------------------------------------------------ */

static void put_back(struct coil_stack_pool *pool, struct coil_stack *stack)
{
    struct coil_stack_class *class = &pool->classes[stack->size_class];

    pool->in_use--;
    if (COIL_UNLIKELY(stack->is_small)) {
        pool->small_in_use--;
        coil__small_put(&pool->small, stack, pool->period);
        return;
    }
    stack->next = class->warm;
    if (class->warm_count++ > 0)
        class->warm->newer = stack;
    else
        class->oldest = stack;
    class->warm = stack;
    stack->period = pool->period;
}

/* The owner takes back what other threads have released. */
static void take_back(struct coil_stack_pool *pool)
{
    struct coil_stack *stack;
    struct coil_stack *next;

    if (COIL_LIKELY(
            !atomic_load_explicit(&pool->returned, memory_order_relaxed)))
        return;
    stack =
        atomic_exchange_explicit(&pool->returned, NULL, memory_order_acquire);
    for (; stack; stack = next) {
        next = stack->next;
        put_back(pool, stack);
    }
}

static void return_to(struct coil_stack_pool *pool, struct coil_stack *stack)
{
    struct coil_stack *others =
        atomic_load_explicit(&pool->returned, memory_order_acquire);

    do {
        if (others == &no_owner) {
            if (atomic_fetch_sub(&pool->left_behind, 1) == 1)
                coil__stack_pool_free(pool);
            return;
        }
        stack->next = others;
    } while (!atomic_compare_exchange_weak_explicit(&pool->returned, &others,
                                                    stack, memory_order_acq_rel,
                                                    memory_order_acquire));
}

void coil__stack_release(struct coil_stack_pool *own, struct coil_stack *stack)
{
    coil__stack_idle(stack->low, stack->top);
    if (COIL_LIKELY(stack->pool == own))
        put_back(own, stack);
    else
        return_to(stack->pool, stack);
}

size_t coil__stack_in_use(struct coil_stack_pool *pool)
{
    take_back(pool);
    return pool->in_use;
}

struct coil_stack_counts coil__stack_count(const struct coil_stack_pool *pool)
{
    return (struct coil_stack_counts){
        .in_use = pool->in_use,
        .idle = pool->carved - (pool->in_use - pool->small_in_use),
    };
}

void coil__stack_pool_leave(struct coil_stack_pool *pool)
{
    struct coil_stack *none = NULL;

    do {
        if (coil__stack_in_use(pool) == 0) {
            coil__stack_pool_free(pool);
            return;
        }
        atomic_store(&pool->left_behind, pool->in_use);
        none = NULL;
    } while (
        !atomic_compare_exchange_strong(&pool->returned, &none, &no_owner));
}

/* ---- taking --------------------------------------------------------------- */

int coil__stack_acquire(struct coil_stack_pool *pool, size_t size,
                        struct coil_stack **out)
{
    unsigned size_class = 0;
    struct coil_stack_class *class;
    struct coil_stack *stack;
    int rc;

    if (size > COIL_STACK_MAX)
        return -EINVAL;
    if (coil__alloc_fails())
        return -ENOMEM;
    while (stack_size(size_class) < size)
        size_class++;

    class = &pool->classes[size_class];
    if (COIL_UNLIKELY(!class->warm))
        take_back(pool);
    stack = class->warm;
    if (COIL_LIKELY(stack)) {
        class->warm = stack->next;
        class->warm_count--;
    } else if (class->cold) {
        stack = class->cold;
        class->cold = stack->next;
    } else {
        rc = carve(pool, size_class, &stack);
        if (rc < 0)
            return rc;
    }
    pool->in_use++;
    coil__stack_taken(stack->low, stack->top);
    *out = stack;
    return 0;
}

int coil__stack_acquire_small(struct coil_stack_pool *pool, size_t size,
                              struct coil_stack **out)
{
    int rc;

    if (coil__alloc_fails())
        return -ENOMEM;
    take_back(pool);
    rc = coil__small_take(&pool->small, pool, size, &pool->ways, out);
    if (rc < 0)
        return rc;
    pool->in_use++;
    pool->small_in_use++;
    return 0;
}

/* Give back the memory of the stack that has been idle longest. */
static void cool(struct coil_stack_class *class, unsigned size_class)
{
    struct coil_stack *stack = class->oldest;

    class->oldest = stack->newer;
    class->oldest->next = NULL;
    class->warm_count--;
    stack->next = class->cold;
    class->cold = stack;
    madvise(stack->low, stack_size(size_class), MADV_DONTNEED);
}

void coil__stack_trim(struct coil_stack_pool *pool)
{
    for (unsigned i = 0; i < pool->class_count; i++) {
        struct coil_stack_class *class = &pool->classes[i];

        for (int n = 0; n<TRIM_BATCH &&class->warm_count> WARM_MAX; n++)
            cool(class, i);
    }
    coil__small_trim(&pool->small);
}

void coil__stack_begin_period(struct coil_stack_pool *pool, unsigned period)
{
    pool->period = period;
}

int coil__stack_trim_old(struct coil_stack_pool *pool, unsigned period)
{
    int again;

    coil__stack_begin_period(pool, period);
    take_back(pool);
    again = coil__small_trim_old(&pool->small, period);
    for (unsigned i = 0; i < pool->class_count; i++) {
        struct coil_stack_class *class = &pool->classes[i];
        int n = 0;

        while (n<TRIM_BATCH &&class->warm_count> WARM_MIN &&
               period - class->oldest->period >= 2) {
            cool(class, i);
            n++;
        }
        if (n == TRIM_BATCH)
            again = 2;
        else if (class->warm_count > WARM_MIN && again == 0)
            again = 1;
    }
    return again;
}

bool coil__stack_in_guard(const struct coil_stack *stack, const void *address)
{
    uintptr_t at = (uintptr_t)address;
    uintptr_t low = (uintptr_t)stack->low;

    return at < low && at >= low - stack->guard;
}
