/* SPDX-License-Identifier: MIT */
#include "work/file/record.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "work/file/bytes.h"

/* ---- times ---------------------------------------------------------------- */

struct coil__file_now coil__file_now(void)
{
    struct timespec wall = { .tv_sec = 0 };

    (void)clock_gettime(CLOCK_REALTIME, &wall);
    return (struct coil__file_now){
        .now = coil_now(),
        .wall = wall.tv_sec * COIL_SECOND + wall.tv_nsec,
    };
}

int64_t coil__work_record_time(const struct coil__file_now *now, coil_time when)
{
    if (when <= now->now)
        return 0;
    return when - now->now < INT64_MAX - now->wall
               ? now->wall + (when - now->now)
               : INT64_MAX;
}

/* ---- writing -------------------------------------------------------------- */

static void add_number(struct coil_buffer *out, uint64_t value, int size)
{
    coil__bytes_write(coil__buffer_end(out), value, size);
    coil__buffer_grow(out, (size_t)size);
}

static void add_bytes(struct coil_buffer *out, const void *bytes, size_t size)
{
    if (size > 0)
        memcpy(coil__buffer_end(out), bytes, size);
    coil__buffer_grow(out, size);
}

size_t coil__work_record_put_size(const struct coil__ledger_job *job)
{
    return 35 + strlen(job->group->name) + job->id_size + job->size;
}

size_t coil__work_record_id_size(size_t id_size)
{
    return 3 + id_size;
}

void coil__work_record_put(struct coil_buffer *out,
                           const struct coil__ledger_job *job, int64_t when)
{
    size_t group_size = strlen(job->group->name);

    add_number(out, COIL__RECORD_PUT, 1);
    add_number(out, job->key, 8);
    add_number(out, (uint64_t)when, 8);
    add_number(out, job->tries, 4);
    add_number(out, (uint16_t)job->priority, 2);
    add_number(out, group_size, 2);
    add_number(out, job->id_size, 2);
    add_number(out, job->size, 8);
    add_bytes(out, job->group->name, group_size);
    add_bytes(out, job->text, job->id_size);
    add_bytes(out, job->text + job->id_size + 1, job->size);
}

void coil__work_record_lease(struct coil_buffer *out,
                             const struct coil__ledger_job *job, int64_t until)
{
    add_number(out, COIL__RECORD_LEASE, 1);
    add_number(out, job->key, 8);
    add_number(out, job->token, 8);
    add_number(out, job->tries, 4);
    add_number(out, (uint64_t)until, 8);
}

void coil__work_record_end(struct coil_buffer *out,
                           const struct coil__ledger_job *job,
                           enum coil__ledger_cause cause, int64_t when,
                           int64_t until)
{
    bool is_dead =
        cause != COIL__LEDGER_DONE && job->place == COIL__LEDGER_DEAD;
    size_t size = is_dead && job->reason ? strlen(job->reason) : 0;

    add_number(out, COIL__RECORD_END, 1);
    add_number(out, job->key, 8);
    add_number(out, cause, 1);
    add_number(out, is_dead, 1);
    add_number(out, job->tries, 4);
    add_number(out, (uint64_t)when, 8);
    add_number(out, (uint64_t)until, 8);
    add_number(out, size, 2);
    add_bytes(out, job->reason, size);
}

void coil__work_record_pause(struct coil_buffer *out,
                             const struct coil__ledger_group *group,
                             int64_t until)
{
    size_t size = strlen(group->name);

    add_number(out, COIL__RECORD_PAUSE, 1);
    add_number(out, (uint64_t)until, 8);
    add_number(out, size, 2);
    add_bytes(out, group->name, size);
}

void coil__work_record_fence(struct coil_buffer *out, uint64_t fence)
{
    add_number(out, COIL__RECORD_FENCE, 1);
    add_number(out, fence, 8);
}

void coil__work_record_id(struct coil_buffer *out,
                          const struct coil__ledger_id *id)
{
    size_t size = strlen(id->text);

    add_number(out, COIL__RECORD_ID, 1);
    add_number(out, size, 2);
    add_bytes(out, id->text, size);
}

void coil__work_record_counts(struct coil_buffer *out,
                              const struct coil__ledger *ledger)
{
    add_number(out, COIL__RECORD_COUNTS, 1);
    add_number(out, ledger->last_key, 8);
    add_number(out, ledger->stats.put, 8);
    add_number(out, ledger->stats.done, 8);
    add_number(out, ledger->stats.retried, 8);
    add_number(out, ledger->stats.expired, 8);
}

/* ---- reading -------------------------------------------------------------- */

struct reader {
    struct coil__ledger *ledger;
    const unsigned char *at;
    size_t left;
    bool is_short; /* the fields of a record go beyond the end */
    int64_t wall;
    const struct coil__file_now *now;
    bool has_counts;
};

