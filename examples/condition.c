/* SPDX-License-Identifier: MIT */
/*
 * condition.c - consumers wait for a condition, producers notify them
 *
 * First one consumer at a time with notify(), then all at once with
 * notify_all().
 */
#include <stdio.h>

#include <coil.h>

static struct coil_condition condition = COIL_CONDITION_INIT;

struct consumer {
    const char *name;
    coil_time delay;
};

static int consume(void *arg)
{
    const struct consumer *consumer = arg;
    int rc;

    rc = coil_sleep(consumer->delay);
    if (rc < 0)
        return rc;
    rc = coil_condition_acquire(&condition);
    if (rc < 0)
        return rc;
    rc = coil_condition_wait(&condition);
    if (rc == 0)
        printf("%s: Resource is available to consumer\n", consumer->name);
    coil_condition_release(&condition);
    return rc;
}

static int notify_one_by_one(void *arg)
{
    int rc;

    (void)arg;
    rc = coil_sleep(2 * COIL_SECOND);
    for (int n = 1; rc == 0 && n <= 2; n++) {
        rc = coil_condition_acquire(&condition);
        if (rc < 0)
            return rc;
        printf("notifying consumer %d\n", n);
        rc = coil_condition_notify(&condition, (size_t)n);
        coil_condition_release(&condition);
        if (rc == 0)
            rc = coil_sleep(100 * COIL_MILLISECOND);
    }
    return rc;
}

static int notify_everybody(void *arg)
{
    int rc;

    (void)arg;
    rc = coil_sleep(2 * COIL_SECOND);
    if (rc < 0)
        return rc;
    rc = coil_condition_acquire(&condition);
    if (rc < 0)
        return rc;
    printf("Making resource available\n");
    rc = coil_condition_notify_all(&condition);
    coil_condition_release(&condition);
    return rc;
}

/* Let two consumers and one producer work until the consumers are done. */
COIL_SUSPENDS static int play(coil_fn produce)
{
    const struct consumer consumers[] = {
        { "c1", 0 * COIL_SECOND },
        { "c2", 1 * COIL_SECOND },
    };
    struct coil_task_group group;
    struct coil_task *producer;
    int produced;
    int rc;

    rc = coil_task_create(&producer, produce, NULL);
    if (rc < 0)
        return rc;
    rc = coil_task_group_begin(&group);
    if (rc < 0)
        goto end_producer;
    for (int i = 0; rc == 0 && i < 2; i++)
        rc = coil_task_group_create_copy(&group, NULL, consume, &consumers[i]);
    rc = coil_task_group_end(&group, rc);

end_producer:
    coil_task_cancel(producer);
    produced = coil_task_await(producer);
    coil_task_release(producer);
    if (rc == 0 && produced != -ECANCELED)
        rc = produced;
    return rc;
}

static int start(void *arg)
{
    int rc;

    (void)arg;
    rc = play(notify_one_by_one);
    if (rc < 0)
        return rc;
    return play(notify_everybody);
}

int main(void)
{
    return coil_run_status(coil_run(start, NULL));
}
