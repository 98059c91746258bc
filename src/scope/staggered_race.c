/* SPDX-License-Identifier: MIT */
/*
 * staggered_race.c - tasks that start one after the other until one succeeds
 *
 * The caller's task starts the racers and waits for news: a racer has ended, or
 * a head start has.  The race is the owner of their tasks.
 */
#include <errno.h>
#include <limits.h>
#include <stddef.h>

#include <coil/loop.h>
#include <coil/staggered_race.h>

#include "base/platform.h"
#include "task/cancel.h"
#include "loop/loop.h"
#include "task/task.h"
#include "sched/wait.h"
#include "loop/handle.h"

enum { NOBODY = -1 };

/* It lies on the stack of the task that waits. */
struct race {
    struct coil_waiter waiter; /* first */
    struct coil_list queue;
    struct coil_task_owner owner;
    struct coil_handle alarm;
    struct coil_racer *racers;
    size_t count;
    coil_time delay;
    const char *site;
    size_t next; /* to be started */
    int winner;
    int first_error;
    bool is_due; /* the next may start */
    bool cancelled;
    bool one_is_enough; /* the wait is for one racer to end, not for all */
};

static const struct coil_wait_reason reason_race = {
    .name = "race",
    .needs = { .need = COIL_NEED_ALL,
               .shape = COIL_NEEDS_LIST,
               .of_waiter = true,
               .items = offsetof(struct race, owner.tasks),
               .link = offsetof(struct coil_task, sibling),
               .future = offsetof(struct coil_task, future),
               .any = offsetof(struct race, one_is_enough) },
    .reach = sizeof(struct race),
};

/* ---- racers --------------------------------------------------------------- */

static void tell(struct race *race)
{
    if (race->waiter.queue)
        coil__decide(&race->waiter, 0);
}

static void note_result(struct race *race, size_t index)
{
    int result = race->racers[index].result;

    if (result >= 0) {
        if (race->winner == NOBODY)
            race->winner = (int)index;
        return;
    }
    if (race->first_error == 0)
        race->first_error = result;
    if (index + 1 == race->next)
        race->is_due = true;
}

static int run_racer(void *arg)
{
    struct coil_racer *racer = arg;

    racer->result = racer->fn(racer->arg);
    return 0;
}

static void ended(struct coil_task_owner *self, struct coil_task *task, int rc)
{
    struct race *race = coil__container_of(self, struct race, owner);
    const struct coil_racer *racer = task->co.arg;

    (void)rc;
    note_result(race, (size_t)(racer - race->racers));
    tell(race);
}

static void start_next(struct race *race)
{
    struct coil_racer *racer = &race->racers[race->next++];
    const struct coil_task_options options = { .owner = &race->owner };
    int rc;

    race->is_due = false;
    racer->started = true;
    racer->result = -ECANCELED; /* unless it runs */
    rc = coil_task_create_at(NULL, run_racer, racer, &options, race->site);
    if (rc < 0) {
        racer->result = rc;
        note_result(race, race->next - 1);
    }
}

/* ---- the race ------------------------------------------------------------- */

static void on_alarm(void *arg)
{
    struct race *race = arg;

    race->is_due = true;
    tell(race);
}

static void cancel_race(struct race *race)
{
    race->cancelled = true;
    race->one_is_enough = false;
    coil_task_owner_cancel(&race->owner);
}

/* Cancel all racers; the wait goes on until the last of them has ended. */
static void cancel_waiting(struct coil_waiter *self)
{
    coil__wait_told(self);
    cancel_race(coil__container_of(self, struct race, waiter));
}

static void wait_for_news(struct race *race,
                          void (*cancel)(struct coil_waiter *))
{
    int rc;

    race->waiter = (struct coil_waiter){
        .reason = &reason_race,
        .object = race,
        .cancel = cancel,
    };
    race->one_is_enough = race->winner == NOBODY && !race->cancelled;
    rc = coil__wait(&race->queue, &race->waiter);
    (void)rc; /* decided by news only */
}

static bool may_start(const struct race *race)
{
    return race->is_due && !race->cancelled && race->next < race->count;
}

static void start_due(struct race *race)
{
    coil_handle_cancel(&race->alarm);
    start_next(race);
    if (race->delay <= 0)
        race->is_due = true;
    else if (race->delay != COIL_NEVER && race->next < race->count)
        coil__loop_arm(coil_loop_current(), &race->alarm,
                       coil_after(race->delay), on_alarm, race);
}

/* Run until there is a winner, or nobody is left and all requests are told. */
static void run_race(struct race *race)
{
    while (race->winner == NOBODY) {
        /* This request came after the news that woke the task. */
        if (coil__checkpoint() < 0)
            cancel_race(race);
        if (may_start(race))
            start_due(race);
        else if (race->owner.count > 0)
            wait_for_news(race, cancel_waiting);
        else
            break;
    }
    coil_handle_cancel(&race->alarm);
}

/* There is a winner to return, so a request that comes now stays untold. */
static void end_race(struct race *race)
{
    if (!race->cancelled)
        coil_task_owner_cancel(&race->owner);
    while (race->owner.count > 0)
        wait_for_news(race, coil__wait_uninterrupted);
}

int coil_staggered_race_at(struct coil_racer *racers, size_t count,
                           coil_time delay, const char *site)
{
    struct coil_task *task = coil_current_task();
    struct race race = {
        .owner = { .ended = ended, .parent = task },
        .racers = racers,
        .count = count,
        .delay = delay,
        .site = site,
        .winner = NOBODY,
        .is_due = true,
    };
    const struct coil_cancel_request *newest_told;
    unsigned user_told;
    int rc;

    rc = coil__checkpoint();
    if (rc < 0)
        return rc;
    if (count == 0 || count > INT_MAX)
        return -EINVAL;
    if (!task)
        return -ENOTSUP;
    if (delay > 0 && delay != COIL_NEVER && !coil_loop_current())
        return -ENOTSUP;
    for (size_t i = 0; i < count; i++)
        racers[i] = (struct coil_racer){
            .fn = racers[i].fn,
            .arg = racers[i].arg,
        };
    newest_told = coil__cancel_newest_told(task);
    user_told = coil__cancel_user_told(task);
    run_race(&race);
    end_race(&race);
    /*
     * There is a winner although the race was cancelled: the next suspending
     * call reports the cancellation.
     */
    if (race.winner != NOBODY && race.cancelled)
        coil__cancel_untell(task, newest_told, user_told);
    if (race.winner != NOBODY)
        return race.winner;
    return race.cancelled ? -ECANCELED : race.first_error;
}
