/* SPDX-License-Identifier: MIT */
/*
 * floor.c - the benchmarks' work, done by the least code that does it
 *
 * Each figure is the floor of the one of the same name: what the machine needs
 * for it.  `floor REPETITIONS PREFIX` measures those whose name begins so.
 */
#include "floor.h"

enum {
    TRIPS = 5000000,
    YIELDS = 10000000,
    SPAWNS = 1000000,
    ALIVE = 100000,
    ACQUISITIONS = 20000000,
    MANY = 1000,
    WAITERS = 10000,
    ROUNDS = 100,
};

static struct floor_task *tasks[ALIVE];

static void join_all(int count)
{
    for (int i = 0; i < count; i++)
        floor_join(tasks[i]);
}

/* ---- switch --------------------------------------------------------------- */

static bool bouncing;

static void bounce(void *unused)
{
    (void)unused;
    while (bouncing)
        floor_jump(floor_current, &floor_main);
}

static double coroutine_send_yield(void)
{
    struct floor_task *t = floor_spawn(bounce, NULL);
    uint64_t start;
    double each;

    bouncing = true;
    floor_pop(&floor_ready_list);
    floor_enter(&floor_main, t);
    start = bench_now();
    for (int i = 0; i < TRIPS; i++) {
        floor_jump(&floor_main, t);
        bench_barrier();
    }
    each = bench_each(start, TRIPS);
    bouncing = false;
    floor_ready(&floor_main);
    floor_jump(&floor_main, t);
    floor_join(t);
    return each;
}

static void yield_often(void *arg)
{
    for (int i = *(int *)arg; i > 0; i--)
        floor_yield();
}

static double yield_tasks(int count)
{
    int times = YIELDS / count;
    uint64_t start = bench_now();

    for (int i = 0; i < count; i++)
        tasks[i] = floor_spawn(yield_often, &times);
    join_all(count);
    return bench_each(start, YIELDS);
}

static double yield_2(void)
{
    return yield_tasks(2);
}

static double yield_1000(void)
{
    return yield_tasks(MANY);
}

/* ---- spawn ---------------------------------------------------------------- */

static void empty(void *unused)
{
    (void)unused;
}

static double spawn_await(void)
{
    uint64_t start = bench_now();

    for (int i = 0; i < SPAWNS; i++)
        floor_join(floor_spawn(empty, NULL));
    return bench_each(start, SPAWNS);
}

static void park(void *list)
{
    floor_wait(list);
}

static double all_alive(void)
{
    struct floor_list event = { NULL, NULL };
    uint64_t start = bench_now();

    for (int i = 0; i < ALIVE; i++)
        tasks[i] = floor_spawn(park, &event);
    floor_yield();
    floor_wake_all(&event);
    join_all(ALIVE);
    return bench_each(start, ALIVE);
}

/* On pages that were never touched. */
static double all_alive_cold(void)
{
    floor_drop_stacks();
    return all_alive();
}

/* ---- lock, semaphore ------------------------------------------------------ */

static struct floor_list waiters;
static int permits;
static int each_task;

static inline void acquire(void)
{
    if (permits > 0)
        permits--;
    else
        floor_wait(&waiters);
}

static inline void release(void)
{
    if (waiters.head)
        floor_wake_one(&waiters);
    else
        permits++;
}

static double lock_uncontended(void)
{
    uint64_t start = bench_now();

    permits = 1;
    for (int i = 0; i < ACQUISITIONS; i++) {
        acquire();
        bench_barrier();
        release();
        bench_barrier();
    }
    return bench_each(start, ACQUISITIONS);
}

static void contend(void *unused)
{
    (void)unused;
    for (int i = 0; i < each_task; i++) {
        acquire();
        floor_yield();
        release();
    }
}

static double contended(int initially, int count, int each)
{
    uint64_t start = bench_now();

    permits = initially;
    each_task = each;
    for (int i = 0; i < count; i++)
        tasks[i] = floor_spawn(contend, NULL);
    join_all(count);
    return bench_each(start, (double)count * each);
}

static double lock_contended(void)
{
    return contended(1, 100, 20000);
}

static double semaphore_contended(void)
{
    return contended(3, 1000, 100);
}

/* ---- queue ---------------------------------------------------------------- */

enum { PLACES = 1024 };

struct ring {
    struct floor_list getters;
    struct floor_list putters;
    unsigned first;
    unsigned count;
    unsigned places;
    uint64_t items[PLACES];
};

static inline void put(struct ring *r, uint64_t item)
{
    while (r->count == r->places)
        floor_wait(&r->putters);
    r->items[(r->first + r->count++) % PLACES] = item;
    if (r->getters.head)
        floor_wake_one(&r->getters);
}

static inline uint64_t get(struct ring *r)
{
    uint64_t item;

    while (r->count == 0)
        floor_wait(&r->getters);
    item = r->items[r->first % PLACES];
    r->first++;
    r->count--;
    if (r->putters.head)
        floor_wake_one(&r->putters);
    return item;
}

enum { PING_PONGS = 2000000, ITEMS = 10000000 };

static struct ring there;
static struct ring back;

static void echo(void *unused)
{
    (void)unused;
    for (int i = 0; i < PING_PONGS; i++)
        put(&back, get(&there));
}

static double queue_ping_pong(void)
{
    struct floor_task *t = floor_spawn(echo, NULL);
    uint64_t start = bench_now();
    double each;

    there.places = back.places = 1;
    for (uint64_t i = 0; i < PING_PONGS; i++) {
        put(&there, i);
        get(&back);
    }
    each = bench_each(start, PING_PONGS);
    floor_join(t);
    return each;
}

