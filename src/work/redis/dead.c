/* SPDX-License-Identifier: MIT */
/*
 * dead.c - the dead are listed and revived some at a time
 *
 * A script holds up all others.  So what is asked for is asked for in parts, and a
 * job that dies meanwhile is behind the end of what is looked at.  If an answer is
 * lost with the connection, those that it told of are revived, and not counted.
 */
#include "work/redis/dead.h"

#include <string.h>

#include <coil/error.h>
#include <coil/sleep.h>

#include "base/memory.h"
#include "work/redis/engine.h"

enum {
    MOST = 100, /* are listed at once */
    FIELDS = 3, /* of a job in the answer */
};

/* The server counts by int64_t. */
#define MOST_FIRST ((uint64_t)1 << 53)

/* ---- list ----------------------------------------------------------------- */

static void free_job(struct coil_work_dead *dead)
{
    coil__free(dead->id);
    coil__free(dead->group);
    coil__free(dead->reason);
    coil__free(dead->body);
}

static int read_job(struct coil_work_dead *dead,
                    struct coil_redis_reply *const *field)
{
    struct coil__work_packed packed;
    int rc = coil__work_unpack(&packed, field[0]);

    if (rc == 0 && (field[1]->type != COIL_REDIS_STRING ||
                    field[2]->type != COIL_REDIS_INTEGER))
        rc = COIL_EREDIS_MALFORMED;
    if (rc < 0)
        return rc;
    *dead = (struct coil_work_dead){
        .id = coil__strndup(packed.id, packed.id_size),
        .group = coil__strndup(packed.group, packed.group_size),
        .reason = coil__strndup(field[1]->text, field[1]->size),
        .body = coil__strndup(packed.body, packed.body_size),
        .size = packed.body_size,
        .deliveries = (unsigned)field[2]->integer,
    };
    if (dead->id && dead->group && dead->reason && dead->body)
        return 0;
    free_job(dead);
    return -ENOMEM;
}

static int list_some(struct coil__work_redis *e, uint64_t first,
                     struct coil_work_dead *dead, size_t n, size_t *count)
{
    struct coil__work_words words = { .error = 0 };
    struct coil_redis_reply *reply;
    size_t found = 0;
    int rc;

    coil__work_redis_begin(e, &words);
    coil__work_words_add_number(&words, first);
    coil__work_words_add_number(&words, first + n - 1);
    rc = coil__work_redis_run(e, COIL__WORK_SCRIPT_LIST, &words,
                              COIL_REDIS_ARRAY, &reply);
    if (rc == 0)
        found = reply->count / FIELDS;
    if (rc == 0 && (found > n || reply->count % FIELDS != 0))
        rc = COIL_EREDIS_MALFORMED;
    for (size_t i = 0; rc == 0 && i < found; i++) {
        rc = read_job(&dead[*count], &reply->elements[FIELDS * i]);
        *count += rc == 0;
    }
    coil_redis_reply_free(reply);
    return rc;
}

int coil__work_redis_list_dead(struct coil__work_engine *base, uint64_t first,
                               struct coil_work_dead *dead, size_t n,
                               size_t *count)
{
    struct coil__work_redis *e = coil__work_redis_of(base);
    size_t before;
    size_t part;
    int rc = 0;

    *count = 0;
    if (n == 0 || first > MOST_FIRST)
        return coil_checkpoint();
    do {
        before = *count;
        part = n - before < MOST ? n - before : MOST;
        rc = list_some(e, first + before, dead, part, count);
    } while (rc == 0 && *count < n && *count - before == part);
    while (rc < 0 && *count > 0)
        free_job(&dead[--*count]);
    return rc;
}

/* ---- revive --------------------------------------------------------------- */

/* Where to go on, and where to end: words of the script. */
struct place {
    char *after;
    char *last;
};

static int move(char **word, const struct coil_redis_reply *reply)
{
    char *text;

    if (reply->type != COIL_REDIS_STRING)
        return COIL_EREDIS_MALFORMED;
    text = coil__strndup(reply->text, reply->size);
    if (!text)
        return -ENOMEM;
    coil__free(*word);
    *word = text;
    return 0;
}

static int revive_some(struct coil__work_redis *e, const char *id,
                       struct place *place, size_t *count)
{
    struct coil__work_words words = { .error = 0 };
    struct coil_redis_reply *reply;
    int rc;

    coil__work_redis_begin(e, &words);
    coil__work_words_add_text(&words, place->after ? place->after : "0");
    coil__work_words_add_text(&words, place->last ? place->last : "");
    if (id)
        coil__work_words_add_text(&words, id);
    rc = coil__work_redis_run(e, COIL__WORK_SCRIPT_REVIVE, &words,
                              COIL_REDIS_ARRAY, &reply);
    if (rc == 0 &&
        (reply->count != 3 || reply->elements[0]->type != COIL_REDIS_INTEGER))
        rc = COIL_EREDIS_MALFORMED;
    if (rc == 0)
        *count += (size_t)reply->elements[0]->integer;
    if (rc == 0)
        rc = move(&place->after, reply->elements[1]);
    if (rc == 0)
        rc = move(&place->last, reply->elements[2]);
    coil_redis_reply_free(reply);
    return rc;
}

int coil__work_redis_revive(struct coil__work_engine *base, const char *id,
                            size_t *count)
{
    struct coil__work_redis *e = coil__work_redis_of(base);
    struct place place = { NULL, NULL };
    int rc;

    *count = 0;
    do {
        rc = revive_some(e, id, &place, count);
    } while (rc == 0 && *place.after);
    coil__free(place.after);
    coil__free(place.last);
    return rc;
}
