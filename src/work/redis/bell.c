/* SPDX-License-Identifier: MIT */
/*
 * bell.c - a message says that there may be a job
 *
 * A claim that gives fewer jobs than were asked for marks the queue as idle; who puts
 * a job there, or makes one ready, takes the mark away and rings.  Nothing is heard
 * until there is a subscription, so a wait that has made one is over.  What is lost on
 * the way delays a job by MOST_WAIT at most.  A message that came before the last
 * claim wakes for nothing, once.
 */
#include "work/redis/bell.h"

#include <string.h>

#include <coil/error.h>
#include <coil/sleep.h>
#include <coil/timeout.h>

#include "base/memory.h"
#include "work/redis/engine.h"

#define MOST_WAIT (5 * COIL_SECOND)
/* If nothing can be heard. */
#define MOST_SLEEP COIL_SECOND

static coil_time least(coil_time a, coil_time b)
{
    return a < b ? a : b;
}

static int subscribe(struct coil__work_redis *e)
{
    static const char name[] = "bell";
    const char *channels[] = { NULL, NULL };
    size_t size = strlen(e->prefix);
    char *channel = coil__alloc(size + sizeof name);
    int rc;

    if (!channel)
        return -ENOMEM;
    memcpy(channel, e->prefix, size);
    memcpy(channel + size, name, sizeof name);
    channels[0] = channel;
    rc = coil_redis_subscribe(&e->bell, e->redis,
                              &(struct coil_redis_topics){ channels, NULL });
    coil__free(channel);
    return rc;
}

static int listen(struct coil__work_redis *e)
{
    struct coil_redis_message message;
    int rc;

    if (!e->bell)
        return subscribe(e);
    rc = coil_redis_subscription_next(e->bell, &message);
    coil_redis_reply_free(message.reply);
    return rc;
}

static int wait(struct coil__work_redis *e, coil_time limit)
{
    struct coil_timeout scope;
    int rc = coil_timeout_begin(&scope, least(limit, MOST_WAIT));

    if (rc < 0)
        return rc;
    rc = coil_timeout_end(&scope, listen(e));
    if (rc == -ETIMEDOUT && coil_timeout_expired(&scope))
        return 0;
    if (rc == 0 || rc == -ECANCELED)
        return rc;
    /* The connection is broken, or the user has no right to listen. */
    coil_redis_unsubscribe(e->bell);
    e->bell = NULL;
    return coil_sleep(least(limit, MOST_SLEEP));
}

int coil__work_redis_wait(struct coil__work_engine *base, coil_time limit)
{
    struct coil__work_redis *e = coil__work_redis_of(base);

    return wait(e, limit);
}
