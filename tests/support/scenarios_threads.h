/* SPDX-License-Identifier: MIT */
/*
 * scenarios_threads.h - programs with executors, and with calls from other
 * threads and their loops: scenario.h, outside.h
 */
#ifndef COIL_TESTS_SCENARIOS_THREADS_H
#define COIL_TESTS_SCENARIOS_THREADS_H

#include <semaphore.h>

#include <coil/event.h>
#include <coil/executor.h>
#include <coil/local.h>
#include <coil/lock.h>
#include <coil/queue.h>
#include <coil/task_group.h>
#include <coil/threadsafe.h>

#include "outside.h"

/* ---- executors ---- */

static struct coil_executor *pool;
static atomic_int calls_begun, calls_ended;

static int increment(void *arg)
{
    atomic_int *n = arg;

    atomic_fetch_add(&calls_begun, 1);
    pass_gate();
    atomic_fetch_add(n, 1);
    atomic_fetch_add(&calls_ended, 1);
    return 7;
}

static int open_pool(size_t threads)
{
    calls_begun = 0;
    calls_ended = 0;
    return coil_executor_new(&pool, threads);
}

static int open_pool_of_two(void)
{
    return open_pool(2);
}

static void close_pool(void)
{
    coil_executor_free(pool);
    pool = NULL;
    end_outside();
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

static int run_two(void *arg)
{
    int rc = increment_copy(arg);

    return rc < 0 ? rc : increment_shared(arg);
}

static void probe_pool(void)
{
    expect_helpers();
    ASSERT_EQ(run_two(NULL), 0);
}

SCENARIO(executor_run, open_pool_of_two, run_two, probe_pool, close_pool)

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

SCENARIO(executor_queue, begin_queueing, run_two, probe_queue_of_calls,
         close_pool)

static struct coil_executor_call submitted[2];
static atomic_int sums[2];

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

SCENARIO(executor_submit, open_pool_of_two, submit_and_await, probe_submit,
         close_pool)

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

SCENARIO(executor_submit_in_turn, begin_submitting_in_turn, await_in_turn,
         probe_queue_of_calls, close_pool)

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

SCENARIO(executor_shield, begin_shielded_call, shield_call, probe_shielded_call,
         close_pool)

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

static int shut_pool_down(void *arg)
{
    (void)arg;
    return coil_executor_shutdown(pool, 100 * COIL_MINUTE);
}

/* Whoever was cancelled has shut it, or has not begun. */
static void probe_shutdown(void)
{
    expect_helpers();
    ASSERT_EQ(shut_pool_down(NULL), 0);
    ASSERT_EQ(increment_copy(NULL), -ESHUTDOWN);
    ASSERT_EQ(calls_begun, calls_ended);
}

SCENARIO(executor_shutdown, begin_shutdown, shut_pool_down, probe_shutdown,
         close_pool)

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

SCENARIO(executor_shutdown_with_limit, begin_shutdown_with_limit,
         shut_pool_down_in_time, probe_shutdown_with_limit,
         end_shutdown_with_limit)

/* ---- to_thread ---- */

static struct coil_local word = { "nothing" };

static int increment_if_told(void *arg)
{
    ASSERT_STR_EQ(coil_local_get(&word), "plus");
    return increment(arg);
}

static int compute_in_thread(void *arg)
{
    static atomic_int shared;
    char plus[] = "plus";
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

static int compute_as_task(void)
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

SCENARIO(to_thread_held, no_begin, compute_in_thread, probe_to_thread,
         end_outside)

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

SCENARIO(to_thread_in_group, no_begin, compute_in_group, probe_group_of_threads,
         end_outside)

/* ---- callbacks from several threads at once ---- */

enum { CALLERS = 4, CALLS = 8 };

static struct coil_handle posts[CALLERS][CALLS];
static int arrived[CALLERS];
static int arrived_in_all;
static struct coil_future all_arrived;

/* Each thread's in its order. */
static void arrive(void *arg)
{
    struct coil_handle *post = arg;
    ptrdiff_t n = post - &posts[0][0];

    ASSERT_EQ(arrived[n / CALLS]++, n % CALLS);
    if (++arrived_in_all == CALLERS * CALLS)
        ASSERT_EQ(coil_future_set_result(&all_arrived, NULL), 0);
}

static void post_all(void *arg)
{
    struct coil_handle *mine = arg;

    pass_gate();
    for (int i = 0; i < CALLS; i++)
        ASSERT_EQ(
            coil_loop_call_soon_threadsafe(stage, &mine[i], arrive, &mine[i]),
            0);
}

static int begin_posting(void)
{
    gate.width = CALLERS;
    arrived_in_all = 0;
    coil_future_init(&all_arrived);
    for (int i = 0; i < CALLERS; i++) {
        arrived[i] = 0;
        begin_outsider(post_all, posts[i]);
    }
    return 0;
}

static int await_arrival(void *arg)
{
    struct coil_future *all = &all_arrived;
    int rc;

    (void)arg;
    rc = coil_wait(&all, 1, COIL_ALL_COMPLETED, COIL_NEVER);
    return rc < 0 ? rc : 0;
}

static void probe_arrival(void)
{
    ASSERT_EQ(await_arrival(NULL), 0);
    await_outsiders();
    ASSERT_EQ(arrived_in_all, CALLERS * CALLS);
}

SCENARIO(threadsafe_callbacks, begin_posting, await_arrival, probe_arrival,
         end_outside)

/* ---- tasks that other threads have made ---- */

static struct coil_queue queue;
static struct coil_lock lock;
static atomic_int put_count;
static int got_count;

static int put_under_lock(void *arg)
{
    int rc = coil_lock_acquire(&lock);

    if (rc < 0)
        return rc;
    rc = coil_queue_put(&queue, arg);
    coil_lock_release(&lock);
    return rc;
}

static void call_three_times(void *arg)
{
    static int item = 5;

    (void)arg;
    for (int i = 0; i < 3; i++) {
        struct coil_thread_call call;
        int rc;

        pass_gate();
        ASSERT_EQ(coil_run_threadsafe(stage, &call, put_under_lock, &item), 0);
        rc = coil_thread_call_wait(&call, COIL_NEVER);
        ASSERT(rc == 0 || (is_failing && rc < 0));
        ASSERT(coil_thread_call_is_done(&call));
        atomic_fetch_add(&put_count, rc == 0);
    }
}

static int begin_calls(void)
{
    coil_queue_init(&queue, sizeof(int), 2);
    coil_lock_init(&lock);
    put_count = 0;
    got_count = 0;
    begin_outsider(call_three_times, NULL);
    begin_outsider(call_three_times, NULL);
    return 0;
}

static int get_six(void *arg)
{
    int rc = 0;

    (void)arg;
    for (int item; got_count < 6 && rc == 0; got_count += rc == 0)
        rc = coil_queue_get(&queue, &item);
    return rc;
}

/* What the victim has not got is there, and nothing else. */
static void probe_calls(void)
{
    int item;

    if (is_failing)
        return;
    ASSERT_EQ(get_six(NULL), 0);
    await_outsiders();
    ASSERT_EQ(put_count, 6);
    ASSERT_EQ(coil_queue_try_get(&queue, &item), -EAGAIN);
    ASSERT(!coil_lock_is_locked(&lock));
}

static int take_all_there_is(void *arg)
{
    int item;

    (void)arg;
    while (coil_queue_get(&queue, &item) == 0)
        got_count++;
    return 0;
}

static void end_calls(void)
{
    if (help(take_all_there_is, NULL) < 0)
        FAIL("no task");
    end_outside();
    end_helpers();
    ASSERT_EQ(put_count, got_count);
    coil_queue_fini(&queue);
}

SCENARIO(threadsafe_tasks, begin_calls, get_six, probe_calls, end_calls)

/* ---- a loop in another thread ---- */

static struct coil_loop *far;
static int far_rc;
static struct coil_event far_door, far_end; /* the far loop's */
static struct coil_future far_there;
static struct coil_handle far_news;
static struct coil_thread_call call;

static void tell_of_far(void *arg)
{
    (void)arg;
    (void)coil_future_set_result(&far_there, NULL);
}

static int far_main(void *arg)
{
    (void)arg;
    coil_event_init(&far_door);
    coil_event_init(&far_end);
    far = coil_loop_current();
    coil_loop_hold(far);
    far_rc = 0;
    coil_loop_call_soon_threadsafe(stage, &far_news, tell_of_far, NULL);
    (void)!coil_event_wait(&far_end);
    coil_loop_release(far);
    return 0;
}

static void run_far(void *arg)
{
    const struct coil_loop_options options = { .backend = COIL_BACKEND_EPOLL,
                                               .no_watchdog = true };
    int rc;

    (void)arg;
    rc = coil_run_with(far_main, NULL, &options);
    if (rc == 0)
        return;
    far_rc = rc;
    coil_loop_call_soon_threadsafe(stage, &far_news, tell_of_far, NULL);
}

static int begin_far(void)
{
    struct coil_future *there = &far_there;

    far = NULL;
    far_rc = -EINVAL;
    coil_future_init(&far_there);
    begin_outsider(run_far, NULL);
    while (!coil_future_is_done(&far_there))
        if (coil_wait(&there, 1, COIL_ALL_COMPLETED, COIL_MINUTE) == 0)
            FAIL("no far loop");
    return far_rc;
}

static int end_far_loop(void *arg)
{
    (void)arg;
    coil_event_set(&far_end);
    return 0;
}

static void end_far(void)
{
    struct coil_thread_call last;

    set_gate(0, true);
    if (far && coil_run_threadsafe(far, &last, end_far_loop, NULL) == 0)
        ASSERT_EQ(coil_thread_call_await(&last), 0);
    end_outside();
}

static int work_far_away(void *arg)
{
    int rc;

    pass_gate();
    rc = coil_yield();
    return rc < 0 ? rc : *(int *)arg;
}

static int call_far(void *arg)
{
    int n = 9;
    int rc = coil_run_threadsafe(far, &call, work_far_away, &n);

    (void)arg;
    if (rc == 0)
        rc = coil_thread_call_await(&call);
    ASSERT(coil_thread_call_is_done(&call));
    ASSERT(rc < 0 || rc == 9);
    return rc < 0 ? rc : coil_yield();
}

static void probe_far(void)
{
    ASSERT_EQ(call_far(NULL), 0);
}

SCENARIO(threadsafe_await, begin_far, call_far, probe_far, end_far)

static int pass_far_door(void *arg)
{
    int rc;

    (void)arg;
    rc = coil_event_wait(&far_door);
    return rc < 0 ? rc : coil_yield();
}

static int open_far_door(void *arg)
{
    (void)arg;
    coil_event_set(&far_door);
    return 0;
}

/* The loop may have been closed. */
static void have_door_opened(void *arg)
{
    struct coil_thread_call opening;

    (void)arg;
    pass_gate();
    if (coil_run_threadsafe(far, &opening, open_far_door, NULL) == 0)
        (void)!coil_thread_call_wait(&opening, COIL_NEVER);
}

static int begin_far_door(void)
{
    int rc = begin_far();

    if (rc == 0)
        begin_outsider(have_door_opened, NULL);
    return rc;
}

/* Cancelled, so is the task far away. */
static int wait_at_far_door(void *arg)
{
    int rc = coil_run_threadsafe(far, &call, pass_far_door, NULL);

    (void)arg;
    if (rc == 0)
        rc = coil_thread_call_await(&call);
    ASSERT(coil_thread_call_is_done(&call));
    return rc < 0 ? rc : coil_yield();
}

static void probe_far_door(void)
{
    if (!is_failing)
        ASSERT_EQ(wait_at_far_door(NULL), 0);
}

SCENARIO(threadsafe_await_door, begin_far_door, wait_at_far_door,
         probe_far_door, end_far)

/* ---- loops of other threads, one after another and beside this one ---- */

/* Of that the stage hears nothing. */
static int increment_unseen(void *arg)
{
    atomic_int *n = arg;

    atomic_fetch_add(n, 1);
    return 0;
}

static int work_in_turn(void *arg)
{
    int rc = coil_lock_acquire(arg);

    if (rc < 0)
        return rc;
    rc = coil_to_thread(increment_unseen, &sums[0]);
    coil_lock_release(arg);
    return rc < 0 ? rc : 0;
}

static int run_program(void *arg)
{
    struct coil_lock mine = COIL_LOCK_INIT;
    struct coil_task_group group;
    int rc = coil_task_group_begin(&group);

    (void)arg;
    for (int i = 0; i < 3 && rc == 0; i++)
        rc = coil_task_group_create(&group, NULL, work_in_turn, &mine);
    return coil_task_group_end(&group, rc);
}

static atomic_int program_rc;

static void run_program_on_a_loop(void *arg)
{
    const struct coil_loop_options options = { .backend = COIL_BACKEND_EPOLL,
                                               .no_watchdog = true };
    (void)arg;
    pass_gate();
    program_rc = coil_run_with(run_program, NULL, &options);
    ASSERT_NULL(coil_loop_current());
    ASSERT_NULL(coil__thread()->stacks);
}

static int await_left(void)
{
    struct coil_future *left = &all_left;
    int rc = 0;

    if (outsiders_at_work > 0)
        rc = coil_wait(&left, 1, COIL_ALL_COMPLETED, COIL_NEVER);
    return rc < 0 ? rc : 0;
}

static int run_loops_in_turn(void *arg)
{
    (void)arg;
    for (int i = 0; i < 2; i++) {
        int rc;

        begin_outsider(run_program_on_a_loop, NULL);
        rc = await_left();
        if (rc < 0)
            return rc;
        if (program_rc < 0)
            return program_rc;
    }
    return 0;
}

static void probe_loops(void)
{
    await_outsiders();
    ASSERT(program_rc == 0 || is_failing);
    ASSERT_EQ(run_loops_in_turn(NULL), 0);
}

SCENARIO(loops_in_turn, no_begin, run_loops_in_turn, probe_loops, end_outside)

static int begin_loop_beside(void)
{
    int rc = open_pool(1);

    if (rc == 0)
        begin_outsider(run_program_on_a_loop, NULL);
    return rc;
}

/* The other one uses the same threads. */
static int compute_beside(void *arg)
{
    int rc = compute_in_thread(arg);

    return rc < 0 ? rc : run_two(arg);
}

static void probe_loop_beside(void)
{
    await_outsiders();
    ASSERT(program_rc == 0 || is_failing);
    ASSERT_EQ(compute_as_task(), 0);
    probe_pool();
}

SCENARIO(loop_beside_another, begin_loop_beside, compute_beside,
         probe_loop_beside, close_pool)

static int use_pool_far_away(void *arg)
{
    atomic_int n = 1;
    int rc = coil_executor_run_copy(pool, increment, &n);

    (void)arg;
    ASSERT_EQ(n, rc == 7 ? 2 : 1);
    return rc == 7 || rc == -ESHUTDOWN ? 0 : rc;
}

static int begin_shutdown_of_both(void)
{
    int rc = begin_far();

    if (rc == 0)
        rc = open_pool(1);
    if (rc == 0)
        rc = coil_run_threadsafe(far, &call, use_pool_far_away, NULL);
    while (rc == 0 && !calls_begun && !coil_thread_call_is_done(&call))
        sched_yield();
    return rc;
}

static void probe_shutdown_of_both(void)
{
    int rc = coil_thread_call_await(&call);

    ASSERT(rc == 0 || (is_failing && rc < 0));
    probe_shutdown();
}

static void end_shutdown_of_both(void)
{
    end_far();
    close_pool();
}

/* Another loop's call is what is waited for. */
SCENARIO(executor_shutdown_beside_a_loop, begin_shutdown_of_both,
         shut_pool_down, probe_shutdown_of_both, end_shutdown_of_both)

#endif
