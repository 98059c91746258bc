/* SPDX-License-Identifier: MIT */
/*
 * warc_spool.h - a body until its record is written: in memory, or in a temporary
 * file when it is large or many are
 */
#ifndef COIL_FETCH_OUTPUT_WARC_SPOOL_H
#define COIL_FETCH_OUTPUT_WARC_SPOOL_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <coil/base.h>

#include "common/text.h"

struct coil_file;

/* What the bodies of all entries share, on whichever loop they come. */
struct warc_memory {
    const char *directory; /* for temporary files */
    size_t each;           /* bytes of a body */
    size_t all;            /* of all bodies together */
    atomic_size_t used;
};

struct warc_spool {
    struct warc_memory *memory;
    struct text bytes;      /* what follows the file's part */
    struct coil_file *file; /* NULL: all is in memory */
    uint64_t filed;         /* bytes in the file */
};

void warc_spool_init(struct warc_spool *spool, struct warc_memory *memory);

/* Does not suspend. */
void warc_spool_fini(struct warc_spool *spool);

uint64_t warc_spool_size(const struct warc_spool *spool);

/*
 * Add bytes.  Returns 0; -ENOMEM; an error of the temporary file, or -ECANCELED:
 * then the spool is good for warc_spool_fini() only.
 */
int warc_spool_add(struct warc_spool *spool, const void *bytes, size_t size)
    COIL_SUSPENDS;

/*
 * Give take() all of it, in order, in pieces.  Returns 0; what take() returned
 * below 0; an error of the temporary file, or -ECANCELED.
 */
int warc_spool_give(struct warc_spool *spool,
                    int (*take)(void *arg, const void *bytes, size_t size),
                    void *arg) COIL_SUSPENDS;

#endif
