/* SPDX-License-Identifier: MIT */
/* WRAPS: clock_gettime gettimeofday time */
/* LABELS: threads */
/* TIMEOUT: 120 */
/*
 * Workers of a queue in a Redis whose clocks are wrong: one is an hour behind the
 * engine's, the other an hour ahead.  Each is a thread with a loop of its own, and what
 * it asks for the time of day is told a wrong one.  All that goes by a time goes by the
 * engine's: what is for later comes neither at once nor after an hour, and no lease
 * ends early or late.
 */
#include <pthread.h>
#include <semaphore.h>
#include <sys/time.h>
#include <time.h>

#include <coil.h>
#include <coil/redis.h>
#include <coil/threadsafe.h>
#include <coil/work.h>
#include <coil/work_right.h>

#include "test.h"
#include "work_redis_test.h"

enum { HOUR_SECONDS = 3600 };

#define DELAY (200 * COIL_MILLISECOND)
#define LEASE COIL_SECOND
/* Far more than a delay, and far less than an hour. */
#define SOON (20 * COIL_SECOND)

/* ---- clocks ---- */

static _Thread_local time_t skew;

int __real_clock_gettime(clockid_t clock, struct timespec *now);
int __wrap_clock_gettime(clockid_t clock, struct timespec *now);
int __real_gettimeofday(struct timeval *now, void *zone);
int __wrap_gettimeofday(struct timeval *now, void *zone);
time_t __real_time(time_t *out);
time_t __wrap_time(time_t *out);

int __wrap_clock_gettime(clockid_t clock, struct timespec *now)
{
    int rc = __real_clock_gettime(clock, now);

    if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)
        now->tv_sec += skew;
    return rc;
}

int __wrap_gettimeofday(struct timeval *now, void *zone)
{
    int rc = __real_gettimeofday(now, zone);

    now->tv_sec += skew;
    return rc;
}

time_t __wrap_time(time_t *out)
{
    time_t now = __real_time(NULL) + skew;

    if (out)
        *out = now;
    return now;
}

/* ---- workers ---- */

struct worker {
    time_t skew;
    pthread_t thread;
    struct coil_loop *loop;
    struct coil_work *work;
    struct coil_event closing;
    sem_t ready;
    sem_t has;     /* a job, or a right */
    sem_t is_over; /* somebody else has it */
    unsigned delivery;
    uint64_t fence;
    struct coil_thread_call call;
};

/* The one is behind, and the other ahead; and then the other way round. */
static struct worker first;
static struct worker second;
static struct coil_work_options clock_options;

static int live(void *arg)
{
    struct worker *worker = arg;

    coil_event_init(&worker->closing);
    worker->loop = coil_loop_current();
    ASSERT_EQ(coil_work_open(&worker->work, redis_url, &clock_options), 0);
    coil_loop_hold(worker->loop);
    sem_post(&worker->ready);
    ASSERT_EQ(coil_event_wait(&worker->closing), 0);
    coil_loop_release(worker->loop);
    return coil_work_close(worker->work);
}

static void *run_worker(void *arg)
{
    struct worker *worker = arg;

    skew = worker->skew;
    ASSERT_EQ(coil_run(live, worker), 0);
    return NULL;
}

static void start_worker(struct worker *worker, time_t wrong_by)
{
    worker->skew = wrong_by;
    sem_init(&worker->ready, 0, 0);
    sem_init(&worker->has, 0, 0);
    sem_init(&worker->is_over, 0, 0);
    ASSERT_EQ(pthread_create(&worker->thread, NULL, run_worker, worker), 0);
    sem_wait(&worker->ready);
}

static void begin_on(struct worker *worker, coil_fn fn)
{
    ASSERT_EQ(coil_run_threadsafe(worker->loop, &worker->call, fn, worker), 0);
}

static int end_on(struct worker *worker)
{
    return coil_thread_call_await(&worker->call);
}

static int on(struct worker *worker, coil_fn fn)
{
    begin_on(worker, fn);
    return end_on(worker);
}

static int close_worker(void *arg)
{
    struct worker *worker = arg;

    coil_event_set(&worker->closing);
    return 0;
}

static void end_worker(struct worker *worker)
{
    ASSERT_EQ(on(worker, close_worker), 0);
    ASSERT_EQ(pthread_join(worker->thread, NULL), 0);
}

static int tell_time(void *arg)
{
    struct timespec now;
    struct timeval same;

    (void)arg;
    ASSERT_EQ(clock_gettime(CLOCK_REALTIME, &now), 0);
    ASSERT_EQ(gettimeofday(&same, NULL), 0);
    ASSERT_LE(now.tv_sec, same.tv_sec);
    ASSERT_LE(same.tv_sec, time(NULL));
    return (int)(now.tv_sec - __real_time(NULL));
}

