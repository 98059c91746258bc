/* SPDX-License-Identifier: MIT */
#include "work/file/load.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "base/memory.h"
#include "work/file/bytes.h"
#include "work/file/frame.h"
#include "work/file/snapshot.h"

struct loader {
    struct coil__journal *journal;
    struct coil__ledger *ledger;
    struct coil_buffer records; /* of one frame */
    uint64_t at;                /* so far it is good */
    bool is_begun;              /* what a new file begins with was there */
};

/* ---- frames --------------------------------------------------------------- */

/* The records of a frame at an offset.  Returns -EAGAIN: it is not whole. */
static int read_records(struct loader *l, const struct coil__frame *frame,
                        uint64_t at)
{
    const struct coil__disk *disk = &l->journal->disk;
    int rc;

    if (frame->size > disk->size - at - COIL__FRAME_HEAD_SIZE)
        return -EAGAIN;
    l->records.size = 0;
    rc = coil__buffer_reserve(&l->records, frame->size);
    if (rc == 0)
        rc = coil__disk_read(disk, l->records.data, frame->size,
                             at + COIL__FRAME_HEAD_SIZE);
    if (rc < 0)
        return rc;
    return coil__crc32c(&l->journal->crc, l->records.data, frame->size) ==
                   frame->crc
               ? 0
               : -EAGAIN;
}

/* The frame at an offset.  Returns -EAGAIN: it is not whole. */
static int read_frame(struct loader *l, struct coil__frame *frame, uint64_t at)
{
    const struct coil__disk *disk = &l->journal->disk;
    unsigned char head[COIL__FRAME_HEAD_SIZE];
    int rc;

    if (disk->size - at < sizeof head)
        return -EAGAIN;
    rc = coil__disk_read(disk, head, sizeof head, at);
    if (rc < 0)
        return rc;
    if (!coil__frame_read(&l->journal->crc, head, frame))
        return -EAGAIN;
    return read_records(l, frame, at);
}

/* ---- what is not whole ---------------------------------------------------- */

enum { BLOCK = 64 * 1024 };

/* Whether a frame that proves that all before it was on the disk begins here. */
static int is_proof(struct loader *l, const unsigned char *head, uint64_t at)
{
    uint64_t number = coil__bytes_read(head + 16, 8);
    struct coil__frame frame;
    int rc;

    if (number <= l->journal->frames ||
        number - l->journal->frames > l->journal->disk.size ||
        !coil__frame_read(&l->journal->crc, head, &frame) ||
        frame.flags & COIL__FRAME_IS_UNSYNCED)
        return 0;
    rc = read_records(l, &frame, at);
    return rc == -EAGAIN ? 0 : rc < 0 ? rc : 1;
}

/* Returns 0: what is behind the good frames is torn; else -EBADMSG, or an error. */
static int see_whether_torn(struct loader *l)
{
    const struct coil__disk *disk = &l->journal->disk;
    unsigned char *block = coil__alloc(BLOCK);
    uint64_t at = l->at + 1;
    int rc = block ? 0 : -ENOMEM;

    while (rc == 0 && disk->size - at >= COIL__FRAME_HEAD_SIZE) {
        size_t size =
            disk->size - at < BLOCK ? (size_t)(disk->size - at) : BLOCK;
        size_t i;

        rc = coil__disk_read(disk, block, size, at);
        for (i = 0; rc == 0 && i + COIL__FRAME_HEAD_SIZE <= size; i++)
            rc = is_proof(l, block + i, at + i);
        at += i;
    }
    coil__free(block);
    return rc > 0 ? -EBADMSG : rc;
}

/* ---- the journal ---------------------------------------------------------- */

static int read_frames(struct loader *l)
{
    struct coil__journal *journal = l->journal;
    struct coil__frame frame;
    int rc = 0;

    while (rc == 0 && l->at < journal->disk.size) {
        rc = read_frame(l, &frame, l->at);
        if (rc == -EAGAIN)
            return see_whether_torn(l);
        if (rc == 0 && frame.number != journal->frames + 1)
            rc = -EBADMSG;
        if (rc == 0)
            rc = coil__work_records_read(l->ledger, l->records.data,
                                         (size_t)frame.size, frame.wall,
                                         &journal->now, &l->is_begun);
        if (rc < 0)
            return rc;
        journal->frames++;
        l->at += COIL__FRAME_HEAD_SIZE + frame.size;
    }
    return rc;
}

static int read_head(struct loader *l)
{
    unsigned char head[COIL__FILE_HEAD_SIZE];
    int rc = coil__disk_read(&l->journal->disk, head, sizeof head, 0);

    l->at = sizeof head;
    return rc < 0 ? rc : coil__file_head_read(&l->journal->crc, head);
}

static int read_all(struct coil__journal *journal, struct coil__ledger *ledger)
{
    struct loader loader = { .journal = journal, .ledger = ledger };
    int rc = read_head(&loader);

    if (rc == 0)
        rc = read_frames(&loader);
    /* That was on the disk before the file had its name. */
    if (rc == 0 && !loader.is_begun)
        rc = -EBADMSG;
    coil__buffer_fini(&loader.records);
    return rc < 0 ? rc
                  : coil__disk_cut(&journal->disk, loader.at, journal->syncs);
}

static int make(struct coil__journal *journal,
                const struct coil__ledger *ledger)
{
    struct coil_buffer bytes = { .size = 0 };
    bool is_old;
    int rc;

    if (getrandom(&journal->crc.salt, sizeof journal->crc.salt, 0) < 0)
        return -errno;
    rc = coil__snapshot(journal, ledger, &bytes, &journal->frames);
    if (rc == 0)
        rc = coil__disk_replace(&journal->disk, bytes.data, bytes.size,
                                journal->syncs, &is_old);
    if (rc == 0 && journal->syncs)
        rc = coil__disk_sync_parent(&journal->disk);
    coil__buffer_fini(&bytes);
    return rc;
}

/* What the ends of the leases have noted. */
static int write_noted(struct coil__journal *journal)
{
    int rc;

    if (!coil__journal_take(journal))
        return 0;
    rc = coil__journal_write(journal);
    coil__journal_note_result(journal, rc);
    return rc;
}

int coil__journal_load(struct coil__journal *journal,
                       struct coil__ledger *ledger,
                       const struct coil__work_rules *rules)
{
    int rc = coil__disk_lock(&journal->disk);

    journal->now = coil__file_now();
    if (rc == 0)
        rc = coil__disk_open(&journal->disk);
    if (rc == 0)
        rc = read_all(journal, ledger);
    else if (rc == -ENOENT)
        rc = make(journal, ledger);
    if (rc == 0)
        rc = coil__journal_reserve(journal, ledger->jobs.count, 0);
    if (rc < 0)
        return rc;
    journal->fence = ledger->last_token;
    journal->live = coil__snapshot_size(ledger);
    ledger->log = &journal->log;
    coil__ledger_restored(ledger, rules, journal->now.now);
    return write_noted(journal);
}
