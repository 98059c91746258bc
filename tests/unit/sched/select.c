/* SPDX-License-Identifier: MIT */
/*
 * A wait for several things: one of them happens, and the others lose nothing.
 */
#include <coil/event.h>
#include <coil/lock.h>
#include <coil/queue.h>
#include <coil/select.h>
#include <coil/semaphore.h>
#include <coil/sleep.h>

#include "jobs.h"

enum { FIRST, SECOND, THIRD };

static struct coil_queue one, two;
static struct coil_event event;
static struct coil_semaphore semaphore;
static struct coil_lock lock;

static void prepare(void)
{
    coil_queue_init(&one, sizeof(int), 2);
    coil_queue_init(&two, sizeof(int), 2);
    coil_event_init(&event);
    coil_semaphore_init(&semaphore, 0);
    coil_lock_init(&lock);
    watch(coil_test_check_queue, &one);
    watch(coil_test_check_queue, &two);
    watch(coil_test_check_event, &event);
    watch(coil_test_check_semaphore, &semaphore);
    watch(coil_test_check_lock, &lock);
}

static void conclude(void)
{
    coil_queue_fini(&one);
    coil_queue_fini(&two);
    check_nothing_is_left();
}

static void put(struct coil_queue *queue, int item)
{
    ASSERT_EQ(coil_queue_try_put(queue, &item), 0);
}

static int get(struct coil_queue *queue)
{
    int item = -1;

    ASSERT_EQ(coil_queue_try_get(queue, &item), 0);
    return item;
}

/* ---- what need not wait ---- */

SYNC_TEST(select_takes_what_is_there)
{
    int item = 0;
    struct coil_select_case cases[] = {
        coil_queue_get_case(&one, &item),
        coil_queue_get_case(&two, &item),
    };

    put(&two, 7);
    ASSERT_EQ(coil_select(cases, 2), SECOND);
    ASSERT_EQ(cases[SECOND].result, 0);
    ASSERT_EQ(item, 7);
}

SYNC_TEST(select_prefers_what_comes_first)
{
    int item = 0;
    struct coil_select_case cases[] = {
        coil_queue_get_case(&one, &item),
        coil_event_wait_case(&event),
        coil_sleep_case(0),
    };

    coil_event_set(&event);
    ASSERT_EQ(coil_select(cases, 3), SECOND);
    put(&one, 1);
    ASSERT_EQ(coil_select(cases, 3), FIRST);
    ASSERT_EQ(coil_select(cases + 2, 1), FIRST);
}

SYNC_TEST(select_does_not_overtake)
{
    const int item = 3;
    int got = 0;
    struct coil_select_case put_it[] = { coil_queue_put_case(&one, &item),
                                         coil_event_wait_case(&event) };
    struct coil_select_case get_it = coil_queue_get_case(&one, &got);

    put(&one, 1);
    put(&one, 2);
    coil_event_set(&event);
    ASSERT_EQ(coil_select(put_it, 2), SECOND); /* it is full */
    ASSERT_EQ(coil_select(&get_it, 1), FIRST);
    ASSERT_EQ(coil_select(put_it, 2), FIRST);
    ASSERT_EQ(got, 1);
    ASSERT_EQ(get(&one), 2);
    ASSERT_EQ(get(&one), 3);
}

SYNC_TEST(select_of_no_case_is_refused)
{
    struct coil_select_case c = { 0 };

    ASSERT_EQ(coil_select(&c, 0), -EINVAL);
    ASSERT_EQ(coil_select(&c, SIZE_MAX), -EINVAL);
}

/* ---- waiting ---- */

static struct coil_select_case cases[3];
static int item_of_one, item_of_two;
static int which;

static int select_three(void *arg)
{
    (void)arg;
    item_of_one = item_of_two = -1;
    cases[FIRST] = coil_queue_get_case(&one, &item_of_one);
    cases[SECOND] = coil_queue_get_case(&two, &item_of_two);
    cases[THIRD] = coil_event_wait_case(&event);
    which = coil_select(cases, 3);
    return which;
}

static void select_and_look(int expected)
{
    struct coil_task *task = start_waiting(select_three, NULL);

    if (expected == SECOND)
        put(&two, 5);
    else
        coil_event_set(&event);
    ASSERT_EQ(end_of(task), expected);
    ASSERT_EQ(cases[expected].result, 0);
}

