/* SPDX-License-Identifier: MIT */
/*
 * work/redis/finish.h - end leases, and make them longer, in a Redis
 */
#ifndef COIL_WORK_REDIS_FINISH_H
#define COIL_WORK_REDIS_FINISH_H

#include "work/engine/engine.h"

/* `finish` and `renew` of struct coil__work_engine_ops. */
int coil__work_redis_finish(struct coil__work_engine *base,
                            struct coil__work_outcome *outcomes, size_t n)
    COIL_SUSPENDS;
int coil__work_redis_renew(struct coil__work_engine *base,
                           struct coil__work_renewal *renewals, size_t n)
    COIL_SUSPENDS;

#endif
