/* SPDX-License-Identifier: MIT */
/*
 * as_completed.c - futures in the order in which they are done
 *
 * Each pending future has a record that watches it.  When the future is done
 * and a task waits, that task gets the future with the wake-up; else the record
 * goes to the end of a list.  So one of the two lists, of records and of tasks,
 * is always empty.
 */
#include <coil/as_completed.h>

#include <errno.h>
#include <stddef.h>

#include "base/memory.h"
#include "base/platform.h"
#include "task/future.h"
#include "loop/loop.h"
#include "task/task.h"
#include "sched/wait.h"
#include "loop/handle.h"

/* A task that waits, and the future that it is given. */
struct taker {
    struct coil_waiter waiter;
    struct coil_future *taken;
};

/* ---- what is done --------------------------------------------------------- */

static struct coil_future *take(struct coil_as_completed *it)
{
    struct coil_link *first = coil__list_pop(&it->done);

    return coil__container_of(first, struct coil_as_completed_record, link)
        ->callback.future;
}

static void give(struct coil_waiter *waiter, struct coil_future *future)
{
    coil__container_of(waiter, struct taker, waiter)->taken = future;
    coil__decide(waiter, 1);
}

static void on_done(struct coil_future *future, void *arg)
{
    struct coil_as_completed_record *record = arg;
    struct coil_as_completed *it = record->owner;

    it->pending--;
    if (it->waiters.head)
        give(coil__waitq_first(&it->waiters), future);
    else
        coil__list_append(&it->done, &record->link);
    if (it->pending > 0)
        return;
    coil_handle_cancel(&it->alarm);
    coil__wake_all(&it->waiters, 0);
}

/* ---- beginning and ending ------------------------------------------------- */

static void unwatch(struct coil_as_completed *it)
{
    for (size_t i = 0; i < it->count; i++) {
        struct coil_future_callback *cb = &it->records[i].callback;

        coil_future_remove_done_callback(cb->future, cb);
    }
}

static void on_alarm(void *arg)
{
    struct coil_as_completed *it = arg;

    it->timed_out = true;
    unwatch(it);
    coil__wake_all(&it->waiters, -ETIMEDOUT);
}

static void add(struct coil_as_completed *it, struct coil_future *future)
{
    struct coil_as_completed_record *record = &it->records[it->count++];

    record->owner = it;
    record->callback.future = future;
    if (future->done) {
        coil__list_append(&it->done, &record->link);
        return;
    }
    it->pending++;
    if (!it->timed_out)
        coil__future_watch(future, &record->callback, on_done, record);
}

int coil_as_completed_begin(struct coil_as_completed *it,
                            struct coil_future *const *futures, size_t count,
                            coil_time timeout)
{
    struct coil_loop *loop = coil_loop_current();
    bool has_alarm = timeout > 0 && timeout != COIL_NEVER;

    *it = (struct coil_as_completed){ .timed_out = timeout <= 0 };
    if (has_alarm && !loop)
        return -ENOTSUP;
    it->records = it->few;
    if (count > COIL_AS_COMPLETED_INLINE)
        it->records = coil__alloc(count * sizeof it->records[0]);
    if (!it->records)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++)
        add(it, futures[i]);
    if (has_alarm && it->pending > 0)
        coil__loop_arm(loop, &it->alarm, coil_after(timeout), on_alarm, it);
    return 0;
}

void coil_as_completed_end(struct coil_as_completed *it)
{
    struct coil_as_completed_record *records = it->records;

    unwatch(it);
    coil_handle_cancel(&it->alarm);
    it->records = NULL;
    it->count = 0;
    it->pending = 0;
    it->done = (struct coil_list)COIL_LIST_INIT;
    if (records != it->few)
        coil__free(records);
    coil__wake_all(&it->waiters, 0);
}

/* ---- the next ------------------------------------------------------------- */

int coil_as_completed_next(struct coil_as_completed *it,
                           struct coil_future **out)
{
    /* A record that watches nothing refers to a future that may be gone. */
    static const struct coil_wait_reason reason = {
        .name = "next future",
        .needs = { .need = COIL_NEED_ANY,
                   .shape = COIL_NEEDS_ARRAY,
                   .items = offsetof(struct coil_as_completed, records),
                   .count = offsetof(struct coil_as_completed, count),
                   .stride = sizeof(struct coil_as_completed_record),
                   .pointer = offsetof(struct coil_as_completed_record,
                                       callback.future),
                   .watched = offsetof(struct coil_as_completed_record,
                                       callback.call.state) },
        .reach = sizeof(struct taker),
    };
    struct taker self = { .waiter = { .reason = &reason, .object = it } };
    int rc;

    rc = coil__checkpoint();
    if (rc < 0)
        return rc;
    if (it->done.head) {
        *out = take(it);
        return 1;
    }
    if (it->pending == 0)
        return 0;
    if (it->timed_out)
        return -ETIMEDOUT;
    rc = coil__wait(&it->waiters, &self.waiter);
    if (rc > 0)
        *out = self.taken;
    return rc;
}
