/* SPDX-License-Identifier: MIT */
/*
 * tree.h - who awaits whom
 */
#ifndef COIL_INSPECT_TREE_H
#define COIL_INSPECT_TREE_H

#include "snapshot.h"

/*
 * Link the tasks of a loop to trees: below each task those that it needs, or
 * whose group is its own.  False: there is no memory.
 */
bool tree_arrange(struct loop *loop);

#endif
