/* SPDX-License-Identifier: MIT */
/* work/redis/redis.h - the engine in a Redis */
#ifndef COIL_WORK_REDIS_H
#define COIL_WORK_REDIS_H

#include "work/engine/engine.h"

/*
 * Open the engine.  `url` and `options` are those of coil_work_open(), of which the
 * name and the worker are there; the rules are written by the caller afterwards.
 */
int coil__work_redis_open(struct coil__work_engine **out, const char *url,
                          const struct coil_work_options *options)
    COIL_SUSPENDS;

#endif
