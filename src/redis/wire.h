/* SPDX-License-Identifier: MIT */
/*
 * redis/wire.h - one connection to a server
 */
#ifndef COIL_REDIS_WIRE_H
#define COIL_REDIS_WIRE_H

#include "redis/parser.h"
#include "redis/target.h"

struct coil_stream;

/* Zeroed, it is closed. */
struct coil__redis_wire {
    struct coil_stream *stream; /* NULL: closed */
    struct coil__redis_parser parser;
    bool has_heard; /* set when something came */
};

/*
 * Connect, and tell the server who we are, within target->connect_limit.  0, or
 * an error of coil_redis_open(), and the wire is closed.
 */
int coil__redis_wire_open(struct coil__redis_wire *wire,
                          const struct coil__redis_target *target)
    COIL_SUSPENDS;

/*
 * The next reply, which is returned.  0; -ECANCELED, with nothing lost; else the
 * wire is to be closed: -EPIPE: the server has closed it; an error of reading or
 * of the parser; -EBADF: another task has broken it.
 */
int coil__redis_wire_receive(struct coil__redis_wire *wire,
                             struct coil_redis_reply **reply) COIL_SUSPENDS;

/* Close the stream, so that whoever receives gets -EBADF. */
void coil__redis_wire_break(struct coil__redis_wire *wire);

/* Nobody receives.  What is unsent is lost. */
void coil__redis_wire_close(struct coil__redis_wire *wire);

#endif
