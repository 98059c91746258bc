/* SPDX-License-Identifier: MIT */
/*
 * work/file/journal.h - the notes of a ledger, on their way to a file
 *
 *     ledger  -> noted: records in memory, of which nobody has been told
 *             -> under way: one frame, which a thread writes and syncs
 *             -> kept: on the disk
 *
 * One task at a time takes what is noted and has it written; all that comes meanwhile
 * goes together into the next frame.  If anything of that fails, the journal is broken
 * for good: what the ledger says and what a reader would find may differ then, and
 * whether a sync that failed has lost something is not known.  Nothing is kept any
 * more, and all are told, until the file is read anew.
 *
 * Nothing here suspends or blocks.  All is guarded by the world's mutex, but for the
 * frame that is under way.
 */
#ifndef COIL_WORK_JOURNAL_H
#define COIL_WORK_JOURNAL_H

#include "work/file/crc32c.h"
#include "work/file/disk.h"
#include "work/file/frame.h"
#include "work/file/record.h"
#include "work/memory/ledger_log.h"

struct coil__journal {
    struct coil__ledger_log log;
    struct coil__crc32c crc;
    struct coil__file_now now; /* of the step that is noted */
    struct coil_buffer noted;  /* room for a head, and records; or empty */
    struct coil_buffer under_way;
    struct coil__frame frame; /* … and its head */
    uint64_t position;        /* so many bytes were ever noted */
    uint64_t way_position;    /* of them, so many are kept or under way */
    uint64_t kept_position;   /* of them, so many are kept */
    uint64_t frames;          /* in the file */
    uint64_t fence;           /* all fences up to it may be given out */
    uint64_t live;       /* bytes that the file would have if it were new */
    uint64_t rewrite_at; /* when the file is as large, it is written anew */
    bool syncs;          /* what is kept is on the disk, and not only written */
    int error;           /* why it is broken */
    struct coil__disk disk;
};

void coil__journal_init(struct coil__journal *journal, const char *name,
                        bool syncs);
void coil__journal_fini(struct coil__journal *journal);

/* A step begins: keeper.h. */
int coil__journal_reserve(struct coil__journal *journal, size_t changes,
                          size_t bytes);

/*
 * Make a frame of what is noted, which is under way then.  Returns whether there is
 * anything.
 */
bool coil__journal_take(struct coil__journal *journal);

/* Append what is under way to the file; it blocks, and no mutex is needed. */
int coil__journal_write(struct coil__journal *journal);

/* What was under way is kept, or has failed with this error. */
void coil__journal_note_result(struct coil__journal *journal, int error);

/* Whether the file is so much larger than what lives that it is to be written anew. */
bool coil__journal_is_long(const struct coil__journal *journal);

#endif
