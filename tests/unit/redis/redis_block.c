/* SPDX-License-Identifier: MIT */
/* Commands that wait in the server, on connections of their own. */
#include <coil/redis.h>

#include "redis_fake.h"
#include "simulated.h"
#include "stream_test.h"

static struct redis_fake fake;
static struct coil_redis *redis;

static void begin(void)
{
    redis_fake_start(&fake);
    ASSERT_EQ(coil_redis_open(&redis, fake.url, NULL), 0);
}

static void finish(void)
{
    ASSERT_EQ(coil_redis_close(redis), 0);
    redis_fake_end(&fake);
}

static int pop(void *arg)
{
    struct coil_redis_reply *reply;
    int rc = coil_redis_block(redis, &reply, "BLPOP list %d", 0);

    (void)arg;
    if (rc == 0)
        ASSERT(coil_redis_reply_is(reply->elements[1], "item"));
    else
        ASSERT_NULL(reply);
    coil_redis_reply_free(reply);
    return rc;
}

static void push(void)
{
    ASSERT_EQ(coil_redis_command(redis, NULL, "PUSH"), 0);
}

static void await_commands(size_t n)
{
    while (fake.commands < n)
        ASSERT_EQ(coil_sleep(COIL_MILLISECOND), 0);
}

SOCKET_TEST(redis_block_waits_while_others_go_on)
{
    struct coil_task *task;

    begin();
    task = start(pop, NULL);
    await_commands(1);
    for (int i = 0; i < 3; i++)
        ASSERT_EQ(coil_redis_command(redis, NULL, "INCR k"), 0);
    ASSERT(!coil_task_is_done(task));
    push();
    ASSERT_EQ(end_of(task), 0);
    ASSERT_EQ(fake.connections, 2);
    finish();
}

SOCKET_TEST(redis_block_keeps_connections)
{
    struct coil_task *tasks[6];

    begin();
    for (int i = 0; i < 3; i++) {
        push();
        ASSERT_EQ(pop(NULL), 0);
    }
    ASSERT_EQ(fake.connections, 2);
    for (int i = 0; i < 6; i++)
        tasks[i] = start(pop, NULL);
    await_commands(12);
    ASSERT_EQ(fake.connections, 7);
    for (int i = 0; i < 6; i++)
        push();
    for (int i = 0; i < 6; i++)
        ASSERT_EQ(end_of(tasks[i]), 0);
    while (fake.open > 1 + 4)
        ASSERT_EQ(coil_sleep(COIL_MILLISECOND), 0);
    ASSERT_EQ(coil_sleep(COIL_MILLISECOND), 0);
    ASSERT_EQ(fake.open, 5);
    finish();
}

SOCKET_TEST(redis_block_does_without_a_connection_that_has_died)
{
    begin();
    push();
    ASSERT_EQ(pop(NULL), 0);
    redis_fake_stop(&fake);
    while (coil_redis_is_connected(redis))
        ASSERT_EQ(coil_sleep(COIL_MILLISECOND), 0);
    redis_fake_restart(&fake);
    push();
    ASSERT_EQ(pop(NULL), 0);
    finish();
}

SOCKET_TEST(redis_block_refuses_what_changes_the_connection)
{
    struct coil_redis_reply *reply;

    begin();
    ASSERT_EQ(coil_redis_block(redis, &reply, "SUBSCRIBE c"), -EPERM);
    ASSERT_EQ(coil_redis_block(redis, &reply, "SELECT 1"), -EPERM);
    ASSERT_EQ(coil_redis_block(redis, &reply, ""), -EINVAL);
    ASSERT_NULL(reply);
    ASSERT_EQ(fake.connections, 1);
    ASSERT_EQ(coil_redis_block(redis, &reply, "FAIL %s", "WRONGTYPE"),
              COIL_EREDIS_WRONGTYPE);
    coil_redis_reply_free(reply);
    finish();
}

static int pop_and_yield(void *arg)
{
    ASSERT_EQ(pop(arg), COIL_EUNKNOWN);
    ASSERT_EQ(coil_yield(), -ECANCELED);
    return 0;
}

SOCKET_TEST(redis_block_that_is_cancelled_is_unknown)
{
    struct coil_task *task;

    begin();
    task = start(pop_and_yield, NULL);
    await_commands(1);
    cancel(task);
    ASSERT_EQ(end_of(task), 0);
    /* The server has not noticed, and gives the first one to who has left. */
    push();
    push();
    ASSERT_EQ(pop(NULL), 0);
    ASSERT_EQ(fake.connections, 3);
    finish();
}

SOCKET_TEST(redis_block_that_is_cancelled_before_it_is_sent)
{
    struct coil_task *task;

    begin();
    fake.is_silent = true;
    task = start(pop, NULL);
    while (fake.connections < 2)
        ASSERT_EQ(coil_sleep(COIL_MILLISECOND), 0);
    ASSERT_EQ(end_by_cancelling(task), -ECANCELED);
    ASSERT_EQ(fake.commands, 0);
    finish();
}

SOCKET_TEST(redis_block_that_is_cut_is_unknown)
{
    begin();
    fake.cut_before = 1;
    ASSERT_EQ(pop(NULL), COIL_EUNKNOWN);
    redis_fake_stop(&fake);
    ASSERT_EQ(pop(NULL), -ECONNREFUSED);
    ASSERT_EQ(coil_redis_close(redis), 0);
}

SOCKET_TEST(redis_block_ends_when_the_client_is_closed)
{
    struct coil_task *task;

    begin();
    task = start(pop, NULL);
    await_commands(1);
    ASSERT_EQ(coil_redis_close(redis), 0);
    ASSERT_EQ(end_of(task), COIL_EUNKNOWN);
    redis_fake_end(&fake);
}

/* While it connects, it has sent nothing. */
SOCKET_TEST(redis_block_that_connects_when_the_client_is_closed)
{
    struct coil_task *task;

    begin();
    fake.is_held = true;
    task = start(pop, NULL);
    while (fake.connections < 2)
        ASSERT_EQ(coil_sleep(COIL_MILLISECOND), 0);
    ASSERT_EQ(coil_redis_close(redis), 0);
    redis_fake_release(&fake);
    ASSERT_EQ(end_of(task), -EPIPE);
    ASSERT_EQ(fake.commands, 0);
    redis_fake_end(&fake);
}
