/* SPDX-License-Identifier: MIT */
/* What a cancellation says of a command: it did not happen, or nobody knows. */
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

static int incr(void *arg)
{
    struct coil_redis_reply *reply;
    int rc = coil_redis_command(redis, &reply, "INCR k");

    if (rc < 0)
        ASSERT_NULL(reply);
    else
        *(long *)arg = (long)reply->integer;
    coil_redis_reply_free(reply);
    return rc;
}

/* What it returned, and what the next suspending call did. */
struct outcome {
    int rc;
    int after;
};

static int incr_and_yield(void *arg)
{
    struct outcome *outcome = arg;
    long value;

    outcome->rc = incr(&value);
    outcome->after = coil_yield();
    return 0;
}

static void settle_down(void)
{
    for (int i = 0; i < 50; i++)
        ASSERT_EQ(coil_sleep(COIL_MILLISECOND), 0);
}

CORE_TEST(redis_cancel_of_what_is_queued_sends_nothing)
{
    struct outcome outcome;
    struct coil_task *task;

    begin();
    task = start_waiting(incr_and_yield, &outcome);
    cancel(task);
    ASSERT_EQ(end_of(task), 0);
    ASSERT_EQ(outcome.rc, -ECANCELED);
    ASSERT_EQ(outcome.after, 0);
    settle_down();
    ASSERT_EQ(fake.commands, 0);
    finish();
}

CORE_TEST(redis_cancel_of_one_command_leaves_the_others)
{
    static struct coil_task *tasks[5];
    static long values[5];

    begin();
    for (int i = 0; i < 5; i++)
        tasks[i] = start(incr, &values[i]);
    turn();
    cancel(tasks[0]);
    cancel(tasks[2]);
    cancel(tasks[4]);
    for (int i = 0; i < 5; i++)
        ASSERT_EQ(end_of(tasks[i]), i % 2 ? 0 : -ECANCELED);
    ASSERT_EQ(values[1], 1);
    ASSERT_EQ(values[3], 2);
    ASSERT_EQ(fake.value, 2);
    finish();
}

SOCKET_TEST(redis_cancel_of_what_was_sent_is_unknown)
{
    struct outcome outcome;
    struct coil_task *task;

    begin();
    fake.is_silent = true;
    task = start(incr_and_yield, &outcome);
    while (fake.commands == 0)
        ASSERT_EQ(coil_sleep(COIL_MILLISECOND), 0);
    cancel(task);
    ASSERT_EQ(end_of(task), 0);
    ASSERT_EQ(outcome.rc, COIL_EUNKNOWN);
    /* The request is still to be told. */
    ASSERT_EQ(outcome.after, -ECANCELED);
    finish();
}

/* The server answers late: its reply is dropped, and the next is for the next. */
SOCKET_TEST(redis_cancel_drops_the_reply)
{
    struct coil_task *task;
    struct coil_redis_reply *reply;
    long value;

    begin();
    fake.is_slow = true;
    task = start(incr, &value);
    while (fake.commands == 0)
        ASSERT_EQ(coil_yield(), 0);
    cancel(task);
    ASSERT_EQ(end_of(task), COIL_EUNKNOWN);
    fake.is_slow = false;
    ASSERT_EQ(coil_redis_command(redis, &reply, "ECHO mine"), 0);
    ASSERT_STR_EQ(reply->text, "mine");
    coil_redis_reply_free(reply);
    ASSERT_EQ(coil_redis_connections(redis), 1);
    finish();
}

CORE_TEST(redis_cancel_by_a_timeout_is_unknown)
{
    struct coil_timeout limit;
    long value;
    int rc;

    begin();
    fake.is_silent = true;
    ASSERT_EQ(coil_timeout_begin(&limit, 100 * COIL_MILLISECOND), 0);
    rc = incr(&value);
    ASSERT_EQ(coil_timeout_end(&limit, rc), COIL_EUNKNOWN);
    ASSERT(coil_timeout_expired(&limit));
    ASSERT_EQ(coil_yield(), 0);
    ASSERT_EQ(fake.commands, 1);
    finish();
}

SOCKET_TEST(redis_cancel_by_a_timeout_before_it_is_sent)
{
    struct coil_timeout limit;
    long value;

    begin();
    redis_fake_stop(&fake);
    while (coil_redis_is_connected(redis))
        ASSERT_EQ(coil_sleep(COIL_MILLISECOND), 0);
    ASSERT_EQ(coil_timeout_begin(&limit, 200 * COIL_MILLISECOND), 0);
    ASSERT_EQ(coil_timeout_end(&limit, incr(&value)), -ETIMEDOUT);
    ASSERT_EQ(coil_redis_close(redis), 0);
}

static int incr_cancelled(void *arg)
{
    (void)arg;
    cancel_self();
    return coil_redis_command(redis, NULL, "INCR k");
}

SOCKET_TEST(redis_cancel_on_entry_sends_nothing)
{
    begin();
    ASSERT_EQ(end_of(start(incr_cancelled, NULL)), -ECANCELED);
    settle_down();
    ASSERT_EQ(fake.commands, 0);
    finish();
}
