/* SPDX-License-Identifier: MIT */
/*
 * json.c - the same for programs: docs/coil-ps.schema.json says what is what
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inspect/bytes.h"
#include "inspect/text.h"
#include "inspect/timeouts.h"
#include "print.h"

/* ---- values --------------------------------------------------------------- */

/* Names come from another process, and may be anything. */
static void print_string(const char *text)
{
    text_put_json(stdout, text, "\\ufffd");
}

static void print_address(uintptr_t address)
{
    if (address)
        printf("\"0x%llx\"", (unsigned long long)address);
    else
        fputs("null", stdout);
}

static void print_bool(const char *name, bool value)
{
    printf(",\"%s\":%s", name, value ? "true" : "false");
}

/* ---- a task --------------------------------------------------------------- */

struct json {
    const struct snapshot *s;
    const struct loop *loop;
    struct frames *frames;
    struct timeouts timeouts;
    bool with_frames;
    const struct leaks *leaks; /* NULL: all tasks are told */
};

static void print_holder(const struct json *j, const struct task *task)
{
    const struct loop *loop;
    const struct task *holder;

    fputs(",\"holder\":", stdout);
    if (!task->holder) {
        fputs("null", stdout);
        return;
    }
    holder = snapshot_find_id(j->s, task->holder, &loop);
    printf("{\"id\":%llu,\"name\":", (unsigned long long)task->holder);
    if (!holder) {
        fputs("null,\"site\":null}", stdout);
        return;
    }
    print_string(holder->name);
    fputs(",\"site\":", stdout);
    print_string(holder->site);
    putchar('}');
}

static void print_needs(const struct json *j, const struct task *task)
{
    bool is_first = true;

    fputs(",\"needs\":[", stdout);
    for (size_t i = 0; i < task->needs_count; i++) {
        const struct task *needed = loop_find(j->loop, task->needs[i]);

        if (!needed)
            continue;
        printf("%s%llu", is_first ? "" : ",", (unsigned long long)needed->id);
        is_first = false;
    }
    putchar(']');
}

static void print_wait(const struct json *j, const struct task *task)
{
    char name[96] = "";

    fputs(",\"wait\":", stdout);
    if (task->state != STATE_WAITS) {
        fputs("null", stdout);
        return;
    }
    fputs("{\"reason\":", stdout);
    print_string(task->reason);
    fputs(",\"object\":", stdout);
    print_address(task->object);
    frames_name(j->frames, task->object, name, sizeof name);
    fputs(",\"object_name\":", stdout);
    if (task->object && name[0])
        print_string(name);
    else
        fputs("null", stdout);
    printf(",\"since_ns\":%lld", (long long)task->since);
    /* A task whose loop is not at real time has waited for no time. */
    if (task->since > 0 && task->since <= j->s->now)
        printf(",\"waited_ns\":%lld", (long long)(j->s->now - task->since));
    else
        fputs(",\"waited_ns\":null", stdout);
    print_holder(j, task);
    print_needs(j, task);
    putchar('}');
}

/* Timeouts that the task has begun. */
static size_t print_timeouts(const struct json *j, const struct task *task)
{
    const struct timeout *t = timeouts_of(&j->timeouts, task->address);
    size_t count = 0;

    for (; t && t < j->timeouts.all + j->timeouts.count &&
           t->task == task->address;
         t++)
        printf("%s{\"kind\":\"timeout\",\"deadline_ns\":%lld,\"left_ns\":%lld}",
               count++ ? "," : "", (long long)t->when,
               (long long)(t->when - j->s->now));
    return count;
}

/* Whether no task before this one has the same owner. */
static bool is_first_of_owner(const struct loop *loop, const struct task *task,
                              size_t index)
{
    size_t i = task->child;

    while (i != index && loop->tasks[i].owner != loop->tasks[index].owner)
        i = loop->tasks[i].sibling;
    return i == index;
}

/* Its groups, as the owners of tasks that name it as their parent. */
static void print_groups(const struct json *j, const struct task *task,
                         size_t printed)
{
    const struct loop *loop = j->loop;

    for (size_t i = task->child; i != NONE; i = loop->tasks[i].sibling) {
        const struct task *child = &loop->tasks[i];
        bool is_first = true;

        if (child->owner_parent != task->address ||
            !is_first_of_owner(loop, task, i))
            continue;
        printf("%s{\"kind\":\"group\",\"object\":", printed++ ? "," : "");
        print_address(child->owner);
        fputs(",\"tasks\":[", stdout);
        for (size_t k = i; k != NONE; k = loop->tasks[k].sibling) {
            if (loop->tasks[k].owner != child->owner)
                continue;
            printf("%s%llu", is_first ? "" : ",",
                   (unsigned long long)loop->tasks[k].id);
            is_first = false;
        }
        fputs("]}", stdout);
    }
}

