/* SPDX-License-Identifier: MIT */
/*
 * bulk.h - many pieces of a process's memory with few calls
 */
#ifndef COIL_INSPECT_BULK_H
#define COIL_INSPECT_BULK_H

#include "target.h"

struct bulk_piece {
    uintptr_t address;
    void *to;
    size_t size;
    bool is_read; /* all of it */
};

/*
 * Read each piece that can be read.  False: the process has no memory (any more),
 * and no piece is read.
 */
bool bulk_read(const struct target *target, struct bulk_piece *pieces,
               size_t count);

#endif
