/* SPDX-License-Identifier: MIT */
#include "bulk.h"

#include <errno.h>
#include <sys/uio.h>

enum { PIECES_MAX = 1024 }; /* of one call: IOV_MAX */

/* How many of the first pieces have been read with `bytes` bytes. */
static size_t count_read(struct bulk_piece *pieces, size_t count, size_t bytes)
{
    size_t i = 0;

    for (; i < count && pieces[i].size <= bytes; i++) {
        bytes -= pieces[i].size;
        pieces[i].is_read = true;
    }
    return i;
}

bool bulk_read(const struct target *target, struct bulk_piece *pieces,
               size_t count)
{
    struct iovec local[PIECES_MAX];
    struct iovec remote[PIECES_MAX];

    for (size_t i = 0; i < count; i++)
        pieces[i].is_read = false;
    while (count > 0) {
        size_t n = count < PIECES_MAX ? count : PIECES_MAX;
        ssize_t bytes;
        size_t done;

        for (size_t i = 0; i < n; i++) {
            local[i] = (struct iovec){ pieces[i].to, pieces[i].size };
            remote[i] =
                (struct iovec){ (void *)pieces[i].address, pieces[i].size };
        }
        bytes = process_vm_readv(target->pid, local, n, remote, n, 0);
        if (bytes < 0 && errno != EFAULT)
            return false;
        done = count_read(pieces, n, bytes < 0 ? 0 : (size_t)bytes);
        /* The one after them is not there, and the rest may be. */
        if (done < n)
            done++;
        pieces += done;
        count -= done;
    }
    return true;
}
