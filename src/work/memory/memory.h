/* SPDX-License-Identifier: MIT */
/* work/memory/memory.h - the engine in this process */
#ifndef COIL_WORK_MEMORY_H
#define COIL_WORK_MEMORY_H

#include "work/memory/step.h"

/*
 * Open the engine.  `url` and `options` are those of coil_work_open(), of which the
 * name and the worker are there; the rules are written by the caller afterwards.
 */
int coil__work_memory_open(struct coil__work_engine **out, const char *url,
                           const struct coil_work_options *options)
    COIL_SUSPENDS;

/*
 * Make a handle of a world, which `keeper` keeps.  Closing the handle closes the
 * keeper.  Returns 0 or -ENOMEM: nothing is closed.
 */
int coil__work_memory_attach(struct coil__work_engine **out,
                             struct coil__work_world *world,
                             struct coil__work_keeper *keeper);

#endif
