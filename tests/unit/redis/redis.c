/* SPDX-License-Identifier: MIT */
/*
 * A client and its commands, with a server that keeps its promises: redis_fake.h.
 */
#include <coil/redis.h>

#include "redis_fake.h"
#include "simulated.h"
#include "stream_test.h"

static struct redis_fake fake;
static struct coil_redis *redis;
static struct coil_redis_reply *reply;

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

static void expect_text(enum coil_redis_type type, const char *text)
{
    ASSERT_EQ(reply->type, type);
    ASSERT_STR_EQ(reply->text, text);
    ASSERT_EQ(reply->size, strlen(text));
    coil_redis_reply_free(reply);
}

/* ---- commands ---- */

SOCKET_TEST(redis_command_is_answered)
{
    begin();
    ASSERT(coil_redis_is_connected(redis));
    ASSERT_EQ(coil_redis_command(redis, &reply, "SET %s %b", "k", "va lue",
                                 (size_t)6),
              0);
    ASSERT(coil_redis_reply_is(reply, "OK"));
    ASSERT(!coil_redis_reply_is(reply, "O"));
    expect_text(COIL_REDIS_STATUS, "OK");
    ASSERT_EQ(coil_redis_command(redis, &reply, "GET k"), 0);
    expect_text(COIL_REDIS_STRING, "va lue");
    ASSERT_EQ(coil_redis_command(redis, &reply, "INCR k"), 0);
    ASSERT_EQ(reply->type, COIL_REDIS_INTEGER);
    ASSERT_EQ(reply->integer, 1);
    coil_redis_reply_free(reply);
    ASSERT_EQ(coil_redis_command(redis, NULL, "INCR k"), 0);
    ASSERT_EQ(fake.value, 2);
    ASSERT_EQ(coil_redis_connections(redis), 1);
    finish();
    ASSERT(!coil_redis_reply_is(NULL, "OK"));
}

SOCKET_TEST(redis_command_formats_its_words)
{
    const char *const argv[] = { "ECHO", "a b%" };
    const size_t sizes[] = { 4, 3 };

    begin();
    ASSERT_EQ(coil_redis_command(redis, &reply, "ECHO %s:%d:%lld%%", "a b", -7,
                                 1234567890123ll),
              0);
    expect_text(COIL_REDIS_STRING, "a b:-7:1234567890123%");
    ASSERT_EQ(coil_redis_command_argv(redis, &reply, 0, 2, argv, NULL), 0);
    expect_text(COIL_REDIS_STRING, "a b%");
    ASSERT_EQ(coil_redis_command_argv(redis, &reply, 0, 2, argv, sizes), 0);
    expect_text(COIL_REDIS_STRING, "a b");
    ASSERT_EQ(coil_redis_command(redis, &reply, "ECHO %b", "", (size_t)0), 0);
    expect_text(COIL_REDIS_STRING, "");
    finish();
}

SOCKET_TEST(redis_command_that_is_none_is_refused)
{
    const char *const argv[] = { "GET", "k" };
    const size_t sizes[] = { 3, (size_t)1 << 40 };
    const size_t many[] = { (size_t)1 << 29, (size_t)1 << 29 };

    begin();
    ASSERT_EQ(coil_redis_command(redis, &reply, ""), -EINVAL);
    ASSERT_NULL(reply);
    ASSERT_EQ(coil_redis_command(redis, &reply, "GET %y"), -EINVAL);
    ASSERT_EQ(coil_redis_command_argv(redis, &reply, 0, 0, argv, NULL),
              -EINVAL);
    ASSERT_EQ(coil_redis_command_argv(redis, &reply, 0, 2, argv, sizes),
              -EMSGSIZE);
    ASSERT_EQ(coil_redis_command_argv(redis, &reply, 0, 2, argv, many),
              -EMSGSIZE);
    ASSERT_NULL(reply);
    ASSERT_EQ(fake.commands, 0);
    finish();
}

