/* SPDX-License-Identifier: MIT */
/*
 * coil-record convert: a stall of 200 ms, arrows, spans, in each format.
 */
#include <jansson.h>
#include <time.h>

#include <coil/lock.h>
#include <coil/record.h>
#include <coil/sleep.h>
#include <coil/task.h>

#include "names.h"
#include "record_test.h"
#include "wire_format.h"

bool test_reports_slow_steps = true;

static struct coil_lock lock = COIL_LOCK_INIT;

/* Nobody else has a function of this name. */
static __attribute__((noinline)) void block_for_200_ms(void)
{
    const struct timespec time = { 0, 200000000 };

    nanosleep(&time, NULL);
    __asm__ volatile("");
}

static int stall(void *arg)
{
    int rc = coil_lock_acquire(&lock);

    (void)arg;
    if (rc < 0)
        return rc;
    coil_span_begin("outer");
    coil_span_begin("inner \"quoted\" \xff");
    rc = coil_sleep(10 * COIL_MILLISECOND);
    coil_span_end();
    coil_note("a note");
    block_for_200_ms();
    coil_span_end();
    coil_lock_release(&lock);
    return rc;
}

static int wait_for_lock(void *arg)
{
    int rc = coil_lock_acquire(&lock);

    (void)arg;
    coil_lock_release(&lock);
    return rc;
}

static int do_it(void *arg)
{
    const struct coil_task_options options = { .name = "the stalled" };
    struct coil_task *tasks[2];
    int rc = coil_task_create_with(&tasks[0], stall, NULL, &options);

    (void)arg;
    if (rc == 0)
        rc = coil_task_create(&tasks[1], wait_for_lock, NULL);
    for (int i = 0; i < 2 && rc == 0; i++) {
        rc = coil_task_await(tasks[i]);
        coil_task_release(tasks[i]);
    }
    return rc;
}

static void record(void)
{
    record_run(do_it, NULL);
    ASSERT_CHILD_EXITED(&the_child, 0);
}

static const char *convert(const char *format)
{
    const char *text = record_show(
        (const char *const[]){ "convert", format, NULL }, record_folder());

    if (record_status != 0)
        FAIL("coil-record: %d, %s", record_status, record_program.err);
    return text;
}

/* ---- the stall ------------------------------------------------------------ */

TEST(record_dump_and_top_name_the_function_of_a_stall)
{
    const char *text;

    record();
    text = record_dump();
    ASSERT_STR_CONTAINS(text, "stall:\n");
    ASSERT_STR_CONTAINS(text, "coil: the stalled, made at ");
    if (NAMES_ARE_KEPT)
        ASSERT_STR_CONTAINS(text, " block_for_200_ms");
    text = record_show((const char *const[]){ "top", NULL }, record_folder());
    ASSERT_EQ(record_status, 0);
    ASSERT_STR_CONTAINS(text, "\nstall at ");
    text = strstr(text, "LONGEST STEPS");
    ASSERT_NOT_NULL(text);
    ASSERT_STR_CONTAINS(text, " ms  the stalled");
    record_end();
}

TEST(record_svg_shows_a_stall_with_its_stack)
{
    const char *text;
    const char *red;

    record();
    text = convert("--svg");
    ASSERT_EQ(strncmp(text, "<svg xmlns=", 11), 0);
    red = strstr(text, "fill=\"#d62728\"><title>2");
    ASSERT_NOT_NULL(red);
    ASSERT_STR_CONTAINS(red, " ms stall\ncoil: the stalled, made at ");
    if (NAMES_ARE_KEPT)
        ASSERT_STR_CONTAINS(red, " block_for_200_ms");
    ASSERT_STR_CONTAINS(text, " span: inner &quot;quoted&quot; ?<");
    ASSERT_STR_CONTAINS(text, ">lock</text>");
    ASSERT_STR_CONTAINS(text, "</svg>\n");
    record_end();
}

/* ---- JSON ----------------------------------------------------------------- */

enum { DEPTH = 32, TRACKS = 16 };

