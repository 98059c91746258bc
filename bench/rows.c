/* SPDX-License-Identifier: MIT */
/*
 * rows.c - the hot paths, each alone, for scripts/run/bench-compare and
 * bench-check
 *
 *     rows                   prints the names of the rows
 *     rows ROW TIMES         does ROW so often: for counts of instructions
 *     rows ROW TIMES RUNS    prints the nanoseconds of one, in the best of so
 *                            many runs: let a run be shorter than a time slice
 */
#include <coil/coroutine.h>
#include <coil/event.h>
#include <coil/lock.h>
#include <coil/loop.h>
#include <coil/queue.h>
#include <coil/semaphore.h>
#include <coil/task.h>
#include <coil/task_group.h>

#include "bench.h"

enum { TASKS = 100, HEAP = 10000 };

static int times;
static struct coil_lock lock = COIL_LOCK_INIT;
static struct coil_semaphore three = COIL_SEMAPHORE_INIT(3);
static struct coil_queue there, back;
static struct coil_event event;
static bool is_over;

/* Run fn in so many tasks, and wait for them; fn gets its share of `times`. */
static void in_tasks(coil_fn fn, int count)
{
    struct coil_task *tasks[10 * TASKS];
    int share = times / count;

    for (int i = 0; i < count; i++)
        bench_check(coil_task_create(&tasks[i], fn, &share));
    for (int i = 0; i < count; i++) {
        bench_check(coil_task_await(tasks[i]));
        coil_task_release(tasks[i]);
    }
}

static int yield_often(void *arg)
{
    for (int i = *(int *)arg; i > 0; i--)
        bench_check(coil_yield());
    return 0;
}

static void yield_2(void)
{
    in_tasks(yield_often, 2);
}

static void yield_1000(void)
{
    in_tasks(yield_often, 10 * TASKS);
}

static int nothing(void *unused)
{
    (void)unused;
    return 0;
}

static void spawn(void)
{
    for (int i = 0; i < times; i++) {
        struct coil_task *task;

        bench_check(coil_task_create(&task, nothing, NULL));
        bench_check(coil_task_await(task));
        coil_task_release(task);
    }
}

static void group(void)
{
    for (int i = 0; i < times; i++) {
        struct coil_task_group g;

        bench_check(coil_task_group_begin(&g));
        bench_check(coil_task_group_create(&g, NULL, nothing, NULL));
        bench_check(coil_task_group_end(&g, 0));
    }
}

static void lock_alone(void)
{
    for (int i = 0; i < times; i++) {
        bench_check(coil_lock_acquire(&lock));
        coil_lock_release(&lock);
    }
}

static int contend(void *arg)
{
    for (int i = *(int *)arg; i > 0; i--) {
        bench_check(coil_lock_acquire(&lock));
        bench_check(coil_yield());
        coil_lock_release(&lock);
    }
    return 0;
}

static void lock_contended(void)
{
    in_tasks(contend, TASKS);
}

static int compete(void *arg)
{
    for (int i = *(int *)arg; i > 0; i--) {
        bench_check(coil_semaphore_acquire(&three));
        bench_check(coil_yield());
        coil_semaphore_release(&three);
    }
    return 0;
}

static void semaphore_contended(void)
{
    in_tasks(compete, TASKS);
}

static int hand_out(void *unused)
{
    (void)unused;
    for (;;) {
        int rc = coil_coroutine_yield(&three, NULL);

        if (rc < 0)
            return rc;
    }
}

static void send_yield(void)
{
    struct coil_coroutine *co;
    void *value;

    bench_check(coil_coroutine_new(&co, hand_out, NULL, 0));
    for (int i = 0; i < times; i++)
        bench_check(coil_coroutine_send(co, NULL, &value));
    coil_coroutine_free(co);
}

static int echo(void *unused)
{
    (void)unused;
    for (int i = 0; i < times; i++) {
        uint64_t item;

        bench_check(coil_queue_get(&there, &item));
        bench_check(coil_queue_put(&back, &item));
    }
    return 0;
}

static void ping_pong(void)
{
    struct coil_task *task;

    coil_queue_init(&there, sizeof(uint64_t), 1);
    coil_queue_init(&back, sizeof(uint64_t), 1);
    bench_check(coil_task_create(&task, echo, NULL));
    for (uint64_t i = 0; i < (uint64_t)times; i++) {
        bench_check(coil_queue_put(&there, &i));
        bench_check(coil_queue_get(&back, &i));
    }
    bench_check(coil_task_await(task));
    coil_task_release(task);
    coil_queue_fini(&there);
    coil_queue_fini(&back);
}

static int produce(void *unused)
{
    (void)unused;
    for (uint64_t i = 0; i < (uint64_t)times; i++)
        bench_check(coil_queue_put(&there, &i));
    return 0;
}

