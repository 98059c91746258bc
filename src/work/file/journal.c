/* SPDX-License-Identifier: MIT */
#include "work/file/journal.h"

#include <errno.h>
#include <string.h>

#include "base/platform.h"

/* So many fences are given out before the file is told again. */
enum { FENCES = 1024 };

/* A smaller file is not worth the while. */
#define REWRITE_LEAST ((uint64_t)1 << 20)

/* A buffer that has become larger is given back when it is empty. */
#define BUFFER_KEPT ((size_t)1 << 20)

/* ---- notes ---------------------------------------------------------------- */

static struct coil__journal *journal_of(struct coil__ledger_log *log)
{
    return coil__container_of(log, struct coil__journal, log);
}

/* Where the next record goes, behind the room for a head. */
static struct coil_buffer *begin_record(struct coil__journal *journal)
{
    if (journal->noted.size == 0)
        coil__buffer_grow(&journal->noted, COIL__FRAME_HEAD_SIZE);
    return &journal->noted;
}

static void end_record(struct coil__journal *journal, size_t before)
{
    journal->position += journal->noted.size - before;
}

static int64_t until_of(const struct coil__journal *journal,
                        const struct coil__ledger_job *job)
{
    return coil__work_record_time(&journal->now, job->group->until);
}

static int64_t when_of(const struct coil__journal *journal,
                       const struct coil__ledger_job *job)
{
    return job->place == COIL__LEDGER_LATER
               ? coil__work_record_time(&journal->now, job->when)
               : 0;
}

static void note_put(struct coil__ledger_log *log,
                     const struct coil__ledger_job *job)
{
    struct coil__journal *journal = journal_of(log);
    struct coil_buffer *out = begin_record(journal);
    size_t before = out->size;

    coil__work_record_put(out, job, when_of(journal, job));
    journal->live += coil__work_record_put_size(job);
    end_record(journal, before);
}

static void note_lease(struct coil__ledger_log *log,
                       const struct coil__ledger_job *job)
{
    struct coil__journal *journal = journal_of(log);
    struct coil_buffer *out = begin_record(journal);
    size_t before = out->size;

    coil__work_record_lease(out, job, until_of(journal, job));
    end_record(journal, before);
}

static void note_end(struct coil__ledger_log *log,
                     const struct coil__ledger_job *job,
                     enum coil__ledger_cause cause)
{
    struct coil__journal *journal = journal_of(log);
    struct coil_buffer *out = begin_record(journal);
    size_t before = out->size;

    coil__work_record_end(out, job, cause, when_of(journal, job),
                          until_of(journal, job));
    if (cause == COIL__LEDGER_DONE)
        journal->live -= coil__work_record_put_size(job) -
                         coil__work_record_id_size(job->id_size);
    end_record(journal, before);
}

static void note_pause(struct coil__ledger_log *log,
                       const struct coil__ledger_group *group)
{
    struct coil__journal *journal = journal_of(log);
    struct coil_buffer *out = begin_record(journal);
    size_t before = out->size;

    coil__work_record_pause(
        out, group, coil__work_record_time(&journal->now, group->until));
    end_record(journal, before);
}

/* The file is told of many at once, so that most rights need not wait for it. */
static void note_fence(struct coil__ledger_log *log, uint64_t fence)
{
    struct coil__journal *journal = journal_of(log);
    struct coil_buffer *out;
    size_t before;

    if (fence <= journal->fence)
        return;
    journal->fence = fence + FENCES - 1;
    out = begin_record(journal);
    before = out->size;
    coil__work_record_fence(out, journal->fence);
    end_record(journal, before);
}

int coil__journal_reserve(struct coil__journal *journal, size_t changes,
                          size_t bytes)
{
    if (journal->error < 0)
        return journal->error;
    if (changes > SIZE_MAX / 4 / COIL__RECORD_MOST || bytes > SIZE_MAX / 4)
        return -ENOMEM;
    if (changes > 0)
        journal->now = coil__file_now();
    return coil__buffer_reserve(&journal->noted,
                                COIL__FRAME_HEAD_SIZE +
                                    changes * COIL__RECORD_MOST + bytes);
}

/* ---- frames --------------------------------------------------------------- */

static void clear(struct coil_buffer *buffer)
{
    if (buffer->capacity > BUFFER_KEPT)
        coil__buffer_fini(buffer);
    buffer->start = 0;
    buffer->size = 0;
}

bool coil__journal_take(struct coil__journal *journal)
{
    struct coil_buffer empty = journal->under_way;

    if (journal->noted.size == 0)
        return false;
    journal->frame = (struct coil__frame){
        .size = journal->noted.size - COIL__FRAME_HEAD_SIZE,
        .number = journal->frames + 1,
        .wall = journal->now.wall,
        .flags = journal->syncs ? 0 : COIL__FRAME_IS_UNSYNCED,
    };
    clear(&empty);
    journal->under_way = journal->noted;
    journal->noted = empty;
    journal->way_position = journal->position;
    journal->frames++;
    return true;
}

int coil__journal_write(struct coil__journal *journal)
{
    unsigned char *bytes = journal->under_way.data;

    coil__frame_write(&journal->crc, bytes, &journal->frame);
    return coil__disk_append(&journal->disk, bytes, journal->under_way.size,
                             journal->syncs);
}

void coil__journal_note_result(struct coil__journal *journal, int error)
{
    clear(&journal->under_way);
    if (error < 0)
        journal->error = error;
    else
        journal->kept_position = journal->way_position;
}

bool coil__journal_is_long(const struct coil__journal *journal)
{
    return journal->disk.size >= journal->rewrite_at &&
           journal->disk.size > REWRITE_LEAST + 2 * journal->live;
}

/* ---- the whole ------------------------------------------------------------ */

void coil__journal_init(struct coil__journal *journal, const char *name,
                        bool syncs)
{
    *journal = (struct coil__journal){
        .log = { .put = note_put,
                 .lease = note_lease,
                 .end = note_end,
                 .pause = note_pause,
                 .fence = note_fence },
        .syncs = syncs,
    };
    coil__crc32c_init(&journal->crc);
    coil__disk_init(&journal->disk, name);
}

void coil__journal_fini(struct coil__journal *journal)
{
    coil__buffer_fini(&journal->noted);
    coil__buffer_fini(&journal->under_way);
    coil__disk_close(&journal->disk);
}
