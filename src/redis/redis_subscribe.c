/* SPDX-License-Identifier: MIT */
/*
 * redis_subscribe.c - publish/subscribe, on a connection of its own
 *
 * There is no task behind a subscription: who waits for a message reads it.
 * Messages of one channel may come before another one is confirmed; they are kept
 * until they are asked for.
 */
#include <string.h>

#include <coil/error.h>
#include <coil/loop.h>
#include <coil/redis.h>
#include <coil/sleep.h>
#include <coil/stream.h>
#include <coil/task.h>
#include <coil/timeout.h>

#include "base/list.h"
#include "base/memory.h"
#include "redis/client.h"
#include "redis/words.h"

/* A message that came before it was asked for. */
struct early {
    struct coil_link link; /* first */
    struct coil_redis_reply *reply;
};

struct coil_redis_subscription {
    struct coil_redis *redis; /* for its target and its limits */
    struct coil_buffer hello; /* SUBSCRIBE and PSUBSCRIBE */
    size_t topics;
    struct coil__redis_wire wire;
    struct coil__redis_backoff backoff;
    struct coil_list early;
    bool is_up;
    bool has_failed; /* the next attempt is after a pause */
    bool is_waited_for;
};

/* ---- what comes ----------------------------------------------------------- */

static bool begins_with(const struct coil_redis_reply *push, const char *word,
                        size_t count)
{
    return push->type == COIL_REDIS_ARRAY && push->count >= count &&
           coil_redis_reply_is(push->elements[0], word);
}

static bool is_text(const struct coil_redis_reply *reply)
{
    return reply->type == COIL_REDIS_STRING;
}

/* Whether it is a message; then `*m` shows it. */
static bool is_message(struct coil_redis_reply *push,
                       struct coil_redis_message *m)
{
    bool has_pattern = begins_with(push, "pmessage", 4);
    size_t first = has_pattern ? 2 : 1;

    if (!has_pattern && !begins_with(push, "message", 3))
        return false;
    for (size_t i = 1; i < first + 2; i++)
        if (!is_text(push->elements[i]))
            return false;
    *m = (struct coil_redis_message){
        .channel = push->elements[first]->text,
        .pattern = has_pattern ? push->elements[1]->text : NULL,
        .text = push->elements[first + 1]->text,
        .size = push->elements[first + 1]->size,
        .reply = push,
    };
    return true;
}

static bool is_confirmation(const struct coil_redis_reply *push)
{
    return begins_with(push, "subscribe", 3) ||
           begins_with(push, "psubscribe", 3);
}

/* The next thing that comes within `silence`, or after a PING. */
static int receive(struct coil_redis_subscription *s,
                   struct coil_redis_reply **push)
{
    static const char ping[] = "*1\r\n$4\r\nPING\r\n";
    struct coil_timeout limit;
    bool was_asked = false;
    int rc;

    for (;;) {
        rc = coil_timeout_begin(&limit, s->redis->silence);
        if (rc < 0)
            return rc;
        rc = coil_timeout_end(&limit, coil__redis_wire_receive(&s->wire, push));
        if (rc != -ETIMEDOUT || !coil_timeout_expired(&limit) || was_asked)
            return rc;
        was_asked = true;
        rc = coil_stream_write(s->wire.stream, ping, sizeof ping - 1);
        if (rc < 0)
            return rc;
    }
}

static int receive_sound(struct coil_redis_subscription *s,
                         struct coil_redis_reply **push)
{
    int rc = receive(s, push);

    if (rc == 0 && (*push)->type == COIL_REDIS_ERROR) {
        rc = (*push)->error;
        coil_redis_reply_free(*push);
        *push = NULL;
    }
    return rc;
}

/* ---- the beginning -------------------------------------------------------- */

static int keep(struct coil_redis_subscription *s,
                struct coil_redis_reply *reply)
{
    struct early *early = coil__alloc(sizeof *early);

    if (!early) {
        coil_redis_reply_free(reply);
        return -ENOMEM;
    }
    early->reply = reply;
    coil__list_append(&s->early, &early->link);
    return 0;
}

static void drop_early(struct coil_redis_subscription *s)
{
    struct coil_link *link;

    while ((link = coil__list_pop(&s->early))) {
        struct early *early = (struct early *)(void *)link;

        coil_redis_reply_free(early->reply);
        coil__free(early);
    }
}

/* Wait until the server has confirmed all topics. */
static int await_confirmations(struct coil_redis_subscription *s)
{
    struct coil_redis_message m;
    struct coil_redis_reply *push;
    size_t confirmed = 0;
    int rc = 0;

    while (rc == 0 && confirmed < s->topics) {
        rc = receive_sound(s, &push);
        if (rc < 0)
            break;
        if (is_message(push, &m)) {
            rc = keep(s, push);
            continue;
        }
        confirmed += is_confirmation(push);
        coil_redis_reply_free(push);
    }
    return rc;
}

