/* SPDX-License-Identifier: MIT */
/*
 * Locks, semaphores and rates in the engine: in turn, leased, and lost in time.
 */
#include <errno.h>
#include <string.h>

#include <coil/cancel.h>
#include <coil/sleep.h>
#include <coil/task.h>
#include <coil/work_right.h>

#include "simulated.h"
#include "test.h"
#include "work/queue/handle.h"
#include "work_test.h"

enum { LEASE = 30 }; /* seconds */

/* Another worker, with a handle of its own. */
static struct coil_work *other;

static void begin(void)
{
    ASSERT_EQ(coil_work_open(&work, "memory:right", NULL), 0);
    ASSERT_EQ(coil_work_open(&other, "memory:right", NULL), 0);
}

static void end(void)
{
    close_work();
    ASSERT_EQ(coil_work_close(other), 0);
}

#define RIGHT_TEST(name) SIMULATED_TEST(name, begin, end, 0, 0)

/* ---- in turn ---- */

static char order[8];
static size_t order_size;
static int inside;
static int most_inside;
static uint64_t last_fence;

struct visitor {
    char letter;
    bool is_elsewhere;
    unsigned permits;
    coil_time stay;
};

static int visit(void *arg)
{
    const struct visitor *v = arg;
    struct coil_work_right right;
    int rc = coil_work_semaphore_acquire(&right, v->is_elsewhere ? other : work,
                                         "room", v->permits);

    if (rc < 0)
        return rc;
    order[order_size++] = v->letter;
    ASSERT_GT(right.fence, last_fence);
    last_fence = right.fence;
    if (++inside > most_inside)
        most_inside = inside;
    rc = coil_sleep(v->stay);
    inside--;
    return coil_work_right_release(&right) < 0 ? -EIO : rc;
}

static void visit_all(const struct visitor *visitors, size_t n)
{
    struct coil_task *tasks[8];

    order_size = 0;
    inside = most_inside = 0;
    last_fence = 0;
    for (size_t i = 0; i < n; i++) {
        ASSERT_EQ(
            coil_task_create(&tasks[i], visit, (void *)(uintptr_t)&visitors[i]),
            0);
        ASSERT_EQ(coil_sleep(COIL_MILLISECOND), 0);
    }
    for (size_t i = 0; i < n; i++) {
        ASSERT_EQ(coil_task_await(tasks[i]), 0);
        coil_task_release(tasks[i]);
    }
}

RIGHT_TEST(right_lock_is_given_in_turn_over_handles)
{
    static const struct visitor visitors[] = {
        { 'a', false, 1, COIL_SECOND },
        { 'b', true, 1, COIL_SECOND },
        { 'c', false, 1, COIL_SECOND },
        { 'd', true, 1, COIL_SECOND },
    };
    coil_time begun = coil_now();

    visit_all(visitors, 4);
    ASSERT_MEM_EQ(order, "abcd", 4);
    ASSERT_EQ(most_inside, 1);
    /* The bell rings: nobody waits longer than it must. */
    ASSERT_EQ(coil_now() - begun, 4 * COIL_SECOND);
}

RIGHT_TEST(right_lock_is_kept_as_long_as_the_work_takes)
{
    static const struct visitor visitors[] = {
        { 'a', false, 1, 100 * LEASE * COIL_SECOND },
        { 'b', true, 1, COIL_SECOND },
    };

    visit_all(visitors, 2);
    ASSERT_EQ(most_inside, 1);
}

RIGHT_TEST(right_semaphore_has_its_permits)
{
    static const struct visitor visitors[] = {
        { 'a', false, 2, 2 * COIL_SECOND }, { 'b', true, 2, COIL_SECOND },
        { 'c', false, 2, COIL_SECOND },     { 'd', true, 2, COIL_SECOND },
        { 'e', true, 2, COIL_SECOND },
    };

    visit_all(visitors, 5);
    ASSERT_MEM_EQ(order, "abcde", 5);
    ASSERT_EQ(most_inside, 2);
}

/* ---- who goes away ---- */

RIGHT_TEST(right_passes_over_who_was_cancelled)
{
    static struct visitor a = { 'a', false, 1, COIL_SECOND };
    static struct visitor b = { 'b', true, 1, COIL_SECOND };
    static struct visitor c = { 'c', false, 1, COIL_SECOND };
    struct coil_task *tasks[3];
    coil_time begun = coil_now();

    order_size = 0;
    last_fence = 0;
    ASSERT_EQ(coil_task_create(&tasks[0], visit, &a), 0);
    ASSERT_EQ(coil_sleep(COIL_MILLISECOND), 0);
    ASSERT_EQ(coil_task_create(&tasks[1], visit, &b), 0);
    ASSERT_EQ(coil_sleep(COIL_MILLISECOND), 0);
    ASSERT_EQ(coil_task_create(&tasks[2], visit, &c), 0);
    ASSERT_EQ(coil_sleep(COIL_MILLISECOND), 0);
    coil_task_cancel(tasks[1]);
    ASSERT_EQ(coil_task_await(tasks[1]), -ECANCELED);
    ASSERT_EQ(coil_task_await(tasks[0]), 0);
    ASSERT_EQ(coil_task_await(tasks[2]), 0);
    ASSERT_EQ(coil_now() - begun, 2 * COIL_SECOND);
    ASSERT_MEM_EQ(order, "ac", 2);
    for (int i = 0; i < 3; i++)
        coil_task_release(tasks[i]);
}

/* As if the process had died: nobody renews what it has. */
static void take_and_die(struct coil__work_wish *wish)
{
    uint64_t fence;
    coil_time next;

    ASSERT_EQ(other->engine->ops->acquire(other->engine, wish, &fence, &next),
              0);
}

