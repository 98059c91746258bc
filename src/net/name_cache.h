/* SPDX-License-Identifier: MIT */
/*
 * net/name_cache.h - the answers that are kept, and for how long
 *
 * The loops that run on the kernel share one cache.  A loop on the simulator
 * has one of its own, which ends with the loop: its clock is another one, and
 * one run of a test must not see what the last one has left.
 *
 * All functions but coil__name_cache_of() may be called in any thread; with the
 * cache of a simulator's loop, in the thread of that loop.
 */
#ifndef COIL_NET_NAME_CACHE_H
#define COIL_NET_NAME_CACHE_H

#include <stdint.h>

#include <coil/loop.h>

#include "net/answer.h"

struct coil__name_cache;

/* A question: hosts are equal if their bytes are. */
struct coil__question {
    const char *host;
    int family;
};

/* The family of what is not an answer: which address has answered last. */
enum { COIL__FAMILY_WINNER = -1 };

/* The cache of `loop`, which runs in this thread.  NULL: no memory. */
struct coil__name_cache *coil__name_cache_of(struct coil_loop *loop);

/* The answer, retained, or NULL. */
struct coil__answer *coil__name_cache_find(struct coil__name_cache *cache,
                                           const struct coil__question *q);

/*
 * Keep `answer` for `duration`, instead of what was kept for `q`.  At most
 * `most` are kept.  Nothing is kept without memory, or if all was flushed since
 * coil__name_cache_generation() returned `generation`.
 */
void coil__name_cache_keep(struct coil__name_cache *cache,
                           const struct coil__question *q,
                           struct coil__answer *answer, coil_time duration,
                           size_t most, uint64_t generation);

/* Changes with each flush of any cache. */
uint64_t coil__name_cache_generation(void);

/*
 * Forget `host`, or all if it is NULL: in the shared cache, and in that of the
 * simulator if `loop` is on it.
 */
void coil__name_cache_flush(struct coil_loop *loop, const char *host);

/* How many the shared cache keeps. */
size_t coil__name_cache_count(void);

#endif
