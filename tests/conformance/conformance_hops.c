/* SPDX-License-Identifier: MIT */
/*
 * In which turn of the loop a task goes on, counted from the turn that woke it:
 * the hops of B0 in docs/conformance.md.
 */
#include <coil/as_completed.h>
#include <coil/combinators.h>
#include <coil/condition.h>
#include <coil/event.h>
#include <coil/future.h>
#include <coil/lock.h>
#include <coil/queue.h>
#include <coil/semaphore.h>
#include <coil/task_group.h>

#include "simulated.h"

/* ---- turns ---- */

static struct coil_handle ticker;
static size_t turns;
static size_t since; /* the turn to count from */

/* It runs before all others in each turn. */
static void tick(void *arg)
{
    (void)arg;
    turns++;
    ASSERT_EQ(coil_loop_call_soon(coil_loop_current(), &ticker, tick, NULL), 0);
}

static void prepare(void)
{
    tick(NULL);
    turn();
}

static void conclude(void)
{
    ASSERT(coil_handle_cancel(&ticker));
}

static void count_from_here(void)
{
    since = turns;
}

static void say_hops(const char *name)
{
    say("%s %zu ", name, turns - since);
}

/* ---- futures and tasks ---- */

static struct coil_future future;
static struct coil_future *const futures[] = { &future };

static int await_it(void *arg)
{
    int rc = coil_future_await(&future, NULL);

    (void)arg;
    say_hops("await");
    return rc;
}

/* Let all begin to wait, complete the future, and let them go on. */
static void complete_for(const coil_fn *fns, size_t count)
{
    struct coil_task *tasks[8];

    coil_future_init(&future);
    for (size_t i = 0; i < count; i++)
        tasks[i] = start(fns[i], NULL);
    turn();
    SAID("");
    count_from_here();
    ASSERT_EQ(coil_future_set_result(&future, NULL), 0);
    for (size_t i = 0; i < count; i++)
        ASSERT_EQ(end_of(tasks[i]), 0);
}

/* HOP-1 */
SYNC_TEST(conformance_hops_from_a_future_to_a_task)
{
    complete_for((const coil_fn[]){ await_it }, 1);
    SAID("await 1 ");
}

static int await_through_calls(size_t depth)
{
    int rc;

    if (depth == 0)
        return coil_future_await(&future, NULL);
    rc = await_through_calls(depth - 1);
    ASSERT_EQ(turns - since, 1);
    return rc;
}

static int await_far_down(void *arg)
{
    int rc = await_through_calls(100);

    (void)arg;
    say_hops("await");
    return rc;
}

/* HOP-2 */
SYNC_TEST(conformance_hops_are_not_made_by_calls)
{
    complete_for((const coil_fn[]){ await_far_down }, 1);
    SAID("await 1 ");
}

static int end_after_a_turn(void *arg)
{
    (void)arg;
    turn();
    count_from_here();
    return 0;
}

/* HOP-3 */
SYNC_TEST(conformance_hops_from_the_end_of_a_task_to_who_awaits_it)
{
    ASSERT_EQ(end_of(start(end_after_a_turn, NULL)), 0);
    say_hops("end");
    SAID("end 1 ");
}

/* ---- combinators ---- */

static int gather_it(void *arg)
{
    int rc = coil_gather(futures, 1, 0);

    (void)arg;
    say_hops("gather");
    return rc;
}

static int wait_for_one(void *arg)
{
    int rc = coil_wait(futures, 1, COIL_ALL_COMPLETED, COIL_NEVER);

    (void)arg;
    ASSERT_EQ(rc, 1);
    say_hops("wait");
    return 0;
}

static int shield_it(void *arg)
{
    int rc = coil_shield(&future, NULL);

    (void)arg;
    say_hops("shield");
    return rc;
}

static int next_completed(void *arg)
{
    struct coil_as_completed it;
    struct coil_future *next;

    (void)arg;
    ASSERT_EQ(coil_as_completed_begin(&it, futures, 1, COIL_NEVER), 0);
    ASSERT_EQ(coil_as_completed_next(&it, &next), 1);
    coil_as_completed_end(&it);
    say_hops("next");
    return 0;
}

/*
 * HOP-4, amended: each takes one hop less than in asyncio; awaiting tasks come
 * first, as there.
 */
SYNC_TEST(conformance_hops_through_combinators_are_as_many_as_of_an_await)
{
    complete_for((const coil_fn[]){ gather_it, wait_for_one, next_completed,
                                    shield_it, await_it },
                 5);
    SAID("shield 1 await 1 gather 1 wait 1 next 1 ");
}

/* HOP-5, amended: a call that need not wait takes no hop. */
SYNC_TEST(conformance_hops_are_none_where_all_is_done_already)
{
    coil_future_init(&future);
    ASSERT_EQ(coil_future_set_result(&future, NULL), 0);
    count_from_here();
    ASSERT_EQ(await_it(NULL), 0);
    ASSERT_EQ(gather_it(NULL), 0);
    ASSERT_EQ(wait_for_one(NULL), 0);
    ASSERT_EQ(shield_it(NULL), 0);
    ASSERT_EQ(next_completed(NULL), 0);
    SAID("await 0 gather 0 wait 0 shield 0 next 0 ");
}

