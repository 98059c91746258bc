/* SPDX-License-Identifier: MIT */
/* Commands in one piece: pipelines and transactions. */
#include <coil/redis.h>

#include "redis_fake.h"
#include "simulated.h"
#include "stream_test.h"

static struct redis_fake fake;
static struct coil_redis *redis;
static struct coil_redis_reply *reply;
static struct coil_redis_commands commands;

static void begin(void)
{
    redis_fake_start(&fake);
    ASSERT_EQ(coil_redis_open(&redis, fake.url, NULL), 0);
    commands = (struct coil_redis_commands)COIL_REDIS_COMMANDS_INIT;
}

static void finish(void)
{
    coil_redis_commands_fini(&commands);
    ASSERT_EQ(coil_redis_close(redis), 0);
    redis_fake_end(&fake);
}

/* ---- pipelines ---- */

SOCKET_TEST(redis_pipeline_is_answered_in_order)
{
    begin();
    for (int i = 0; i < 1000; i++)
        ASSERT_EQ(
            coil_redis_add(&commands, i == 7 ? "FAIL ERR" : "INCR %s", "k"), 0);
    ASSERT_EQ(coil_redis_pipeline(redis, &reply, 0, &commands), 0);
    ASSERT_EQ(reply->type, COIL_REDIS_ARRAY);
    ASSERT_EQ(reply->count, 1000);
    for (int i = 0; i < 1000; i++)
        ASSERT_EQ(reply->elements[i]->integer, i < 7 ? i + 1 : i == 7 ? 0 : i);
    ASSERT_EQ(reply->elements[7]->error, COIL_EREDIS);
    coil_redis_reply_free(reply);
    /* It may be sent once more. */
    ASSERT_EQ(coil_redis_pipeline(redis, NULL, 0, &commands), 0);
    ASSERT_EQ(fake.value, 2 * 999);
    finish();
}

SOCKET_TEST(redis_pipeline_keeps_an_error_of_adding)
{
    const char *const argv[] = { "ECHO", "a" };

    begin();
    ASSERT_EQ(coil_redis_pipeline(redis, &reply, 0, &commands), -EINVAL);
    ASSERT_EQ(coil_redis_add_argv(&commands, 2, argv, NULL), 0);
    ASSERT_EQ(coil_redis_pipeline(redis, &reply, 0, &commands), 0);
    ASSERT_STR_EQ(reply->elements[0]->text, "a");
    coil_redis_reply_free(reply);
    ASSERT_EQ(coil_redis_add(&commands, "BLPOP k 0"), -EPERM);
    ASSERT_EQ(coil_redis_add(&commands, "%y"), -EINVAL);
    ASSERT_EQ(coil_redis_pipeline(redis, &reply, 0, &commands), -EPERM);
    ASSERT_NULL(reply);
    ASSERT_EQ(coil_redis_transaction(redis, &reply, 0, &commands), -EPERM);
    ASSERT_NULL(reply);
    ASSERT_EQ(fake.commands, 1);
    finish();
}

SOCKET_TEST(redis_pipeline_that_is_cut)
{
    for (size_t n = 1; n <= 3; n++) {
        begin();
        for (int i = 0; i < 3; i++)
            ASSERT_EQ(coil_redis_add(&commands, "INCR k"), 0);
        fake.cut_after = n;
        ASSERT_EQ(coil_redis_pipeline(redis, &reply, 0, &commands),
                  COIL_EUNKNOWN);
        ASSERT_NULL(reply);
        ASSERT_EQ(fake.value, n);
        fake.cut_after = n;
        ASSERT_EQ(
            coil_redis_pipeline(redis, &reply, COIL_REDIS_AGAIN, &commands), 0);
        ASSERT_EQ(reply->count, 3);
        ASSERT_EQ(reply->elements[0]->integer, 2 * (long)n + 1);
        coil_redis_reply_free(reply);
        finish();
    }
}

