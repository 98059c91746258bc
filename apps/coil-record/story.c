/* SPDX-License-Identifier: MIT */
/*
 * story.c - the records of a file as slices, instants and arrows
 *
 * The track of a loop has what it does: steps, and waiting for the outside.  That
 * of a task has what it waits for, and its spans.  A task that neither waits nor
 * has ended is ready, or runs.
 */
#include "story.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "event.h"
#include "tasks.h"

struct story {
    const struct file *file;
    unsigned number;
    struct sink *sink;
    struct tasks tasks;
    struct stalls stalls;
    struct track loop;
    bool loop_is_open; /* it has a slice that has not ended */
    int64_t clock;     /* the last reading */
    uint64_t flows;
    bool failed;
};

static struct track track_of(const struct story *s, const struct task *task)
{
    return (struct track){ s->file->head.pid, task->id, true, s->number };
}

/* Before a task is shown for the first time. */
static struct track show_task(struct story *s, struct task *task)
{
    struct track track = track_of(s, task);
    char name[TASK_NAME + 320];

    if (!task->is_told) {
        snprintf(name, sizeof name, "%s (%.255s)", task->name, task->site);
        s->sink->track(s->sink, &track, name);
        task->is_told = true;
    }
    return track;
}

static struct task *get(struct story *s, uint64_t id)
{
    struct task *task = tasks_get(&s->tasks, id);

    s->failed = s->failed || !task;
    return task;
}

/* ---- the loop ------------------------------------------------------------- */

static void end_loop_slice(struct story *s, int64_t time)
{
    if (s->loop_is_open)
        s->sink->end(s->sink, &s->loop, time);
    s->loop_is_open = false;
}

static void tell_long_step(struct story *s, const struct event *event)
{
    const struct stall *stall = stalls_find(&s->stalls, s->clock, event->time);
    uint64_t id = stall ? stall->task : event->id;
    struct args args = { .count = 0 };
    char name[TASK_NAME + 32];
    struct task *task;

    if (event->time - s->clock < LONG_STEP)
        return;
    task = get(s, id);
    if (!task)
        return;
    snprintf(name, sizeof name, "%s%s",
             stall ? "stall: " : "long step: ", id ? task->name : "?");
    arg_text(&args, "made at", task->site);
    if (stall)
        arg_text(&args, "stack", stall->text);
    s->sink->begin(s->sink, &s->loop, s->clock, name, "step", &args);
    s->sink->end(s->sink, &s->loop, event->time);
}

static void tell_time(struct story *s, const struct event *event)
{
    struct args args = { .count = 0 };

    if (event->detail == COIL_RECORD_CLOCK_LOOKED) {
        end_loop_slice(s, event->time);
        arg_number(&args, "ready", (int64_t)event->id);
        s->sink->begin(s->sink, &s->loop, event->time, "steps", "loop", &args);
        s->loop_is_open = true;
    } else {
        tell_long_step(s, event);
    }
    if (event->detail == COIL_RECORD_CLOCK_WAITS) {
        end_loop_slice(s, event->time);
        s->sink->begin(s->sink, &s->loop, event->time, "waits", "loop", NULL);
        s->loop_is_open = true;
    }
    s->clock = event->time;
}

/* ---- tasks ---------------------------------------------------------------- */

static void begin_wait(struct story *s, struct task *task,
                       const struct event *event)
{
    struct track track = show_task(s, task);
    struct args args = { .count = 0 };
    char object[32];

    if (task->reason)
        return;
    task_note(task, s->file, event);
    snprintf(object, sizeof object, "0x%" PRIx64, task->object);
    arg_text(&args, "object", object);
    if (task->needs)
        arg_number(&args, "needs task", (int64_t)task->needs);
    if (task->descriptor >= 0)
        arg_number(&args, "descriptor", task->descriptor);
    s->sink->begin(s->sink, &track, task->since, task->reason, "wait", &args);
}

static void tell_waker(struct story *s, const struct task *task,
                       const struct event *event)
{
    uint64_t waker = event_waker(event);
    struct args args = { .count = 0 };
    struct track from = s->loop;
    struct task *by;

    if (event_cause(event) == COIL_RECORD_BY_TASK && waker > 0) {
        by = get(s, waker);
        if (!by)
            return;
        from = show_task(s, by);
    } else {
        arg_text(&args, "by", cause_name(event_cause(event)));
    }
    arg_text(&args, "woken", task->name);
    s->sink->instant(s->sink, &from, event->time, "wakes", &args, FLOW_BEGINS,
                     s->flows);
}

static void end_wait(struct story *s, struct task *task,
                     const struct event *event)
{
    struct track track = show_task(s, task);
    struct args args = { .count = 0 };

    if (task->reason)
        s->sink->end(s->sink, &track, event->time);
    s->flows++;
    tell_waker(s, task, event);
    arg_number(&args, "outcome", event_outcome(event));
    s->sink->instant(s->sink, &track, event->time, "woken", &args, FLOW_ENDS,
                     s->flows);
    task_note(task, s->file, event);
}

static void end_task(struct story *s, struct task *task,
                     const struct event *event)
{
    struct track track = show_task(s, task);
    struct args args = { .count = 0 };

    if (task->reason)
        s->sink->end(s->sink, &track, event->time);
    for (; task->span_count > 0; task->span_count--)
        s->sink->end(s->sink, &track, event->time);
    arg_number(&args, "result", (int64_t)event->value);
    s->sink->instant(s->sink, &track, event->time, "ended", &args, FLOW_NONE,
                     0);
    task_note(task, s->file, event);
}

