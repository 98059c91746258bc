/* SPDX-License-Identifier: MIT */
/*
 * coil/broadcast.h - each item for every receiver
 *
 *     static struct message kept[64];
 *     static struct coil_broadcast chat =
 *         COIL_BROADCAST_INIT(kept, sizeof kept[0], 64);
 *
 *     coil_broadcast_send(&chat, &message);             // never waits
 *
 *     coil_broadcast_receiver_init(&receiver, &chat);   // in each task
 *     rc = coil_broadcast_receive(&receiver, &message);
 *
 * The last items are kept, as many as there is room for.  A receiver that falls
 * behind further than that loses the oldest, and is told so.  So a slow receiver
 * holds up nobody, and takes no memory.
 *
 * Memory   The room is caller's memory, kept as long as the broadcast is used.
 *          Nothing is allocated; no destroy call.
 * asyncio  There is none.  tokio: sync::broadcast.
 */
#ifndef COIL_BROADCAST_H
#define COIL_BROADCAST_H

#include <coil/base.h>
#include <coil/select.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The fields are private. */
struct coil_broadcast {
    struct coil_list waiters;
    void *items;
    size_t item_size;
    size_t capacity;
    uint64_t sent; /* how many; the next goes to that place, modulo capacity */
    bool closed;
};

#define COIL_BROADCAST_INIT(items, item_size, capacity)                        \
    {                                                                          \
        COIL_LIST_INIT, (items), (item_size), (capacity), 0, false             \
    }

/*
 * Make it an empty one, whose last `capacity` items are kept in `items`; one at
 * least.
 */
COIL_API void coil_broadcast_init(struct coil_broadcast *broadcast, void *items,
                                  size_t item_size, size_t capacity);

/* Where a task is: caller's memory; the fields are private. */
struct coil_broadcast_receiver {
    struct coil_broadcast *broadcast;
    uint64_t next;
    uint64_t lost;
};

/* It receives what is sent from now on. */
COIL_API void
coil_broadcast_receiver_init(struct coil_broadcast_receiver *receiver,
                             struct coil_broadcast *broadcast);

/*
 * Send a copy of `*item` to all receivers.  Does not wait.  Returns 0, or -EPIPE,
 * with nothing sent: it is closed.
 */
COIL_API int coil_broadcast_send(struct coil_broadcast *broadcast,
                                 const void *item);

/*
 * Receive the next item into `*item`, waiting while there is none.
 *
 * Returns 0, else with no item taken
 *   -ECANCELED  the task was cancelled; it goes on at the same place
 *   -EOVERFLOW  the receiver was too slow, and items were lost, as
 *               coil_broadcast_lost() says.  The next call returns the oldest that
 *               is kept
 *   -EPIPE      closed, and the last item was received
 */
COIL_API int coil_broadcast_receive(struct coil_broadcast_receiver *receiver,
                                    void *item) COIL_SUSPENDS;

/* The same as a case of coil_select(); `item` is kept until that returns. */
COIL_API struct coil_select_case
coil_broadcast_receive_case(struct coil_broadcast_receiver *receiver,
                            void *item);

/* The same without waiting: -EAGAIN if that would be needed. */
COIL_API int
coil_broadcast_try_receive(struct coil_broadcast_receiver *receiver, void *item)
    COIL_MUST_CHECK;

/* How many items this receiver has lost so far. */
COIL_API uint64_t
coil_broadcast_lost(const struct coil_broadcast_receiver *receiver);

/* No item will be sent any more; what is kept can be received.  May be repeated. */
COIL_API void coil_broadcast_close(struct coil_broadcast *broadcast);

/* How many tasks wait. */
COIL_API size_t coil_broadcast_waiting(const struct coil_broadcast *broadcast);

#ifdef __cplusplus
}
#endif

#endif
