/* SPDX-License-Identifier: MIT */
/*
 * coil/queue.h - pass items from task to task: first in, last in, or smallest
 *
 *     struct coil_queue jobs;
 *
 *     coil_queue_init(&jobs, sizeof(struct job), 100);
 *
 *     rc = coil_queue_put(&jobs, &job);     // waits while 100 are in it
 *     rc = coil_queue_get(&jobs, &job);     // waits while it is empty
 *     ...
 *     coil_queue_task_done(&jobs);
 *
 *     rc = coil_queue_join(&jobs);          // until all that was put is done
 *     coil_queue_fini(&jobs);
 *
 * Items have one size and are copied in and out.
 *
 * Order    Those who wait to get are served first come, first served, and so
 *          are those who wait to put; nobody overtakes, not even the try_ twins
 *          (asyncio lets put_nowait and get_nowait overtake).  A priority queue
 *          is first in, first out among equals.
 * Memory   The queue's array grows as needed, up to its limit:
 *          coil_queue_fini() frees it.  Waiting allocates nothing.
 * asyncio  Queue, LifoQueue, PriorityQueue, QueueShutDown.
 */
#ifndef COIL_QUEUE_H
#define COIL_QUEUE_H

#include <coil/base.h>

#ifdef __cplusplus
extern "C" {
#endif

enum coil_queue_order { COIL_QUEUE_FIFO, COIL_QUEUE_LIFO, COIL_QUEUE_PRIORITY };

/* Less than, equal to or greater than 0 as a goes before, with or after b. */
typedef int (*coil_queue_compare_fn)(const void *a, const void *b);

/* The fields are private. */
struct coil_queue {
    struct coil_list getters;
    struct coil_list putters;
    struct coil_list joiners;
    unsigned char *items;
    size_t item_size;
    size_t capacity; /* allocated places */
    size_t first;
    size_t count;
    size_t max; /* 0: no limit */
    size_t unfinished;
    uint64_t sequence;
    coil_queue_compare_fn compare;
    void (*item_destroy)(void *item);
    enum coil_queue_order order;
    bool shut_down;
};

/*
 * Make an empty queue of items of `item_size` bytes that holds at most `max` of
 * them; 0: no limit.  coil_queue_fini() frees it.  Allocates nothing yet.
 */
COIL_API void coil_queue_init(struct coil_queue *queue, size_t item_size,
                              size_t max);
COIL_API void coil_queue_init_lifo(struct coil_queue *queue, size_t item_size,
                                   size_t max);
COIL_API void coil_queue_init_priority(struct coil_queue *queue,
                                       size_t item_size, size_t max,
                                       coil_queue_compare_fn compare);

/* Have item_destroy(item) called for items that are dropped in the queue. */
COIL_API void coil_queue_set_item_destroy(struct coil_queue *queue,
                                          void (*item_destroy)(void *item));

/*
 * Drop what is in it and free its memory.  A task that still waits for the
 * queue is a bug that stops the program.
 */
COIL_API void coil_queue_fini(struct coil_queue *queue);

/*
 * Put a copy of `*item` in, waiting while the queue is full.  `item` is kept
 * until the call returns.
 *
 * Returns 0, else, with the item not put and still the caller's:
 *   -ECANCELED  cancelled
 *   -EPIPE      the queue is shut down
 *   -ENOMEM     the array could not grow
 * An item that moved in before the cancellation came is in: 0, and the next
 * suspending call reports the cancellation.
 */
COIL_API int coil_queue_put(struct coil_queue *queue, const void *item)
    COIL_SUSPENDS;

/*
 * Take an item out into `*item`, waiting while there is none.
 *
 * Returns 0, else, with no item taken:
 *   -ECANCELED  cancelled
 *   -EPIPE      the queue is shut down, and empty
 * An item that was handed over before the cancellation came is delivered: 0,
 * and the next suspending call reports the cancellation.
 */
COIL_API int coil_queue_get(struct coil_queue *queue, void *item) COIL_SUSPENDS;

/*
 * The same without waiting; -EAGAIN if that would be needed.
 * asyncio: put_nowait(), get_nowait().
 */
COIL_API int coil_queue_try_put(struct coil_queue *queue, const void *item)
    COIL_MUST_CHECK;
COIL_API int coil_queue_try_get(struct coil_queue *queue, void *item)
    COIL_MUST_CHECK;

/*
 * Say that an item which was taken is dealt with.  Returns 0.  If there is no
 * such item: -EPERM; nothing changes, and the loop's exception handler is told.
 */
COIL_API int coil_queue_task_done(struct coil_queue *queue);

/*
 * Wait until every item that was put is dealt with; at once if none was put.
 * Returns 0 or -ECANCELED.
 */
COIL_API int coil_queue_join(struct coil_queue *queue) COIL_SUSPENDS;

/*
 * Shut the queue down: putting fails with -EPIPE from now on, for those who
 * wait as well; getting goes on until the queue is empty and then fails with
 * -EPIPE.  With `immediate` what is in it is dropped (item_destroy) and counts
 * as dealt with.  May be repeated.
 */
COIL_API void coil_queue_shutdown(struct coil_queue *queue, bool immediate);

/* How many items are in it, its limit (0: none), and what follows from them. */
COIL_API size_t coil_queue_size(const struct coil_queue *queue);
COIL_API size_t coil_queue_max(const struct coil_queue *queue);
COIL_API bool coil_queue_is_empty(const struct coil_queue *queue);
COIL_API bool coil_queue_is_full(const struct coil_queue *queue);
COIL_API bool coil_queue_is_shut_down(const struct coil_queue *queue);

/* For coil_test_watch(): NULL, or which invariant of the queue is broken. */
COIL_API const char *coil_test_check_queue(const void *queue);

#ifdef __cplusplus
}
#endif

#endif
