/* SPDX-License-Identifier: MIT */
#include "http/client/places.h"

#include <coil/error.h>
#include <coil/semaphore.h>
#include <coil/timeout.h>

#include "base/heap.h"
#include "base/list.h"
#include "base/platform.h"

/* How long a lack of descriptors is taken to last. */
#define SHORT_FOR COIL_SECOND

struct waiter {
    struct coil_link link;
    uint64_t ticket;
    bool is_served;
    bool is_excused;
    struct coil_semaphore place; /* given by whoever serves the waiter */
};

static struct waiter *waiter_of(struct coil_link *link)
{
    return coil__container_of(link, struct waiter, link);
}

/* ---- the heap ----------------------------------------------------------- */

static struct coil__http_queue *queue_of(const struct coil_heap_node *node)
{
    return coil__container_of(node, struct coil__http_queue, node);
}

static bool is_before(const struct coil_heap_node *a,
                      const struct coil_heap_node *b)
{
    return waiter_of(queue_of(a)->waiters.head)->ticket <
           waiter_of(queue_of(b)->waiters.head)->ticket;
}

static void take_out(struct coil__http_places *places,
                     struct coil__http_queue *queue)
{
    if (queue->is_queued)
        coil__heap_remove(&places->heap, &queue->node, is_before);
    queue->is_queued = false;
}

/* Put the queue into the heap if it belongs there. */
static void put_in(struct coil__http_places *places,
                   struct coil__http_queue *queue)
{
    if (queue->is_queued || !queue->waiters.head ||
        queue->taken >= places->limit_per_origin)
        return;
    queue->is_queued = true;
    coil__heap_add(&places->heap, &queue->node, is_before);
}

/* ---- serving ------------------------------------------------------------ */

static bool is_full(const struct coil__http_places *places)
{
    if (places->is_short && places->taken >= places->short_limit)
        return true;
    return places->taken >= places->limit;
}

static void serve(struct coil__http_places *places)
{
    while (places->heap && !is_full(places)) {
        struct coil__http_queue *queue = queue_of(places->heap);
        struct waiter *first;

        take_out(places, queue);
        first = waiter_of(coil__list_pop(&queue->waiters));
        places->taken++;
        queue->taken++;
        put_in(places, queue);
        first->is_served = true;
        coil_semaphore_release(&first->place);
    }
}

void coil__http_places_give(struct coil__http_places *places,
                            struct coil__http_queue *queue)
{
    places->taken--;
    queue->taken--;
    put_in(places, queue);
    serve(places);
}

void coil__http_places_claim(struct coil__http_places *places,
                             struct coil__http_queue *queue)
{
    take_out(places, queue);
    places->taken++;
    queue->taken++;
    put_in(places, queue);
}

void coil__http_places_excuse(struct coil__http_places *places,
                              struct coil__http_queue *queue)
{
    take_out(places, queue);
    while (queue->waiters.head) {
        struct waiter *waiter = waiter_of(coil__list_pop(&queue->waiters));

        waiter->is_excused = true;
        coil_semaphore_release(&waiter->place);
    }
}

/* ---- waiting ------------------------------------------------------------ */

/* Who has an old ticket goes in front of those that came later. */
static void line_up(struct coil__http_queue *queue, struct waiter *waiter)
{
    struct coil_link *before = queue->waiters.tail;

    while (before && waiter_of(before)->ticket > waiter->ticket)
        before = before->prev;
    coil__list_insert_after(&queue->waiters, before, &waiter->link);
}

static int wait_in(struct waiter *waiter, coil_time deadline)
{
    struct coil_timeout limit;
    int rc;

    if (deadline == COIL_NEVER)
        return coil_semaphore_acquire(&waiter->place);
    rc = coil_timeout_begin_at(&limit, deadline);
    if (rc < 0)
        return rc;
    rc = coil_semaphore_acquire(&waiter->place);
    rc = coil_timeout_end(&limit, rc);
    return rc == -ETIMEDOUT ? -EBUSY : rc;
}

int coil__http_places_take(struct coil__http_places *places,
                           struct coil__http_queue *queue, uint64_t *ticket,
                           coil_time deadline)
{
    struct waiter self = { .ticket = *ticket };
    int rc;

    if (!self.ticket)
        self.ticket = *ticket = ++places->tickets;
    if (!is_full(places) && queue->taken < places->limit_per_origin) {
        places->taken++;
        queue->taken++;
        return 0;
    }

    /* The order of the heap changes if the first in the queue does. */
    take_out(places, queue);
    line_up(queue, &self);
    put_in(places, queue);
    rc = wait_in(&self, deadline);
    if (rc == 0)
        return self.is_excused;

    /* It may be served after its wait has ended and before it goes on. */
    if (self.is_excused)
        return rc;
    if (self.is_served) {
        coil__http_places_give(places, queue);
        return rc;
    }
    take_out(places, queue);
    coil__list_remove(&queue->waiters, &self.link);
    put_in(places, queue);
    return rc;
}

/* ---- descriptors that lack ---------------------------------------------- */

static void start_timer(struct coil__http_places *places, coil_callback_fn fn)
{
    places->is_short = coil_loop_call_later(coil_loop_current(), &places->timer,
                                            SHORT_FOR, fn, places) == 0;
}

/* Try a few places more, until there are all again. */
static void ease_shortage(void *arg)
{
    struct coil__http_places *places = arg;

    places->is_short = false;
    places->short_limit += 1 + places->short_limit / 4;
    if (places->short_limit < places->limit)
        start_timer(places, ease_shortage);
    serve(places);
}

void coil__http_places_shorten(struct coil__http_places *places, size_t others)
{
    if (places->is_short)
        coil_handle_cancel(&places->timer);
    places->short_limit = others;
    start_timer(places, ease_shortage);
}

void coil__http_places_fini(struct coil__http_places *places)
{
    if (places->is_short)
        coil_handle_cancel(&places->timer);
}
