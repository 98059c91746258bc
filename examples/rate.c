/* SPDX-License-Identifier: MIT */
/*
 * rate.c - ten tasks that together begin no more than five things a second
 *
 *     rate [PER_SECOND [BURST]]      5 and 3, if nothing else is said
 *
 * After a pause the first three may go at once: the burst.
 */
#include <stdio.h>
#include <stdlib.h>

#include <coil.h>

static struct coil_rate_limiter limiter;
static coil_time start_time;

static int work(void *arg)
{
    const int *number = arg;
    int rc = coil_rate_limiter_acquire(&limiter, 1);

    if (rc == 0)
        printf("%2d begins after %.1f s\n", *number,
               (double)(coil_now() - start_time) / (double)COIL_SECOND);
    return rc;
}

static int start(void *arg)
{
    char **argv = arg;
    double per_second = argv[1] ? atof(argv[1]) : 5;
    int burst = argv[1] && argv[2] ? atoi(argv[2]) : 3;
    struct coil_task_group group;
    int rc;

    if (per_second < 0.001 || per_second > 1e6 || burst < 1 || burst > 1000)
        return -EINVAL;
    rc = coil_task_group_begin(&group);
    if (rc < 0)
        return rc;
    start_time = coil_now();
    coil_rate_limiter_init(
        &limiter, 1, (coil_time)((double)COIL_SECOND / per_second), burst);
    for (int i = 1; rc == 0 && i <= 10; i++)
        rc = coil_task_group_create_copy(&group, NULL, work, &i);
    return coil_task_group_end(&group, rc);
}

int main(int argc, char **argv)
{
    (void)argc;
    return coil_run_status(coil_run(start, argv));
}
