/* SPDX-License-Identifier: MIT */
#include "loop/timers.h"

#include "base/heap.h"

static inline bool is_before(const struct coil_handle *a,
                             const struct coil_handle *b)
{
    if (a->when != b->when)
        return a->when < b->when;
    return a->sequence < b->sequence;
}

static inline struct coil_handle *handle_of(const struct coil_heap_node *node)
{
    return coil__container_of(node, struct coil_handle, node);
}

static bool is_linked_before(const struct coil_heap_node *a,
                             const struct coil_heap_node *b)
{
    return is_before(handle_of(a), handle_of(b));
}

static COIL_ALWAYS_INLINE void link_up(struct coil_timers *timers,
                                       struct coil_handle *handle)
{
    handle->slot = 0;
    coil__heap_add(&timers->links, &handle->node, is_linked_before);
    timers->linked++;
}

static COIL_ALWAYS_INLINE void unlink_it(struct coil_timers *timers,
                                         struct coil_handle *handle)
{
    coil__heap_remove(&timers->links, &handle->node, is_linked_before);
    timers->linked--;
}

/* Move linked timers into the array, but not very many at once. */
static COIL_NOINLINE void make_links_few(struct coil_timers *timers)
{
    for (int n = 0; n < COIL__TIMERS_FEW && timers->links; n++) {
        struct coil_handle *handle = handle_of(timers->links);

        unlink_it(timers, handle);
        if (!coil__timer_heap_add(&timers->heap, handle)) {
            link_up(timers, handle);
            return;
        }
    }
}

/* The handle has its place in the order. */
static inline void insert(struct coil_timers *timers,
                          struct coil_handle *handle)
{
    bool is_early = coil__timer_heap_is_later(&timers->heap, handle->when);

    if (is_early && COIL_UNLIKELY(timers->linked >= COIL__TIMERS_FEW))
        make_links_few(timers);
    if (is_early || !coil__timer_heap_add(&timers->heap, handle))
        link_up(timers, handle);
}

void coil__timers_add(struct coil_timers *timers, struct coil_handle *handle)
{
    handle->sequence = timers->sequence++;
    insert(timers, handle);
}

void coil__timers_remove(struct coil_timers *timers, struct coil_handle *handle)
{
    if (handle->slot > 0)
        coil__timer_heap_remove(&timers->heap, handle);
    else
        unlink_it(timers, handle);
}

struct coil_handle *coil__timers_first_of_both(const struct coil_timers *timers)
{
    struct coil_handle *first = coil__timer_heap_first(&timers->heap);

    if (timers->links && is_before(handle_of(timers->links), first))
        return handle_of(timers->links);
    return first;
}

/* The node after `node`, children before siblings; NULL: it was the last one. */
static const struct coil_heap_node *next_node(const struct coil_heap_node *node)
{
    if (node->child)
        return node->child;
    while (node && !node->sibling) {
        while (node->back && node->back->child != node)
            node = node->back;
        node = node->back;
    }
    return node ? node->sibling : NULL;
}

bool coil__timers_any(const struct coil_timers *timers, size_t limit,
                      bool (*fn)(const struct coil_handle *handle,
                                 const void *arg),
                      const void *arg)
{
    const struct coil_heap_node *node = timers->links;
    const struct coil_link *noted = timers->noted.head;

    for (size_t i = 0; node && i < limit; node = next_node(node), i++)
        if (fn(handle_of(node), arg))
            return true;
    for (size_t i = 0; i < timers->heap.count && i < limit; i++)
        if (fn(timers->heap.handles[timers->heap.entries[i].slot], arg))
            return true;
    for (size_t i = 0; noted && i < limit; noted = noted->next, i++)
        if (fn(coil__container_of(noted, const struct coil_handle, noted), arg))
            return true;
    return false;
}

void coil__timers_fini(struct coil_timers *timers)
{
    coil__timer_heap_fini(&timers->heap);
}

void coil__timers_make_exact(struct coil_handle *handle, coil_time now)
{
    coil_time most = (handle->when - handle->since) / 8;
    coil_time late = now - handle->since;

    if (late > 0)
        handle->when = coil__time_add(handle->when, late < most ? late : most);
    handle->since = COIL__NOTED_EXACTLY;
}

struct coil_handle *coil__timers_take_noted(struct coil_timers *timers,
                                            coil_time now)
{
    struct coil_handle *handle;

    if (!timers->noted.head)
        return NULL;
    handle = coil__container_of(timers->noted.head, struct coil_handle, noted);
    coil__timers_strike(timers, handle);
    coil__timers_make_exact(handle, now);
    insert(timers, handle);
    return handle;
}