static uint64_t take(struct reader *r, int size)
{
    uint64_t value;

    if (r->left < (size_t)size) {
        r->is_short = true;
        r->left = 0;
        return 0;
    }
    value = coil__bytes_read(r->at, size);
    r->at += size;
    r->left -= (size_t)size;
    return value;
}

static struct coil__ledger_text take_text(struct reader *r, uint64_t size)
{
    struct coil__ledger_text text = { .at = (const char *)r->at };

    if (r->left < size) {
        r->is_short = true;
        r->left = 0;
        return text;
    }
    text.size = (size_t)size;
    r->at += size;
    r->left -= (size_t)size;
    return text;
}

static coil_time take_time(struct reader *r)
{
    int64_t when = (int64_t)take(r, 8);
    int64_t from = r->now->wall > r->wall ? r->now->wall : r->wall;

    if (when == INT64_MAX)
        return COIL_NEVER;
    if (when <= from)
        return 0;
    return when - from < COIL_NEVER - r->now->now ? r->now->now + (when - from)
                                                  : COIL_NEVER;
}

static int take_put(struct reader *r)
{
    struct coil__ledger_put_note note = { .key = take(r, 8) };
    uint64_t group, id, body;

    note.when = take_time(r);
    note.tries = (unsigned)take(r, 4);
    note.priority = (int16_t)take(r, 2);
    group = take(r, 2);
    id = take(r, 2);
    body = take(r, 8);
    note.group = take_text(r, group);
    note.id = take_text(r, id);
    note.body = take_text(r, body);
    return r->is_short ? -EBADMSG : coil__ledger_restore_put(r->ledger, &note);
}

static int take_lease(struct reader *r)
{
    struct coil__ledger_lease_note note = { .key = take(r, 8) };

    note.token = take(r, 8);
    note.tries = (unsigned)take(r, 4);
    note.until = take_time(r);
    return r->is_short ? -EBADMSG
                       : coil__ledger_restore_lease(r->ledger, &note);
}

static int take_end(struct reader *r)
{
    struct coil__ledger_end_note note = { .key = take(r, 8) };

    note.cause = (enum coil__ledger_cause)take(r, 1);
    note.is_dead = take(r, 1) != 0;
    note.tries = (unsigned)take(r, 4);
    note.when = take_time(r);
    note.until = take_time(r);
    note.reason = take_text(r, take(r, 2));
    if (r->is_short || note.cause >= COIL__LEDGER_CAUSES)
        return -EBADMSG;
    return coil__ledger_restore_end(r->ledger, &note);
}

static int take_pause(struct reader *r)
{
    coil_time until = take_time(r);
    struct coil__ledger_text name = take_text(r, take(r, 2));

    return r->is_short ? -EBADMSG
                       : coil__ledger_restore_pause(r->ledger, name, until);
}

static int take_fence(struct reader *r)
{
    uint64_t fence = take(r, 8);

    coil__ledger_restore_fence(r->ledger, fence);
    return r->is_short ? -EBADMSG : 0;
}

static int take_id(struct reader *r)
{
    struct coil__ledger_text id = take_text(r, take(r, 2));

    return r->is_short ? -EBADMSG : coil__ledger_restore_id(r->ledger, id);
}

static int take_counts(struct reader *r)
{
    struct coil_work_stats *stats = &r->ledger->stats;
    uint64_t last_key = take(r, 8);

    if (r->ledger->last_key < last_key)
        r->ledger->last_key = last_key;
    stats->put = take(r, 8);
    stats->done = take(r, 8);
    stats->retried = take(r, 8);
    stats->expired = take(r, 8);
    r->has_counts = true;
    return r->is_short ? -EBADMSG : 0;
}

static int take_record(struct reader *r)
{
    switch (take(r, 1)) {
    case COIL__RECORD_PUT:
        return take_put(r);
    case COIL__RECORD_LEASE:
        return take_lease(r);
    case COIL__RECORD_END:
        return take_end(r);
    case COIL__RECORD_PAUSE:
        return take_pause(r);
    case COIL__RECORD_FENCE:
        return take_fence(r);
    case COIL__RECORD_ID:
        return take_id(r);
    case COIL__RECORD_COUNTS:
        return take_counts(r);
    default:
        return -EBADMSG;
    }
}

int coil__work_records_read(struct coil__ledger *ledger,
                            const unsigned char *bytes, size_t size,
                            int64_t wall, const struct coil__file_now *now,
                            bool *has_counts)
{
    struct reader r = {
        .ledger = ledger, .at = bytes, .left = size, .wall = wall, .now = now
    };
    int rc = 0;

    while (rc == 0 && r.left > 0)
        rc = take_record(&r);
    *has_counts |= r.has_counts;
    return rc;
}
