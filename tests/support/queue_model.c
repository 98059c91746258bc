/* SPDX-License-Identifier: MIT */
/*
 * queue_model.c - the queue beside its model, a list in order of arrival, a limit, and three lines: see schedule.h
 */
#include "queue_model.h"

static struct coil_queue tested_queue;
enum coil_queue_order order;
static struct line getters, putters, joiners;
static int stored[MAX_PARCELS], stored_count;
static int queue_max, unfinished, last_number, destroyed, expected_destroyed;
static bool shut_down;

int priority(int number)
{
    return number % 4;
}

static struct parcel pack(int number)
{
    struct parcel parcel = { .number = number,
                             .priority = (short)priority(number) };
    int i;

    for (i = 0; i < 19; i++)
        parcel.copies[i] = number + i;
    return parcel;
}

static int unpack(const struct parcel *parcel)
{
    int i;

    for (i = 0; i < 19; i++)
        ASSERT_EQ(parcel->copies[i], parcel->number + i);
    ASSERT_EQ(parcel->priority, priority(parcel->number));
    return parcel->number;
}

static int compare_parcels(const void *a, const void *b)
{
    const struct parcel *x = a;
    const struct parcel *y = b;

    return priority(x->number) - priority(y->number);
}

static void destroy_parcel(void *item)
{
    destroyed += unpack(item);
}

void queue_prepare_with(enum coil_queue_order an_order, int max)
{
    order = an_order;
    queue_max = max;
    stored_count = unfinished = last_number = 0;
    destroyed = expected_destroyed = 0;
    shut_down = false;
    if (order == COIL_QUEUE_FIFO)
        coil_queue_init(&tested_queue, sizeof(struct parcel),
                        (size_t)queue_max);
    else if (order == COIL_QUEUE_LIFO)
        coil_queue_init_lifo(&tested_queue, sizeof(struct parcel),
                             (size_t)queue_max);
    else if (order == COIL_QUEUE_PRIORITY)
        coil_queue_init_priority(&tested_queue, sizeof(struct parcel),
                                 (size_t)queue_max, compare_parcels);
    else
        coil_queue_init_priority_key(&tested_queue, sizeof(struct parcel),
                                     (size_t)queue_max,
                                     COIL_QUEUE_KEY(struct parcel, priority));
    coil_queue_set_item_destroy(&tested_queue, destroy_parcel);
    ASSERT_EQ(coil_test_watch(coil_test_check_queue, &tested_queue), 0);
}

/* The model of try_put: 0, or an error. */
static int model_put(int number)
{
    if (shut_down)
        return -EPIPE;
    if (queue_max && stored_count == queue_max)
        return -EAGAIN;
    if (!serve_first(&getters, number))
        stored[stored_count++] = number;
    unfinished++;
    return 0;
}

static int take_stored(void)
{
    int best = 0, i, number;

    if (order == COIL_QUEUE_LIFO)
        best = stored_count - 1;
    for (i = 1; order >= COIL_QUEUE_PRIORITY && i < stored_count; i++)
        if (priority(stored[i]) < priority(stored[best]))
            best = i;
    number = stored[best];
    stored_count--;
    for (i = best; i < stored_count; i++)
        stored[i] = stored[i + 1];
    return number;
}

/* The model of try_get: the number, or an error. */
static int model_get(void)
{
    struct actor *putter;
    int number;

    if (stored_count == 0)
        return shut_down ? -EPIPE : -EAGAIN;
    number = take_stored();
    putter = serve_first(&putters, 0);
    if (putter) {
        stored[stored_count++] = putter->item;
        unfinished++;
    }
    return number;
}

void queue_try_put(void)
{
    struct parcel parcel = pack(++last_number);
    int due = model_put(parcel.number);

    ASSERT_EQ(coil_queue_try_put(&tested_queue, &parcel), due);
}

void queue_put(struct actor *self)
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
    end(self, coil_queue_put(&tested_queue, &parcel));
}

void queue_try_get(void)
{
    struct parcel parcel;
    int due = model_get();
    int rc = coil_queue_try_get(&tested_queue, &parcel);

    ASSERT_EQ(rc < 0 ? rc : unpack(&parcel), due);
}

void queue_get(struct actor *self)
{
    struct parcel parcel;
    int due, rc;

    begin(self);
    due = self->live ? model_get() : 0;
    if (self->live && due == -EAGAIN)
        stand(&getters, self);
    else if (self->live)
        oblige(self, due);
    rc = coil_queue_get(&tested_queue, &parcel);
    end(self, rc < 0 ? rc : unpack(&parcel));
}

static void model_finish(int count)
{
    unfinished -= count < unfinished ? count : unfinished;
    if (unfinished == 0)
        serve_all(&joiners, 0);
}

void queue_task_done(void)
{
    int due = unfinished > 0 ? 0 : -EPERM;

    model_finish(1);
    ASSERT_EQ(coil_queue_task_done(&tested_queue), due);
}

void queue_join(struct actor *self)
{
    begin(self);
    if (self->live && unfinished > 0)
        stand(&joiners, self);
    else if (self->live)
        oblige(self, 0);
    end(self, coil_queue_join(&tested_queue));
}

void queue_shutdown(bool immediate)
{
    int dropped = immediate ? stored_count : 0;

    shut_down = true;
    serve_all(&putters, -EPIPE);
    serve_all(&getters, -EPIPE);
    while (immediate && stored_count > 0)
        expected_destroyed += take_stored();
    if (immediate)
        model_finish(dropped);
    coil_queue_shutdown(&tested_queue, immediate);
}

void queue_check(void)
{
    ASSERT_EQ(coil_queue_size(&tested_queue), stored_count);
    ASSERT_EQ(coil_queue_is_shut_down(&tested_queue), shut_down);
    ASSERT_EQ(tested_queue.unfinished, unfinished);
}

void queue_finish(void)
{
    queue_shutdown(false);
    while (unfinished > 0)
        queue_task_done();
}

void queue_conclude(void)
{
    struct parcel parcel;

    while (stored_count > 0) {
        ASSERT_EQ(coil_queue_try_get(&tested_queue, &parcel), 0);
        ASSERT_EQ(unpack(&parcel), model_get());
    }
    ASSERT(coil_queue_is_empty(&tested_queue));
    ASSERT_EQ(destroyed, expected_destroyed);
    coil_test_unwatch(&tested_queue);
    coil_queue_fini(&tested_queue);
}
