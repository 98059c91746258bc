/* SPDX-License-Identifier: MIT */
/*
 * parser.c - hiredis's reader, kept from what it does not expect
 *
 * The reader looks for the end of a line from its beginning each time, so a line
 * that does not end would take quadratic time.  It keeps what it cannot use yet,
 * however much that is, and hiredis before 1.0 ends the process if it finds no
 * memory for that.  So these are looked at here first.
 */
#include "redis/parser.h"

#include <stdlib.h>
#include <string.h>

#include <coil/error.h>

#include "base/memory.h"
#include "redis/hiredis.h"

/* No line is longer: a status, an error, a number, the size of a string. */
enum { LINE_MAX_SIZE = 64 * 1024 };

/* ---- what the reader calls ------------------------------------------------ */

static void *make(const redisReadTask *task, enum coil_redis_type type,
                  const char *text, size_t size)
{
    struct coil__redis_making *making = task->privdata;
    const redisReadTask *parent = task->parent;

    return coil__redis_reply_make(making, parent ? parent->obj : NULL,
                                  parent ? (size_t)parent->elements : 0, type,
                                  text, size);
}

/* RESP3, which was not asked for. */
static void *refuse(const redisReadTask *task)
{
    struct coil__redis_making *making = task->privdata;

    making->error = COIL_EREDIS_MALFORMED;
    return NULL;
}

static void *make_string(const redisReadTask *task, char *text, size_t size)
{
    switch (task->type) {
    case REDIS_REPLY_STATUS:
        return make(task, COIL_REDIS_STATUS, text, size);
    case REDIS_REPLY_ERROR:
        return make(task, COIL_REDIS_ERROR, text, size);
    case REDIS_REPLY_STRING:
        return make(task, COIL_REDIS_STRING, text, size);
    default:
        return refuse(task);
    }
}

static void *make_array(const redisReadTask *task, coil__hiredis_count count)
{
    (void)count;
    if (task->type != REDIS_REPLY_ARRAY)
        return refuse(task);
    return make(task, COIL_REDIS_ARRAY, NULL, 0);
}

static void *make_integer(const redisReadTask *task, long long value)
{
    struct coil_redis_reply *reply = make(task, COIL_REDIS_INTEGER, NULL, 0);

    if (reply)
        reply->integer = value;
    return reply;
}

static void *make_nil(const redisReadTask *task)
{
    return make(task, COIL_REDIS_NIL, NULL, 0);
}

static void free_reply(void *reply)
{
    coil_redis_reply_free(reply);
}

#if HIREDIS_MAJOR >= 1
static void *make_double(const redisReadTask *task, double value, char *text,
                         size_t size)
{
    (void)value;
    (void)text;
    (void)size;
    return refuse(task);
}

static void *make_bool(const redisReadTask *task, int value)
{
    (void)value;
    return refuse(task);
}
#endif

static redisReplyObjectFunctions functions = {
    .createString = make_string,
    .createArray = make_array,
    .createInteger = make_integer,
    .createNil = make_nil,
    .freeObject = free_reply,
#if HIREDIS_MAJOR >= 1
    .createDouble = make_double,
    .createBool = make_bool,
#endif
};

/* ---- memory --------------------------------------------------------------- */

/* Whether there are `size` bytes for the reader to allocate. */
static bool has_memory(size_t size)
{
    void *memory = coil__alloc_fails() ? NULL : malloc(size);

    free(memory);
    return memory;
}

/* The reader doubles its buffer, and later on adds a mebibyte. */
static bool has_room(const redisReader *reader, size_t size)
{
    return reader->buf && sdsavail(reader->buf) >= size
               ? true
               : has_memory(2 * (reader->len + size) + 1024);
}

/* ---- a parser ------------------------------------------------------------- */

int coil__redis_parser_init(struct coil__redis_parser *parser, size_t most)
{
    *parser = (struct coil__redis_parser){ .making = { .most = most } };
    if (!has_memory(sizeof(redisReader) + 1024))
        return -ENOMEM;
    parser->reader = redisReaderCreateWithFunctions(&functions);
    if (!parser->reader)
        return -ENOMEM;
    parser->reader->privdata = &parser->making;
    return 0;
}

void coil__redis_parser_fini(struct coil__redis_parser *parser)
{
    if (parser->reader)
        redisReaderFree(parser->reader);
    parser->reader = NULL;
}

int coil__redis_parser_feed(struct coil__redis_parser *parser, const void *data,
                            size_t size)
{
    redisReader *reader = parser->reader;

    if (reader->len - reader->pos > parser->making.most)
        return COIL_EREDIS_TOO_LARGE;
    if (!has_room(reader, size) ||
        redisReaderFeed(reader, data, size) != REDIS_OK)
        return -ENOMEM;
    return 0;
}

/* Whether a line has begun that is longer than any. */
static bool is_endless(const redisReader *reader)
{
    return reader->len - reader->pos > LINE_MAX_SIZE &&
           !memmem(reader->buf + reader->pos, LINE_MAX_SIZE, "\r\n", 2);
}

int coil__redis_parser_next(struct coil__redis_parser *parser,
                            struct coil_redis_reply **reply)
{
    void *made = NULL;

    *reply = NULL;
    if (redisReaderGetReply(parser->reader, &made) != REDIS_OK) {
        if (parser->reader->err == REDIS_ERR_OOM)
            return parser->making.error ? parser->making.error : -ENOMEM;
        return COIL_EREDIS_MALFORMED;
    }
    *reply = made;
    if (made)
        parser->making.used = 0;
    else if (is_endless(parser->reader))
        return COIL_EREDIS_MALFORMED;
    return 0;
}
