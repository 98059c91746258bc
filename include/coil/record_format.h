/* SPDX-License-Identifier: MIT */
/*
 * coil/record_format.h - the file that a loop's recorder writes
 *
 * For tools that read such files (coil-record); programs do not need this
 * header.  All numbers have the byte order of the machine that wrote the file.
 *
 *     header        struct coil_record_file, at the beginning
 *     strings       texts that end with a 0, one after the other; the first one
 *                   has the number 1.  0 stands for a text that has no place.
 *     side          what other threads write: struct coil_record_aside, in two
 *                   halves; the older one is emptied when the other is full
 *     blocks        the ring: `block_count` blocks of `block_size` bytes
 *
 * The block with the number n lies at n modulo `block_count`; each begins with a
 * struct coil_record_block, and slots follow.  No record crosses the end of a
 * block.  `at` in the header is the address, in the process that writes, of the
 * next slot; `at - base` is its offset in the file.  A process may be killed at
 * any time: what lies before `at` is whole.
 *
 * A reader of a file that is still written copies it, and then reads `block`
 * again: what lies in blocks that have been begun since is lost.
 */
#ifndef COIL_RECORD_FORMAT_H
#define COIL_RECORD_FORMAT_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define COIL_RECORD_MAGIC "coilrec\n" /* without the final 0 */

/* A reader that knows only other numbers cannot understand the file. */
#define COIL_RECORD_VERSION 1

/* Of `flags`. */
#define COIL_RECORD_SIMULATED 1u /* the clock is the simulator's */
#define COIL_RECORD_ALL 2u       /* COIL_RECORD_LEVEL=all */
#define COIL_RECORD_CLOSED 4u    /* the recorder was stopped; no more comes */

struct coil_record_file {
    char magic[8];
    uint32_t version;
    uint32_t header_size; /* where the strings begin */
    uint64_t pid;
    uint32_t loop; /* 1 for the first loop of the process that is recorded */
    uint32_t flags;
    int64_t began;      /* the loop's clock, in nanoseconds */
    int64_t began_real; /* at the same moment, since 1970 */
    int64_t began_mono; /* CLOCK_MONOTONIC, which the side has */
    uint64_t file_size;
    uint64_t strings_offset;
    uint64_t strings_size;
    uint64_t side_offset;
    uint64_t side_size;
    uint64_t ring_offset;
    uint64_t block_size;
    uint64_t block_count;
    char program[64];

    /* These change while the file is written. */
    uint64_t base;         /* the address of this struct in the process */
    uint64_t at;           /* of the next slot */
    uint64_t block;        /* the number of the block that is written */
    uint64_t strings_used; /* bytes */
    uint64_t side_used[2]; /* bytes of each half of the side */
    uint64_t side_half;    /* the one that is written */
};

struct coil_record_block {
    uint64_t number; /* plus 1, so that 0 is no block */
    uint64_t used;   /* bytes, with this struct; 0: it is written now */
    int64_t time;    /* the last look at the clock before */
    uint64_t reserved;
};

/*
 * 16 bytes.  `head` has the type in its highest 8 bits, then 16 bits that are
 * called `detail` here, and the id of a task in its lowest 40 bits.
 */
struct coil_record_slot {
    uint64_t head;
    uint64_t value;
};

#define COIL_RECORD_HEAD(type, detail, id)                                     \
    ((uint64_t)(type) << 56 | (uint64_t)((detail)&0xffff) << 40 |              \
     ((uint64_t)(id)&0xffffffffff))

/*
 * Most records carry no time: they were made after the time that stands before
 * them, and before the next one.
 */
enum coil_record_type {
    COIL_RECORD_NONE,
    /*
     * The clock was read; value: the time.  Id: the task that ran last, if that
     * is known, else 0; detail: enum coil_record_clock.
     */
    COIL_RECORD_TIME,
    /* A task was made.  Detail: its site; value: the task that made it, or 0. */
    COIL_RECORD_MADE,
    /* The first step, if the loop has looked outside since the task was made. */
    COIL_RECORD_STARTED,
    /* The function has returned; value: its result. */
    COIL_RECORD_ENDED,
    /* Somebody asked for the end; value: the task that did, or 0. */
    COIL_RECORD_CANCELLED,
    /*
     * The task waits.  Detail: for what; value: the object's address in the
     * lowest 48 bits.  Above it, a bit is set if this was written late: the wait
     * began at some time since the last COIL_RECORD_CLOCK_LOOKED; then, in 15
     * bits, the descriptor plus 1, unless that is larger; 0: none.
     */
    COIL_RECORD_PARKED,
    /* Behind PARKED: id is that of the task that the waiting one needs. */
    COIL_RECORD_NEEDS,
    /* Behind PARKED; value: the descriptor, if it is a large one. */
    COIL_RECORD_DESCRIPTOR,
    /* Behind PARKED: the wait is an old one; value: when it began. */
    COIL_RECORD_SINCE,
    /*
     * The wait has an outcome.  Detail: the outcome, as int16_t; value: the task
     * that has decided it, in the lowest 40 bits, and above, enum
     * coil_record_cause.
     */
    COIL_RECORD_WOKEN,
    /* A task's name; detail: its length; TEXT follows. */
    COIL_RECORD_NAME,
    /* The task exists; detail: its site; value: 1 if it has begun. */
    COIL_RECORD_ALIVE,
    /* Value: how many timers became due. */
    COIL_RECORD_TIMERS,
    /* Value: how many calls came from other threads. */
    COIL_RECORD_CALLS,
    /* Detail: 0; value: none: signals were seen. */
    COIL_RECORD_SIGNALS,
    /* A span of the user's; detail: its name; value: the time. */
    COIL_RECORD_SPAN_BEGIN,
    COIL_RECORD_SPAN_END,
    /* Detail: the length; value: the time; TEXT follows. */
    COIL_RECORD_NOTE,
    /*
     * 15 bytes more of the text of the record before: the lowest 7 bytes of
     * `head`, then `value`.
     */
    COIL_RECORD_TEXT,
};

enum coil_record_clock {
    COIL_RECORD_CLOCK_STEPS, /* after some steps */
    COIL_RECORD_CLOCK_WAITS, /* nothing is ready: the loop begins to wait */
    COIL_RECORD_CLOCK_LOOKED /* it has looked outside; id: how many are ready */
};

enum coil_record_cause {
    COIL_RECORD_BY_TASK, /* by the task that ran */
    COIL_RECORD_BY_CALLBACK,
    COIL_RECORD_BY_IO,
    COIL_RECORD_BY_THREAD, /* a call from another thread */
    COIL_RECORD_BY_SIGNAL
};

/* A record of the side, at a multiple of 8.  Its text follows. */
struct coil_record_aside {
    uint64_t size;   /* of all, a multiple of 8 */
    int64_t time;    /* CLOCK_MONOTONIC */
    int64_t age;     /* how long the step had taken by then */
    uint64_t task;   /* 0: no task */
    uint64_t length; /* of the text */
};

#ifdef __cplusplus
}
#endif

#endif
