/* SPDX-License-Identifier: MIT */
#include "redis/backoff.h"

#include <errno.h>

#include "base/backoff.h"

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

coil_time coil__redis_backoff_next(struct coil__redis_backoff *backoff)
{
    return coil__backoff_pause(&backoff->lot, coil_now(), backoff->first,
                               backoff->most, backoff->attempts++);
}
