/* SPDX-License-Identifier: MIT */
/*
 * inspected.c - a process to look at: TASKS tasks of which BUSY yield in turns
 *
 *     inspected TASKS BUSY
 *
 * The others wait for an event.  Every 20 ms it prints how many steps it has made
 * for each second of processor time that its thread has had: scripts/run/profile-cost
 * compares that with and without somebody who looks.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <coil.h>

static struct coil_event never;
static unsigned long steps;

static double processor_time(void)
{
    struct timespec time;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static int yield(void *arg)
{
    (void)arg;
    for (;;) {
        int rc = coil_yield();

        if (rc < 0)
            return rc;
        steps++;
    }
}

static int rest(void *arg)
{
    (void)arg;
    return coil_event_wait(&never);
}

static int start(void *arg)
{
    char **argv = arg;
    long tasks = atol(argv[1]);
    long busy = atol(argv[2]);
    double time;
    int rc = 0;

    for (long i = 0; i < tasks && rc == 0; i++)
        rc = coil_task_create(NULL, i < busy ? yield : rest, NULL);
    time = processor_time();
    while (rc == 0) {
        unsigned long before = steps;

        rc = coil_sleep(20 * COIL_MILLISECOND);
        printf("%.0f\n", (double)(steps - before) / (processor_time() - time));
        fflush(stdout);
        time = processor_time();
    }
    return rc;
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fputs("usage: inspected TASKS BUSY\n", stderr);
        return 2;
    }
    return coil_run_status(coil_run(start, argv));
}
