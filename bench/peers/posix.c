/* SPDX-License-Identifier: MIT */
/*
 * posix.c - the rows of `make bench-peers` between two threads, with what POSIX has
 *
 * The queue is a ring, a mutex and two condition variables.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <unistd.h>

#include "bench_pin.h"
#include "peer.h"

enum { PLACES = 64, ITEMS = 1000000, ROUNDS = 20000 };

struct ring {
    pthread_mutex_t mutex;
    pthread_cond_t room;
    pthread_cond_t some;
    uint64_t places[PLACES];
    size_t first;
    size_t count;
};

#define RING_INIT                                                              \
    {                                                                          \
        .mutex = PTHREAD_MUTEX_INITIALIZER, .room = PTHREAD_COND_INITIALIZER,  \
        .some = PTHREAD_COND_INITIALIZER                                       \
    }

static struct ring there = RING_INIT;
static struct ring back = RING_INIT;
static size_t batch;
static bool is_pinned;

/* All of them, as many at a time as there is room for. */
static void put(struct ring *r, const uint64_t *items, size_t count)
{
    size_t done = 0;

    pthread_mutex_lock(&r->mutex);
    while (done < count) {
        while (r->count == PLACES)
            pthread_cond_wait(&r->room, &r->mutex);
        while (done < count && r->count < PLACES)
            r->places[(r->first + r->count++) % PLACES] = items[done++];
        pthread_cond_signal(&r->some);
    }
    pthread_mutex_unlock(&r->mutex);
}

/* One at least.  Returns how many. */
static size_t get(struct ring *r, uint64_t *items, size_t max)
{
    size_t done = 0;

    pthread_mutex_lock(&r->mutex);
    while (r->count == 0)
        pthread_cond_wait(&r->some, &r->mutex);
    while (done < max && r->count > 0) {
        items[done++] = r->places[r->first];
        r->first = (r->first + 1) % PLACES;
        r->count--;
    }
    pthread_cond_signal(&r->room);
    pthread_mutex_unlock(&r->mutex);
    return done;
}

/* Two threads; fn is told which it is. */
static double in_threads(void *(*fn)(void *), double count)
{
    static int places[] = { 0, 1 };
    pthread_t threads[2];
    uint64_t start = bench_now();

    for (int i = 0; i < 2; i++)
        bench_check(-pthread_create(&threads[i], NULL, fn, &places[i]));
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    return bench_each(start, count);
}

static void *put_or_get(void *place)
{
    uint64_t items[PLACES] = { 0 };

    if (is_pinned)
        bench_pin(*(int *)place);
    for (size_t done = 0; done < ITEMS;) {
        if (*(int *)place == 0) {
            put(&there, items, batch);
            done += batch;
        } else {
            done += get(&there, items, batch);
        }
    }
    return NULL;
}

static double stream(size_t at_once, bool pins)
{
    batch = at_once;
    is_pinned = pins;
    return in_threads(put_or_get, ITEMS);
}

static double items(void)
{
    return stream(1, true);
}

static double batches(void)
{
    return stream(PLACES, true);
}

static double anywhere(void)
{
    return stream(1, false);
}

static void *play(void *place)
{
    bool serves = *(int *)place == 0;
    uint64_t ball = 0;

    bench_pin(*(int *)place);
    for (int i = 0; i < ROUNDS; i++) {
        if (serves)
            put(&there, &ball, 1);
        get(serves ? &back : &there, &ball, 1);
        if (!serves)
            put(&back, &ball, 1);
    }
    return NULL;
}

static double ping_pong(void)
{
    return in_threads(play, ROUNDS);
}

static int serve(void)
{
    fputs("this peer has no server\n", stderr);
    return 1;
}

int main(int argc, char **argv)
{
    static const struct peer_row rows[] = {
        { .name = "cross_items", .fn = items },
        { .name = "cross_batch", .fn = batches },
        { .name = "cross_anywhere", .fn = anywhere },
        { .name = "cross_ping_pong", .fn = ping_pong },
        { .name = NULL },
    };

    return peer_main(argc, argv, rows, serve);
}
