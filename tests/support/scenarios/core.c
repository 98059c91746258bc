/* SPDX-License-Identifier: MIT */
/*
 * core.c - programs of tasks, futures, scopes and combinators:
 * scenario.h
 */
#include <coil/as_completed.h>
#include <coil/coroutine.h>
#include <coil/future.h>
#include <coil/local.h>
#include <coil/staggered_race.h>
#include <coil/task_group.h>

#include "scenario.h"

/* ---- time ---- */

static int nap(void *arg)
{
    (void)arg;
    return coil_sleep(COIL_MILLISECOND);
}

static int nap_and_yield(void *arg)
{
    coil_time begun = coil_now();
    int rc = nap(arg);

    if (rc == 0)
        ASSERT_GE(coil_now(), begun + COIL_MILLISECOND);
    if (rc == 0)
        rc = coil_yield();
    if (rc == 0)
        rc = coil_sleep_until(begun + COIL_SECOND);
    return rc < 0 ? rc : coil_sleep(0);
}

static void probe_time(void)
{
    ASSERT_EQ(nap_and_yield(NULL), 0);
}

/* Cancellation caught, withdrawn, and life goes on. */
static int nap_whatever_comes(void *arg)
{
    int rc = nap(arg);

    if (rc < 0 && coil_timeout_expired(&deadline))
        return rc; /* that cannot be withdrawn */
    if (rc == -ECANCELED) {
        request_is_withdrawn = true;
        while (coil_task_uncancel(coil_current_task()) > 0)
            continue;
    }
    return nap(arg);
}

/* ---- futures and tasks ---- */

static struct coil_future future;
static int count;

static int complete_later(void *arg)
{
    int rc = nap(arg);

    coil_future_set_result(&future, &count);
    return rc;
}

static int await_future(void *arg)
{
    void *value = NULL;
    int rc = coil_future_await(&future, &value);

    (void)arg;
    if (rc == 0)
        ASSERT_PTR_EQ(value, &count);
    return rc;
}

/* Others, who wait without passing a cancellation on, are told in any case. */
static int watch_future(void *arg)
{
    struct coil_future *waited = &future;
    int rc = coil_wait(&waited, 1, COIL_ALL_COMPLETED, COIL_NEVER);

    (void)arg;
    return rc < 0 ? rc : 0;
}

static int begin_future(void)
{
    int rc;

    coil_future_init(&future);
    rc = help(watch_future, NULL);
    return rc < 0 ? rc : help(complete_later, NULL);
}

static void probe_future(void)
{
    expect_helpers();
    ASSERT(coil_future_is_done(&future));
}

static int shield_future(void *arg)
{
    (void)arg;
    return coil_shield(&future, NULL);
}

static void probe_shielded_future(void)
{
    probe_future();
    ASSERT_EQ(coil_future_result(&future, NULL), 0);
}

static int nap_and_count(void *arg)
{
    int rc = nap(arg);

    count++;
    return rc;
}

/* Runs fn as a task and awaits it. */
static int in_a_task(coil_fn fn, void *arg)
{
    struct coil_task *task;
    int rc = coil_task_create(&task, fn, arg);

    if (rc < 0)
        return rc;
    rc = coil_task_await(task);
    if (!coil_task_is_done(task)) {
        /* Cancelled before it could wait, and perhaps once more. */
        struct coil_future *end = coil_task_future(task);

        coil_task_cancel(task);
        while (!coil_task_is_done(task)) {
            if (coil_wait(&end, 1, COIL_ALL_COMPLETED, COIL_NEVER) < 0)
                continue;
        }
    }
    coil_task_release(task);
    return rc;
}

static int await_task(void *arg)
{
    return in_a_task(nap_and_count, arg);
}

static int await_chain(void *arg)
{
    return in_a_task(await_task, arg);
}

static int destroyed;

static void destroy(void *arg)
{
    (void)arg;
    destroyed++;
}

static int begin_count(void)
{
    count = destroyed = 0;
    return 0;
}

static int nap_with_argument(void *arg)
{
    ASSERT_EQ(*(int *)arg, 7);
    return nap(NULL);
}

