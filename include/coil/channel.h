/* SPDX-License-Identifier: MIT */
/*
 * coil/channel.h - pass items between tasks of several loops
 *
 *     static struct coil_channel jobs;
 *
 *     rc = coil_channel_init(&jobs, sizeof(struct job), 100);
 *
 *     rc = coil_channel_put(&jobs, &job);   // on one loop, while 100 are in it
 *     rc = coil_channel_get(&jobs, &job);   // on another, while it is empty
 *     ...
 *     coil_channel_close(&jobs);            // what is in it can still be got
 *     coil_channel_fini(&jobs);
 *
 * It is a queue (coil/queue.h) for any number of loops, each with any number of
 * tasks that put and get.  Within one loop coil_queue is faster.
 *
 * Order    Those who wait to get are served first come, first served, over all
 *          loops, and so are those who wait to put; nobody overtakes.
 * Memory   coil_channel_init() allocates the places; coil_channel_fini() frees
 *          them.  Waiting allocates nothing, except for the first wait of a loop
 *          for another one, which makes the loop's mailbox: -ENOMEM.
 * Threads  All functions but init and fini may be called in any thread that
 *          runs a loop; the try_ twins, close and the questions in any thread.
 *          Nothing is to be used in a child of fork() that its parent shared.
 * Loops    While a task waits and the process has a second loop, the loop waits
 *          for it rather than report -EDEADLK, until no thread is left that
 *          could end the wait (coil/loops.h).  If other threads put or get
 *          without a loop, use coil_loop_hold().  A loop that ends with an
 *          item under way to one of its tasks puts it back in front.
 * Cost     No system call while the loops are busy; docs/scaling.md.
 * asyncio  Queue, of several loops, which asyncio lacks; Go's channels.
 */
#ifndef COIL_CHANNEL_H
#define COIL_CHANNEL_H

#include <coil/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The fields are private. */
struct coil_channel {
    unsigned mutex;
    bool closed;
    struct coil_list getters;
    struct coil_list putters;
    unsigned char *items;
    size_t item_size;
    size_t capacity; /* how many may be put */
    size_t places;   /* how many there is memory for */
    size_t first;
    size_t count;
};

/*
 * Make an empty channel of items of `item_size` bytes that holds at most
 * `capacity`.  With a capacity of 0 an item goes from the task that puts to the
 * one that gets, and each waits for the other.
 *
 * Returns 0, or -ENOMEM: the channel is unusable, and needs no fini.
 */
COIL_API int coil_channel_init(struct coil_channel *channel, size_t item_size,
                               size_t capacity) COIL_MUST_CHECK;

/* Free the places, and the items in them.  Nobody may wait or come any more. */
COIL_API void coil_channel_fini(struct coil_channel *channel);

/*
 * Put a copy of `*item` in, waiting while the channel is full.  `item` is kept
 * until the call returns.
 *
 * Returns 0, else the item was not put:
 *   -EPIPE      the channel is closed, or was closed during the wait
 *   -ECANCELED  cancelled; the task has lost its place.  An item that was taken
 *               over before the cancellation came is put: 0 is returned, and
 *               the next suspending call reports the cancellation.
 *   -ENOMEM     no mailbox can be made: see above
 *   -ENOTSUP    on a user's scheduler
 */
COIL_API int coil_channel_put(struct coil_channel *channel, const void *item)
    COIL_SUSPENDS;

/*
 * Take the first item out, waiting while there is none.  `item` is kept until the
 * call returns.
 *
 * Returns 0, else nothing was taken:
 *   -EPIPE      the channel is closed and empty
 *   -ECANCELED  cancelled; an item that was handed over before is kept, as above
 *   -ENOMEM, -ENOTSUP  as above
 */
COIL_API int coil_channel_get(struct coil_channel *channel, void *item)
    COIL_SUSPENDS;

/*
 * Put `count` items, one after the other; those of others may come between
 * them.  `*put`, which may be NULL, becomes how many were put: all, if 0 is
 * returned, and fewer with an error.  Errors as of coil_channel_put().
 */
COIL_API int coil_channel_put_many(struct coil_channel *channel,
                                   const void *items, size_t count, size_t *put)
    COIL_SUSPENDS;

/*
 * Take as many items as there are, but no more than `max`; wait only while there
 * is none.  Returns how many, 1 at least, or an error as of coil_channel_get():
 * then nothing was taken.  `max` is not 0.
 */
COIL_API ptrdiff_t coil_channel_get_many(struct coil_channel *channel,
                                         void *items, size_t max) COIL_SUSPENDS;

/* The same if it needs no wait: 0, -EAGAIN, or -EPIPE. */
COIL_API int coil_channel_try_put(struct coil_channel *channel,
                                  const void *item)
    COIL_ANY_THREAD COIL_MUST_CHECK;
COIL_API int coil_channel_try_get(struct coil_channel *channel, void *item)
    COIL_ANY_THREAD COIL_MUST_CHECK;

/*
 * No more items can be put: who waits to put gets -EPIPE.  Items that are in the
 * channel can be got; then who gets, or waits to get, has -EPIPE.  Closing it
 * again changes nothing.
 */
COIL_API void coil_channel_close(struct coil_channel *channel) COIL_ANY_THREAD;

/* What was so a moment ago; another thread may have changed it since. */
COIL_API size_t coil_channel_count(const struct coil_channel *channel)
    COIL_ANY_THREAD;
COIL_API bool coil_channel_is_closed(const struct coil_channel *channel)
    COIL_ANY_THREAD;

#ifdef __cplusplus
}
#endif

#endif
