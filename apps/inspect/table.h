/* SPDX-License-Identifier: MIT */
/*
 * table.h - where a process has coil's table (coil/introspection.h)
 *
 * The table is a section of the program or of a library that it uses.  A library
 * whose file has been deleted or replaced since, as by an upgrade, cannot be opened
 * any more: the memory that was mapped from that file is searched then.
 */
#ifndef COIL_INSPECT_TABLE_H
#define COIL_INSPECT_TABLE_H

#include <stdio.h>

#include "target.h"

/* `maps` is the process's, from the start.  0: there is none. */
uintptr_t table_find(const struct target *target, FILE *maps);

#endif