/* ---- transactions ---- */

SOCKET_TEST(redis_transaction_gives_the_results)
{
    begin();
    ASSERT_EQ(coil_redis_add(&commands, "INCR k"), 0);
    ASSERT_EQ(coil_redis_add(&commands, "FAIL %s", "WRONGTYPE x"), 0);
    ASSERT_EQ(coil_redis_add(&commands, "INCR k"), 0);
    ASSERT_EQ(coil_redis_transaction(redis, &reply, 0, &commands), 0);
    ASSERT_EQ(reply->count, 3);
    ASSERT_EQ(reply->elements[0]->integer, 1);
    ASSERT_EQ(reply->elements[1]->error, COIL_EREDIS_WRONGTYPE);
    ASSERT_EQ(reply->elements[2]->integer, 2);
    coil_redis_reply_free(reply);
    finish();
}

SOCKET_TEST(redis_transaction_that_is_aborted)
{
    begin();
    ASSERT_EQ(coil_redis_add(&commands, "UNKNOWN"), 0);
    ASSERT_EQ(coil_redis_add(&commands, "ECHO x"), 0);
    ASSERT_EQ(coil_redis_transaction(redis, &reply, 0, &commands),
              COIL_EREDIS_ABORTED);
    ASSERT_STR_EQ(reply->text, "ERR unknown command");
    coil_redis_reply_free(reply);
    ASSERT_EQ(coil_redis_transaction(redis, NULL, 0, &commands),
              COIL_EREDIS_ABORTED);
    finish();
}

SOCKET_TEST(redis_transaction_that_is_refused_as_a_whole)
{
    begin();
    ASSERT_EQ(coil_redis_add(&commands, "INCR k"), 0);
    fake.raw = "-LOADING x\r\n";
    ASSERT_EQ(coil_redis_transaction(redis, &reply, 0, &commands),
              COIL_EREDIS_LOADING);
    coil_redis_reply_free(reply);
    fake.raw = "*-1\r\n";
    ASSERT_EQ(coil_redis_transaction(redis, &reply, 0, &commands),
              COIL_EREDIS_ABORTED);
    ASSERT_NULL(reply);
    fake.raw = "+OK\r\n";
    ASSERT_EQ(coil_redis_transaction(redis, &reply, 0, &commands),
              COIL_EREDIS_MALFORMED);
    ASSERT_NULL(reply);
    finish();
}

SOCKET_TEST(redis_transaction_that_is_cut_is_unknown)
{
    begin();
    ASSERT_EQ(coil_redis_add(&commands, "INCR k"), 0);
    for (size_t n = 1; n <= 3; n++) {
        fake.cut_after = n;
        ASSERT_EQ(coil_redis_transaction(redis, &reply, 0, &commands),
                  COIL_EUNKNOWN);
    }
    fake.cut_after = 3;
    ASSERT_EQ(
        coil_redis_transaction(redis, &reply, COIL_REDIS_AGAIN, &commands), 0);
    ASSERT_EQ(reply->count, 1);
    coil_redis_reply_free(reply);
    finish();
}

static int transact(void *arg)
{
    (void)arg;
    return coil_redis_transaction(redis, NULL, 0, &commands);
}

static int incr(void *arg)
{
    (void)arg;
    return coil_redis_command(redis, NULL, "INCR k");
}

/* Nobody's command comes between MULTI and EXEC. */
SOCKET_TEST(redis_transaction_is_one_piece)
{
    struct coil_task *tasks[20];

    begin();
    ASSERT_EQ(coil_redis_add(&commands, "INCR k"), 0);
    ASSERT_EQ(coil_redis_add(&commands, "INCR k"), 0);
    for (int i = 0; i < 20; i++)
        tasks[i] = start(i % 2 ? transact : incr, NULL);
    for (int i = 0; i < 20; i++)
        ASSERT_EQ(end_of(tasks[i]), 0);
    ASSERT_EQ(fake.value, 30);
    finish();
}

