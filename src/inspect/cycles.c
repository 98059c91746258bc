/* SPDX-License-Identifier: MIT */
/*
 * cycles.c - tasks that wait for each other while others go on
 *
 * While anything of a loop can run, the loop does not end with -EDEADLK.  So it
 * searches its tasks now and then: in debug mode, and where there is a watchdog.
 *
 * Only a new wait can close a cycle.  So the waits that have lasted for some time
 * are summed up, and nothing more is done as long as the sum is that of the last
 * search.  A search takes a thousandth of the time at most, since the next one is
 * as much later; and with very many tasks there is none but in debug mode.
 *
 * A wait whose time is limited ends by itself, so a cycle with such a wait is not
 * told.
 */
#include "inspect/cycles.h"

#include <unistd.h>

#include "inspect/dump_graph.h"
#include "inspect/dump_write.h"
#include "loop/loop.h"
#include "scope/timeout.h"
#include "trace/lines.h"

#define PERIOD (400 * COIL_MILLISECOND)
#define AGE (400 * COIL_MILLISECOND) /* younger waits are no cycle yet */

enum {
    TASKS_MAX = 50000, /* without debug mode */
    INDENT = 2,
    SHARE = 1000, /* the search takes this part of the time */
    TOLD = sizeof((struct coil_cycle_watch *)0)->told / sizeof(uint64_t),
};

/* ---- is there anything new? ------------------------------------------------- */

/* Waits that need certain tasks, and have lasted. */
struct waits {
    size_t count;
    uint64_t sum;
    bool has_young;
};

static uint64_t mix(uint64_t a, uint64_t b)
{
    uint64_t x = (a + 1) * 0x9e3779b97f4a7c15ULL ^ b;

    x ^= x >> 29;
    x *= 0xbf58476d1ce4e5b9ULL;
    return x ^ x >> 32;
}

static uint64_t key_of(const struct coil_waiter *w)
{
    return mix(coil__waiter_id(w), (uint64_t)w->since);
}

static bool can_be_on_cycle(const struct coil_waiter *w)
{
    uint32_t need = w->reason->needs.need;

    return need != COIL_NEED_NONE && need != COIL_NEED_ANY;
}

static struct waits sum_up(const struct coil_loop *loop, coil_time now)
{
    struct waits waits = { .count = 0 };

    for (struct coil_task *t = coil__task_first(&loop->scheduler); t;
         t = coil__task_next(t)) {
        const struct coil_waiter *w = coil__dump_wait(t);

        if (!w || !can_be_on_cycle(w))
            continue;
        if (now - w->since < AGE) {
            waits.has_young = true;
            continue;
        }
        waits.count++;
        waits.sum += key_of(w);
    }
    return waits;
}

/* ---- telling ---------------------------------------------------------------- */

struct search {
    struct coil_dump dump; /* first */
    struct coil_loop *loop;
};

static struct search *search_of(struct coil_dump *dump)
{
    return coil__container_of(dump, struct search, dump);
}

static bool is_of_task(const struct coil_handle *handle, const void *task)
{
    return coil__timeout_task(handle) == task;
}

/* Whether a timeout will end the wait of one of them. */
static bool is_limited(struct coil_dump *dump, uint32_t member)
{
    const struct coil_timers *timers = &search_of(dump)->loop->timers;
    uint32_t at = member;

    do {
        if (coil__timers_any(timers, SIZE_MAX, is_of_task,
                             dump->tasks[at].task))
            return true;
        at = dump->tasks[at].leads_to;
    } while (at != member);
    return false;
}

/* Which cycle it is, wherever it begins; and how many tasks are on it. */
static uint64_t key_of_cycle(struct coil_dump *dump, uint32_t member,
                             size_t *count)
{
    uint32_t at = member;
    uint64_t key = 0;

    *count = 0;
    do {
        key += key_of(coil__dump_wait(dump->tasks[at].task));
        (*count)++;
        at = dump->tasks[at].leads_to;
    } while (at != member);
    return key;
}

static bool was_told(const struct coil_cycle_watch *watch, uint64_t key)
{
    for (unsigned i = 0; i < TOLD; i++) {
        if (watch->told[i] == key)
            return true;
    }
    return false;
}

static void tell(struct coil_dump *dump, uint32_t member)
{
    struct coil_cycle_watch *watch = &search_of(dump)->loop->cycles;
    size_t count;
    uint64_t key = key_of_cycle(dump, member, &count);
    uint32_t at = member;

    if (was_told(watch, key) || is_limited(dump, member))
        return;
    watch->told[watch->told_count++ % TOLD] = key;
    coil__write(&dump->out, "coil: deadlock: ");
    coil__write_number(&dump->out, count);
    coil__write(&dump->out, " tasks wait for each other, and others go on\n");
    coil__dump_write_cycle(dump, member);
    do {
        coil__dump_write_task(dump, at, INDENT);
        at = dump->tasks[at].leads_to;
    } while (at != member);
}

static void search(struct coil_loop *loop)
{
    struct search search = {
        .dump.scheduler = &loop->scheduler,
        .dump.lines = coil__lines_open(),
        .loop = loop,
    };

    coil__dump_begin(&search.dump, STDERR_FILENO);
    if (search.dump.tasks)
        coil__dump_cycles(&search.dump, tell);
    coil__dump_end(&search.dump);
    coil__lines_close(search.dump.lines);
}

/* ---- when ------------------------------------------------------------------- */

static bool is_on(const struct coil_loop *loop)
{
    const struct coil_watched *w = &loop->watched;

    if (loop->scheduler.debug)
        return true;
    return w->is_added && loop->scheduler.task_count <= TASKS_MAX &&
           atomic_load_explicit(&w->limit, memory_order_relaxed) > 0;
}

void coil__cycles_search(struct coil_loop *loop, coil_time now)
{
    struct coil_cycle_watch *watch = &loop->cycles;
    struct waits waits;

    watch->due = coil__time_add(now, PERIOD);
    watch->is_on = is_on(loop);
    if (!watch->is_on || watch->is_settled)
        return;
    waits = sum_up(loop, now);
    watch->is_settled = !waits.has_young;
    if (waits.count >= 2 && waits.sum != watch->seen)
        search(loop);
    watch->seen = waits.sum;
    watch->due =
        coil__time_add(watch->due, SHARE * (coil__loop_now(loop) - now));
}