struct row {
    long long tid;
    int depth;
    double since[DEPTH];
};

static struct row *row_of(struct row rows[TRACKS], const json_t *event)
{
    long long tid = json_integer_value(json_object_get(event, "tid"));
    struct row *row = rows;

    ASSERT_GT(tid, 0);
    while (row->tid != 0 && row->tid != tid)
        row++;
    ASSERT_LT(row - rows, TRACKS);
    row->tid = tid;
    return row;
}

static const char *text_of(const json_t *event, const char *key)
{
    const char *text = json_string_value(json_object_get(event, key));

    return text ? text : "";
}

/* Slices on each track lie in each other. */
static void check_nesting(struct row rows[TRACKS], const json_t *event)
{
    struct row *row = row_of(rows, event);
    double time = json_real_value(json_object_get(event, "ts"));
    const char *phase = text_of(event, "ph");

    if (strcmp(phase, "B") == 0) {
        ASSERT_LT(row->depth, DEPTH);
        row->since[row->depth++] = time;
    }
    if (strcmp(phase, "E") == 0) {
        ASSERT_GT(row->depth, 0);
        ASSERT(row->since[--row->depth] <= time);
    }
}

static int count_events(const json_t *events, const char *phase,
                        const char *name)
{
    const json_t *event;
    size_t i;
    int n = 0;

    json_array_foreach(events, i, event)
    {
        n += strcmp(text_of(event, "ph"), phase) == 0 &&
             strcmp(text_of(event, "name"), name) == 0;
    }
    return n;
}

static void check_stall(const json_t *events)
{
    const json_t *event;
    size_t i;

    json_array_foreach(events, i, event)
    {
        const json_t *args = json_object_get(event, "args");

        if (strcmp(text_of(event, "name"), "stall: the stalled") != 0)
            continue;
        ASSERT_STR_CONTAINS(text_of(args, "stack"), "coil: the stalled, made");
        if (NAMES_ARE_KEPT)
            ASSERT_STR_CONTAINS(text_of(args, "stack"), " block_for_200_ms");
        return;
    }
    FAIL("no slice tells of the stall");
}

TEST(record_chrome_json_is_sound)
{
    struct row rows[TRACKS] = { { .tid = 0 } };
    const json_t *event;
    const json_t *events;
    json_error_t error;
    json_t *all;
    size_t i;

    record();
    all = json_loads(convert("--chrome"), 0, &error);
    if (!all)
        FAIL("line %d: %s", error.line, error.text);
    events = json_object_get(all, "traceEvents");
    json_array_foreach(events, i, event) check_nesting(rows, event);
    for (i = 0; i < TRACKS; i++)
        ASSERT_EQ(rows[i].depth, 0);
    check_stall(events);
    ASSERT_EQ(count_events(events, "B", "lock"), 1);
    ASSERT_EQ(count_events(events, "B", "outer"), 1);
    ASSERT_EQ(count_events(events, "B", "inner \"quoted\" ?"), 1);
    ASSERT_EQ(count_events(events, "i", "a note"), 1);
    ASSERT_GT(count_events(events, "s", "wake"), 0);
    ASSERT_EQ(count_events(events, "s", "wake"),
              count_events(events, "f", "wake"));
    json_decref(all);
    record_end();
}

/* ---- Protocol Buffers ----------------------------------------------------- */

/*
 * The fields that Perfetto's protos define, of those that may come: the message, the
 * number, how it is encoded, and the message within.
 */
enum message_kind {
    NO_MESSAGE,
    TRACE,
    TRACE_PACKET,
    TRACK_DESCRIPTOR,
    PROCESS_DESCRIPTOR,
    TRACK_EVENT,
    DEBUG_ANNOTATION,
};

/* Their numbers, as far as this test looks at what they have. */
enum {
    PACKET_TIMESTAMP = 8,
    PACKET_SEQUENCE = 10,
    PACKET_EVENT = 11,
    PACKET_FLAGS = 13,
    PACKET_DESCRIPTOR = 60,
    DESCRIPTOR_UUID = 1,
    DESCRIPTOR_PARENT = 5,
    EVENT_TYPE = 9,
    EVENT_TRACK = 11,
    EVENT_NAME = 23,
    EVENT_FLOW = 47,
    EVENT_FLOW_END = 48,
};

