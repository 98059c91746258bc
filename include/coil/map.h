/* SPDX-License-Identifier: MIT */
/*
 * coil/map.h - call a function for each item of an array, some at a time
 *
 *     static int fetch(void *item, void *arg)
 *     {
 *         struct page *page = item;             // the results go in here
 *
 *         return coil_http_get(arg, page->url, &page->response);
 *     }
 *
 *     rc = coil_map(pages, 10000, 50, fetch, client);
 *
 * Each call runs in a task of its own.  At most 50 of them exist at a time, so
 * ten thousand items need fifty stacks.
 *
 * Order    Items begin in the order of the array, each as soon as there is room.
 *          They end in any order; each writes only its own item.
 * Memory   Nothing is allocated but the tasks.
 * asyncio  There is none.  It is gather() over a bounded number of tasks; trio
 *          and anyio write it with a nursery and a CapacityLimiter.
 */
#ifndef COIL_MAP_H
#define COIL_MAP_H

#include <coil/base.h>
#include <coil/task.h>

#ifdef __cplusplus
extern "C" {
#endif

/* `item` points into the array. */
typedef int (*coil_map_fn)(void *item, void *arg);

/* Zeroed is the default of everything. */
struct coil_map_options {
    /*
     * An array of one int an item, which receives what fn returned.  It is
     * -ECANCELED for an item that did not begin.  NULL: nobody wants to know.
     */
    int *results;
    /* Go on after an error: every item is tried. */
    bool all;
    /* The stack of each task: coil_task_options.stack_size. */
    size_t stack_size;
    void *reserved[4];
};

/*
 * Call fn(&items[i], arg) for each of `count` items, in tasks of their own, at
 * most `at_once` at a time, and wait until all have ended.  `items` is a pointer
 * to the first; it, `arg` and the options are kept until the call returns.
 *
 * Returns 0 when every call has returned 0 or more.  The first negative result
 * in the order of time is an error: no further item begins, those that run are
 * cancelled, and when they have ended that error is returned.  With `all` an
 * error cancels nothing, and the number of items that failed is returned, at
 * most INT_MAX.  A call that returns -ECANCELED of its own has failed, too.
 *
 *   -EINVAL     `at_once` is 0
 *   -ENOMEM     there is no memory for a single task.  As long as another item
 *               runs, its end is waited for instead, and that stack is used
 *               again; so lack of memory makes it slower first.
 *   -ENOTSUP    in a coroutine that no coil task drives
 *   -ECANCELED  the calling task was cancelled: no further item has begun, those
 *               that ran were cancelled, and have ended.  What had ended before
 *               keeps its result.
 * If an error, or success of all items, is returned in spite of a cancellation,
 * the next suspending call reports that cancellation.
 */
#define coil_map(items, count, at_once, fn, arg)                               \
    coil_map_at((items), (count), sizeof *(items), (at_once), (fn), (arg),     \
                NULL, COIL_SITE)
/* The last parameter may be a compound literal. */
#define coil_map_with(items, count, at_once, fn, arg, ...)                     \
    coil_map_at((items), (count), sizeof *(items), (at_once), (fn), (arg),     \
                (__VA_ARGS__), COIL_SITE)

COIL_API int coil_map_at(void *items, size_t count, size_t item_size,
                         size_t at_once, coil_map_fn fn, void *arg,
                         const struct coil_map_options *options,
                         const char *site) COIL_SUSPENDS;

#ifdef __cplusplus
}
#endif

#endif
