/* SPDX-License-Identifier: MIT */
#include "sync/queue_keys.h"

#include <coil/error.h>

#include "base/memory.h"
#include "base/platform.h"
#include "sync/queue_item.h"

enum { CHILDREN = 4, LINE = 64 };

#define SLOT_BITS 32
#define MAX_SLOTS ((size_t)UINT32_MAX)
#define MAX_SEQUENCE ((uint64_t)UINT32_MAX)

/*
 * Of two entries the one with the smaller key goes first.  Of equal keys it is
 * the one with the smaller `order`: a sequence number above the slot.
 */
struct coil_queue_entry {
    uint64_t key;
    uint64_t order;
};

_Static_assert(CHILDREN * sizeof(struct coil_queue_entry) == LINE,
               "the children of an entry fill a line of the cache");

/* Without a branch: which of two goes first cannot be predicted. */
static inline bool goes_before(struct coil_queue_entry a,
                               struct coil_queue_entry b)
{
#if defined(__SIZEOF_INT128__)
    __extension__ typedef unsigned __int128 both;

    return ((both)a.key << 64 | a.order) < ((both)b.key << 64 | b.order);
#else
    return (a.key < b.key) | ((a.key == b.key) & (a.order < b.order));
#endif
}

static inline size_t slot_of(struct coil_queue_entry entry)
{
    return (uint32_t)entry.order;
}

static inline unsigned char *item_in(const struct coil_queue *queue,
                                     size_t slot)
{
    return queue->items + slot * queue->stride;
}

/* ---- keys ---- */

bool coil__queue_key_is_valid(const struct coil_queue_key *key,
                              size_t item_size)
{
    bool is_size_of_integer =
        key->size == 1 || key->size == 2 || key->size == 4 || key->size == 8;
    bool is_size_of_float =
        key->size == sizeof(float) || key->size == sizeof(double);

    if (key->kind == COIL_QUEUE_KEY_FLOAT ? !is_size_of_float
                                          : !is_size_of_integer)
        return false;
    return key->offset <= item_size && key->size <= item_size - key->offset;
}

static uint64_t read_unsigned(const unsigned char *field, size_t size)
{
    uint64_t eight;
    uint32_t four;
    uint16_t two;

    switch (size) {
    case sizeof eight:
        memcpy(&eight, field, sizeof eight);
        return eight;
    case sizeof four:
        memcpy(&four, field, sizeof four);
        return four;
    case sizeof two:
        memcpy(&two, field, sizeof two);
        return two;
    default:
        return *field;
    }
}

/* The sign is put at the top of 64 bits and turned over: -1 is below 0. */
static uint64_t from_signed(uint64_t value, size_t size)
{
    size_t unused = 64 - 8 * size;
    uint64_t sign = (uint64_t)1 << 63;

    return (value << unused) ^ sign;
}

/*
 * The bits of positive numbers are in the order of the numbers, and those of
 * negative ones in the opposite order (IEEE 754).  0 and -0 are equal.  What is
 * not a number goes last.
 */
static uint64_t from_float(const unsigned char *field, size_t size)
{
    uint64_t sign = (uint64_t)1 << 63;
    double number;
    float narrow;
    uint64_t bits;

    if (size == sizeof narrow) {
        memcpy(&narrow, field, sizeof narrow);
        number = (double)narrow;
    } else {
        memcpy(&number, field, sizeof number);
    }
    if (number != number)
        return UINT64_MAX;
    number += 0.0;
    memcpy(&bits, &number, sizeof bits);
    return bits & sign ? ~bits : bits | sign;
}

static uint64_t key_of(const struct coil_queue *queue, const void *item)
{
    const struct coil_queue_key *key = &queue->key;
    const unsigned char *field = (const unsigned char *)item + key->offset;

    switch (key->kind) {
    case COIL_QUEUE_KEY_FLOAT:
        return from_float(field, key->size);
    case COIL_QUEUE_KEY_SIGNED:
        return from_signed(read_unsigned(field, key->size), key->size);
    default:
        return read_unsigned(field, key->size);
    }
}

