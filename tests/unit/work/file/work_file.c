/* SPDX-License-Identifier: MIT */
/* WRAPS: clock_gettime */
/*
 * A queue in a file: what was put, done, delayed and buried is so when it is opened
 * again, also after the process has died.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <coil/sleep.h>
#include <coil/task.h>
#include <coil/work.h>
#include <coil/work_right.h>

#include "work_file_test.h"

#define HOUR (60 * COIL_MINUTE)

/* ---- the clock ---- */

static coil_time jump; /* of the wall clock */

int __real_clock_gettime(clockid_t clock, struct timespec *out);
int __wrap_clock_gettime(clockid_t clock, struct timespec *out);

int __wrap_clock_gettime(clockid_t clock, struct timespec *out)
{
    int rc = __real_clock_gettime(clock, out);

    if (clock == CLOCK_REALTIME)
        out->tv_sec += jump / COIL_SECOND;
    return rc;
}

static const struct coil_work_options one = { .max_deliveries = 2,
                                              .group_limit = 1 };

static void put_later(const char *id, coil_time delay)
{
    const struct coil_work_item item = {
        .id = id, .delay = delay, .body = id, .size = strlen(id)
    };

    ASSERT_EQ(coil_work_put(work, &item), 1);
}

/* ---- jobs ---- */

FILE_TEST(work_file_keeps_what_was_put)
{
    const struct coil_work_item item = {
        .id = "a", .group = "g", .priority = -7, .body = "x\0y", .size = 3
    };
    struct coil_job job;

    open_file("q", NULL);
    put_job("b", NULL, 5);
    put_job("c", "group", -300);
    ASSERT_EQ(coil_work_put(work, &item), 1);
    reopen_file("q", NULL);
    expect_stats(&(struct coil_work_stats){ .put = 3, .queued = 3 });
    ASSERT_EQ(coil_work_put(work, &item), 0);
    finish_job("c");
    ASSERT_EQ(coil_work_get(work, &job), 0);
    ASSERT_STR_EQ(job.id, "a");
    ASSERT_STR_EQ(job.group, "g");
    ASSERT_EQ(job.priority, -7);
    ASSERT_EQ(job.delivery, 1);
    ASSERT_EQ(job.size, 3);
    ASSERT_MEM_EQ(job.body, "x\0y", 4);
    ASSERT_EQ(coil_job_done(&job), 0);
    put_job("d", NULL, 5);
    reopen_file("q", NULL);
    finish_job("b");
    finish_job("d");
    expect_none();
    close_work();
}

FILE_TEST(work_file_keeps_all_of_put_many)
{
    struct coil_work_item items[100];
    char ids[100][16];

    for (int i = 0; i < 100; i++) {
        snprintf(ids[i], sizeof ids[i], "%d", i);
        items[i] = (struct coil_work_item){ .id = ids[i],
                                            .body = ids[i],
                                            .size = strlen(ids[i]) };
    }
    open_file("q", NULL);
    ASSERT_EQ(coil_work_put_many(work, items, 0), 0);
    ASSERT_EQ(coil_work_put_many(work, items, 100), 100);
    reopen_file("q", NULL);
    ASSERT_EQ(coil_work_put_many(work, items, 100), 0);
    for (int i = 0; i < 100; i++)
        finish_job(ids[i]);
    close_work();
}

FILE_TEST(work_file_keeps_what_is_done)
{
    open_file("q", NULL);
    put_job("a", NULL, 0);
    finish_job("a");
    for (int i = 0; i < 2; i++) {
        reopen_file("q", NULL);
        expect_none();
        ASSERT_EQ(coil_work_put(work, &(struct coil_work_item){ .id = "a" }),
                  0);
        expect_stats(&(struct coil_work_stats){ .put = 1, .done = 1 });
    }
    close_work();
}

