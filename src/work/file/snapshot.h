/* SPDX-License-Identifier: MIT */
/* work/file/snapshot.h - a ledger as the bytes of a new journal */
#ifndef COIL_WORK_SNAPSHOT_H
#define COIL_WORK_SNAPSHOT_H

#include "work/file/journal.h"

/* How many bytes the records of it have, but for those of constant size. */
uint64_t coil__snapshot_size(const struct coil__ledger *ledger);

/*
 * Write the bytes of a new journal into `out`, which is empty, and into `*frames` how
 * many frames they are.  Returns 0 or -ENOMEM.
 */
int coil__snapshot(struct coil__journal *journal,
                   const struct coil__ledger *ledger, struct coil_buffer *out,
                   uint64_t *frames);

#endif
