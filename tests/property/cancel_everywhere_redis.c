/* SPDX-License-Identifier: MIT */
/*
 * Every suspending function of the Redis client, cancelled in each state of its
 * wait.
 */
/* TIMEOUT: 60 */
#include <coil/redis.h>

#include "cancel_everywhere.h"
#include "redis_fake.h"

static struct redis_fake fake;
static struct coil_redis *redis;
static struct coil_redis *opened[4]; /* by calls */
static size_t opened_count;
static struct coil_redis_commands commands;
static struct coil_redis_script script = COIL_REDIS_SCRIPT_INIT("return 1");
static struct coil_redis_subscription *subscription;

/* ---- surroundings --------------------------------------------------------- */

static void start_fake(void)
{
    redis_fake_start(&fake);
    redis = NULL;
    subscription = NULL;
}

static void start_held(void)
{
    start_fake();
    fake.is_held = true;
}

static void open_client(void)
{
    start_fake();
    ASSERT_EQ(coil_redis_open(&redis, fake.url, NULL), 0);
}

static void hold(void)
{
    open_client();
    fake.is_held = true;
}

static void hold_commands(void)
{
    hold();
    ASSERT_EQ(coil_redis_add(&commands, "INCR k"), 0);
}

static void hold_script(void)
{
    open_client();
    ASSERT_EQ(coil_redis_eval(redis, NULL, 0, &script, "0"), 0);
    fake.is_held = true;
}

static void release(void)
{
    redis_fake_release(&fake);
}

static void finish(void)
{
    coil_redis_commands_fini(&commands);
    coil_redis_unsubscribe(subscription);
    if (redis)
        ASSERT_EQ(coil_redis_close(redis), 0);
    while (opened_count > 0)
        ASSERT_EQ(coil_redis_close(opened[--opened_count]), 0);
    redis_fake_end(&fake);
}

static void finish_closed(void)
{
    redis_fake_end(&fake);
}

/* ---- calls ---------------------------------------------------------------- */

static int use_open(void)
{
    struct coil_redis *own;
    int rc = coil_redis_open(&own, fake.url, NULL);

    if (rc == 0)
        opened[opened_count++] = own;
    else
        ASSERT_NULL(own);
    return rc;
}

static int use_close(void)
{
    return coil_redis_close(redis);
}

static int use_command(void)
{
    return coil_redis_command(redis, NULL, "INCR k");
}

static int use_again(void)
{
    return coil_redis_command_again(redis, NULL, "INCR k");
}

static int call_vcommand(const char *format, ...)
{
    va_list ap;
    int rc;

    va_start(ap, format);
    rc = coil_redis_vcommand(redis, NULL, COIL_REDIS_ONCE, format, ap);
    va_end(ap);
    return rc;
}

static int use_vcommand(void)
{
    return call_vcommand("INCR %s", "k");
}

static const char *const incr[] = { "INCR", "k" };

static int use_argv(void)
{
    return coil_redis_command_argv(redis, NULL, COIL_REDIS_ONCE, 2, incr, NULL);
}

static int use_pipeline(void)
{
    return coil_redis_pipeline(redis, NULL, COIL_REDIS_ONCE, &commands);
}

static int use_transaction(void)
{
    return coil_redis_transaction(redis, NULL, COIL_REDIS_ONCE, &commands);
}

static int use_eval(void)
{
    return coil_redis_eval(redis, NULL, COIL_REDIS_ONCE, &script, "0");
}

static int use_eval_argv(void)
{
    static const char *const none[] = { "0" };

    return coil_redis_eval_argv(redis, NULL, COIL_REDIS_ONCE, &script, 1, none,
                                NULL);
}

static int use_block(void)
{
    return coil_redis_block(redis, NULL, "BLPOP list 0");
}

static void push(void)
{
    ASSERT_EQ(coil_redis_command(redis, NULL, "PUSH"), 0);
}

static const struct coil_redis_topics topics = {
    .channels = (const char *const[]){ "news", NULL },
};

static int use_subscribe(void)
{
    struct coil_redis_subscription *own;
    int rc = coil_redis_subscribe(&own, redis, &topics);

    coil_redis_unsubscribe(own);
    return rc;
}

static void subscribe(void)
{
    open_client();
    ASSERT_EQ(coil_redis_subscribe(&subscription, redis, &topics), 0);
}

static int use_next(void)
{
    struct coil_redis_message message;
    int rc = coil_redis_subscription_next(subscription, &message);

    coil_redis_reply_free(message.reply);
    return rc;
}

static void publish(void)
{
    ASSERT_EQ(coil_redis_command(redis, NULL, "PUBLISH news text"), 0);
}

/* ---- the table ------------------------------------------------------------ */

#define SENT .ready = release, .finish = finish, .flags = SETTLES | SENDS

static const struct everywhere table[] = {
    CASE(coil_redis_open, .prepare = start_held, .call = use_open,
         .ready = release, .finish = finish, .turns = 20, .flags = SETTLES),
    CASE(coil_redis_close, .prepare = open_client, .call = use_close,
         .finish = finish_closed, .turns = 10,
         .flags = ENDS | WAITS_FIRST | BRIEF),
    CASE(coil_redis_command, .prepare = hold, .call = use_command, SENT),
    CASE(coil_redis_command_again, .prepare = hold, .call = use_again, SENT),
    CASE(coil_redis_vcommand, .prepare = hold, .call = use_vcommand, SENT),
    CASE(coil_redis_command_argv, .prepare = hold, .call = use_argv, SENT),
    CASE(coil_redis_pipeline, .prepare = hold_commands, .call = use_pipeline,
         SENT),
    CASE(coil_redis_transaction, .prepare = hold_commands,
         .call = use_transaction, SENT),
    CASE(coil_redis_eval, .prepare = hold_script, .call = use_eval, SENT),
    CASE(coil_redis_eval_argv, .prepare = hold_script, .call = use_eval_argv,
         SENT),
    /* The server gives the next item to who has left. */
    CASE(coil_redis_block, .prepare = open_client, .call = use_block,
         .ready = push, .finish = finish, .flags = SETTLES | SENDS | PASSES_ON),
    CASE(coil_redis_subscribe, .prepare = hold, .call = use_subscribe,
         .ready = release, .finish = finish, .flags = SETTLES),
    CASE(coil_redis_subscription_next, .prepare = subscribe, .call = use_next,
         .ready = publish, .finish = finish, .flags = SETTLES),
};

EVERYWHERE_TEST(cancel_everywhere_redis_parked, table, cancel_parked)
EVERYWHERE_TEST(cancel_everywhere_redis_granted, table, cancel_granted)
EVERYWHERE_TEST(cancel_everywhere_redis_on_entry, table, cancel_on_entry)
EVERYWHERE_TEST(cancel_everywhere_redis_on_entry_when_ready, table,
                cancel_on_entry_when_ready)