static int wait_for_it(void *arg)
{
    int rc = coil_wait_for(&future, COIL_SECOND, NULL);

    (void)arg;
    say_hops("wait_for");
    return rc;
}

static int await_in_a_timeout(void *arg)
{
    struct coil_timeout limit;
    int rc;

    (void)arg;
    ASSERT_EQ(coil_timeout_begin(&limit, COIL_SECOND), 0);
    rc = coil_future_await(&future, NULL);
    rc = coil_timeout_end(&limit, rc);
    say_hops("timeout");
    return rc;
}

/* HOP-6 */
SYNC_TEST(conformance_hops_are_not_made_by_timeouts)
{
    complete_for((const coil_fn[]){ wait_for_it, await_in_a_timeout }, 2);
    SAID("wait_for 1 timeout 1 ");
}

/* HOP-7, amended: two hops fewer than in asyncio. */
SYNC_TEST(conformance_hops_from_the_end_of_the_last_task_out_of_a_group)
{
    struct coil_task_group group;

    ASSERT_EQ(coil_task_group_begin(&group), 0);
    ASSERT_EQ(coil_task_group_create(&group, NULL, end_after_a_turn, NULL), 0);
    ASSERT_EQ(coil_task_group_end(&group, 0), 0);
    say_hops("end");
    SAID("end 1 ");
}

/* ---- primitives ---- */

static struct coil_lock lock;
static struct coil_event event;
static struct coil_condition condition;
static struct coil_semaphore semaphore;
static struct coil_queue queue;

static int acquire_lock(void *arg)
{
    int rc = coil_lock_acquire(&lock);

    (void)arg;
    say_hops("lock");
    return rc;
}

static int await_event(void *arg)
{
    int rc = coil_event_wait(&event);

    (void)arg;
    say_hops("event");
    return rc;
}

static int acquire_permit(void *arg)
{
    int rc = coil_semaphore_acquire(&semaphore);

    (void)arg;
    say_hops("permit");
    return rc;
}

static int get_item(void *arg)
{
    int item;
    int rc = coil_queue_get(&queue, &item);

    (void)arg;
    say_hops("item");
    return rc;
}

static int await_condition(void *arg)
{
    int rc;

    (void)arg;
    ASSERT_EQ(coil_condition_acquire(&condition), 0);
    rc = coil_condition_wait(&condition);
    say_hops("condition");
    ASSERT_EQ(coil_condition_release(&condition), 0);
    return rc;
}

/* HOP-8 */
SYNC_TEST(conformance_hops_from_a_primitive_to_who_waits)
{
    static const coil_fn fns[] = { acquire_lock, await_event, acquire_permit,
                                   get_item, await_condition };
    struct coil_task *tasks[5];
    const int item = 1;

    coil_queue_init(&queue, sizeof item, 0);
    ASSERT_EQ(coil_lock_acquire(&lock), 0);
    for (size_t i = 0; i < 5; i++)
        tasks[i] = start(fns[i], NULL);
    turn();
    ASSERT_EQ(coil_condition_acquire(&condition), 0);
    SAID("");

    count_from_here();
    ASSERT_EQ(coil_lock_release(&lock), 0);
    coil_event_set(&event);
    coil_semaphore_release(&semaphore);
    ASSERT_EQ(coil_queue_try_put(&queue, &item), 0);
    ASSERT_EQ(coil_condition_notify(&condition, 1), 0);
    ASSERT_EQ(coil_condition_release(&condition), 0);
    SAID("");
    for (size_t i = 0; i < 5; i++)
        ASSERT_EQ(end_of(tasks[i]), 0);
    SAID("lock 1 event 1 permit 1 item 1 condition 1 ");
    ASSERT_EQ(coil_lock_release(&lock), 0);
    coil_queue_fini(&queue);
}

/* ---- cancellation ---- */

static void say_call(struct coil_future *done, void *arg)
{
    (void)done;
    (void)arg;
    say_hops("call");
}

/* HOP-9 */
SYNC_TEST(conformance_hops_from_a_cancellation_to_the_body_and_its_callbacks)
{
    struct coil_future_callback callback = { .fn = NULL };
    struct coil_task *task;

    coil_future_init(&future);
    task = start(await_it, NULL);
    turn();
    ASSERT_EQ(coil_future_add_done_callback(coil_task_future(task), &callback,
                                            say_call, NULL),
              0);
    count_from_here();
    cancel(task);
    SAID("");
    turn();
    SAID("await 1 ");
    turn();
    SAID("call 2 ");
    ASSERT_EQ(end_of(task), -ECANCELED);
}

static void arrange_a_call(void *arg)
{
    static struct coil_handle second;

    if (!arg) {
        say_hops("call");
        return;
    }
    say_hops("call");
    ASSERT_EQ(
        coil_loop_call_soon(coil_loop_current(), &second, arrange_a_call, NULL),
        0);
}

/* HOP-10 */
SYNC_TEST(conformance_hops_from_a_call_to_the_call_that_it_arranges)
{
    struct coil_handle first = { 0 };

    count_from_here();
    ASSERT_EQ(coil_loop_call_soon(coil_loop_current(), &first, arrange_a_call,
                                  &first),
              0);
    turn();
    SAID("call 1 ");
    turn();
    SAID("call 2 ");
}
