/* SPDX-License-Identifier: MIT */
/*
 * perfetto.c - Perfetto's trace format: messages of Protocol Buffers
 *
 * The numbers are those of the fields in Perfetto's protos/perfetto/trace.  A
 * message within a message has its length before it, so each is made in a buffer.
 */
#include "sink.h"

#include <string.h>

#include "inspect/text.h"

enum {
    TRACE_PACKET = 1,
    PACKET_TIMESTAMP = 8,
    PACKET_SEQUENCE = 10,
    PACKET_EVENT = 11,
    PACKET_FLAGS = 13,
    PACKET_DESCRIPTOR = 60,
    DESCRIPTOR_UUID = 1,
    DESCRIPTOR_NAME = 2,
    DESCRIPTOR_PROCESS = 3,
    DESCRIPTOR_PARENT = 5,
    PROCESS_PID = 1,
    PROCESS_NAME = 6,
    EVENT_ANNOTATION = 4,
    EVENT_TYPE = 9,
    EVENT_TRACK = 11,
    EVENT_CATEGORY = 22,
    EVENT_NAME = 23,
    EVENT_FLOW = 47,
    EVENT_FLOW_END = 48,
    ANNOTATION_INT = 4,
    ANNOTATION_STRING = 6,
    ANNOTATION_NAME = 10,
    /* Of the type of an event. */
    SLICE_BEGIN = 1,
    SLICE_END = 2,
    INSTANT = 3,
    /* Of the packets' flags: no state from before is needed. */
    STATE_CLEARED = 1,
    SEQUENCE = 1,
};

enum { MESSAGE_MAX = 16 << 10, STRING_MOST = 4 << 10 };

struct message {
    size_t length;
    unsigned char bytes[MESSAGE_MAX];
};

/* ---- messages ------------------------------------------------------------- */

static void put_byte(struct message *m, unsigned byte)
{
    if (m->length < MESSAGE_MAX)
        m->bytes[m->length++] = (unsigned char)byte;
}

static void put_varint(struct message *m, uint64_t n)
{
    for (; n >= 0x80; n >>= 7)
        put_byte(m, (unsigned)(n & 0x7f) | 0x80);
    put_byte(m, (unsigned)n);
}

static void put_number(struct message *m, unsigned field, uint64_t n)
{
    put_varint(m, (uint64_t)field << 3);
    put_varint(m, n);
}

static void put_fixed64(struct message *m, unsigned field, uint64_t n)
{
    put_varint(m, (uint64_t)field << 3 | 1);
    for (unsigned i = 0; i < 8; i++)
        put_byte(m, (unsigned)(n >> 8 * i) & 0xff);
}

/* Nothing is put if there is no room: a cut message would be no message. */
static void put_bytes(struct message *m, unsigned field, const void *bytes,
                      size_t length)
{
    if (length + 20 > MESSAGE_MAX - m->length)
        return;
    put_varint(m, (uint64_t)field << 3 | 2);
    put_varint(m, length);
    memcpy(m->bytes + m->length, bytes, length);
    m->length += length;
}

static void put_text(struct message *m, unsigned field, const char *text)
{
    char clean[STRING_MOST];

    text_clean(clean, sizeof clean, text);
    put_bytes(m, field, clean, strlen(clean));
}

static void write_packet(struct sink *sink, struct message *packet)
{
    struct message head = { .length = 0 };

    put_number(packet, PACKET_SEQUENCE, SEQUENCE);
    if (sink->written++ == 0)
        put_number(packet, PACKET_FLAGS, STATE_CLEARED);
    put_varint(&head, TRACE_PACKET << 3 | 2);
    put_varint(&head, packet->length);
    fwrite(head.bytes, 1, head.length, sink->out);
    fwrite(packet->bytes, 1, packet->length, sink->out);
}

/* ---- tracks --------------------------------------------------------------- */

static uint64_t uuid_of_process(uint64_t pid)
{
    return ((uint64_t)1 << 62) | pid;
}

