/* SPDX-License-Identifier: MIT */
/*
 * wait.c - a wait, as its kind describes it
 *
 * Each kind of wait says in a struct coil_needs where the tasks are that are
 * needed (src/sched/wait.h).  This is the walk over it from outside;
 * src/task/needs.c is the one from within.
 */
#include "wait.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"

enum { NEEDS_MAX = 1 << 16, SELECTION_SHOWN = 8 };

/* The description, and where the walk begins. */
struct needs {
    struct target *target;
    struct bytes reason;
    uintptr_t base;  /* what `items` and `count` are offsets of */
    uintptr_t items; /* the place that is described */
};

static uint32_t value(struct needs *needs, const char *field)
{
    return bytes_number(&needs->reason, field);
}

static bool is(struct needs *needs, const char *field, const char *constant)
{
    return value(needs, field) == target_field(needs->target, constant);
}

/* Add the task whose future that is, unless it has ended or is no task. */
static void add_future(struct needs *needs, struct task *task, uintptr_t future)
{
    struct target *target = needs->target;

    if (!is_set_at(target, future + target_field(target, "future.done")) &&
        word_at(target, future + target_field(target, "future.ops")))
        task->needs[task->needs_count++] =
            future - target_field(target, "task.future");
}

static bool make_room(struct task *task, size_t count)
{
    task->needs = calloc(count, sizeof task->needs[0]);
    return task->needs;
}

static bool read_one(struct needs *needs, struct task *task)
{
    if (!make_room(task, 1))
        return false;
    add_future(needs, task, needs->items + value(needs, "needs.future"));
    return true;
}

static bool read_array(struct needs *needs, struct task *task)
{
    struct target *target = needs->target;
    uintptr_t item = word_at(target, needs->items);
    size_t count = word_at(target, needs->base + value(needs, "needs.count"));
    uint32_t watched = value(needs, "needs.watched");

    if (!item || count == 0 || count > NEEDS_MAX)
        return true;
    if (!make_room(task, count))
        return false;
    for (; count > 0; count--) {
        uintptr_t at = word_at(target, item + value(needs, "needs.pointer"));

        if (at && (!watched || is_set_at(target, item + watched)))
            add_future(needs, task, at + value(needs, "needs.future"));
        item += value(needs, "needs.stride");
    }
    return true;
}

/*
 * The first word of a list is its first link, and that of a link the next.
 * Links that are read while they change may form a ring.
 */
static bool read_list(struct needs *needs, struct task *task)
{
    struct target *target = needs->target;
    uint32_t link = value(needs, "needs.link");
    uintptr_t first = word_at(target, needs->items);
    uintptr_t at = first;
    size_t count = 0;

    while (at && count < NEEDS_MAX && (at != first || count == 0)) {
        count++;
        at = word_at(target, at);
    }
    if (count == 0)
        return true;
    if (!make_room(task, count))
        return false;
    for (at = first; at && count > 0; count--) {
        add_future(needs, task, at - link + value(needs, "needs.future"));
        at = word_at(target, at);
    }
    return true;
}

static bool read_needs(struct needs *needs, struct task *task)
{
    struct target *target = needs->target;

    if (is(needs, "needs.need", "need.none"))
        return true;
    if (is(needs, "needs.need", "need.holder")) {
        target_read(target, needs->items, &task->holder, sizeof task->holder);
        return true;
    }
    task->awaits_one = is(needs, "needs.need", "need.task");
    if (is(needs, "needs.shape", "shape.array"))
        return read_array(needs, task);
    if (is(needs, "needs.shape", "shape.list"))
        return read_list(needs, task);
    return read_one(needs, task);
}

/* The name of the kind of a wait: of `size` bytes at `to`. */
static void read_name(struct target *target, uintptr_t waiter, char *to,
                      size_t size)
{
    uintptr_t reason =
        word_at(target, waiter + target_field(target, "waiter.reason"));

    target_read_text(
        target, word_at(target, reason + target_field(target, "reason.name")),
        to, size);
}

/* "queue get or event or sleep": the waits of a selection, of which one ends it. */
static void read_selection(struct target *target, struct task *task,
                           uintptr_t selection, uint32_t members_at)
{
    uintptr_t members = word_at(target, selection + members_at);
    size_t count =
        word_at(target, selection + target_field(target, "selection.count"));
    char text[sizeof task->reason] = "";
    size_t length = 0;

    for (size_t i = 0; i < count && i < SELECTION_SHOWN; i++) {
        uintptr_t member = word_at(target, members + i * sizeof members);
        char name[32];

        if (!member)
            continue;
        read_name(target, member, name, sizeof name);
        if (length < sizeof text)
            length += (size_t)snprintf(text + length, sizeof text - length,
                                       "%s%s", length ? " or " : "", name);
    }
    if (length > 0)
        memcpy(task->reason, text, sizeof text);
}

bool wait_read(struct target *target, struct task *task, uintptr_t waiter)
{
    struct needs needs = { .target = target };
    struct bytes b;
    uint32_t is_selection;
    uint32_t members;

    if (!bytes_read(&b, target, waiter, "waiter.size"))
        return true;
    /* Its outcome is decided. */
    if (!bytes_word(&b, "waiter.queue"))
        return true;
    task->state = STATE_WAITS;
    task->object = bytes_word(&b, "waiter.object");
    bytes_take(&b, "waiter.since", &task->since, sizeof task->since);
    if (!bytes_read(&needs.reason, target, bytes_word(&b, "waiter.reason"),
                    "reason.size"))
        return true;
    target_read_text(target, bytes_word(&needs.reason, "reason.name"),
                     task->reason, sizeof task->reason);
    if (target_has_field(target, "reason.is_selection", &is_selection) &&
        target_has_field(target, "selection.members", &members) &&
        is_set_at(target, bytes_word(&b, "waiter.reason") + is_selection))
        read_selection(target, task, waiter, members);
    needs.base = value(&needs, "needs.of_waiter") ? waiter : task->object;
    needs.items = needs.base + value(&needs, "needs.items");
    return read_needs(&needs, task);
}
