/* SPDX-License-Identifier: MIT */
#include "sched/wait_record.h"

#include "base/memory.h"
#include "record/names.h"
#include "record/recorder.h"

enum {
    FIRST_RECENT = 64,
    FD_SHORT = 1 << 15, /* a descriptor plus 1 below this has no slot */
};

/* ---- the record of a wait ------------------------------------------------- */

/* The id of the one task that a waiter needs, if there is one; else 0. */
static uint64_t needed_by(const struct coil_waiter *w)
{
    const struct coil_needs *needs = &w->reason->needs;
    const char *base = needs->of_waiter ? (const char *)w : w->object;
    const struct coil_task *task;

    if (needs->need == COIL_NEED_HOLDER && needs->shape == COIL_NEEDS_ONE)
        return coil__needs_holder(base + needs->items);
    if (!w->reason->passes_on)
        return 0;
    task = w->reason->passes_on(w);
    return task
               ? ((const struct coil_coroutine *)(const void *)task)->running.id
               : 0;
}

struct naming {
    struct coil_recorder *recorder;
    const char *text;
    unsigned number;
};

static void find_name(void *arg)
{
    struct naming *naming = arg;

    naming->number = coil__record_name_static(naming->recorder, naming->text);
}

/* A small stack has room for what is done nearly always only. */
static COIL_NOINLINE unsigned find_name_off(struct coil_recorder *r,
                                            const char *text)
{
    struct naming naming = { r, text, 0 };

    coil__coroutine_call_off(find_name, &naming);
    return naming.number;
}

static unsigned name_of(struct coil_recorder *r, const char *text)
{
    unsigned number;

    return coil__record_name_at_hand(r, text, &number) ? number
                                                       : find_name_off(r, text);
}

static void put(struct coil_record_slot **slot, unsigned type, unsigned detail,
                uint64_t id, uint64_t value)
{
    (*slot)->head = COIL_RECORD_HEAD(type, detail, id);
    (*slot)->value = value;
    (*slot)++;
}

enum when { NOW, RECENTLY, LONG_AGO };

static void record_wait(struct coil_recorder *r, struct coil_coroutine *co,
                        const struct coil_waiter *w, enum when when)
{
    const uint64_t address = ((uint64_t)1 << 48) - 1;
    unsigned reason = name_of(r, w->reason->name);
    struct coil_record_slot *slot = coil__record_room(r);
    uint64_t needed = needed_by(w);
    uint64_t short_fd =
        w->outcome > 0 && w->outcome < FD_SHORT ? (uint64_t)w->outcome : 0;

    put(&slot, COIL_RECORD_PARKED, reason, co->running.id,
        ((uintptr_t)w->object & address) | (uint64_t)(when == RECENTLY) << 48 |
            short_fd << 49);
    if (needed)
        put(&slot, COIL_RECORD_NEEDS, 0, needed, 0);
    if (COIL_UNLIKELY(w->outcome >= FD_SHORT))
        put(&slot, COIL_RECORD_DESCRIPTOR, 0, 0, (uint64_t)(w->outcome - 1));
    if (when == LONG_AGO)
        put(&slot, COIL_RECORD_SINCE, 0, 0, (uint64_t)w->since);
    coil__record_done(r, slot);
    r->last = co->running.id;
}

static void set_recorded(struct coil_coroutine *co)
{
    co->asks =
        (unsigned char)((co->asks & ~COIL__ASKS_TO_NOTE) | COIL__ASKS_WAKER);
}

void coil__record_wait(struct coil_coroutine *co, struct coil_waiter *self)
{
    record_wait(co->scheduler->recorder, co, self, NOW);
    set_recorded(co);
}

void coil__record_still(struct coil_recorder *r, struct coil_coroutine *co)
{
    if (co->asks & COIL__ASKS_WAKER && co->parked && co->parked->queue)
        record_wait(r, co, co->parked, LONG_AGO);
}

/* ---- notes ---------------------------------------------------------------- */

/* Not on a small stack: realloc() takes more. */
static void grow(void *arg)
{
    struct coil_recorder *r = arg;
    uint32_t capacity =
        r->recent_capacity > 0 ? 2 * r->recent_capacity : FIRST_RECENT;
    void *memory = coil__realloc(r->recent, capacity * sizeof *r->recent);

    if (!memory)
        return;
    r->recent = memory;
    r->recent_capacity = capacity;
}

void coil__record_note(struct coil_coroutine *co, struct coil_waiter *self)
{
    struct coil_recorder *r = co->scheduler->recorder;

    if (!r) {
        co->asks &= (unsigned char)~COIL__ASKS_TO_NOTE;
        return;
    }
    if (!r->all && r->recent_count == r->recent_capacity)
        coil__coroutine_call_off(grow, r);
    /* Without memory for a note, a record has to do. */
    if (r->all || r->recent_count == r->recent_capacity) {
        coil__record_wait(co, self);
        return;
    }
    r->recent[r->recent_count++] = co;
    co->recent = r->recent_count;
    co->asks &= (unsigned char)~COIL__ASKS_TO_NOTE;
}

void coil__record_recent(struct coil_recorder *r)
{
    for (uint32_t i = 0; i < r->recent_count; i++) {
        struct coil_coroutine *co = r->recent[i];

        if (!co)
            continue;
        co->recent = 0;
        co->asks |= COIL__ASKS_TO_NOTE;
        if (!co->parked || !co->parked->queue || co->asks & COIL__ASKS_WAKER)
            continue;
        record_wait(r, co, co->parked, RECENTLY);
        set_recorded(co);
    }
    r->recent_count = 0;
    r->told = r->time;
}

/* ---- waking --------------------------------------------------------------- */

static unsigned short_outcome(int outcome)
{
    if (outcome > INT16_MAX)
        return INT16_MAX;
    return (unsigned)(outcome < INT16_MIN ? INT16_MIN : outcome);
}

void coil__record_woken(struct coil_coroutine *co, int outcome)
{
    struct coil_recorder *r = co->scheduler->recorder;
    const struct coil_coroutine *by = coil__thread()->current;
    uint64_t waker = by ? by->running.id : 0;

    co->asks &= (unsigned char)~COIL__ASKS_WAKER;
    if (!r)
        return;
    if (co->recent == 0)
        co->asks |= COIL__ASKS_TO_NOTE;
    coil__record(r, COIL_RECORD_WOKEN, short_outcome(outcome), co->running.id,
                 waker | (uint64_t)(by ? COIL_RECORD_BY_TASK : r->cause) << 40);
}
