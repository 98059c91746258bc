/* SPDX-License-Identifier: MIT */
#include "work/redis/right.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <coil/error.h>

#include "work/redis/engine.h"

/* Who asks, the handle and its ticket; and for what. */
static void add_wish(struct coil__work_words *words,
                     const struct coil__work_redis *e,
                     const struct coil__work_wish *wish)
{
    coil__work_words_add_text(words, e->worker);
    coil__work_words_extend(words, ":", 1);
    coil__work_words_extend_number(words, wish->ticket);
    coil__work_words_add_text(words, wish->name);
}

/* ---- permits -------------------------------------------------------------- */

static int read_permit(const struct coil_redis_reply *reply, uint64_t *fence,
                       coil_time *next)
{
    if (reply->count != 2 || reply->elements[0]->type != COIL_REDIS_STRING ||
        reply->elements[1]->type != COIL_REDIS_INTEGER)
        return COIL_EREDIS_MALFORMED;
    *fence = strtoull(reply->elements[0]->text, NULL, 10);
    if (reply->elements[1]->integer >= 0)
        *next = reply->elements[1]->integer * COIL_MICROSECOND;
    return 0;
}

int coil__work_redis_acquire(struct coil__work_engine *base,
                             const struct coil__work_wish *wish,
                             uint64_t *fence, coil_time *next)
{
    struct coil__work_redis *e = coil__work_redis_of(base);
    struct coil__work_words words = { .error = 0 };
    struct coil_redis_reply *reply;
    int rc;

    *fence = 0;
    *next = COIL_NEVER;
    coil__work_redis_begin(e, &words);
    add_wish(&words, e, wish);
    coil__work_words_add_number(&words, wish->permits);
    coil__work_words_add_number(&words,
                                coil__work_redis_time(base->rules.lease));
    rc = coil__work_redis_run(e, COIL__WORK_SCRIPT_ACQUIRE, &words,
                              COIL_REDIS_ARRAY, &reply);
    if (rc == 0)
        rc = read_permit(reply, fence, next);
    coil_redis_reply_free(reply);
    return rc;
}

int coil__work_redis_release(struct coil__work_engine *base,
                             const struct coil__work_wish *wish, bool *was_held)
{
    struct coil__work_redis *e = coil__work_redis_of(base);
    struct coil__work_words words = { .error = 0 };
    int64_t number;
    int rc;

    coil__work_redis_begin(e, &words);
    add_wish(&words, e, wish);
    rc = coil__work_redis_count(e, COIL__WORK_SCRIPT_RELEASE, &words, &number);
    if (rc == 0)
        *was_held = number == 1;
    return rc;
}

int coil__work_redis_renew_rights(struct coil__work_engine *base,
                                  struct coil__work_wish *wishes, size_t n)
{
    struct coil__work_redis *e = coil__work_redis_of(base);
    struct coil__work_words words = { .error = 0 };
    struct coil_redis_reply *reply;
    int rc;

    coil__work_redis_begin(e, &words);
    coil__work_words_add_number(&words,
                                coil__work_redis_time(base->rules.lease));
    for (size_t i = 0; i < n; i++)
        add_wish(&words, e, &wishes[i]);
    rc = coil__work_redis_judge(e, COIL__WORK_SCRIPT_RENEW_RIGHTS, &words, n,
                                &reply);
    for (size_t i = 0; rc == 0 && i < n; i++)
        wishes[i].result = coil__work_redis_result(reply, i);
    coil_redis_reply_free(reply);
    return rc;
}

/* ---- rates ---------------------------------------------------------------- */

int coil__work_redis_rate(struct coil__work_engine *base, const char *name,
                          coil_time interval, unsigned burst, coil_time *wait)
{
    struct coil__work_redis *e = coil__work_redis_of(base);
    struct coil__work_words words = { .error = 0 };
    int64_t microseconds;
    int rc;

    coil__work_redis_begin(e, &words);
    coil__work_words_add_text(&words, name);
    coil__work_words_add_number(&words, coil__work_redis_time(interval));
    coil__work_words_add_number(&words, burst);
    rc = coil__work_redis_count(e, COIL__WORK_SCRIPT_RATE, &words,
                                &microseconds);
    if (rc == 0)
        *wait = microseconds * COIL_MICROSECOND;
    return rc;
}
