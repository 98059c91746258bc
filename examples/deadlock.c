/* SPDX-License-Identifier: MIT */
/*
 * deadlock.c - two tasks take two locks, each in another order
 *
 *     deadlock
 *
 * The loop sees that nothing can ever run again.  It says who waits for what and who
 * holds it, and the run ends with -EDEADLK.  The cure is to take several locks in the
 * same order everywhere.
 */
#include <stdio.h>

#include <coil.h>

static struct coil_lock left = COIL_LOCK_INIT;
static struct coil_lock right = COIL_LOCK_INIT;

static int eat(void *arg)
{
    struct coil_lock *first = arg;
    struct coil_lock *second = first == &left ? &right : &left;
    int rc = coil_lock_acquire(first);

    if (rc < 0)
        return rc;
    rc = coil_yield(); /* the other one takes its first lock */
    if (rc == 0)
        rc = coil_lock_acquire(second);
    if (rc == 0) {
        puts("eats");
        coil_lock_release(second);
    }
    coil_lock_release(first);
    return rc;
}

static int dine(void *arg)
{
    struct coil_task_group group;
    int rc = coil_task_group_begin(&group);

    (void)arg;
    if (rc < 0)
        return rc;
    rc = coil_task_group_create(&group, NULL, eat, &left);
    if (rc == 0)
        rc = coil_task_group_create(&group, NULL, eat, &right);
    return coil_task_group_end(&group, rc);
}

int main(void)
{
    return coil_run_status(coil_run(dine, NULL));
}