/* Detached tasks end by themselves, and their arguments with them. */
static int detach(void *arg)
{
    const struct coil_task_options options = { .arg_size = sizeof(int),
                                               .arg_destroy = destroy };
    int seven = 7;
    int rc = 0;

    (void)arg;
    for (int i = 0; rc == 0 && i < 3; i++) {
        rc = coil_task_create_with(NULL, nap_with_argument, &seven, &options);
        if (rc < 0)
            break;
        count++;
        rc = coil_yield();
    }
    return rc;
}

static void probe_detached(void)
{
    ASSERT_EQ(coil_sleep(COIL_SECOND), 0);
    ASSERT_EQ(destroyed, count);
}

static int await_eager(void *arg)
{
    const struct coil_task_options options = { .eager = true };
    struct coil_task *task;
    int rc = coil_task_create_with(&task, nap_and_count, arg, &options);

    if (rc < 0)
        return rc;
    rc = coil_wait_for(coil_task_future(task), COIL_SECOND, NULL);
    coil_task_cancel(task);
    coil_task_release(task);
    return rc;
}

static void probe_count(void)
{
    ASSERT_EQ(coil_sleep(COIL_SECOND), 0);
}

/* ---- combinators ---- */

#define MANY 3

static struct coil_task *many[MANY];
static struct coil_future *many_futures[MANY];

static int nap_longer(void *arg)
{
    intptr_t n = (intptr_t)arg;

    return n < 0 ? -EBADMSG : coil_sleep(n * COIL_MILLISECOND);
}

static void release_many(void)
{
    for (int i = 0; i < MANY; i++) {
        if (!many[i])
            continue;
        coil_task_cancel(many[i]);
        coil_task_result(many[i]); /* that it failed is no news */
        coil_task_release(many[i]);
        many[i] = NULL;
    }
}

/* Three tasks, the `failing`-th of which fails at once; -1: none. */
static int create_many(int failing)
{
    int rc = 0;

    for (int i = 0; i < MANY; i++)
        many[i] = NULL;
    for (int i = 0; rc == 0 && i < MANY; i++) {
        intptr_t n = i == failing ? -1 : i + 1;

        rc = coil_task_create(&many[i], nap_longer, (void *)n);
        if (rc == 0)
            many_futures[i] = coil_task_future(many[i]);
    }
    if (rc < 0)
        release_many();
    return rc;
}

static int gather_many(void *arg)
{
    int rc = create_many(-1);

    (void)arg;
    if (rc < 0)
        return rc;
    rc = coil_gather(many_futures, MANY, 0);
    release_many();
    return rc;
}

static int gather_errors(void *arg)
{
    int rc = create_many(1);

    (void)arg;
    if (rc < 0)
        return rc;
    rc = coil_gather(many_futures, MANY, COIL_GATHER_RETURN_ERRORS);
    if (rc == 0)
        ASSERT_EQ(coil_task_result(many[1]), -EBADMSG);
    release_many();
    return rc;
}

static int gather_and_fail(void *arg)
{
    int rc = create_many(1);

    (void)arg;
    if (rc < 0)
        return rc;
    rc = coil_gather(many_futures, MANY, 0);
    release_many();
    return rc == -EBADMSG ? 0 : rc;
}

static int wait_in_mode(enum coil_wait_mode mode, coil_time limit, int least)
{
    int rc = create_many(2);

    if (rc < 0)
        return rc;
    rc = coil_wait(many_futures, MANY, mode, limit);
    if (rc >= 0)
        ASSERT_GE(rc, least);
    release_many();
    return rc < 0 ? rc : 0;
}

static int wait_for_all(void *arg)
{
    (void)arg;
    return wait_in_mode(COIL_ALL_COMPLETED, COIL_NEVER, MANY);
}

static int wait_for_first(void *arg)
{
    (void)arg;
    return wait_in_mode(COIL_FIRST_COMPLETED, COIL_NEVER, 1);
}

static int wait_for_failure(void *arg)
{
    (void)arg;
    return wait_in_mode(COIL_FIRST_EXCEPTION, COIL_NEVER, 1);
}

