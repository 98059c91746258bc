/* SPDX-License-Identifier: MIT */
/*
 * work/redis/bell.h - wait until a Redis may have a job
 */
#ifndef COIL_WORK_REDIS_BELL_H
#define COIL_WORK_REDIS_BELL_H

#include "work/engine/engine.h"

/* `wait` of struct coil__work_engine_ops. */
int coil__work_redis_wait(struct coil__work_engine *base, coil_time limit)
    COIL_SUSPENDS;

#endif