/* Connect and subscribe; after a failure nothing is open. */
static int open_wire(struct coil_redis_subscription *s)
{
    int rc = 0;

    if (s->has_failed)
        rc = coil_sleep(coil__redis_backoff_next(&s->backoff));
    if (rc < 0)
        return rc;
    s->has_failed = true;
    rc = coil__redis_wire_open(&s->wire, &s->redis->target);
    if (rc < 0)
        return rc;
    rc = coil_stream_write(s->wire.stream, coil__buffer_bytes(&s->hello),
                           s->hello.size);
    if (rc == 0)
        rc = await_confirmations(s);
    if (rc < 0) {
        coil__redis_wire_close(&s->wire);
        drop_early(s);
        return rc;
    }
    s->backoff.attempts = 0;
    s->is_up = true;
    return 0;
}

static int put_topics(struct coil_redis_subscription *s, const char *verb,
                      const char *const *names)
{
    struct coil__redis_words words;
    int count = 0;
    int rc;

    while (names && names[count])
        count++;
    if (count == 0)
        return 0;
    s->topics += (size_t)count;
    rc = coil__redis_format_argv(&words, count, names, NULL);
    if (rc == 0)
        rc = coil__redis_put(&s->hello, &verb, 1, &words);
    coil__redis_words_free(&words);
    return rc;
}

static int init(struct coil_redis_subscription *s, struct coil_redis *redis,
                const struct coil_redis_topics *topics)
{
    int rc = put_topics(s, "SUBSCRIBE", topics->channels);

    s->redis = redis;
    s->backoff = redis->backoff;
    s->backoff.attempts = 0;
    redis->references++;
    if (rc == 0)
        rc = put_topics(s, "PSUBSCRIBE", topics->patterns);
    return rc == 0 && s->topics == 0 ? -EINVAL : rc;
}

int coil_redis_subscribe(struct coil_redis_subscription **out,
                         struct coil_redis *redis,
                         const struct coil_redis_topics *topics)
{
    struct coil_redis_subscription *s;
    int rc = coil_checkpoint();

    *out = NULL;
    if (rc < 0)
        return rc;
    if (!coil_current_task() || coil_loop_current() != redis->loop)
        return -ENOTSUP;
    if (redis->is_closing)
        return -EPIPE;
    s = coil__alloc(sizeof *s);
    if (!s)
        return -ENOMEM;
    rc = init(s, redis, topics);
    if (rc == 0)
        rc = open_wire(s);
    if (rc < 0) {
        coil_redis_unsubscribe(s);
        return rc;
    }
    *out = s;
    return 0;
}

/* ---- messages ------------------------------------------------------------- */

static bool take_early(struct coil_redis_subscription *s,
                       struct coil_redis_message *message)
{
    struct early *early = (struct early *)(void *)coil__list_pop(&s->early);

    if (!early)
        return false;
    (void)is_message(early->reply, message);
    coil__free(early);
    return true;
}

/* Read on to the next message. */
static int read_message(struct coil_redis_subscription *s,
                        struct coil_redis_message *message)
{
    struct coil_redis_reply *push;
    int rc;

    for (;;) {
        rc = receive_sound(s, &push);
        if (rc < 0 || is_message(push, message))
            return rc;
        coil_redis_reply_free(push);
    }
}

static int next(struct coil_redis_subscription *s,
                struct coil_redis_message *message)
{
    int rc = s->is_up ? 0 : open_wire(s);

    if (rc < 0)
        return rc;
    if (take_early(s, message))
        return 0;
    rc = read_message(s, message);
    if (rc < 0 && rc != -ECANCELED) {
        coil__redis_wire_close(&s->wire);
        s->is_up = false;
    }
    return rc;
}

int coil_redis_subscription_next(struct coil_redis_subscription *subscription,
                                 struct coil_redis_message *message)
{
    int rc = coil_checkpoint();

    *message = (struct coil_redis_message){ .channel = NULL };
    if (rc < 0)
        return rc;
    if (subscription->is_waited_for)
        return -EBUSY;
    subscription->is_waited_for = true;
    rc = next(subscription, message);
    subscription->is_waited_for = false;
    return rc;
}

void coil_redis_unsubscribe(struct coil_redis_subscription *subscription)
{
    if (!subscription)
        return;
    coil__redis_wire_close(&subscription->wire);
    drop_early(subscription);
    coil__buffer_fini(&subscription->hello);
    coil__redis_release(subscription->redis);
    coil__free(subscription);
}
