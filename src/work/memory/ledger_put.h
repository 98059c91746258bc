/* SPDX-License-Identifier: MIT */
/* work/memory/ledger_put.h - how jobs come into a ledger, and what it holds */
#ifndef COIL_WORK_LEDGER_PUT_H
#define COIL_WORK_LEDGER_PUT_H

#include "work/memory/ledger.h"

/* Returns 0 or -ENOMEM. */
int coil__ledger_init(struct coil__ledger *ledger);
void coil__ledger_fini(struct coil__ledger *ledger);

/* Whether the id was ever put. */
bool coil__ledger_knows(const struct coil__ledger *ledger, const char *id);

/* Returns 0, or -ENOMEM: nothing was put.  The rest is as in engine.h. */
int coil__ledger_put(struct coil__ledger *ledger,
                     const struct coil__work_rules *rules, coil_time now,
                     const struct coil_work_item *items, size_t n,
                     size_t *added);

/* Returns 0 or -ENOMEM. */
int coil__ledger_pause(struct coil__ledger *ledger,
                       const struct coil__work_rules *rules, coil_time now,
                       const char *group, coil_time duration);

void coil__ledger_stats(const struct coil__ledger *ledger,
                        struct coil_work_stats *stats);

/* Returns 0, or -ENOMEM: nothing was listed. */
int coil__ledger_list_dead(const struct coil__ledger *ledger, uint64_t first,
                           struct coil_work_dead *dead, size_t n,
                           size_t *count);

size_t coil__ledger_revive(struct coil__ledger *ledger,
                           const struct coil__work_rules *rules, coil_time now,
                           const char *id);

#endif