static void buffered(void)
{
    struct coil_task *task;

    coil_queue_init(&there, sizeof(uint64_t), 1000);
    bench_check(coil_task_create(&task, produce, NULL));
    for (int i = 0; i < times; i++) {
        uint64_t item;

        bench_check(coil_queue_get(&there, &item));
    }
    bench_check(coil_task_await(task));
    coil_task_release(task);
    coil_queue_fini(&there);
}

static int compare(const void *a, const void *b)
{
    const uint64_t *x = a;
    const uint64_t *y = b;

    return (*x > *y) - (*x < *y);
}

/* With HEAP items in the queue. */
static void put_and_get(void)
{
    uint64_t state = 88172645463325252;
    uint64_t item;

    for (int i = 0; i < HEAP; i++) {
        item = bench_random(&state);
        bench_check(coil_queue_put(&there, &item));
    }
    for (int i = 0; i < times; i++) {
        item = bench_random(&state);
        bench_check(coil_queue_put(&there, &item));
        bench_check(coil_queue_get(&there, &item));
    }
    coil_queue_fini(&there);
}

static void queue_priority(void)
{
    coil_queue_init_priority(&there, sizeof(uint64_t), 0, compare);
    put_and_get();
}

/* bench-compare links this file with older libraries, too. */
#ifdef COIL_QUEUE_KEY
static void queue_priority_key(void)
{
    coil_queue_init_priority_key(&there, sizeof(uint64_t), 0,
                                 COIL_QUEUE_KEY_ITSELF(uint64_t));
    put_and_get();
}
#endif

static int wait_often(void *unused)
{
    (void)unused;
    while (!is_over)
        bench_check(coil_event_wait(&event));
    return 0;
}

static int wake_often(void *unused)
{
    (void)unused;
    for (int i = 0; i < times / TASKS; i++) {
        bench_check(coil_yield());
        coil_event_set(&event);
        coil_event_clear(&event);
    }
    is_over = true;
    coil_event_set(&event);
    return 0;
}

static void wake(void)
{
    struct coil_task *waker;

    is_over = false;
    coil_event_init(&event);
    bench_check(coil_task_create(&waker, wake_often, NULL));
    in_tasks(wait_often, TASKS);
    bench_check(coil_task_await(waker));
    coil_task_release(waker);
}

static void do_nothing(void *unused)
{
    (void)unused;
}

static void timers(void)
{
    static struct coil_handle handle;
    struct coil_loop *loop = coil_loop_current();

    for (int i = 0; i < times; i++) {
        bench_check(
            coil_loop_call_later(loop, &handle, COIL_SECOND, do_nothing, NULL));
        coil_handle_cancel(&handle);
    }
}

static void timeouts(void)
{
    for (int i = 0; i < times; i++) {
        struct coil_timeout scope;

        bench_check(coil_timeout_begin(&scope, COIL_SECOND));
        bench_check(coil_timeout_end(&scope, 0));
    }
}

static int yield_in_scopes(void *arg)
{
    for (int i = *(int *)arg; i > 0; i--) {
        struct coil_timeout scope;

        bench_check(coil_timeout_begin(&scope, COIL_SECOND));
        bench_check(coil_timeout_end(&scope, coil_yield()));
    }
    return 0;
}

static void timeout_yield(void)
{
    in_tasks(yield_in_scopes, 2);
}

static const struct {
    const char *name;
    void (*fn)(void);
} rows[] = {
    { "send_yield", send_yield },
    { "yield_2", yield_2 },
    { "yield_1000", yield_1000 },
    { "spawn", spawn },
    { "group", group },
    { "lock", lock_alone },
    { "lock_contended", lock_contended },
    { "semaphore_contended", semaphore_contended },
    { "queue_ping_pong", ping_pong },
    { "queue_buffered", buffered },
    { "queue_priority", queue_priority },
#ifdef COIL_QUEUE_KEY
    { "queue_priority_key", queue_priority_key },
#endif
    { "event", wake },
    { "timers", timers },
    { "timeout", timeouts },
    { "timeout_yield", timeout_yield },
};

static void (*row)(void);
static int runs;

static int start(void *unused)
{
    double best = 1e9;

    (void)unused;
    if (runs == 0)
        row();
    for (int i = 0; i < runs; i++) {
        uint64_t before = bench_now();
        double each;

        row();
        each = bench_each(before, times);
        best = each < best ? each : best;
    }
    if (runs > 0)
        printf("%.2f\n", best);
    return 0;
}

int main(int argc, char **argv)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (argc == 1)
            puts(rows[i].name);
        else if (argc > 2 && strcmp(argv[1], rows[i].name) == 0)
            row = rows[i].fn;
    }
    if (argc == 1)
        return 0;
    if (!row) {
        fprintf(stderr, "usage: rows ROW TIMES [RUNS]\n");
        return 2;
    }
    times = atoi(argv[2]);
    runs = argc > 3 ? atoi(argv[3]) : 0;
    return coil_run(start, NULL) < 0;
}