/* ---- the heap ---- */

/*
 * The child of the four from `first` on that goes first.  The winners of both
 * pairs are compared before it is known who they are: all six comparisons are
 * made side by side, and none waits for another.
 */
static inline size_t first_of_four(const struct coil_queue_entry *entries,
                                   size_t first)
{
    const struct coil_queue_entry *e = &entries[first];
    unsigned a = goes_before(e[1], e[0]);
    unsigned b = goes_before(e[3], e[2]);
    unsigned later = (unsigned)goes_before(e[2], e[0]) |
                     (unsigned)goes_before(e[3], e[0]) << 1 |
                     (unsigned)goes_before(e[2], e[1]) << 2 |
                     (unsigned)goes_before(e[3], e[1]) << 3;

    return first + (later >> (2 * a + b) & 1 ? 2 + b : a);
}

/*
 * Fetch the children of the four from `first` on, four lines of the cache: which
 * of them is needed is known when the four have been compared.
 */
static inline void
fetch_children_of_four(const struct coil_queue_entry *entries, size_t first,
                       size_t count)
{
    size_t children = first * CHILDREN + 1;

    if (children + CHILDREN * CHILDREN > count)
        return;
    for (size_t i = 0; i < CHILDREN; i++)
        __builtin_prefetch(&entries[children + i * CHILDREN]);
}

/* The same of those that there are. */
static size_t first_of_some(const struct coil_queue_entry *entries,
                            size_t first, size_t count)
{
    size_t best = first;

    for (size_t i = first + 1; i < count; i++)
        if (goes_before(entries[i], entries[best]))
            best = i;
    return best;
}

/* Put `entry` at the hole or above it. */
static void move_up(struct coil_queue_entry *entries, size_t hole,
                    struct coil_queue_entry entry)
{
    while (hole > 0) {
        size_t parent = (hole - 1) / CHILDREN;

        if (!goes_before(entry, entries[parent]))
            break;
        entries[hole] = entries[parent];
        hole = parent;
    }
    entries[hole] = entry;
}

/*
 * Move a hole at the root of `count` entries down to the bottom, along the
 * children that go first.  Returns where it is then.
 */
static size_t move_hole_down(struct coil_queue_entry *entries, size_t count)
{
    size_t hole = 0;
    size_t first = 1;

    while (first + CHILDREN <= count) {
        size_t best;

        fetch_children_of_four(entries, first, count);
        best = first_of_four(entries, first);
        entries[hole] = entries[best];
        hole = best;
        first = hole * CHILDREN + 1;
    }
    if (first < count) {
        size_t best = first_of_some(entries, first, count);

        entries[hole] = entries[best];
        hole = best;
    }
    return hole;
}

/*
 * Take the first of `count` entries away, so that entries[count - 1] is free.
 * The last entry moves up from the bottom: it belongs near there.
 */
static void remove_first(struct coil_queue_entry *entries, size_t count)
{
    count--;
    move_up(entries, move_hole_down(entries, count), entries[count]);
}

/*
 * Whether an entry with `key` that is new, and so goes behind its equals, goes
 * before the children of the root.
 */
static inline bool is_first(const struct coil_queue_entry *entries,
                            size_t count, uint64_t key)
{
    bool is = true;

    if (COIL_LIKELY(count > CHILDREN))
        return (key < entries[1].key) & (key < entries[2].key) &
               (key < entries[3].key) & (key < entries[4].key);
    for (size_t i = 1; i < count; i++)
        is &= key < entries[i].key;
    return is;
}

/* Put the new `entry` into `count` entries of which the first is a hole. */
static void fill_first(struct coil_queue_entry *entries, size_t count,
                       struct coil_queue_entry entry)
{
    if (is_first(entries, count, entry.key))
        entries[0] = entry;
    else
        move_up(entries, move_hole_down(entries, count), entry);
}

/* Close the hole that the last pop has left. */
static void close_hole(struct coil_queue *queue)
{
    size_t slot = slot_of(queue->entries[0]);

    remove_first(queue->entries, queue->count + 1);
    queue->entries[queue->count].order = slot;
    queue->hole = false;
}

