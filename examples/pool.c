/* SPDX-License-Identifier: MIT */
/*
 * pool.c - do the same with many items, a few at a time, with results in their place
 *
 *     pool [ITEM...]
 *
 * Four tasks share the items: each takes the next one when it is done with its last.
 * So there are never more than four tasks, however many items there are.  The first
 * error cancels the other tasks and is the result.
 */
#include <stdio.h>
#include <string.h>

#include <coil.h>

enum { WORKERS = 4, MOST = 100 };

/* Tasks share a thread: none of this needs a lock. */
static char **items;
static int next_item;
static size_t results[MOST];

/* The longer the item, the longer it takes. */
static int measure(const char *item, size_t *result)
{
    int rc = coil_sleep((coil_time)strlen(item) * 10 * COIL_MILLISECOND);

    if (rc == 0)
        *result = strlen(item);
    return rc;
}

static int work(void *arg)
{
    int rc = 0;

    (void)arg;
    while (rc == 0 && next_item < MOST && items[next_item]) {
        int n = next_item++; /* before the wait: nobody else takes it */

        rc = measure(items[n], &results[n]);
    }
    return rc;
}

static int measure_all(void *arg)
{
    struct coil_task_group group;
    int rc = coil_task_group_begin(&group);

    if (rc < 0)
        return rc;
    items = arg;
    for (int i = 0; rc == 0 && i < WORKERS; i++)
        rc = coil_task_group_create(&group, NULL, work, NULL);
    rc = coil_task_group_end(&group, rc);
    for (int n = 0; rc == 0 && n < next_item; n++)
        printf("%zu %s\n", results[n], items[n]);
    return rc;
}

int main(int argc, char **argv)
{
    (void)argc;
    return coil_run_status(coil_run(measure_all, argv + 1));
}
