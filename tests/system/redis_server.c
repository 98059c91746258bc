/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 60 */
/*
 * The client with a Redis of the test's own, on a Unix socket in a folder of the
 * test's own.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <coil.h>
#include <coil/redis.h>

#include "actors.h"
#include "folder.h"
#include "program.h"
#include "test.h"

static struct program server;
static char folder[] = "/tmp/coil-redis-XXXXXX";
static char path[64];
static char url[96];
static struct coil_redis *redis;
static struct coil_redis_reply *reply;

static void start_server(const char *password)
{
    const char *argv[] = { "redis-server",  "--port", "0",
                           "--unixsocket",  path,     "--dir",
                           folder,          "--save", "",
                           "--requirepass", password, NULL };

    program_start(&server, argv, NULL);
    ASSERT_NOT_NULL(program_await(&server, "eady to accept connections"));
}

static void make_server(const char *password)
{
    if (system("command -v redis-server >/dev/null") != 0)
        SKIP("redis-server is not installed");
    ASSERT_NOT_NULL(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/socket", folder);
    snprintf(url, sizeof url, "unix://%s?db=2", path);
    start_server(password);
}

static void remove_server(void)
{
    ASSERT_EQ(program_stop(&server), 0);
    remove_folder(folder);
}

static void run(coil_fn fn)
{
    ASSERT_EQ(coil_run(fn, NULL), 0);
}

static void open_client(void)
{
    const struct coil_redis_options options = { .name = "coil" };

    ASSERT_EQ(coil_redis_open(&redis, url, &options), 0);
}

static void expect_integer(int64_t value)
{
    ASSERT_EQ(reply->type, COIL_REDIS_INTEGER);
    ASSERT_EQ(reply->integer, value);
    coil_redis_reply_free(reply);
}

/* ---- commands ---- */

static int use_commands(void *arg)
{
    struct coil_redis_commands commands = COIL_REDIS_COMMANDS_INIT;
    struct coil_redis_script script =
        COIL_REDIS_SCRIPT_INIT("return redis.call('INCRBY', KEYS[1], ARGV[1])");

    (void)arg;
    open_client();
    ASSERT_EQ(coil_redis_command(redis, &reply, "CLIENT LIST"), 0);
    ASSERT_STR_CONTAINS(reply->text, "name=coil");
    ASSERT_STR_CONTAINS(reply->text, "db=2");
    coil_redis_reply_free(reply);
    ASSERT_EQ(
        coil_redis_command(redis, NULL, "SET %s %b", "k", "a\0b", (size_t)3),
        0);
    ASSERT_EQ(coil_redis_command(redis, &reply, "GET %s", "k"), 0);
    ASSERT_EQ(reply->size, 3);
    ASSERT_MEM_EQ(reply->text, "a\0b", 4);
    coil_redis_reply_free(reply);
    ASSERT_EQ(coil_redis_command(redis, NULL, "LPUSH k x"),
              COIL_EREDIS_WRONGTYPE);
    ASSERT_EQ(coil_redis_command(redis, NULL, "NO SUCH"), COIL_EREDIS);

    for (int i = 1; i <= 3; i++) {
        ASSERT_EQ(coil_redis_eval(redis, &reply, 0, &script, "1 %s %d", "n", 5),
                  0);
        expect_integer(5 * i);
    }
    ASSERT_EQ(coil_redis_command(redis, NULL, "SCRIPT FLUSH"), 0);
    ASSERT_EQ(coil_redis_eval(redis, &reply, 0, &script, "1 %s %d", "n", 5), 0);
    expect_integer(20);

    ASSERT_EQ(coil_redis_add(&commands, "INCR n"), 0);
    ASSERT_EQ(coil_redis_add(&commands, "INCR n"), 0);
    ASSERT_EQ(coil_redis_transaction(redis, &reply, 0, &commands), 0);
    ASSERT_EQ(reply->elements[1]->integer, 22);
    coil_redis_reply_free(reply);
    ASSERT_EQ(coil_redis_add(&commands, "INCR n n n"), 0);
    ASSERT_EQ(coil_redis_transaction(redis, &reply, 0, &commands),
              COIL_EREDIS_ABORTED);
    ASSERT_STR_CONTAINS(reply->text, "wrong number of arguments");
    coil_redis_reply_free(reply);
    ASSERT_EQ(coil_redis_command(redis, &reply, "INCR n"), 0);
    expect_integer(23);
    coil_redis_commands_fini(&commands);
    return coil_redis_close(redis);
}

TEST(redis_server_takes_commands)
{
    make_server("");
    run(use_commands);
    remove_server();
}

/* ---- many tasks ---- */

static int count(void *arg)
{
    int rc = 0;

    (void)arg;
    for (int i = 0; rc == 0 && i < 100; i++)
        rc = coil_redis_command(redis, NULL, "INCR count");
    return rc;
}

