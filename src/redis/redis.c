/* SPDX-License-Identifier: MIT */
#include <coil/redis.h>

#include <coil/cancel.h>
#include <coil/error.h>
#include <coil/loop.h>
#include <coil/sleep.h>
#include <coil/task.h>

#include "base/memory.h"
#include "redis/client.h"
#include "redis/errors.h"
#include "redis/redis_block.h"
#include "redis/secure.h"
#include "redis/words.h"

/* ---- open and close ------------------------------------------------------- */

static int start(struct coil_redis *redis)
{
    const struct coil_task_options driver = { .name = "redis" };
    const struct coil_task_options writer = { .name = "redis-writer" };
    int rc = coil_task_create_with(&redis->driver, coil__redis_drive, redis,
                                   &driver);

    if (rc == 0)
        rc = coil_task_create_with(&redis->writer, coil__redis_write, redis,
                                   &writer);
    return rc;
}

static int init(struct coil_redis *redis, const char *url,
                const struct coil_redis_options *options)
{
    int rc = coil__redis_backoff_init(&redis->backoff, options);

    if (rc == 0 && (options->patience < 0 || options->silence < 0))
        rc = -EINVAL;
    if (rc == 0)
        rc = coil__redis_target_init(&redis->target, url, options);
    if (rc == 0 && redis->target.is_secure)
        rc = coil__redis_secure_check();
    redis->patience = options->patience ? options->patience : 10 * COIL_SECOND;
    redis->silence = options->silence ? options->silence : 15 * COIL_SECOND;
    redis->loop = coil_loop_current();
    redis->references = 1;
    return rc < 0 ? rc : start(redis);
}

/* Wait until the first connection is there. */
static int await_connection(struct coil_redis *redis)
{
    struct coil__redis_call call = { .is_opening = true };

    return coil__redis_call(redis, &call);
}

int coil_redis_open(struct coil_redis **out, const char *url,
                    const struct coil_redis_options *options)
{
    static const struct coil_redis_options none = { .name = NULL };
    struct coil_redis *redis;
    int rc = coil_checkpoint();

    *out = NULL;
    if (rc < 0)
        return rc;
    if (!coil_current_task() || !coil_loop_current())
        return -ENOTSUP;
    redis = coil__alloc(sizeof *redis);
    if (!redis)
        return -ENOMEM;
    options = options ? options : &none;
    rc = init(redis, url, options);
    if (rc == 0 && !options->lazy)
        rc = await_connection(redis);
    if (rc == 0) {
        *out = redis;
        return 0;
    }
    if (coil_redis_close(redis) == -ECANCELED)
        rc = -ECANCELED;
    return rc;
}

/* Wait for the end of a task that has been cancelled. */
static void await_end(struct coil_task *task)
{
    while (task && !coil_task_is_done(task))
        (void)!coil_task_await(task);
    coil_task_release(task);
}

int coil_redis_close(struct coil_redis *redis)
{
    struct coil_cancel_mark mark;
    int rc;

    if (!redis)
        return coil_checkpoint();
    coil__redis_stop(redis);
    coil__redis_block_stop(redis);
    if (redis->driver)
        coil_task_cancel(redis->driver);
    if (redis->writer)
        coil_task_cancel(redis->writer);
    rc = coil_checkpoint();
    coil_cancel_mark(&mark);
    await_end(redis->driver);
    await_end(redis->writer);
    /* What was told meanwhile was told by the way. */
    coil_cancel_put_back(&mark);
    coil__redis_release(redis);
    return rc < 0 ? rc : coil_checkpoint();
}

uint64_t coil_redis_connections(const struct coil_redis *redis)
{
    return redis->connections;
}

bool coil_redis_is_connected(const struct coil_redis *redis)
{
    return redis->is_up;
}

/* ---- commands ------------------------------------------------------------- */

/* Send one command, whose memory is freed; `rc`: of making it. */
static int send_words(struct coil_redis *redis, struct coil_redis_reply **reply,
                      unsigned flags, struct coil__redis_words *words, int rc)
{
    struct coil__redis_call call = {
        .bytes = words->bytes,
        .size = words->size,
        .replies = 1,
        .may_repeat = flags & COIL_REDIS_AGAIN,
    };
    int entry = coil_checkpoint();

    if (entry < 0)
        rc = entry;
    if (rc == 0)
        rc = coil__redis_check(words, COIL__REDIS_SHARED);
    if (rc == 0)
        rc = coil__redis_call(redis, &call);
    coil__redis_words_free(words);
    if (rc == 0)
        rc = call.reply->error;
    coil__redis_reply_return(reply, call.reply);
    return rc;
}

int coil_redis_vcommand(struct coil_redis *redis,
                        struct coil_redis_reply **reply, unsigned flags,
                        const char *format, va_list ap)
{
    struct coil__redis_words words;
    int rc = coil__redis_format(&words, format, ap);

    return send_words(redis, reply, flags, &words, rc);
}

int coil_redis_command(struct coil_redis *redis,
                       struct coil_redis_reply **reply, const char *format, ...)
{
    va_list ap;
    int rc;

    va_start(ap, format);
    rc = coil_redis_vcommand(redis, reply, COIL_REDIS_ONCE, format, ap);
    va_end(ap);
    return rc;
}

int coil_redis_command_again(struct coil_redis *redis,
                             struct coil_redis_reply **reply,
                             const char *format, ...)
{
    va_list ap;
    int rc;

    va_start(ap, format);
    rc = coil_redis_vcommand(redis, reply, COIL_REDIS_AGAIN, format, ap);
    va_end(ap);
    return rc;
}

int coil_redis_command_argv(struct coil_redis *redis,
                            struct coil_redis_reply **reply, unsigned flags,
                            int argc, const char *const *argv,
                            const size_t *sizes)
{
    struct coil__redis_words words;
    int rc = coil__redis_format_argv(&words, argc, argv, sizes);

    return send_words(redis, reply, flags, &words, rc);
}
