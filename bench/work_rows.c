/* SPDX-License-Identifier: MIT */
/*
 * work_rows.c - what a job of a queue in a Redis costs the worker, and the server
 *
 *     work_rows [URL [JOBS [GROUPS [LIMIT [put]]]]]
 *
 * URL is unix:///run/redis/redis-server.sock if nothing else is said, JOBS 100000,
 * GROUPS 1000, and LIMIT, of the jobs of a group that run at a time, 1; 0: none.  The
 * queue has a name of its own, which nobody deletes.  All jobs are put, 64 at a time,
 * and then, unless "put" is said, claimed and done by 64 tasks, at most 64 in one
 * claim.  Prints processor time for a job, of this process and of the server (INFO's
 * used_cpu_user and used_cpu_sys), in microseconds, jobs a second, and the server's
 * memory (used_memory, used_memory_rss) when all is queued.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <coil.h>
#include <coil/redis.h>
#include <coil/work.h>

#include "bench.h"

enum { TASKS = 64, AT_ONCE = 64 };

static const char *url = "unix:///run/redis/redis-server.sock";
static long jobs = 100000;
static long groups = 1000;
static unsigned limit = 1;
static bool only_put;
static struct coil_redis *redis;
static struct coil_work *work;
static char queue_name[48];
static long next_job;
static long done;

/* ---- figures ---- */

static double number_behind(const char *text, const char *name)
{
    const char *found = strstr(text, name);

    return found ? atof(found + strlen(name)) : 0;
}

struct stamp {
    double own;
    double server;
    double memory;
    double rss;
    coil_time now;
};

static int stamp(struct stamp *stamp)
{
    struct coil_redis_reply *reply;
    int rc = coil_redis_command(redis, &reply, "INFO all");

    if (rc == 0)
        *stamp = (struct stamp){
            .own = (double)bench_clock(CLOCK_PROCESS_CPUTIME_ID) / 1000,
            .server = (number_behind(reply->text, "used_cpu_sys:") +
                       number_behind(reply->text, "used_cpu_user:")) *
                      1e6,
            .memory = number_behind(reply->text, "used_memory:"),
            .rss = number_behind(reply->text, "used_memory_rss:"),
            .now = coil_now(),
        };
    coil_redis_reply_free(reply);
    return rc;
}

static void report(const char *name, const struct stamp *from,
                   const struct stamp *to)
{
    double n = (double)jobs;

    printf("%-16s %6.2f us here, %6.2f us there, %8.0f a second", name,
           (to->own - from->own) / n, (to->server - from->server) / n,
           n * 1e9 / (double)(to->now - from->now));
}

/* ---- put ---- */

static int put_some(void)
{
    struct coil_work_item items[AT_ONCE];
    char ids[AT_ONCE][96];
    char names[AT_ONCE][48];
    size_t n = 0;

    for (; n < AT_ONCE && next_job < jobs; n++, next_job++) {
        snprintf(ids[n], sizeof ids[n],
                 "https://host-%ld.example/page/%ld.html", next_job % groups,
                 next_job);
        snprintf(names[n], sizeof names[n], "host-%ld.example",
                 next_job % groups);
        items[n] = (struct coil_work_item){
            .id = ids[n], .group = names[n], .body = "", .size = 0
        };
    }
    return coil_work_put_many(work, items, n);
}

static int put_all(void *arg)
{
    int rc = 0;

    (void)arg;
    while (rc >= 0 && next_job < jobs)
        rc = put_some();
    return rc < 0 ? rc : 0;
}

/* ---- claim and done ---- */

static int do_all(void *arg)
{
    struct coil_job job;
    int rc = 0;

    (void)arg;
    while (rc == 0 && done < jobs) {
        rc = coil_work_try_get(work, &job);
        if (rc == -EAGAIN) { /* the others have the rest */
            rc = coil_yield();
            continue;
        }
        if (rc == 0)
            rc = coil_job_done(&job);
        done += rc == 0;
    }
    return rc;
}

static int run_tasks(coil_fn fn, int count)
{
    struct coil_task_group group;
    int rc = coil_task_group_begin(&group);

    if (rc < 0)
        return rc;
    for (int i = 0; rc == 0 && i < count; i++)
        rc = coil_task_group_create(&group, NULL, fn, NULL);
    return coil_task_group_end(&group, rc);
}

static int measure(void *arg)
{
    const struct coil_work_options options = { .name = queue_name,
                                               .group_limit = limit,
                                               .allow_volatile = true };
    struct stamp begin, filled, end;
    int rc = coil_redis_open(&redis, url, NULL);

    (void)arg;
    if (rc == 0)
        rc = coil_work_open(&work, url, &options);
    if (rc == 0)
        rc = stamp(&begin);
    if (rc == 0)
        rc = run_tasks(put_all, 8);
    if (rc == 0)
        rc = stamp(&filled);
    if (rc == 0) {
        report("put", &begin, &filled);
        printf(", %.1f bytes each: %.0f MB, %.0f MB resident\n",
               (filled.memory - begin.memory) / (double)jobs,
               filled.memory / 1e6, filled.rss / 1e6);
    }
    if (rc == 0 && !only_put)
        rc = run_tasks(do_all, TASKS);
    if (rc == 0)
        rc = stamp(&end);
    if (rc == 0 && !only_put) {
        report("claim and done", &filled, &end);
        printf("\n");
    }
    (void)!coil_work_close(work);
    (void)!coil_redis_close(redis);
    return rc;
}

int main(int argc, char **argv)
{
    if (argc > 1)
        url = argv[1];
    if (argc > 2)
        jobs = atol(argv[2]);
    if (argc > 3)
        groups = atol(argv[3]);
    if (argc > 4)
        limit = (unsigned)atol(argv[4]);
    only_put = argc > 5 && strcmp(argv[5], "put") == 0;
    snprintf(queue_name, sizeof queue_name, "bench-%llu",
             (unsigned long long)bench_clock(CLOCK_REALTIME));
    return coil_run_status(coil_run(measure, NULL));
}
