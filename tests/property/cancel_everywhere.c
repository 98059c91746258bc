/* SPDX-License-Identifier: MIT */
/*
 * Every suspending function of core and sync, cancelled in each state of its
 * wait: it returns -ECANCELED within a turn of the loop, or as many as its
 * contract needs, and loses nothing. cancel_coverage.sh makes sure that no
 * function is missing.
 */
#include <coil/as_completed.h>
#include <coil/barrier.h>
#include <coil/combinators.h>
#include <coil/condition.h>
#include <coil/coroutine.h>
#include <coil/event.h>
#include <coil/future.h>
#include <coil/lock.h>
#include <coil/queue.h>
#include <coil/semaphore.h>
#include <coil/staggered_race.h>
#include <coil/task_group.h>

#include "cancel_everywhere.h"

/* ---- time ----------------------------------------------------------------- */

static int sleep_long(void)
{
    return coil_sleep(60 * COIL_MINUTE);
}

static int sleep_until_late(void)
{
    return coil_sleep_until(coil_after(60 * COIL_MINUTE));
}

/* ---- futures and tasks ---------------------------------------------------- */

static struct coil_future future;
static struct coil_task *inner;
static struct coil_event inner_may_end;

static void make_future(void)
{
    coil_future_init(&future);
}

static void complete_future(void)
{
    ASSERT_EQ(coil_future_set_result(&future, NULL), 0);
}

static void expect_untouched_future(void)
{
    /* The future is done only if `ready` completed it. */
    ASSERT(!coil_future_is_cancelled(&future));
}

static int await_future(void)
{
    return coil_future_await(&future, NULL);
}

static int shield_future(void)
{
    return coil_shield(&future, NULL);
}

static int wait_for_future(void)
{
    return coil_wait_for(&future, COIL_MINUTE, NULL);
}

static int wait_for_futures(void)
{
    struct coil_future *futures[] = { &future };
    int rc = coil_wait(futures, 1, COIL_ALL_COMPLETED, COIL_NEVER);

    return rc < 0 ? rc : rc != 1;
}

static int gather_future(void)
{
    struct coil_future *futures[] = { &future };

    return coil_gather(futures, 1, 0);
}

static int run_inner(void *arg)
{
    (void)arg;
    return coil_event_wait(&inner_may_end);
}

static void start_inner(void)
{
    coil_event_init(&inner_may_end);
    inner = start(run_inner, NULL);
    ASSERT_EQ(coil_yield(), 0);
}

static void let_inner_end(void)
{
    coil_event_set(&inner_may_end);
}

static void release_inner(void)
{
    coil_task_cancel(inner);
    (void)!coil_task_await(inner);
    coil_task_release(inner);
}

static int await_inner(void)
{
    return coil_task_await(inner);
}

/* The iteration outlives the tasks that ask it. */
static struct coil_as_completed iteration;
static struct coil_future *iterated[1];

static void begin_iteration(void)
{
    make_future();
    iterated[0] = &future;
    ASSERT_EQ(coil_as_completed_begin(&iteration, iterated, 1, COIL_NEVER), 0);
}

static int iterate(void)
{
    struct coil_future *next;
    int rc = coil_as_completed_next(&iteration, &next);

    if (rc < 0)
        return rc;
    ASSERT_EQ(rc, 1);
    ASSERT_PTR_EQ(next, &future);
    return 0;
}

static void end_iteration(void)
{
    coil_as_completed_end(&iteration);
    expect_untouched_future();
}

/* Two racers that wait for the same event. */
static int race(void)
{
    struct coil_racer racers[2] = { { .fn = run_inner }, { .fn = run_inner } };
    int rc = coil_staggered_race(racers, 2, 0);

    return rc < 0 ? rc : 0;
}

static void prepare_race(void)
{
    coil_event_init(&inner_may_end);
}

