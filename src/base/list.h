/* SPDX-License-Identifier: MIT */
/*
 * base/list.h - lists whose links lie in what they list
 *
 * Nothing is allocated, and nothing can fail.  NULL ends a list on both sides, so
 * that zeroed is empty and a list may be moved.  coil/list.h has the structs.
 *
 * A signal handler may walk a list of its own thread at any instruction: a link
 * is whole before the list leads to it.
 */
#ifndef COIL_BASE_LIST_H
#define COIL_BASE_LIST_H

#include <stdatomic.h>
#include <stddef.h>

#include <coil/list.h>

static inline void coil__list_append(struct coil_list *list,
                                     struct coil_link *link)
{
    link->next = NULL;
    link->prev = list->tail;
    atomic_signal_fence(memory_order_release);
    if (list->tail)
        list->tail->next = link;
    else
        list->head = link;
    list->tail = link;
}

static inline void coil__list_prepend(struct coil_list *list,
                                      struct coil_link *link)
{
    link->prev = NULL;
    link->next = list->head;
    atomic_signal_fence(memory_order_release);
    if (list->head)
        list->head->prev = link;
    else
        list->tail = link;
    list->head = link;
}

/* `link` is in the list.  It keeps its own `next`. */
static inline void coil__list_remove(struct coil_list *list,
                                     struct coil_link *link)
{
    if (link->prev)
        link->prev->next = link->next;
    else
        list->head = link->next;
    if (link->next)
        link->next->prev = link->prev;
    else
        list->tail = link->prev;
}

/* Take the first out; NULL: there is none. */
static inline struct coil_link *coil__list_pop(struct coil_list *list)
{
    struct coil_link *first = list->head;

    if (!first)
        return NULL;
    list->head = first->next;
    if (first->next)
        first->next->prev = NULL;
    else
        list->tail = NULL;
    return first;
}

/* ---- hooks: a list that what is in it can leave without knowing it ------- */

/* `*first` leads to all of them, the newest first. */
static inline void coil__hook_push(struct coil_hook **first,
                                   struct coil_hook *hook)
{
    hook->next = *first;
    hook->link = first;
    if (hook->next)
        hook->next->link = &hook->next;
    *first = hook;
}

/* `hook` is in a list. */
static inline void coil__hook_remove(struct coil_hook *hook)
{
    *hook->link = hook->next;
    if (hook->next)
        hook->next->link = hook->link;
    hook->link = NULL;
}

#endif
