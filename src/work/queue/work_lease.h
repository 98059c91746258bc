/* SPDX-License-Identifier: MIT */
/* work/queue/work_lease.h - leases as scopes, and their renewal */
#ifndef COIL_WORK_WORK_LEASE_H
#define COIL_WORK_WORK_LEASE_H

#include "work/queue/handle.h"

int coil__work_renew(void *work) COIL_SUSPENDS;

/*
 * The running task holds the lease from now on, which was asked for at `sent`.
 * Returns 0, or -ESTALE: it has run out meanwhile; -ENOTSUP.
 */
int coil__work_lease_begin(struct coil_work_lease *lease,
                           struct coil_work *work, uint64_t key, uint64_t token,
                           coil_time sent);

/* Whether it stands, by the clock now. */
bool coil__work_lease_is_held(const struct coil_work_lease *lease);

/*
 * End the scope, and leave the list.  Returns 0, or -ESTALE: the lease had ended.
 * The lease keeps its reference to the queue.
 */
int coil__work_lease_end(struct coil_work_lease *lease);

/* The lease is another's: the task that holds it is cancelled. */
void coil__work_lease_lose(struct coil_work_lease *lease);

#endif
