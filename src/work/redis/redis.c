/* SPDX-License-Identifier: MIT */
/*
 * redis.c - an engine whose jobs lie in a Redis
 */
#include "work/redis/redis.h"

#include <string.h>

#include <coil/error.h>
#include <coil/sleep.h>

#include "base/memory.h"
#include "work/redis/bell.h"
#include "work/redis/claim.h"
#include "work/redis/dead.h"
#include "work/redis/durable.h"
#include "work/redis/engine.h"
#include "work/redis/finish.h"
#include "work/redis/right.h"

/* ---- put, pause and stats ------------------------------------------------- */

static int put(struct coil__work_engine *base,
               const struct coil_work_item *items, size_t n, size_t *added)
{
    struct coil__work_redis *e = coil__work_redis_of(base);
    struct coil__work_words words = { .error = 0 };
    int64_t number = 0;
    int rc;

    *added = 0;
    if (n == 0)
        return coil_checkpoint();
    coil__work_redis_begin(e, &words);
    for (size_t i = 0; i < n; i++) {
        coil__work_words_add_number(&words,
                                    coil__work_redis_time(items[i].delay));
        coil__work_pack(&words, &items[i]);
    }
    rc = coil__work_redis_count(e, COIL__WORK_SCRIPT_PUT, &words, &number);
    *added = (size_t)number;
    return rc;
}

static int pause_group(struct coil__work_engine *base, const char *group,
                       coil_time duration)
{
    struct coil__work_redis *e = coil__work_redis_of(base);
    struct coil__work_words words = { .error = 0 };
    int64_t number;

    coil__work_redis_begin(e, &words);
    coil__work_words_add_text(&words, group ? group : "");
    coil__work_words_add_number(&words, coil__work_redis_time(duration));
    return coil__work_redis_count(e, COIL__WORK_SCRIPT_PAUSE, &words, &number);
}

static int read_stats(struct coil_work_stats *stats,
                      const struct coil_redis_reply *reply)
{
    uint64_t count[8];

    if (reply->count != 8)
        return COIL_EREDIS_MALFORMED;
    for (size_t i = 0; i < 8; i++)
        count[i] = (uint64_t)reply->elements[i]->integer;
    *stats = (struct coil_work_stats){
        .put = count[0],
        .done = count[1],
        .retried = count[2],
        .expired = count[3],
        .queued = count[4] - count[5] - count[6] - count[7],
        .delayed = count[5],
        .leased = count[6],
        .dead = count[7],
    };
    return 0;
}

static int get_stats(struct coil__work_engine *base,
                     struct coil_work_stats *stats)
{
    struct coil__work_redis *e = coil__work_redis_of(base);
    struct coil__work_words words = { .error = 0 };
    struct coil_redis_reply *reply;
    int rc;

    coil__work_redis_begin(e, &words);
    rc = coil__work_redis_run(e, COIL__WORK_SCRIPT_STATS, &words,
                              COIL_REDIS_ARRAY, &reply);
    if (rc == 0)
        rc = read_stats(stats, reply);
    coil_redis_reply_free(reply);
    return rc;
}

/* ---- open and close ------------------------------------------------------- */

static int close_engine(struct coil__work_engine *base)
{
    struct coil__work_redis *e = coil__work_redis_of(base);
    int rc = coil_redis_close(e->redis);

    coil_redis_unsubscribe(e->bell);
    coil__work_scripts_fini(&e->scripts);
    coil__free(e->prefix);
    coil__free(e->worker);
    coil__free(e);
    return rc;
}

static const struct coil__work_engine_ops ops = {
    .close = close_engine,
    .put = put,
    .claim = coil__work_redis_claim,
    .finish = coil__work_redis_finish,
    .renew = coil__work_redis_renew,
    .wait = coil__work_redis_wait,
    .acquire = coil__work_redis_acquire,
    .release = coil__work_redis_release,
    .renew_rights = coil__work_redis_renew_rights,
    .rate = coil__work_redis_rate,
    .pause = pause_group,
    .stats = get_stats,
    .list_dead = coil__work_redis_list_dead,
    .revive = coil__work_redis_revive,
};

/* The server shows its clients by names without spaces. */
static char *name_worker(const char *wanted)
{
    char *name = coil__strndup(wanted, strlen(wanted));

    for (char *at = name; at && *at; at++)
        if (*at < '!' || *at > '~')
            *at = '-';
    return name;
}

static int init(struct coil__work_redis *e,
                const struct coil_work_options *options)
{
    size_t size = strlen(options->name);

    e->base.ops = &ops;
    e->worker = name_worker(options->worker);
    e->prefix = coil__alloc(size + sizeof "{}:");
    if (!e->worker || !e->prefix)
        return -ENOMEM;
    e->prefix[0] = '{';
    memcpy(e->prefix + 1, options->name, size);
    memcpy(e->prefix + 1 + size, "}:", sizeof "}:");
    return coil__work_scripts_init(&e->scripts);
}

static int connect_client(struct coil__work_redis *e, const char *url,
                          const struct coil_work_options *options)
{
    struct coil_redis_options redis = { .name = NULL };
    int rc;

    if (options->redis)
        redis = *options->redis;
    if (!redis.name)
        redis.name = e->worker;
    rc = coil_redis_open(&e->redis, url, &redis);
    if (rc == 0 && !options->allow_volatile)
        rc = coil__work_redis_check_durable(e->redis);
    return rc;
}

int coil__work_redis_open(struct coil__work_engine **out, const char *url,
                          const struct coil_work_options *options)
{
    struct coil__work_redis *e;
    int rc = coil_checkpoint();

    *out = NULL;
    if (rc < 0)
        return rc;
    e = coil__alloc(sizeof *e);
    if (!e)
        return -ENOMEM;
    rc = init(e, options);
    if (rc == 0)
        rc = connect_client(e, url, options);
    if (rc == 0) {
        *out = &e->base;
        return 0;
    }
    if (close_engine(&e->base) == -ECANCELED)
        rc = -ECANCELED;
    return rc;
}
