/* SPDX-License-Identifier: MIT */
/*
 * redis.c - ten tasks count in Redis, by the library hiredis
 *
 *     redis [SOCKET | HOST PORT]      127.0.0.1 6379, if nothing else is said
 *
 * hiredis has a descriptor and can do without blocking, and that is all it takes:
 * where hiredis would wait, a task calls coil_wait_fd().  Other libraries that
 * bring a descriptor are used so, too.  Each task has a connection of its own.
 */
#include <hiredis/hiredis.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include <coil.h>

enum { TASKS = 10, TIMES = 1000 };

static char **args;
static long long highest;
static char failure[128]; /* the first one, in words */

static void fail(const char *why)
{
    if (!failure[0])
        snprintf(failure, sizeof failure, "%s", why);
}

static int send_all(redisContext *c)
{
    int rc = 0;
    int is_sent = 0;

    while (rc >= 0 && !is_sent) {
        if (redisBufferWrite(c, &is_sent) != REDIS_OK)
            return -EIO;
        if (!is_sent)
            rc = coil_wait_fd(c->fd, COIL_WRITABLE);
    }
    return rc;
}

static int receive(redisContext *c, redisReply **reply)
{
    void *got = NULL;
    int rc = 0;

    while (rc >= 0 && !got) {
        if (redisGetReplyFromReader(c, &got) != REDIS_OK)
            return -EIO;
        if (got)
            break;
        rc = coil_wait_fd(c->fd, COIL_READABLE);
        if (rc >= 0 && redisBufferRead(c) != REDIS_OK)
            return -EIO;
    }
    *reply = got;
    return rc;
}

/* After an error, -ECANCELED included, a reply may be under way: free `c`. */
static int increment(redisContext *c, const char *key)
{
    redisReply *reply = NULL;
    int rc = 0;

    if (redisAppendCommand(c, "INCR %s", key) != REDIS_OK)
        return -EIO;
    rc = send_all(c);
    if (rc >= 0)
        rc = receive(c, &reply);
    if (rc < 0)
        return rc;
    if (reply->type != REDIS_REPLY_INTEGER) {
        fail(reply->str ? reply->str : "what came is no number");
        rc = -EPROTO;
    } else if (reply->integer > highest) {
        highest = reply->integer;
    }
    freeReplyObject(reply);
    return rc;
}

static redisContext *begin_to_connect(void)
{
    if (!args[1])
        return redisConnectNonBlock("127.0.0.1", 6379);
    if (!args[2])
        return redisConnectUnixNonBlock(args[1]);
    return redisConnectNonBlock(args[1], atoi(args[2]));
}

static int count(void *key)
{
    redisContext *c = begin_to_connect();
    int rc = c ? 0 : -ENOMEM;

    if (c && c->err)
        rc = -EIO;
    for (int i = 0; rc >= 0 && i < TIMES; i++)
        rc = increment(c, key);
    if (c && c->err)
        fail(c->errstr);
    redisFree(c);
    return rc < 0 ? rc : 0;
}

static int start(void *arg)
{
    struct coil_task_group group;
    int rc = coil_task_group_begin(&group);

    if (rc < 0)
        return rc;
    args = arg;
    for (int i = 0; rc == 0 && i < TASKS; i++)
        rc = coil_task_group_create(&group, NULL, count, (char *)"coil:count");
    rc = coil_task_group_end(&group, rc);
    if (rc == 0)
        printf("%d tasks have counted to %lld\n", TASKS, highest);
    if (failure[0])
        fprintf(stderr, "redis: %s\n", failure);
    return failure[0] ? 1 : rc;
}

int main(int argc, char **argv)
{
    (void)argc;
    signal(SIGPIPE, SIG_IGN); /* hiredis leaves that to the program */
    return coil_run_status(coil_run(start, argv));
}
