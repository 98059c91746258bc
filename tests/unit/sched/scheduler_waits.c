/* SPDX-License-Identifier: MIT */
/*
 * Waits on a scheduler that is not a loop.
 */
#include "bodies.h"
#include "scheduler_test.h"

/* ---- what waits ----------------------------------------------------------- */

static struct coil_semaphore two = COIL_SEMAPHORE_INIT(2);
static struct coil_barrier three = COIL_BARRIER_INIT(3);
static struct coil_condition changed;
static struct coil_event event;
static struct coil_queue queue;
static int most;

static int use_semaphore(void *arg)
{
    (void)arg;
    ASSERT_EQ(coil_semaphore_acquire(&two), 0);
    most = ++inside > most ? inside : most;
    ASSERT_EQ(coil_yield(), 0);
    inside--;
    coil_semaphore_release(&two);
    return 0;
}

static int use_barrier(void *arg)
{
    (void)arg;
    return coil_barrier_wait(&three) < 0;
}

static bool is_three(void *arg)
{
    return *(const int *)arg == 3;
}

static int use_condition(void *arg)
{
    int rc;

    ASSERT_EQ(coil_condition_acquire(&changed), 0);
    rc = coil_condition_wait_for(&changed, is_three, arg);
    ASSERT_EQ(coil_condition_release(&changed), 0);
    return rc;
}

static int change(void *arg)
{
    int *value = arg;

    for (int i = 0; i < 3; i++) {
        ASSERT_EQ(coil_condition_acquire(&changed), 0);
        *value += 1;
        ASSERT_EQ(coil_condition_notify_all(&changed), 0);
        ASSERT_EQ(coil_condition_release(&changed), 0);
        ASSERT_EQ(coil_yield(), 0);
    }
    return 0;
}

static int consume(void *arg)
{
    int *sum = arg;
    int item;
    int rc;

    while ((rc = coil_queue_get(&queue, &item)) == 0) {
        *sum += item;
        ASSERT_EQ(coil_queue_task_done(&queue), 0);
    }
    ASSERT_EQ(rc, -EPIPE);
    return 0;
}

static int produce(void *arg)
{
    (void)arg;
    for (int i = 1; i <= 100; i++)
        ASSERT_EQ(coil_queue_put(&queue, &i), 0);
    ASSERT_EQ(coil_queue_join(&queue), 0);
    coil_queue_shutdown(&queue, false);
    return 0;
}

static int use_everything(void *arg)
{
    struct coil_task *tasks[6];
    struct coil_future *futures[6];
    struct coil_task_group group;
    int value = 0;
    int sum = 0;

    (void)arg;
    for (int i = 0; i < 6; i++) {
        tasks[i] = start(i < 3 ? use_lock : use_barrier, NULL);
        futures[i] = coil_task_future(tasks[i]);
    }
    ASSERT_EQ(coil_gather(futures, 6, 0), 0);
    for (int i = 0; i < 6; i++)
        coil_task_release(tasks[i]);

    ASSERT_EQ(coil_task_group_begin(&group), 0);
    for (int i = 0; i < 6; i++)
        ASSERT_EQ(coil_task_group_create(&group, NULL, use_semaphore, NULL), 0);
    ASSERT_EQ(coil_task_group_end(&group, 0), 0);
    ASSERT_EQ(most, 2);

    tasks[0] = start(use_condition, &value);
    tasks[1] = start(change, &value);
    tasks[2] = start(await_event, &event);
    tasks[3] = start(consume, &sum);
    tasks[4] = start(produce, NULL);
    for (int i = 0; i < 5; i++) {
        futures[i] = coil_task_future(tasks[i]);
        if (i == 2)
            coil_event_set(&event);
    }
    ASSERT_EQ(coil_wait(futures, 5, COIL_ALL_COMPLETED, COIL_NEVER), 5);
    ASSERT_EQ(sum, 5050);
    for (int i = 0; i < 5; i++) {
        ASSERT_EQ(coil_task_result(tasks[i]), 0);
        coil_task_release(tasks[i]);
    }
    return 0;
}

TEST(scheduler_runs_locks_queues_groups_and_the_rest)
{
    coil_queue_init(&queue, sizeof(int), 4);
    run_task(use_everything);
    coil_queue_fini(&queue);
}