static const struct definition {
    enum message_kind of;
    unsigned number;
    enum wire_type type;
    enum message_kind within;
} definitions[] = {
    { TRACE, 1, WIRE_BYTES, TRACE_PACKET },
    { TRACE_PACKET, PACKET_TIMESTAMP, WIRE_VARINT, NO_MESSAGE },
    { TRACE_PACKET, PACKET_SEQUENCE, WIRE_VARINT, NO_MESSAGE },
    { TRACE_PACKET, PACKET_EVENT, WIRE_BYTES, TRACK_EVENT },
    { TRACE_PACKET, PACKET_FLAGS, WIRE_VARINT, NO_MESSAGE },
    { TRACE_PACKET, PACKET_DESCRIPTOR, WIRE_BYTES, TRACK_DESCRIPTOR },
    { TRACK_DESCRIPTOR, DESCRIPTOR_UUID, WIRE_VARINT, NO_MESSAGE },
    { TRACK_DESCRIPTOR, 2, WIRE_BYTES, NO_MESSAGE }, /* its name */
    { TRACK_DESCRIPTOR, 3, WIRE_BYTES, PROCESS_DESCRIPTOR },
    { TRACK_DESCRIPTOR, DESCRIPTOR_PARENT, WIRE_VARINT, NO_MESSAGE },
    { PROCESS_DESCRIPTOR, 1, WIRE_VARINT, NO_MESSAGE }, /* pid */
    { PROCESS_DESCRIPTOR, 6, WIRE_BYTES, NO_MESSAGE },  /* its name */
    { TRACK_EVENT, 4, WIRE_BYTES, DEBUG_ANNOTATION },
    { TRACK_EVENT, EVENT_TYPE, WIRE_VARINT, NO_MESSAGE },
    { TRACK_EVENT, EVENT_TRACK, WIRE_VARINT, NO_MESSAGE },
    { TRACK_EVENT, 22, WIRE_BYTES, NO_MESSAGE }, /* a category */
    { TRACK_EVENT, EVENT_NAME, WIRE_BYTES, NO_MESSAGE },
    { TRACK_EVENT, EVENT_FLOW, WIRE_FIXED64, NO_MESSAGE },
    { TRACK_EVENT, EVENT_FLOW_END, WIRE_FIXED64, NO_MESSAGE },
    { DEBUG_ANNOTATION, 4, WIRE_VARINT, NO_MESSAGE }, /* a number */
    { DEBUG_ANNOTATION, 6, WIRE_BYTES, NO_MESSAGE },  /* a text */
    { DEBUG_ANNOTATION, 10, WIRE_BYTES, NO_MESSAGE }, /* its name */
};

enum { DEFINITIONS = sizeof definitions / sizeof *definitions };

static bool seen_fields[DEFINITIONS];

static const struct definition *define(enum message_kind of,
                                       const struct wire_field *field)
{
    for (size_t i = 0; i < DEFINITIONS; i++)
        if (definitions[i].of == of && definitions[i].number == field->number) {
            seen_fields[i] = true;
            return &definitions[i];
        }
    FAIL("message %d has a field %u", (int)of, field->number);
}

static void check_message(struct wire_message message, enum message_kind kind)
{
    struct wire_field field;

    while (wire_next(&message, &field)) {
        const struct definition *d = define(kind, &field);

        ASSERT_EQ(field.type, d->type);
        if (d->within != NO_MESSAGE)
            check_message(wire_inside(&field), d->within);
    }
    ASSERT(!message.is_wrong);
}

/* Whether a message has the field. */
static bool find(const struct wire_field *inside, unsigned number,
                 struct wire_field *found)
{
    struct wire_message message = wire_inside(inside);

    while (wire_next(&message, found))
        if (found->number == number)
            return true;
    return false;
}

