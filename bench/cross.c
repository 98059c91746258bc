/* SPDX-License-Identifier: MIT */
/*
 * cross.c - from loop to loop, each in a thread of its own
 *
 *   channel            an item through a channel of 1000, one at a time
 *   channel_batch      the same, 64 at a time
 *   channel_local      the same as the first, both ends on one loop
 *   channel_64         the same as the first, through a channel of 64
 *   channel_64_batch   the same, up to 64 at a time
 *   channel_64_free    as channel_64, and the threads go where the kernel puts
 *                      them
 *   channel_ping_pong  there and back, while both loops sleep in between
 *   shared_lock        acquire and release, when nobody else is about
 *
 * The floors: a ring behind a pthread mutex and two condition variables; an
 * eventfd that each of two threads reads and writes, there and back.
 *
 *     cross REPETITIONS [FIGURE]
 *
 * The two threads are on the first two processors, if there are two, unless the
 * line above says otherwise.
 */
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <coil/channel.h>
#include <coil/loops.h>
#include <coil/shared_lock.h>
#include <coil/task.h>

#include "bench.h"
#include "bench_pin.h"

enum { ITEMS = 1000000, PLACES = 1000, FEW = 64, BATCH = 64, ROUNDS = 20000 };

static struct coil_loops_options options = { .pin = true };

static struct coil_channel there;
static struct coil_channel back;

static void make_channels(size_t capacity)
{
    bench_check(coil_channel_init(&there, sizeof(uintptr_t), capacity));
    bench_check(coil_channel_init(&back, sizeof(uintptr_t), capacity));
}

static double on_loops(unsigned loops, coil_fn fn, double count)
{
    uint64_t start = bench_now();
    double each;

    bench_check(coil_loops_run_with(loops, fn, NULL, &options));
    each = bench_each(start, count);
    coil_channel_fini(&there);
    coil_channel_fini(&back);
    return each;
}

/* ---- items ----------------------------------------------------------------- */

static int put_all(void *unused)
{
    (void)unused;
    for (uintptr_t i = 0; i < ITEMS; i++)
        bench_check(coil_channel_put(&there, &i));
    return 0;
}

static int get_all(void *unused)
{
    uintptr_t item;

    (void)unused;
    for (int i = 0; i < ITEMS; i++)
        bench_check(coil_channel_get(&there, &item));
    return 0;
}

static int put_or_get(void *unused)
{
    return coil_loops_index() == 0 ? put_all(unused) : get_all(unused);
}

static double channel(void)
{
    make_channels(PLACES);
    return on_loops(2, put_or_get, ITEMS);
}

static int put_or_get_batches(void *unused)
{
    uintptr_t items[BATCH] = { 0 };
    ptrdiff_t got = 0;

    (void)unused;
    if (coil_loops_index() == 0) {
        for (int i = 0; i < ITEMS; i += BATCH)
            bench_check(coil_channel_put_many(&there, items, BATCH, NULL));
        return 0;
    }
    while (got < ITEMS) {
        ptrdiff_t n = coil_channel_get_many(&there, items, BATCH);

        bench_check(n < 0 ? -1 : 0);
        got += n;
    }
    return 0;
}

static double channel_batch(void)
{
    make_channels(PLACES);
    return on_loops(2, put_or_get_batches, ITEMS);
}

static int put_and_get(void *unused)
{
    struct coil_task *putter;

    bench_check(coil_task_create(&putter, put_all, NULL));
    bench_check(get_all(unused));
    bench_check(coil_task_await(putter));
    coil_task_release(putter);
    return 0;
}

static double channel_local(void)
{
    make_channels(PLACES);
    return on_loops(1, put_and_get, ITEMS);
}

static double channel_64(void)
{
    make_channels(FEW);
    return on_loops(2, put_or_get, ITEMS);
}

static double channel_64_batch(void)
{
    make_channels(FEW);
    return on_loops(2, put_or_get_batches, ITEMS);
}

static double channel_64_free(void)
{
    double each;

    options.pin = false;
    each = channel_64();
    options.pin = true;
    return each;
}

