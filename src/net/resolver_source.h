/* SPDX-License-Identifier: MIT */
/*
 * net/resolver_source.h - a look-up by a source of the program, in a task
 */
#ifndef COIL_NET_RESOLVER_SOURCE_H
#define COIL_NET_RESOLVER_SOURCE_H

#include "net/resolver_lookup.h"

/*
 * Begin `l`, whose source is set, and list it; the caller keeps a reference.
 * Returns 0.  On an error of coil_task_create() the caller has the only
 * reference.
 */
int coil__lookup_by_source(struct coil__lookup *l);

#endif
