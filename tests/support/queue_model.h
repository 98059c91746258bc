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
};

#define MAX_PARCELS 200

static struct coil_queue queue;
static enum coil_queue_order order;
static struct line getters, putters, joiners;
static int stored[MAX_PARCELS], stored_count;
static int queue_max, unfinished, last_number, destroyed, expected_destroyed;
static bool shut_down;

static inline struct parcel pack(int number)
{
    struct parcel parcel = { .number = number };
    int i;

    for (i = 0; i < 19; i++)
        parcel.copies[i] = number + i;
    return parcel;
}

static inline int unpack(const struct parcel *parcel)
{
    int i;

    for (i = 0; i < 19; i++)
        ASSERT_EQ(parcel->copies[i], parcel->number + i);
    return parcel->number;
}

static inline int priority(int number)
{
    return number % 4;
}

static inline int compare_parcels(const void *a, const void *b)
{
    const struct parcel *x = a;
    const struct parcel *y = b;

    return priority(x->number) - priority(y->number);
}

static inline void destroy_parcel(void *item)
{
    destroyed += unpack(item);
}

static inline void queue_prepare_with(enum coil_queue_order an_order, int max)
{
    order = an_order;
    queue_max = max;
    stored_count = unfinished = last_number = 0;
    destroyed = expected_destroyed = 0;
    shut_down = false;
    if (order == COIL_QUEUE_FIFO)
        coil_queue_init(&queue, sizeof(struct parcel), (size_t)queue_max);
    else if (order == COIL_QUEUE_LIFO)
        coil_queue_init_lifo(&queue, sizeof(struct parcel), (size_t)queue_max);
    else
        coil_queue_init_priority(&queue, sizeof(struct parcel),
                                 (size_t)queue_max, compare_parcels);
    coil_queue_set_item_destroy(&queue, destroy_parcel);
    ASSERT_EQ(coil_test_watch(coil_test_check_queue, &queue), 0);
}

/* The model of try_put: 0, or an error. */
static inline int model_put(int number)
{
    if (shut_down)
        return -EPIPE;
    if (queue_max && stored_count == queue_max)
        return -EAGAIN;
    if (!serve(&getters, number))
        stored[stored_count++] = number;
    unfinished++;
    return 0;
}

static inline int take_stored(void)
{
    int best = 0, i, number;

    if (order == COIL_QUEUE_LIFO)
        best = stored_count - 1;
    for (i = 1; order == COIL_QUEUE_PRIORITY && i < stored_count; i++)
        if (priority(stored[i]) < priority(stored[best]))
            best = i;
    number = stored[best];
    stored_count--;
    for (i = best; i < stored_count; i++)
        stored[i] = stored[i + 1];
    return number;
}

/* The model of try_get: the number, or an error. */
static inline int model_get(void)
{
    struct actor *putter;
    int number;

    if (stored_count == 0)
        return shut_down ? -EPIPE : -EAGAIN;
    number = take_stored();
    putter = serve(&putters, 0);
    if (putter) {
        stored[stored_count++] = putter->item;
        unfinished++;
    }
    return number;
}

static inline void queue_try_put(void)
{
    struct parcel parcel = pack(++last_number);
    int due = model_put(parcel.number);

    ASSERT_EQ(coil_queue_try_put(&queue, &parcel), due);
}

static inline void queue_put(struct actor *self)
{
    struct parcel parcel = pack(++last_number);
    int due;

    begin(self);
    due = self->live ? model_put(parcel.number) : 0;
    self->item = parcel.number;
    if (self->live && due == -EAGAIN)
        stand(&putters, self);
    else if (self->live)
        oblige(self, due);
    end(self, coil_queue_put(&queue, &parcel));
}

static inline void queue_try_get(void)
{
    struct parcel parcel;
    int due = model_get();
    int rc = coil_queue_try_get(&queue, &parcel);

    ASSERT_EQ(rc < 0 ? rc : unpack(&parcel), due);
}

static inline void queue_get(struct actor *self)
{
    struct parcel parcel;
    int due, rc;

    begin(self);
    due = self->live ? model_get() : 0;
    if (self->live && due == -EAGAIN)
        stand(&getters, self);
    else if (self->live)
        oblige(self, due);
    rc = coil_queue_get(&queue, &parcel);
    end(self, rc < 0 ? rc : unpack(&parcel));
}

static inline void model_finish(int count)
{
    unfinished -= count < unfinished ? count : unfinished;
    if (unfinished == 0)
        serve_all(&joiners, 0);
}

static inline void queue_task_done(void)
{
    int due = unfinished > 0 ? 0 : -EPERM;

    model_finish(1);
    ASSERT_EQ(coil_queue_task_done(&queue), due);
}

static inline void queue_join(struct actor *self)
{
    begin(self);
    if (self->live && unfinished > 0)
        stand(&joiners, self);
    else if (self->live)
        oblige(self, 0);
    end(self, coil_queue_join(&queue));
}

static inline void queue_shutdown(bool immediate)
{
    int dropped = immediate ? stored_count : 0;

    shut_down = true;
    serve_all(&putters, -EPIPE);
    serve_all(&getters, -EPIPE);
    while (immediate && stored_count > 0)
        expected_destroyed += take_stored();
    if (immediate)
        model_finish(dropped);
    coil_queue_shutdown(&queue, immediate);
}

static inline void queue_check(void)
{
    ASSERT_EQ(coil_queue_size(&queue), stored_count);
    ASSERT_EQ(coil_queue_is_shut_down(&queue), shut_down);
    ASSERT_EQ(queue.unfinished, unfinished);
}

static inline void queue_finish(void)
{
    queue_shutdown(false);
    while (unfinished > 0)
        queue_task_done();
}

static inline void queue_conclude(void)
{
    struct parcel parcel;

    while (stored_count > 0) {
        ASSERT_EQ(coil_queue_try_get(&queue, &parcel), 0);
        ASSERT_EQ(unpack(&parcel), model_get());
    }
    ASSERT(coil_queue_is_empty(&queue));
    ASSERT_EQ(destroyed, expected_destroyed);
    coil_test_unwatch(&queue);
    coil_queue_fini(&queue);
}

#endif
