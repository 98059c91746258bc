/* SPDX-License-Identifier: MIT */
#include "sync/queue_store.h"

#include <coil/error.h>

#include "base/memory.h"
#include "base/platform.h"
#include "context/switch.h"
#include "sync/queue_item.h"
#include "sync/queue_keys.h"

#define INITIAL_CAPACITY 8

static size_t round_up(size_t size, size_t alignment)
{
    return (size + alignment - 1) / alignment * alignment;
}

/* The offset of the sequence number from the beginning of its item. */
static size_t sequence_offset(size_t item_size)
{
    return round_up(item_size, sizeof(uint64_t));
}

/*
 * An item's size is a multiple of its alignment, so plain items can lie side by
 * side.  With a sequence number in between, items are aligned for any type.
 */
size_t coil__queue_store_stride(enum coil_queue_order order, size_t item_size)
{
    if (order == COIL_QUEUE_PRIORITY)
        return round_up(sequence_offset(item_size) + sizeof(uint64_t),
                        _Alignof(max_align_t));
    return item_size > 0 ? item_size : 1;
}

static unsigned char *item_at(const struct coil_queue *queue, size_t index)
{
    return queue->items + index * queue->stride;
}

static uint64_t *sequence_of(const struct coil_queue *queue,
                             unsigned char *item)
{
    return (uint64_t *)(void *)(item + sequence_offset(queue->item_size));
}

/* The n-th item of the array; in a ring, counted from the first. */
static unsigned char *nth_item(const struct coil_queue *queue, size_t n)
{
    size_t index = queue->first + n;

    if (index >= queue->capacity)
        index -= queue->capacity;
    return item_at(queue, index);
}

static COIL_COLD int grow(struct coil_queue *queue)
{
    size_t stride = queue->stride;
    size_t old_capacity = queue->capacity;
    size_t capacity = old_capacity ? old_capacity * 2 : INITIAL_CAPACITY;
    size_t gap, tail;
    unsigned char *items;

    if (queue->max && capacity > queue->max)
        capacity = queue->max;
    if (queue->order == COIL_QUEUE_PRIORITY_KEY)
        return coil__queue_keys_grow(queue, capacity);
    if (capacity > SIZE_MAX / stride)
        return -ENOMEM;
    items = coil__realloc(queue->items, capacity * stride);
    if (!items)
        return -ENOMEM;
    queue->items = items;
    queue->capacity = capacity;

    /*
     * A full ring may wrap around: move the part that begins with the first
     * item to the new end.
     */
    if (queue->first > 0) {
        gap = capacity - old_capacity;
        tail = old_capacity - queue->first;
        memmove(item_at(queue, queue->first + gap),
                item_at(queue, queue->first), tail * stride);
        queue->first += gap;
    }
    return 0;
}

int coil__queue_store_reserve(struct coil_queue *queue)
{
    if (COIL_LIKELY(queue->count < queue->capacity))
        return 0;
    return grow(queue);
}

/* Whether the item `a` of the heap goes before the item `b`. */
static bool goes_before(const struct coil_queue *queue, unsigned char *a,
                        unsigned char *b)
{
    int order = queue->compare(a, b);

    if (order != 0)
        return order < 0;
    return *sequence_of(queue, a) < *sequence_of(queue, b);
}

/* Copy an item of the heap with its number, in whole blocks. */
static void move_entry(unsigned char *to, const unsigned char *from,
                       size_t stride)
{
    for (size_t i = 0; i < stride; i += _Alignof(max_align_t))
        memcpy(to + i, from + i, _Alignof(max_align_t));
}

/* The arguments of heap_push(). */
struct push {
    struct coil_queue *queue;
    const void *item;
};

/* The new number is the highest, so the item goes behind its equals. */
static void store_entry(struct coil_queue *queue, size_t index,
                        const void *item)
{
    coil__queue_copy_item(queue, item_at(queue, index), item);
    *sequence_of(queue, item_at(queue, index)) = queue->sequence++;
}

/* Put a new item in: a hole moves up from `hole` to the item's place. */
static void move_up(struct coil_queue *queue, size_t hole, const void *item)
{
    while (hole > 0) {
        unsigned char *parent = item_at(queue, (hole - 1) / 2);

        if (queue->compare(item, parent) >= 0)
            break;
        move_entry(item_at(queue, hole), parent, queue->stride);
        hole = (hole - 1) / 2;
    }
    store_entry(queue, hole, item);
}

/* Of the children from `child` on, of `count` items, the one that goes first. */
static size_t first_child(struct coil_queue *queue, size_t child, size_t count)
{
    if (child + 1 < count &&
        goes_before(queue, item_at(queue, child + 1), item_at(queue, child)))
        return child + 1;
    return child;
}

/*
 * Move a hole at the root of `count` items down to the bottom, along the
 * children that go first.  Returns where it is then.  What is put there moves up
 * to its place, which is nearly always close to the bottom.  This compares half
 * as often as a search from above.
 */
static size_t move_hole_down(struct coil_queue *queue, size_t count)
{
    size_t hole = 0;

    for (size_t child = 1; child < count; child = 2 * hole + 1) {
        child = first_child(queue, child, count);
        move_entry(item_at(queue, hole), item_at(queue, child), queue->stride);
        hole = child;
    }
    return hole;
}

