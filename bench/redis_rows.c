/* SPDX-License-Identifier: MIT */
/*
 * redis_rows.c - what a command to Redis costs the client, and the server
 *
 *     redis_rows [URL [COMMANDS]]      unix:///run/redis/redis-server.sock, 200000
 *
 * With 1 and with 64 tasks that each have one command under way; and with hiredis
 * itself, blocking, one command at a time and 64 in a pipeline, for comparison.
 * Prints processor time of this process for a command, and that of the server
 * (INFO's used_cpu_user and used_cpu_sys), in microseconds, and commands a second.
 */
#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <coil.h>
#include <coil/redis.h>

#include "bench.h"

enum { TASKS_MAX = 64 };

static const char *url = "unix:///run/redis/redis-server.sock";
static long commands = 200000;
static struct coil_redis *redis;
static long left;

static double own_time(void)
{
    return (double)bench_clock(CLOCK_PROCESS_CPUTIME_ID) / 1000;
}

static double number_behind(const char *text, const char *name)
{
    const char *found = strstr(text, name);

    return found ? atof(found + strlen(name)) * 1e6 : 0;
}

static double time_in_info(const char *info)
{
    return number_behind(info, "used_cpu_sys:") +
           number_behind(info, "used_cpu_user:");
}

struct stamp {
    double own;
    double server;
    coil_time now;
};

static void report(const char *name, const struct stamp *from,
                   const struct stamp *to)
{
    double n = (double)commands;

    printf("%-24s %6.2f us here, %6.2f us there, %8.0f a second\n", name,
           (to->own - from->own) / n, (to->server - from->server) / n,
           n * 1e9 / (double)(to->now - from->now));
}

/* ---- coil ----------------------------------------------------------------- */

static void stamp(struct stamp *s)
{
    struct coil_redis_reply *reply;

    bench_check(coil_redis_command(redis, &reply, "INFO cpu"));
    *s = (struct stamp){ own_time(), time_in_info(reply->text), coil_now() };
    coil_redis_reply_free(reply);
}

/* Half of them SET, half of them GET. */
static int set_and_get(void *arg)
{
    const char *key = arg;

    while (left > 0) {
        struct coil_redis_reply *reply;
        bool is_set = left-- % 2;

        bench_check(is_set ? coil_redis_command(redis, &reply, "SET %s %s", key,
                                                "0123456789abcdef")
                           : coil_redis_command(redis, &reply, "GET %s", key));
        coil_redis_reply_free(reply);
    }
    return 0;
}

static void run_tasks(const char *name, int tasks)
{
    struct coil_task_group group;
    struct stamp from, to;

    left = commands;
    stamp(&from);
    bench_check(coil_task_group_begin(&group));
    for (int i = 0; i < tasks; i++)
        bench_check(coil_task_group_create(&group, NULL, set_and_get,
                                           (void *)(uintptr_t) "coil:bench"));
    bench_check(coil_task_group_end(&group, 0));
    stamp(&to);
    report(name, &from, &to);
}

static int run_coil(void *arg)
{
    (void)arg;
    bench_check(coil_redis_open(&redis, url, NULL));
    run_tasks("coil_redis_1", 1);
    run_tasks("coil_redis_64", TASKS_MAX);
    return coil_redis_close(redis);
}

/* ---- hiredis -------------------------------------------------------------- */

static redisContext *context;

static void stamp_hiredis(struct stamp *s)
{
    redisReply *reply = redisCommand(context, "INFO cpu");

    *s = (struct stamp){ own_time(), time_in_info(reply->str), coil_now() };
    freeReplyObject(reply);
}

static void run_hiredis(const char *name, long depth)
{
    struct stamp from, to;

    stamp_hiredis(&from);
    for (long i = 0; i < commands; i += depth) {
        for (long j = 0; j < depth; j++)
            bench_check(
                (i + j) % 2 == 0
                    ? redisAppendCommand(context, "SET %s %s", "coil:bench",
                                         "0123456789abcdef")
                    : redisAppendCommand(context, "GET %s", "coil:bench"));
        for (long j = 0; j < depth; j++) {
            void *reply;

            bench_check(redisGetReply(context, &reply));
            freeReplyObject(reply);
        }
    }
    stamp_hiredis(&to);
    report(name, &from, &to);
}

int main(int argc, char **argv)
{
    if (argc > 1)
        url = argv[1];
    if (argc > 2)
        commands = atol(argv[2]) / TASKS_MAX * TASKS_MAX;
    bench_check(coil_run(run_coil, NULL));
    if (strncmp(url, "unix://", 7) != 0)
        return 0;
    context = redisConnectUnix(url + 7);
    if (!context || context->err)
        return 1;
    run_hiredis("hiredis_1", 1);
    run_hiredis("hiredis_64", TASKS_MAX);
    redisFree(context);
    return 0;
}