/*
 * The sequence numbers are used up: give the entries those from 0 on, in the
 * order in which they go.  A sorted array is a heap, too.
 */
static COIL_COLD void renumber(struct coil_queue *queue)
{
    struct coil_queue_entry *entries = queue->entries;
    size_t count = queue->count;

    if (queue->hole)
        close_hole(queue);
    for (size_t n = count; n > 1; n--) {
        struct coil_queue_entry entry = entries[0];

        remove_first(entries, n);
        entries[n - 1] = entry;
    }
    for (size_t i = 0, j = count; i + 1 < j; i++) {
        struct coil_queue_entry entry = entries[i];

        entries[i] = entries[--j];
        entries[j] = entry;
    }
    for (size_t i = 0; i < count; i++)
        entries[i].order = (uint64_t)i << SLOT_BITS | slot_of(entries[i]);
    queue->sequence = count;
}

void coil__queue_keys_push(struct coil_queue *queue, const void *item)
{
    struct coil_queue_entry entry = { .key = key_of(queue, item) };
    size_t slot;

    if (COIL_UNLIKELY(queue->sequence > MAX_SEQUENCE))
        renumber(queue);
    slot = slot_of(queue->entries[queue->hole ? 0 : queue->count]);
    entry.order = queue->sequence++ << SLOT_BITS | slot;
    coil__queue_copy_item(queue, item_in(queue, slot), item);
    if (queue->hole)
        fill_first(queue->entries, ++queue->count, entry);
    else
        move_up(queue->entries, queue->count++, entry);
    queue->hole = false;
}

void coil__queue_keys_pop(struct coil_queue *queue, void *item)
{
    if (queue->hole)
        close_hole(queue);
    coil__queue_copy_item(queue, item,
                          item_in(queue, slot_of(queue->entries[0])));
    queue->hole = --queue->count > 0;
}

void *coil__queue_keys_nth(const struct coil_queue *queue, size_t n)
{
    return item_in(queue, slot_of(queue->entries[n + queue->hole]));
}

/* ---- memory ---- */

/* Behind the items, where entries[1] begins a line of the cache. */
static struct coil_queue_entry *entries_behind(unsigned char *end)
{
    size_t padding = -((uintptr_t)end + sizeof(struct coil_queue_entry)) % LINE;

    return (struct coil_queue_entry *)(void *)(end + padding);
}

int coil__queue_keys_grow(struct coil_queue *queue, size_t capacity)
{
    size_t old = queue->capacity;
    size_t each = queue->stride + sizeof(struct coil_queue_entry);
    struct coil_queue_entry *entries;
    unsigned char *memory;

    if (capacity > MAX_SLOTS || capacity > (SIZE_MAX - LINE) / each)
        return -ENOMEM;
    memory = coil__realloc(NULL, capacity * each + LINE);
    if (!memory)
        return -ENOMEM;
    entries = entries_behind(memory + capacity * queue->stride);
    if (old > 0) {
        memcpy(memory, queue->items, old * queue->stride);
        memcpy(entries, queue->entries, old * sizeof *entries);
    }
    for (size_t i = old; i < capacity; i++)
        entries[i] = (struct coil_queue_entry){ .order = i };
    coil__free(queue->items);
    queue->items = memory;
    queue->entries = entries;
    queue->capacity = capacity;
    return 0;
}

const char *coil__queue_keys_check(const struct coil_queue *queue)
{
    const struct coil_queue_entry *entries = queue->entries;

    for (size_t i = 0; i < queue->capacity; i++)
        if (slot_of(entries[i]) >= queue->capacity)
            return "queue: an item is outside of the array";
    for (size_t i = queue->hole; i < queue->count + queue->hole; i++) {
        if (entries[i].order >> SLOT_BITS >= queue->sequence)
            return "queue: an item has a sequence number of the future";
        if (i > (queue->hole ? CHILDREN : 0) &&
            !goes_before(entries[(i - 1) / CHILDREN], entries[i]))
            return "queue: the heap is out of order";
    }
    return NULL;
}
