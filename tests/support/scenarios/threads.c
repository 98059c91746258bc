/* SPDX-License-Identifier: MIT */
/*
 * threads.c - programs with executors: scenario.h, outside.h
 */
#include "scenarios/threads.h"

#include <semaphore.h>

#include <coil/local.h>
#include <coil/task_group.h>
#include <coil/thread.h>

#include "outside.h"

/* ---- executors ---- */

struct coil_executor *pool;
atomic_int calls_begun;
static atomic_int calls_ended;

int increment(void *arg)
{
    atomic_int *n = arg;

    atomic_fetch_add(&calls_begun, 1);
    pass_stage_gate();
    atomic_fetch_add(n, 1);
    atomic_fetch_add(&calls_ended, 1);
    return 7;
}

int open_pool(size_t threads)
{
    calls_begun = 0;
    calls_ended = 0;
    return coil_executor_new(&pool, threads);
}

static int open_pool_of_two(void)
{
    return open_pool(2);
}

/* Whatever was done to them, no call is counted any more. */
void close_pool(void)
{
    end_outside();
    if (pool)
        ASSERT_EQ(coil_executor_shutdown(pool, COIL_MINUTE), 0);
    coil_executor_free(pool);
    pool = NULL;
}

/* What is copied is not touched by a call that goes on. */
static int increment_copy(void *arg)
{
    atomic_int n = 1;
    int rc = coil_executor_run_copy(pool, increment, &n);

    (void)arg;
    ASSERT_EQ(n, rc == 7 ? 2 : 1);
    return rc < 0 ? rc : 0;
}

static int increment_shared(void *arg)
{
    static atomic_int shared;
    int rc = coil_executor_run(pool, increment, &shared);

    (void)arg;
    return rc < 0 ? rc : 0;
}

int run_two(void *arg)
{
    int rc = increment_copy(arg);

    return rc < 0 ? rc : increment_shared(arg);
}

/* A call that has ended when the cancellation comes has succeeded. */
static int run_two_alone(void *arg)
{
    int rc = increment_copy(arg);

    ASSERT(rc == 0 || !news_came_first);
    return rc < 0 ? rc : increment_shared(arg);
}

void probe_pool(void)
{
    expect_helpers();
    ASSERT_EQ(run_two(NULL), 0);
}

/* Of one thread: who comes second stands in the queue. */
static int begin_queueing(void)
{
    int rc = open_pool(1);

    return rc < 0 ? rc : help(increment_copy, NULL);
}

/* No call was lost, and none was made for nothing. */
static void probe_queue_of_calls(void)
{
    probe_pool();
    ASSERT_EQ(calls_begun, calls_ended);
}

static struct coil_executor_call submitted[2];
atomic_int sums[2];

static int submit_both(void)
{
    int rc = 0;

    for (int i = 0; i < 2 && rc == 0; i++) {
        submitted[i] = (struct coil_executor_call){ .loop = NULL };
        rc = coil_executor_submit(pool, &submitted[i], increment, &sums[i]);
        if (rc < 0)
            coil_future_cancel(&submitted[i].future);
    }
    if (rc < 0)
        coil_future_cancel(&submitted[0].future);
    return rc;
}

static int wait_for_both(void)
{
    struct coil_future *both[] = { &submitted[0].future, &submitted[1].future };
    int rc = coil_wait(both, 2, COIL_ALL_COMPLETED, COIL_NEVER);

    return rc < 0 ? rc : 0;
}

/* Cleaning up is to let the calls end, and if there is no time for that not to. */
static int submit_and_await(void *arg)
{
    int rc = submit_both();

    (void)arg;
    if (rc < 0)
        return rc;
    rc = wait_for_both();
    if (rc == 0)
        rc = coil_yield();
    if (rc < 0 && wait_for_both() < 0)
        for (int i = 0; i < 2; i++)
            coil_future_cancel(&submitted[i].future);
    for (int i = 0; i < 2; i++)
        ASSERT(coil_future_is_done(&submitted[i].future));
    if (rc == 0)
        rc = coil_future_result(&submitted[1].future, NULL);
    return rc < 0 ? rc : 0;
}

static void probe_submit(void)
{
    ASSERT_EQ(submit_and_await(NULL), 0);
}

static int await_in_turn(void *arg)
{
    int rc = submit_both();

    (void)arg;
    if (rc < 0)
        return rc;
    for (int i = 0; i < 2 && rc >= 0; i++)
        rc = coil_future_await(&submitted[i].future, NULL);
    coil_future_cancel(&submitted[1].future);
    return rc < 0 ? rc : 0;
}

static int begin_submitting_in_turn(void)
{
    return open_pool(1);
}

static int begin_shielded_call(void)
{
    int rc = open_pool(1);

    return rc < 0 ? rc : submit_both();
}

static int shield_call(void *arg)
{
    int rc;

    (void)arg;
    rc = coil_shield(&submitted[0].future, NULL);
    return rc < 0 ? rc : 0;
}

static void probe_shielded_call(void)
{
    for (int i = 0; i < 2; i++)
        ASSERT_EQ(coil_future_await(&submitted[i].future, NULL), 7);
    probe_pool();
}