RIGHT_TEST(right_of_a_dead_holder_is_free_after_its_lease)
{
    struct coil__work_wish wish = { .name = "room", .permits = 1, .ticket = 9 };
    struct coil_work_right right;
    coil_time begun = coil_now();

    take_and_die(&wish);
    wish.ticket = 10; /* one who dies in the line */
    take_and_die(&wish);
    ASSERT_EQ(coil_work_lock_acquire(&right, work, "room"), 0);
    ASSERT_EQ(coil_now() - begun, LEASE * COIL_SECOND);
    ASSERT_EQ(coil_work_right_release(&right), 0);
}

RIGHT_TEST(right_that_is_lost_ends_its_task)
{
    struct coil_work_right right, again;
    struct coil__work_wish wish;
    bool was_held;

    ASSERT_EQ(coil_work_lock_acquire(&right, work, "room"), 0);
    wish = coil__work_wish(&right);
    ASSERT_EQ(work->engine->ops->release(work->engine, &wish, &was_held), 0);
    ASSERT(was_held);
    ASSERT_EQ(coil_work_lock_acquire(&again, other, "room"), 0);
    ASSERT_GT(again.fence, right.fence);
    ASSERT_EQ(coil_work_right_release(&again), 0);
    ASSERT_EQ(coil_sleep(COIL_NEVER), -ECANCELED);
    ASSERT(!coil_work_right_is_held(&right));
    ASSERT_EQ(coil_work_right_release(&right), -ESTALE);
    ASSERT_EQ(coil_work_lock_acquire(&right, work, "room"), 0);
    ASSERT(coil_work_right_is_held(&right));
    ASSERT_EQ(coil_work_right_release(&right), 0);
}

static int hold_for_ever(void *arg)
{
    struct coil_work_right right;
    int rc = coil_work_lock_acquire(&right, work, "room");

    (void)arg;
    ASSERT_EQ(rc, 0);
    rc = coil_sleep(COIL_NEVER);
    ASSERT_EQ(rc, -ECANCELED);
    return coil_work_right_release(&right);
}

RIGHT_TEST(right_is_given_back_when_the_queue_is_closed)
{
    struct coil_work_right right;
    struct coil_task *task;

    ASSERT_EQ(coil_task_create(&task, hold_for_ever, NULL), 0);
    ASSERT_EQ(coil_sleep(COIL_SECOND), 0);
    close_work();
    ASSERT_EQ(coil_task_await(task), -ESTALE);
    coil_task_release(task);
    ASSERT_EQ(coil_work_lock_acquire(&right, other, "room"), 0);
    ASSERT_EQ(coil_work_right_release(&right), 0);
    open_work(NULL);
}

static int wait_for_room(void *arg)
{
    struct coil_work_right right;

    (void)arg;
    return coil_work_lock_acquire(&right, work, "room");
}

RIGHT_TEST(right_is_not_waited_for_in_a_queue_that_is_closed)
{
    struct coil_work_right right;
    struct coil_task *task;

    ASSERT_EQ(coil_work_lock_acquire(&right, other, "room"), 0);
    ASSERT_EQ(coil_task_create(&task, wait_for_room, NULL), 0);
    ASSERT_EQ(coil_sleep(COIL_SECOND), 0);
    close_work();
    ASSERT_EQ(coil_task_await(task), -EPIPE);
    coil_task_release(task);
    ASSERT_EQ(coil_work_right_release(&right), 0);
    open_work(NULL);
}

/* Jobs and rights are renewed side by side, and jobs are still found. */
RIGHT_TEST(right_and_job_are_renewed_together)
{
    struct coil_work_right right;
    struct coil_job job;

    put_job("a", NULL, 0);
    get_job(&job, "a");
    ASSERT_EQ(coil_work_lock_acquire(&right, work, "room"), 0);
    ASSERT_EQ(coil_sleep(10 * LEASE * COIL_SECOND), 0);
    ASSERT(coil_job_is_held(&job));
    ASSERT(coil_work_right_is_held(&right));
    ASSERT_EQ(coil_work_right_release(&right), 0);
    ASSERT_EQ(coil_job_done(&job), 0);
}

/* ---- rates ---- */

RIGHT_TEST(right_rate_keeps_its_distance)
{
    coil_time begun = coil_now();

    for (int i = 0; i < 5; i++) {
        ASSERT_EQ(coil_work_rate_acquire(i % 2 ? other : work, "rate",
                                         COIL_SECOND, 0),
                  0);
        ASSERT_EQ(coil_now() - begun, i * COIL_SECOND);
    }
    ASSERT_EQ(coil_sleep(10 * COIL_SECOND), 0);
    begun = coil_now();
    for (int i = 0; i < 5; i++) {
        ASSERT_EQ(coil_work_rate_acquire(work, "rate", COIL_SECOND, 3), 0);
        ASSERT_EQ(coil_now() - begun, (i < 3 ? 0 : i - 2) * COIL_SECOND);
    }
}

RIGHT_TEST(right_refuses_what_is_none)
{
    static char long_name[1026];
    struct coil_work_right right;

    memset(long_name, 'x', sizeof long_name - 1);
    ASSERT_EQ(coil_work_lock_acquire(&right, work, ""), -EINVAL);
    ASSERT_EQ(coil_work_lock_acquire(&right, work, long_name), -EINVAL);
    ASSERT_EQ(coil_work_semaphore_acquire(&right, work, "room", 0), -EINVAL);
    ASSERT_EQ(coil_work_rate_acquire(work, "rate", -1, 1), -EINVAL);
    ASSERT_EQ(coil_work_rate_acquire(work, "", 1, 1), -EINVAL);
}