SYNC_TEST(select_gets_what_is_handed_over)
{
    select_and_look(SECOND);
    ASSERT_EQ(item_of_two, 5);
    ASSERT_EQ(item_of_one, -1);
    select_and_look(THIRD);
    coil_event_clear(&event);
}

/* It has left the other queues, before it runs. */
SYNC_TEST(select_takes_one_thing_only)
{
    struct coil_task *task = start_waiting(select_three, NULL);

    put(&one, 1);
    put(&two, 2);
    coil_event_set(&event);
    ASSERT_EQ(end_of(task), FIRST);
    ASSERT_EQ(item_of_one, 1);
    ASSERT_EQ(item_of_two, -1);
    ASSERT_EQ(get(&two), 2);
}

static int get_from_two(void *arg)
{
    int item = -1;
    int rc = coil_queue_get(&two, &item);

    (void)arg;
    return rc < 0 ? rc : item;
}

/* First come, first served, also among selections and others. */
SYNC_TEST(select_stands_in_line)
{
    struct coil_task *before = start_waiting(get_from_two, NULL);
    struct coil_task *task = start_waiting(select_three, NULL);
    struct coil_task *behind = start_waiting(get_from_two, NULL);

    put(&two, 1);
    put(&two, 2);
    put(&two, 3);
    ASSERT_EQ(end_of(before), 1);
    ASSERT_EQ(end_of(task), SECOND);
    ASSERT_EQ(item_of_two, 2);
    ASSERT_EQ(end_of(behind), 3);
}

SYNC_TEST(select_that_leaves_lets_those_behind_move_up)
{
    struct coil_task *task = start_waiting(select_three, NULL);
    struct coil_task *behind = start_waiting(get_from_two, NULL);

    ASSERT_EQ(coil_queue_getters(&one), 1);
    ASSERT_EQ(coil_queue_getters(&two), 2);
    ASSERT_EQ(coil_queue_putters(&two), 0);
    ASSERT_EQ(coil_event_waiting(&event), 1);
    ASSERT_EQ(coil_lock_waiting(&lock), 0);
    coil_event_set(&event);
    put(&two, 3);
    ASSERT_EQ(end_of(behind), 3);
    ASSERT_EQ(end_of(task), THIRD);
}

static int put_or_stop(void *arg)
{
    const int item = 9;
    struct coil_select_case either[] = { coil_event_wait_case(&event),
                                         coil_queue_put_case(&one, &item) };

    (void)arg;
    return coil_select(either, 2);
}

SYNC_TEST(select_puts_when_there_is_room)
{
    struct coil_task *task;

    put(&one, 1);
    put(&one, 2);
    task = start_waiting(put_or_stop, NULL);
    ASSERT_EQ(get(&one), 1);
    coil_event_set(&event);
    ASSERT_EQ(end_of(task), SECOND);
    ASSERT_EQ(get(&one), 2);
    ASSERT_EQ(get(&one), 9);
}

SYNC_TEST(select_does_not_put_when_something_else_came)
{
    struct coil_task *task;

    put(&one, 1);
    put(&one, 2);
    task = start_waiting(put_or_stop, NULL);
    coil_event_set(&event);
    ASSERT_EQ(get(&one), 1);
    ASSERT_EQ(end_of(task), FIRST);
    ASSERT_EQ(get(&one), 2);
    ASSERT(coil_queue_is_empty(&one));
}

static int take_either(void *arg)
{
    struct coil_select_case either[] = {
        coil_lock_acquire_case(&lock),
        coil_semaphore_acquire_case(&semaphore),
    };

    (void)arg;
    return coil_select(either, 2);
}

SYNC_TEST(select_holds_the_lock_it_was_given)
{
    struct coil_task *task;

    ASSERT_EQ(coil_lock_try_acquire(&lock), 0);
    task = start_waiting(take_either, NULL);
    ASSERT_EQ(coil_lock_release(&lock), 0);
    ASSERT(coil_lock_is_locked(&lock));
    coil_semaphore_release(&semaphore);
    ASSERT_EQ(end_of(task), FIRST);
    ASSERT(coil_lock_is_locked(&lock));
    ASSERT_EQ(coil_semaphore_value(&semaphore), 1);
    ASSERT_EQ(coil_lock_release(&lock), 0);
}