/* Play it with both clocks wrong, each in both ways. */
static int play(void (*scene)(void))
{
    for (int sign = -1; sign <= 1; sign += 2) {
        start_worker(&first, sign * HOUR_SECONDS);
        start_worker(&second, -sign * HOUR_SECONDS);
        ASSERT_LE(sign * on(&first, tell_time), HOUR_SECONDS);
        ASSERT_GT(sign * on(&first, tell_time), HOUR_SECONDS - 60);
        scene();
        end_worker(&second);
        end_worker(&first);
        tell_redis("FLUSHALL");
    }
    return 0;
}

/* ---- what they do ---- */

static int put(const struct worker *worker, const char *id, coil_time delay)
{
    const struct coil_work_item item = { .id = id,
                                         .group = "host",
                                         .delay = delay };

    return coil_work_put(worker->work, &item);
}

static int put_now(void *arg)
{
    return put(arg, "now", 0);
}

static int put_another(void *arg)
{
    return put(arg, "another", 0);
}

static int put_late(void *arg)
{
    return put(arg, "late", DELAY);
}

/* Whatever the clock is, the job is there before long. */
static int get_soon(struct worker *worker, struct coil_job *job)
{
    struct coil_timeout limit;
    int rc = coil_timeout_begin(&limit, SOON);

    if (rc < 0)
        return rc;
    rc = coil_work_get(worker->work, job);
    if (rc == 0) { /* its scope is the inner one */
        worker->delivery = job->delivery;
        rc = coil_job_done(job);
    }
    return coil_timeout_end(&limit, rc);
}

static int take(void *arg)
{
    struct coil_job job;

    return get_soon(arg, &job);
}

static int retry(void *arg)
{
    struct worker *worker = arg;
    struct coil_job job;
    int rc = coil_work_try_get(worker->work, &job);

    return rc < 0 ? rc : coil_job_retry(&job, DELAY);
}

static int pause_host(void *arg)
{
    struct worker *worker = arg;

    return coil_work_pause(worker->work, "host", DELAY);
}

/* ---- times of jobs ---- */

#define EXPECT_AFTER(begun, delay)                                             \
    do {                                                                       \
        ASSERT_GE(coil_now() - (begun), (delay));                              \
        ASSERT_LT(coil_now() - (begun), SOON);                                 \
    } while (0)

static void delay_jobs(void)
{
    coil_time begun = coil_now();

    ASSERT_EQ(on(&first, put_late), 1);
    ASSERT_EQ(on(&second, take), 0);
    EXPECT_AFTER(begun, DELAY);
    ASSERT_EQ(on(&first, put_now), 1);
    begun = coil_now();
    ASSERT_EQ(on(&second, retry), 0);
    ASSERT_EQ(on(&first, take), 0);
    EXPECT_AFTER(begun, DELAY);
    ASSERT_EQ(first.delivery, 2);
    begun = coil_now();
    ASSERT_EQ(on(&first, pause_host), 0);
    ASSERT_EQ(on(&second, put_another), 1);
    ASSERT_EQ(on(&second, take), 0);
    EXPECT_AFTER(begun, DELAY);
}

static int delay_all(void *arg)
{
    (void)arg;
    clock_options = (struct coil_work_options){ .lease = SOON };
    return play(delay_jobs);
}

TEST(work_clocks_that_are_wrong_change_no_delay)
{
    run_with_redis(delay_all);
}

static void delay_group(void)
{
    coil_time begun;

    ASSERT_EQ(on(&first, put_now), 1);
    ASSERT_EQ(on(&second, put_another), 1);
    begun = coil_now();
    ASSERT_EQ(on(&first, take), 0);
    ASSERT_EQ(on(&second, take), 0);
    EXPECT_AFTER(begun, DELAY);
}

static int delay_groups(void *arg)
{
    (void)arg;
    clock_options =
        (struct coil_work_options){ .lease = SOON, .group_delay = DELAY };
    return play(delay_group);
}

TEST(work_clocks_that_are_wrong_change_no_delay_of_a_group)
{
    run_with_redis(delay_groups);
}

/* ---- leases ---- */

/* A job that takes several leases. */
static int work_long(void *arg)
{
    struct worker *worker = arg;
    struct coil_job job;
    int rc = coil_work_try_get(worker->work, &job);

    ASSERT_EQ(rc, 0);
    sem_post(&worker->has);
    rc = coil_sleep(3 * LEASE);
    ASSERT_EQ(rc, 0);
    ASSERT(coil_job_is_held(&job));
    return coil_job_done(&job);
}

