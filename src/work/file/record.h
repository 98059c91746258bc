/* SPDX-License-Identifier: MIT */
/*
 * work/file/record.h - one note of a ledger as bytes
 *
 * A record is its kind, one byte, and its fields without gaps.  Numbers are
 * little-endian: u and a number of bits, or i if they are signed.  Times are
 * CLOCK_REALTIME in nanoseconds; 0: at once; the greatest: never.
 *
 *     1 put      u64 key, i64 not before, u32 deliveries that came to nothing, i16
 *                priority, u16 size of the group's name, u16 of the id, u64 of the
 *                body, and these three
 *     2 lease    u64 key, u64 token, u32 deliveries that came to nothing, i64 before
 *                which no job of its group begins
 *     3 end      u64 key, u8 enum coil__ledger_cause, u8 whether it is dead, u32
 *                deliveries that came to nothing, i64 not before, i64 the group's
 *                time, u16 size of the reason, and this
 *     4 pause    i64 the group's time, u16 size of its name, and this
 *     5 fence    u64 all fences that were given out are at most this
 *     6 id       u16 size of an id whose job is done, and this
 *     7 counts   u64 last key, u64 jobs that were put, u64 that were done, u64 retried,
 *                u64 expired, instead of what the records before it have counted; it
 *                ends what a new file begins with
 *
 * Each record says the whole of what is new, and no reader has to know the rules of
 * the queue.  Whoever adds a kind raises the version of frame.h.
 */
#ifndef COIL_WORK_RECORD_H
#define COIL_WORK_RECORD_H

#include "base/buffer.h"
#include "work/memory/ledger_restore.h"

/* No record has more bytes but for its texts. */
enum { COIL__RECORD_MOST = 48 };

enum coil__work_record_kind {
    COIL__RECORD_PUT = 1,
    COIL__RECORD_LEASE,
    COIL__RECORD_END,
    COIL__RECORD_PAUSE,
    COIL__RECORD_FENCE,
    COIL__RECORD_ID,
    COIL__RECORD_COUNTS,
};

/* What time it is by both clocks. */
struct coil__file_now {
    coil_time now;
    int64_t wall;
};

struct coil__file_now coil__file_now(void);

/* A time of the ledger as one of the file. */
int64_t coil__work_record_time(const struct coil__file_now *now,
                               coil_time when);

/* ---- writing: the buffer has room, and the time is one of the file -------- */

void coil__work_record_put(struct coil_buffer *out,
                           const struct coil__ledger_job *job, int64_t when);
void coil__work_record_lease(struct coil_buffer *out,
                             const struct coil__ledger_job *job, int64_t until);
void coil__work_record_end(struct coil_buffer *out,
                           const struct coil__ledger_job *job,
                           enum coil__ledger_cause cause, int64_t when,
                           int64_t until);
void coil__work_record_pause(struct coil_buffer *out,
                             const struct coil__ledger_group *group,
                             int64_t until);
void coil__work_record_fence(struct coil_buffer *out, uint64_t fence);
void coil__work_record_id(struct coil_buffer *out,
                          const struct coil__ledger_id *id);
void coil__work_record_counts(struct coil_buffer *out,
                              const struct coil__ledger *ledger);

/* How many bytes the record of a new job has, and that of its id when it is done. */
size_t coil__work_record_put_size(const struct coil__ledger_job *job);
size_t coil__work_record_id_size(size_t id_size);

/* ---- reading -------------------------------------------------------------- */

/*
 * Tell the ledger of all these records, of a frame that was made at `wall`.  A time
 * is never further away than it was then: a clock that was put back makes no
 * delay longer.  `*has_counts` becomes true if there are counts among them.  0,
 * -ENOMEM, -EBADMSG.
 */
int coil__work_records_read(struct coil__ledger *ledger,
                            const unsigned char *bytes, size_t size,
                            int64_t wall, const struct coil__file_now *now,
                            bool *has_counts);

#endif
