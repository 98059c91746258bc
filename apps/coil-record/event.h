/* SPDX-License-Identifier: MIT */
/*
 * event.h - the records of a file, one after the other, with their times
 *
 * Most records have no time of their own.  Those between two readings of the
 * clock are spread over the time between; what happened while the loop waited
 * happened when the wait was over.
 */
#ifndef COIL_RECORD_EVENT_H
#define COIL_RECORD_EVENT_H

#include "file.h"

enum { TEXT_MAX = 128 };

/* In ns: a step that takes as long stands out, and is shown by itself. */
#define LONG_STEP ((int64_t)1000000)

struct event {
    int64_t time;
    unsigned type;
    unsigned detail;
    uint64_t id;
    uint64_t value;
    uint64_t needs;     /* of PARKED; 0: nobody */
    int64_t descriptor; /* of PARKED; -1: none */
    int64_t since;      /* of PARKED, if it is an old wait; else -1 */
    char text[TEXT_MAX + 16];
};

struct reader {
    const struct file *file;
    const unsigned char *block;
    uint64_t number; /* of the block */
    size_t at;
    size_t end;
    /* The interval between two readings of the clock. */
    int64_t from;
    int64_t to;
    uint64_t count;
    uint64_t passed;
    uint64_t who; /* ran last, if a step took long; else 0 */
    bool is_late; /* that step is over */
    bool waits;
    bool is_begun;
};

void reader_begin(struct reader *reader, const struct file *file);

/* The next one.  False: there are no more. */
bool reader_next(struct reader *reader, struct event *event);

/* Whether the loop was reading the clock, or the program was, for this record. */
bool event_has_time(const struct event *event);

/* When it began: an old wait began before the time of its record. */
int64_t event_began(const struct event *event);

/* Of PARKED: the object.  Of WOKEN: by whom, how, with what. */
uint64_t event_object(const struct event *event);
uint64_t event_waker(const struct event *event);
unsigned event_cause(const struct event *event);
int event_outcome(const struct event *event);

/* "by the task", "by I/O" … */
const char *cause_name(unsigned cause);

#endif
