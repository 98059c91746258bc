/* SPDX-License-Identifier: MIT */
/*
 * redis_eval.c - scripts, by the name that the server gives them
 *
 * The name is the SHA-1 of the source.  The server is asked for it once, by SCRIPT
 * LOAD.
 */
#include <string.h>

#include <coil/error.h>
#include <coil/redis.h>
#include <coil/sleep.h>

#include "base/buffer.h"
#include "redis/client.h"
#include "redis/words.h"

static int load(struct coil_redis *redis, struct coil_redis_reply **reply,
                struct coil_redis_script *script)
{
    const char *const argv[] = { "SCRIPT", "LOAD", script->source };
    int rc =
        coil_redis_command_argv(redis, reply, COIL_REDIS_AGAIN, 3, argv, NULL);

    if (rc < 0)
        return rc;
    if ((*reply)->size != sizeof script->sha - 1)
        rc = COIL_EREDIS_MALFORMED;
    else
        memcpy(script->sha, (*reply)->text, sizeof script->sha);
    coil_redis_reply_free(*reply);
    *reply = NULL;
    return rc;
}

/* "EVALSHA name" or "EVAL source", and the words. */
static int run(struct coil_redis *redis, struct coil_redis_reply **reply,
               unsigned flags, const char *verb, const char *script,
               const struct coil__redis_words *words)
{
    const char *const head[] = { verb, script };
    struct coil_buffer whole = { .data = NULL };
    struct coil__redis_call call = { .replies = 1,
                                     .may_repeat = flags & COIL_REDIS_AGAIN };
    int rc = coil__redis_put(&whole, head, 2, words);

    call.bytes = coil__buffer_bytes(&whole);
    call.size = whole.size;
    if (rc == 0)
        rc = coil__redis_call(redis, &call);
    coil__buffer_fini(&whole);
    *reply = call.reply;
    return rc < 0 ? rc : call.reply->error;
}

/* `words` are freed; `rc`: of making them. */
static int eval(struct coil_redis *redis, struct coil_redis_reply **reply,
                unsigned flags, struct coil_redis_script *script,
                struct coil__redis_words *words, int rc)
{
    struct coil_redis_reply *got = NULL;
    int entry = coil_checkpoint();

    redis->references++; /* it may be closed between two commands */
    if (entry < 0)
        rc = entry;
    if (rc == 0 && !script->sha[0])
        rc = load(redis, &got, script);
    if (rc == 0)
        rc = run(redis, &got, flags, "EVALSHA", script->sha, words);
    if (rc == COIL_EREDIS_NOSCRIPT) {
        coil_redis_reply_free(got);
        rc = run(redis, &got, flags, "EVAL", script->source, words);
    }
    coil__redis_words_free(words);
    coil__redis_release(redis);
    coil__redis_reply_return(reply, got);
    return rc;
}

int coil_redis_eval(struct coil_redis *redis, struct coil_redis_reply **reply,
                    unsigned flags, struct coil_redis_script *script,
                    const char *format, ...)
{
    struct coil__redis_words words;
    va_list ap;
    int rc;

    va_start(ap, format);
    rc = coil__redis_format(&words, format, ap);
    va_end(ap);
    return eval(redis, reply, flags, script, &words, rc);
}

int coil_redis_eval_argv(struct coil_redis *redis,
                         struct coil_redis_reply **reply, unsigned flags,
                         struct coil_redis_script *script, int argc,
                         const char *const *argv, const size_t *sizes)
{
    struct coil__redis_words words;
    int rc = coil__redis_format_argv(&words, argc, argv, sizes);

    return eval(redis, reply, flags, script, &words, rc);
}