SYNC_TEST(select_takes_a_permit_and_not_the_lock)
{
    struct coil_task *task;

    ASSERT_EQ(coil_lock_try_acquire(&lock), 0);
    task = start_waiting(take_either, NULL);
    coil_semaphore_release(&semaphore);
    ASSERT_EQ(coil_lock_release(&lock), 0);
    ASSERT(!coil_lock_is_locked(&lock));
    ASSERT_EQ(end_of(task), SECOND);
    ASSERT_EQ(coil_semaphore_value(&semaphore), 0);
}

SYNC_TEST(select_is_told_of_a_shutdown)
{
    struct coil_task *task = start_waiting(select_three, NULL);

    coil_queue_shutdown(&two, false);
    ASSERT_EQ(end_of(task), SECOND);
    ASSERT_EQ(cases[SECOND].result, -EPIPE);
    ASSERT_EQ(coil_select(cases, 3), SECOND);
    ASSERT_EQ(cases[SECOND].result, -EPIPE);
}

/* ---- time ---- */

SYNC_TEST(select_waits_no_longer_than_it_is_told)
{
    int item;
    struct coil_select_case with_limit[] = {
        coil_queue_get_case(&one, &item),
        coil_sleep_case(COIL_SECOND),
        coil_sleep_case(COIL_NEVER),
    };

    ASSERT_EQ(coil_select(with_limit, 3), SECOND);
    ASSERT_EQ(with_limit[SECOND].result, 0);
    ASSERT_EQ(coil_now(), COIL_SECOND);
    ASSERT_EQ(coil_select(with_limit, 3), SECOND); /* it is over already */
}

static int select_with_limit(void *arg)
{
    struct coil_select_case with_limit[] = { coil_event_wait_case(&event),
                                             coil_sleep_case(COIL_MINUTE) };

    (void)arg;
    return coil_select(with_limit, 2);
}

/* No timer is left that would touch the stack of the task. */
SYNC_TEST(select_leaves_no_timer_behind)
{
    struct coil_task *task = start_waiting(select_with_limit, NULL);

    coil_event_set(&event);
    ASSERT_EQ(end_of(task), FIRST);
    ASSERT_EQ(coil_sleep(2 * COIL_MINUTE), 0);
}

/* ---- futures and tasks ---- */

SYNC_TEST(select_is_told_when_a_task_ends)
{
    struct coil_task *a = start_job("a", COIL_SECOND, 4);
    struct coil_task *b = start_job("b", 2 * COIL_SECOND, -EIO);
    struct coil_select_case either[] = {
        coil_future_case(coil_task_future(b)),
        coil_future_case(coil_task_future(a)),
    };

    ASSERT_EQ(coil_select(either, 2), SECOND);
    ASSERT_EQ(either[SECOND].result, 4);
    ASSERT(!coil_task_is_done(b));
    ASSERT_EQ(coil_select(either, 1), FIRST);
    ASSERT_EQ(either[FIRST].result, -EIO);
    ASSERT_EQ(end_of(a), 4);
    ASSERT_EQ(end_of(b), -EIO);
    SAID("a b ");
}

/* -EAGAIN is a result like others. */
SYNC_TEST(select_takes_any_result_of_a_task)
{
    struct coil_task *task = start_job("a", 0, -EAGAIN);
    struct coil_select_case c = coil_future_case(coil_task_future(task));

    turn();
    ASSERT(coil_task_is_done(task));
    ASSERT_EQ(coil_select(&c, 1), FIRST);
    ASSERT_EQ(c.result, -EAGAIN);
    ASSERT_EQ(end_of(task), -EAGAIN);
    forget();
}

SYNC_TEST(select_cancels_no_task)
{
    struct coil_task *job = start_job("a", COIL_SECOND, 4);
    struct coil_select_case either[] = {
        coil_future_case(coil_task_future(job)),
        coil_sleep_case(COIL_MILLISECOND),
    };

    ASSERT_EQ(coil_select(either, 2), SECOND);
    ASSERT_EQ(end_of(job), 4);
    SAID("a ");
}

/* ---- cancellation ---- */

