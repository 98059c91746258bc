/* SPDX-License-Identifier: MIT */
#include "output/warc_seen.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { ROW = 4 };

int warc_seen_init(struct warc_seen *seen, size_t count)
{
    size_t rows = 1024;

    while (rows * ROW < count)
        rows *= 2;
    seen->rows = rows;
    seen->slots = calloc(rows * ROW, sizeof *seen->slots);
    return seen->slots ? 0 : -ENOMEM;
}

void warc_seen_fini(struct warc_seen *seen)
{
    free(seen->slots);
    seen->slots = NULL;
}

/* Of the letters alone: "sha1:" may be missing.  FNV-1a, and its bits mixed. */
static uint64_t print_of(const char *digest, size_t size)
{
    const char *colon = memchr(digest, ':', size);
    uint64_t print = 0xcbf29ce484222325u;

    if (colon) {
        size -= (size_t)(colon + 1 - digest);
        digest = colon + 1;
    }
    for (size_t i = 0; i < size; i++)
        print = (print ^ (unsigned char)digest[i]) * 0x100000001b3u;
    print ^= print >> 32;
    return print ? print : 1;
}

static struct warc_seen_slot *row_of(const struct warc_seen *seen,
                                     uint64_t print)
{
    return seen->slots + (print & (seen->rows - 1)) * ROW;
}

void warc_seen_add(struct warc_seen *seen, const char *digest, size_t size,
                   uint64_t where)
{
    uint64_t print = print_of(digest, size);
    struct warc_seen_slot *row = row_of(seen, print);
    size_t i = 0;

    /* The youngest is the first of its row. */
    while (i < ROW - 1 && row[i].print != 0 && row[i].print != print)
        i++;
    memmove(row + 1, row, i * sizeof *row);
    row[0] = (struct warc_seen_slot){ .print = print, .where = where };
}

bool warc_seen_find(const struct warc_seen *seen, const char *digest,
                    uint64_t *where)
{
    uint64_t print = print_of(digest, strlen(digest));
    const struct warc_seen_slot *row = row_of(seen, print);

    for (size_t i = 0; i < ROW; i++)
        if (row[i].print == print) {
            *where = row[i].where;
            return true;
        }
    return false;
}
