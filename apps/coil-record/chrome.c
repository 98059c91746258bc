/* SPDX-License-Identifier: MIT */
/*
 * chrome.c - Chrome's trace event format, in JSON
 */
#include "sink.h"

#include <inttypes.h>

#include "inspect/text.h"

/* Behind the threads of loops. */
enum { FIRST_TASK = 100000 };

static void begin_event(struct sink *sink, const char *phase,
                        const struct track *track)
{
    fprintf(sink->out, "%s{\"ph\":\"%s\",\"pid\":%" PRIu64 ",\"tid\":%" PRIu64,
            sink->written++ ? ",\n" : "", phase, track->pid,
            track->is_task ? FIRST_TASK + track->number : track->number);
}

static void put_key(struct sink *sink, const char *key, const char *text)
{
    fprintf(sink->out, ",\"%s\":", key);
    text_put_json(sink->out, text, "?");
}

/* Microseconds, with the nanoseconds behind the point. */
static void put_time(struct sink *sink, int64_t time)
{
    fprintf(sink->out, ",\"ts\":%" PRId64 ".%03d", time / 1000,
            (int)(time % 1000));
}

static void put_args(struct sink *sink, const struct args *args)
{
    fputs(",\"args\":{", sink->out);
    for (unsigned i = 0; args && i < args->count; i++) {
        const struct arg *arg = &args->all[i];

        fprintf(sink->out, "%s\"%s\":", i ? "," : "", arg->key);
        if (arg->text)
            text_put_json(sink->out, arg->text, "?");
        else
            fprintf(sink->out, "%" PRId64, arg->number);
    }
    fputs("}}", sink->out);
}

static void put_name(struct sink *sink, const struct track *track,
                     const char *kind, const char *name)
{
    begin_event(sink, "M", track);
    fprintf(sink->out, ",\"name\":\"%s\"", kind);
    put_args(sink, &(struct args){ { { "name", name, 0 } }, 1 });
}

static void process(struct sink *sink, const struct track *loop,
                    const char *name)
{
    put_name(sink, loop, "process_name", name);
}

static void add_track(struct sink *sink, const struct track *track,
                      const char *name)
{
    put_name(sink, track, "thread_name", name);
}

static void begin(struct sink *sink, const struct track *track, int64_t time,
                  const char *name, const char *category,
                  const struct args *args)
{
    begin_event(sink, "B", track);
    put_time(sink, time);
    put_key(sink, "name", name);
    put_key(sink, "cat", category);
    put_args(sink, args);
}

static void end(struct sink *sink, const struct track *track, int64_t time)
{
    begin_event(sink, "E", track);
    put_time(sink, time);
    fputc('}', sink->out);
}

/* An arrow needs a slice at either end. */
static void put_flow(struct sink *sink, const struct track *track, int64_t time,
                     enum flow flow, uint64_t id)
{
    begin_event(sink, flow == FLOW_BEGINS ? "s" : "f", track);
    put_time(sink, time);
    fprintf(sink->out,
            ",\"name\":\"wake\",\"cat\":\"wake\",\"id\":%" PRIu64 "%s}", id,
            flow == FLOW_ENDS ? ",\"bp\":\"e\"" : "");
}

static void instant(struct sink *sink, const struct track *track, int64_t time,
                    const char *name, const struct args *args, enum flow flow,
                    uint64_t flow_id)
{
    begin_event(sink, flow == FLOW_NONE ? "i" : "X", track);
    put_time(sink, time);
    fputs(flow == FLOW_NONE ? ",\"s\":\"t\"" : ",\"dur\":0", sink->out);
    put_key(sink, "name", name);
    put_args(sink, args);
    if (flow != FLOW_NONE)
        put_flow(sink, track, time, flow, flow_id);
}

static void finish(struct sink *sink)
{
    fputs("\n]}\n", sink->out);
}

void sink_chrome(struct sink *sink, FILE *out)
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
    fputs("{\"displayTimeUnit\":\"ns\",\"traceEvents\":[\n", out);
}
