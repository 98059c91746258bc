/* SPDX-License-Identifier: MIT */
#include "redis/redis_block.h"

#include <coil/cancel.h>
#include <coil/error.h>
#include <coil/loop.h>
#include <coil/redis.h>
#include <coil/sleep.h>
#include <coil/stream.h>
#include <coil/task.h>

#include "base/list.h"
#include "base/memory.h"
#include "redis/client.h"
#include "redis/words.h"

enum { IDLE_MAX = 4 };

/* One connection, which one call has at a time. */
struct coil__redis_lane {
    struct coil_link link; /* first; of the client's idle or busy ones */
    struct coil__redis_wire wire;
};

static struct coil__redis_lane *lane_of(struct coil_link *link)
{
    return (struct coil__redis_lane *)(void *)link;
}

static void free_lane(struct coil__redis_lane *lane)
{
    coil__redis_wire_close(&lane->wire);
    coil__free(lane);
}

/* An idle connection that still lives, which is busy now; or NULL. */
static struct coil__redis_lane *take_idle(struct coil_redis *redis)
{
    while (redis->idle.head) {
        struct coil__redis_lane *lane =
            lane_of(coil__list_take_first(&redis->idle));

        redis->idle_count--;
        if (!coil_stream_is_stale(lane->wire.stream)) {
            coil__list_append(&redis->busy, &lane->link);
            return lane;
        }
        free_lane(lane);
    }
    return NULL;
}

static int acquire(struct coil_redis *redis, struct coil__redis_lane **out)
{
    struct coil__redis_lane *lane = take_idle(redis);
    int rc = 0;

    *out = lane;
    if (lane)
        return 0;
    lane = coil__alloc(sizeof *lane);
    if (!lane)
        return -ENOMEM;
    rc = coil__redis_wire_open(&lane->wire, &redis->target);
    if (rc == 0 && redis->is_closing)
        rc = -EPIPE;
    if (rc < 0) {
        free_lane(lane);
        return rc;
    }
    coil__list_append(&redis->busy, &lane->link);
    *out = lane;
    return 0;
}

static void release(struct coil_redis *redis, struct coil__redis_lane *lane,
                    bool is_clean)
{
    coil__list_remove(&redis->busy, &lane->link);
    if (!is_clean || redis->is_closing || redis->idle_count == IDLE_MAX) {
        free_lane(lane);
        return;
    }
    coil__list_prepend(&redis->idle, &lane->link);
    redis->idle_count++;
}

/* Nothing has been sent before; returns as coil_redis_block(). */
static int talk(struct coil__redis_lane *lane, struct coil_redis_reply **reply,
                const struct coil__redis_words *words)
{
    struct coil_cancel_mark mark;
    int rc;

    coil_cancel_mark(&mark);
    rc = coil_stream_write(lane->wire.stream, words->bytes, words->size);
    if (rc == -ENOMEM)
        return rc;
    if (rc == 0)
        rc = coil__redis_wire_receive(&lane->wire, reply);
    if (rc == 0 || rc == COIL_EREDIS_TOO_LARGE || rc == COIL_EREDIS_MALFORMED)
        return rc;
    if (rc == -ECANCELED)
        coil_cancel_put_back(&mark);
    return COIL_EUNKNOWN;
}

static int block(struct coil_redis *redis, struct coil_redis_reply **reply,
                 const struct coil__redis_words *words)
{
    struct coil__redis_lane *lane;
    int rc;

    if (!coil_current_task() || coil_loop_current() != redis->loop)
        return -ENOTSUP;
    if (redis->is_closing)
        return -EPIPE;
    redis->references++;
    rc = acquire(redis, &lane);
    if (rc == 0) {
        rc = talk(lane, reply, words);
        release(redis, lane, rc == 0);
    }
    coil__redis_release(redis);
    return rc;
}

int coil_redis_block(struct coil_redis *redis, struct coil_redis_reply **reply,
                     const char *format, ...)
{
    struct coil__redis_words words;
    struct coil_redis_reply *got = NULL;
    va_list ap;
    int rc = coil_checkpoint();
    int made;

    va_start(ap, format);
    made = coil__redis_format(&words, format, ap);
    va_end(ap);
    if (rc == 0)
        rc = made;
    if (rc == 0)
        rc = coil__redis_check(&words, COIL__REDIS_BLOCKING);
    if (rc == 0)
        rc = block(redis, &got, &words);
    coil__redis_words_free(&words);
    if (rc == 0)
        rc = got->error;
    coil__redis_reply_return(reply, got);
    return rc;
}

void coil__redis_block_stop(struct coil_redis *redis)
{
    while (redis->idle.head) {
        redis->idle_count--;
        free_lane(lane_of(coil__list_take_first(&redis->idle)));
    }
    for (struct coil_link *l = redis->busy.head; l; l = l->next)
        coil__redis_wire_break(&lane_of(l)->wire);
}