static bool has_text(const struct wire_field *message, unsigned number,
                     const char *text)
{
    struct wire_field found;

    return find(message, number, &found) && found.value == strlen(text) &&
           memcmp(found.bytes, text, found.value) == 0;
}

struct seen {
    uint64_t tracks[TRACKS];
    int depths[TRACKS];
    int track_count;
    int stalls;
    int locks;
    int flows;
    int flow_ends;
};

/* The track of this number, which was described before. */
static int track_with(const struct seen *seen, uint64_t uuid)
{
    int i = 0;

    while (i < seen->track_count && seen->tracks[i] != uuid)
        i++;
    ASSERT_LT(i, seen->track_count);
    return i;
}

static void see_descriptor(struct seen *seen,
                           const struct wire_field *descriptor)
{
    struct wire_field found;

    if (find(descriptor, DESCRIPTOR_PARENT, &found))
        track_with(seen, found.value);
    ASSERT(find(descriptor, DESCRIPTOR_UUID, &found));
    ASSERT_GT(found.value, 0); /* 0 is the trace's own */
    ASSERT_LT(seen->track_count, TRACKS);
    seen->tracks[seen->track_count++] = found.value;
}

static void see_event(struct seen *seen, const struct wire_field *event)
{
    struct wire_field type;
    struct wire_field found;
    int i;

    ASSERT(find(event, EVENT_TRACK, &found));
    i = track_with(seen, found.value);
    ASSERT(find(event, EVENT_TYPE, &type));
    ASSERT(type.value >= 1 && type.value <= 3);
    seen->depths[i] += type.value == 1 ? 1 : type.value == 2 ? -1 : 0;
    ASSERT_GE(seen->depths[i], 0);
    seen->stalls += has_text(event, EVENT_NAME, "stall: the stalled");
    seen->locks += has_text(event, EVENT_NAME, "lock");
    seen->flows += find(event, EVENT_FLOW, &found);
    seen->flow_ends += find(event, EVENT_FLOW_END, &found);
}

static void see_packet(struct seen *seen, const struct wire_field *packet)
{
    struct wire_field found;

    ASSERT(find(packet, PACKET_SEQUENCE, &found));
    ASSERT_GT(found.value, 0); /* Perfetto reads no packet without one */
    if (find(packet, PACKET_DESCRIPTOR, &found)) {
        see_descriptor(seen, &found);
        return;
    }
    ASSERT(find(packet, PACKET_TIMESTAMP, &found));
    ASSERT(find(packet, PACKET_EVENT, &found));
    see_event(seen, &found);
}

static struct wire_message read_file(const char *path)
{
    static unsigned char bytes[256 << 10];
    FILE *file = fopen(path, "rb");
    size_t size;

    ASSERT_NOT_NULL(file);
    size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    ASSERT_LT(size, sizeof bytes);
    return wire_message(bytes, size);
}

TEST(record_perfetto_trace_is_sound)
{
    struct seen seen = { .track_count = 0 };
    struct wire_message trace;
    struct wire_field packet;
    char out[128];

    record();
    snprintf(out, sizeof out, "%s/trace", record_folder());
    record_show(
        (const char *const[]){ "convert", "--perfetto", "-o", out, NULL },
        record_folder());
    ASSERT_EQ(record_status, 0);
    trace = read_file(out);
    check_message(trace, TRACE);
    for (size_t i = 0; i < DEFINITIONS; i++)
        if (!seen_fields[i])
            FAIL("message %d has no field %u", (int)definitions[i].of,
                 definitions[i].number);
    while (wire_next(&trace, &packet))
        see_packet(&seen, &packet);
    for (int i = 0; i < seen.track_count; i++)
        ASSERT_EQ(seen.depths[i], 0);
    ASSERT_EQ(seen.stalls, 1);
    ASSERT_EQ(seen.locks, 1);
    ASSERT_GT(seen.flows, 0);
    ASSERT_EQ(seen.flows, seen.flow_ends);
    record_end();
}