static const char *const refused[] = {
    "BLPOP k 0",
    "blpop k 0",
    "XREAD COUNT 1 BLOCK 0 STREAMS s $",
    "WAIT 1 0",
    "SELECT 3",
    "AUTH secret",
    "HELLO 3",
    "QUIT",
    "SUBSCRIBE c",
    "MULTI",
    "EXEC",
    "WATCH k",
    "CLIENT REPLY OFF",
    "MONITOR",
    "RESET",
    "XREADGROUP GROUP g c BLOCK 5 STREAMS s >",
};

static const char *const allowed[] = {
    "XREAD COUNT 1 STREAMS BLOCK 0",
    "CLIENT ID",
    "GETBLPOP x",
};

SOCKET_TEST(redis_command_that_disturbs_others_is_refused)
{
    begin();
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        ASSERT_EQ(coil_redis_command(redis, &reply, refused[i]), -EPERM);
    ASSERT_EQ(fake.commands, 0);
    for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++) {
        ASSERT_NE(coil_redis_command(redis, &reply, allowed[i]), -EPERM);
        coil_redis_reply_free(reply);
    }
    finish();
}

struct said {
    const char *text;
    int error;
};

static const struct said errors[] = {
    { "ERR unknown", COIL_EREDIS },
    { "LOADING it loads", COIL_EREDIS_LOADING },
    { "READONLY You can't write", COIL_EREDIS_READONLY },
    { "OOM command not allowed", COIL_EREDIS_OOM },
    { "NOAUTH", COIL_EREDIS_NOAUTH },
    { "WRONGPASS x", COIL_EREDIS_WRONGPASS },
    { "NOPERM x", COIL_EREDIS_NOPERM },
    { "MOVED 3999 127.0.0.1:6381", COIL_EREDIS_MOVED },
    { "ASK 3999 127.0.0.1:6381", COIL_EREDIS_ASK },
    { "BUSY Redis is busy", COIL_EREDIS_BUSY },
    { "BUSYGROUP there is one", COIL_EREDIS },
    { "MASTERDOWN x", COIL_EREDIS_MASTERDOWN },
    { "NOSCRIPT x", COIL_EREDIS_NOSCRIPT },
    { "WRONGTYPE x", COIL_EREDIS_WRONGTYPE },
    { "MISCONF x", COIL_EREDIS_MISCONF },
    { "NOREPLICAS x", COIL_EREDIS_NOREPLICAS },
    { "TRYAGAIN x", COIL_EREDIS_TRYAGAIN },
    { "CLUSTERDOWN x", COIL_EREDIS_CLUSTERDOWN },
    { "EXECABORT x", COIL_EREDIS_ABORTED },
    { "", COIL_EREDIS },
};

SOCKET_TEST(redis_error_has_a_code_and_its_text)
{
    begin();
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        ASSERT_EQ(coil_redis_command(redis, &reply, "FAIL %s", errors[i].text),
                  errors[i].error);
        ASSERT_EQ(reply->error, errors[i].error);
        ASSERT(!strstr(coil_strerror(errors[i].error), "unknown error"));
        expect_text(COIL_REDIS_ERROR, errors[i].text);
    }
    ASSERT_EQ(coil_redis_command(redis, NULL, "FAIL ERR"), COIL_EREDIS);
    finish();
}

/* ---- many ---- */

static int incr(void *arg)
{
    struct coil_redis_reply *got;
    int rc = coil_redis_command(redis, &got, "INCR %s", "k");

    if (rc == 0)
        *(long *)arg = (long)got->integer;
    coil_redis_reply_free(got);
    return rc;
}

/* In the order in which they ask. */
CORE_TEST(redis_pipelines_the_commands_of_a_thousand_tasks)
{
    static struct coil_task *tasks[1000];
    static long values[1000];
    size_t calls;

    begin();
    calls = coil_test_calls();
    for (int i = 0; i < 1000; i++)
        tasks[i] = start(incr, &values[i]);
    turn();
    ASSERT_EQ(fake.commands, 0);
    for (int i = 0; i < 1000; i++)
        ASSERT_EQ(end_of(tasks[i]), 0);
    for (int i = 0; i < 1000; i++)
        ASSERT_EQ(values[i], i + 1);
    /* 1,000 of the server's writes; our writes and all reads are few. */
    ASSERT_LT(coil_test_calls() - calls, 1100);
    finish();
}