/* A group that is begun within the call, with one task that waits. */
static int end_group(void)
{
    struct coil_task_group group;
    int rc;

    ASSERT_EQ(coil_task_group_begin(&group), 0);
    ASSERT_EQ(coil_task_group_create(&group, NULL, run_inner, NULL), 0);
    rc = coil_task_group_end(&group, 0);
    ASSERT_EQ(coil_task_group_error_count(&group), 0);
    return rc;
}

/* ---- locks and their kin -------------------------------------------------- */

static struct coil_lock lock;
static struct coil_condition condition;
static struct coil_event event;
static struct coil_semaphore semaphore;
static struct coil_bounded_semaphore bounded;
static struct coil_barrier barrier;
static struct coil_queue queue;
static struct coil_task *partner;

static void hold_lock(void)
{
    coil_lock_init(&lock);
    ASSERT_EQ(coil_lock_try_acquire(&lock), 0);
}

static int use_lock(void)
{
    int rc = coil_lock_acquire(&lock);

    if (rc == 0)
        ASSERT_EQ(coil_lock_release(&lock), 0);
    return rc;
}

static void free_lock(void)
{
    ASSERT_EQ(coil_lock_release(&lock), 0);
}

static void clear_event(void)
{
    coil_event_init(&event);
}

static int wait_for_event(void)
{
    return coil_event_wait(&event);
}

static void set_event(void)
{
    coil_event_set(&event);
}

static void take_permits(void)
{
    coil_semaphore_init(&semaphore, 0);
}

static int use_permit(void)
{
    int rc = coil_semaphore_acquire(&semaphore);

    if (rc == 0)
        coil_semaphore_release(&semaphore);
    return rc;
}

static void give_permit(void)
{
    coil_semaphore_release(&semaphore);
}

static void expect_one_permit_at_most(void)
{
    ASSERT_LE(coil_semaphore_value(&semaphore), 1);
}

static void take_bounded_permits(void)
{
    coil_bounded_semaphore_init(&bounded, 1);
    ASSERT_EQ(coil_bounded_semaphore_try_acquire(&bounded), 0);
}

static int use_bounded_permit(void)
{
    int rc = coil_bounded_semaphore_acquire(&bounded);

    if (rc == 0)
        ASSERT_EQ(coil_bounded_semaphore_release(&bounded), 0);
    return rc;
}

static void give_bounded_permit(void)
{
    ASSERT_EQ(coil_bounded_semaphore_release(&bounded), 0);
}

static void hold_condition(void)
{
    coil_condition_init(&condition, NULL);
    ASSERT_EQ(coil_condition_try_acquire(&condition), 0);
}

static int use_condition(void)
{
    int rc = coil_condition_acquire(&condition);

    if (rc == 0)
        ASSERT_EQ(coil_condition_release(&condition), 0);
    return rc;
}

static void free_condition(void)
{
    ASSERT_EQ(coil_condition_release(&condition), 0);
}

static bool may_go_on;

static void make_condition(void)
{
    coil_condition_init(&condition, NULL);
    may_go_on = false;
}

/* The lock is held on return, whatever the result. */
static int wait_for_condition(void)
{
    int rc;

    ASSERT_EQ(coil_condition_try_acquire(&condition), 0);
    rc = coil_condition_wait(&condition);
    ASSERT_EQ(coil_condition_release(&condition), 0);
    return rc;
}

static bool is_true(void *arg)
{
    return *(bool *)arg;
}

static int wait_for_predicate(void)
{
    int rc;

    ASSERT_EQ(coil_condition_try_acquire(&condition), 0);
    rc = coil_condition_wait_for(&condition, is_true, &may_go_on);
    ASSERT_EQ(coil_condition_release(&condition), 0);
    return rc;
}

static void notify(void)
{
    ASSERT_EQ(coil_condition_try_acquire(&condition), 0);
    may_go_on = true;
    ASSERT_EQ(coil_condition_notify(&condition, 1), 0);
    ASSERT_EQ(coil_condition_release(&condition), 0);
}

static void expect_free_condition(void)
{
    ASSERT(!coil_condition_is_locked(&condition));
}

static void make_barrier(void)
{
    ASSERT_EQ(coil_barrier_init(&barrier, 2), 0);
    partner = NULL;
}