static int count_together(void *arg)
{
    struct coil_task_group group;
    int rc;

    (void)arg;
    open_client();
    ASSERT_EQ(coil_task_group_begin(&group), 0);
    for (int i = 0; i < 100; i++)
        ASSERT_EQ(coil_task_group_create(&group, NULL, count, NULL), 0);
    rc = coil_task_group_end(&group, 0);
    ASSERT_EQ(rc, 0);
    ASSERT_EQ(coil_redis_command(redis, &reply, "GET count"), 0);
    ASSERT_STR_EQ(reply->text, "10000");
    coil_redis_reply_free(reply);
    ASSERT_EQ(coil_redis_connections(redis), 1);
    return coil_redis_close(redis);
}

TEST(redis_server_counts_for_many_tasks)
{
    make_server("");
    run(count_together);
    remove_server();
}

/* ---- waiting, and messages ---- */

static int pop(void *arg)
{
    struct coil_redis_reply *got;
    int rc = coil_redis_block(redis, &got, "BLPOP list 0");

    (void)arg;
    if (rc == 0)
        ASSERT(coil_redis_reply_is(got->elements[1], "item"));
    coil_redis_reply_free(got);
    return rc;
}

static int block_and_listen(void *arg)
{
    static const char *const channels[] = { "a", "b", NULL };
    static const char *const patterns[] = { "c*", NULL };
    struct coil_redis_subscription *subscription;
    struct coil_redis_message message;
    struct coil_task *task;

    (void)arg;
    open_client();
    task = start(pop, NULL);
    ASSERT_EQ(coil_redis_command(redis, NULL, "RPUSH list item"), 0);
    ASSERT_EQ(end_of(task), 0);
    ASSERT_EQ(coil_redis_block(redis, &reply, "BLPOP list 0.01"), 0);
    ASSERT_EQ(reply->type, COIL_REDIS_NIL);
    coil_redis_reply_free(reply);

    ASSERT_EQ(
        coil_redis_subscribe(&subscription, redis,
                             &(struct coil_redis_topics){ channels, patterns }),
        0);
    ASSERT_EQ(coil_redis_command(redis, NULL, "PUBLISH b one"), 0);
    ASSERT_EQ(coil_redis_command(redis, NULL, "PUBLISH cx two"), 0);
    ASSERT_EQ(coil_redis_subscription_next(subscription, &message), 0);
    ASSERT_STR_EQ(message.text, "one");
    coil_redis_reply_free(message.reply);
    ASSERT_EQ(coil_redis_subscription_next(subscription, &message), 0);
    ASSERT_STR_EQ(message.pattern, "c*");
    ASSERT_STR_EQ(message.channel, "cx");
    coil_redis_reply_free(message.reply);
    coil_redis_unsubscribe(subscription);
    return coil_redis_close(redis);
}

TEST(redis_server_lets_wait_and_tells_messages)
{
    make_server("");
    run(block_and_listen);
    remove_server();
}

/* ---- passwords, and a server that is started anew ---- */

static int give_password(void *arg)
{
    struct coil_redis_options options = { .password = "secret" };

    (void)arg;
    ASSERT_EQ(coil_redis_open(&redis, url, NULL), COIL_EREDIS_NOAUTH);
    ASSERT_EQ(coil_redis_open(&redis, url, &options), 0);
    ASSERT_EQ(
        coil_redis_command(redis, NULL, "ACL SETUSER ann on >word ~a* +get"),
        0);
    ASSERT_EQ(coil_redis_close(redis), 0);
    options.password = "wrong";
    ASSERT_EQ(coil_redis_open(&redis, url, &options), COIL_EREDIS_WRONGPASS);
    /* Who may say GET only, and not even PING. */
    options = (struct coil_redis_options){ .user = "ann",
                                           .password = "word",
                                           .name = "x" };
    snprintf(url, sizeof url, "unix://%s", path);
    ASSERT_EQ(coil_redis_open(&redis, url, &options), 0);
    ASSERT_EQ(coil_redis_command(redis, NULL, "GET a"), 0);
    ASSERT_EQ(coil_redis_command(redis, NULL, "GET b"), COIL_EREDIS_NOPERM);
    return coil_redis_close(redis);
}

TEST(redis_server_wants_a_password)
{
    make_server("secret");
    run(give_password);
    remove_server();
}

static int outlive_the_server(void *arg)
{
    (void)arg;
    open_client();
    ASSERT_EQ(coil_redis_command(redis, NULL, "INCR n"), 0);
    ASSERT_EQ(program_stop(&server), 0);
    while (coil_redis_is_connected(redis))
        ASSERT_EQ(coil_sleep(COIL_MILLISECOND), 0);
    start_server("");
    ASSERT_EQ(coil_redis_command(redis, &reply, "INCR n"), 0);
    coil_redis_reply_free(reply);
    ASSERT_EQ(coil_redis_connections(redis), 2);
    return coil_redis_close(redis);
}

TEST(redis_server_may_be_started_anew)
{
    make_server("");
    run(outlive_the_server);
    remove_server();
}
