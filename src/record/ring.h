/* SPDX-License-Identifier: MIT */
/*
 * record/ring.h - a recorder, and how it writes a record into its ring
 */
#ifndef COIL_RECORD_RING_H
#define COIL_RECORD_RING_H

#include <pthread.h>
#include <stdatomic.h>

#include <coil/record_format.h>
#include <coil/scheduler.h>

#include "base/platform.h"

/* Whether coil is built with the recorder: the option COIL_RECORDER of CMake. */
#ifdef COIL_NO_RECORDER
enum { COIL__RECORDER = 0 };
#else
enum { COIL__RECORDER = 1 };
#endif

/* No record has more slots with what belongs to it. */
enum { COIL__RECORD_SLOTS = 16 };

/* How much of a text is recorded. */
enum { COIL__RECORD_TEXT = 120 };

struct coil_coroutine;

struct coil_recorder {
    struct coil_record_slot *at;    /* the next slot */
    struct coil_record_slot *limit; /* from here on, the block has no room */
    struct coil_record_file *file;
    /* Since the last look outside, these were told to wait: wait_record.c. */
    struct coil_coroutine **recent; /* NULL: it has ended */
    uint32_t recent_count;
    uint32_t recent_capacity;
    unsigned looks; /* outside */
    coil_time told; /* when the recent ones were recorded last */
    bool all;
    unsigned char cause; /* enum coil_record_cause, if no task runs */
    uint64_t last;       /* the task that a record told of last */
    coil_time time;      /* of the last record of one */
    struct coil_record_slot *steps; /* behind a record of the time alone */
    /* Tasks are told again, so that the file has all: task_record.c. */
    struct coil_link *cursor;
    size_t sweep_left; /* bytes; 0: no sweep */
    struct coil_record_names *names;
    atomic_uint references;
    pthread_mutex_t side; /* guards the side of the file */
    char *path;
};

/* The recorder of `s`, or NULL. */
static inline struct coil_recorder *
coil__recorder_of(const struct coil_scheduler *s)
{
    return COIL__RECORDER ? s->recorder : NULL;
}

/* Begin this block; the next block.  They return where its slots begin. */
struct coil_record_slot *coil__record_begin_block(struct coil_recorder *r,
                                                  uint64_t number);
struct coil_record_slot *coil__record_next_block(struct coil_recorder *r);

/* The next slot.  So many as COIL__RECORD_SLOTS lie there. */
static inline struct coil_record_slot *
coil__record_room(struct coil_recorder *r)
{
    return COIL_LIKELY(r->at < r->limit) ? r->at : coil__record_next_block(r);
}

/* What lies before `end` is written.  A process may be killed at any time. */
static inline void coil__record_done(struct coil_recorder *r,
                                     struct coil_record_slot *end)
{
    r->at = end;
    /* The ring is larger than a cache: let the lines come in time. */
    __builtin_prefetch(end + 16, 1);
    __atomic_store_n(&r->file->at, (uintptr_t)end, __ATOMIC_RELEASE);
}

static inline void coil__record(struct coil_recorder *r, unsigned type,
                                unsigned detail, uint64_t id, uint64_t value)
{
    struct coil_record_slot *slot = coil__record_room(r);

    slot->head = COIL_RECORD_HEAD(type, detail, id);
    slot->value = value;
    coil__record_done(r, slot + 1);
}

/*
 * The clock was read.  `kind`: enum coil_record_clock; `id` as in the file.
 * Steps that leave no record are told of by one record, whose time is moved.
 */
void coil__record_time(struct coil_recorder *r, unsigned kind, uint64_t id,
                       coil_time now);

/* As coil__record(), with the text behind it; the detail is its length. */
void coil__record_text(struct coil_recorder *r, unsigned type, uint64_t id,
                       uint64_t value, const char *text);

#endif
