/* SPDX-License-Identifier: MIT */
/*
 * warc_seen.h - payloads that are archived already
 *
 * 16 bytes for each: a part of its digest, and where its line is in an index.  The
 * line has all of the digest; who finds a payload here must compare it.  The table has
 * a fixed size, and forgets the oldest of a row of four when that is full.
 */
#ifndef COIL_FETCH_OUTPUT_WARC_SEEN_H
#define COIL_FETCH_OUTPUT_WARC_SEEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct warc_seen_slot {
    uint64_t print; /* 0: empty */
    uint64_t where;
};

struct warc_seen {
    struct warc_seen_slot *slots;
    size_t rows; /* a power of 2 */
};

/* Room for at least `count` payloads.  Returns 0; -ENOMEM. */
int warc_seen_init(struct warc_seen *seen, size_t count);
void warc_seen_fini(struct warc_seen *seen);

/* `digest` is the text, "sha1:" and letters; `where` is any number. */
void warc_seen_add(struct warc_seen *seen, const char *digest, size_t size,
                   uint64_t where);

/* Where it was seen last.  Returns whether it may have been seen. */
bool warc_seen_find(const struct warc_seen *seen, const char *digest,
                    uint64_t *where);

#endif
