/* SPDX-License-Identifier: MIT */
/*
 * redis/target.h - where a server is, and what it is told first
 */
#ifndef COIL_REDIS_TARGET_H
#define COIL_REDIS_TARGET_H

#include <coil/redis.h>

#include "base/buffer.h"

struct coil__redis_target {
    char *host; /* NULL: `path` */
    char *path;
    uint16_t port;
    bool is_secure;
    struct coil_tls_context *tls;
    coil_time connect_limit;
    size_t max_reply;
    /*
     * The commands that begin a connection: AUTH and SELECT, if they are needed,
     * CLIENT SETNAME, if there is a name, and PING.
     */
    struct coil_buffer hello;
    unsigned needed;
    bool has_name;
};

/* Zeroed memory.  0, or an error of coil_redis_open(), with nothing to free. */
int coil__redis_target_init(struct coil__redis_target *target, const char *url,
                            const struct coil_redis_options *options);
void coil__redis_target_fini(struct coil__redis_target *target);

#endif
