/* SPDX-License-Identifier: MIT */
/*
 * queue_model.h - the queue beside its model, a list in order of arrival, a
 * limit, and three lines: see schedule.h
 */
#ifndef COIL_TESTS_QUEUE_MODEL_H
#define COIL_TESTS_QUEUE_MODEL_H

#include <coil/queue.h>

#include "schedule.h"

/* Larger than a cache line; all of it must arrive. */
struct parcel {
    int number; /* from 1; equal priorities are common */
    int copies[19];
    short priority;
};

#define MAX_PARCELS 200

extern enum coil_queue_order order;

int priority(int number);
void queue_prepare_with(enum coil_queue_order an_order, int max);
void queue_try_put(void);
void queue_put(struct actor *self);
void queue_try_get(void);
void queue_get(struct actor *self);
void queue_task_done(void);
void queue_join(struct actor *self);
void queue_shutdown(bool immediate);
void queue_check(void);
void queue_finish(void);
void queue_conclude(void);

#endif
