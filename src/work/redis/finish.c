/* SPDX-License-Identifier: MIT */
#include "work/redis/finish.h"

#include <string.h>

#include <coil/error.h>
#include <coil/sleep.h>

#include "work/redis/engine.h"

/* At once: a script calls with so many arguments, and others wait meanwhile. */
enum { MOST = 500 };

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* ---- finish --------------------------------------------------------------- */

/* "d", "x", "r" and a delay, or "b" and a reason. */
static void add_end(struct coil__work_words *words,
                    const struct coil__work_outcome *outcome)
{
    const char *reason = outcome->reason ? outcome->reason : "";

    switch (outcome->end) {
    case COIL__WORK_DONE:
        coil__work_words_add(words, "d", 1);
        break;
    case COIL__WORK_RETURN:
        coil__work_words_add(words, "x", 1);
        break;
    case COIL__WORK_RETRY:
        coil__work_words_add(words, "r", 1);
        coil__work_words_extend_number(words,
                                       coil__work_redis_time(outcome->delay));
        break;
    case COIL__WORK_BURY:
        coil__work_words_add(words, "b", 1);
        coil__work_words_extend(words, reason,
                                strnlen(reason, COIL__WORK_REASON_MAX));
        break;
    }
}

static int finish_some(struct coil__work_redis *e,
                       struct coil__work_outcome *outcomes, size_t n)
{
    struct coil__work_words words = { .error = 0 };
    struct coil_redis_reply *reply;
    int rc;

    coil__work_redis_begin(e, &words);
    coil__work_words_add_text(&words, e->worker);
    coil__work_words_add_number(&words, ++e->finishes);
    for (size_t i = 0; i < n; i++) {
        coil__work_words_add_integer(&words, (int64_t)outcomes[i].key);
        coil__work_words_add_number(&words, outcomes[i].token);
        add_end(&words, &outcomes[i]);
    }
    rc = coil__work_redis_judge(e, COIL__WORK_SCRIPT_FINISH, &words, n, &reply);
    for (size_t i = 0; rc == 0 && i < n; i++)
        outcomes[i].result = coil__work_redis_result(reply, i);
    coil_redis_reply_free(reply);
    return rc;
}

int coil__work_redis_finish(struct coil__work_engine *base,
                            struct coil__work_outcome *outcomes, size_t n)
{
    struct coil__work_redis *e = coil__work_redis_of(base);
    int rc = n == 0 ? coil_checkpoint() : 0;

    for (size_t i = 0; rc == 0 && i < n; i += MOST)
        rc = finish_some(e, outcomes + i, least(n - i, MOST));
    return rc;
}

/* ---- renew ---------------------------------------------------------------- */

static int renew_some(struct coil__work_redis *e,
                      struct coil__work_renewal *renewals, size_t n)
{
    struct coil__work_words words = { .error = 0 };
    struct coil_redis_reply *reply;
    int rc;

    coil__work_redis_begin(e, &words);
    coil__work_words_add_number(&words,
                                coil__work_redis_time(e->base.rules.lease));
    for (size_t i = 0; i < n; i++) {
        coil__work_words_add_integer(&words, (int64_t)renewals[i].key);
        coil__work_words_add_number(&words, renewals[i].token);
    }
    rc = coil__work_redis_judge(e, COIL__WORK_SCRIPT_RENEW, &words, n, &reply);
    for (size_t i = 0; rc == 0 && i < n; i++)
        renewals[i].result = coil__work_redis_result(reply, i);
    coil_redis_reply_free(reply);
    return rc;
}

int coil__work_redis_renew(struct coil__work_engine *base,
                           struct coil__work_renewal *renewals, size_t n)
{
    struct coil__work_redis *e = coil__work_redis_of(base);
    int rc = n == 0 ? coil_checkpoint() : 0;

    for (size_t i = 0; rc == 0 && i < n; i += MOST)
        rc = renew_some(e, renewals + i, least(n - i, MOST));
    return rc;
}