static int wait_with_limit(void *arg)
{
    (void)arg;
    return wait_in_mode(COIL_ALL_COMPLETED, 2 * COIL_MILLISECOND, 0);
}

/* Eighteen futures need memory. */
static int gather_eighteen(void *arg)
{
    struct coil_future *futures[18];
    int rc = create_many(-1);

    (void)arg;
    if (rc < 0)
        return rc;
    for (int i = 0; i < 18; i++)
        futures[i] = many_futures[i % MANY];
    rc = coil_gather(futures, 18, 0);
    release_many();
    return rc;
}

static int wait_for_task(void *arg, coil_time limit)
{
    struct coil_task *task;
    int rc = coil_task_create(&task, nap_longer, arg);

    if (rc < 0)
        return rc;
    rc = coil_wait_for(coil_task_future(task), limit, NULL);
    coil_task_cancel(task);
    coil_task_release(task);
    return rc;
}

static int wait_for_soon(void *arg)
{
    (void)arg;
    return wait_for_task((void *)(intptr_t)1, COIL_SECOND);
}

static int wait_for_too_long(void *arg)
{
    int rc = wait_for_task((void *)(intptr_t)5000, COIL_SECOND);

    (void)arg;
    return rc == -ETIMEDOUT ? 0 : rc;
}

static int take_as_completed(void *arg)
{
    struct coil_as_completed it;
    struct coil_future *done;
    int n = 0;
    int rc = create_many(-1);

    (void)arg;
    if (rc < 0)
        return rc;
    rc = coil_as_completed_begin(&it, many_futures, MANY, COIL_SECOND);
    if (rc < 0)
        goto release;
    while ((rc = coil_as_completed_next(&it, &done)) > 0) {
        ASSERT(coil_future_is_done(done));
        n++;
    }
    coil_as_completed_end(&it);
    if (rc == 0)
        ASSERT_EQ(n, MANY);

release:
    release_many();
    return rc;
}

static int race(void *arg)
{
    struct coil_racer racers[] = {
        { .fn = nap_longer, .arg = (void *)(intptr_t)-1 },
        { .fn = nap_longer, .arg = (void *)(intptr_t)50 },
        { .fn = nap_longer, .arg = (void *)(intptr_t)1 },
    };
    int rc = coil_staggered_race(racers, 3, 10 * COIL_MILLISECOND);

    (void)arg;
    if (rc >= 0)
        ASSERT_EQ(racers[rc].result, 0);
    return rc < 0 ? rc : 0;
}

/* ---- timeouts ---- */

static int time_out_after(coil_time limit, coil_fn fn, void *arg)
{
    struct coil_timeout scope;
    int rc = coil_timeout_begin(&scope, limit);

    if (rc < 0)
        return rc;
    return coil_timeout_end(&scope, fn(arg));
}

static int nap_forever(void *arg)
{
    (void)arg;
    return coil_sleep(COIL_NEVER);
}

static int time_out(void *arg)
{
    int rc = time_out_after(COIL_MILLISECOND, nap_forever, arg);

    return rc == -ETIMEDOUT ? 0 : rc;
}

/* The inner scope times out; the outer one does not. */
static int time_out_within(void *arg)
{
    int rc = time_out_after(COIL_SECOND, time_out, arg);

    return rc < 0 ? rc : nap(arg);
}

static int hang_in_long_scope(void *arg)
{
    return time_out_after(COIL_MINUTE, nap_forever, arg);
}

/* The outer one does; the inner one passes it on. */
static int time_out_around(void *arg)
{
    int rc = time_out_after(COIL_MILLISECOND, hang_in_long_scope, arg);

    return rc == -ETIMEDOUT ? nap(arg) : rc;
}

static int hang_in_short_scope(void *arg)
{
    return time_out_after(COIL_MILLISECOND, nap_forever, arg);
}

/* Both at once: one of them is what it is called. */
static int time_out_together(void *arg)
{
    int rc = time_out_after(COIL_MILLISECOND, hang_in_short_scope, arg);

    return rc == -ETIMEDOUT ? nap(arg) : rc;
}

