/* SPDX-License-Identifier: MIT */
/*
 * backend/replayer_entry.h - a replayer, and how it takes an entry
 */
#ifndef COIL_BACKEND_REPLAYER_ENTRY_H
#define COIL_BACKEND_REPLAYER_ENTRY_H

#include <stdatomic.h>

#include "backend/backend.h"
#include "backend/history_op.h"
#include "base/platform.h"

struct replayer {
    struct coil__backend backend; /* first */
    struct coil__backend_ops ops;
    struct coil_history history;
    struct coil_op **pending; /* by their numbers, from 1 on */
    size_t capacity;
    coil_time now;
    atomic_uint woken; /* how often another thread has called wake() */
    unsigned seen;     /* so often when the loop waited last */
};

static inline struct replayer *replayer_of(struct coil__backend *backend)
{
    return (struct replayer *)(void *)backend;
}

/* What an entry of this kind is about, in words. */
const char *coil__replayer_entry_name(uint64_t entry);

/* End the program, which has left its history. */
COIL_NORETURN void coil__replayer_entry_panic(const struct replayer *replayer,
                                              const char *here,
                                              const char *there);

/* Take the beginning of the next entry: of whatever kind; of this one. */
uint64_t coil__replayer_entry_next(struct replayer *replayer);
void coil__replayer_entry_expect(struct replayer *replayer,
                                 enum coil_history_entry entry);

/* Take an entry that is a result. */
int coil__replayer_entry_result(struct replayer *replayer);

/* Take all that ended within a call, and the end of the call. */
void coil__replayer_entry_go_on(struct replayer *replayer);

#endif
