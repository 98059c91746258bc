/* SPDX-License-Identifier: MIT */
/*
 * Connections that break, at every point, and what becomes of the commands.
 */
#include <coil/redis.h>

#include "redis_fake.h"
#include "simulated.h"
#include "stream_test.h"

static struct redis_fake fake;
static struct coil_redis *redis;

static void begin_with(const struct coil_redis_options *options)
{
    redis_fake_start(&fake);
    ASSERT_EQ(coil_redis_open(&redis, fake.url, options), 0);
}

static void begin(void)
{
    begin_with(NULL);
}

static void finish(void)
{
    ASSERT_EQ(coil_redis_close(redis), 0);
    redis_fake_end(&fake);
}

static int incr(void *arg)
{
    (void)arg;
    return coil_redis_command(redis, NULL, "INCR k");
}

static int incr_again(void *arg)
{
    (void)arg;
    return coil_redis_command_again(redis, NULL, "INCR k");
}

/* Stop the server, and let the client notice. */
static void stop_server(void)
{
    redis_fake_stop(&fake);
    while (coil_redis_is_connected(redis))
        ASSERT_EQ(coil_sleep(COIL_MILLISECOND), 0);
}

/* ---- at every point ---- */

enum { TASKS = 6 };

static size_t count_results(struct coil_task **tasks, int rc)
{
    size_t n = 0;

    for (int i = 0; i < TASKS; i++)
        n += coil_task_result(tasks[i]) == rc;
    return n;
}

static void run_all(struct coil_task **tasks, coil_fn fn)
{
    for (int i = 0; i < TASKS; i++)
        tasks[i] = start(fn, NULL);
    for (int i = 0; i < TASKS; i++)
        (void)!coil_task_await(tasks[i]);
}

static void release_all(struct coil_task **tasks)
{
    for (int i = 0; i < TASKS; i++)
        coil_task_release(tasks[i]);
}

/*
 * What returned 0 was carried out; what is unknown was carried out once or not
 * at all; and nothing else is returned.
 */
static void expect_truth(struct coil_task **tasks)
{
    size_t known = count_results(tasks, 0);
    size_t unknown = count_results(tasks, COIL_EUNKNOWN);

    ASSERT_EQ(known + unknown, TASKS);
    ASSERT_GE(fake.value, (long)known);
    ASSERT_LE(fake.value, TASKS);
    ASSERT_GE(unknown, 1);
}

SOCKET_TEST(redis_break_before_each_command)
{
    struct coil_task *tasks[TASKS];

    for (size_t n = 1; n <= TASKS; n++) {
        begin();
        fake.cut_before = n;
        run_all(tasks, incr);
        expect_truth(tasks);
        release_all(tasks);
        ASSERT_EQ(incr(NULL), 0);
        finish();
    }
}

SOCKET_TEST(redis_break_after_each_byte_of_an_answer)
{
    struct coil_task *tasks[TASKS];

    for (size_t n = 1; n <= TASKS; n++) {
        for (size_t bytes = 0; bytes < 4; bytes++) {
            begin();
            fake.cut_after = n;
            fake.cut_bytes = bytes;
            run_all(tasks, incr);
            expect_truth(tasks);
            release_all(tasks);
            ASSERT_EQ(incr(NULL), 0);
            finish();
        }
    }
}

SOCKET_TEST(redis_break_repeats_what_may_be_repeated)
{
    struct coil_task *tasks[TASKS];

    for (size_t n = 1; n <= TASKS; n++) {
        begin();
        fake.cut_after = n;
        fake.cut_bytes = n % 4;
        run_all(tasks, incr_again);
        ASSERT_EQ(count_results(tasks, 0), TASKS);
        ASSERT_GT(fake.value, TASKS);
        release_all(tasks);
        ASSERT_EQ(coil_redis_connections(redis), 2);
        finish();
    }
}

SOCKET_TEST(redis_break_again_and_again_is_overcome)
{
    begin();
    for (int i = 0; i < 5; i++) {
        fake.cut_before = 1;
        ASSERT_EQ(incr(NULL), COIL_EUNKNOWN);
        fake.cut_after = 1;
        ASSERT_EQ(incr_again(NULL), 0);
    }
    ASSERT_EQ(fake.value, 10);
    finish();
}

/* The order of one task's commands holds, also if they are sent twice. */
static char order[256];

static int echo_again(void *arg)
{
    struct coil_redis_reply *reply;
    int rc =
        coil_redis_command_again(redis, &reply, "ECHO %s", (const char *)arg);

    if (rc == 0)
        strcat(order, reply->text);
    coil_redis_reply_free(reply);
    return rc;
}

CORE_TEST(redis_break_keeps_the_order)
{
    static const char *const words[TASKS] = { "a", "b", "c", "d", "e", "f" };
    struct coil_task *tasks[TASKS];

    for (size_t n = 1; n <= TASKS; n++) {
        begin();
        order[0] = '\0';
        fake.cut_before = n;
        for (int i = 0; i < TASKS; i++)
            tasks[i] = start(echo_again, words[i]);
        for (int i = 0; i < TASKS; i++)
            ASSERT_EQ(end_of(tasks[i]), 0);
        ASSERT_STR_EQ(order, "abcdef");
        finish();
    }
}

/* ---- without a server ---- */

SOCKET_TEST(redis_break_is_waited_for)
{
    struct coil_task *task;

    begin();
    stop_server();
    task = start(incr, NULL);
    ASSERT_EQ(coil_sleep(50 * COIL_MILLISECOND), 0);
    redis_fake_restart(&fake);
    ASSERT_EQ(end_of(task), 0);
    ASSERT_EQ(fake.value, 1);
    finish();
}

