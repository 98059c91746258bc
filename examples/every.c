/* SPDX-License-Identifier: MIT */
/*
 * every.c - do something each second, also if it sometimes takes longer
 *
 *     every SECONDS...       how long the work takes, each time
 *
 * The times are counted from the beginning, so they do not drift.  Those that have
 * gone by while the work was under way are left out: the work is never done twice in
 * a row to catch up.
 */
#include <stdio.h>
#include <stdlib.h>

#include <coil.h>

/* The next multiple of `period` after `begin` that is still to come. */
static coil_time next_time(coil_time begin, coil_time period)
{
    return begin + ((coil_now() - begin) / period + 1) * period;
}

static int work(const char *seconds, coil_time begin)
{
    printf("%.1f s: work that takes %s s\n",
           (double)(coil_now() - begin) / COIL_SECOND, seconds);
    return coil_sleep((coil_time)(atof(seconds) * COIL_SECOND));
}

static int work_every_second(void *arg)
{
    char **seconds = arg;
    coil_time begin = coil_now();
    int rc = 0;

    for (; rc == 0 && *seconds; seconds++) {
        rc = work(*seconds, begin);
        if (rc == 0 && seconds[1])
            rc = coil_sleep_until(next_time(begin, COIL_SECOND));
    }
    return rc;
}

int main(int argc, char **argv)
{
    (void)argc;
    return coil_run_status(coil_run(work_every_second, argv + 1));
}
