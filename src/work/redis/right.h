/* SPDX-License-Identifier: MIT */
/*
 * work/redis/right.h - permits and rates in a Redis
 */
#ifndef COIL_WORK_REDIS_RIGHT_H
#define COIL_WORK_REDIS_RIGHT_H

#include "work/engine/engine.h"

/* `acquire`, `release`, `renew_rights` and `rate` of the engine's operations. */
int coil__work_redis_acquire(struct coil__work_engine *base,
                             const struct coil__work_wish *wish,
                             uint64_t *fence, coil_time *next) COIL_SUSPENDS;
int coil__work_redis_release(struct coil__work_engine *base,
                             const struct coil__work_wish *wish, bool *was_held)
    COIL_SUSPENDS;
int coil__work_redis_renew_rights(struct coil__work_engine *base,
                                  struct coil__work_wish *wishes, size_t n)
    COIL_SUSPENDS;
int coil__work_redis_rate(struct coil__work_engine *base, const char *name,
                          coil_time interval, unsigned burst, coil_time *wait)
    COIL_SUSPENDS;

#endif
