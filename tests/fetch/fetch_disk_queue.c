/* SPDX-License-Identifier: MIT */
/* WRAPS: pthread_create */
/* Calls in threads, which are waited for to their end. */
#include "output/disk_queue.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

#include <coil/sleep.h>

#include "stream_test.h"

static struct disk_queue queue;

int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attr,
                          void *(*fn)(void *), void *arg);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr,
                          void *(*fn)(void *), void *arg);

static bool has_no_threads;

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr,
                          void *(*fn)(void *), void *arg)
{
    return has_no_threads ? EAGAIN
                          : __real_pthread_create(thread, attr, fn, arg);
}

static int increment(void *arg)
{
    int *number = arg;

    return ++*number == 13 ? -EIO : 0;
}

SOCKET_TEST(fetch_disk_queue_runs_and_returns)
{
    int number = 11;

    ASSERT_EQ(disk_run(&queue, increment, &number), 0);
    ASSERT_EQ(disk_run(&queue, increment, &number), -EIO);
    ASSERT_EQ(disk_run_anyway(&queue, increment, &number), 0);
    ASSERT_EQ(number, 14);
}

static int add_many(void *arg)
{
    for (int i = 0; i < 40; i++) {
        int number = 0;

        ASSERT_EQ(disk_run(&queue, increment, &number), 0);
        ASSERT_EQ(number, 1);
        ++*(int *)arg;
    }
    return 0;
}

/* More tasks than a batch has calls, slow or not. */
SOCKET_TEST(fetch_disk_queue_of_many_tasks)
{
    enum { TASKS = 3 * DISK_BATCH };
    struct coil_task *tasks[TASKS];
    int count = 0;

    for (int slow = 0; slow < 2; slow++) {
        queue.is_slow = slow;
        count = 0;
        for (int i = 0; i < TASKS; i++)
            ASSERT_EQ(coil_task_create(&tasks[i], add_many, &count), 0);
        for (int i = 0; i < TASKS; i++)
            ASSERT_EQ(end_of(tasks[i]), 0);
        ASSERT_EQ(count, 40 * TASKS);
        ASSERT_EQ(queue.busy, 0u);
    }
    queue.is_slow = false;
}

/* ---- what blocks ------------------------------------------------------------ */

static sem_t begun;
static sem_t may_end;
static atomic_int ended;

static int block(void *arg)
{
    (void)arg;
    sem_post(&begun);
    sem_wait(&may_end);
    atomic_fetch_add(&ended, 1);
    return 0;
}

static int run_block(void *arg)
{
    *(int *)arg = disk_run(&queue, block, NULL);
    return 0;
}

static void await_begun(void)
{
    while (sem_trywait(&begun) < 0)
        ASSERT_EQ(coil_sleep(COIL_MILLISECOND), 0);
}

/* A task that is cancelled waits for the end of what has begun. */
KERNEL_TEST(fetch_disk_queue_waits_although_cancelled)
{
    struct coil_task *task;
    int result = 1;

    sem_init(&begun, 0, 0);
    sem_init(&may_end, 0, 0);
    ASSERT_EQ(coil_task_create(&task, run_block, &result), 0);
    await_begun();
    for (int i = 0; i < 3; i++) {
        coil_task_cancel(task);
        ASSERT_EQ(coil_yield(), 0);
        ASSERT_EQ(coil_yield(), 0);
        ASSERT_EQ(result, 1);
    }
    sem_post(&may_end);
    (void)end_of(task);
    ASSERT_EQ(result, -ECANCELED);
    ASSERT_EQ(atomic_load(&ended), 1);
    /* And the queue is used on. */
    sem_post(&may_end);
    ASSERT_EQ(disk_run(&queue, block, NULL), 0);
}

/* On a slow disk each call has a thread: these end only all together. */
KERNEL_TEST(fetch_disk_queue_of_a_slow_disk_is_wide)
{
    enum { TASKS = DISK_LANES };
    struct coil_task *tasks[TASKS];
    int results[TASKS];

    sem_init(&begun, 0, 0);
    sem_init(&may_end, 0, 0);
    queue.is_slow = true;
    for (int i = 0; i < TASKS; i++)
        ASSERT_EQ(coil_task_create(&tasks[i], run_block, &results[i]), 0);
    for (int i = 0; i < TASKS; i++)
        await_begun();
    for (int i = 0; i < TASKS; i++)
        sem_post(&may_end);
    for (int i = 0; i < TASKS; i++) {
        ASSERT_EQ(end_of(tasks[i]), 0);
        ASSERT_EQ(results[i], 0);
    }
}

KERNEL_TEST(fetch_disk_queue_without_threads)
{
    int number = 0;

    has_no_threads = true;
    ASSERT_EQ(disk_run(&queue, increment, &number), -EAGAIN);
    ASSERT_EQ(number, 0);
    ASSERT_EQ(queue.busy, 0u);
    has_no_threads = false;
    ASSERT_EQ(disk_run(&queue, increment, &number), 0);
    ASSERT_EQ(number, 1);
}

/* Each allocation of the library fails once. */
SOCKET_TEST(fetch_disk_queue_without_memory)
{
    int number = 0;

    for (size_t n = 1; n < 5; n++) {
        int before = number;
        int rc;

        coil_test_fail_allocation(n, false);
        rc = disk_run(&queue, increment, &number);
        coil_test_fail_allocation(0, false);
        ASSERT(rc == 0 || rc == -ENOMEM);
        ASSERT_EQ(number, before + (rc == 0));
        if (number == 12)
            number = 0;
    }
}
