/* SPDX-License-Identifier: MIT */
/*
 * http/client/places.h - who may have a connection, and who waits for one
 *
 * A client has so many places in all, and so many for each origin (a scheme, a
 * host and a port).  A task that wants a connection takes a place of both kinds.
 * If there is none it waits.  Of those that wait, the first is served whose
 * origin has a place: an origin that is full does not hold up the others.
 *
 * Each origin has a queue.  A heap has the queues in which somebody waits and
 * whose origin has a place, the one that was waited in first at its top.  So
 * the heap is empty unless all places of the client are taken.
 *
 * A ticket says since when a task waits.  A task that had a place and could not
 * use it, for want of a descriptor, waits again with its old ticket.
 */
#ifndef COIL_HTTP_CLIENT_PLACES_H
#define COIL_HTTP_CLIENT_PLACES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <coil/list.h>
#include <coil/loop.h>
#include <coil/time.h>

/* The places of an origin.  Zeroed, all are free. */
struct coil__http_queue {
    size_t taken;
    struct coil_list waiters; /* by their tickets */

    bool is_queued; /* in the heap */
    struct coil_heap_node node;
};

/* All places of a client.  Zeroed but for the limits, all are free. */
struct coil__http_places {
    size_t limit; /* in all */
    size_t limit_per_origin;
    size_t taken;
    uint64_t tickets;            /* that were given out */
    struct coil_heap_node *heap; /* of queues */

    /* While descriptors lack, there are only so many places. */
    bool is_short;
    size_t short_limit;
    struct coil_handle timer;
};

/* Give a place back: who waits first gets it. */
void coil__http_places_give(struct coil__http_places *places,
                            struct coil__http_queue *queue);

/* Take a place without asking whether there is one: it was an idle one's. */
void coil__http_places_claim(struct coil__http_places *places,
                             struct coil__http_queue *queue);

/* All who wait in the queue need no place any more. */
void coil__http_places_excuse(struct coil__http_places *places,
                              struct coil__http_queue *queue);

/*
 * Take a place in `queue`, waiting until `deadline` at most.  `*ticket` is 0, and
 * is set; or it is from the last time.
 *
 * Returns 0; 1: none was taken, and none is needed; -ECANCELED; -EBUSY if there
 * was none in time.
 */
int coil__http_places_take(struct coil__http_places *places,
                           struct coil__http_queue *queue, uint64_t *ticket,
                           coil_time deadline) COIL_SUSPENDS;

/*
 * There was no descriptor for a connection beside `others`, which is not 0:
 * have no more places than that for a second, and then a few more each second.
 */
void coil__http_places_shorten(struct coil__http_places *places, size_t others);

/* Nobody has or wants a place any more. */
void coil__http_places_fini(struct coil__http_places *places);

#endif
