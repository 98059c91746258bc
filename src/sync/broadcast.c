/* SPDX-License-Identifier: MIT */
/*
 * broadcast.c - a ring that is written over, and readers with a place each
 *
 * Items have numbers, in the order in which they are sent.  Those from `sent` minus
 * `capacity` on are kept.  A receiver takes its item when it runs, so it may come
 * too late for one that it was woken for; it is told then.
 */
#include <coil/broadcast.h>

#include <errno.h>
#include <string.h>

#include "base/platform.h"
#include "sched/select.h"
#include "sched/wait.h"

void coil_broadcast_init(struct coil_broadcast *broadcast, void *items,
                         size_t item_size, size_t capacity)
{
    *broadcast =
        (struct coil_broadcast)COIL_BROADCAST_INIT(items, item_size, capacity);
}

void coil_broadcast_receiver_init(struct coil_broadcast_receiver *receiver,
                                  struct coil_broadcast *broadcast)
{
    *receiver = (struct coil_broadcast_receiver){
        .broadcast = broadcast,
        .next = broadcast->sent,
    };
}

static void *place_of(const struct coil_broadcast *b, uint64_t number)
{
    return (char *)b->items + (size_t)(number % b->capacity) * b->item_size;
}

int coil_broadcast_send(struct coil_broadcast *broadcast, const void *item)
{
    if (broadcast->closed)
        return -EPIPE;
    memcpy(place_of(broadcast, broadcast->sent), item, broadcast->item_size);
    broadcast->sent++;
    coil__wake_all(&broadcast->waiters, 0);
    return 0;
}

/* The receiver goes on with the oldest that is kept, if its next is not. */
static bool skip_lost(struct coil_broadcast_receiver *r)
{
    const struct coil_broadcast *b = r->broadcast;
    uint64_t behind = b->sent - r->next;

    if (behind <= b->capacity)
        return false;
    r->lost += behind - b->capacity;
    r->next = b->sent - b->capacity;
    return true;
}

int coil_broadcast_try_receive(struct coil_broadcast_receiver *receiver,
                               void *item)
{
    const struct coil_broadcast *b = receiver->broadcast;

    if (receiver->next == b->sent)
        return b->closed ? -EPIPE : -EAGAIN;
    if (skip_lost(receiver))
        return -EOVERFLOW;
    memcpy(item, place_of(b, receiver->next), b->item_size);
    receiver->next++;
    return 0;
}

static const struct coil_wait_reason reason = { .name = "broadcast" };

int coil_broadcast_receive(struct coil_broadcast_receiver *receiver, void *item)
{
    struct coil_broadcast *b = receiver->broadcast;
    int rc = coil__checkpoint();

    if (rc < 0)
        return rc;
    /* Another task may use the same receiver. */
    rc = coil_broadcast_try_receive(receiver, item);
    while (rc == -EAGAIN) {
        struct coil_waiter self = COIL_WAITER(&reason, b);

        rc = coil__wait(&b->waiters, &self);
        if (rc == 0)
            rc = coil_broadcast_try_receive(receiver, item);
    }
    return rc;
}

/* ---- in a selection ------------------------------------------------------- */

static int take_item(const struct coil_select_case *c)
{
    return coil_broadcast_try_receive(c->object, c->item);
}

static bool attempt_receive(const struct coil_select_case *c, int *result)
{
    return coil__select_attempted(take_item(c), result);
}

static bool stand(const struct coil_select_case *c,
                  union coil__select_entry *entry, int *result)
{
    const struct coil_broadcast_receiver *receiver = c->object;

    (void)result;
    entry->waiter.object = receiver->broadcast;
    coil__waitq_append(&receiver->broadcast->waiters, &entry->waiter);
    return true;
}

struct coil_select_case
coil_broadcast_receive_case(struct coil_broadcast_receiver *receiver,
                            void *item)
{
    static const struct coil_select_kind kind = {
        .reason = &reason,
        .attempt = attempt_receive,
        .stand = stand,
        .take = take_item,
    };

    return (struct coil_select_case){
        .kind = &kind,
        .object = receiver,
        .item = item,
    };
}

/* ---- the rest ------------------------------------------------------------- */

uint64_t coil_broadcast_lost(const struct coil_broadcast_receiver *receiver)
{
    return receiver->lost;
}

void coil_broadcast_close(struct coil_broadcast *broadcast)
{
    broadcast->closed = true;
    coil__wake_all(&broadcast->waiters, 0);
}

size_t coil_broadcast_waiting(const struct coil_broadcast *broadcast)
{
    return coil__waitq_count(&broadcast->waiters);
}
