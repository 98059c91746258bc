/* SPDX-License-Identifier: MIT */
/*
 * pth.c - the rows of `make bench-peers` with GNU Pth
 *
 * What waits for an event is looked at again in each turn of Pth's scheduler,
 * so the rows of many that wait do less work; the unit is the same.
 */
#include <netinet/tcp.h>
#include <unistd.h>

#include <pth.h>

#include "peer.h"

enum {
    STACK = 64 * 1024,
    YIELDS = 20000,
    SPAWNS = 5000,
    ACQUISITIONS = 2000000,
    CONTENDED = 1000,
    TRIPS = 5000,
    PARKED = 10000,
    JUMPS = 50000,
    MANY = 1000,
};

static pth_attr_t attributes;

/* Pth says no by 0. */
static void check(int ok)
{
    if (!ok) {
        perror("pth");
        exit(1);
    }
}

static pth_t spawn(void *(*fn)(void *), void *arg)
{
    pth_t task = pth_spawn(attributes, fn, arg);

    check(task != NULL);
    return task;
}

static void all(int count, void *(*fn)(void *), void *arg)
{
    static pth_t tasks[MANY];

    for (int i = 0; i < count; i++)
        tasks[i] = spawn(fn, arg);
    for (int i = 0; i < count; i++)
        check(pth_join(tasks[i], NULL));
}

static void *yield_often(void *arg)
{
    for (int i = *(int *)arg; i > 0; i--)
        check(pth_yield(NULL));
    return NULL;
}

static double yields(int count)
{
    int times = YIELDS / count;
    uint64_t start = bench_now();

    all(count, yield_often, &times);
    return bench_each(start, YIELDS);
}

static double yield_2(void)
{
    return yields(2);
}

static double yield_1000(void)
{
    return yields(MANY);
}

static void *nothing(void *unused)
{
    return unused;
}

static double spawn_await(void)
{
    uint64_t start = bench_now();

    for (int i = 0; i < SPAWNS; i++)
        check(pth_join(spawn(nothing, NULL), NULL));
    return bench_each(start, SPAWNS);
}

static pth_mutex_t mutex = PTH_MUTEX_INIT;
static pth_cond_t changed = PTH_COND_INIT;

static double lock(void)
{
    uint64_t start = bench_now();

    for (int i = 0; i < ACQUISITIONS; i++) {
        check(pth_mutex_acquire(&mutex, FALSE, NULL));
        check(pth_mutex_release(&mutex));
    }
    return bench_each(start, ACQUISITIONS);
}

static void *contend(void *unused)
{
    for (int i = 0; i < CONTENDED / 100; i++) {
        check(pth_mutex_acquire(&mutex, FALSE, NULL));
        check(pth_yield(NULL));
        check(pth_mutex_release(&mutex));
    }
    return unused;
}

static double lock_contended(void)
{
    uint64_t start = bench_now();

    all(100, contend, NULL);
    return bench_each(start, CONTENDED);
}

struct item {
    pth_message_t head;
    uint64_t value;
};

static pth_msgport_t there, back;

static struct item *get(pth_msgport_t port, pth_event_t ready)
{
    pth_message_t *message = pth_msgport_get(port);

    while (!message) {
        pth_wait(ready);
        message = pth_msgport_get(port);
    }
    return (struct item *)message;
}

static void *echo_items(void *unused)
{
    pth_event_t ready = pth_event(PTH_EVENT_MSG, there);

    for (int i = 0; i < TRIPS; i++)
        check(pth_msgport_put(back, &get(there, ready)->head));
    pth_event_free(ready, PTH_FREE_THIS);
    return unused;
}

/* A port has no bound. */
static double queue_ping_pong(void)
{
    struct item item = { .value = 0 };
    pth_event_t ready;
    uint64_t start;
    double each;
    pth_t task;

    there = pth_msgport_create("there");
    back = pth_msgport_create("back");
    ready = pth_event(PTH_EVENT_MSG, back);
    task = spawn(echo_items, NULL);
    start = bench_now();
    for (uint64_t i = 0; i < TRIPS; i++) {
        item.value = i;
        check(pth_msgport_put(there, &item.head));
        check(get(back, ready)->value == i);
    }
    each = bench_each(start, TRIPS);
    check(pth_join(task, NULL));
    pth_event_free(ready, PTH_FREE_THIS);
    pth_msgport_destroy(there);
    pth_msgport_destroy(back);
    return each;
}

static int is_over;

static void *wait_once(void *unused)
{
    check(pth_mutex_acquire(&mutex, FALSE, NULL));
    while (!is_over)
        check(pth_cond_await(&changed, &mutex, NULL));
    check(pth_mutex_release(&mutex));
    return unused;
}

/* What PARKED tasks keep. */
static double task_bytes(void)
{
    const char *status = "/proc/self/status";
    long before = bench_resident(getpid()) + bench_number(status, "VmPTE:");
    long after;

    is_over = 0;
    for (int i = 0; i < PARKED; i++)
        spawn(wait_once, NULL);
    check(pth_yield(NULL));
    after = bench_resident(getpid()) + bench_number(status, "VmPTE:");
    is_over = 1;
    return (double)(after - before) * 1024 / PARKED;
}

static pth_uctx_t by_hand_main, by_hand_other;

static void bounce(void *unused)
{
    (void)unused;
    for (;;)
        check(pth_uctx_switch(by_hand_other, by_hand_main));
}

static double send_yield(void)
{
    uint64_t start;

    check(pth_uctx_create(&by_hand_main));
    check(pth_uctx_create(&by_hand_other));
    check(pth_uctx_make(by_hand_other, NULL, STACK, NULL, bounce, NULL, NULL));
    start = bench_now();
    for (int i = 0; i < JUMPS; i++)
        check(pth_uctx_switch(by_hand_main, by_hand_other));
    return bench_each(start, JUMPS);
}

static void *echo(void *arg)
{
    int fd = (int)(intptr_t)arg;
    char buffer[4096];

    for (;;) {
        ssize_t n = pth_read(fd, buffer, sizeof buffer);

        if (n <= 0 || pth_write(fd, buffer, (size_t)n) != n)
            break;
    }
    close(fd);
    return NULL;
}

static int serve(void)
{
    int fd = peer_listen();
    int on = 1;
    int got;

    while ((got = pth_accept(fd, NULL, NULL)) >= 0) {
        setsockopt(got, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        spawn(echo, (void *)(intptr_t)got);
    }
    bench_check(got);
    return 1;
}

static const struct peer_row rows[] = {
    { "yield_2", yield_2, false },
    { "yield_1000", yield_1000, false },
    { "spawn", spawn_await, false },
    { "lock", lock, false },
    { "lock_contended", lock_contended, false },
    { "queue_ping_pong", queue_ping_pong, false },
    { "task_bytes", task_bytes, true },
    { "send_yield", send_yield, true },
    { NULL, NULL, false },
};

int main(int argc, char **argv)
{
    check(pth_init());
    attributes = pth_attr_new();
    check(pth_attr_set(attributes, PTH_ATTR_STACK_SIZE, (unsigned)STACK));
    /* Tasks that are left are not waited for. */
    _exit(peer_main(argc, argv, rows, serve));
}