static uint64_t uuid_of(const struct track *track)
{
    return ((uint64_t)track->file + 1) << 42 | (uint64_t)track->is_task << 41 |
           (track->number & (((uint64_t)1 << 41) - 1));
}

static void write_descriptor(struct sink *sink,
                             const struct message *descriptor)
{
    struct message packet = { .length = 0 };

    put_bytes(&packet, PACKET_DESCRIPTOR, descriptor->bytes,
              descriptor->length);
    write_packet(sink, &packet);
}

static void process(struct sink *sink, const struct track *loop,
                    const char *name)
{
    struct message about = { .length = 0 };
    struct message descriptor = { .length = 0 };

    put_number(&about, PROCESS_PID, loop->pid & INT32_MAX);
    put_text(&about, PROCESS_NAME, name);
    put_number(&descriptor, DESCRIPTOR_UUID, uuid_of_process(loop->pid));
    put_bytes(&descriptor, DESCRIPTOR_PROCESS, about.bytes, about.length);
    write_descriptor(sink, &descriptor);
}

static void add_track(struct sink *sink, const struct track *track,
                      const char *name)
{
    struct message descriptor = { .length = 0 };

    put_number(&descriptor, DESCRIPTOR_UUID, uuid_of(track));
    put_text(&descriptor, DESCRIPTOR_NAME, name);
    put_number(&descriptor, DESCRIPTOR_PARENT, uuid_of_process(track->pid));
    write_descriptor(sink, &descriptor);
}

/* ---- events --------------------------------------------------------------- */

static void put_args(struct message *event, const struct args *args)
{
    for (unsigned i = 0; args && i < args->count; i++) {
        const struct arg *arg = &args->all[i];
        struct message annotation = { .length = 0 };

        put_text(&annotation, ANNOTATION_NAME, arg->key);
        if (arg->text)
            put_text(&annotation, ANNOTATION_STRING, arg->text);
        else
            put_number(&annotation, ANNOTATION_INT, (uint64_t)arg->number);
        put_bytes(event, EVENT_ANNOTATION, annotation.bytes, annotation.length);
    }
}

static void write_event(struct sink *sink, const struct message *event,
                        int64_t time)
{
    struct message packet = { .length = 0 };

    put_number(&packet, PACKET_TIMESTAMP, (uint64_t)time);
    put_bytes(&packet, PACKET_EVENT, event->bytes, event->length);
    write_packet(sink, &packet);
}

static void begin_event(struct message *event, unsigned type,
                        const struct track *track)
{
    event->length = 0;
    put_number(event, EVENT_TYPE, type);
    put_number(event, EVENT_TRACK, uuid_of(track));
}

static void begin(struct sink *sink, const struct track *track, int64_t time,
                  const char *name, const char *category,
                  const struct args *args)
{
    struct message event;

    begin_event(&event, SLICE_BEGIN, track);
    put_text(&event, EVENT_CATEGORY, category);
    put_text(&event, EVENT_NAME, name);
    put_args(&event, args);
    write_event(sink, &event, time);
}

static void end(struct sink *sink, const struct track *track, int64_t time)
{
    struct message event;

    begin_event(&event, SLICE_END, track);
    write_event(sink, &event, time);
}

static void instant(struct sink *sink, const struct track *track, int64_t time,
                    const char *name, const struct args *args, enum flow flow,
                    uint64_t flow_id)
{
    struct message event;

    begin_event(&event, INSTANT, track);
    put_text(&event, EVENT_NAME, name);
    put_args(&event, args);
    if (flow != FLOW_NONE)
        put_fixed64(&event, flow == FLOW_BEGINS ? EVENT_FLOW : EVENT_FLOW_END,
                    flow_id);
    write_event(sink, &event, time);
}

static void finish(struct sink *sink)
{
    (void)sink;
}

void sink_perfetto(struct sink *sink, FILE *out)
{
    *sink = (struct sink){
        .process = process,
        .track = add_track,
        .begin = begin,
        .end = end,
        .instant = instant,
        .finish = finish,
        .out = out,
    };
}
