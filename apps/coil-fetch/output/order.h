/* SPDX-License-Identifier: MIT */
/*
 * order.h - records in the order of the input: --ordered
 *
 *     rc = order_add(order, outcome->job->number, record.bytes, record.size);
 *     while (order_take(order, &ready))
 *         writer_add(writer, ready.bytes, ready.size);
 *
 * A record waits until those of all smaller numbers have been taken.  Each number
 * comes once, by order_add() or by order_skip().
 *
 * Memory is bounded by a limit that the schedule keeps: it starts a URL only if
 * order_may_start() says so.  The URL whose number is order_next() may always
 * start, so a schedule that goes on with that one never comes to a standstill.
 */
#ifndef COIL_FETCH_OUTPUT_ORDER_H
#define COIL_FETCH_OUTPUT_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/text.h"

struct order;

struct order_options {
    uint64_t first;  /* the smallest number; 0: 1 */
    size_t max_wait; /* records that wait; 0: 65,536 */
    size_t max_size; /* bytes of these; 0: 64 MiB */
};

/* `*out` is returned: release it with order_free().  Returns 0; -ENOMEM. */
int order_new(struct order **out, const struct order_options *options);

/* NULL is allowed.  What waits is lost. */
void order_free(struct order *order);

/*
 * The record of a number, which is copied.  Returns 0; -ENOMEM, and nothing has
 * changed; -EALREADY: the number has come before.
 */
int order_add(struct order *order, uint64_t number, const char *record,
              size_t size);

/* The number has no record.  Returns as order_add(). */
int order_skip(struct order *order, uint64_t number);

/*
 * The next records of the order, as far as they are there: many at once.  Returns
 * whether there are any; `records` is then theirs, borrowed until the next call
 * on the order.
 */
bool order_take(struct order *order, struct text *records);

/* The number that is waited for. */
uint64_t order_next(const struct order *order);

/*
 * Whether so much waits that only order_next() may start; and whether `number`
 * may.  A number too far ahead may not, whatever waits.
 */
bool order_is_full(const struct order *order);
bool order_may_start(const struct order *order, uint64_t number);

/* How many records wait, and their bytes. */
size_t order_waiting(const struct order *order);
size_t order_size(const struct order *order);

#endif