FILE_TEST(work_file_keeps_tries_and_delays)
{
    struct coil_job job;

    open_file("q", NULL);
    put_job("a", NULL, 0);
    get_job(&job, "a");
    ASSERT_EQ(coil_job_retry(&job, HOUR), 0);
    put_later("b", 2 * HOUR);
    reopen_file("q", NULL);
    expect_none();
    expect_stats(
        &(struct coil_work_stats){ .put = 2, .delayed = 2, .retried = 1 });
    close_work();
    /* By the clock on the wall: also a time in which nobody runs counts. */
    jump += HOUR;
    open_file("q", NULL);
    try_get_job(&job, "a");
    ASSERT_EQ(job.delivery, 2);
    ASSERT_EQ(coil_job_done(&job), 0);
    expect_none();
    close_work();
    jump += HOUR;
    open_file("q", NULL);
    finish_job("b");
    close_work();
}

FILE_TEST(work_file_delays_nothing_longer_if_the_clock_is_put_back)
{
    coil_time before;

    open_file("q", NULL);
    put_later("a", 10 * COIL_MILLISECOND);
    close_work();
    jump -= 1000 * HOUR;
    open_file("q", NULL);
    before = coil_now();
    for (struct coil_job job; coil_work_get(work, &job) == 0;) {
        ASSERT_EQ(coil_job_done(&job), 0);
        break;
    }
    ASSERT_LT(coil_now() - before, COIL_MINUTE);
    close_work();
}

FILE_TEST(work_file_keeps_the_dead)
{
    struct coil_work_dead dead[3];
    struct coil_job job;

    open_file("q", &one);
    put_job("a", "g", 0);
    put_job("b", NULL, 1);
    put_job("c", NULL, 2);
    get_job(&job, "a");
    ASSERT_EQ(coil_job_bury(&job, "broken"), 0);
    for (int i = 0; i < 2; i++) {
        get_job(&job, "b");
        ASSERT_EQ(coil_job_retry(&job, 0), 0);
    }
    get_job(&job, "c");
    ASSERT_EQ(coil_job_bury(&job, NULL), 0);
    ASSERT_EQ(coil_work_revive(work, "c"), 1);
    reopen_file("q", &one);
    ASSERT_EQ(coil_work_list_dead(work, 0, dead, 3), 2);
    ASSERT_STR_EQ(dead[0].id, "a");
    ASSERT_STR_EQ(dead[0].group, "g");
    ASSERT_STR_EQ(dead[0].reason, "broken");
    ASSERT_MEM_EQ(dead[0].body, "a", 1);
    ASSERT_EQ(dead[0].deliveries, 1);
    ASSERT_STR_EQ(dead[1].id, "b");
    ASSERT_STR_EQ(dead[1].reason, "");
    ASSERT_EQ(dead[1].deliveries, 2);
    coil_work_dead_free(&dead[0]);
    coil_work_dead_free(&dead[1]);
    finish_job("c");
    ASSERT_EQ(coil_work_revive(work, NULL), 2);
    reopen_file("q", &one);
    ASSERT_EQ(coil_work_list_dead(work, 0, dead, 3), 0);
    try_get_job(&job, "a");
    ASSERT_EQ(job.delivery, 1);
    ASSERT_EQ(coil_job_done(&job), 0);
    finish_job("b");
    close_work();
}

FILE_TEST(work_file_gives_back_what_is_held_when_it_is_closed)
{
    struct coil_job job;

    open_file("q", &one);
    put_job("a", NULL, 0);
    get_job(&job, "a");
    /* The task that holds it is this one. */
    ASSERT_EQ(coil_work_close(work), -ECANCELED);
    ASSERT_EQ(coil_job_done(&job), -ESTALE);
    open_file("q", &one);
    expect_stats(&(struct coil_work_stats){ .put = 1, .queued = 1 });
    try_get_job(&job, "a");
    ASSERT_EQ(job.delivery, 1);
    ASSERT_EQ(coil_job_return(&job), 0);
    reopen_file("q", &one);
    try_get_job(&job, "a");
    ASSERT_EQ(job.delivery, 1);
    ASSERT_EQ(coil_job_done(&job), 0);
    close_work();
}

/* ---- groups ---- */

FILE_TEST(work_file_keeps_pauses)
{
    open_file("q", NULL);
    put_job("a", "g", 0);
    put_job("b", "h", 0);
    ASSERT_EQ(coil_work_pause(work, "g", HOUR), 0);
    ASSERT_EQ(coil_work_pause(work, "h", COIL_NEVER), 0);
    reopen_file("q", NULL);
    expect_none();
    close_work();
    jump += HOUR;
    open_file("q", NULL);
    finish_job("a");
    expect_none();
    close_work();
}

