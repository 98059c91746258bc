/* SPDX-License-Identifier: MIT */
/*
 * redis/redis_block.h - the connections of commands that wait
 */
#ifndef COIL_REDIS_REDIS_BLOCK_H
#define COIL_REDIS_REDIS_BLOCK_H

struct coil_redis;

/* The client is being closed: close those that are idle, and break the others. */
void coil__redis_block_stop(struct coil_redis *redis);

#endif
