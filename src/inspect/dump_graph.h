/* SPDX-License-Identifier: MIT */
/*
 * inspect/dump_graph.h - who needs whom: trees and cycles
 */
#ifndef COIL_INSPECT_DUMP_GRAPH_H
#define COIL_INSPECT_DUMP_GRAPH_H

#include "inspect/snapshot.h"

/* The index of the task with that id, or COIL_DUMP_NONE. */
uint32_t coil__dump_find(const struct coil_dump *dump, uint64_t id);

/* Arrange the tasks in trees. */
void coil__dump_arrange(struct coil_dump *dump);

/*
 * Find every cycle, and call `tell` with one of its members.  From there,
 * leads_to leads round the cycle.
 */
void coil__dump_cycles(struct coil_dump *dump,
                       void (*tell)(struct coil_dump *dump, uint32_t member));

#endif
