/* SPDX-License-Identifier: MIT */
/*
 * work/redis/engine.h - a queue in a Redis: what its operations have in common
 *
 * An operation is a script (scripts.h) that is given words and answers once.
 * A client sends it again until it is answered (COIL_REDIS_AGAIN), so each script can
 * be carried out twice.
 */
#ifndef COIL_WORK_REDIS_ENGINE_H
#define COIL_WORK_REDIS_ENGINE_H

#include <coil/redis.h>

#include "work/engine/engine.h"
#include "work/redis/scripts.h"
#include "work/redis/words.h"

struct coil__work_redis {
    struct coil__work_engine base;
    struct coil_redis *redis;
    struct coil__work_scripts scripts;
    char *prefix; /* "{NAME}:" */
    char *worker; /* no other handle has the same */
    /* How many requests were made; those are told apart by their numbers. */
    uint64_t claims; /* that were answered */
    uint64_t finishes;
    struct coil_redis_subscription *bell;
};

struct coil__work_redis *coil__work_redis_of(struct coil__work_engine *base);

/* The first words of a script: the rules.  `words` is zeroed. */
void coil__work_redis_begin(const struct coil__work_redis *e,
                            struct coil__work_words *words);

/*
 * Run a script.  `words` are freed.  `*reply` is set whatever is returned, and is
 * returned: coil_redis_reply_free().
 *
 * Returns 0, and the reply is of that type; or what coil_redis_eval() returns,
 * -ENOSPC instead of COIL_EREDIS_OOM.
 */
int coil__work_redis_run(struct coil__work_redis *e,
                         enum coil__work_script which,
                         struct coil__work_words *words,
                         enum coil_redis_type type,
                         struct coil_redis_reply **reply) COIL_SUSPENDS;

/* The same, of a script that answers by a number. */
int coil__work_redis_count(struct coil__work_redis *e,
                           enum coil__work_script which,
                           struct coil__work_words *words, int64_t *number)
    COIL_SUSPENDS;

/*
 * The same, of a script that answers by a text with a digit for each of `n` things;
 * coil__work_redis_result() reads the i-th: 0 or -ESTALE.
 */
int coil__work_redis_judge(struct coil__work_redis *e,
                           enum coil__work_script which,
                           struct coil__work_words *words, size_t n,
                           struct coil_redis_reply **reply) COIL_SUSPENDS;
int coil__work_redis_result(const struct coil_redis_reply *reply, size_t i);

/* A duration in microseconds, rounded up, from 0 to 31 years. */
uint64_t coil__work_redis_time(coil_time duration);

/* A job, as it lies in the server. */
struct coil__work_packed {
    int16_t priority;
    const char *group;
    size_t group_size;
    const char *id;
    size_t id_size;
    const char *body;
    size_t body_size;
};

/* Append a word that is a job. */
void coil__work_pack(struct coil__work_words *words,
                     const struct coil_work_item *item);

/* Look into a job; 0, or COIL_EREDIS_MALFORMED. */
int coil__work_unpack(struct coil__work_packed *packed,
                      const struct coil_redis_reply *reply);

#endif
