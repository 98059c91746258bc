/* SPDX-License-Identifier: MIT */
#include "work/redis/engine.h"

#include <limits.h>
#include <string.h>

#include <coil/error.h>

#include "base/memory.h"
#include "base/platform.h"

#define MOST_TIME ((coil_time)1000 * 1000 * 1000 * 1000 * 1000)

enum { HEAD_SIZE = 6 };

struct coil__work_redis *coil__work_redis_of(struct coil__work_engine *base)
{
    return coil__container_of(base, struct coil__work_redis, base);
}

/* ---- scripts -------------------------------------------------------------- */

uint64_t coil__work_redis_time(coil_time duration)
{
    coil_time time = duration / COIL_MICROSECOND;

    if (duration <= 0)
        return 0;
    time += duration % COIL_MICROSECOND > 0;
    return (uint64_t)(time < MOST_TIME ? time : MOST_TIME);
}

void coil__work_redis_begin(const struct coil__work_redis *e,
                            struct coil__work_words *words)
{
    const struct coil__work_rules *rules = &e->base.rules;

    coil__work_words_add_text(words, "1");
    coil__work_words_add_text(words, e->prefix);
    coil__work_words_add_number(words, rules->group_limit);
    coil__work_words_add_number(
        words,
        rules->group_limit > 0 ? coil__work_redis_time(rules->group_delay) : 0);
    coil__work_words_add_number(words, rules->max_deliveries);
}

static int eval(struct coil__work_redis *e, enum coil__work_script which,
                const struct coil__work_words *words,
                struct coil_redis_reply **reply)
{
    const size_t *sizes = (void *)coil__buffer_bytes(&words->sizes);
    size_t count = coil__work_words_count(words);
    const char **list;
    int rc;

    if (words->error < 0)
        return words->error;
    if (count > INT_MAX)
        return -EMSGSIZE;
    list = coil__work_words_list(words);
    if (!list)
        return -ENOMEM;
    rc = coil_redis_eval_argv(e->redis, reply, COIL_REDIS_AGAIN,
                              &e->scripts.script[which], (int)count, list,
                              sizes);
    coil__free(list);
    return rc;
}

/* A server before Redis 7 says within its own words what a script has met. */
static bool is_full(int rc, const struct coil_redis_reply *reply)
{
    return rc == COIL_EREDIS_OOM ||
           (rc == COIL_EREDIS && reply && strstr(reply->text, "-OOM "));
}

int coil__work_redis_run(struct coil__work_redis *e,
                         enum coil__work_script which,
                         struct coil__work_words *words,
                         enum coil_redis_type type,
                         struct coil_redis_reply **reply)
{
    int rc;

    *reply = NULL;
    rc = eval(e, which, words, reply);
    coil__work_words_fini(words);
    if (is_full(rc, *reply))
        return -ENOSPC;
    if (rc == 0 && (*reply)->type != type)
        return COIL_EREDIS_MALFORMED;
    return rc;
}

int coil__work_redis_count(struct coil__work_redis *e,
                           enum coil__work_script which,
                           struct coil__work_words *words, int64_t *number)
{
    struct coil_redis_reply *reply;
    int rc = coil__work_redis_run(e, which, words, COIL_REDIS_INTEGER, &reply);

    if (rc == 0)
        *number = reply->integer;
    coil_redis_reply_free(reply);
    return rc;
}

int coil__work_redis_judge(struct coil__work_redis *e,
                           enum coil__work_script which,
                           struct coil__work_words *words, size_t n,
                           struct coil_redis_reply **reply)
{
    int rc = coil__work_redis_run(e, which, words, COIL_REDIS_STRING, reply);

    return rc == 0 && (*reply)->size != n ? COIL_EREDIS_MALFORMED : rc;
}

int coil__work_redis_result(const struct coil_redis_reply *reply, size_t i)
{
    return reply->text[i] == '1' ? 0 : -ESTALE;
}

/* ---- jobs ----------------------------------------------------------------- */

static void put_number(unsigned char *at, unsigned number)
{
    at[0] = (unsigned char)(number >> 8 & 0xff);
    at[1] = (unsigned char)(number & 0xff);
}

static unsigned get_number(const char *at)
{
    return (unsigned)(unsigned char)at[0] << 8 | (unsigned char)at[1];
}

void coil__work_pack(struct coil__work_words *words,
                     const struct coil_work_item *item)
{
    const char *group = item->group ? item->group : "";
    size_t group_size = strlen(group);
    size_t id_size = strlen(item->id);
    unsigned char head[HEAD_SIZE];

    put_number(head, (uint16_t)item->priority);
    put_number(head + 2, (unsigned)group_size);
    put_number(head + 4, (unsigned)id_size);
    coil__work_words_add(words, head, sizeof head);
    coil__work_words_extend(words, group, group_size);
    coil__work_words_extend(words, item->id, id_size);
    coil__work_words_extend(words, item->body, item->size);
}

int coil__work_unpack(struct coil__work_packed *packed,
                      const struct coil_redis_reply *reply)
{
    const char *at = reply->text;
    size_t left = reply->size;

    if (reply->type != COIL_REDIS_STRING || left < HEAD_SIZE)
        return COIL_EREDIS_MALFORMED;
    *packed = (struct coil__work_packed){
        .priority = (int16_t)get_number(at),
        .group_size = get_number(at + 2),
        .id_size = get_number(at + 4),
    };
    left -= HEAD_SIZE;
    if (packed->group_size > left ||
        packed->id_size > left - packed->group_size)
        return COIL_EREDIS_MALFORMED;
    packed->group = at + HEAD_SIZE;
    packed->id = packed->group + packed->group_size;
    packed->body = packed->id + packed->id_size;
    packed->body_size = left - packed->group_size - packed->id_size;
    return 0;
}
