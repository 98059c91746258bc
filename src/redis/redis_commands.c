/* SPDX-License-Identifier: MIT */
/*
 * redis_commands.c - commands that are sent in one piece
 */
#include <coil/error.h>
#include <coil/redis.h>
#include <coil/sleep.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "redis/client.h"
#include "redis/words.h"

/* ---- the list ------------------------------------------------------------- */

static int append(struct coil_redis_commands *c, const char *bytes, size_t size)
{
    struct coil_buffer buffer = { .data = c->bytes,
                                  .size = c->size,
                                  .capacity = c->capacity };
    int rc = coil__buffer_append(&buffer, bytes, size);

    c->bytes = buffer.data;
    c->capacity = buffer.capacity;
    if (rc < 0)
        return rc;
    c->size = buffer.size;
    c->count++;
    return 0;
}

/* `words` are freed; `rc`: of making them. */
static int add(struct coil_redis_commands *commands,
               struct coil__redis_words *words, int rc)
{
    if (rc == 0)
        rc = coil__redis_check(words, COIL__REDIS_SHARED);
    if (rc == 0)
        rc = append(commands, words->bytes, words->size);
    coil__redis_words_free(words);
    if (rc < 0 && commands->error == 0)
        commands->error = rc;
    return rc;
}

int coil_redis_add(struct coil_redis_commands *commands, const char *format,
                   ...)
{
    struct coil__redis_words words;
    va_list ap;
    int rc;

    va_start(ap, format);
    rc = coil__redis_format(&words, format, ap);
    va_end(ap);
    return add(commands, &words, rc);
}

int coil_redis_add_argv(struct coil_redis_commands *commands, int argc,
                        const char *const *argv, const size_t *sizes)
{
    struct coil__redis_words words;
    int rc = coil__redis_format_argv(&words, argc, argv, sizes);

    return add(commands, &words, rc);
}

void coil_redis_commands_fini(struct coil_redis_commands *commands)
{
    coil__free(commands->bytes);
    *commands = (struct coil_redis_commands)COIL_REDIS_COMMANDS_INIT;
}

/* ---- sending it ----------------------------------------------------------- */

/* Send `count` commands; `*array` is returned. */
static int send_all(struct coil_redis *redis, struct coil_redis_reply **array,
                    unsigned flags, const void *bytes, size_t size,
                    size_t count)
{
    struct coil__redis_call call = {
        .bytes = bytes,
        .size = size,
        .replies = count,
        .may_repeat = flags & COIL_REDIS_AGAIN,
        .array = coil__redis_reply_array(count),
    };
    int rc;

    *array = NULL;
    if (!call.array)
        return -ENOMEM;
    rc = coil__redis_call(redis, &call);
    if (rc < 0)
        coil_redis_reply_free(call.array);
    else
        *array = call.array;
    return rc;
}

static int check(const struct coil_redis_commands *commands)
{
    int rc = coil_checkpoint();

    if (rc < 0 || commands->error < 0)
        return rc < 0 ? rc : commands->error;
    return commands->count == 0 ? -EINVAL : 0;
}

int coil_redis_pipeline(struct coil_redis *redis,
                        struct coil_redis_reply **reply, unsigned flags,
                        const struct coil_redis_commands *commands)
{
    struct coil_redis_reply *array = NULL;
    int rc = check(commands);

    if (rc == 0)
        rc = send_all(redis, &array, flags, commands->bytes, commands->size,
                      commands->count);
    coil__redis_reply_return(reply, array);
    return rc;
}

/* ---- transactions --------------------------------------------------------- */

static int wrap(struct coil_buffer *whole,
                const struct coil_redis_commands *commands)
{
    static const char begin[] = "*1\r\n$5\r\nMULTI\r\n";
    static const char exec[] = "*1\r\n$4\r\nEXEC\r\n";
    int rc = coil__buffer_append(whole, begin, sizeof begin - 1);

    if (rc == 0)
        rc = coil__buffer_append(whole, commands->bytes, commands->size);
    if (rc == 0)
        rc = coil__buffer_append(whole, exec, sizeof exec - 1);
    return rc;
}

/* Take the element out of the array. */
static struct coil_redis_reply *pick(struct coil_redis_reply *array, size_t i)
{
    struct coil_redis_reply *picked = array->elements[i];

    array->elements[i] = NULL;
    return picked;
}

/*
 * The result of what MULTI, the commands and EXEC were answered with.  EXEC says
 * only that there was an error, so the first one is returned.
 */
static int judge(struct coil_redis_reply *array, struct coil_redis_reply **out)
{
    size_t last = array->count - 1;
    const struct coil_redis_reply *exec = array->elements[last];
    int error = exec->error;

    if (exec->type == COIL_REDIS_ARRAY) {
        *out = pick(array, last);
        return 0;
    }
    for (size_t i = 0; i < array->count && !*out; i++)
        if (array->elements[i]->error)
            *out = pick(array, i);
    if (!*out)
        return exec->type == COIL_REDIS_NIL ? COIL_EREDIS_ABORTED
                                            : COIL_EREDIS_MALFORMED;
    /* MULTI itself was refused: why that is says more. */
    if (!array->elements[0])
        return (*out)->error;
    return error ? COIL_EREDIS_ABORTED : COIL_EREDIS_MALFORMED;
}

int coil_redis_transaction(struct coil_redis *redis,
                           struct coil_redis_reply **reply, unsigned flags,
                           const struct coil_redis_commands *commands)
{
    struct coil_buffer whole = { .data = NULL };
    struct coil_redis_reply *array = NULL;
    struct coil_redis_reply *result = NULL;
    int rc = check(commands);

    if (rc == 0)
        rc = wrap(&whole, commands);
    if (rc == 0)
        rc = send_all(redis, &array, flags, coil__buffer_bytes(&whole),
                      whole.size, commands->count + 2);
    coil__buffer_fini(&whole);
    if (rc == 0)
        rc = judge(array, &result);
    coil_redis_reply_free(array);
    coil__redis_reply_return(reply, result);
    return rc;
}
