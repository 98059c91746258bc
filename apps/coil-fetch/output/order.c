/* SPDX-License-Identifier: MIT */
/*
 * order.c - a ring of places, one for each number from `next` on
 *
 * What is at the ring's head is taken at once into `ready`, so only what waits for
 * another one lies in the ring.
 */
#include "output/order.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_WAIT = 65536, MAX_SIZE = 64 * 1024 * 1024, FIRST_ROOM = 64 };

struct entry {
    char *record; /* NULL: skipped, or not there yet */
    size_t size;
    bool is_there;
};

struct order {
    uint64_t next;
    struct entry *ring;
    size_t room; /* a power of two */
    size_t waiting;
    size_t size;
    size_t max_wait;
    size_t max_size;
    struct text ready;
    bool is_taken; /* `ready` has been handed out */
};

int order_new(struct order **out, const struct order_options *options)
{
    struct order *order = malloc(sizeof *order);
    struct entry *ring = calloc(FIRST_ROOM, sizeof *ring);

    *out = NULL;
    if (!order || !ring) {
        free(order);
        free(ring);
        return -ENOMEM;
    }
    *order = (struct order){
        .next = options->first > 0 ? options->first : 1,
        .ring = ring,
        .room = FIRST_ROOM,
        .max_wait = options->max_wait ? options->max_wait : MAX_WAIT,
        .max_size = options->max_size ? options->max_size : MAX_SIZE,
    };
    *out = order;
    return 0;
}

void order_free(struct order *order)
{
    if (!order)
        return;
    for (size_t i = 0; i < order->room; i++)
        free(order->ring[i].record);
    free(order->ring);
    text_fini(&order->ready);
    free(order);
}

static struct entry *entry_of(struct order *order, uint64_t number)
{
    return &order->ring[number & (order->room - 1)];
}

/* Let the ring reach up to `number`. */
static int reach(struct order *order, uint64_t number)
{
    struct order wider = *order;

    while (number - order->next >= wider.room) {
        if (wider.room > SIZE_MAX / sizeof *wider.ring / 2)
            return -ENOMEM;
        wider.room *= 2;
    }
    if (wider.room == order->room)
        return 0;
    wider.ring = calloc(wider.room, sizeof *wider.ring);
    if (!wider.ring)
        return -ENOMEM;
    for (uint64_t i = 0; i < order->room; i++)
        *entry_of(&wider, order->next + i) = *entry_of(order, order->next + i);
    free(order->ring);
    *order = wider;
    return 0;
}

/* What was handed out is not needed any more. */
static void begin_ready(struct order *order)
{
    if (order->is_taken)
        text_clear(&order->ready);
    order->is_taken = false;
}

/* Returns 0; -ENOMEM, and nothing has changed. */
static int add_ready(struct order *order, const char *record, size_t size)
{
    text_add_bytes(&order->ready, record, size);
    if (!order->ready.has_failed)
        return 0;
    order->ready.has_failed = false;
    return -ENOMEM;
}

/*
 * Move what nothing is missing in front of any more from the ring to `ready`; as
 * far as there is memory, the rest another time.
 */
static void advance(struct order *order)
{
    for (;;) {
        struct entry *entry = entry_of(order, order->next);

        if (!entry->is_there)
            return;
        if (entry->record) {
            if (add_ready(order, entry->record, entry->size) < 0)
                return;
            order->waiting--;
            order->size -= entry->size;
            free(entry->record);
        }
        *entry = (struct entry){ 0 };
        order->next++;
    }
}

static int put(struct order *order, uint64_t number, struct entry entry)
{
    int rc = reach(order, number);

    if (rc < 0)
        return rc;
    if (entry_of(order, number)->is_there)
        return -EALREADY;
    *entry_of(order, number) = entry;
    order->waiting += entry.record != NULL;
    order->size += entry.size;
    return 0;
}

int order_add(struct order *order, uint64_t number, const char *record,
              size_t size)
{
    struct entry entry = { .size = size, .is_there = true };
    int rc;

    begin_ready(order);
    if (number < order->next)
        return -EALREADY;
    if (number == order->next && !entry_of(order, number)->is_there) {
        rc = add_ready(order, record, size);
        order->next += rc == 0;
        return rc;
    }
    entry.record = malloc(size > 0 ? size : 1);
    if (!entry.record)
        return -ENOMEM;
    if (size > 0)
        memcpy(entry.record, record, size);
    rc = put(order, number, entry);
    if (rc < 0)
        free(entry.record);
    return rc;
}

int order_skip(struct order *order, uint64_t number)
{
    begin_ready(order);
    if (number < order->next)
        return -EALREADY;
    return put(order, number, (struct entry){ .is_there = true });
}

bool order_take(struct order *order, struct text *records)
{
    begin_ready(order);
    advance(order);
    if (order->ready.size == 0)
        return false;
    order->is_taken = true;
    *records = order->ready;
    return true;
}

uint64_t order_next(const struct order *order)
{
    uint64_t next = order->next;

    /* What is there may not have been moved yet. */
    while (next - order->next < order->room &&
           order->ring[next & (order->room - 1)].is_there)
        next++;
    return next;
}

bool order_is_full(const struct order *order)
{
    return order->waiting >= order->max_wait || order->size >= order->max_size;
}

bool order_may_start(const struct order *order, uint64_t number)
{
    if (number == order_next(order))
        return true;
    return !order_is_full(order) && number - order->next < order->max_wait;
}

size_t order_waiting(const struct order *order)
{
    return order->waiting;
}

size_t order_size(const struct order *order)
{
    return order->size;
}
