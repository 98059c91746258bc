/* SPDX-License-Identifier: MIT */
/*
 * sync/queue_store.h - where a queue keeps its items
 *
 * One array, used in one of four ways:
 *
 *     COIL_QUEUE_FIFO      a ring: items[first … first+count-1], modulo capacity
 *     COIL_QUEUE_LIFO      a stack: items[0 … count-1], the last goes first
 *     COIL_QUEUE_PRIORITY  a binary heap: items[0 … count-1], items[0] goes
 *                          first; each item is followed by a sequence number,
 *                          by which those that compare equal are ordered
 *     COIL_QUEUE_PRIORITY_KEY  slots, and a heap of their numbers: queue_keys.h
 *
 * When the first item of a heap has been taken, its place stays a hole: the rest
 * is entries 1 … count.  An item that is put next goes there, and only a second
 * take moves the rest up.  So one that is put after one was taken costs no more
 * than the take, and nothing if it goes first.
 *
 * Only reserve allocates, and the capacity never shrinks: a queue that has held
 * many items can always hold as many again.
 */
#ifndef COIL_SYNC_QUEUE_STORE_H
#define COIL_SYNC_QUEUE_STORE_H

#include <coil/queue.h>

/* The distance from one item to the next. */
size_t coil__queue_store_stride(enum coil_queue_order order, size_t item_size);

/* Make room for one more item.  0, or -ENOMEM; then nothing has changed. */
int coil__queue_store_reserve(struct coil_queue *queue);

/* Put a copy of `*item` in.  There must be room for it. */
void coil__queue_store_push(struct coil_queue *queue, const void *item);

/* Move the item that goes first out into `*item`.  There must be one. */
void coil__queue_store_pop(struct coil_queue *queue, void *item);

/* Destroy all items. */
void coil__queue_store_clear(struct coil_queue *queue);

/* Destroy all items and free the array. */
void coil__queue_store_fini(struct coil_queue *queue);

/* NULL if the invariants above hold, else what is wrong. */
const char *coil__queue_store_check(const struct coil_queue *queue);

#endif
