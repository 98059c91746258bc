/* SPDX-License-Identifier: MIT */
#include "loop/loop_stats.h"

#include <errno.h>
#include <sched.h>
#include <string.h>

#include "context/stack.h"
#include "loop/loop.h"
#include "loop/registry.h"
#include "sched/thread.h"

/* A reader tries so often before it takes counts of two looks. */
enum { TRIES = 1000, TRIES_AT_ONCE = 10 };

const coil_time coil_loop_stretch_bounds[COIL_LOOP_STRETCHES] = {
    10 * COIL_MICROSECOND,  50 * COIL_MICROSECOND, 100 * COIL_MICROSECOND,
    200 * COIL_MICROSECOND, COIL_MILLISECOND,      10 * COIL_MILLISECOND,
    100 * COIL_MILLISECOND, COIL_SECOND,
};

static inline void put(coil__count *to, uint64_t value)
{
    atomic_store_explicit(to, value, memory_order_release);
}

static inline uint64_t get(const coil__count *from)
{
    return atomic_load_explicit(from, memory_order_acquire);
}

/* Only the one thread that writes a count adds to it. */
static inline void add(coil__count *to, uint64_t more)
{
    put(to, atomic_load_explicit(to, memory_order_relaxed) + more);
}

/* ---- publishing ------------------------------------------------------------- */

static inline void begin_writing(atomic_uint *sequence)
{
    atomic_store_explicit(
        sequence, atomic_load_explicit(sequence, memory_order_relaxed) + 1,
        memory_order_relaxed);
}

static inline void end_writing(atomic_uint *sequence)
{
    atomic_store_explicit(
        sequence, atomic_load_explicit(sequence, memory_order_relaxed) + 1,
        memory_order_release);
}

/* Returns how long the phase has lasted that ends. */
static inline coil_time begin_phase(struct coil_loop_counts *c,
                                    enum coil_loop_phase phase, coil_time now)
{
    coil_time lasted =
        now - (coil_time)atomic_load_explicit(&c->since, memory_order_relaxed);

    put(&c->since, (uint64_t)now);
    atomic_store_explicit(&c->phase, phase, memory_order_release);
    return lasted;
}

static unsigned bucket_of(coil_time stretch)
{
    unsigned i = 0;

    while (i < COIL_LOOP_STRETCHES && stretch > coil_loop_stretch_bounds[i])
        i++;
    return i;
}

static void publish_stacks(struct coil_loop_counts *c)
{
    const struct coil_stack_pool *pool = coil__thread()->stacks;
    struct coil_stack_counts stacks = { .in_use = 0 };

    if (pool)
        stacks = coil__stack_count(pool);
    put(&c->stacks_in_use, stacks.in_use);
    put(&c->stacks_idle, stacks.idle);
}

static void publish_tasks(struct coil_loop_counts *c,
                          const struct coil_scheduler *s)
{
    add(&c->turns, s->turn - c->own_turn);
    c->own_turn = s->turn;
    put(&c->tasks, s->task_count);
    put(&c->tasks_ended, s->tasks_ended);
    put(&c->tasks_cancelled, s->tasks_cancelled);
    put(&c->tasks_failed, s->tasks_failed);
    put(&c->tasks_kept, s->kept_count);
    put(&c->ready, s->ready_count);
}

/* The loop has run until `now`, and enters another phase. */
static void end_running(struct coil_loop *loop, enum coil_loop_phase phase,
                        coil_time now)
{
    struct coil_loop_counts *c = &loop->counts;
    coil_time stretch;

    coil__counts_clock(c, now, now - loop->budget.checked);
    stretch = begin_phase(c, phase, now);
    add(&c->running, (uint64_t)stretch);
    add(&c->stretches[bucket_of(stretch)], 1);
    put(&c->longest, (uint64_t)c->own_longest);
    put(&c->longest_at, (uint64_t)c->own_longest_at);
    put(&c->ready_most, c->own_ready_most);
    put(&c->budget_ends, c->own_budget_ends);
    put(&c->timers_fired, c->own_timers_fired);
    put(&c->thread_calls, c->own_thread_calls);
    put(&c->timers, coil__timers_count(&loop->timers));
    put(&c->operations, loop->backend->pending);
    publish_tasks(c, &loop->scheduler);
    publish_stacks(c);
}

