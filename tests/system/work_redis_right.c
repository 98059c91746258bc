/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 60 */
/* Locks, semaphores and rates of coil/work_right.h that lie in a Redis. */
#include <errno.h>

#include <coil.h>
#include <coil/redis.h>
#include <coil/work_right.h>

#include "actors.h"
#include "test.h"
#include "work_redis_test.h"

static void open_with_lease(coil_time lease)
{
    open_queues(
        &(struct coil_work_options){ .lease = lease, .allow_volatile = true });
}

/* ---- in turn ---- */

enum { VISITORS = 20 };

static int inside;
static int most_inside;
static int next_visitor;
static uint64_t last_fence;

/* Each is in the room for three turns; all of them have been in the line. */
static int visit(void *arg)
{
    const int *number = arg;
    struct coil_work_right right;
    int rc =
        coil_work_semaphore_acquire(&right, *number % 2 ? one : two, "room", 2);

    ASSERT_EQ(rc, 0);
    ASSERT_GT(right.fence, last_fence);
    last_fence = right.fence;
    next_visitor++;
    if (++inside > most_inside)
        most_inside = inside;
    for (int i = 0; rc == 0 && i < 3; i++)
        rc = coil_yield();
    inside--;
    ASSERT_EQ(coil_work_right_release(&right), 0);
    return rc;
}

static int visit_all(void *arg)
{
    struct coil_task_group group;
    static int numbers[VISITORS];
    int rc;

    (void)arg;
    open_with_lease(10 * COIL_SECOND);
    ASSERT_EQ(coil_task_group_begin(&group), 0);
    for (int i = 0; i < VISITORS; i++) {
        numbers[i] = i;
        ASSERT_EQ(coil_task_group_create(&group, NULL, visit, &numbers[i]), 0);
    }
    rc = coil_task_group_end(&group, 0);
    ASSERT_EQ(rc, 0);
    ASSERT_EQ(next_visitor, VISITORS);
    ASSERT_EQ(most_inside, 2);
    close_queues();
    return 0;
}

TEST(work_redis_right_is_given_in_turn)
{
    run_with_redis(visit_all);
}

/* ---- lost ---- */

/* The server forgets who has the room, and another one gets it: with a later fence. */
static int take_over(void *held)
{
    const struct coil_work_right *before = held;
    uint64_t fence = before->fence;
    struct coil_work_right right;

    tell_redis("FLUSHALL");
    ASSERT_EQ(coil_work_lock_acquire(&right, two, "room"), 0);
    ASSERT_GT(right.fence, fence);
    ASSERT_EQ(coil_work_right_release(&right), 0);
    return 0;
}

static int lose(void *arg)
{
    struct coil_work_right right;
    struct coil_task *other;

    (void)arg;
    open_with_lease(COIL_SECOND);
    ASSERT_EQ(coil_work_lock_acquire(&right, one, "room"), 0);
    /* It is renewed. */
    ASSERT_EQ(coil_sleep(2 * COIL_SECOND), 0);
    ASSERT(coil_work_right_is_held(&right));
    ASSERT_EQ(coil_task_create(&other, take_over, &right), 0);
    ASSERT_EQ(coil_sleep(COIL_NEVER), -ECANCELED);
    ASSERT_EQ(coil_work_right_release(&right), -ESTALE);
    ASSERT_EQ(coil_task_await(other), 0);
    coil_task_release(other);
    ASSERT_EQ(coil_work_lock_acquire(&right, one, "room"), 0);
    ASSERT_EQ(coil_work_right_release(&right), 0);
    close_queues();
    return 0;
}

TEST(work_redis_right_that_is_lost_ends_its_task)
{
    run_with_redis(lose);
}

static int wait_for_room(void *arg)
{
    struct coil_work_right right;
    int rc = coil_work_lock_acquire(&right, arg, "room");

    if (rc < 0)
        return rc;
    return coil_work_right_release(&right);
}

static int leave_line(void *arg)
{
    struct coil_work_right right;
    struct coil_task *tasks[2];

    (void)arg;
    open_with_lease(10 * COIL_SECOND);
    ASSERT_EQ(coil_work_lock_acquire(&right, one, "room"), 0);
    ASSERT_EQ(coil_task_create(&tasks[0], wait_for_room, one), 0);
    ASSERT_EQ(coil_sleep(50 * COIL_MILLISECOND), 0);
    ASSERT_EQ(coil_task_create(&tasks[1], wait_for_room, two), 0);
    ASSERT_EQ(coil_sleep(50 * COIL_MILLISECOND), 0);
    coil_task_cancel(tasks[0]);
    ASSERT_EQ(coil_task_await(tasks[0]), -ECANCELED);
    ASSERT_EQ(coil_work_right_release(&right), 0);
    ASSERT_EQ(coil_task_await(tasks[1]), 0);
    coil_task_release(tasks[0]);
    coil_task_release(tasks[1]);
    close_queues();
    return 0;
}

TEST(work_redis_right_passes_over_who_was_cancelled)
{
    run_with_redis(leave_line);
}

/* ---- rates ---- */

static int keep_rate(void *arg)
{
    const coil_time step = 20 * COIL_MILLISECOND;
    coil_time begun = coil_now();

    (void)arg;
    open_with_lease(0);
    for (int i = 0; i < 6; i++)
        ASSERT_EQ(coil_work_rate_acquire(i % 2 ? one : two, "rate", step, 1),
                  0);
    ASSERT_GE(coil_now() - begun, 5 * step);
    close_queues();
    return 0;
}

TEST(work_redis_right_rate_keeps_its_distance)
{
    run_with_redis(keep_rate);
}