static void produce(void *unused)
{
    (void)unused;
    for (uint64_t i = 0; i < ITEMS; i++)
        put(&there, i);
}

static double queue_buffered(void)
{
    struct floor_task *t = floor_spawn(produce, NULL);
    uint64_t start = bench_now();
    double each;

    there.places = 1000;
    for (uint64_t i = 0; i < ITEMS; i++)
        get(&there);
    each = bench_each(start, ITEMS);
    floor_join(t);
    return each;
}

/* A heap of four children each, of a key and an item. */
enum { HEAP = 10000, PAIRS = 1000000 };

struct entry {
    uint64_t key;
    uint64_t item;
};

static struct entry heap[HEAP + 1];
static size_t heap_count;

static void heap_put(uint64_t key)
{
    size_t at = heap_count++;

    while (at > 0 && heap[(at - 1) / 4].key > key) {
        heap[at] = heap[(at - 1) / 4];
        at = (at - 1) / 4;
    }
    heap[at] = (struct entry){ key, key };
}

static uint64_t heap_get(void)
{
    uint64_t item = heap[0].item;
    struct entry last = heap[--heap_count];
    size_t at = 0;

    for (;;) {
        size_t least = at * 4 + 1;
        size_t end = least + 4 < heap_count ? least + 4 : heap_count;

        if (least >= heap_count)
            break;
        for (size_t i = least + 1; i < end; i++)
            least = heap[i].key < heap[least].key ? i : least;
        if (heap[least].key >= last.key)
            break;
        heap[at] = heap[least];
        at = least;
    }
    heap[at] = last;
    return item;
}

static double queue_priority(void)
{
    uint64_t state = 88172645463325252;
    uint64_t start;

    heap_count = 0;
    for (int i = 0; i < HEAP; i++)
        heap_put(bench_random(&state));
    start = bench_now();
    for (int i = 0; i < PAIRS; i++) {
        heap_put(bench_random(&state));
        heap_get();
        bench_barrier();
    }
    return bench_each(start, PAIRS);
}

/* ---- event ---------------------------------------------------------------- */

static struct floor_list events[2];
static bool ending;

static void wait_often(void *unused)
{
    (void)unused;
    for (unsigned round = 0; !ending; round++)
        floor_wait(&events[round % 2]);
}

static double event_wake(void)
{
    uint64_t start;
    double each;

    ending = false;
    for (int i = 0; i < WAITERS; i++)
        tasks[i] = floor_spawn(wait_often, NULL);
    floor_yield();
    start = bench_now();
    for (int round = 0; round < ROUNDS; round++) {
        floor_wake_all(&events[round % 2]);
        floor_yield();
    }
    each = bench_each(start, (double)WAITERS * ROUNDS);
    ending = true;
    floor_wake_all(&events[0]);
    join_all(WAITERS);
    return each;
}

/* ---- timers --------------------------------------------------------------- */

/* A wheel's slot: the clock is read, the timer linked and unlinked. */
struct link {
    struct link *next;
    struct link *prev;
    uint64_t when;
};

static struct link wheel[512];

static void wheel_begin(struct link *timer, uint64_t when)
{
    struct link *slot = &wheel[when >> 20 & 511];

    timer->when = when;
    timer->prev = slot;
    timer->next = slot->next;
    slot->next = timer;
    if (timer->next)
        timer->next->prev = timer;
}

static void wheel_end(struct link *timer)
{
    timer->prev->next = timer->next;
    if (timer->next)
        timer->next->prev = timer->prev;
}

enum { TIMERS = 5000000 };

static double timer_start_cancel(void)
{
    struct link timer;
    uint64_t start = bench_now();

    for (int i = 0; i < TIMERS; i++) {
        wheel_begin(&timer, bench_now() + 1000000000);
        bench_barrier();
        wheel_end(&timer);
        bench_barrier();
    }
    return bench_each(start, TIMERS);
}

/* ---- all ------------------------------------------------------------------ */

static const struct {
    const char *name;
    bench_fn run;
} figures[] = {
    { "coroutine_send_yield", coroutine_send_yield },
    { "yield_2_tasks", yield_2 },
    { "yield_1000_tasks", yield_1000 },
    { "spawn_await", spawn_await },
    { "alive_cold", all_alive_cold },
    { "alive_warm", all_alive },
    { "lock_uncontended", lock_uncontended },
    { "lock_contended", lock_contended },
    { "semaphore_contended", semaphore_contended },
    { "queue_ping_pong", queue_ping_pong },
    { "queue_buffered", queue_buffered },
    { "queue_priority", queue_priority },
    { "event_wake_10k", event_wake },
    { "timeout_begin_end", timer_start_cancel },
    { "call_later_cancel", timer_start_cancel },
};

int main(int argc, char **argv)
{
    int repetitions = bench_repetitions(argc, argv);
    const char *prefix = argc > 2 ? argv[2] : "";

    bench_only = NULL;
    if (!FLOOR_IS_KNOWN) {
        puts("floor: no switch is written for this processor");
        return 0;
    }
    for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++) {
        char name[64];

        if (strncmp(figures[i].name, prefix, strlen(prefix)) != 0)
            continue;
        snprintf(name, sizeof name, "%s_floor", figures[i].name);
        bench_figure(name, "ns", figures[i].run, repetitions);
    }
    return 0;
}
