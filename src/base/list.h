/* SPDX-License-Identifier: MIT */
/*
 * base/list.h - lists whose links lie in what they list
 *
 * Nothing is allocated, and nothing can fail.  NULL ends a list on both sides,
 * so a zeroed list is empty, and a list may be moved.  coil/list.h has the
 * structs.
 *
 * A signal handler may walk a list of its own thread at any instruction: a link
 * is complete before the list leads to it.
 */
#ifndef COIL_BASE_LIST_H
#define COIL_BASE_LIST_H

#include <stdatomic.h>
#include <stddef.h>

#include <coil/list.h>

static inline void coil__list_append(struct coil_list *list,
                                     struct coil_link *link)
{
    struct coil_link *last = list->tail;

    link->next = NULL;
    link->prev = last;
    atomic_signal_fence(memory_order_release);
    if (last)
        last->next = link;
    else
        list->head = link;
    list->tail = link;
}

static inline void coil__list_prepend(struct coil_list *list,
                                      struct coil_link *link)
{
    struct coil_link *first = list->head;

    link->prev = NULL;
    link->next = first;
    atomic_signal_fence(memory_order_release);
    if (first)
        first->prev = link;
    else
        list->tail = link;
    list->head = link;
}

/* `before` is in the list, or NULL: then `link` becomes the first. */
static inline void coil__list_insert_after(struct coil_list *list,
                                           struct coil_link *before,
                                           struct coil_link *link)
{
    struct coil_link *next;

    if (!before) {
        coil__list_prepend(list, link);
        return;
    }
    next = before->next;
    if (!next) {
        coil__list_append(list, link);
        return;
    }
    link->prev = before;
    link->next = next;
    atomic_signal_fence(memory_order_release);
    before->next = link;
    next->prev = link;
}

/* `link` must be in the list.  Its own `next` is kept. */
static inline void coil__list_remove(struct coil_list *list,
                                     struct coil_link *link)
{
    struct coil_link *next = link->next;
    struct coil_link *prev = link->prev;

    if (prev)
        prev->next = next;
    else
        list->head = next;
    if (next)
        next->prev = prev;
    else
        list->tail = prev;
}

/* Take the first link out.  The list must not be empty. */
static inline struct coil_link *coil__list_take_first(struct coil_list *list)
{
    struct coil_link *first = list->head;
    struct coil_link *next = first->next;

    list->head = next;
    if (next)
        next->prev = NULL;
    else
        list->tail = NULL;
    return first;
}

/* The same; NULL: the list is empty. */
static inline struct coil_link *coil__list_pop(struct coil_list *list)
{
    return list->head ? coil__list_take_first(list) : NULL;
}

/* ---- hooks: a list that what is in it can leave without knowing it ------- */

/* `*first` is the newest hook; the others follow. */
static inline void coil__hook_push(struct coil_hook **first,
                                   struct coil_hook *hook)
{
    hook->next = *first;
    hook->link = first;
    if (hook->next)
        hook->next->link = &hook->next;
    *first = hook;
}

/* `hook` must be in a list. */
static inline void coil__hook_remove(struct coil_hook *hook)
{
    *hook->link = hook->next;
    if (hook->next)
        hook->next->link = hook->link;
    hook->link = NULL;
}

#endif
