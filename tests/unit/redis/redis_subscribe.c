/* SPDX-License-Identifier: MIT */
/* Publish/subscribe: messages, and connections that break. */
#include <coil/redis.h>

#include "redis_fake.h"
#include "simulated.h"
#include "stream_test.h"

static struct redis_fake fake;
static struct coil_redis *redis;
static struct coil_redis_subscription *subscription;
static struct coil_redis_message message;

static const char *const one[] = { "news", NULL };
static const char *const two[] = { "news", "sport", NULL };
static const char *const patterns[] = { "n*", NULL };

static void begin_with(const struct coil_redis_options *options,
                       const struct coil_redis_topics *topics)
{
    redis_fake_start(&fake);
    ASSERT_EQ(coil_redis_open(&redis, fake.url, options), 0);
    ASSERT_EQ(coil_redis_subscribe(&subscription, redis, topics), 0);
}

static void begin(void)
{
    begin_with(NULL, &(struct coil_redis_topics){ .channels = one });
}

static void finish(void)
{
    coil_redis_unsubscribe(subscription);
    ASSERT_EQ(coil_redis_close(redis), 0);
    redis_fake_end(&fake);
}

static void publish(const char *text)
{
    ASSERT_EQ(coil_redis_command(redis, NULL, "PUBLISH news %s", text), 0);
}

static void expect_message(const char *text)
{
    ASSERT_EQ(coil_redis_subscription_next(subscription, &message), 0);
    ASSERT_STR_EQ(message.channel, "news");
    ASSERT_NULL(message.pattern);
    ASSERT_STR_EQ(message.text, text);
    ASSERT_EQ(message.size, strlen(text));
    coil_redis_reply_free(message.reply);
}

SOCKET_TEST(redis_subscribe_gets_messages)
{
    begin();
    publish("a");
    publish("b");
    expect_message("a");
    publish("c");
    expect_message("b");
    expect_message("c");
    finish();
}

static int await_message(void *arg)
{
    int rc = coil_redis_subscription_next(subscription, &message);

    (void)arg;
    if (rc == 0)
        coil_redis_reply_free(message.reply);
    else
        ASSERT_NULL(message.reply);
    return rc;
}

SOCKET_TEST(redis_subscribe_loses_nothing_when_it_is_cancelled)
{
    struct coil_task *task;

    begin();
    fake.is_slow = true;
    task = start(await_message, NULL);
    for (int i = 0; i < 10; i++)
        ASSERT_EQ(coil_sleep(COIL_MILLISECOND), 0);
    ASSERT_EQ(coil_redis_subscription_next(subscription, &message), -EBUSY);
    ASSERT_EQ(end_by_cancelling(task), -ECANCELED);
    publish("a");
    expect_message("a");
    finish();
}

SOCKET_TEST(redis_subscribe_to_several)
{
    begin_with(NULL, &(struct coil_redis_topics){ .channels = two,
                                                  .patterns = patterns });
    publish("a");
    expect_message("a");
    finish();
}

SOCKET_TEST(redis_subscribe_to_nothing)
{
    static const char *const none[] = { NULL };

    redis_fake_start(&fake);
    ASSERT_EQ(coil_redis_open(&redis, fake.url, NULL), 0);
    ASSERT_EQ(
        coil_redis_subscribe(&subscription, redis,
                             &(struct coil_redis_topics){ .channels = none }),
        -EINVAL);
    ASSERT_NULL(subscription);
    fake.raw = "-NOPERM no channels\r\n";
    ASSERT_EQ(
        coil_redis_subscribe(&subscription, redis,
                             &(struct coil_redis_topics){ .channels = one }),
        COIL_EREDIS_NOPERM);
    ASSERT_NULL(subscription);
    finish();
}

