/* SPDX-License-Identifier: MIT */
/*
 * lock.c - two tasks wait for a lock that a callback releases
 *
 * A lock belongs to nobody: the main task acquires it, a callback of the loop
 * gives it back, and the tasks get it in the order in which they came.
 */
#include <stdio.h>

#include <coil.h>

static struct coil_lock lock = COIL_LOCK_INIT;

static void release_lock(void *arg)
{
    (void)arg;
    printf("callback releasing lock\n");
    coil_lock_release(&lock);
}

static int use_lock(void *arg)
{
    const char *name = arg;
    int rc;

    printf("%s waiting for the lock\n", name);
    rc = coil_lock_acquire(&lock);
    if (rc < 0)
        return rc;
    printf("%s acquired lock\n", name);
    rc = coil_lock_release(&lock);
    printf("%s released lock\n", name);
    return rc;
}

static int start(void *arg)
{
    struct coil_handle later = { 0 };
    struct coil_task_group group;
    int rc;

    (void)arg;
    rc = coil_lock_acquire(&lock);
    if (rc < 0)
        return rc;
    rc = coil_task_group_begin(&group);
    if (rc < 0)
        return rc;

    rc = coil_loop_call_later(coil_loop_current(), &later,
                              100 * COIL_MILLISECOND, release_lock, NULL);
    if (rc == 0)
        rc = coil_task_group_create(&group, NULL, use_lock, "l1");
    if (rc == 0)
        rc = coil_task_group_create(&group, NULL, use_lock, "l2");
    rc = coil_task_group_end(&group, rc);

    /* `later` is ours: if we were interrupted, the call must not come. */
    coil_handle_cancel(&later);
    return rc;
}

int main(void)
{
    return coil_run_status(coil_run(start, NULL));
}
