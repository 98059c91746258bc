/* SPDX-License-Identifier: MIT */
#include "event.h"

#include <string.h>

/* ---- slots ---------------------------------------------------------------- */

static bool begin_block(struct reader *r)
{
    for (; r->number <= r->file->last; r->number++) {
        r->block = file_block(r->file, r->number, &r->end);
        if (r->block) {
            r->at = sizeof(struct coil_record_block);
            return true;
        }
    }
    return false;
}

/* Look at the next slot, in this block only. */
static bool peek(const struct reader *r, struct coil_record_slot *slot)
{
    if (!r->block || r->end - r->at < sizeof *slot)
        return false;
    memcpy(slot, r->block + r->at, sizeof *slot);
    return true;
}

static unsigned type_of(const struct coil_record_slot *slot)
{
    return (unsigned)(slot->head >> 56);
}

static uint64_t id_of(const struct coil_record_slot *slot)
{
    return slot->head & 0xffffffffff;
}

/* Append 15 bytes to the text of the event. */
static void take_text(struct event *event, const struct coil_record_slot *slot)
{
    size_t length = strlen(event->text);
    unsigned char bytes[15];

    if (length + sizeof bytes >= sizeof event->text)
        return;
    for (unsigned i = 0; i < 7; i++)
        bytes[i] = (unsigned char)(slot->head >> 8 * i);
    memcpy(bytes + 7, &slot->value, 8);
    memcpy(event->text + length, bytes, sizeof bytes);
    event->text[length + sizeof bytes] = '\0';
}

/* Whether the slot belongs to the event, which it then says more of. */
static bool take_more(struct event *event, const struct coil_record_slot *slot)
{
    switch (type_of(slot)) {
    case COIL_RECORD_NEEDS:
        event->needs = id_of(slot);
        return true;
    case COIL_RECORD_DESCRIPTOR:
        event->descriptor = (int64_t)(slot->value & INT32_MAX);
        return true;
    case COIL_RECORD_SINCE:
        event->since = (int64_t)(slot->value & INT64_MAX);
        return true;
    case COIL_RECORD_TEXT:
        take_text(event, slot);
        return true;
    default:
        return false;
    }
}

/* The next record, without its time. */
static bool next_record(struct reader *r, struct event *event)
{
    struct coil_record_slot slot;

    while (!peek(r, &slot)) {
        r->number += r->block != NULL;
        if (!begin_block(r))
            return false;
    }
    r->at += sizeof slot;
    *event = (struct event){
        .type = type_of(&slot),
        .detail = (unsigned)(slot.head >> 40) & 0xffff,
        .id = id_of(&slot),
        .value = slot.value,
        .descriptor = -1,
        .since = -1,
    };
    if (event->type == COIL_RECORD_PARKED)
        event->descriptor = (int64_t)(event->value >> 49) - 1;
    while (peek(r, &slot) && take_more(event, &slot))
        r->at += sizeof slot;
    return true;
}

/* ---- times ---------------------------------------------------------------- */

bool event_has_time(const struct event *event)
{
    return event->type == COIL_RECORD_TIME ||
           event->type == COIL_RECORD_SPAN_BEGIN ||
           event->type == COIL_RECORD_SPAN_END ||
           event->type == COIL_RECORD_NOTE;
}

/* No clock goes back, and none shows thousands of years. */
static int64_t later(int64_t before, uint64_t time)
{
    return time > (uint64_t)before && time < INT64_MAX / 16 ? (int64_t)time
                                                            : before;
}

/* Count the records up to the next one with a time. */
static void begin_interval(struct reader *r, int64_t from, bool waits)
{
    struct reader ahead = *r;
    struct event event;

    r->from = from;
    r->to = from;
    r->waits = waits;
    r->count = 0;
    r->passed = 0;
    r->who = 0;
    r->is_late = false;
    while (next_record(&ahead, &event)) {
        if (event_has_time(&event)) {
            r->to = later(from, event.value);
            if (r->to - from >= LONG_STEP && event.type == COIL_RECORD_TIME &&
                event.detail != COIL_RECORD_CLOCK_LOOKED)
                r->who = event.id;
            return;
        }
        r->count++;
    }
}

void reader_begin(struct reader *reader, const struct file *file)
{
    *reader = (struct reader){ .file = file, .number = file->first };
}

/* The time before the first record is in its block. */
static void begin(struct reader *r)
{
    struct coil_record_block block = { .time = 0 };

    r->is_begun = true;
    if (begin_block(r))
        memcpy(&block, r->block, sizeof block);
    begin_interval(r, block.time > 0 ? later(0, (uint64_t)block.time) : 0,
                   false);
}

/*
 * If one step took nearly all of the interval, then what ends it is at the end, and
 * the rest before.
 */
static int64_t time_between(struct reader *r, const struct event *event)
{
    bool ends_step =
        event->type == COIL_RECORD_PARKED || event->type == COIL_RECORD_ENDED;

    r->passed++;
    if (r->waits)
        return r->to;
    r->is_late = r->is_late || (ends_step && event->id == r->who);
    if (r->who > 0)
        return r->is_late ? r->to : r->from;
    return r->from +
           (r->to - r->from) / (int64_t)(r->count + 1) * (int64_t)r->passed;
}

bool reader_next(struct reader *r, struct event *event)
{
    if (!r->is_begun)
        begin(r);
    if (!next_record(r, event))
        return false;
    if (event_has_time(event)) {
        event->time = later(r->from, event->value);
        begin_interval(r, event->time,
                       event->type == COIL_RECORD_TIME &&
                           event->detail == COIL_RECORD_CLOCK_WAITS);
        return true;
    }
    event->time = time_between(r, event);
    return true;
}

/* ---- what a value says ---------------------------------------------------- */

int64_t event_began(const struct event *event)
{
    return event->since >= 0 && event->since < event->time ? event->since
                                                           : event->time;
}

uint64_t event_object(const struct event *event)
{
    return event->value & (((uint64_t)1 << 48) - 1);
}

uint64_t event_waker(const struct event *event)
{
    return event->value & 0xffffffffff;
}

unsigned event_cause(const struct event *event)
{
    return (unsigned)(event->value >> 40 & 0xff);
}

int event_outcome(const struct event *event)
{
    return (int16_t)(uint16_t)event->detail;
}

const char *cause_name(unsigned cause)
{
    static const char *const names[] = {
        [COIL_RECORD_BY_TASK] = "a task",
        [COIL_RECORD_BY_CALLBACK] = "a timer or callback",
        [COIL_RECORD_BY_IO] = "I/O",
        [COIL_RECORD_BY_THREAD] = "another thread",
        [COIL_RECORD_BY_SIGNAL] = "a signal",
    };

    return cause < sizeof names / sizeof *names ? names[cause] : "?";
}