/* A message of one channel may come before another one is confirmed. */
SOCKET_TEST(redis_subscribe_keeps_early_messages)
{
    redis_fake_start(&fake);
    ASSERT_EQ(coil_redis_open(&redis, fake.url, NULL), 0);
    fake.raw = "*3\r\n$9\r\nsubscribe\r\n$4\r\nnews\r\n:1\r\n"
               "*3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$1\r\na\r\n"
               "*4\r\n$8\r\npmessage\r\n$2\r\nn*\r\n$4\r\nnews\r\n$1\r\na\r\n"
               "*3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n:1\r\n"
               "*2\r\n$4\r\npong\r\n$0\r\n\r\n"
               "*3\r\n$9\r\nsubscribe\r\n$5\r\nsport\r\n:2\r\n"
               "*3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$1\r\nb\r\n";
    ASSERT_EQ(
        coil_redis_subscribe(&subscription, redis,
                             &(struct coil_redis_topics){ .channels = two }),
        0);
    expect_message("a");
    ASSERT_EQ(coil_redis_subscription_next(subscription, &message), 0);
    ASSERT_STR_EQ(message.pattern, "n*");
    ASSERT_STR_EQ(message.channel, "news");
    ASSERT_STR_EQ(message.text, "a");
    coil_redis_reply_free(message.reply);
    expect_message("b");
    finish();
    redis_fake_start(&fake);
    ASSERT_EQ(coil_redis_open(&redis, fake.url, NULL), 0);
    fake.raw = "*3\r\n$9\r\nsubscribe\r\n$4\r\nnews\r\n:1\r\n"
               "*3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$1\r\na\r\n"
               "*3\r\n$9\r\nsubscribe\r\n$5\r\nsport\r\n:2\r\n";
    ASSERT_EQ(
        coil_redis_subscribe(&subscription, redis,
                             &(struct coil_redis_topics){ .channels = two }),
        0);
    finish();
}

SOCKET_TEST(redis_subscribe_says_that_the_connection_broke)
{
    int rc;

    begin();
    redis_fake_stop(&fake);
    rc = coil_redis_subscription_next(subscription, &message);
    ASSERT(rc == -EPIPE || rc == -ECONNRESET);
    ASSERT_EQ(coil_redis_subscription_next(subscription, &message),
              -ECONNREFUSED);
    while (coil_redis_is_connected(redis))
        ASSERT_EQ(coil_sleep(COIL_MILLISECOND), 0);
    redis_fake_restart(&fake);
    {
        struct coil_task *task = start(await_message, NULL);

        while (!fake.subscribers[0])
            ASSERT_EQ(coil_sleep(COIL_MILLISECOND), 0);
        publish("a");
        ASSERT_EQ(end_of(task), 0);
    }
    finish();
}

/* The connection is asked by PING, and lives as long as it answers. */
CORE_TEST(redis_subscribe_finds_out_that_the_server_is_gone)
{
    const struct coil_redis_options options = { .silence = COIL_SECOND };
    struct coil_task *task;

    begin_with(&options, &(struct coil_redis_topics){ .channels = one });
    task = start(await_message, NULL);
    ASSERT_EQ(coil_sleep(COIL_MINUTE), 0);
    ASSERT(!coil_task_is_done(task));
    fake.is_silent = true;
    ASSERT_EQ(coil_sleep(3 * COIL_SECOND), 0);
    ASSERT_EQ(end_of(task), -ETIMEDOUT);
    finish();
}

SOCKET_TEST(redis_subscribe_outlives_the_client)
{
    struct coil_redis *other;

    begin();
    ASSERT_EQ(coil_redis_open(&other, fake.url, NULL), 0);
    ASSERT_EQ(coil_redis_close(redis), 0);
    redis = other;
    publish("a");
    expect_message("a");
    finish();
    coil_redis_unsubscribe(NULL);
}

static int subscribe(void *arg)
{
    (void)arg;
    return coil_redis_subscribe(&subscription, redis,
                                &(struct coil_redis_topics){ .channels = one });
}

SOCKET_TEST(redis_subscribe_is_cancelled)
{
    struct coil_task *task;

    redis_fake_start(&fake);
    ASSERT_EQ(coil_redis_open(&redis, fake.url, NULL), 0);
    fake.is_silent = true;
    task = start(subscribe, NULL);
    while (fake.connections < 2)
        ASSERT_EQ(coil_sleep(COIL_MILLISECOND), 0);
    ASSERT_EQ(end_by_cancelling(task), -ECANCELED);
    ASSERT_NULL(subscription);
    finish();
}
