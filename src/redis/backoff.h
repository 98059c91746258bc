/* SPDX-License-Identifier: MIT */
/*
 * redis/backoff.h - how long to wait before the next attempt to connect
 */
#ifndef COIL_REDIS_BACKOFF_H
#define COIL_REDIS_BACKOFF_H

#include <coil/redis.h>

struct coil__redis_backoff {
    coil_time first;
    coil_time most;
    unsigned attempts; /* since the last one that succeeded */
    uint64_t lot;
};

/* 0, or -EINVAL for negative times. */
int coil__redis_backoff_init(struct coil__redis_backoff *backoff,
                             const struct coil_redis_options *options);

/* The next pause, one half to the whole of a time that doubles. */
coil_time coil__redis_backoff_next(struct coil__redis_backoff *backoff);

#endif