static int meet(void)
{
    int rc = coil_barrier_wait(&barrier);

    return rc < 0 ? rc : 0;
}

static int be_met(void *arg)
{
    (void)arg;
    return meet();
}

/* One more task has arrived, and waits or has gone on. */
static void send_partner(void)
{
    size_t waiting = coil_barrier_waiting(&barrier);

    partner = start(be_met, NULL);
    while (coil_barrier_waiting(&barrier) == waiting)
        ASSERT_EQ(coil_yield(), 0);
}

static void dismiss_partner(void)
{
    ASSERT(!coil_barrier_is_broken(&barrier));
    if (partner)
        ASSERT_EQ(end_of(partner), 0);
    ASSERT_EQ(coil_barrier_waiting(&barrier), 0);
}

/* ---- queues --------------------------------------------------------------- */

static void make_empty_queue(void)
{
    coil_queue_init(&queue, sizeof(int), 1);
}

static void put_item(int item)
{
    ASSERT_EQ(coil_queue_try_put(&queue, &item), 0);
}

static void put_42(void)
{
    put_item(42);
}

static int get_42(void)
{
    int item = 0;
    int rc = coil_queue_get(&queue, &item);

    ASSERT_EQ(item, rc == 0 ? 42 : 0);
    return rc;
}

static void drop_empty_queue(void)
{
    ASSERT(coil_queue_is_empty(&queue));
    coil_queue_fini(&queue);
}

static void drop_queue(void)
{
    coil_queue_fini(&queue);
}

static void make_full_queue(void)
{
    coil_queue_init(&queue, sizeof(int), 1);
    put_item(1);
}

static int put_2(void)
{
    const int item = 2;
    int rc;

    rc = coil_queue_put(&queue, &item);
    if (rc == 0) {
        int got = 0;

        ASSERT_EQ(coil_queue_try_get(&queue, &got), 0);
        ASSERT_EQ(got, 2);
    }
    return rc;
}

static void get_1(void)
{
    int item = 0;

    ASSERT_EQ(coil_queue_try_get(&queue, &item), 0);
    ASSERT_EQ(item, 1);
}

static int join_queue(void)
{
    return coil_queue_join(&queue);
}

static void finish_item(void)
{
    get_1();
    ASSERT_EQ(coil_queue_task_done(&queue), 0);
}

/* ---- the table ------------------------------------------------------------ */

