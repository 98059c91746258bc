/* SPDX-License-Identifier: MIT */
/* work/memory/ledger_lease.h - claims, renewals and the ends of leases, in memory */
#ifndef COIL_WORK_LEDGER_LEASE_H
#define COIL_WORK_LEDGER_LEASE_H

#include "work/memory/ledger.h"

/* What time alone has changed: the ends of leases, of delays and of pauses. */
void coil__ledger_catch_up(struct coil__ledger *ledger,
                           const struct coil__work_rules *rules, coil_time now);

/* Returns 0, or -ENOMEM: `*count` are leased all the same. */
int coil__ledger_claim(struct coil__ledger *ledger,
                       const struct coil__work_rules *rules, coil_time now,
                       struct coil__work_claim *claims, size_t n, size_t *count,
                       coil_time *next);

void coil__ledger_finish(struct coil__ledger *ledger,
                         const struct coil__work_rules *rules, coil_time now,
                         struct coil__work_outcome *outcome);

void coil__ledger_renew(struct coil__ledger *ledger,
                        const struct coil__work_rules *rules, coil_time now,
                        struct coil__work_renewal *renewal);

#endif
