/* SPDX-License-Identifier: MIT */
/*
 * small_stack.c - slabs of small slots
 *
 *     slab:  | guard | slot | slot | slot | ...
 *     slot:  | canary | stack, grows down |
 *
 * A slot has an odd number of cache lines, so that the tops of stacks, where the
 * tasks lie, use all sets of the cache.
 */
#include "context/small_stack.h"

#include <errno.h>
#include <sys/mman.h>

#include "base/list.h"
#include "base/memory.h"
#include "context/canary.h"
#include "context/map.h"

enum {
    SLAB_BYTES = 256 << 10,
    SLOT_LEAST = 1216,
    SLOT_MOST = 1984,
    IDLE_MAX = 16,  /* idle slabs that keep their memory, … */
    IDLE_MIN = 1,   /* … and those that keep it for ever */
    TRIM_BATCH = 4, /* slabs that one call gives back */
};

static const unsigned short slot_sizes[COIL_SMALL_CLASSES] = {
    SLOT_LEAST,
    SLOT_MOST,
};

static struct coil_small_slab *slab_of(struct coil_link *link)
{
    return (struct coil_small_slab *)(void *)link;
}

static struct coil_list *list_of(struct coil_small_class *class,
                                 const struct coil_small_slab *slab)
{
    if (slab->in_use == 0)
        return &class->idle;
    return slab->in_use == slab->count ? &class->full : &class->open;
}

static void free_slab(struct coil_small_slab *slab)
{
    munmap(slab->base, SLAB_BYTES);
    coil__free(slab);
}

static int new_slab(struct coil_small_slab **out, unsigned size_class,
                    struct coil_guard_ways *ways)
{
    unsigned count =
        (SLAB_BYTES - (unsigned)COIL_STACK_GUARD) / slot_sizes[size_class];
    struct coil_small_slab *slab =
        coil__alloc(sizeof *slab + count * sizeof slab->stacks[0]);
    int rc;

    if (!slab)
        return -ENOMEM;
    slab->count = count;
    slab->base = coil__stack_map(SLAB_BYTES);
    if (!slab->base) {
        rc = -errno;
        goto free_slab;
    }
    rc = coil__guard_install(slab->base, COIL_STACK_GUARD, ways);
    if (rc < 0)
        goto unmap;
    *out = slab;
    return 0;

unmap:
    munmap(slab->base, SLAB_BYTES);
free_slab:
    coil__free(slab);
    return rc;
}

static struct coil_stack *carve(struct coil_small_slab *slab,
                                struct coil_stack_pool *pool,
                                unsigned size_class)
{
    struct coil_stack *stack = &slab->stacks[slab->carved];
    char *slot = slab->base + COIL_STACK_GUARD +
                 (size_t)slab->carved * slot_sizes[size_class];

    slab->carved++;
    stack->low = slot + COIL_CANARY_SIZE;
    stack->top = slot + slot_sizes[size_class];
    stack->pool = pool;
    stack->slab = slab;
    stack->guard = (unsigned)(stack->low - slab->base);
    stack->size_class = (unsigned char)size_class;
    stack->is_small = true;
    return stack;
}

/* The slab to take from: one that has room, else one that is idle. */
static struct coil_small_slab *take_slab(struct coil_small_class *class)
{
    struct coil_link *link = class->open.head;

    if (link) {
        coil__list_remove(&class->open, link);
        return slab_of(link);
    }
    link = class->idle.tail;
    if (!link)
        return NULL;
    coil__list_remove(&class->idle, link);
    class->idle_count--;
    return slab_of(link);
}

int coil__small_take(struct coil_small_stacks *all,
                     struct coil_stack_pool *pool, size_t size,
                     struct coil_guard_ways *ways, struct coil_stack **out)
{
    unsigned size_class = 0;
    struct coil_small_class *class;
    struct coil_small_slab *slab;
    struct coil_stack *stack;
    int rc;

    while (size_class < COIL_SMALL_CLASSES &&
           size > (size_t)slot_sizes[size_class] - COIL_CANARY_SIZE)
        size_class++;
    if (size_class == COIL_SMALL_CLASSES)
        return -EINVAL;

    class = &all->classes[size_class];
    slab = take_slab(class);
    if (!slab) {
        rc = new_slab(&slab, size_class, ways);
        if (rc < 0)
            return rc;
    }
    stack = slab->released;
    if (stack)
        slab->released = stack->next;
    else
        stack = carve(slab, pool, size_class);
    slab->in_use++;
    coil__list_prepend(list_of(class, slab), &slab->link);
    coil__canary_set(stack->low);
    *out = stack;
    return 0;
}

void coil__small_put(struct coil_small_stacks *all, struct coil_stack *stack,
                     unsigned period)
{
    struct coil_small_class *class = &all->classes[stack->size_class];
    struct coil_small_slab *slab = stack->slab;

    coil__list_remove(list_of(class, slab), &slab->link);
    stack->next = slab->released;
    slab->released = stack;
    slab->in_use--;
    if (slab->in_use > 0) {
        coil__list_prepend(&class->open, &slab->link);
        return;
    }
    slab->period = period;
    coil__list_append(&class->idle, &slab->link);
    class->idle_count++;
}

static bool has_idle(const struct coil_small_class *class, unsigned kept)
{
    return class->idle_count > kept;
}

static void free_oldest(struct coil_small_class *class)
{
    free_slab(slab_of(coil__list_take_first(&class->idle)));
    class->idle_count--;
}

void coil__small_trim(struct coil_small_stacks *all)
{
    for (unsigned i = 0; i < COIL_SMALL_CLASSES; i++) {
        struct coil_small_class *class = &all->classes[i];

        for (int n = 0; n < TRIM_BATCH && has_idle(class, IDLE_MAX); n++)
            free_oldest(class);
    }
}

int coil__small_trim_old(struct coil_small_stacks *all, unsigned period)
{
    int again = 0;

    for (unsigned i = 0; i < COIL_SMALL_CLASSES; i++) {
        struct coil_small_class *class = &all->classes[i];
        int n = 0;

        while (n < TRIM_BATCH && has_idle(class, IDLE_MIN) &&
               period - slab_of(class->idle.head)->period >= 2) {
            free_oldest(class);
            n++;
        }
        if (n == TRIM_BATCH)
            again = 2;
        else if (has_idle(class, IDLE_MIN) && again == 0)
            again = 1;
    }
    return again;
}

static void free_all(struct coil_list *list)
{
    struct coil_link *link;

    while ((link = coil__list_pop(list)))
        free_slab(slab_of(link));
}

void coil__small_fini(struct coil_small_stacks *all)
{
    for (unsigned i = 0; i < COIL_SMALL_CLASSES; i++) {
        free_all(&all->classes[i].full);
        free_all(&all->classes[i].open);
        free_all(&all->classes[i].idle);
    }
}
