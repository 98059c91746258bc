/* SPDX-License-Identifier: MIT */
#include "redis/wire.h"

#include <coil/connect.h>
#include <coil/error.h>
#include <coil/stream.h>
#include <coil/timeout.h>
#include <coil/unix.h>

#include "redis/secure.h"

/* The parser is fed by so much: what it has used up it moves away each time. */
enum { MOUTHFUL = 16 * 1024 };

/* ---- replies -------------------------------------------------------------- */

/* Wait for bytes, and feed some of them to the parser. */
static int feed(struct coil__redis_wire *wire)
{
    const void *data;
    ptrdiff_t n = coil_stream_peek(wire->stream, &data);
    size_t size;
    int rc;

    if (n <= 0)
        return n < 0 ? (int)n : -EPIPE;
    wire->has_heard = true;
    size = n < MOUTHFUL ? (size_t)n : MOUTHFUL;
    rc = coil__redis_parser_feed(&wire->parser, data, size);
    coil_stream_consume(wire->stream, size);
    return rc;
}

int coil__redis_wire_receive(struct coil__redis_wire *wire,
                             struct coil_redis_reply **reply)
{
    int rc;

    *reply = NULL;
    do {
        if (!wire->stream)
            return -EBADF;
        rc = coil__redis_parser_next(&wire->parser, reply);
        if (rc == 0 && !*reply)
            rc = feed(wire);
    } while (rc == 0 && !*reply);
    return rc;
}

/* ---- the beginning -------------------------------------------------------- */

static int dial(struct coil__redis_wire *wire,
                const struct coil__redis_target *target)
{
    const struct coil_tcp_connect_options options = {
        .tcp = { .keep_alive = COIL_MINUTE,
                 .keep_alive_interval = 10 * COIL_SECOND,
                 .keep_alive_probes = 6 },
    };
    int rc;

    if (target->path)
        return coil_unix_connect(&wire->stream, target->path, NULL);
    rc = coil_tcp_connect_with(&wire->stream, target->host, target->port,
                               &options);
    if (rc == 0 && target->is_secure)
        rc = coil__redis_secure(wire->stream, target->host, target->port,
                                target->tls);
    return rc;
}

/* What a server may say to one of the commands that begin a connection. */
enum mercy { NONE, NO_RIGHT, ANY_ERROR };

static int expect(struct coil__redis_wire *wire, enum mercy mercy)
{
    struct coil_redis_reply *reply;
    int rc = coil__redis_wire_receive(wire, &reply);
    int error = rc < 0 ? rc : reply->error;

    coil_redis_reply_free(reply);
    if (rc < 0)
        return rc;
    /* A user may have no right to set a name, or even to say PING. */
    if ((error == COIL_EREDIS_NOPERM && mercy >= NO_RIGHT) ||
        (error == COIL_EREDIS && mercy == ANY_ERROR))
        return 0;
    return error;
}

static int greet(struct coil__redis_wire *wire,
                 const struct coil__redis_target *target)
{
    int rc = coil_stream_write(wire->stream, coil__buffer_bytes(&target->hello),
                               target->hello.size);

    for (unsigned i = 0; rc == 0 && i < target->needed; i++)
        rc = expect(wire, NONE);
    if (rc == 0 && target->has_name)
        rc = expect(wire, ANY_ERROR);
    return rc < 0 ? rc : expect(wire, NO_RIGHT);
}

static int begin(struct coil__redis_wire *wire,
                 const struct coil__redis_target *target)
{
    int rc = dial(wire, target);

    if (rc == 0)
        rc = coil__redis_parser_init(&wire->parser, target->max_reply);
    return rc < 0 ? rc : greet(wire, target);
}

int coil__redis_wire_open(struct coil__redis_wire *wire,
                          const struct coil__redis_target *target)
{
    struct coil_timeout limit;
    int rc;

    *wire = (struct coil__redis_wire){ .stream = NULL };
    rc = coil_timeout_begin(&limit, target->connect_limit);
    if (rc < 0)
        return rc;
    rc = coil_timeout_end(&limit, begin(wire, target));
    if (rc < 0)
        coil__redis_wire_close(wire);
    return rc;
}

/* ---- the end -------------------------------------------------------------- */

void coil__redis_wire_break(struct coil__redis_wire *wire)
{
    coil_stream_abort(wire->stream);
    wire->stream = NULL;
}

void coil__redis_wire_close(struct coil__redis_wire *wire)
{
    coil__redis_wire_break(wire);
    coil__redis_parser_fini(&wire->parser);
}