/* Nobody else gets the job meanwhile. */
static int find_nothing(void *arg)
{
    struct worker *worker = arg;
    coil_time till = coil_now() + 2 * LEASE;

    while (coil_now() < till) {
        struct coil_job job;
        int rc = coil_work_try_get(worker->work, &job);

        ASSERT_EQ(rc, -EAGAIN);
        rc = coil_sleep(LEASE / 50);
        ASSERT_EQ(rc, 0);
    }
    return 0;
}

/* The thread stands still, until the job is another's. */
static int stand_still(void *arg)
{
    struct worker *worker = arg;
    struct coil_job job;
    int rc = coil_work_try_get(worker->work, &job);

    ASSERT_EQ(rc, 0);
    sem_post(&worker->has);
    sem_wait(&worker->is_over);
    ASSERT(!coil_job_is_held(&job));
    return coil_job_done(&job);
}

static void keep_and_lose(void)
{
    coil_time begun;

    ASSERT_EQ(on(&first, put_now), 1);
    begin_on(&first, work_long);
    sem_wait(&first.has);
    ASSERT_EQ(on(&second, find_nothing), 0);
    ASSERT_EQ(end_on(&first), 0);
    ASSERT_EQ(on(&first, put_another), 1);
    begun = coil_now();
    begin_on(&first, stand_still);
    sem_wait(&first.has);
    ASSERT_EQ(on(&second, take), 0);
    EXPECT_AFTER(begun, LEASE);
    ASSERT_EQ(second.delivery, 2);
    sem_post(&first.is_over);
    ASSERT_EQ(end_on(&first), -ESTALE);
}

static int lease_jobs(void *arg)
{
    (void)arg;
    clock_options = (struct coil_work_options){ .lease = LEASE };
    return play(keep_and_lose);
}

TEST(work_clocks_that_are_wrong_change_no_lease)
{
    run_with_redis(lease_jobs);
}

/* ---- rights ---- */

static int await_turn(void *arg)
{
    struct worker *worker = arg;

    return coil_work_rate_acquire(worker->work, "rate", DELAY, 1);
}

static int hold_lock(void *arg)
{
    struct worker *worker = arg;
    struct coil_work_right right;
    int rc = coil_work_lock_acquire(&right, worker->work, "lock");

    ASSERT_EQ(rc, 0);
    worker->fence = right.fence;
    sem_post(&worker->has);
    rc = coil_sleep(2 * LEASE);
    ASSERT_EQ(rc, 0);
    return coil_work_right_release(&right);
}

static int lose_lock(void *arg)
{
    struct worker *worker = arg;
    struct coil_work_right right;
    int rc = coil_work_lock_acquire(&right, worker->work, "lock");

    ASSERT_EQ(rc, 0);
    sem_post(&worker->has);
    sem_wait(&worker->is_over);
    return coil_work_right_release(&right);
}

static int take_lock(void *arg)
{
    struct worker *worker = arg;
    struct coil_work_right right;
    int rc = coil_work_lock_acquire(&right, worker->work, "lock");

    if (rc < 0)
        return rc;
    worker->fence = right.fence;
    return coil_work_right_release(&right);
}

static void use_rights(void)
{
    coil_time begun = coil_now();

    ASSERT_EQ(on(&first, await_turn), 0);
    ASSERT_EQ(on(&second, await_turn), 0);
    ASSERT_EQ(on(&first, await_turn), 0);
    EXPECT_AFTER(begun, 2 * DELAY);
    begun = coil_now();
    begin_on(&first, hold_lock);
    sem_wait(&first.has);
    ASSERT_EQ(on(&second, take_lock), 0);
    EXPECT_AFTER(begun, 2 * LEASE);
    ASSERT_GT(second.fence, first.fence);
    ASSERT_EQ(end_on(&first), 0);
    begun = coil_now();
    begin_on(&first, lose_lock);
    sem_wait(&first.has);
    ASSERT_EQ(on(&second, take_lock), 0);
    EXPECT_AFTER(begun, LEASE);
    sem_post(&first.is_over);
    ASSERT_EQ(end_on(&first), -ESTALE);
}

static int lease_rights(void *arg)
{
    (void)arg;
    clock_options = (struct coil_work_options){ .lease = LEASE };
    return play(use_rights);
}

TEST(work_clocks_that_are_wrong_change_no_right)
{
    run_with_redis(lease_rights);
}