static int play(void *unused)
{
    bool serves = coil_loops_index() == 0;
    uintptr_t ball = 0;

    (void)unused;
    for (int i = 0; i < ROUNDS; i++) {
        if (serves)
            bench_check(coil_channel_put(&there, &ball));
        bench_check(coil_channel_get(serves ? &back : &there, &ball));
        if (!serves)
            bench_check(coil_channel_put(&back, &ball));
    }
    return 0;
}

static double channel_ping_pong(void)
{
    make_channels(1);
    return on_loops(2, play, ROUNDS);
}

/* ---- a lock ------------------------------------------------------------------ */

static int lock_and_release(void *unused)
{
    static struct coil_shared_lock lock = COIL_SHARED_LOCK_INIT;

    (void)unused;
    for (int i = 0; i < ITEMS; i++) {
        bench_check(coil_shared_lock_acquire(&lock));
        bench_check(coil_shared_lock_release(&lock));
    }
    return 0;
}

static double shared_lock(void)
{
    uint64_t start = bench_now();

    bench_check(coil_run(lock_and_release, NULL));
    return bench_each(start, ITEMS);
}

/* ---- the floors ---------------------------------------------------------------- */

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t room = PTHREAD_COND_INITIALIZER;
static pthread_cond_t some = PTHREAD_COND_INITIALIZER;
static uintptr_t ring[PLACES];
static size_t ring_first, ring_count;

/* Two threads on a processor each; fn is told which it is. */
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

static void put_plainly(void)
{
    for (uintptr_t i = 0; i < ITEMS; i++) {
        pthread_mutex_lock(&mutex);
        while (ring_count == PLACES)
            pthread_cond_wait(&room, &mutex);
        ring[(ring_first + ring_count++) % PLACES] = i;
        pthread_cond_signal(&some);
        pthread_mutex_unlock(&mutex);
    }
}

static void get_plainly(void)
{
    volatile uintptr_t item;

    for (int i = 0; i < ITEMS; i++) {
        pthread_mutex_lock(&mutex);
        while (ring_count == 0)
            pthread_cond_wait(&some, &mutex);
        item = ring[ring_first];
        ring_first = (ring_first + 1) % PLACES;
        ring_count--;
        pthread_cond_signal(&room);
        pthread_mutex_unlock(&mutex);
    }
    (void)item;
}

static void *put_or_get_plainly(void *place)
{
    bench_pin(*(int *)place);
    if (*(int *)place == 0)
        put_plainly();
    else
        get_plainly();
    return NULL;
}

static double channel_floor(void)
{
    return in_threads(put_or_get_plainly, ITEMS);
}

static int bells[2];

static void ring_bell(int fd)
{
    uint64_t one = 1;

    bench_check(write(fd, &one, sizeof one) == sizeof one ? 0 : -1);
}

static void await_bell(int fd)
{
    uint64_t count;

    bench_check(read(fd, &count, sizeof count) == sizeof count ? 0 : -1);
}

static void *play_plainly(void *place)
{
    bool serves = *(int *)place == 0;

    bench_pin(*(int *)place);
    for (int i = 0; i < ROUNDS; i++) {
        if (serves)
            ring_bell(bells[0]);
        await_bell(bells[serves]);
        if (!serves)
            ring_bell(bells[1]);
    }
    return NULL;
}

static double ping_pong_floor(void)
{
    double each;

    bells[0] = eventfd(0, 0);
    bells[1] = eventfd(0, 0);
    each = in_threads(play_plainly, ROUNDS);
    close(bells[0]);
    close(bells[1]);
    return each;
}

int main(int argc, char **argv)
{
    int repetitions = bench_repetitions(argc, argv);

    bench_figure("channel", "ns", channel, repetitions);
    bench_figure("channel_floor", "ns", channel_floor, repetitions);
    bench_figure("channel_batch", "ns", channel_batch, repetitions);
    bench_figure("channel_local", "ns", channel_local, repetitions);
    bench_figure("channel_64", "ns", channel_64, repetitions);
    bench_figure("channel_64_batch", "ns", channel_64_batch, repetitions);
    bench_figure("channel_64_free", "ns", channel_64_free, repetitions);
    bench_figure("channel_ping_pong", "ns", channel_ping_pong, repetitions);
    bench_figure("channel_ping_pong_floor", "ns", ping_pong_floor, repetitions);
    bench_figure("shared_lock", "ns", shared_lock, repetitions);
    return 0;
}
