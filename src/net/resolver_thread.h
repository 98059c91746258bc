/* SPDX-License-Identifier: MIT */
/*
 * net/resolver_thread.h - a look-up by a thread, which asks the system
 */
#ifndef COIL_NET_RESOLVER_THREAD_H
#define COIL_NET_RESOLVER_THREAD_H

#include "net/resolver_lookup.h"

/*
 * Begin `l` on its loop; the caller keeps a reference.  Returns 0.  On an error
 * the caller has the only reference: -ENOMEM; -EAGAIN: there is no thread.
 */
int coil__lookup_by_thread(struct coil__lookup *l);

#endif
