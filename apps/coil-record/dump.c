/* SPDX-License-Identifier: MIT */
/*
 * dump.c - a line for each record
 */
#include "show.h"

#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#include <coil/error.h>

#include "event.h"
#include "tasks.h"
#include "inspect/text.h"

void show_head(const struct file *file, FILE *out)
{
    const struct coil_record_file *head = &file->head;
    time_t began = (time_t)(head->began_real / 1000000000);
    char when[32] = "?";
    struct tm parts;

    if (gmtime_r(&began, &parts))
        strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", &parts);
    text_put(out, head->program);
    fprintf(out, ", process %" PRIu64 ", loop %u, since %s%s%s: %s\n",
            head->pid, head->loop, when,
            head->flags & COIL_RECORD_SIMULATED ? ", simulated" : "",
            head->flags & COIL_RECORD_ALL ? ", all waits" : "",
            head->flags & COIL_RECORD_CLOSED ? "closed"
            : file->is_live                  ? "it is written now"
                                             : "the process was killed");
}

static void put_time(const struct file *file, int64_t time)
{
    int64_t passed = time - file->head.began;

    printf("%12.6f  ", (double)passed / 1e9);
}

static void put_task(const struct task *task)
{
    text_put(stdout, task->name);
    fputs(" (", stdout);
    text_put(stdout, task->site);
    fputs(")", stdout);
}

static void put_who(struct tasks *tasks, uint64_t id)
{
    struct task *task = tasks_get(tasks, id);

    text_put(stdout, task && id > 0 ? task->name : "?");
}

static void put_wait(struct tasks *tasks, const struct file *file,
                     const struct event *event)
{
    char text[DURATION_MAX];

    fputs(" waits: ", stdout);
    text_put(stdout, file_name(file, event->detail));
    printf(", 0x%" PRIx64, event_object(event));
    if (event->descriptor >= 0)
        printf(", descriptor %" PRId64, event->descriptor);
    if (event->needs > 0) {
        fputs(", needs ", stdout);
        put_who(tasks, event->needs);
    }
    if (event->since >= 0 && event->since <= event->time)
        printf(", for %s", text_duration(text, event->time - event->since));
}

static void put_woken(struct tasks *tasks, const struct event *event)
{
    int outcome = event_outcome(event);

    fputs(" woken by ", stdout);
    if (event_cause(event) == COIL_RECORD_BY_TASK && event_waker(event) > 0)
        put_who(tasks, event_waker(event));
    else
        fputs(cause_name(event_cause(event)), stdout);
    if (outcome < 0)
        printf(": %s", coil_strerror(outcome));
}

static void put_result(const struct event *event)
{
    int64_t result = (int64_t)event->value;

    if (result < 0 && result > INT32_MIN)
        printf(" ended: %s", coil_strerror((int)result));
    else
        printf(" ended: %" PRId64, result);
}

/* What happened to the task, behind its name. */
static void put_what(struct tasks *tasks, const struct file *file,
                     const struct event *event)
{
    switch (event->type) {
    case COIL_RECORD_MADE:
        fputs(event->value > 0 ? " made by " : " made", stdout);
        if (event->value > 0)
            put_who(tasks, event->value);
        break;
    case COIL_RECORD_STARTED:
        fputs(" begins", stdout);
        break;
    case COIL_RECORD_ENDED:
        put_result(event);
        break;
    case COIL_RECORD_CANCELLED:
        fputs(event->value > 0 ? " cancelled by " : " cancelled", stdout);
        if (event->value > 0)
            put_who(tasks, event->value);
        break;
    case COIL_RECORD_PARKED:
        put_wait(tasks, file, event);
        break;
    case COIL_RECORD_WOKEN:
        put_woken(tasks, event);
        break;
    case COIL_RECORD_NAME:
        fputs(" has this name", stdout);
        break;
    case COIL_RECORD_ALIVE:
        fputs(" is there", stdout);
        break;
    case COIL_RECORD_SPAN_BEGIN:
        fputs(" begins the span ", stdout);
        text_put(stdout, file_name(file, event->detail));
        break;
    case COIL_RECORD_SPAN_END:
        fputs(" ends a span", stdout);
        break;
    case COIL_RECORD_NOTE:
        fputs(" notes: ", stdout);
        text_put(stdout, event->text);
        break;
    default:
        printf(" record %u", event->type);
        break;
    }
}

static void put_clock(struct tasks *tasks, const struct event *event)
{
    if (event->detail == COIL_RECORD_CLOCK_LOOKED) {
        printf("loop: has looked outside, %" PRIu64 " ready", event->id);
        return;
    }
    fputs(event->detail == COIL_RECORD_CLOCK_WAITS ? "loop: waits"
                                                   : "loop: steps",
          stdout);
    if (event->id > 0) {
        fputs("; the last was of ", stdout);
        put_who(tasks, event->id);
    }
}

static bool put_event(struct tasks *tasks, const struct file *file,
                      const struct event *event)
{
    struct task *task = tasks_get(tasks, event->id);

    if (!task)
        return false;
    put_time(file, event->time);
    switch (event->type) {
    case COIL_RECORD_TIME:
        put_clock(tasks, event);
        break;
    case COIL_RECORD_TIMERS:
        printf("loop: %" PRIu64 " timers due", event->value);
        break;
    case COIL_RECORD_CALLS:
        printf("loop: %" PRIu64 " calls of other threads", event->value);
        break;
    case COIL_RECORD_SIGNALS:
        fputs("loop: signals", stdout);
        break;
    default:
        task_note(task, file, event);
        put_task(task);
        put_what(tasks, file, event);
        break;
    }
    putchar('\n');
    return true;
}

static void put_stalls(const struct file *file, const struct stalls *stalls,
                       size_t *next, int64_t until)
{
    for (; *next < stalls->count && stalls->all[*next].time <= until; ++*next) {
        put_time(file, stalls->all[*next].time);
        fputs("stall:\n", stdout);
        text_put_lines(stdout, stalls->all[*next].text, 14);
    }
}

bool show_dump(const struct file *file)
{
    struct stalls stalls;
    struct tasks tasks;
    struct reader reader;
    struct event event;
    size_t next = 0;
    bool done = tasks_init(&tasks);

    done = stalls_read(&stalls, file) && done;
    show_head(file, stdout);
    reader_begin(&reader, file);
    while (done && reader_next(&reader, &event)) {
        put_stalls(file, &stalls, &next, event.time);
        if (event.type != COIL_RECORD_NONE)
            done = put_event(&tasks, file, &event);
    }
    put_stalls(file, &stalls, &next, INT64_MAX);
    stalls_free(&stalls);
    tasks_fini(&tasks);
    return done;
}
