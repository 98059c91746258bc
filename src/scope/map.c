/* SPDX-License-Identifier: MIT */
/*
 * map.c - a task for each item, a bounded number at a time
 *
 * The caller's task makes the tasks and waits for news: one of them has ended.
 * So each task inherits the task-local values of the caller, and not those of
 * the task that made room for it.  The map is the owner of the tasks.
 */
#include <coil/map.h>

#include <errno.h>
#include <limits.h>
#include <stddef.h>

#include <coil/task_owner.h>

#include "base/platform.h"
#include "task/cancel.h"
#include "task/task.h"
#include "sched/wait.h"

/* It lies on the stack of the task that waits. */
struct map {
    struct coil_waiter waiter; /* first */
    struct coil_list queue;
    struct coil_task_owner owner;
    char *items;
    size_t count;
    size_t item_size;
    size_t at_once;
    coil_map_fn fn;
    void *arg;
    const struct coil_map_options *options;
    const char *site;
    size_t next; /* to begin */
    size_t failed;
    int error; /* that ends it; 0: none */
    bool stopped;
    bool cancelled;
    bool one_is_enough; /* the wait is for room, not for the end of all */
};

/* What a task gets a copy of. */
struct call {
    struct map *map;
    size_t index;
};

static const struct coil_wait_reason reason_map = {
    .name = "map",
    .needs = { .need = COIL_NEED_ALL,
               .shape = COIL_NEEDS_LIST,
               .of_waiter = true,
               .items = offsetof(struct map, owner.tasks),
               .link = offsetof(struct coil_task, sibling),
               .future = offsetof(struct coil_task, future),
               .any = offsetof(struct map, one_is_enough) },
};

/* ---- items ---------------------------------------------------------------- */

static int run_item(void *arg)
{
    const struct call *call = arg;
    const struct map *map = call->map;

    return map->fn(map->items + call->index * map->item_size, map->arg);
}

/* No further item begins, and those that run are cancelled, once. */
static void stop(struct map *map)
{
    if (map->stopped)
        return;
    map->stopped = true;
    map->count = map->next;
    coil_task_owner_cancel(&map->owner);
}

static void note_failure(struct map *map, int rc)
{
    map->failed++;
    if (map->options->all || map->error < 0 || map->cancelled)
        return;
    map->error = rc;
    stop(map);
}

static void ended(struct coil_task_owner *self, struct coil_task *task, int rc)
{
    struct map *map = coil__container_of(self, struct map, owner);
    const struct call *call = task->co.arg;

    if (map->options->results)
        map->options->results[call->index] = rc;
    if (rc < 0)
        note_failure(map, rc);
    if (map->waiter.queue && (map->one_is_enough || map->owner.count == 0))
        coil__decide(&map->waiter, 0);
}

static int begin_next(struct map *map)
{
    struct call call = { .map = map, .index = map->next };
    const struct coil_task_options options = {
        .owner = &map->owner,
        .arg_size = sizeof call,
        .stack_size = map->options->stack_size,
    };
    int rc = coil_task_create_at(NULL, run_item, &call, &options, map->site);

    if (rc == 0)
        map->next++;
    return rc;
}

/* ---- the whole ------------------------------------------------------------ */

static void cancel_map(struct map *map)
{
    map->cancelled = true;
    map->one_is_enough = false;
    stop(map);
}

/* The wait goes on until the last item has ended. */
static void cancel_waiting(struct coil_waiter *self)
{
    coil__wait_told(self);
    cancel_map(coil__container_of(self, struct map, waiter));
}

static void wait_for_news(struct map *map)
{
    int rc;

    map->waiter = (struct coil_waiter){
        .reason = &reason_map,
        .object = map->items,
        .cancel = cancel_waiting,
    };
    map->one_is_enough = map->next < map->count;
    rc = coil__wait(&map->queue, &map->waiter);
    (void)rc; /* decided by news only */
}

/* Begin as many as there is room for. */
static void begin_some(struct map *map)
{
    while (map->next < map->count && map->owner.count < map->at_once) {
        int rc = begin_next(map);

        if (rc == 0)
            continue;
        if (rc == -ENOMEM && map->owner.count > 0)
            return;
        if (map->error == 0)
            map->error = rc;
        stop(map);
    }
}

static void run_map(struct map *map)
{
    while (map->next < map->count || map->owner.count > 0) {
        /* This request came after the news that woke the task. */
        if (coil__checkpoint() < 0)
            cancel_map(map);
        begin_some(map);
        if (map->owner.count > 0)
            wait_for_news(map);
    }
}

static int outcome(const struct map *map, size_t count)
{
    if (map->error < 0)
        return map->error;
    if (map->cancelled && (map->next < count || map->failed > 0))
        return -ECANCELED;
    return map->failed < INT_MAX ? (int)map->failed : INT_MAX;
}

int coil_map_at(void *items, size_t count, size_t item_size, size_t at_once,
                coil_map_fn fn, void *arg,
                const struct coil_map_options *options, const char *site)
{
    static const struct coil_map_options defaults;
    struct coil_task *task = coil_current_task();
    struct map map = {
        .owner = { .ended = ended, .parent = task },
        .items = items,
        .count = count,
        .item_size = item_size,
        .at_once = at_once,
        .fn = fn,
        .arg = arg,
        .options = options ? options : &defaults,
        .site = site,
    };
    const struct coil_cancel_request *newest_told;
    unsigned user_told;
    int rc;

    rc = coil__checkpoint();
    if (rc < 0)
        return rc;
    if (at_once == 0)
        return -EINVAL;
    if (!task)
        return -ENOTSUP;
    for (size_t i = 0; map.options->results && i < count; i++)
        map.options->results[i] = -ECANCELED;
    newest_told = coil__cancel_newest_told(task);
    user_told = coil__cancel_user_told(task);
    run_map(&map);
    rc = outcome(&map, count);
    if (map.cancelled && rc != -ECANCELED)
        coil__cancel_untell(task, newest_told, user_told);
    return rc;
}
