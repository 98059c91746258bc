/* SPDX-License-Identifier: MIT */
#include "redis/backoff.h"

#include <errno.h>

int coil__redis_backoff_init(struct coil__redis_backoff *backoff,
                             const struct coil_redis_options *options)
{
    if (options->first_delay < 0 || options->max_delay < 0)
        return -EINVAL;
    *backoff = (struct coil__redis_backoff){
        .first =
            options->first_delay ? options->first_delay : 50 * COIL_MILLISECOND,
        .most = options->max_delay ? options->max_delay : 5 * COIL_SECOND,
    };
    return 0;
}

/* A number from 0 to `limit` - 1 that is different each time. */
static coil_time draw(struct coil__redis_backoff *backoff, coil_time limit)
{
    uint64_t x = backoff->lot ^ (uint64_t)coil_now();

    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    backoff->lot = x * 0x2545f4914f6cdd1du + 1;
    return (coil_time)((backoff->lot >> 1) % (uint64_t)limit);
}

coil_time coil__redis_backoff_next(struct coil__redis_backoff *backoff)
{
    coil_time delay = backoff->first;

    for (unsigned i = 0; i < backoff->attempts && delay < backoff->most; i++)
        delay = delay > backoff->most / 2 ? backoff->most : 2 * delay;
    if (delay > backoff->most)
        delay = backoff->most;
    backoff->attempts++;
    return delay - draw(backoff, delay / 2 + 1);
}
