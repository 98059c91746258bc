/* SPDX-License-Identifier: MIT */
/* task.c - programs of tasks, futures and coroutines: scenario.h */
#include "scenarios/scope.h"

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

const struct scenario scenarios_task[] = {
    { "future_await", begin_future, await_future, probe_future, no_end },
    { "shield", begin_future, shield_future, probe_shielded_future, no_end },
    { "wait_for_a_future", begin_future, watch_future, probe_shielded_future,
      no_end },
    { "task_await", no_begin, await_task, probe_time, no_end },
    { "task_await_in_a_chain", no_begin, await_chain, probe_time, no_end },
    { "detached_tasks", begin_count, detach, probe_detached, no_end },
    { "eager_task", begin_count, await_eager, probe_count, no_end },
    { "coroutine_driven", no_begin, drive, probe_time, no_end },
    { "local", no_begin, set_local, probe_local, no_end },
    { NULL },
};
