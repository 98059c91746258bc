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
#include <coil/running.h>
#include <coil/select.h>

#ifdef __cplusplus
extern "C" {
#endif

enum coil_queue_order {
    COIL_QUEUE_FIFO,
    COIL_QUEUE_LIFO,
    COIL_QUEUE_PRIORITY,
    COIL_QUEUE_PRIORITY_KEY,
};

/* Less than, equal to or greater than 0 as a goes before, with or after b. */
typedef int (*coil_queue_compare_fn)(const void *a, const void *b);

enum coil_queue_key_kind {
    COIL_QUEUE_KEY_UNSIGNED,
    COIL_QUEUE_KEY_SIGNED,
    COIL_QUEUE_KEY_FLOAT,
};

/* Where in an item its key is: a number, of which the smallest goes first. */
struct coil_queue_key {
    size_t offset; /* from the beginning of the item, in bytes */
    size_t size;   /* an integer's: 1, 2, 4, 8; a float's: 4, 8 */
    enum coil_queue_key_kind kind;
};

/*
 * The key is a field of the items, or the whole item: an integer, an enum, a
 * bool, a float or a double.
 *
 *     COIL_QUEUE_KEY(struct job, priority)
 *     COIL_QUEUE_KEY_ITSELF(int)
 */
#define COIL_QUEUE_KEY(type, field)                                            \
    coil_queue_key_of(offsetof(type, field), sizeof(((type *)0)->field),       \
                      COIL__QUEUE_KEY_KIND(__typeof__(((type *)0)->field)))
#define COIL_QUEUE_KEY_ITSELF(type)                                            \
    coil_queue_key_of(0, sizeof(type), COIL__QUEUE_KEY_KIND(type))

/* A float has something between 0 and 1, and is larger than a bool. */
#define COIL__QUEUE_KEY_KIND(type)                                             \
    (sizeof(type) > 2 && (type)0.5 > (type)0 ? COIL_QUEUE_KEY_FLOAT            \
     : (type)-1 < (type)1                    ? COIL_QUEUE_KEY_SIGNED           \
                                             : COIL_QUEUE_KEY_UNSIGNED)

/* What the macros above call. */
static inline struct coil_queue_key
coil_queue_key_of(size_t offset, size_t size, enum coil_queue_key_kind kind)
{
    struct coil_queue_key key;

    key.offset = offset;
    key.size = size;
    key.kind = kind;
    return key;
}

struct coil_queue_entry;

/* The fields are private. */
struct coil_queue {
    struct coil_list getters;
    struct coil_list putters;
    struct coil_list joiners;
    unsigned char *items;
    struct coil_queue_entry *entries; /* of a queue with keys */
    size_t item_size;
    size_t stride;   /* from one item to the next */
    size_t capacity; /* allocated places */
    size_t first;
    size_t count;
    size_t max; /* 0: no limit */
    size_t unfinished;
    uint64_t sequence;
    coil_queue_compare_fn compare;
    void (*item_destroy)(void *item);
    struct coil_queue_key key;
    enum coil_queue_order order;
    bool shut_down;
    bool plain; /* first in, first out, of the size of a pointer, and open */
    bool hole;  /* a priority queue's root is free, and the rest follows it */
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

/*
 * The same with a number in each item instead of a function: the item with the
 * smallest goes first, and what is no number (NaN) last.
 *
 *     coil_queue_init_priority_key(&jobs, sizeof(struct job), 100,
 *                                  COIL_QUEUE_KEY(struct job, priority));
 *
 * It takes about half the time of one with a function, and moves no item: an
 * item may be large.  It holds 4,294,967,295 items at most; one more is
 * -ENOMEM.  A key that is of another size or not within the item is a bug that
 * stops the program.
 */
COIL_API void coil_queue_init_priority_key(struct coil_queue *queue,
                                           size_t item_size, size_t max,
                                           struct coil_queue_key key);

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
 * If the room for the item and the cancellation arrive together, the call
 * returns 0: the item is in the queue, and the caller's next suspending call
 * returns -ECANCELED.
 */
COIL_API int coil_queue_put(struct coil_queue *queue, const void *item)
    COIL_SUSPENDS;

/*
 * Take an item out into `*item`, waiting while there is none.
 *
 * Returns 0, else, with no item taken:
 *   -ECANCELED  cancelled
 *   -EPIPE      the queue is shut down, and empty
 * If an item and the cancellation arrive together, the call returns 0: the
 * caller has the item, and its next suspending call returns -ECANCELED.
 */
COIL_API int coil_queue_get(struct coil_queue *queue, void *item) COIL_SUSPENDS;

/*
 * The same as cases of coil_select().  `item` is kept until that returns.
 */
COIL_API struct coil_select_case coil_queue_put_case(struct coil_queue *queue,
                                                     const void *item);
COIL_API struct coil_select_case coil_queue_get_case(struct coil_queue *queue,
                                                     void *item);

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

/* How many tasks wait to get an item, and to put one. */
COIL_API size_t coil_queue_getters(const struct coil_queue *queue);
COIL_API size_t coil_queue_putters(const struct coil_queue *queue);

/* For coil_test_watch(): NULL, or which invariant of the queue is broken. */
COIL_API const char *coil_test_check_queue(const void *queue);

/* ---- fast paths: coil/running.h ----------------------------------------- */

#if COIL_FAST_PATHS

/* Whether the compiler knows of an item that it is smaller than a pointer. */
#define COIL__IS_SMALL(item) (__builtin_object_size(item, 0) < sizeof(void *))

COIL_FAST_PATH bool coil__queue_put_plain(struct coil_queue *queue,
                                          const void *item)
{
    size_t at;

    if (COIL__IS_SMALL(item) ||
        __builtin_expect(!coil__undisturbed() || !queue->plain ||
                             queue->getters.head != NULL ||
                             queue->count >= queue->capacity,
                         0))
        return false;
    at = queue->first + queue->count;
    if (at >= queue->capacity)
        at -= queue->capacity;
    __builtin_memcpy(queue->items + at * sizeof(void *), item, sizeof(void *));
    queue->count++;
    queue->unfinished++;
    return true;
}

COIL_FAST_PATH bool coil__queue_get_plain(struct coil_queue *queue, void *item)
{
    if (COIL__IS_SMALL(item) ||
        __builtin_expect(!coil__undisturbed() || !queue->plain ||
                             queue->putters.head != NULL || queue->count == 0,
                         0))
        return false;
    __builtin_memcpy(item, queue->items + queue->first * sizeof(void *),
                     sizeof(void *));
    queue->count--;
    queue->first++;
    if (queue->first == queue->capacity)
        queue->first = 0;
    return true;
}

#define coil_queue_put(queue, ...)                                             \
    coil__must_check(__extension__({                                           \
        struct coil_queue *coil__queue = (queue);                              \
        const void *coil__item = (__VA_ARGS__);                                \
        coil__queue_put_plain(coil__queue, coil__item)                         \
            ? 0                                                                \
            : coil_queue_put(coil__queue, coil__item);                         \
    }))
#define coil_queue_get(queue, ...)                                             \
    coil__must_check(__extension__({                                           \
        struct coil_queue *coil__queue = (queue);                              \
        void *coil__item = (__VA_ARGS__);                                      \
        coil__queue_get_plain(coil__queue, coil__item)                         \
            ? 0                                                                \
            : coil_queue_get(coil__queue, coil__item);                         \
    }))

#endif

#ifdef __cplusplus
}
#endif

#endif
