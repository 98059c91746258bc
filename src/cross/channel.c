/* SPDX-License-Identifier: MIT */
/*
 * channel.c - a queue between loops
 *
 * Under the mutex:
 *
 *     who waits to get finds no item; who waits to put finds no room
 *
 * So an item that is put goes to the first who waits to get, and one that is
 * taken makes room for the first who waits to put: a newcomer overtakes nobody.
 */
#include <coil/channel.h>

#include <errno.h>

#include "base/item.h"
#include "base/memory.h"
#include "cross/shared.h"
#include "sched/sink.h"

static void copy(const struct coil_channel *c, void *to, const void *from)
{
    coil__item_copy(c->item_size, to, from);
}

/* ---- under the mutex ------------------------------------------------------- */

/* The place number `n` from the first item on. */
static unsigned char *place(const struct coil_channel *c, size_t n)
{
    size_t at = c->first + n;

    if (at >= c->places)
        at -= c->places;
    return c->items + at * c->item_size;
}

static void append(struct coil_channel *c, const void *item)
{
    copy(c, place(c, c->count), item);
    c->count++;
}

static void take_first(struct coil_channel *c, void *item)
{
    copy(c, item, place(c, 0));
    c->first = c->first + 1 == c->places ? 0 : c->first + 1;
    c->count--;
}

/* 0, -EPIPE; -EAGAIN: it is full. */
static int put_now(void *channel, void *item)
{
    struct coil_channel *c = channel;
    struct coil__shared_waiter *getter;

    if (c->closed)
        return -EPIPE;
    getter = coil__shared_first(&c->getters);
    if (getter) {
        copy(c, getter->item, item);
        coil__shared_decide(getter, 0);
        return 0;
    }
    if (c->count >= c->capacity)
        return -EAGAIN;
    append(c, item);
    return 0;
}

/* 0, -EPIPE; -EAGAIN: it is empty. */
static int get_now(void *channel, void *item)
{
    struct coil_channel *c = channel;
    struct coil__shared_waiter *putter = coil__shared_first(&c->putters);

    if (c->count > 0) {
        take_first(c, item);
        if (putter && c->count < c->capacity) {
            append(c, putter->item);
            coil__shared_decide(putter, 0);
        }
        return 0;
    }
    if (putter) {
        copy(c, item, putter->item);
        coil__shared_decide(putter, 0);
        return 0;
    }
    return c->closed ? -EPIPE : -EAGAIN;
}

/* ---- an item whose getter has gone ------------------------------------------ */

/* Make room for one more item, with the first one at place 0. */
static int add_place(struct coil_channel *c)
{
    unsigned char *items = coil__realloc(NULL, (c->places + 1) * c->item_size);

    if (!items)
        return -ENOMEM;
    for (size_t i = 0; i < c->count; i++)
        copy(c, items + i * c->item_size, place(c, i));
    coil__free(c->items);
    c->items = items;
    c->first = 0;
    c->places++;
    return 0;
}

static int put_back(struct coil_channel *c, const void *item)
{
    struct coil__shared_waiter *getter = coil__shared_first(&c->getters);

    if (getter) {
        copy(c, getter->item, item);
        coil__shared_decide(getter, 0);
        return 0;
    }
    if (c->item_size > 0 && c->count == c->places && add_place(c) < 0)
        return -ENOMEM;
    c->first = c->first == 0 ? c->places - 1 : c->first - 1;
    copy(c, place(c, 0), item);
    c->count++;
    return 0;
}

/* The loop of a getter has ended: its item becomes the first again. */
static void hand_item_on(void *channel, void *item)
{
    struct coil_channel *c = channel;
    int rc;

    coil__mutex_lock(&c->mutex);
    rc = put_back(c, item);
    coil__mutex_unlock(&c->mutex);
    if (rc < 0)
        coil__report(NULL,
                     "a loop has ended with an item under way to it, and there "
                     "is no memory to put it back",
                     rc, c);
}

/* ---- waiting ---------------------------------------------------------------- */

static const struct coil__shared_act put = {
    .reason = { .name = "channel put",
                .reach = sizeof(struct coil__shared_waiter) },
    .mutex = offsetof(struct coil_channel, mutex),
    .queue = offsetof(struct coil_channel, putters),
    .now = put_now,
};

