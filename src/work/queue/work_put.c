/* SPDX-License-Identifier: MIT */
/*
 * work_put.c - what is asked of the engine directly: put, pause, look
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include <coil/history.h>
#include <coil/sleep.h>

#include "base/memory.h"
#include "work/queue/handle.h"

/* ---- put ------------------------------------------------------------------ */

enum { MADE_ID_SIZE = 33 };

static int make_id(char *id)
{
    unsigned char random[(MADE_ID_SIZE - 1) / 2];

    if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
        return -errno;
    coil_history_remember(random, sizeof random);
    for (size_t i = 0; i < sizeof random; i++)
        snprintf(id + 2 * i, 3, "%02x", random[i]);
    return 0;
}

static int complete(struct coil_work_item *item, char *id)
{
    if (item->delay < 0 || (item->size > 0 && !item->body))
        return -EINVAL;
    if (item->id &&
        strnlen(item->id, COIL__WORK_ID_MAX + 1) > COIL__WORK_ID_MAX)
        return -EINVAL;
    if (!item->group)
        item->group = "";
    if (strnlen(item->group, COIL__WORK_GROUP_MAX + 1) > COIL__WORK_GROUP_MAX)
        return -EINVAL;
    if (item->id)
        return 0;
    item->id = id;
    return make_id(id);
}

/* `n` items, a copy of which is completed. */
static int put(struct coil_work *work, struct coil_work_item *items,
               char (*ids)[MADE_ID_SIZE], size_t n)
{
    size_t added = 0;
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < n; i++)
        rc = complete(&items[i], ids[i]);
    if (rc == 0)
        rc = work->engine->ops->put(work->engine, items, n, &added);
    return rc < 0 ? rc : (int)added;
}

int coil_work_put(struct coil_work *work, const struct coil_work_item *item)
{
    struct coil_work_item copy = *item;
    char id[1][MADE_ID_SIZE];
    int rc = coil__work_enter(work);

    if (rc < 0)
        return rc;
    rc = put(work, &copy, id, 1);
    coil__work_leave(work);
    return rc;
}

int coil_work_put_many(struct coil_work *work,
                       const struct coil_work_item *items, size_t n)
{
    struct coil_work_item *copies;
    char(*ids)[MADE_ID_SIZE];
    int rc = coil__work_enter(work);

    if (rc < 0)
        return rc;
    copies = coil__alloc((n + 1) * (sizeof *copies + sizeof *ids));
    if (copies) {
        ids = (void *)(copies + n);
        memcpy(copies, items, n * sizeof *copies);
        rc = n > INT32_MAX ? -EINVAL : put(work, copies, ids, n);
        coil__free(copies);
    } else {
        rc = -ENOMEM;
    }
    coil__work_leave(work);
    return rc;
}

/* ---- groups --------------------------------------------------------------- */

int coil_work_pause(struct coil_work *work, const char *group,
                    coil_time duration)
{
    int rc = coil__work_enter(work);

    if (rc < 0)
        return rc;
    if (!*group || duration < 0 ||
        strnlen(group, COIL__WORK_GROUP_MAX + 1) > COIL__WORK_GROUP_MAX)
        rc = -EINVAL;
    else
        rc = work->engine->ops->pause(work->engine, group, duration);
    coil__work_leave(work);
    return rc;
}

#define JOIN_FIRST (5 * COIL_MILLISECOND)
#define JOIN_MOST (500 * COIL_MILLISECOND)

/* ---- looking -------------------------------------------------------------- */

int coil_work_stats(struct coil_work *work, struct coil_work_stats *stats)
{
    int rc = coil__work_enter(work);

    *stats = (struct coil_work_stats){ .put = 0 };
    if (rc < 0)
        return rc;
    rc = work->engine->ops->stats(work->engine, stats);
    coil__work_leave(work);
    return rc;
}

/* Returns -EAGAIN: there are jobs. */
static int see_whether_empty(struct coil_work *work)
{
    struct coil_work_stats stats;
    int rc = coil_work_stats(work, &stats);

    if (rc < 0)
        return rc;
    return stats.queued + stats.delayed + stats.leased > 0 ? -EAGAIN : 0;
}

int coil_work_join(struct coil_work *work)
{
    coil_time pause = JOIN_FIRST;
    int rc;

    work->references++; /* it may be closed during a pause */
    rc = see_whether_empty(work);
    while (rc == -EAGAIN) {
        rc = coil_sleep(pause);
        if (rc == 0)
            rc = see_whether_empty(work);
        pause = 2 * pause < JOIN_MOST ? 2 * pause : JOIN_MOST;
    }
    coil__work_release(work);
    return rc;
}

int coil_work_list_dead(struct coil_work *work, uint64_t first,
                        struct coil_work_dead *dead, size_t n)
{
    size_t count = 0;
    int rc = coil__work_enter(work);

    if (rc < 0)
        return rc;
    n = n < INT32_MAX ? n : INT32_MAX;
    rc = work->engine->ops->list_dead(work->engine, first, dead, n, &count);
    coil__work_leave(work);
    return rc < 0 ? rc : (int)count;
}

int coil_work_revive(struct coil_work *work, const char *id)
{
    size_t count = 0;
    int rc = coil__work_enter(work);

    if (rc < 0)
        return rc;
    rc = work->engine->ops->revive(work->engine, id, &count);
    coil__work_leave(work);
    return rc < 0 ? rc : (int)count;
}