void coil__counts_look(struct coil_loop *loop, coil_time now)
{
    struct coil_loop_counts *c = &loop->counts;

    begin_writing(&c->sequence);
    end_running(loop, COIL_LOOP_WAITING, now);
    add(&c->looks, 1);
    end_writing(&c->sequence);
}

void coil__counts_looked(struct coil_loop *loop, coil_time now)
{
    struct coil_loop_counts *c = &loop->counts;
    size_t ready = loop->scheduler.ready_count;

    coil__counts_ready(c, ready);
    begin_writing(&c->sequence);
    add(&c->waiting, (uint64_t)begin_phase(c, COIL_LOOP_RUNNING, now));
    put(&c->ready, ready);
    end_writing(&c->sequence);
}

void coil__counts_enter(struct coil_loop *loop)
{
    struct coil_loop_counts *c = &loop->counts;
    coil_time now = coil__loop_now(loop);

    loop->budget.checked = now;
    begin_writing(&c->sequence);
    begin_phase(c, COIL_LOOP_RUNNING, now);
    end_writing(&c->sequence);
}

void coil__counts_leave(struct coil_loop *loop)
{
    struct coil_loop_counts *c = &loop->counts;

    begin_writing(&c->sequence);
    end_running(loop, COIL_LOOP_STOPPED, coil__loop_now(loop));
    end_writing(&c->sequence);
}

static void put_text(coil__count *to, const char *text, size_t size)
{
    for (size_t i = 0; i < size / sizeof *to; i++) {
        uint64_t word;

        memcpy(&word, text + i * sizeof word, sizeof word);
        put(&to[i], word);
    }
}

void coil__counts_slow(struct coil_loop *loop,
                       const struct coil_loop_slow_step *step, bool is_new)
{
    struct coil_slow_counts *slow = &loop->counts.slow;

    begin_writing(&slow->sequence);
    add(&slow->steps, is_new);
    if ((uint64_t)step->duration > get(&slow->duration)) {
        put(&slow->duration, (uint64_t)step->duration);
        put(&slow->task, step->task);
        put_text(slow->name, step->name, sizeof step->name);
        put_text(slow->site, step->site, sizeof step->site);
    }
    end_writing(&slow->sequence);
}

/* ---- reading ---------------------------------------------------------------- */

/* False: the writer is at it, or has been since `*seen`. */
static bool begin_reading(const atomic_uint *sequence, unsigned *seen)
{
    *seen = atomic_load_explicit(sequence, memory_order_acquire);
    return *seen % 2 == 0;
}

static bool has_changed(const atomic_uint *sequence, unsigned seen)
{
    return atomic_load_explicit(sequence, memory_order_relaxed) != seen;
}

static void get_counts(const struct coil_loop_counts *c,
                       struct coil_loop_stats *to)
{
    to->looks = get(&c->looks);
    to->turns = get(&c->turns);
    to->budget_ends = get(&c->budget_ends);
    to->tasks_ended = get(&c->tasks_ended);
    to->tasks_cancelled = get(&c->tasks_cancelled);
    to->tasks_failed = get(&c->tasks_failed);
    to->timers_fired = get(&c->timers_fired);
    to->thread_calls = get(&c->thread_calls);
    to->running = (coil_time)get(&c->running);
    to->stretch_time = to->running;
    to->waiting = (coil_time)get(&c->waiting);
    to->longest = (coil_time)get(&c->longest);
    to->longest_at = (coil_time)get(&c->longest_at);
    for (size_t i = 0; i <= COIL_LOOP_STRETCHES; i++)
        to->stretches[i] = get(&c->stretches[i]);
}

static void get_levels(const struct coil_loop_counts *c,
                       struct coil_loop_stats *to)
{
    to->tasks = (size_t)get(&c->tasks);
    to->tasks_made = to->tasks_ended + to->tasks;
    to->tasks_kept = (size_t)get(&c->tasks_kept);
    to->ready = (size_t)get(&c->ready);
    to->ready_most = (size_t)get(&c->ready_most);
    to->timers = (size_t)get(&c->timers);
    to->operations = (size_t)get(&c->operations);
    to->stacks_in_use = (size_t)get(&c->stacks_in_use);
    to->stacks_idle = (size_t)get(&c->stacks_idle);
}

