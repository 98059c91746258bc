/* SPDX-License-Identifier: MIT */
/*
 * redis_async.c - ten tasks count in Redis, over one connection, by callbacks
 *
 *     redis_async [SOCKET | HOST PORT]      127.0.0.1 6379, if nothing else is said
 *
 * This is redis.c with the other half of hiredis, which works by callbacks: it says
 * for what its descriptor is to be watched, and tells of each reply by a call.  The
 * first part of this file makes coil watch the descriptor, the second lets a task
 * wait for a reply in a straight line.  Any library of this kind is used so.
 */
#include <hiredis/async.h>
#include <hiredis/hiredis.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include <coil.h>

enum { TASKS = 10, TIMES = 1000 };

struct redis {
    redisAsyncContext *context; /* NULL: the connection has ended */
    struct coil_fd_handler reader;
    struct coil_fd_handler writer;
    struct coil_handle giving_up;
    char failure[128]; /* the first one, in words */
};

static void fail(struct redis *redis, const char *why)
{
    if (!redis->failure[0])
        snprintf(redis->failure, sizeof redis->failure, "%s", why);
}

/* ---- hiredis asks for events ------------------------------------------ */

static void on_readable(void *arg)
{
    struct redis *redis = arg;

    redisAsyncHandleRead(redis->context);
}

static void on_writable(void *arg)
{
    struct redis *redis = arg;

    redisAsyncHandleWrite(redis->context);
}

/* hiredis ends all calls, and then calls forget(). */
static void give_up(void *arg)
{
    struct redis *redis = arg;

    if (redis->context)
        redisAsyncFree(redis->context);
}

/* hiredis cannot be told of an error here, so it is told a little later. */
static void check(struct redis *redis, int rc)
{
    if (rc == 0)
        return;
    fail(redis, coil_strerror(rc));
    coil_loop_call_soon(coil_loop_current(), &redis->giving_up, give_up, redis);
}

static void add_reader(void *arg)
{
    struct redis *redis = arg;

    check(redis,
          coil_loop_add_reader(coil_loop_current(), &redis->reader,
                               redis->context->c.fd, on_readable, redis));
}

static void remove_reader(void *arg)
{
    struct redis *redis = arg;

    coil_loop_remove_reader(coil_loop_current(), &redis->reader);
}

static void add_writer(void *arg)
{
    struct redis *redis = arg;

    check(redis,
          coil_loop_add_writer(coil_loop_current(), &redis->writer,
                               redis->context->c.fd, on_writable, redis));
}

static void remove_writer(void *arg)
{
    struct redis *redis = arg;

    coil_loop_remove_writer(coil_loop_current(), &redis->writer);
}

/* The connection has ended, for whatever reason. */
static void forget(void *arg)
{
    struct redis *redis = arg;

    remove_reader(redis);
    remove_writer(redis);
    redis->context = NULL;
}

static int attach(struct redis *redis, redisAsyncContext *context)
{
    if (!context)
        return -ENOMEM;
    if (context->err) {
        fail(redis, context->errstr);
        redisAsyncFree(context);
        return -ENOTCONN;
    }
    redis->context = context;
    context->data = redis;
    context->ev.data = redis;
    context->ev.addRead = add_reader;
    context->ev.delRead = remove_reader;
    context->ev.addWrite = add_writer;
    context->ev.delWrite = remove_writer;
    context->ev.cleanup = forget;
    return 0;
}

/* ---- a task waits for a reply ----------------------------------------- */

/*
 * A task that is cancelled leaves while hiredis still has its call.  So the call is
 * not on the stack, and whoever is the last to need it frees it.
 */
struct call {
    struct coil_future done;
    long long number;
    bool has_ended;    /* hiredis does not need it any more */
    bool is_abandoned; /* the task does not */
};

static void end_call(struct redis *redis, struct call *call,
                     const redisReply *reply, const char *error)
{
    if (reply && reply->type == REDIS_REPLY_INTEGER) {
        call->number = reply->integer;
        coil_future_set_result(&call->done, NULL);
        return;
    }
    fail(redis, reply && reply->str ? reply->str : error);
    coil_future_set_error(&call->done, -EIO);
}

/* `data` is a redisReply, which hiredis frees; NULL: the connection has ended. */
static void on_reply(redisAsyncContext *context, void *data, void *arg)
{
    struct call *call = arg;

    call->has_ended = true;
    if (call->is_abandoned)
        free(call);
    else
        end_call(context->data, call, data, context->errstr);
}

/* Returns 0; -ECANCELED: it may be incremented or not; or an error. */
COIL_SUSPENDS static int increment(struct redis *redis, const char *key,
                                   long long *number)
{
    struct call *call = calloc(1, sizeof *call);
    int rc;

    if (!call)
        return -ENOMEM;
    if (!redis->context || redisAsyncCommand(redis->context, on_reply, call,
                                             "INCR %s", key) != REDIS_OK) {
        free(call);
        return -ENOTCONN;
    }
    rc = coil_future_await(&call->done, NULL);
    if (rc == 0)
        *number = call->number;
    if (call->has_ended)
        free(call);
    else
        call->is_abandoned = true;
    return rc;
}

/* ---- the program ------------------------------------------------------ */

static struct redis redis;
static long long highest;

static int count(void *key)
{
    long long number = 0;
    int rc = 0;

    for (int i = 0; rc == 0 && i < TIMES; i++)
        rc = increment(&redis, key, &number);
    if (number > highest)
        highest = number;
    return rc;
}

static int start(void *arg)
{
    char **argv = arg;
    const char *host = argv[1] && argv[2] ? argv[1] : "127.0.0.1";
    int port = argv[1] && argv[2] ? atoi(argv[2]) : 6379;
    struct coil_task_group group;
    int rc = coil_task_group_begin(&group);

    if (rc < 0)
        return rc;
    rc = attach(&redis, argv[1] && !argv[2] ? redisAsyncConnectUnix(argv[1])
                                            : redisAsyncConnect(host, port));
    for (int i = 0; rc == 0 && i < TASKS; i++)
        rc = coil_task_group_create(&group, NULL, count, (char *)"coil:count");
    rc = coil_task_group_end(&group, rc);
    give_up(&redis);
    if (rc == 0)
        printf("%d tasks have counted to %lld\n", TASKS, highest);
    if (redis.failure[0])
        fprintf(stderr, "redis_async: %s\n", redis.failure);
    return redis.failure[0] ? 1 : rc;
}

int main(int argc, char **argv)
{
    (void)argc;
    signal(SIGPIPE, SIG_IGN); /* hiredis leaves that to the program */
    return coil_run_status(coil_run(start, argv));
}