FILE_TEST(work_file_keeps_the_delay_of_a_group)
{
    const struct coil_work_options slow = { .group_delay = HOUR };
    struct coil_job job;

    open_file("q", &slow);
    put_job("a", "g", 0);
    put_job("b", "g", 0);
    put_job("c", "g", 0);
    finish_job("a");
    reopen_file("q", &slow);
    expect_none();
    close_work();
    jump += HOUR;
    open_file("q", &slow);
    try_get_job(&job, "b");
    ASSERT_EQ(coil_job_return(&job), 0);
    reopen_file("q", &slow);
    expect_none();
    close_work();
}

/* ---- a process that dies ---- */

FILE_TEST(work_file_counts_a_crash_as_a_delivery)
{
    struct coil_work_dead dead;
    struct coil_work *first, *second;
    struct coil_job held[2];

    open_file("q", &one);
    put_job("a", "g", 0);
    get_job(&held[0], "a");
    crash("q", "r", &one, &first);
    expect_stats(
        &(struct coil_work_stats){ .put = 1, .queued = 1, .expired = 1 });
    /* At once: nobody has to wait for the lease. */
    try_get_job(&held[1], "a");
    ASSERT_EQ(held[1].delivery, 2);
    ASSERT_GT(held[1].fence, held[0].fence);
    crash("r", "s", &one, &second);
    expect_none();
    expect_stats(
        &(struct coil_work_stats){ .put = 1, .dead = 1, .expired = 2 });
    ASSERT_EQ(coil_work_list_dead(work, 0, &dead, 1), 1);
    ASSERT_STR_EQ(dead.id, "a");
    ASSERT_EQ(dead.deliveries, 2);
    coil_work_dead_free(&dead);
    close_work();
    ASSERT_EQ(coil_job_return(&held[1]), 0);
    ASSERT_EQ(coil_job_return(&held[0]), 0);
    ASSERT_EQ(coil_work_close(second), 0);
    ASSERT_EQ(coil_work_close(first), 0);
}

FILE_TEST(work_file_has_all_that_was_acknowledged_when_the_process_dies)
{
    struct coil_work *old;
    struct coil_job job;

    open_file("q", NULL);
    put_job("a", NULL, 0);
    put_job("b", NULL, 0);
    put_job("c", NULL, 0);
    finish_job("a");
    get_job(&job, "b");
    ASSERT_EQ(coil_job_bury(&job, "bad"), 0);
    crash("q", "r", NULL, &old);
    expect_stats(&(struct coil_work_stats){
        .put = 3, .done = 1, .queued = 1, .dead = 1 });
    finish_job("c");
    close_work();
    ASSERT_EQ(coil_work_close(old), 0);
}

/* ---- fences ---- */

FILE_TEST(work_file_fences_go_on_growing)
{
    struct coil_work_right right;
    struct coil_job job;
    uint64_t last = 0;

    for (int i = 0; i < 3; i++) {
        open_file("q", NULL);
        ASSERT_EQ(coil_work_put(work, &(struct coil_work_item){ .id = NULL }),
                  1);
        ASSERT_EQ(coil_work_get(work, &job), 0);
        ASSERT_GT(job.fence, last);
        last = job.fence;
        ASSERT_EQ(coil_job_done(&job), 0);
        /* More than the file is told of at once. */
        for (int k = 0; k < 1100; k++) {
            ASSERT_EQ(coil_work_lock_acquire(&right, work, "lock"), 0);
            ASSERT_GT(right.fence, last);
            last = right.fence;
            ASSERT_EQ(coil_work_right_release(&right), 0);
        }
        close_work();
    }
}

FILE_TEST(work_file_rights_end_with_the_process)
{
    struct coil_work_right held, right;
    struct coil_work *old;

    open_file("q", NULL);
    ASSERT_EQ(coil_work_lock_acquire(&held, work, "lock"), 0);
    crash("q", "r", NULL, &old);
    ASSERT_EQ(coil_work_lock_acquire(&right, work, "lock"), 0);
    ASSERT_GT(right.fence, held.fence);
    ASSERT_EQ(coil_work_right_release(&right), 0);
    close_work();
    ASSERT_EQ(coil_work_right_release(&held), 0);
    ASSERT_EQ(coil_work_close(old), 0);
}

