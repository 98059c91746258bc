/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 60 */
/*
 * A queue whose Redis was emptied, is away, loads, is a replica, or is full: what the
 * calls return, that it goes on afterwards, and that nobody spins meanwhile.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <coil.h>
#include <coil/redis.h>
#include <coil/work.h>

#include "actors.h"
#include "folder.h"
#include "program.h"
#include "test.h"

#define LEASE (600 * COIL_MILLISECOND)
/* How long the processor time of a queue is looked at, and how much is allowed. */
#define WHILE COIL_SECOND
#define MOST_PERCENT 5

static struct program server;
static char folder[] = "/tmp/coil-work-away-XXXXXX";
static char path[64];
static char url[96];
static const char filler[1024];
static struct coil_work *work;
static struct coil_work_options options;
static struct coil_redis_options redis_options;

/* ---- the server ---- */

/* `delay`: how many microseconds each key takes to be loaded. */
static void start_server(const char *delay, const char *word)
{
    const char *argv[] = { "redis-server",
                           "--port",
                           "0",
                           "--unixsocket",
                           path,
                           "--dir",
                           folder,
                           "--save",
                           "",
                           "--appendonly",
                           "yes",
                           "--appendfsync",
                           "always",
                           "--key-load-delay",
                           delay,
                           "--loading-process-events-interval-bytes",
                           "1024",
                           "--rdbcompression",
                           "no",
                           NULL };

    program_start(&server, argv, NULL);
    ASSERT_NOT_NULL(program_await(&server, word));
}

static void start_ready_server(void)
{
    start_server("0", "eady to accept connections");
}

static void kill_server(void)
{
    ASSERT_EQ(kill(server.pid, SIGKILL), 0);
    ASSERT_EQ(program_wait(&server), 128 + SIGKILL);
}

static void tell(const char *command)
{
    struct coil_redis *redis;

    ASSERT_EQ(coil_redis_open(&redis, url, NULL), 0);
    ASSERT_EQ(coil_redis_command(redis, NULL, command), 0);
    ASSERT_EQ(coil_redis_close(redis), 0);
}

static int with_queue(void *arg)
{
    coil_fn *fn = arg;

    ASSERT_EQ(coil_work_open(&work, url, &options), 0);
    ASSERT_EQ((*fn)(NULL), 0);
    ASSERT_EQ(coil_work_close(work), 0);
    return 0;
}

