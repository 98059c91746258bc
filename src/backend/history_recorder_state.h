/* SPDX-License-Identifier: MIT */
/*
 * backend/history_recorder_state.h - a recorder, and how it puts an entry
 */
#ifndef COIL_BACKEND_HISTORY_RECORDER_STATE_H
#define COIL_BACKEND_HISTORY_RECORDER_STATE_H

#include "backend/backend.h"
#include "backend/history_op.h"

struct recorded;

struct recorder {
    struct coil__backend backend; /* first */
    struct coil__backend_ops ops;
    struct coil__backend *behind;
    struct coil_history history;
    struct recorded *free; /* the one that was used last is first */
    size_t count;          /* how many there are: the last number */
    coil_time now;         /* the last time that was put */
};

static inline struct recorder *recorder_of(struct coil__backend *backend)
{
    return (struct recorder *)(void *)backend;
}

/* The entry that begins with `entry` is whole. */
static inline void put_entry(struct recorder *r, enum coil_history_entry entry)
{
    coil__history_put(&r->history, entry);
    coil__history_commit(&r->history);
}

/* An entry of one number. */
static inline void put_number(struct recorder *r, enum coil_history_entry entry,
                              uint64_t number)
{
    coil__history_put(&r->history, entry);
    coil__history_put(&r->history, number);
    coil__history_commit(&r->history);
}

static inline void put_signed(struct recorder *r, enum coil_history_entry entry,
                              int64_t number)
{
    coil__history_put(&r->history, entry);
    coil__history_put_signed(&r->history, number);
    coil__history_commit(&r->history);
}

static inline int put_result(struct recorder *r, int result)
{
    put_signed(r, COIL_HISTORY_RESULT, result);
    return result;
}

/* What those above read and write lies here; the backend behind has its own. */
static inline void pass_in(struct recorder *r)
{
    r->behind->holds = r->backend.holds;
    r->behind->searches = r->backend.searches;
}

static inline void pass_out(struct recorder *r)
{
    r->backend.pending = r->behind->pending;
    r->backend.sockets = r->behind->sockets;
}

#endif
