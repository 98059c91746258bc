/* SPDX-License-Identifier: MIT */
/*
 * needs.c - the walk over what struct coil_needs describes
 *
 * apps/coil-ps/needs.c and apps/coil-gdb/coil-gdb.py do the same with the
 * memory of another process.
 */
#include "task/needs.h"

#include <stddef.h>

#include "base/platform.h"
#include "task/task.h"

static const void *pointer_at(const void *from, size_t offset)
{
    return *(const void *const *)(const void *)((const char *)from + offset);
}

static const void *address_at(const void *from, size_t offset)
{
    return (const char *)from + offset;
}

/* The first item, and the one after `item`; NULL: there are no more. */
static const void *first_item(const struct coil_needs *needs, const void *base)
{
    const struct coil_list *list;

    switch (needs->shape) {
    case COIL_NEEDS_ARRAY:
        return pointer_at(base, needs->items);
    case COIL_NEEDS_LIST:
        list = address_at(base, needs->items);
        return list->head ? (const char *)list->head - needs->link : NULL;
    default:
        return address_at(base, needs->items);
    }
}

static const void *next_item(const struct coil_needs *needs, const void *item)
{
    const struct coil_link *link;

    switch (needs->shape) {
    case COIL_NEEDS_ARRAY:
        return address_at(item, needs->stride);
    case COIL_NEEDS_LIST:
        link = address_at(item, needs->link);
        return link->next ? (const char *)link->next - needs->link : NULL;
    default:
        return NULL;
    }
}

static bool is_item(const struct coil_needs *needs, const void *base,
                    const void *item)
{
    const char *first;
    size_t count;

    if (needs->shape != COIL_NEEDS_ARRAY)
        return item;
    first = pointer_at(base, needs->items);
    count = *(const size_t *)address_at(base, needs->count);
    return (size_t)((const char *)item - first) < count * needs->stride;
}

/* The task of an item that can still end; NULL: there is none. */
static const struct coil_task *task_of(const struct coil_needs *needs,
                                       const void *item)
{
    const struct coil_future *future;

    if (needs->watched &&
        !*(const unsigned char *)address_at(item, needs->watched))
        return NULL;
    if (needs->shape == COIL_NEEDS_ARRAY)
        item = pointer_at(item, needs->pointer);
    if (!item)
        return NULL;
    future = address_at(item, needs->future);
    if (future->done || !future->ops)
        return NULL;
    return coil__container_of(future, const struct coil_task, future);
}

/* Its id, or 0. */
static uint64_t id_of(const struct coil_needs *needs, const void *item)
{
    const struct coil_task *task;

    if (needs->need == COIL_NEED_HOLDER)
        return coil__needs_holder(item);
    task = task_of(needs, item);
    return task ? task->co.running.id : 0;
}

static enum coil_need need_of(const struct coil_needs *needs,
                              const struct coil_waiter *waiter)
{
    if (needs->any && *(const unsigned char *)address_at(waiter, needs->any))
        return COIL_NEED_ANY;
    return (enum coil_need)needs->need;
}

enum coil_need coil__need_next(const struct coil_waiter *waiter,
                               const void **cursor, uint64_t *id)
{
    const struct coil_needs *needs = &waiter->reason->needs;
    const void *base = needs->of_waiter ? (const void *)waiter : waiter->object;
    const void *item;

    if (needs->need == COIL_NEED_NONE)
        return COIL_NEED_NONE;
    item = *cursor ? next_item(needs, *cursor) : first_item(needs, base);
    for (; is_item(needs, base, item); item = next_item(needs, item)) {
        *cursor = item;
        *id = id_of(needs, item);
        if (*id)
            return need_of(needs, waiter);
    }
    return COIL_NEED_NONE;
}
