/* SPDX-License-Identifier: MIT */
#include "work/file/snapshot.h"

#include <string.h>

#include "work/file/frame.h"

/* A frame is ended when it has so many bytes, so that a reader needs little memory. */
enum { FRAME_SIZE = 256 * 1024 };

struct writer {
    struct coil__journal *journal;
    const struct coil__ledger *ledger;
    struct coil_buffer *out;
    size_t frame; /* where it begins */
    uint64_t frames;
    uint32_t flags;
};

/* ---- frames --------------------------------------------------------------- */

static int begin_frame(struct writer *w)
{
    int rc = coil__buffer_reserve(w->out, COIL__FRAME_HEAD_SIZE);

    if (rc < 0)
        return rc;
    w->frame = w->out->size;
    coil__buffer_grow(w->out, COIL__FRAME_HEAD_SIZE);
    return 0;
}

static void end_frame(struct writer *w)
{
    struct coil__frame frame = {
        .size = w->out->size - w->frame - COIL__FRAME_HEAD_SIZE,
        .number = ++w->frames,
        .wall = w->journal->now.wall,
        .flags = w->flags,
    };

    coil__frame_write(&w->journal->crc, w->out->data + w->frame, &frame);
}

/* Make room for a record with texts of so many bytes. */
static int make_room(struct writer *w, size_t bytes)
{
    int rc = 0;

    if (w->out->size - w->frame >= FRAME_SIZE) {
        end_frame(w);
        rc = begin_frame(w);
    }
    return rc < 0 ? rc
                  : coil__buffer_reserve(w->out, COIL__RECORD_MOST + bytes);
}

/* ---- jobs ----------------------------------------------------------------- */

static int64_t time_of(const struct writer *w, coil_time when)
{
    return coil__work_record_time(&w->journal->now, when);
}

static int write_job(struct writer *w, const struct coil__ledger_job *job)
{
    bool is_late = job->place == COIL__LEDGER_LATER;
    int rc = make_room(w, COIL__RECORD_MOST + coil__work_record_put_size(job));

    if (rc < 0)
        return rc;
    coil__work_record_put(w->out, job, is_late ? time_of(w, job->when) : 0);
    if (job->place == COIL__LEDGER_LEASED)
        coil__work_record_lease(w->out, job, time_of(w, job->group->until));
    return 0;
}

static int write_jobs(struct writer *w)
{
    const struct coil__table *jobs = &w->ledger->jobs;
    int rc = 0;

    for (size_t i = 0; i < jobs->capacity; i++) {
        struct coil__table_entry *entry = jobs->slots[i];

        for (; rc == 0 && entry; entry = entry->next)
            rc = write_job(
                w, coil__container_of(entry, struct coil__ledger_job, entry));
    }
    return rc;
}

/* In the order in which they were buried. */
static int write_dead(struct writer *w)
{
    struct coil_link *link = w->ledger->dead.head;
    int rc = 0;

    for (; rc == 0 && link; link = link->next) {
        const struct coil__ledger_job *job =
            coil__container_of(link, struct coil__ledger_job, link);

        rc = make_room(w, COIL__WORK_REASON_MAX);
        if (rc == 0)
            coil__work_record_end(w->out, job, COIL__LEDGER_BURIED, 0, 0);
    }
    return rc;
}

/* ---- the rest ------------------------------------------------------------- */

static int write_ids(struct writer *w)
{
    const struct coil__table *ids = &w->ledger->ids;
    int rc = 0;

    for (size_t i = 0; i < ids->capacity; i++) {
        struct coil__table_entry *entry = ids->slots[i];

        for (; rc == 0 && entry; entry = entry->next) {
            const struct coil__ledger_id *id =
                coil__container_of(entry, struct coil__ledger_id, entry);

            if (!id->is_over)
                continue;
            rc = make_room(w, strlen(id->text));
            if (rc == 0)
                coil__work_record_id(w->out, id);
        }
    }
    return rc;
}

static int write_pauses(struct writer *w)
{
    const struct coil__table *groups = &w->ledger->groups;
    int rc = 0;

    for (size_t i = 0; i < groups->capacity; i++) {
        struct coil__table_entry *entry = groups->slots[i];

        for (; rc == 0 && entry; entry = entry->next) {
            const struct coil__ledger_group *group =
                coil__container_of(entry, struct coil__ledger_group, entry);

            if (group->until <= w->journal->now.now)
                continue;
            rc = make_room(w, COIL__WORK_GROUP_MAX);
            if (rc == 0)
                coil__work_record_pause(w->out, group,
                                        time_of(w, group->until));
        }
    }
    return rc;
}

static int write_counts(struct writer *w)
{
    uint64_t fence = w->journal->fence > w->ledger->last_token
                         ? w->journal->fence
                         : w->ledger->last_token;
    int rc = make_room(w, COIL__RECORD_MOST);

    if (rc < 0)
        return rc;
    coil__work_record_fence(w->out, fence);
    coil__work_record_counts(w->out, w->ledger);
    return 0;
}

/* ---- the whole ------------------------------------------------------------ */

uint64_t coil__snapshot_size(const struct coil__ledger *ledger)
{
    uint64_t size = 0;

    for (size_t i = 0; i < ledger->jobs.capacity; i++) {
        struct coil__table_entry *entry = ledger->jobs.slots[i];

        for (; entry; entry = entry->next)
            size += coil__work_record_put_size(
                coil__container_of(entry, struct coil__ledger_job, entry));
    }
    for (size_t i = 0; i < ledger->ids.capacity; i++) {
        struct coil__table_entry *entry = ledger->ids.slots[i];

        for (; entry; entry = entry->next) {
            const struct coil__ledger_id *id =
                coil__container_of(entry, struct coil__ledger_id, entry);

            if (id->is_over)
                size += coil__work_record_id_size(strlen(id->text));
        }
    }
    return size;
}

int coil__snapshot(struct coil__journal *journal,
                   const struct coil__ledger *ledger, struct coil_buffer *out,
                   uint64_t *frames)
{
    struct writer w = {
        .journal = journal,
        .ledger = ledger,
        .out = out,
        .flags = journal->syncs ? 0 : COIL__FRAME_IS_UNSYNCED,
    };
    unsigned char head[COIL__FILE_HEAD_SIZE];
    int rc;

    journal->now = coil__file_now();
    coil__file_head_write(&journal->crc, head);
    /* About all that it takes: to grow it copies it. */
    rc = coil__buffer_reserve(out, journal->live + journal->live / 8);
    if (rc == 0)
        rc = coil__buffer_append(out, head, sizeof head);
    if (rc == 0)
        rc = begin_frame(&w);
    if (rc == 0)
        rc = write_jobs(&w);
    if (rc == 0)
        rc = write_dead(&w);
    if (rc == 0)
        rc = write_ids(&w);
    if (rc == 0)
        rc = write_pauses(&w);
    if (rc == 0)
        rc = write_counts(&w);
    if (rc < 0)
        return rc;
    end_frame(&w);
    *frames = w.frames;
    return 0;
}
