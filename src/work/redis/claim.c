/* SPDX-License-Identifier: MIT */
/*
 * claim.c - what is claimed, and is not lost with the answer
 *
 * A claim keeps its number until its answer was read.  So the next claim after one
 * that was cancelled, or that lacked memory, gets what that has leased.
 */
#include "work/redis/claim.h"

#include <stdlib.h>
#include <string.h>

#include <coil/error.h>

#include "base/memory.h"
#include "work/redis/engine.h"

enum {
    MOST_CLAIMS = 1000, /* at once: a script calls with so many arguments */
    FIELDS = 4,         /* of a job in the answer */
};

/* ---- reading an answer ---------------------------------------------------- */

static char *put_text(char *at, const char *text, size_t size)
{
    memcpy(at, text, size);
    at[size] = '\0';
    return at + size + 1;
}

/* Copy a job; the body first, since it may be more than a text. */
static int copy_job(struct coil__work_claim *claim,
                    const struct coil__work_packed *packed)
{
    char *at = coil__alloc(packed->body_size + packed->id_size +
                           packed->group_size + 3);

    if (!at)
        return -ENOMEM;
    claim->memory = at;
    claim->body = at;
    claim->size = packed->body_size;
    at = put_text(at, packed->body, packed->body_size);
    claim->id = at;
    at = put_text(at, packed->id, packed->id_size);
    claim->group = at;
    put_text(at, packed->group, packed->group_size);
    claim->priority = packed->priority;
    return 0;
}

static bool is_number(const struct coil_redis_reply *reply)
{
    return reply->type == COIL_REDIS_STRING && reply->size > 0;
}

static int read_claim(struct coil__work_claim *claim,
                      struct coil_redis_reply *const *field)
{
    struct coil__work_packed packed;
    int rc = coil__work_unpack(&packed, field[3]);

    *claim = (struct coil__work_claim){ .key = 0 };
    if (rc == 0 && (!is_number(field[0]) || !is_number(field[1]) ||
                    field[2]->type != COIL_REDIS_INTEGER))
        rc = COIL_EREDIS_MALFORMED;
    if (rc < 0)
        return rc;
    claim->key = (uint64_t)strtoll(field[0]->text, NULL, 10);
    claim->token = strtoull(field[1]->text, NULL, 10);
    claim->delivery = (unsigned)field[2]->integer + 1;
    return copy_job(claim, &packed);
}

static int read_claims(struct coil__work_claim *claims, size_t n, size_t *count,
                       const struct coil_redis_reply *reply)
{
    size_t found = (reply->count - 1) / FIELDS;
    int rc =
        found > n || reply->count % FIELDS != 1 ? COIL_EREDIS_MALFORMED : 0;

    for (size_t i = 0; rc == 0 && i < found; i++) {
        rc = read_claim(&claims[i], &reply->elements[1 + FIELDS * i]);
        *count = i + 1;
    }
    while (rc < 0 && *count > 0)
        coil__free(claims[--*count].memory);
    return rc;
}

/* How long it may take until there is more. */
static int read_next(coil_time *next, const struct coil_redis_reply *reply)
{
    const struct coil_redis_reply *first =
        reply->count > 0 ? reply->elements[0] : NULL;

    if (!first || first->type != COIL_REDIS_INTEGER)
        return COIL_EREDIS_MALFORMED;
    if (first->integer >= 0 && first->integer < COIL_NEVER / COIL_MICROSECOND)
        *next = first->integer * COIL_MICROSECOND;
    return 0;
}

/* ---- claiming ------------------------------------------------------------- */

static int claim_some(struct coil__work_redis *e,
                      struct coil__work_claim *claims, size_t n, size_t *count,
                      coil_time *next)
{
    struct coil__work_words words = { .error = 0 };
    struct coil_redis_reply *reply;
    int rc;

    coil__work_redis_begin(e, &words);
    coil__work_words_add_text(&words, e->worker);
    coil__work_words_add_number(&words, e->claims + 1);
    coil__work_words_add_number(&words, n);
    coil__work_words_add_number(&words,
                                coil__work_redis_time(e->base.rules.lease));
    rc = coil__work_redis_run(e, COIL__WORK_SCRIPT_CLAIM, &words,
                              COIL_REDIS_ARRAY, &reply);
    if (rc == 0)
        rc = read_next(next, reply);
    if (rc == 0)
        rc = read_claims(claims, n, count, reply);
    coil_redis_reply_free(reply);
    return rc;
}

int coil__work_redis_claim(struct coil__work_engine *base,
                           struct coil__work_claim *claims, size_t n,
                           size_t *count, coil_time *next)
{
    struct coil__work_redis *e = coil__work_redis_of(base);
    size_t most = n < MOST_CLAIMS ? n : MOST_CLAIMS;
    int rc;

    *count = 0;
    *next = COIL_NEVER;
    rc = claim_some(e, claims, most, count, next);
    if (rc == 0)
        e->claims++;
    if (rc == 0 && *count == most && most < n)
        *next = 0;
    return rc;
}
