/* SPDX-License-Identifier: MIT */
/* work/memory/memory_right.h - operations on rights: engine.h */
#ifndef COIL_WORK_MEMORY_RIGHT_H
#define COIL_WORK_MEMORY_RIGHT_H

#include "work/engine/engine.h"

int coil__work_memory_acquire(struct coil__work_engine *base,
                              const struct coil__work_wish *wish,
                              uint64_t *fence, coil_time *next) COIL_SUSPENDS;
int coil__work_memory_release(struct coil__work_engine *base,
                              const struct coil__work_wish *wish,
                              bool *was_held) COIL_SUSPENDS;
int coil__work_memory_renew_rights(struct coil__work_engine *base,
                                   struct coil__work_wish *wishes, size_t n)
    COIL_SUSPENDS;
int coil__work_memory_rate(struct coil__work_engine *base, const char *name,
                           coil_time interval, unsigned burst, coil_time *wait)
    COIL_SUSPENDS;

#endif