static const struct everywhere table[] = {
    CASE(coil_sleep, .call = sleep_long),
    CASE(coil_sleep_until, .call = sleep_until_late),
    CASE(coil_yield, .call = coil_yield, .flags = BRIEF),
    CASE(coil_checkpoint, .call = coil_checkpoint, .flags = NEVER_WAITS),
    CASE(coil_test_settle, .call = coil_test_settle, .flags = SIMULATOR_ONLY),

    CASE(coil_future_await, .prepare = make_future, .call = await_future,
         .ready = complete_future, .flags = PASSES_ON),
    CASE(coil_shield, .prepare = make_future, .call = shield_future,
         .ready = complete_future, .finish = expect_untouched_future),
    CASE(coil_wait, .prepare = make_future, .call = wait_for_futures,
         .ready = complete_future, .finish = expect_untouched_future),
    CASE(coil_wait_for, .prepare = make_future, .call = wait_for_future,
         .ready = complete_future, .flags = PASSES_ON),
    CASE(coil_gather, .prepare = make_future, .call = gather_future,
         .ready = complete_future, .flags = PASSES_ON),
    CASE(coil_as_completed_next, .prepare = begin_iteration, .call = iterate,
         .ready = complete_future, .finish = end_iteration),
    /* The inner task is told and ends; then the outer one goes on. */
    CASE(coil_task_await, .prepare = start_inner, .call = await_inner,
         .ready = let_inner_end, .finish = release_inner, .turns = 2,
         .flags = PASSES_ON),
    CASE(coil_task_group_end, .prepare = prepare_race, .call = end_group,
         .ready = let_inner_end, .turns = 2, .flags = WAITS_FIRST),
    CASE(coil_staggered_race_at, .prepare = prepare_race, .call = race,
         .ready = let_inner_end, .turns = 2),

    CASE(coil_lock_acquire, .prepare = hold_lock, .call = use_lock,
         .ready = free_lock),
    CASE(coil_event_wait, .prepare = clear_event, .call = wait_for_event,
         .ready = set_event),
    CASE(coil_semaphore_acquire, .prepare = take_permits, .call = use_permit,
         .ready = give_permit, .finish = expect_one_permit_at_most),
    CASE(coil_bounded_semaphore_acquire, .prepare = take_bounded_permits,
         .call = use_bounded_permit, .ready = give_bounded_permit),
    CASE(coil_condition_acquire, .prepare = hold_condition,
         .call = use_condition, .ready = free_condition),
    CASE(coil_condition_wait, .prepare = make_condition,
         .call = wait_for_condition, .ready = notify,
         .finish = expect_free_condition, .flags = FOR_WAITERS),
    CASE(coil_condition_wait_for, .prepare = make_condition,
         .call = wait_for_predicate, .ready = notify,
         .finish = expect_free_condition),
    CASE(coil_barrier_wait, .prepare = make_barrier, .call = meet,
         .ready = send_partner, .finish = dismiss_partner),
    CASE(coil_queue_get, .prepare = make_empty_queue, .call = get_42,
         .ready = put_42, .finish = drop_empty_queue),
    CASE(coil_queue_put, .prepare = make_full_queue, .call = put_2,
         .ready = get_1, .finish = drop_queue),
    CASE(coil_queue_join, .prepare = make_full_queue, .call = join_queue,
         .ready = finish_item, .finish = drop_queue),
};

EVERYWHERE_TEST(cancel_everywhere_parked, table, cancel_parked)
EVERYWHERE_TEST(cancel_everywhere_granted, table, cancel_granted)
EVERYWHERE_TEST(cancel_everywhere_on_entry, table, cancel_on_entry)
EVERYWHERE_TEST(cancel_everywhere_on_entry_when_ready, table,
                cancel_on_entry_when_ready)

/* ---- without a task ------------------------------------------------------- */

static int yield_by_hand(void *arg)
{
    void *sent = NULL;
    int rc;

    rc = coil_coroutine_yield(arg, &sent);
    ASSERT_EQ(rc, -ECANCELED);
    ASSERT_NULL(sent);
    rc = coil_coroutine_yield(arg, &sent);
    ASSERT_EQ(rc, 0);
    ASSERT_PTR_EQ(sent, &future);
    return 5;
}

/* CASE(coil_coroutine_yield): the driver of the coroutine cancels it. */
TEST(cancel_everywhere_in_a_coroutine_driven_by_hand)
{
    struct coil_coroutine *co;
    void *yielded = NULL;

    ASSERT_EQ(coil_coroutine_new(&co, yield_by_hand, &queue, 0), 0);
    ASSERT_EQ(coil_coroutine_send(co, NULL, &yielded), 1);
    ASSERT_PTR_EQ(yielded, &queue);
    ASSERT_EQ(coil_coroutine_throw(co, -ECANCELED, &yielded), 1);
    ASSERT_EQ(coil_coroutine_send(co, &future, &yielded), 0);
    ASSERT_EQ(coil_coroutine_result(co), 5);
    coil_coroutine_free(co);
}

static int yield_in_a_task(void *arg)
{
    (void)arg;
    ASSERT_EQ(coil_coroutine_yield(NULL, NULL), -ENOTSUP);
    ASSERT(coil_task_cancel(coil_current_task()));
    ASSERT_EQ(coil_coroutine_yield(NULL, NULL), -ECANCELED);
    ASSERT_EQ(coil_coroutine_yield(NULL, NULL), -ENOTSUP);
    return 0;
}

TEST(cancel_everywhere_in_a_yield_that_a_task_may_not_make)
{
    ASSERT_EQ(coil_run(yield_in_a_task, NULL), 0);
}
