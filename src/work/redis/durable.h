/* SPDX-License-Identifier: MIT */
/*
 * work/redis/durable.h - whether a Redis keeps what it has acknowledged
 */
#ifndef COIL_WORK_REDIS_DURABLE_H
#define COIL_WORK_REDIS_DURABLE_H

#include <coil/redis.h>

/*
 * Ask a server whether it writes everything to its disk before it answers, evicts
 * nothing, and is no replica.  Returns 0; -EPERM: it is not so, or it does not say;
 * or what coil_redis_pipeline() returns.
 */
int coil__work_redis_check_durable(struct coil_redis *redis) COIL_SUSPENDS;

#endif