/* Put an item into the hole at the root of `count` items. */
static void fill_first(struct coil_queue *queue, size_t count, const void *item)
{
    if (count > 1 &&
        queue->compare(item, item_at(queue, first_child(queue, 1, count))) >= 0)
        move_up(queue, move_hole_down(queue, count), item);
    else
        store_entry(queue, 0, item);
}

static void heap_push(void *arg)
{
    const struct push *push = arg;
    struct coil_queue *queue = push->queue;

    if (queue->hole)
        fill_first(queue, queue->count + 1, push->item);
    else
        move_up(queue, queue->count, push->item);
    queue->count++;
    queue->hole = false;
}

/* Close the hole at the root: the last item goes into the one at the bottom. */
static void close_hole(void *arg)
{
    struct coil_queue *queue = arg;
    size_t stride = queue->stride;
    size_t count = queue->count;
    unsigned char *last = item_at(queue, count);
    size_t hole = move_hole_down(queue, count);
    size_t up;

    for (; hole > 0; hole = up) {
        up = (hole - 1) / 2;
        if (!goes_before(queue, last, item_at(queue, up)))
            break;
        move_entry(item_at(queue, hole), item_at(queue, up), stride);
    }
    move_entry(item_at(queue, hole), last, stride);
    queue->hole = false;
}

static void push_by_priority(struct coil_queue *queue, const void *item)
{
    struct push push = { queue, item };

    if (queue->order == COIL_QUEUE_PRIORITY_KEY)
        coil__queue_keys_push(queue, item);
    else
        coil__guard_void(heap_push, &push);
}

static void pop_by_priority(struct coil_queue *queue, void *item)
{
    if (queue->order == COIL_QUEUE_PRIORITY_KEY) {
        coil__queue_keys_pop(queue, item);
        return;
    }
    if (queue->hole)
        coil__guard_void(close_hole, queue);
    coil__queue_copy_item(queue, item, item_at(queue, 0));
    queue->hole = --queue->count > 0;
}

void coil__queue_store_push(struct coil_queue *queue, const void *item)
{
    if (queue->order >= COIL_QUEUE_PRIORITY) {
        push_by_priority(queue, item);
        return;
    }
    coil__queue_copy_item(queue, nth_item(queue, queue->count), item);
    queue->count++;
}

void coil__queue_store_pop(struct coil_queue *queue, void *item)
{
    if (queue->order >= COIL_QUEUE_PRIORITY) {
        pop_by_priority(queue, item);
        return;
    }
    queue->count--;
    if (queue->order == COIL_QUEUE_LIFO) {
        coil__queue_copy_item(queue, item, item_at(queue, queue->count));
        return;
    }
    coil__queue_copy_item(queue, item, nth_item(queue, 0));
    queue->first++;
    if (queue->first == queue->capacity)
        queue->first = 0;
}

static void destroy_items(void *arg)
{
    struct coil_queue *queue = arg;

    for (size_t i = 0; i < queue->count; i++)
        queue->item_destroy(queue->order == COIL_QUEUE_PRIORITY_KEY
                                ? coil__queue_keys_nth(queue, i)
                                : nth_item(queue, i + queue->hole));
}

void coil__queue_store_clear(struct coil_queue *queue)
{
    if (queue->item_destroy)
        coil__guard_void(destroy_items, queue);
    queue->count = 0;
    queue->first = 0;
    queue->hole = false;
}

void coil__queue_store_fini(struct coil_queue *queue)
{
    coil__queue_store_clear(queue);
    coil__free(queue->items);
    queue->items = NULL;
    queue->entries = NULL;
    queue->capacity = 0;
}

static const char *check_heap(const struct coil_queue *queue)
{
    size_t i;

    for (i = queue->hole; i < queue->count + queue->hole; i++) {
        unsigned char *item = item_at(queue, i);

        if (*sequence_of(queue, item) >= queue->sequence)
            return "queue: an item has a sequence number of the future";
        if (i > (queue->hole ? 2 : 0) &&
            !goes_before(queue, item_at(queue, (i - 1) / 2), item))
            return "queue: the heap is out of order";
    }
    return NULL;
}

const char *coil__queue_store_check(const struct coil_queue *queue)
{
    if (queue->count > queue->capacity)
        return "queue: more items than places";
    if (queue->max && queue->capacity > queue->max)
        return "queue: more places than its limit";
    if (!queue->items != !queue->capacity)
        return "queue: the array and its size contradict one another";
    if (queue->hole && (queue->order < COIL_QUEUE_PRIORITY || !queue->count))
        return "queue: a hole where nothing was taken";
    if (queue->first && queue->order != COIL_QUEUE_FIFO)
        return "queue: only a ring begins in the middle";
    if (queue->first && queue->first >= queue->capacity)
        return "queue: it begins outside of the array";
    if (queue->order == COIL_QUEUE_PRIORITY)
        return check_heap(queue);
    if (queue->order == COIL_QUEUE_PRIORITY_KEY)
        return coil__queue_keys_check(queue);
    return NULL;
}
