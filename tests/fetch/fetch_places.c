/* SPDX-License-Identifier: MIT */
/*
 * What was there before a run is told from what came later by the clock of the
 * filesystem.  Here the tests say when that clock ticks.
 */
/* WRAPS: fstat usleep */
#include "output/places.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file_test.h"

int __real_fstat(int fd, struct stat *status);
int __wrap_fstat(int fd, struct stat *status);
int __wrap_usleep(useconds_t time);

static unsigned looks;
static unsigned ticks_after; /* 0: never */

int __wrap_fstat(int fd, struct stat *status)
{
    int rc = __real_fstat(fd, status);

    looks++;
    status->st_ctim = (struct timespec){
        .tv_sec = 1000,
        .tv_nsec = ticks_after > 0 && looks > ticks_after,
    };
    return rc;
}

int __wrap_usleep(useconds_t time)
{
    (void)time;
    return 0;
}

static int begin(struct places *places, struct timespec *epoch)
{
    int fd = open(in_directory("new"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    int rc;

    ASSERT_GE(fd, 0);
    rc = places_epoch(places, fd, epoch);
    close(fd);
    return rc;
}

FILE_TEST(fetch_places_begin_before_the_clock_ticks)
{
    const struct place_options options = { .overwrites = true };
    struct timespec epoch;
    struct places places;
    unsigned before;

    places_init(&places, &options);
    looks = 0;
    ticks_after = 20;
    ASSERT_EQ(begin(&places, &epoch), 0);
    ASSERT_EQ(epoch.tv_sec, 1000);
    ASSERT_EQ(epoch.tv_nsec, 0);
    /* It is asked for once. */
    before = looks;
    ASSERT_EQ(begin(&places, &epoch), 0);
    ASSERT_EQ(looks, before);
    places_fini(&places);
}

FILE_TEST(fetch_places_do_not_begin_while_the_clock_stands_still)
{
    const struct place_options options = { .overwrites = true };
    struct timespec epoch;
    struct places places;

    places_init(&places, &options);
    ticks_after = 0;
    ASSERT_EQ(begin(&places, &epoch), -ETIMEDOUT);
    ticks_after = looks + 3;
    ASSERT_EQ(begin(&places, &epoch), 0);
    ASSERT_EQ(epoch.tv_nsec, 0);
    places_fini(&places);
}
