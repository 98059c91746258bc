/* SPDX-License-Identifier: MIT */
/*
 * prioqueue.c - numbers go into a queue in any order and come out sorted
 *
 *     prioqueue [URL]        of an httpbin, such as coil-httpbin
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <coil.h>

#include "common/fetch.h"

static struct coil_queue queue;
static struct coil_semaphore three = COIL_SEMAPHORE_INIT(3);

static int compare(const void *a, const void *b)
{
    const int *left = a;
    const int *right = b;

    return (*left > *right) - (*left < *right);
}

/* Put seven numbers below 100 in, no two of them the same. */
COIL_SUSPENDS static int produce(void)
{
    bool taken[100] = { false };
    int rc = 0;

    for (int count = 0; rc == 0 && count < 7; count++) {
        int n;

        do
            n = rand() % 100;
        while (taken[n]);
        taken[n] = true;
        printf("producing %d\n", n);
        rc = coil_queue_put(&queue, &n);
    }
    return rc;
}

/* Take the smallest, again and again, until cancelled. */
static int consume(void *arg)
{
    struct fetcher *fetcher = arg;
    char *value;
    int rc = 0;
    int n;

    while (rc == 0) {
        rc = coil_queue_get(&queue, &n);
        if (rc < 0)
            return rc;
        rc = coil_semaphore_acquire(&three);
        if (rc < 0)
            return rc;
        rc = fetch_number(fetcher, n, &value);
        coil_semaphore_release(&three);
        if (rc < 0)
            return rc;
        printf("consuming %s...\n", value);
        free(value);
        rc = coil_queue_task_done(&queue);
    }
    return rc;
}

/* All is put in before the consumer starts: it is to find the smallest. */
COIL_SUSPENDS static int produce_and_consume(struct fetcher *fetcher)
{
    struct coil_task *consumer = NULL;
    struct coil_task_group group;
    int rc;

    rc = produce();
    if (rc < 0)
        return rc;
    /* In a group, so that a failure of the consumer ends the join below. */
    rc = coil_task_group_begin(&group);
    if (rc < 0)
        return rc;
    rc = coil_task_group_create(&group, &consumer, consume, fetcher);
    if (rc == 0) {
        rc = coil_queue_join(&queue);
        coil_task_cancel(consumer);
    }
    rc = coil_task_group_end(&group, rc);
    coil_task_release(consumer);
    return rc;
}

static int start(void *arg)
{
    struct fetcher *fetcher = arg;
    int rc;

    rc = fetcher_open(fetcher);
    if (rc < 0)
        return rc;
    coil_queue_init_priority(&queue, sizeof(int), 0, compare);
    rc = produce_and_consume(fetcher);
    coil_queue_fini(&queue);
    fetcher_close(fetcher);
    return rc;
}

int main(int argc, char **argv)
{
    struct fetcher fetcher;

    srand((unsigned)time(NULL));
    fetcher_init(&fetcher, argc, argv);
    return fetcher_status(&fetcher, coil_run(start, &fetcher));
}
