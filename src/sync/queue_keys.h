/* SPDX-License-Identifier: MIT */
/*
 * sync/queue_keys.h - a queue's items in the order of their keys
 *
 * An item stays in the slot into which it was copied: items[slot].  What the
 * heap moves is an entry of 16 bytes, the item's key and slot.  A key of any
 * type becomes an unsigned number of the same order, so that no function of the
 * program is called.
 *
 * An entry has up to four children, which are side by side in one line of the
 * cache: those of entries[i] are entries[4*i+1 … 4*i+4].  The entries behind
 * the last one, entries[count … capacity-1], say which slots are free; with a
 * hole at the root (queue_store.h) those are entries[0] and entries[count+1 …].
 *
 * The items and the entries are one piece of memory, which begins with the
 * items.
 */
#ifndef COIL_SYNC_QUEUE_KEYS_H
#define COIL_SYNC_QUEUE_KEYS_H

#include <coil/queue.h>

/* Whether the key is a number that coil can read, and lies in the item. */
bool coil__queue_key_is_valid(const struct coil_queue_key *key,
                              size_t item_size);

/* Give the queue `capacity` places, more than it has.  0 or -ENOMEM. */
int coil__queue_keys_grow(struct coil_queue *queue, size_t capacity);

/* Put a copy of `*item` in.  There must be room for it. */
void coil__queue_keys_push(struct coil_queue *queue, const void *item);

/* Move the item that goes first out into `*item`.  There must be one. */
void coil__queue_keys_pop(struct coil_queue *queue, void *item);

/* The n-th item, in no order. */
void *coil__queue_keys_nth(const struct coil_queue *queue, size_t n);

/* NULL if the heap is in order, else what is wrong. */
const char *coil__queue_keys_check(const struct coil_queue *queue);

#endif