/* What the loop publishes in one piece, and since when its phase lasts. */
static bool try_to_read(const struct coil_loop_counts *c,
                        struct coil_loop_stats *to, coil_time *since)
{
    unsigned seen;
    bool is_quiet = begin_reading(&c->sequence, &seen);

    get_counts(c, to);
    get_levels(c, to);
    to->phase = (enum coil_loop_phase)atomic_load_explicit(
        &c->phase, memory_order_acquire);
    *since = (coil_time)get(&c->since);
    return is_quiet && !has_changed(&c->sequence, seen);
}

static void get_text(const coil__count *from, char *to, size_t size)
{
    for (size_t i = 0; i < size / sizeof *from; i++) {
        uint64_t word = get(&from[i]);

        memcpy(to + i * sizeof word, &word, sizeof word);
    }
    to[size - 1] = '\0';
}

static bool try_to_read_slow(const struct coil_slow_counts *slow,
                             struct coil_loop_stats *to)
{
    struct coil_loop_slow_step *step = &to->slowest;
    unsigned seen;
    bool is_quiet = begin_reading(&slow->sequence, &seen);

    to->slow_steps = get(&slow->steps);
    step->duration = (coil_time)get(&slow->duration);
    step->task = get(&slow->task);
    get_text(slow->name, step->name, sizeof step->name);
    get_text(slow->site, step->site, sizeof step->site);
    return is_quiet && !has_changed(&slow->sequence, seen);
}

/*
 * The writer may have been stopped in the middle, by a debugger for instance.
 * Nobody must hang for that.
 */
static bool goes_on_trying(int *tries)
{
    if (++*tries > TRIES_AT_ONCE)
        sched_yield();
    return *tries < TRIES;
}

/* The simulator's clock belongs to its thread. */
static void add_open_phase(const struct coil_loop *loop, coil_time since,
                           struct coil_loop_stats *to)
{
    coil_time now;

    if (to->phase == COIL_LOOP_STOPPED ||
        coil__backend_is_simulated(loop->backend))
        return;
    now = loop->backend->ops->now(loop->backend);
    if (now <= since)
        return;
    if (to->phase == COIL_LOOP_RUNNING)
        to->running += now - since;
    else
        to->waiting += now - since;
}

/* The mutex of the list of all loops is held, so the loop is there. */
static void read_all(const struct coil_loop *loop, struct coil_loop_stats *to)
{
    coil_time since;
    int tries = 0;

    to->loop = loop;
    to->number = loop->number;
    to->tid = atomic_load_explicit(&loop->watched.tid, memory_order_relaxed);
    while (!try_to_read(&loop->counts, to, &since) && goes_on_trying(&tries))
        continue;
    tries = 0;
    while (!try_to_read_slow(&loop->counts.slow, to) && goes_on_trying(&tries))
        continue;
    add_open_phase(loop, since, to);
}

int coil_loop_stats(const struct coil_loop *loop, struct coil_loop_stats *stats)
{
    bool is_there;

    coil__loops_lock();
    is_there = coil__loops_find(loop);
    if (is_there)
        read_all(loop, stats);
    coil__loops_unlock();
    return is_there ? 0 : -ESHUTDOWN;
}

/* The loop whose number is the smallest from `number` on, or NULL. */
static const struct coil_loop *next_loop(unsigned number)
{
    const struct coil_loop *next = NULL;

    for (const struct coil_loop *l = coil__loops; l; l = l->next) {
        if (l->number >= number && (!next || l->number < next->number))
            next = l;
    }
    return next;
}

size_t coil_all_loop_stats(struct coil_loop_stats *stats, size_t capacity)
{
    const struct coil_loop *loop;
    unsigned number = 0;
    size_t count = 0;

    coil__loops_lock();
    while ((loop = next_loop(number))) {
        if (count < capacity)
            read_all(loop, &stats[count]);
        count++;
        number = loop->number + 1;
    }
    coil__loops_unlock();
    return count;
}
