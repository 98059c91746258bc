/* SPDX-License-Identifier: MIT */
/* scope.c - programs of scopes and combinators: scenario.h */
#include "scenarios/scope.h"

/* ---- time ---- */

int nap(void *arg)
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

void probe_time(void)
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

void probe_count(void)
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
    ASSERT_EQ(coil_task_owner_count(&group.owner), 0);
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

/* ---- all of them ---- */

const struct scenario scenarios_scope[] = {
    { "sleep", no_begin, nap_and_yield, probe_time, no_end },
    { "uncancel", no_begin, nap_whatever_comes, probe_time, no_end },
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
    { NULL },
};
