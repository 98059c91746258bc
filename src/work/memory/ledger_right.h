/* SPDX-License-Identifier: MIT */
/* work/memory/ledger_right.h - permits and rates in memory: ledger.h */
#ifndef COIL_WORK_LEDGER_RIGHT_H
#define COIL_WORK_LEDGER_RIGHT_H

#include "work/memory/ledger.h"

/* Who asks: a handle and one of its tickets. */
struct coil__ledger_owner {
    uint64_t handle;
    uint64_t ticket;
};

/* As in engine.h.  0 or -ENOMEM. */
int coil__ledger_acquire(struct coil__ledger *ledger, coil_time lease,
                         coil_time now, const struct coil__work_wish *wish,
                         struct coil__ledger_owner owner, uint64_t *fence,
                         coil_time *next);
/* Returns whether it had a permit. */
bool coil__ledger_release(struct coil__ledger *ledger, coil_time now,
                          const char *name, struct coil__ledger_owner owner);
int coil__ledger_renew_right(struct coil__ledger *ledger, coil_time lease,
                             coil_time now, const char *name,
                             struct coil__ledger_owner owner);
int coil__ledger_rate(struct coil__ledger *ledger, coil_time now,
                      const char *name, coil_time interval, unsigned burst,
                      coil_time *wait);

/* For coil__table_fini(). */
void coil__ledger_release_named(struct coil__table_entry *entry);

#endif
