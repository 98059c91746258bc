/* SPDX-License-Identifier: MIT */
/* work/file/load.h - make a ledger of a journal */
#ifndef COIL_WORK_LOAD_H
#define COIL_WORK_LOAD_H

#include "work/file/journal.h"

/*
 * Lock the queue, whose folder and name are known, and read its journal, or make one,
 * into a ledger that was just made; it blocks.  What is torn at the end is cut off.
 * The leases of the process that died are over.  If the
 * journal syncs, all that is on the disk then.
 *
 * Returns 0, -EBUSY, -EBADMSG: it is damaged, or none; -ENOTSUP: of another version;
 * -ENOMEM, or an error of a system's call.
 */
int coil__journal_load(struct coil__journal *journal,
                       struct coil__ledger *ledger,
                       const struct coil__work_rules *rules);

#endif
