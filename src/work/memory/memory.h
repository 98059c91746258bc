/* SPDX-License-Identifier: MIT */
/* work/memory/memory.h - the engine in this process */
#ifndef COIL_WORK_MEMORY_H
#define COIL_WORK_MEMORY_H

#include "work/engine/engine.h"

/*
 * Open the engine.  `url` and `options` are those of coil_work_open(), of which the
 * name and the worker are there; the rules are written by the caller afterwards.
 */
int coil__work_memory_open(struct coil__work_engine **out, const char *url,
                           const struct coil_work_options *options)
    COIL_SUSPENDS;

#endif
