/* SPDX-License-Identifier: MIT */
/*
 * work/redis/claim.h - take jobs out of a queue in a Redis
 */
#ifndef COIL_WORK_REDIS_CLAIM_H
#define COIL_WORK_REDIS_CLAIM_H

#include "work/engine/engine.h"

/* `claim` of struct coil__work_engine_ops. */
int coil__work_redis_claim(struct coil__work_engine *base,
                           struct coil__work_claim *claims, size_t n,
                           size_t *count, coil_time *next) COIL_SUSPENDS;

#endif
