/* SPDX-License-Identifier: MIT */
/* WRAPS: clock_gettime times */
/*
 * Where the clock is refused, the loop counts ticks. A sandbox usually does not
 * see who asks for the time (the vDSO answers), so this is not in
 * test_loop_refused.c.
 */
#include <errno.h>
#include <sys/times.h>
#include <time.h>

#include <coil/error.h>
#include <coil/loop.h>
#include <coil/task.h>

#include "test.h"

int __real_clock_gettime(clockid_t clock, struct timespec *now);
int __wrap_clock_gettime(clockid_t clock, struct timespec *now);
clock_t __real_times(struct tms *tms);
clock_t __wrap_times(struct tms *tms);

static bool is_refused;
static unsigned asked;
static unsigned counted;

int __wrap_clock_gettime(clockid_t clock, struct timespec *now)
{
    if (!is_refused)
        return __real_clock_gettime(clock, now);
    asked++;
    errno = EPERM;
    return -1;
}

clock_t __wrap_times(struct tms *tms)
{
    counted++;
    return __real_times(tms);
}

static int sleep_twice(void *arg)
{
    coil_time before = coil_now();
    struct timespec began;
    struct timespec ended;
    int rc;

    (void)arg;
    ASSERT_EQ(__real_clock_gettime(CLOCK_MONOTONIC, &began), 0);
    rc = coil_sleep(50 * COIL_MILLISECOND);
    if (rc == 0)
        rc = coil_sleep(50 * COIL_MILLISECOND);
    ASSERT_EQ(__real_clock_gettime(CLOCK_MONOTONIC, &ended), 0);
    ASSERT_GE(coil_now() - before, 100 * COIL_MILLISECOND);
    /* A tick may end right after it was read. */
    ASSERT_GE((ended.tv_sec - began.tv_sec) * COIL_SECOND + ended.tv_nsec -
                  began.tv_nsec,
              70 * COIL_MILLISECOND);
    return rc;
}

TEST(loop_ticks_are_counted_where_the_clock_is_refused)
{
    is_refused = true;
    ASSERT_EQ(coil_run(sleep_twice, NULL), 0);
    is_refused = false;
    ASSERT_GT(asked, 0);
    ASSERT_GT(counted, 0);
}
