/* SPDX-License-Identifier: MIT */
/*
 * redis/parser.h - replies from bytes, by hiredis's reader
 */
#ifndef COIL_REDIS_PARSER_H
#define COIL_REDIS_PARSER_H

#include "redis/redis_reply.h"

struct redisReader;

struct coil__redis_parser {
    struct redisReader *reader;
    struct coil__redis_making making;
};

/* `most`: how much memory a reply may take.  0, or -ENOMEM. */
int coil__redis_parser_init(struct coil__redis_parser *parser, size_t most);
void coil__redis_parser_fini(struct coil__redis_parser *parser);

/* Take `size` bytes in.  0; -ENOMEM; COIL_EREDIS_TOO_LARGE. */
int coil__redis_parser_feed(struct coil__redis_parser *parser, const void *data,
                            size_t size);

/*
 * The next reply of what was taken in, which is returned; NULL: more must come.
 * 0, or -ENOMEM, COIL_EREDIS_MALFORMED or COIL_EREDIS_TOO_LARGE, after which the
 * parser is of no use.
 */
int coil__redis_parser_next(struct coil__redis_parser *parser,
                            struct coil_redis_reply **reply);

#endif