static void tell_instant(struct story *s, struct task *task,
                         const struct event *event, const char *name,
                         const char *key)
{
    struct track track = show_task(s, task);
    struct args args = { .count = 0 };

    if (key)
        arg_number(&args, key, (int64_t)event->value);
    s->sink->instant(s->sink, &track, event->time, name, &args, FLOW_NONE, 0);
    task_note(task, s->file, event);
}

static void begin_span(struct story *s, struct task *task,
                       const struct event *event)
{
    struct track track = show_task(s, task);

    if (task->span_count == SPANS_MAX)
        return;
    s->sink->begin(s->sink, &track, event->time,
                   file_name(s->file, event->detail), "span", NULL);
    task_note(task, s->file, event);
}

static void end_span(struct story *s, struct task *task,
                     const struct event *event)
{
    struct track track = show_task(s, task);

    if (task->span_count > 0)
        s->sink->end(s->sink, &track, event->time);
    task_note(task, s->file, event);
}

static void tell_task(struct story *s, struct task *task,
                      const struct event *event)
{
    switch (event->type) {
    case COIL_RECORD_MADE:
        task_note(task, s->file, event);
        tell_instant(s, task, event, "made", "by task");
        break;
    case COIL_RECORD_STARTED:
        tell_instant(s, task, event, "started", NULL);
        break;
    case COIL_RECORD_ENDED:
        end_task(s, task, event);
        break;
    case COIL_RECORD_CANCELLED:
        tell_instant(s, task, event, "cancelled", "by task");
        break;
    case COIL_RECORD_PARKED:
        begin_wait(s, task, event);
        break;
    case COIL_RECORD_WOKEN:
        end_wait(s, task, event);
        break;
    case COIL_RECORD_SPAN_BEGIN:
        begin_span(s, task, event);
        break;
    case COIL_RECORD_SPAN_END:
        end_span(s, task, event);
        break;
    case COIL_RECORD_NOTE:
        tell_instant(s, task, event, event->text, NULL);
        break;
    case COIL_RECORD_NAME:
        task_note(task, s->file, event);
        task->is_told = false; /* its track gets the new name */
        break;
    default:
        task_note(task, s->file, event);
        break;
    }
}

static void tell_event(struct story *s, const struct event *event)
{
    struct args args = { .count = 0 };
    struct task *task;

    switch (event->type) {
    case COIL_RECORD_TIME:
        tell_time(s, event);
        return;
    case COIL_RECORD_TIMERS:
        arg_number(&args, "count", (int64_t)event->value);
        s->sink->instant(s->sink, &s->loop, event->time, "timers due", &args,
                         FLOW_NONE, 0);
        return;
    case COIL_RECORD_CALLS:
        arg_number(&args, "count", (int64_t)event->value);
        s->sink->instant(s->sink, &s->loop, event->time,
                         "calls of other threads", &args, FLOW_NONE, 0);
        return;
    case COIL_RECORD_SIGNALS:
        s->sink->instant(s->sink, &s->loop, event->time, "signals", NULL,
                         FLOW_NONE, 0);
        return;
    default:
        break;
    }
    task = get(s, event->id);
    if (task && event->type != COIL_RECORD_NONE)
        tell_task(s, task, event);
}

/* ---- the whole ------------------------------------------------------------ */

/* What goes on at the end of the record ends there. */
static void end_all(struct story *s, int64_t time)
{
    struct task **all = tasks_sorted(&s->tasks, task_by_id);

    s->failed = s->failed || !all;
    end_loop_slice(s, time);
    for (size_t i = 0; all && all[i]; i++) {
        struct track track = track_of(s, all[i]);

        if (all[i]->reason)
            s->sink->end(s->sink, &track, time);
        for (; all[i]->span_count > 0; all[i]->span_count--)
            s->sink->end(s->sink, &track, time);
    }
    free(all);
}

static void tell_stalls(struct story *s)
{
    for (size_t i = 0; i < s->stalls.count; i++) {
        const struct stall *stall = &s->stalls.all[i];
        struct args args = { .count = 0 };

        arg_text(&args, "stack", stall->text);
        arg_number(&args, "task", (int64_t)stall->task);
        arg_number(&args, "running for, ns", stall->age);
        s->sink->instant(s->sink, &s->loop, stall->time > 0 ? stall->time : 0,
                         "stall", &args, FLOW_NONE, 0);
    }
}

static void begin_story(struct story *s)
{
    const struct coil_record_file *head = &s->file->head;
    char name[32];

    s->loop = (struct track){ head->pid, head->loop, false, s->number };
    s->flows = (uint64_t)s->number << 40;
    s->sink->process(s->sink, &s->loop, head->program[0] ? head->program : "?");
    snprintf(name, sizeof name, "loop %u", head->loop);
    s->sink->track(s->sink, &s->loop, name);
}

bool story_tell(const struct file *file, unsigned number, struct sink *sink)
{
    struct story s = { .file = file, .number = number, .sink = sink };
    struct reader reader;
    struct event event = { .time = 0 };
    int64_t last = 0;

    if (!tasks_init(&s.tasks))
        return false;
    s.failed = !stalls_read(&s.stalls, file);
    begin_story(&s);
    reader_begin(&reader, file);
    while (!s.failed && reader_next(&reader, &event)) {
        if (s.clock == 0)
            s.clock = event.time;
        tell_event(&s, &event);
        last = event.time;
    }
    end_all(&s, last);
    tell_stalls(&s);
    stalls_free(&s.stalls);
    tasks_fini(&s.tasks);
    return !s.failed;
}
