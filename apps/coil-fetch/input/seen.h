/* SPDX-License-Identifier: MIT */
/*
 * seen.h - a set of keys: which requests were there already
 *
 * 14 bytes a key at most, from some thousands of keys on.  The set grows piece by
 * piece, so there is no moment at which it is there twice.  Two requests with one
 * key (job/key.h) count as equal: among 10^7 that happens once in 400,000 runs.
 */
#ifndef COIL_FETCH_INPUT_SEEN_H
#define COIL_FETCH_INPUT_SEEN_H

#include <stddef.h>
#include <stdint.h>

struct seen;

/* `*out` is returned: seen_free().  Returns 0; -ENOMEM. */
int seen_new(struct seen **out);

/* NULL is allowed. */
void seen_free(struct seen *seen);

/*
 * Add a key.  Returns 1: it is new; 0: it was there; -ENOMEM: it was not added, and
 * the set is as before.
 */
int seen_add(struct seen *seen, uint64_t key);

/* How much memory it takes. */
size_t seen_size_in_bytes(const struct seen *seen);

#endif
