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

struct field {
    unsigned number;
    uint64_t value; /* or the length */
    const unsigned char *bytes;
};

static uint64_t varint(const unsigned char **at, const unsigned char *end)
{
    uint64_t n = 0;

    for (unsigned shift = 0;; shift += 7) {
        ASSERT_GT(end - *at, 0);
        ASSERT_LT(shift, 64);
        n |= (uint64_t)(**at & 0x7f) << shift;
        if (!(*(*at)++ & 0x80))
            return n;
    }
}

/* The next field; false at the end. */
static bool next_field(const unsigned char **at, const unsigned char *end,
                       struct field *field)
{
    uint64_t key;

    if (*at == end)
        return false;
    key = varint(at, end);
    *field = (struct field){ .number = (unsigned)(key >> 3) };
    switch (key & 7) {
    case 0:
        field->value = varint(at, end);
        break;
    case 1:
        ASSERT_GE(end - *at, 8);
        memcpy(&field->value, *at, 8);
        *at += 8;
        break;
    case 2:
        field->value = varint(at, end);
        ASSERT_LE(field->value, (uint64_t)(end - *at));
        field->bytes = *at;
        *at += field->value;
        break;
    default:
        FAIL("a field has the wire type %d", (int)(key & 7));
    }
    return true;
}

/* Whether a message has the field, as number or as bytes. */
static bool find(const struct field *message, unsigned number,
                 struct field *found)
{
    const unsigned char *at = message->bytes;

    while (next_field(&at, message->bytes + message->value, found))
        if (found->number == number)
            return true;
    return false;
}

static bool has_text(const struct field *message, unsigned number,
                     const char *text)
{
    struct field found;

    return find(message, number, &found) && found.value == strlen(text) &&
           memcmp(found.bytes, text, found.value) == 0;
}

/* Of Perfetto's protos. */
enum {
    TIMESTAMP = 8,
    TRACK_EVENT = 11,
    TRACK_DESCRIPTOR = 60,
    EVENT_TYPE = 9,
    EVENT_TRACK = 11,
    EVENT_NAME = 23,
    EVENT_FLOW = 47,
    EVENT_FLOW_END = 48,
};

struct seen {
    uint64_t tracks[TRACKS];
    int depths[TRACKS];
    int track_count;
    int stalls;
    int locks;
    int flows;
    int flow_ends;
};

static void see_event(struct seen *seen, const struct field *event)
{
    struct field track;
    struct field type;
    struct field found;
    int i = 0;

    ASSERT(find(event, EVENT_TRACK, &track));
    ASSERT(find(event, EVENT_TYPE, &type));
    /* Its track was described before. */
    while (i < seen->track_count && seen->tracks[i] != track.value)
        i++;
    ASSERT_LT(i, seen->track_count);
    seen->depths[i] += type.value == 1 ? 1 : type.value == 2 ? -1 : 0;
    ASSERT_GE(seen->depths[i], 0);
    seen->stalls += has_text(event, EVENT_NAME, "stall: the stalled");
    seen->locks += has_text(event, EVENT_NAME, "lock");
    seen->flows += find(event, EVENT_FLOW, &found);
    seen->flow_ends += find(event, EVENT_FLOW_END, &found);
}

static void see_packet(struct seen *seen, const struct field *packet)
{
    struct field found;
    struct field uuid;

    if (find(packet, TRACK_DESCRIPTOR, &found)) {
        ASSERT(find(&found, 1, &uuid));
        ASSERT_LT(seen->track_count, TRACKS);
        seen->tracks[seen->track_count++] = uuid.value;
        return;
    }
    ASSERT(find(packet, TIMESTAMP, &uuid));
    ASSERT(find(packet, TRACK_EVENT, &found));
    see_event(seen, &found);
}

static const unsigned char *read_file(const char *path, size_t *size)
{
    static unsigned char bytes[256 << 10];
    FILE *file = fopen(path, "rb");

    ASSERT_NOT_NULL(file);
    *size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    return bytes;
}

TEST(record_perfetto_trace_is_sound)
{
    struct seen seen = { .track_count = 0 };
    const unsigned char *at;
    const unsigned char *end;
    struct field packet;
    char out[128];
    size_t size;

    record();
    snprintf(out, sizeof out, "%s/trace", record_folder());
    record_show(
        (const char *const[]){ "convert", "--perfetto", "-o", out, NULL },
        record_folder());
    ASSERT_EQ(record_status, 0);
    at = read_file(out, &size);
    end = at + size;
    while (next_field(&at, end, &packet)) {
        ASSERT_EQ(packet.number, 1);
        see_packet(&seen, &packet);
    }
    for (int i = 0; i < seen.track_count; i++)
        ASSERT_EQ(seen.depths[i], 0);
    ASSERT_EQ(seen.stalls, 1);
    ASSERT_EQ(seen.locks, 1);
    ASSERT_GT(seen.flows, 0);
    ASSERT_EQ(seen.flows, seen.flow_ends);
    record_end();
}
