/* SPDX-License-Identifier: MIT */
/*
 * redis.c - programs of a Redis client: scenario.h
 *
 * A command of a victim that is cancelled was not sent, or is unknown; what is
 * unknown is told of once more.
 */
#include <coil/redis.h>

#include "redis_fake.h"
#include "scenario.h"

static struct redis_fake fake;
static struct coil_redis *redis;
static long done; /* commands that have returned 0 */

static int begin_server(void)
{
    redis = NULL;
    done = 0;
    return redis_fake_try_start(&fake);
}

static int begin_client(void)
{
    const struct coil_redis_options options = { .lazy = true };
    int rc = begin_server();

    return rc < 0 ? rc : coil_redis_open(&redis, fake.url, &options);
}

/* The connection breaks when a second command was carried out. */
static int begin_cut(void)
{
    int rc = begin_client();

    fake.cut_after = 2;
    return rc;
}

static void end_client(void)
{
    if (redis)
        ASSERT_EQ(coil_redis_close(redis), 0);
    redis_fake_end(&fake);
}

/* What is unknown because of a cancellation is followed by that. */
static int known(int rc)
{
    int told;

    done += rc == 0;
    if (rc != COIL_EUNKNOWN)
        return rc;
    told = coil_checkpoint();
    if (!is_failing && fake.cut_after == 0 && fake.cut_before == 0)
        ASSERT_EQ(told, -ECANCELED);
    return told < 0 ? told : rc;
}

/* ---- victims ---- */

static int open_and_close(void *arg)
{
    struct coil_redis *own;
    int rc = coil_redis_open(&own, fake.url, NULL);
    int closed;

    (void)arg;
    if (rc < 0)
        return rc;
    rc = known(coil_redis_command(own, NULL, "INCR k"));
    closed = coil_redis_close(own);
    return rc < 0 ? rc : closed;
}

static int send_commands(void *arg)
{
    int rc = 0;

    (void)arg;
    for (int i = 0; rc == 0 && i < 3; i++)
        rc = known(coil_redis_command(redis, NULL, "INCR k"));
    return rc;
}

static int send_again(void *arg)
{
    int rc = 0;

    (void)arg;
    for (int i = 0; rc == 0 && i < 3; i++)
        rc = known(coil_redis_command_again(redis, NULL, "INCR k"));
    return rc;
}

static int send_many(void *arg)
{
    struct coil_redis_commands commands = COIL_REDIS_COMMANDS_INIT;
    struct coil_redis_reply *reply;
    int rc = coil_redis_add(&commands, "INCR k");

    (void)arg;
    if (rc == 0)
        rc = coil_redis_add(&commands, "INCR k");
    if (rc == 0)
        rc = known(coil_redis_pipeline(redis, &reply, 0, &commands));
    if (rc == 0) {
        ASSERT_EQ(reply->count, 2);
        coil_redis_reply_free(reply);
        rc = known(coil_redis_transaction(redis, &reply, 0, &commands));
    }
    if (rc == 0) {
        ASSERT_EQ(reply->count, 2);
        coil_redis_reply_free(reply);
    }
    coil_redis_commands_fini(&commands);
    return rc;
}

static int send_script(void *arg)
{
    struct coil_redis_script script = COIL_REDIS_SCRIPT_INIT("return 1");
    int rc = known(coil_redis_eval(redis, NULL, 0, &script, "1 %s", "k"));

    (void)arg;
    fake.is_script_known = false;
    return rc < 0
               ? rc
               : known(coil_redis_eval(redis, NULL, 0, &script, "1 %s", "k"));
}

static int push_later(void *arg)
{
    int rc = coil_sleep(10 * COIL_MILLISECOND);

    (void)arg;
    return rc < 0 ? rc : coil_redis_command_again(redis, NULL, "PUSH");
}

static int begin_block(void)
{
    int rc = begin_client();

    return rc < 0 ? rc : help(push_later, NULL);
}

static int pop(void *arg)
{
    (void)arg;
    return known(coil_redis_block(redis, NULL, "BLPOP list 0"));
}

static const char *const channels[] = { "news", "sport", NULL };

static int listen_to_news(void *arg)
{
    struct coil_redis_subscription *subscription;
    struct coil_redis_message message;
    int rc = coil_redis_subscribe(
        &subscription, redis,
        &(struct coil_redis_topics){ .channels = channels });

    (void)arg;
    if (rc < 0)
        return rc;
    rc = known(coil_redis_command(redis, NULL, "PUBLISH news text"));
    if (rc == 0)
        rc = coil_redis_subscription_next(subscription, &message);
    if (rc == 0) {
        ASSERT_STR_EQ(message.text, "text");
        coil_redis_reply_free(message.reply);
    }
    coil_redis_unsubscribe(subscription);
    return rc;
}

/* ---- probes ---- */

static void probe_client(void)
{
    struct coil_redis_reply *reply;
    long before;

    fake.cut_after = 0;
    ASSERT_EQ(coil_test_settle(), 0);
    before = fake.value;
    if (!is_failing)
        ASSERT_GE(fake.commands, (size_t)done);
    ASSERT_EQ(coil_redis_command_again(redis, &reply, "INCR k"), 0);
    ASSERT_EQ(reply->integer, before + 1);
    coil_redis_reply_free(reply);
    ASSERT_EQ(coil_redis_command_again(redis, &reply, "ECHO mine"), 0);
    ASSERT_STR_EQ(reply->text, "mine");
    coil_redis_reply_free(reply);
}

static void probe_server_alone(void)
{
    ASSERT_EQ(coil_test_settle(), 0);
    ASSERT_EQ(fake.open, 0);
    ASSERT_EQ(open_and_close(NULL), 0);
}

static void probe_block(void)
{
    expect_helpers();
    probe_client();
    fake.items = 2;
    coil_event_set(&fake.pushed);
    ASSERT_EQ(coil_redis_block(redis, NULL, "BLPOP list 0"), 0);
}

const struct scenario scenarios_redis[] = {
    { "redis_open", begin_server, open_and_close, probe_server_alone,
      end_client },
    { "redis_command", begin_client, send_commands, probe_client, end_client },
    { "redis_command_again", begin_cut, send_again, probe_client, end_client },
    { "redis_pipeline", begin_client, send_many, probe_client, end_client },
    { "redis_script", begin_client, send_script, probe_client, end_client },
    { "redis_block", begin_block, pop, probe_block, end_client },
    { "redis_subscribe", begin_client, listen_to_news, probe_client,
      end_client },
    { NULL },
};