/* ---- the end of an executor ---- */

static int use_pool_while_there_is_one(void *arg)
{
    int rc = increment_copy(arg);

    return rc == -ESHUTDOWN ? 0 : rc;
}

static int begin_shutdown(void)
{
    int rc = open_pool(1);

    if (rc == 0)
        rc = help(use_pool_while_there_is_one, NULL);
    return rc < 0 ? rc : help(use_pool_while_there_is_one, NULL);
}

int shut_pool_down(void *arg)
{
    (void)arg;
    return coil_executor_shutdown(pool, 100 * COIL_MINUTE);
}

/* Whoever was cancelled has shut it, or has not begun. */
void probe_shutdown(void)
{
    expect_helpers();
    ASSERT_EQ(shut_pool_down(NULL), 0);
    ASSERT_EQ(increment_copy(NULL), -ESHUTDOWN);
    ASSERT_EQ(calls_begun, calls_ended);
}

static sem_t held;

static int be_held(void *arg)
{
    sem_wait(&held);
    return increment(arg);
}

static int run_held(void *arg)
{
    atomic_int n = 1;
    int rc = coil_executor_run_copy(pool, be_held, &n);

    (void)arg;
    return rc == -ESHUTDOWN || rc == 7 ? 0 : rc;
}

static int begin_shutdown_with_limit(void)
{
    int rc = open_pool(1);

    sem_init(&held, 0, 0);
    if (rc == 0)
        rc = help(run_held, NULL);
    return rc < 0 ? rc : help(run_held, NULL);
}

/* The second call never begins. */
static int shut_pool_down_in_time(void *arg)
{
    int rc;

    (void)arg;
    rc = coil_executor_shutdown(pool, COIL_MILLISECOND);
    return rc == -ETIMEDOUT ? coil_yield() : rc;
}

static void let_go(void)
{
    for (int i = 0; i < 4; i++)
        sem_post(&held);
}

static void probe_shutdown_with_limit(void)
{
    let_go();
    probe_shutdown();
}

static void end_shutdown_with_limit(void)
{
    let_go();
    close_pool();
}

/* ---- to_thread ---- */

static struct coil_local word = { "nothing" };

static int increment_if_told(void *arg)
{
    ASSERT_STR_EQ(coil_local_get(&word), "plus");
    return increment(arg);
}

int compute_in_thread(void *arg)
{
    static atomic_int shared;
    static char plus[] = "plus"; /* a thread may outlast a cancelled task */
    atomic_int n = 41;
    int rc = coil_local_set(&word, plus);

    (void)arg;
    if (rc == 0)
        rc = coil_to_thread_copy(increment_if_told, &n);
    ASSERT_EQ(n, rc == 7 ? 42 : 41);
    if (rc < 0)
        return rc;
    rc = coil_to_thread(increment, &shared);
    return rc < 0 ? rc : 0;
}

int compute_as_task(void)
{
    struct coil_task *task;
    int rc = coil_task_create(&task, compute_in_thread, NULL);

    if (rc < 0)
        return rc;
    rc = coil_task_await(task);
    coil_task_release(task);
    return rc;
}

static void probe_to_thread(void)
{
    ASSERT_EQ(compute_as_task(), 0);
    ASSERT_STR_EQ(coil_local_get(&word), "nothing");
}

static int increment_in_group(void *arg)
{
    int rc = coil_to_thread(increment, arg);

    return rc < 0 ? rc : 0;
}

/* More of them than threads. */
static int compute_in_group(void *arg)
{
    static atomic_int shared;
    struct coil_task_group group;
    int rc = coil_task_group_begin(&group);

    (void)arg;
    if (rc < 0)
        return rc;
    for (int i = 0; i < 3 && rc == 0; i++)
        rc = coil_task_group_create(&group, NULL, increment_in_group, &shared);
    return coil_task_group_end(&group, rc);
}

static void probe_group_of_threads(void)
{
    ASSERT_EQ(compute_in_group(NULL), 0);
}

int increment_unseen(void *arg)
{
    atomic_int *n = arg;

    atomic_fetch_add(n, 1);
    return 0;
}

/* ---- all of them ---- */

const struct scenario scenarios_threads[] = {
    { "executor_run", open_pool_of_two, run_two_alone, probe_pool, close_pool },
    { "executor_queue", begin_queueing, run_two, probe_queue_of_calls,
      close_pool },
    { "executor_submit", open_pool_of_two, submit_and_await, probe_submit,
      close_pool },
    { "executor_submit_in_turn", begin_submitting_in_turn, await_in_turn,
      probe_queue_of_calls, close_pool },
    { "executor_shield", begin_shielded_call, shield_call, probe_shielded_call,
      close_pool },
    { "executor_shutdown", begin_shutdown, shut_pool_down, probe_shutdown,
      close_pool },
    { "executor_shutdown_with_limit", begin_shutdown_with_limit,
      shut_pool_down_in_time, probe_shutdown_with_limit,
      end_shutdown_with_limit },
    { "to_thread_held", no_begin, compute_in_thread, probe_to_thread,
      end_outside },
    { "to_thread_in_group", no_begin, compute_in_group, probe_group_of_threads,
      end_outside },
    { NULL },
};