static void run(coil_fn fn)
{
    if (system("command -v redis-server >/dev/null") != 0)
        SKIP("redis-server is not installed");
    ASSERT_NOT_NULL(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/socket", folder);
    snprintf(url, sizeof url, "unix://%s", path);
    redis_options =
        (struct coil_redis_options){ .patience = 300 * COIL_MILLISECOND,
                                     .max_delay = COIL_SECOND };
    options = (struct coil_work_options){ .lease = LEASE,
                                          .max_deliveries = 100,
                                          .redis = &redis_options };
    start_ready_server();
    ASSERT_EQ(coil_run(with_queue, &fn), 0);
    (void)program_stop(&server);
    remove_folder(folder);
}

/* ---- what is done ---- */

static int put(const char *id)
{
    return coil_work_put(work, &(struct coil_work_item){ .id = id });
}

/* Take a job, hold it until that is cancelled, and return what its end returns. */
static int hold(void *arg)
{
    struct coil_job job;
    int rc = coil_work_get(work, &job);

    (void)arg;
    if (rc < 0)
        return rc;
    say("%s ", job.id);
    rc = coil_sleep(60 * COIL_SECOND);
    say(rc == -ECANCELED ? "cancelled " : "not cancelled ");
    ASSERT(!coil_job_is_held(&job));
    return coil_job_done(&job);
}

/* As a worker does: call again, whatever it was. */
static int get_again_and_again(void *arg)
{
    struct coil_job job;
    int *last = arg;

    for (;;) {
        int rc = coil_work_get(work, &job);

        if (rc == -ECANCELED)
            return rc;
        if (rc == 0)
            rc = coil_job_return(&job);
        else
            *last = rc;
    }
}

static double cpu(void)
{
    struct timespec time;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/*
 * Workers that ask again and again need little.  Returns what they were told last; if
 * `is_told`, it is waited for that they are told an error.
 */
static int expect_no_spinning(bool is_told)
{
    struct coil_task *tasks[4];
    int last = 0;
    coil_time begun = coil_now();
    double before = cpu();
    double percent;

    for (int i = 0; i < 4; i++)
        tasks[i] = start(get_again_and_again, &last);
    do
        ASSERT_EQ(coil_sleep(WHILE), 0);
    while (is_told && last == 0);
    percent = (cpu() - before) * 100 / ((double)(coil_now() - begun) / 1e9);
    printf("%.1f %% of a processor, last %s\n", percent,
           last ? coil_strerror(last) : "nothing");
    ASSERT(percent < MOST_PERCENT);
    for (int i = 0; i < 4; i++)
        end_cancelled(tasks[i]);
    return last;
}

static void expect_one_more(const char *id)
{
    struct coil_job job;

    ASSERT_EQ(put(id), 1);
    ASSERT_EQ(coil_work_get(work, &job), 0);
    ASSERT_STR_EQ(job.id, id);
    ASSERT_EQ(coil_job_done(&job), 0);
}

/* ---- emptied ---- */

static int empty(void *arg)
{
    struct coil_task *holder;

    (void)arg;
    ASSERT_EQ(put("a"), 1);
    holder = start(hold, NULL);
    ASSERT_EQ(coil_sleep(LEASE / 4), 0);
    SAID("a ");
    tell("FLUSHALL");
    tell("SCRIPT FLUSH");
    /* The next renewal says it. */
    ASSERT_EQ(end_of(holder), -ESTALE);
    SAID("cancelled ");
    ASSERT_EQ(expect_no_spinning(false), 0);
    expect_one_more("a");
    return 0;
}

TEST(work_away_engine_is_emptied)
{
    run(empty);
}

/* ---- started anew ---- */

static int restart(void *arg)
{
    struct coil_job job;

    (void)arg;
    ASSERT_EQ(put("a"), 1);
    ASSERT_EQ(put("b"), 1);
    ASSERT_EQ(coil_work_get(work, &job), 0);
    kill_server();
    start_ready_server();
    ASSERT_EQ(put("b"), 0);
    if (coil_job_is_held(&job))
        ASSERT_EQ(coil_job_done(&job), 0);
    else
        ASSERT_EQ(coil_job_done(&job), -ESTALE);
    ASSERT_EQ(coil_work_get(work, &job), 0);
    ASSERT_EQ(coil_job_done(&job), 0);
    return 0;
}

TEST(work_away_engine_is_started_anew)
{
    run(restart);
}

static int stay_away(void *arg)
{
    struct coil_task *holder;
    struct coil_work_stats stats;
    int rc;

    (void)arg;
    ASSERT_EQ(put("a"), 1);
    holder = start(hold, NULL);
    ASSERT_EQ(coil_sleep(LEASE / 4), 0);
    kill_server();
    ASSERT_EQ(end_of(holder), -ESTALE);
    SAID("a cancelled ");
    rc = expect_no_spinning(true);
    ASSERT(rc == -ECONNREFUSED || rc == -ENOENT);
    ASSERT_EQ(put("b"), rc);
    ASSERT_EQ(coil_work_stats(work, &stats), rc);
    start_ready_server();
    ASSERT_EQ(put("b"), 1);
    ASSERT_EQ(end_by_cancelling(start(hold, NULL)), -ECANCELED);
    return 0;
}

TEST(work_away_engine_is_away)
{
    run(stay_away);
}

/* ---- loading ---- */

/* Its data lie in a file whose keys are loaded one by one. */
static void write_data(void)
{
    struct coil_redis *redis;
    struct coil_redis_reply *reply;
    bool is_written = false;

    ASSERT_EQ(coil_redis_open(&redis, url, NULL), 0);
    for (int i = 0; i < 200; i++)
        ASSERT_EQ(coil_redis_command(redis, NULL, "SET %d %b", i, filler,
                                     sizeof filler),
                  0);
    ASSERT_EQ(coil_redis_command(redis, NULL, "BGREWRITEAOF"), 0);
    while (!is_written) {
        ASSERT_EQ(coil_redis_command(redis, &reply, "INFO persistence"), 0);
        is_written = strstr(reply->text, "aof_rewrite_in_progress:0") &&
                     strstr(reply->text, "aof_rewrite_scheduled:0");
        coil_redis_reply_free(reply);
        ASSERT_EQ(coil_sleep(10 * COIL_MILLISECOND), 0);
    }
    ASSERT_EQ(coil_redis_close(redis), 0);
}

static int load(void *arg)
{
    int rc;

    (void)arg;
    write_data();
    kill_server();
    start_server("20000", "erver initialized");
    /* What is sent before that is noticed, waits until it is answered. */
    ASSERT_EQ(coil_sleep(50 * COIL_MILLISECOND), 0);
    ASSERT_EQ(put("late"), COIL_EREDIS_LOADING);
    ASSERT_EQ(expect_no_spinning(true), COIL_EREDIS_LOADING);
    ASSERT_NOT_NULL(program_await(&server, "eady to accept connections"));
    while ((rc = put("late")) == COIL_EREDIS_LOADING)
        ASSERT_EQ(coil_sleep(10 * COIL_MILLISECOND), 0);
    ASSERT_EQ(rc, 1);
    return 0;
}

TEST(work_away_engine_loads)
{
    run(load);
}

/* ---- a replica ---- */

static int demote(void *arg)
{
    struct coil_task *holder;
    struct coil_work *other;

    (void)arg;
    ASSERT_EQ(put("a"), 1);
    holder = start(hold, NULL);
    ASSERT_EQ(coil_sleep(LEASE / 4), 0);
    tell("REPLICAOF 127.0.0.1 1");
    ASSERT_EQ(put("b"), COIL_EREDIS_READONLY);
    ASSERT_EQ(end_of(holder), -ESTALE);
    SAID("a cancelled ");
    ASSERT_EQ(coil_work_open(&other, url, &options), -EPERM);
    ASSERT_EQ(expect_no_spinning(true), COIL_EREDIS_READONLY);
    tell("REPLICAOF NO ONE");
    ASSERT_EQ(put("b"), 1);
    return 0;
}

TEST(work_away_engine_becomes_a_replica)
{
    run(demote);
}

/* ---- full ---- */

static int fill(void *arg)
{
    struct coil_job job;

    (void)arg;
    ASSERT_EQ(put("a"), 1);
    tell("CONFIG SET maxmemory 1");
    ASSERT_EQ(put("b"), -ENOSPC);
    /* What is there can be done. */
    ASSERT_EQ(coil_work_get(work, &job), 0);
    ASSERT_STR_EQ(job.id, "a");
    ASSERT_EQ(coil_sleep(2 * LEASE), 0);
    ASSERT_EQ(coil_job_done(&job), 0);
    (void)expect_no_spinning(false);
    tell("CONFIG SET maxmemory 0");
    expect_one_more("b");
    return 0;
}

TEST(work_away_engine_is_full)
{
    run(fill);
}
