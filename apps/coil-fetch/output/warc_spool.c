/* SPDX-License-Identifier: MIT */
#include "output/warc_spool.h"

#include <errno.h>
#include <stdlib.h>

#include <coil/file.h>
#include <coil/sleep.h>

/* A file is written and read in such pieces. */
enum { PIECE = 64 * 1024 };

void warc_spool_init(struct warc_spool *spool, struct warc_memory *memory)
{
    *spool = (struct warc_spool){ .memory = memory };
}

void warc_spool_fini(struct warc_spool *spool)
{
    spool->memory->used -= spool->bytes.size;
    text_fini(&spool->bytes);
    coil_file_abort(spool->file);
    spool->file = NULL;
}

uint64_t warc_spool_size(const struct warc_spool *spool)
{
    return spool->filed + spool->bytes.size;
}

/* ---- adding ------------------------------------------------------------------- */

static int move_to_file(struct warc_spool *spool)
{
    struct text *bytes = &spool->bytes;
    ptrdiff_t n = coil_file_pwrite(spool->file, bytes->bytes, bytes->size,
                                   (int64_t)spool->filed);

    if (n < 0)
        return (int)n;
    /* Only a full disk takes less; the next attempt would say so. */
    if ((size_t)n < bytes->size)
        return -ENOSPC;
    spool->filed += bytes->size;
    spool->memory->used -= bytes->size;
    if (bytes->room > 2 * PIECE)
        text_fini(bytes);
    else
        text_clear(bytes);
    return 0;
}

static bool is_too_much(const struct warc_spool *spool)
{
    const struct warc_memory *memory = spool->memory;

    return spool->bytes.size > memory->each || memory->used > memory->all;
}

int warc_spool_add(struct warc_spool *spool, const void *bytes, size_t size)
{
    int rc = coil_checkpoint();

    if (rc < 0)
        return rc;
    text_add_bytes(&spool->bytes, bytes, size);
    if (spool->bytes.has_failed)
        return -ENOMEM;
    spool->memory->used += size;
    if (!spool->file && is_too_much(spool))
        rc = coil_file_temporary(&spool->file, spool->memory->directory);
    if (rc == 0 && spool->file && spool->bytes.size >= PIECE)
        rc = move_to_file(spool);
    return rc;
}

/* ---- giving ------------------------------------------------------------------- */

static int give_filed(struct warc_spool *spool, char *piece,
                      int (*take)(void *arg, const void *bytes, size_t size),
                      void *arg)
{
    uint64_t at = 0;
    int rc = 0;

    while (rc == 0 && at < spool->filed) {
        uint64_t left = spool->filed - at;
        ptrdiff_t n =
            coil_file_pread(spool->file, piece,
                            left < PIECE ? (size_t)left : PIECE, (int64_t)at);

        if (n <= 0)
            return n < 0 ? (int)n : -EIO;
        at += (uint64_t)n;
        rc = take(arg, piece, (size_t)n);
    }
    return rc;
}

int warc_spool_give(struct warc_spool *spool,
                    int (*take)(void *arg, const void *bytes, size_t size),
                    void *arg)
{
    int rc = coil_checkpoint();
    char *piece;

    if (rc == 0 && spool->filed > 0) {
        piece = malloc(PIECE);
        if (!piece)
            return -ENOMEM;
        rc = give_filed(spool, piece, take, arg);
        free(piece);
    }
    if (rc == 0 && spool->bytes.size > 0)
        rc = take(arg, spool->bytes.bytes, spool->bytes.size);
    return rc;
}