SYNC_TEST(select_cancelled_leaves_all_queues)
{
    struct coil_task *task = start_waiting(select_three, NULL);
    struct coil_task *behind = start_waiting(get_from_two, NULL);

    cancel(task);
    put(&one, 1);
    put(&two, 2);
    coil_event_set(&event);
    ASSERT_EQ(end_of(task), -ECANCELED);
    ASSERT_EQ(item_of_one, -1);
    ASSERT_EQ(get(&one), 1);
    ASSERT_EQ(end_of(behind), 2);
}

static int select_and_go_on(void *arg)
{
    int rc = select_three(arg);

    if (rc == SECOND)
        ASSERT_EQ(item_of_two, 6);
    return coil_checkpoint();
}

SYNC_TEST(select_keeps_what_came_before_the_cancellation)
{
    struct coil_task *task = start_waiting(select_and_go_on, NULL);

    put(&two, 6);
    cancel(task);
    ASSERT_EQ(end_of(task), -ECANCELED);
    ASSERT_EQ(which, SECOND);
    ASSERT(coil_queue_is_empty(&two));
}

SYNC_TEST(select_cancelled_on_entry_takes_nothing)
{
    int item = -1;
    struct coil_select_case c = coil_queue_get_case(&one, &item);

    put(&one, 1);
    cancel_self();
    ASSERT_EQ(coil_select(&c, 1), -ECANCELED);
    ASSERT_EQ(get(&one), 1);
    coil_task_uncancel(coil_current_task());
}

SYNC_TEST(select_times_out)
{
    struct coil_timeout limit;
    struct coil_select_case c = coil_event_wait_case(&event);

    begin_timeout(&limit, COIL_SECOND);
    ASSERT_EQ(coil_timeout_end(&limit, coil_select(&c, 1)), -ETIMEDOUT);
    ASSERT_EQ(coil_now(), COIL_SECOND);
    coil_event_set(&event);
    ASSERT_EQ(coil_select(&c, 1), FIRST);
}

/* ---- odd ones ---- */

SYNC_TEST(select_leaves_out_what_is_zeroed)
{
    struct coil_select_case some[] = {
        { 0 }, coil_event_wait_case(&event), { 0 }, coil_sleep_case(COIL_SECOND)
    };

    ASSERT_EQ(coil_select(some, 4), 3);
    coil_event_set(&event);
    ASSERT_EQ(coil_select(some, 4), SECOND);
}

static int select_twice_the_same(void *arg)
{
    int item = -1;
    struct coil_select_case same[] = { coil_event_wait_case(&event),
                                       coil_event_wait_case(&event),
                                       coil_queue_get_case(&one, &item),
                                       coil_queue_get_case(&one, &item) };
    int rc = coil_select(same, 4);

    (void)arg;
    return rc == THIRD ? 10 + item : rc;
}

SYNC_TEST(select_may_have_one_thing_twice)
{
    struct coil_task *task = start_waiting(select_twice_the_same, NULL);

    coil_event_set(&event);
    ASSERT_EQ(end_of(task), FIRST);
    coil_event_clear(&event);
    task = start_waiting(select_twice_the_same, NULL);
    put(&one, 4);
    put(&one, 5);
    ASSERT_EQ(end_of(task), 14);
    ASSERT_EQ(get(&one), 5);
}

enum { MANY = 9 };

static int select_many(void *arg)
{
    struct coil_select_case many[MANY];

    for (int i = 0; i < MANY - 1; i++)
        many[i] = coil_semaphore_acquire_case(&semaphore);
    many[MANY - 1] = coil_event_wait_case(&event);
    (void)arg;
    return coil_select(many, MANY);
}

SYNC_TEST(select_of_many_needs_memory)
{
    struct coil_task *task;
    size_t live;

    for (size_t n = 1; n <= 2; n++) {
        coil_test_fail_allocation(n, true);
        ASSERT_EQ(select_many(NULL), -ENOMEM);
        coil_test_fail_allocation(0, false);
    }
    coil_semaphore_release(&semaphore);
    ASSERT_EQ(coil_semaphore_value(&semaphore), 1); /* nobody stands there */
    ASSERT_EQ(coil_semaphore_try_acquire(&semaphore), 0);
    task = start_waiting(select_many, NULL);
    live = coil_test_live_allocations();
    coil_event_set(&event);
    ASSERT_EQ(end_of(task), MANY - 1);
    ASSERT_EQ(2 + coil_test_live_allocations(), live);
    coil_semaphore_release(&semaphore);
    ASSERT_EQ(coil_semaphore_value(&semaphore), 1);
}