/* ---- handles and processes ---- */

FILE_TEST(work_file_is_shared_by_the_handles_of_a_process)
{
    struct coil_work *other;
    struct coil_job job;

    open_file("q", NULL);
    other = work;
    open_file("q/", NULL);
    put_job("a", NULL, 0);
    ASSERT_EQ(coil_work_try_get(other, &job), 0);
    ASSERT_EQ(coil_job_done(&job), 0);
    close_work();
    ASSERT_EQ(coil_work_put(other, &(struct coil_work_item){ .id = "a" }), 0);
    ASSERT_EQ(coil_work_close(other), 0);
}

FILE_TEST(work_file_has_queues_with_names)
{
    const struct coil_work_options named = { .name = "another" };
    struct coil_work *first;

    open_file("q", NULL);
    put_job("a", NULL, 0);
    first = work;
    open_file("q", &named);
    expect_none();
    put_job("a", NULL, 0);
    close_work();
    ASSERT_EQ(coil_work_close(first), 0);
    open_file("q", &named);
    finish_job("a");
    reopen_file("q", NULL);
    finish_job("a");
    close_work();
}

/* As another process does it. */
static int lock(const char *name, bool *is_free)
{
    struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    int fd = open(in_directory(name), O_RDWR | O_CREAT, 0600);

    ASSERT_GE(fd, 0);
    *is_free = fcntl(fd, F_OFD_SETLK, &whole) == 0;
    return fd;
}

FILE_TEST(work_file_is_one_process_s)
{
    bool is_free;
    int fd;

    open_file("q", NULL);
    fd = lock("q/work.lock", &is_free);
    ASSERT(!is_free);
    close_work();
    close(fd);
    fd = lock("q/work.lock", &is_free);
    ASSERT(is_free);
    ASSERT_EQ(try_open_file("q", NULL), -EBUSY);
    ASSERT_NULL(work);
    close(fd);
    open_file("q", NULL);
    close_work();
}

FILE_TEST(work_file_that_may_forget_is_said_to)
{
    const struct coil_work_options weak = { .allow_volatile = true };
    struct coil_work *first;

    open_file("q", &weak);
    put_job("a", NULL, 0);
    first = work;
    ASSERT_EQ(try_open_file("q", NULL), -EPERM);
    open_file("q", &weak);
    close_work();
    ASSERT_EQ(coil_work_close(first), 0);
    open_file("q", NULL);
    finish_job("a");
    first = work;
    open_file("q", &weak);
    close_work();
    ASSERT_EQ(coil_work_close(first), 0);
}

FILE_TEST(work_file_refuses_what_is_no_file)
{
    static const char *const urls[] = { "file:", "file://", "file://host/q" };
    static char long_name[300];
    struct coil_work_options named = { .name = "a/b" };

    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++)
        ASSERT_EQ(coil_work_open(&work, urls[i], NULL), -EINVAL);
    ASSERT_EQ(try_open_file("q", &named), -EINVAL);
    memset(long_name, 'x', sizeof long_name - 1);
    named.name = long_name;
    ASSERT_EQ(try_open_file("q", &named), -EINVAL);
    ASSERT_EQ(try_open_file("no/such", NULL), -ENOENT);
    put_file("text", "text");
    ASSERT_EQ(try_open_file("text", NULL), -ENOTDIR);
    write_journal("r", "some other text", 15);
    ASSERT_EQ(try_open_file("r", NULL), -EBADMSG);
    write_journal("r", "coil-work 2\nabcdefgh", 20);
    ASSERT_EQ(try_open_file("r", NULL), -ENOTSUP);
    ASSERT_NULL(work);
}

FILE_TEST(work_file_url_may_have_slashes)
{
    char url[PATH_MAX];

    snprintf(url, sizeof url, "file://%s", in_directory("q"));
    ASSERT_EQ(coil_work_open(&work, url, NULL), 0);
    put_job("a", NULL, 0);
    reopen_file("q", NULL);
    finish_job("a");
    close_work();
}