static void print_task_frames(const struct json *j, const struct task *task)
{
    struct frame f[FRAMES_MAX];
    size_t count = frames_of(j->frames, task, f, FRAMES_MAX);

    fputs(",\"frames\":[", stdout);
    for (size_t i = 0; i < count; i++) {
        printf("%s{\"function\":", i ? "," : "");
        print_string(f[i].name);
        fputs(",\"place\":", stdout);
        print_string(f[i].place);
        putchar('}');
    }
    putchar(']');
}

static void print_task(const struct json *j, const struct task *task)
{
    static const char *const states[] = {
        [STATE_NEW] = "new",
        [STATE_READY] = "ready",
        [STATE_WAITS] = "waiting",
        [STATE_RUNNING] = "running",
    };

    printf("{\"id\":%llu,\"name\":", (unsigned long long)task->id);
    print_string(task->name);
    fputs(",\"site\":", stdout);
    print_string(task->site);
    printf(",\"address\":\"0x%llx\",\"state\":\"%s\"",
           (unsigned long long)task->address, states[task->state]);
    print_bool("cancelled", task->is_cancelled);
    fputs(",\"parent\":", stdout);
    if (task->parent == NONE)
        fputs("null", stdout);
    else
        printf("%llu", (unsigned long long)j->loop->tasks[task->parent].id);
    fputs(",\"owner\":", stdout);
    print_address(task->owner);
    print_wait(j, task);
    fputs(",\"scopes\":[", stdout);
    print_groups(j, task, print_timeouts(j, task));
    putchar(']');
    if (j->leaks)
        print_bool("held", leaks_is_held(j->leaks, task->address));
    if (j->with_frames)
        print_task_frames(j, task);
    putchar('}');
}

/* ---- all ------------------------------------------------------------------ */

static void print_optional(const struct json *j, const char *name,
                           const char *field, size_t size)
{
    uint64_t value = 0;
    uint32_t offset;

    if (target_has_field(j->s->target, field, &offset) &&
        target_read(j->s->target, j->loop->address + offset, &value, size))
        printf(",\"%s\":%llu", name, (unsigned long long)value);
}

static void print_loop(struct json *j)
{
    const struct loop *loop = j->loop;
    char name[32];

    target_thread_name(j->s->target, loop->tid, name, sizeof name);
    printf("{\"address\":\"0x%llx\",\"thread\":{\"id\":%d,\"name\":",
           (unsigned long long)loop->address, loop->tid);
    print_string(name);
    printf("},\"state\":\"%s\"", !loop->is_running  ? "stopped"
                                 : loop->is_waiting ? "waiting"
                                                    : "running");
    print_bool("consistent", loop->is_consistent);
    print_optional(j, "ready", "loop.ready_count", sizeof(size_t));
    print_optional(j, "turn", "loop.turn", sizeof(unsigned));
    fputs(",\"tasks\":[", stdout);
    timeouts_read(&j->timeouts, j->s->target, loop->address);
    for (size_t i = 0; i < loop->task_count; i++) {
        fputs(i ? ",\n  " : "\n  ", stdout);
        print_task(j, &loop->tasks[i]);
    }
    timeouts_free(&j->timeouts);
    fputs("]}", stdout);
}

void print_json(const struct snapshot *s, struct frames *frames,
                bool with_frames, const struct leaks *leaks)
{
    printf("{\"program\":\"coil-ps\",\"version\":\"%s\",\"pid\":%d,"
           "\"monotonic_ns\":%lld",
           COIL_VERSION_STRING, (int)s->target->pid, (long long)s->now);
    if (leaks)
        printf(",\"leaks\":{\"leaked\":%zu,\"tasks\":%zu,\"certain\":%s}",
               leaks->count, leaks->tasks,
               leaks->is_certain ? "true" : "false");
    fputs(",\"loops\":[", stdout);
    for (size_t l = 0; l < s->loop_count; l++) {
        struct json j = {
            .s = s,
            .loop = &s->loops[l],
            .frames = frames,
            .with_frames = with_frames,
            .leaks = leaks,
        };

        fputs(l ? ",\n " : "\n ", stdout);
        print_loop(&j);
    }
    puts("]}");
}
