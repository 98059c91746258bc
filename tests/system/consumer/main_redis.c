/* SPDX-License-Identifier: MIT */
#include <coil.h>
#include <coil/redis.h>

static int open_nothing(void *arg)
{
    struct coil_redis *redis;

    (void)arg;
    return coil_redis_open(&redis, "http://localhost", NULL);
}

int main(void)
{
    return coil_run(open_nothing, NULL) != COIL_EREDIS_BAD_URL;
}
