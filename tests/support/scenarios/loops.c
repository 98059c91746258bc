/* SPDX-License-Identifier: MIT */
/*
 * loops.c - programs that other threads call, and with loops in other
 * threads: scenario.h, outside.h
 */
#include <coil/event.h>
#include <coil/lock.h>
#include <coil/queue.h>
#include <coil/task_group.h>
#include <coil/thread.h>
#include <coil/threadsafe.h>

#include "outside.h"
#include "reports.h"
#include "scenarios/threads.h"

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

    pass_stage_gate();
    for (int i = 0; i < CALLS; i++)
        ASSERT_EQ(
            coil_loop_call_soon_threadsafe(stage, &mine[i], arrive, &mine[i]),
            0);
}

static int begin_posting(void)
{
    stage_gate.width = CALLERS;
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

        pass_stage_gate();
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
    int item;

    if (help(take_all_there_is, NULL) < 0)
        FAIL("no task");
    end_outside();
    end_helpers();
    /* The helper may have been stopped before it took the last. */
    while (coil_queue_try_get(&queue, &item) == 0)
        got_count++;
    ASSERT_EQ(put_count, got_count);
    coil_queue_fini(&queue);
}

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
    coil_loop_set_exception_handler(far, ignore_report, NULL);
    coil_loop_hold(far);
    far_rc = 0;
    coil_loop_call_soon_threadsafe(stage, &far_news, tell_of_far, NULL);
    (void)!coil_event_wait(&far_end);
    coil_loop_release(far);
    return 0;
}

static void run_far(void *arg)
{
    const struct coil_loop_options options = { .backend = COIL_BACKEND_DEFAULT,
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

    pass_stage_gate();
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
    pass_stage_gate();
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

/* ---- loops of other threads, one after another and beside this one ---- */

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
    const struct coil_loop_options options = { .backend = COIL_BACKEND_DEFAULT,
                                               .no_watchdog = true };
    (void)arg;
    pass_stage_gate();
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

/* ---- all of them ---- */

const struct scenario scenarios_loops[] = {
    { "threadsafe_callbacks", begin_posting, await_arrival, probe_arrival,
      end_outside },
    { "threadsafe_tasks", begin_calls, get_six, probe_calls, end_calls },
    { "threadsafe_await", begin_far, call_far, probe_far, end_far },
    { "threadsafe_await_door", begin_far_door, wait_at_far_door, probe_far_door,
      end_far },
    { "loops_in_turn", no_begin, run_loops_in_turn, probe_loops, end_outside },
    { "loop_beside_another", begin_loop_beside, compute_beside,
      probe_loop_beside, close_pool },
    /* Another loop's call is what is waited for. */
    { "executor_shutdown_beside_a_loop", begin_shutdown_of_both, shut_pool_down,
      probe_shutdown_of_both, end_shutdown_of_both },
    { NULL },
};