SYNC_TEST(select_of_few_allocates_nothing)
{
    struct coil_task *task = start(select_three, NULL);
    size_t before = coil_test_allocations();

    turn();
    coil_event_set(&event);
    turn();
    ASSERT_EQ(coil_test_allocations(), before);
    ASSERT_EQ(end_of(task), THIRD);
}

/* In debug mode each wake-up is checked. */
SYNC_TEST(select_in_debug_mode)
{
    coil_loop_set_debug(coil_loop_current(), true);
    select_and_look(SECOND);
    select_and_look(THIRD);
    coil_loop_set_debug(coil_loop_current(), false);
}

TEST(select_in_a_coroutine_driven_by_hand)
{
    struct coil_coroutine *co = make(select_twice_the_same, NULL);
    void *yielded = NULL;

    coil_event_init(&event);
    coil_queue_init(&one, sizeof(int), 2);
    ASSERT_EQ(coil_coroutine_send(co, NULL, &yielded), 1);
    ASSERT(!coil_future_is_done(yielded));
    put(&one, 3);
    ASSERT(coil_future_is_done(yielded));
    coil_event_set(&event);
    ASSERT_EQ(coil_coroutine_send(co, NULL, &yielded), 0);
    ASSERT_EQ(coil_coroutine_result(co), 13);
    coil_coroutine_free(co);
    coil_queue_fini(&one);
}

static int sleep_in_a_selection(void *arg)
{
    struct coil_select_case c = coil_sleep_case(COIL_SECOND);

    (void)arg;
    ASSERT_EQ(coil_select(&c, 1), FIRST);
    return c.result;
}

TEST(select_of_time_needs_a_clock)
{
    ASSERT_EQ(run_without_clock(sleep_in_a_selection, NULL), -ENOTSUP);
}

/* ---- whatever the order ---- */

enum { ITEMS = 30, TAKERS = 4 };

static int taken, wanted;

/* Take items from either queue, and be cancelled now and then. */
static int take_items(void *arg)
{
    (void)arg;
    for (;;) {
        int item = 0;
        struct coil_select_case either[] = {
            coil_queue_get_case(&one, &item),
            coil_sleep_case((coil_time)coil_test_random(4)),
            coil_queue_get_case(&two, &item),
        };
        int rc = coil_select(either, 3);

        if (rc == SECOND) {
            ASSERT_EQ(item, 0);
            continue;
        }
        if (rc < 0 || either[rc].result < 0)
            return rc < 0 ? rc : either[rc].result;
        ASSERT_NE(item, 0);
        taken += item;
    }
}

static int put_items(void *arg)
{
    (void)arg;
    for (int i = 1; i <= ITEMS; i++) {
        const int item = i;
        struct coil_select_case either[] = {
            coil_queue_put_case(&one, &item),
            coil_sleep_case((coil_time)coil_test_random(3)),
            coil_queue_put_case(&two, &item),
        };
        int rc = coil_select(either, 3);

        ASSERT_GE(rc, 0);
        wanted += rc == SECOND ? 0 : item;
        ASSERT_EQ(coil_sleep((coil_time)coil_test_random(3)), 0);
    }
    coil_queue_shutdown(&one, false);
    coil_queue_shutdown(&two, false);
    return 0;
}

SIMULATED_TEST(select_loses_nothing_in_any_schedule, prepare, conclude, 1, 200)
{
    struct coil_task *takers[TAKERS];
    struct coil_task *putter = start(put_items, NULL);
    int item;

    taken = wanted = 0;
    for (int i = 0; i < TAKERS; i++)
        takers[i] = start(take_items, NULL);
    for (int i = 0; i < TAKERS - 1; i++) {
        ASSERT_EQ(coil_sleep((coil_time)coil_test_random(20)), 0);
        coil_task_cancel(takers[i]);
    }
    ASSERT_EQ(end_of(putter), 0);
    for (int i = 0; i < TAKERS; i++)
        ASSERT_LT(end_of(takers[i]), 0);
    while (coil_queue_try_get(&one, &item) == 0)
        taken += item;
    while (coil_queue_try_get(&two, &item) == 0)
        taken += item;
    ASSERT_EQ(taken, wanted);
}
