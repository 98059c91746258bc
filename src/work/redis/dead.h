/* SPDX-License-Identifier: MIT */
/*
 * work/redis/dead.h - the jobs of a Redis that lie among the dead
 */
#ifndef COIL_WORK_REDIS_DEAD_H
#define COIL_WORK_REDIS_DEAD_H

#include "work/engine/engine.h"

/* `list_dead` and `revive` of struct coil__work_engine_ops. */
int coil__work_redis_list_dead(struct coil__work_engine *base, uint64_t first,
                               struct coil_work_dead *dead, size_t n,
                               size_t *count) COIL_SUSPENDS;
int coil__work_redis_revive(struct coil__work_engine *base, const char *id,
                            size_t *count) COIL_SUSPENDS;

#endif