/* ---- scripts ---- */

static struct coil_redis_script script =
    COIL_REDIS_SCRIPT_INIT("return redis.call('INCR', KEYS[1]) -- %s");

static void begin_scripts(void)
{
    begin();
    memset(script.sha, 0, sizeof script.sha);
}

static void expect_number(long number)
{
    ASSERT_EQ(reply->integer, number);
    coil_redis_reply_free(reply);
}

SOCKET_TEST(redis_eval_sends_the_name_of_the_script)
{
    const char *const argv[] = { "1", "k" };

    begin_scripts();
    ASSERT_EQ(coil_redis_eval(redis, &reply, 0, &script, "1 %s", "k"), 0);
    expect_number(1);
    /* SCRIPT LOAD, EVALSHA */
    ASSERT_EQ(fake.commands, 2);
    ASSERT_EQ(coil_redis_eval_argv(redis, &reply, 0, &script, 2, argv, NULL),
              0);
    expect_number(2);
    ASSERT_EQ(fake.commands, 3);
    ASSERT_EQ(coil_redis_eval(redis, NULL, 0, &script, "1 k"), 0);
    ASSERT_EQ(coil_redis_eval(redis, &reply, 0, &script, "%y"), -EINVAL);
    ASSERT_NULL(reply);
    finish();
}

SOCKET_TEST(redis_eval_sends_the_source_where_it_is_not_known)
{
    begin_scripts();
    ASSERT_EQ(coil_redis_eval(redis, NULL, 0, &script, "1 k"), 0);
    fake.is_script_known = false;
    ASSERT_EQ(coil_redis_eval(redis, &reply, 0, &script, "1 k"), 0);
    expect_number(2);
    /* EVALSHA, EVAL */
    ASSERT_EQ(fake.commands, 4);
    ASSERT_EQ(coil_redis_eval(redis, &reply, 0, &script, "1 k"), 0);
    expect_number(3);
    ASSERT_EQ(fake.commands, 5);
    fake.is_script_known = false;
    fake.forgets_scripts = true;
    for (int i = 4; i < 7; i++) {
        ASSERT_EQ(coil_redis_eval(redis, &reply, 0, &script, "1 k"), 0);
        expect_number(i);
    }
    finish();
}

SOCKET_TEST(redis_eval_passes_errors_on)
{
    begin_scripts();
    fake.raw = "-ERR Error compiling script\r\n";
    ASSERT_EQ(coil_redis_eval(redis, &reply, 0, &script, "1 k"), COIL_EREDIS);
    ASSERT_STR_EQ(reply->text, "ERR Error compiling script");
    coil_redis_reply_free(reply);
    fake.raw = "+short\r\n";
    ASSERT_EQ(coil_redis_eval(redis, &reply, 0, &script, "1 k"),
              COIL_EREDIS_MALFORMED);
    ASSERT_NULL(reply);
    fake.raw = NULL;
    ASSERT_EQ(coil_redis_eval(redis, NULL, 0, &script, "1 k"), 0);
    fake.raw = "-READONLY x\r\n";
    ASSERT_EQ(coil_redis_eval(redis, NULL, 0, &script, "1 k"),
              COIL_EREDIS_READONLY);
    finish();
}

SOCKET_TEST(redis_eval_that_is_cut)
{
    begin_scripts();
    ASSERT_EQ(coil_redis_eval(redis, NULL, 0, &script, "1 k"), 0);
    fake.cut_after = 1;
    ASSERT_EQ(coil_redis_eval(redis, &reply, 0, &script, "1 k"), COIL_EUNKNOWN);
    fake.cut_after = 1;
    ASSERT_EQ(coil_redis_eval(redis, &reply, COIL_REDIS_AGAIN, &script, "1 k"),
              0);
    expect_number(4);
    finish();
}
