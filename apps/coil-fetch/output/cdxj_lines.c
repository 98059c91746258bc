/* SPDX-License-Identifier: MIT */
#include "output/cdxj_lines.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <coil/file.h>

enum { BLOCK = 256 * 1024 };

typedef int take_fn(void *arg, const char *line, size_t size, uint64_t offset);

struct reader {
    take_fn *take;
    void *arg;
    char *block;
    size_t held;
    uint64_t offset; /* of the block */
    uint64_t *end;
    bool is_skipping; /* the beginning of a line was too long */
};

/* The whole lines of the block.  Returns 0, CDXJ_LINES_ENOUGH, or an error. */
static int take_lines(struct reader *r)
{
    const char *at = r->block;
    const char *block_end = r->block + r->held;
    const char *newline = memchr(at, '\n', r->held);
    int rc = 0;

    while (rc == 0 && newline) {
        size_t size = (size_t)(newline + 1 - at);

        if (!r->is_skipping)
            rc = r->take(r->arg, at, size,
                         r->offset + (uint64_t)(at - r->block));
        r->is_skipping = false;
        at = newline + 1;
        if (rc == 0)
            *r->end = r->offset + (uint64_t)(at - r->block);
        newline = memchr(at, '\n', (size_t)(block_end - at));
    }
    if (at == r->block && r->held == BLOCK) {
        r->is_skipping = true;
        at = block_end;
    }
    r->offset += (uint64_t)(at - r->block);
    r->held -= (size_t)(at - r->block);
    memmove(r->block, at, r->held);
    return rc;
}

int cdxj_lines_read(struct coil_file *file, take_fn *take, void *arg,
                    uint64_t *end)
{
    struct reader reader = {
        .take = take,
        .arg = arg,
        .block = malloc(BLOCK),
        .end = end,
    };
    ptrdiff_t n = 1;
    int rc = reader.block ? 0 : -ENOMEM;

    while (rc == 0 && n > 0) {
        n = coil_file_pread(file, reader.block + reader.held,
                            BLOCK - reader.held,
                            (int64_t)(reader.offset + reader.held));
        if (n > 0) {
            reader.held += (size_t)n;
            rc = take_lines(&reader);
        }
    }
    free(reader.block);
    if (rc == 0 && n < 0)
        return (int)n;
    return rc == CDXJ_LINES_ENOUGH ? 0 : rc;
}

struct cdxj_value cdxj_value_of(const char *line, size_t size, const char *name)
{
    const struct cdxj_value none = { NULL, 0 };
    char quoted[32];
    int quoted_size = snprintf(quoted, sizeof quoted, "\"%s\"", name);
    const char *end = line + size;
    const char *at = memmem(line, size, quoted, (size_t)quoted_size);
    const char *close;

    if (!at)
        return none;
    at += quoted_size;
    while (at < end && (*at == ' ' || *at == ':'))
        at++;
    if (at == end || *at != '"')
        return none;
    at++;
    close = memchr(at, '"', (size_t)(end - at));
    return close ? (struct cdxj_value){ at, (size_t)(close - at) } : none;
}