SOCKET_TEST(redis_replies_come_byte_by_byte)
{
    static struct coil_task *tasks[20];
    static long values[20];

    begin();
    fake.is_slow = true;
    for (int i = 0; i < 20; i++)
        tasks[i] = start(incr, &values[i]);
    for (int i = 0; i < 20; i++)
        ASSERT_EQ(end_of(tasks[i]), 0);
    ASSERT_EQ(fake.value, 20);
    finish();
}

SOCKET_TEST(redis_command_and_reply_may_be_large)
{
    static char large[1 << 20];
    struct coil_task *other;
    long value;

    memset(large, 'x', sizeof large - 1);
    begin();
    other = start(incr, &value);
    ASSERT_EQ(coil_redis_command(redis, &reply, "SET k %s", large), 0);
    coil_redis_reply_free(reply);
    ASSERT_EQ(end_of(other), 0);
    ASSERT_EQ(value, 1);
    fake.raw_size = sizeof large + 9 + 2;
    fake.raw = calloc(1, fake.raw_size + 1);
    snprintf((char *)(uintptr_t)fake.raw, fake.raw_size + 1, "$%zu\r\n%s\r\n",
             sizeof large - 1, large);
    fake.raw_size = strlen(fake.raw);
    ASSERT_EQ(coil_redis_command(redis, &reply, "GET k"), 0);
    expect_text(COIL_REDIS_STRING, large);
    free((char *)(uintptr_t)fake.raw);
    finish();
}

SOCKET_TEST(redis_reply_is_a_tree)
{
    begin();
    fake.raw = "*4\r\n:-5\r\n*2\r\n$-1\r\n+a\r\n*0\r\n*-1\r\n";
    ASSERT_EQ(coil_redis_command(redis, &reply, "TREE"), 0);
    ASSERT_EQ(reply->type, COIL_REDIS_ARRAY);
    ASSERT_EQ(reply->count, 4);
    ASSERT_EQ(reply->elements[0]->integer, -5);
    ASSERT_EQ(reply->elements[1]->count, 2);
    ASSERT_EQ(reply->elements[1]->elements[0]->type, COIL_REDIS_NIL);
    ASSERT(coil_redis_reply_is(reply->elements[1]->elements[1], "a"));
    ASSERT_EQ(reply->elements[2]->type, COIL_REDIS_ARRAY);
    ASSERT_EQ(reply->elements[2]->count, 0);
    ASSERT_EQ(reply->elements[3]->type, COIL_REDIS_NIL);
    coil_redis_reply_free(reply);
    finish();
}

/* ---- the end ---- */

static int begun; /* calls */

static int get(void *arg)
{
    (void)arg;
    begun++;
    return coil_redis_command(redis, NULL, "GET k");
}

SOCKET_TEST(redis_close_ends_what_waits)
{
    struct coil_task *sent, *queued;

    begin();
    begun = 0;
    fake.is_silent = true;
    sent = start(get, NULL);
    while (fake.commands == 0)
        ASSERT_EQ(coil_sleep(COIL_MILLISECOND), 0);
    queued = start(get, NULL);
    while (begun < 2)
        ASSERT_EQ(coil_yield(), 0);
    ASSERT_EQ(coil_redis_close(redis), 0);
    ASSERT_EQ(end_of(sent), COIL_EUNKNOWN);
    ASSERT_LT(end_of(queued), 0);
    redis_fake_end(&fake);
}

static int close_it(void *arg)
{
    int rc;

    (void)arg;
    cancel_self();
    rc = coil_redis_close(redis);
    ASSERT_EQ(coil_yield(), 0);
    return rc;
}

SOCKET_TEST(redis_close_closes_though_it_is_cancelled)
{
    begin();
    ASSERT_EQ(end_of(start(close_it, NULL)), -ECANCELED);
    ASSERT_EQ(coil_redis_close(NULL), 0);
    redis_fake_end(&fake);
}