static const struct coil__shared_act get = {
    .reason = { .name = "channel get",
                .reach = sizeof(struct coil__shared_waiter) },
    .mutex = offsetof(struct coil_channel, mutex),
    .queue = offsetof(struct coil_channel, getters),
    .now = get_now,
    .hand_on = hand_item_on,
};

int coil_channel_put(struct coil_channel *c, const void *item)
{
    return coil__shared_do(&put, c, (void *)item);
}

int coil_channel_get(struct coil_channel *c, void *item)
{
    return coil__shared_do(&get, c, item);
}

/* Under the mutex: 0 when all are put.  `*done` are. */
static int put_some(struct coil_channel *c, const unsigned char *items,
                    size_t count, size_t *done)
{
    int rc = 0;

    while (rc == 0 && *done < count) {
        rc = put_now(c, (void *)(items + *done * c->item_size));
        *done += rc == 0;
    }
    return rc;
}

int coil_channel_put_many(struct coil_channel *c, const void *items,
                          size_t count, size_t *how_many)
{
    struct coil_loop *loop;
    size_t done = 0;
    int rc = coil__checkpoint_in_loop(&loop);

    if (rc < 0)
        goto say;
    do {
        coil__mutex_lock(&c->mutex);
        rc = put_some(c, items, count, &done);
        coil__mutex_unlock(&c->mutex);
        if (rc == -EAGAIN) {
            rc = coil__shared_wait(
                &put, c, (unsigned char *)items + done * c->item_size, loop);
            done += rc == 0;
        }
    } while (rc == 0 && done < count);

say:
    if (how_many)
        *how_many = done;
    return rc;
}

ptrdiff_t coil_channel_get_many(struct coil_channel *c, void *items, size_t max)
{
    unsigned char *next = items;
    struct coil_loop *loop;
    ptrdiff_t taken = 0;
    int rc = coil__checkpoint_in_loop(&loop);

    if (rc < 0)
        return rc;
    coil__mutex_lock(&c->mutex);
    while (rc == 0 && (size_t)taken < max) {
        rc = get_now(c, next + (size_t)taken * c->item_size);
        taken += rc == 0;
    }
    coil__mutex_unlock(&c->mutex);
    if (taken > 0)
        return taken;
    if (rc == -EAGAIN)
        rc = coil__shared_wait(&get, c, items, loop);
    return rc < 0 ? rc : 1;
}

/* ---- in any thread ----------------------------------------------------------- */

int coil_channel_try_put(struct coil_channel *c, const void *item)
{
    return coil__shared_try(&put, c, (void *)item);
}

int coil_channel_try_get(struct coil_channel *c, void *item)
{
    return coil__shared_try(&get, c, item);
}

void coil_channel_close(struct coil_channel *c)
{
    coil__mutex_lock(&c->mutex);
    c->closed = true;
    coil__shared_decide_all(&c->putters, -EPIPE);
    coil__shared_decide_all(&c->getters, -EPIPE);
    coil__mutex_unlock(&c->mutex);
}

size_t coil_channel_count(const struct coil_channel *channel)
{
    struct coil_channel *c = (struct coil_channel *)channel;
    size_t count;

    coil__mutex_lock(&c->mutex);
    count = c->count;
    coil__mutex_unlock(&c->mutex);
    return count;
}

bool coil_channel_is_closed(const struct coil_channel *channel)
{
    struct coil_channel *c = (struct coil_channel *)channel;
    bool closed;

    coil__mutex_lock(&c->mutex);
    closed = c->closed;
    coil__mutex_unlock(&c->mutex);
    return closed;
}

/* ---- memory ------------------------------------------------------------------ */

int coil_channel_init(struct coil_channel *c, size_t item_size, size_t capacity)
{
    *c = (struct coil_channel){
        .item_size = item_size,
        .capacity = capacity,
        .places = capacity,
    };
    if (item_size == 0 || capacity == 0)
        return 0;
    if (capacity > SIZE_MAX / item_size)
        return -ENOMEM;
    c->items = coil__realloc(NULL, capacity * item_size);
    return c->items ? 0 : -ENOMEM;
}

void coil_channel_fini(struct coil_channel *c)
{
    coil__free(c->items);
    c->items = NULL;
    c->count = 0;
}