static int reschedule(void *arg)
{
    struct coil_timeout scope;
    int rc = coil_timeout_begin(&scope, COIL_MILLISECOND);

    if (rc < 0)
        return rc;
    rc = coil_timeout_reschedule(&scope, coil_after(COIL_SECOND));
    if (rc == 0)
        rc = nap(arg);
    if (rc == 0)
        rc = nap(arg);
    if (rc == 0)
        coil_timeout_reschedule(&scope, coil_after(COIL_MILLISECOND));
    if (rc == 0)
        rc = nap_forever(arg);
    rc = coil_timeout_end(&scope, rc);
    return rc == -ETIMEDOUT ? 0 : rc;
}

/* ---- groups ---- */

static int running;

/* What a task of a group does; that no task outlives its group is checked. */
static int work(void *arg)
{
    intptr_t n = (intptr_t)arg;
    int rc;

    running++;
    rc = n < 0 ? coil_yield() : coil_sleep(n * COIL_MILLISECOND);
    running--;
    return n < 0 && rc == 0 ? -EBADMSG : rc;
}

static int group_of(const int *durations, int n, coil_time body)
{
    struct coil_task_group group;
    int rc = coil_task_group_begin(&group);

    if (rc < 0)
        return rc;
    for (int i = 0; rc == 0 && i < n; i++)
        rc = coil_task_group_create(&group, NULL, work,
                                    (void *)(intptr_t)durations[i]);
    if (rc == 0 && body > 0)
        rc = coil_sleep(body);
    rc = coil_task_group_end(&group, rc);
    ASSERT_EQ(group.running, 0);
    return rc;
}

static int begin_group(void)
{
    running = 0;
    return 0;
}

static int group_of_three(void *arg)
{
    static const int durations[] = { 1, 2, 3 };
    int rc = group_of(durations, 3, 0);

    (void)arg;
    ASSERT_EQ(running, 0);
    return rc;
}

static int group_with_body(void *arg)
{
    static const int durations[] = { 1, 20 };
    int rc = group_of(durations, 2, 5 * COIL_MILLISECOND);

    (void)arg;
    ASSERT_EQ(running, 0);
    return rc;
}

static int group_that_fails(void *arg)
{
    static const int durations[] = { 5, -1, 5 };
    int rc = group_of(durations, 3, COIL_SECOND);

    (void)arg;
    ASSERT_EQ(running, 0);
    return rc == -EBADMSG ? 0 : rc;
}

static void probe_group(void)
{
    ASSERT_EQ(running, 0);
    ASSERT_EQ(group_of_three(NULL), 0);
}

static int inner_group(void *arg)
{
    static const int durations[] = { 2, 3 };

    (void)arg;
    return group_of(durations, 2, COIL_MILLISECOND);
}

static int group_within_group(void *arg)
{
    struct coil_task_group group;
    int rc = coil_task_group_begin(&group);

    if (rc < 0)
        return rc;
    rc = coil_task_group_create(&group, NULL, inner_group, NULL);
    if (rc == 0)
        rc = coil_task_group_create(&group, NULL, work, (void *)(intptr_t)1);
    if (rc == 0)
        rc = inner_group(arg);
    rc = coil_task_group_end(&group, rc);
    ASSERT_EQ(running, 0);
    return rc;
}

static int group_cancelled_within(void *arg)
{
    struct coil_task_group group;
    int rc = coil_task_group_begin(&group);

    (void)arg;
    if (rc < 0)
        return rc;
    rc = coil_task_group_create(&group, NULL, nap_forever, NULL);
    if (rc == 0)
        rc = coil_yield();
    if (rc == 0)
        coil_task_group_cancel(&group);
    if (rc == 0)
        rc = coil_yield();
    return coil_task_group_end(&group, rc);
}

static int group_under_timeout(void *arg)
{
    int rc = time_out_after(2 * COIL_MILLISECOND, group_with_body, arg);

    return rc == -ETIMEDOUT ? nap(arg) : rc;
}

static int group_of_timeouts(void *arg)
{
    struct coil_task_group group;
    int rc = coil_task_group_begin(&group);

    (void)arg;
    if (rc < 0)
        return rc;
    for (int i = 0; rc == 0 && i < 3; i++)
        rc = coil_task_group_create(&group, NULL, time_out, NULL);
    return coil_task_group_end(&group, rc);
}

