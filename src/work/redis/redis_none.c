/* SPDX-License-Identifier: MIT */
/* redis_none.c - without libcoil-redis there is no such engine */
#include "work/redis/redis.h"

#include <errno.h>

#include <coil/sleep.h>

int coil__work_redis_open(struct coil__work_engine **out, const char *url,
                          const struct coil_work_options *options)
{
    (void)url;
    (void)options;
    *out = NULL;
    return coil_checkpoint() < 0 ? -ECANCELED : -ENOTSUP;
}
