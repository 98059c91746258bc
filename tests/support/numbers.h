/* SPDX-License-Identifier: MIT */
/*
 * numbers.h - a queue of numbers, who puts them and who gets them
 *
 *     QUEUE_TEST(queue_keeps_order)     begins with an empty one of 2 places
 */
#ifndef COIL_TESTS_NUMBERS_H
#define COIL_TESTS_NUMBERS_H

#include <coil/queue.h>

#include "simulated.h"

extern struct coil_queue queue; /* of int, at most 2 unless made anew */

void make_queue(void);
void expect_empty_queue(void);

#define QUEUE_TEST(name)                                                       \
    SIMULATED_TEST(name, make_queue, expect_empty_queue, 0, 0)

int put_number(int item);
int try_put(int item);

/* The next item, or an error. */
int get_number(void);

int try_get(void);

void fill(int first, int last);
int getter(void *arg);

/* Puts the number that is its name. */
int putter(void *arg);

int joiner(void *arg);

extern int destroyed; /* the numbers, as digits */
void count_destroyed(void *item);

#endif