SOCKET_TEST(redis_break_is_not_waited_for_beyond_patience)
{
    const struct coil_redis_options options = { .patience =
                                                    300 * COIL_MILLISECOND };

    begin_with(&options);
    stop_server();
    ASSERT_EQ(incr(NULL), -ECONNREFUSED);
    ASSERT_EQ(incr_again(NULL), -ECONNREFUSED);
    ASSERT_EQ(coil_redis_close(redis), 0);
}

/* A command that was sent must become known: patience does not count. */
SOCKET_TEST(redis_break_waits_on_to_know)
{
    const struct coil_redis_options options = { .patience = COIL_MILLISECOND };
    struct coil_timeout limit;
    struct coil_task *task;

    begin_with(&options);
    fake.cut_after = 1;
    task = start(incr_again, NULL);
    while (fake.commands == 0)
        ASSERT_EQ(coil_yield(), 0);
    redis_fake_stop(&fake);
    ASSERT_EQ(coil_sleep(COIL_SECOND / 2), 0);
    ASSERT(!coil_task_is_done(task));
    redis_fake_restart(&fake);
    ASSERT_EQ(end_of(task), 0);
    ASSERT_EQ(fake.value, 2);
    fake.cut_after = 1;
    task = start(incr_again, NULL);
    while (fake.commands == 2)
        ASSERT_EQ(coil_yield(), 0);
    redis_fake_stop(&fake);
    ASSERT_EQ(coil_timeout_begin(&limit, COIL_SECOND / 5), 0);
    ASSERT_EQ(coil_timeout_end(&limit, coil_task_await(task)), COIL_EUNKNOWN);
    coil_task_release(task);
    ASSERT_EQ(coil_redis_close(redis), 0);
}

/* The password was changed meanwhile: no attempt will help. */
SOCKET_TEST(redis_break_and_then_a_wrong_password)
{
    begin();
    fake.password = "new";
    fake.cut_before = 1;
    ASSERT_EQ(incr(NULL), COIL_EUNKNOWN);
    ASSERT_EQ(incr(NULL), COIL_EREDIS_NOAUTH);
    fake.password = NULL;
    ASSERT_EQ(incr(NULL), 0);
    fake.password = "new";
    fake.cut_before = 1;
    ASSERT_EQ(incr_again(NULL), COIL_EUNKNOWN);
    finish();
}

/* It is told anew who we are. */
SOCKET_TEST(redis_break_begins_with_who_we_are)
{
    const struct coil_redis_options options = { .name = "n", .password = "p" };

    redis_fake_start(&fake);
    fake.password = "p";
    ASSERT_EQ(coil_redis_open(&redis, fake.url, &options), 0);
    fake.cut_before = 1;
    ASSERT_EQ(incr_again(NULL), 0);
    ASSERT_STR_EQ(fake.said, "AUTH p CLIENT n PING AUTH p CLIENT n PING ");
    finish();
}

/* The pauses double up to a limit: few attempts in a long time. */
CORE_TEST(redis_break_is_not_followed_by_a_storm)
{
    const struct coil_redis_options options = { .lazy = true,
                                                .patience = COIL_MINUTE };
    size_t calls;

    redis_fake_start(&fake);
    redis_fake_stop(&fake);
    ASSERT_EQ(coil_redis_open(&redis, fake.url, &options), 0);
    calls = coil_test_calls();
    ASSERT_EQ(incr(NULL), -ECONNREFUSED);
    ASSERT_LT(coil_test_calls() - calls, 200);
    ASSERT_EQ(coil_redis_close(redis), 0);
}

/* ---- silence ---- */

CORE_TEST(redis_break_by_silence)
{
    const struct coil_redis_options options = { .silence = COIL_SECOND };
    coil_time since;

    begin_with(&options);
    fake.is_silent = true;
    since = coil_now();
    ASSERT_EQ(incr(NULL), COIL_EUNKNOWN);
    ASSERT_LE(coil_now() - since, 3 * COIL_SECOND);
    fake.is_silent = false;
    ASSERT_EQ(incr(NULL), 0);
    finish();
}

CORE_TEST(redis_break_does_not_follow_from_idleness)
{
    const struct coil_redis_options options = { .silence = COIL_SECOND };

    begin_with(&options);
    ASSERT_EQ(coil_sleep(COIL_MINUTE), 0);
    ASSERT_EQ(coil_redis_connections(redis), 1);
    /* A PING now and then. */
    ASSERT_GT(strlen(fake.said), 100);
    fake.is_silent = true;
    ASSERT_EQ(coil_sleep(5 * COIL_SECOND), 0);
    ASSERT(!coil_redis_is_connected(redis));
    fake.is_silent = false;
    ASSERT_EQ(incr(NULL), 0);
    ASSERT_EQ(coil_redis_connections(redis), 2);
    finish();
}

/* A server that reads nothing: what is being sent does not hold the client. */
CORE_TEST(redis_break_in_the_middle_of_a_large_command)
{
    const struct coil_redis_options options = { .silence = COIL_SECOND };
    static char large[4 << 20];
    struct coil_task *task;

    memset(large, 'x', sizeof large - 1);
    begin_with(&options);
    fake.is_deaf = true;
    fake.cut_before = 1;
    ASSERT_EQ(incr(NULL), COIL_EUNKNOWN);
    task = start(incr_again, NULL);
    ASSERT_EQ(coil_redis_command(redis, NULL, "SET k %s", large),
              COIL_EUNKNOWN);
    fake.is_deaf = false;
    ASSERT_EQ(end_of(task), 0);
    ASSERT_EQ(coil_redis_command(redis, NULL, "SET k %s", large), 0);
    finish();
}