/* ---- coroutines and locals ---- */

static int yield_thrice(void *arg)
{
    int rc = 0;

    for (int i = 0; rc == 0 && i < 3; i++)
        rc = coil_coroutine_yield(arg, NULL);
    return rc;
}

/* A task that drives a coroutine, and ends it if it is cancelled meanwhile. */
static int drive(void *arg)
{
    struct coil_coroutine *co;
    int rc = coil_coroutine_new(&co, yield_thrice, arg, 0);

    if (rc < 0)
        return rc;
    while (rc == 0 && coil_coroutine_send(co, NULL, NULL) > 0)
        rc = coil_yield();
    coil_coroutine_free(co);
    return rc;
}

static struct coil_local local = COIL_LOCAL_INIT(NULL);

static int read_local(void *arg)
{
    int rc = nap(arg);

    ASSERT_PTR_EQ(coil_local_get(&local), &count);
    return rc;
}

static int set_local(void *arg)
{
    int rc = coil_local_set(&local, &count);

    return rc < 0 ? rc : in_a_task(read_local, arg);
}

static void probe_local(void)
{
    ASSERT_NULL(coil_local_get(&local));
}

/* ---- all of them ---- */

const struct scenario scenarios_core[] = {
    { "sleep", no_begin, nap_and_yield, probe_time, no_end },
    { "uncancel", no_begin, nap_whatever_comes, probe_time, no_end },
    { "future_await", begin_future, await_future, probe_future, no_end },
    { "shield", begin_future, shield_future, probe_shielded_future, no_end },
    { "wait_for_a_future", begin_future, watch_future, probe_shielded_future,
      no_end },
    { "task_await", no_begin, await_task, probe_time, no_end },
    { "task_await_in_a_chain", no_begin, await_chain, probe_time, no_end },
    { "detached_tasks", begin_count, detach, probe_detached, no_end },
    { "eager_task", begin_count, await_eager, probe_count, no_end },
    { "gather", no_begin, gather_many, probe_count, no_end },
    { "gather_errors_as_results", no_begin, gather_errors, probe_count,
      no_end },
    { "gather_fails", no_begin, gather_and_fail, probe_count, no_end },
    { "wait_all", no_begin, wait_for_all, probe_count, no_end },
    { "wait_first", no_begin, wait_for_first, probe_count, no_end },
    { "wait_first_exception", no_begin, wait_for_failure, probe_count, no_end },
    { "wait_with_a_limit", no_begin, wait_with_limit, probe_count, no_end },
    { "gather_of_many", no_begin, gather_eighteen, probe_count, no_end },
    { "wait_for", no_begin, wait_for_soon, probe_time, no_end },
    { "wait_for_times_out", no_begin, wait_for_too_long, probe_time, no_end },
    { "as_completed", no_begin, take_as_completed, probe_count, no_end },
    { "staggered_race", no_begin, race, probe_time, no_end },
    { "timeout", no_begin, time_out, probe_time, no_end },
    { "timeout_within_another", no_begin, time_out_within, probe_time, no_end },
    { "timeout_around_another", no_begin, time_out_around, probe_time, no_end },
    { "timeouts_at_once", no_begin, time_out_together, probe_time, no_end },
    { "timeout_rescheduled", no_begin, reschedule, probe_time, no_end },
    { "group", begin_group, group_of_three, probe_group, no_end },
    { "group_with_a_body", begin_group, group_with_body, probe_group, no_end },
    { "group_that_fails", begin_group, group_that_fails, probe_group, no_end },
    { "group_within_a_group", begin_group, group_within_group, probe_group,
      no_end },
    { "group_cancelled_from_within", begin_group, group_cancelled_within,
      probe_group, no_end },
    { "group_under_a_timeout", begin_group, group_under_timeout, probe_group,
      no_end },
    { "group_of_timeouts", begin_group, group_of_timeouts, probe_group,
      no_end },
    { "coroutine_driven", no_begin, drive, probe_time, no_end },
    { "local", no_begin, set_local, probe_local, no_end },
    { NULL },
};
