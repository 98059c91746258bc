/* SPDX-License-Identifier: MIT */
/* How a client is opened: URLs, names and passwords, and servers that refuse. */
#include <coil/redis.h>

#include "redis/target.h"
#include "redis_fake.h"
#include "stream_test.h"

static struct redis_fake fake;
static struct coil_redis *redis;

static void finish(void)
{
    ASSERT_EQ(coil_redis_close(redis), 0);
    redis_fake_end(&fake);
}

/* ---- URLs ---- */

struct url {
    const char *url;
    const char *host;
    const char *path;
    unsigned port;
    const char *hello; /* its words */
};

static const struct url urls[] = {
    { "redis://h", "h", NULL, 6379, "PING " },
    { "redis://h/", "h", NULL, 6379, "PING " },
    { "REDIS://h:1/0", "h", NULL, 1, "PING " },
    { "redis://[::1]:70/12", "::1", NULL, 70, "SELECT 12 PING " },
    { "redis://[::1]", "::1", NULL, 6379, "PING " },
    { "redis://:p@h", "h", NULL, 6379, "AUTH p PING " },
    { "redis://u:p%40%2f@h:65535", "h", NULL, 65535, "AUTH u p@/ PING " },
    { "redis://u@h", "h", NULL, 6379, "PING " },
    { "redis://u:a:b@c@h", "h", NULL, 6379, "AUTH u a:b@c PING " },
    { "unix:///a%20b", NULL, "/a b", 0, "PING " },
    { "unix:///a?db=3", NULL, "/a", 0, "SELECT 3 PING " },
    { "unix://u:p@/a/b", NULL, "/a/b", 0, "AUTH u p PING " },
};

/* The words of "*1\r\n$4\r\nPING\r\n" and so on. */
static void expect_words(const struct coil_buffer *hello, const char *words)
{
    const char *at = (const char *)coil__buffer_bytes(hello);
    const char *end = at + hello->size;
    char said[256] = "";

    while (at < end) {
        const char *line_end = memmem(at, (size_t)(end - at), "\r\n", 2);

        if (*at != '*' && *at != '$')
            snprintf(said + strlen(said), sizeof said - strlen(said), "%.*s ",
                     (int)(line_end - at), at);
        at = line_end + 2;
    }
    ASSERT_STR_EQ(said, words);
}

TEST(redis_open_takes_urls_apart)
{
    const struct coil_redis_options none = { .name = NULL };

    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        struct coil__redis_target target = { .host = NULL };

        ASSERT_EQ(coil__redis_target_init(&target, urls[i].url, &none), 0);
        if (urls[i].host)
            ASSERT_STR_EQ(target.host, urls[i].host);
        if (urls[i].path)
            ASSERT_STR_EQ(target.path, urls[i].path);
        ASSERT_EQ(target.port, urls[i].port);
        expect_words(&target.hello, urls[i].hello);
        coil__redis_target_fini(&target);
    }
}

static const char *const bad[] = {
    "",
    "h",
    "http://h",
    "redis:h",
    "redis://",
    "redis://:1",
    "redis://h:",
    "redis://h:x",
    "redis://h:65536",
    "redis://h/x",
    "redis://h/1/2",
    "redis://h/1?x",
    "redis://h?db=1",
    "redis://[::1",
    "redis://[::1]x",
    "redis://:%zz@h",
    "redis://:%00@h",
    "redis://:%1@h",
    "unix://",
    "unix://a",
    "unix:///",
    "unix:///a?x=1",
    "unix:///a?db=",
    "unix:///a?db=x",
    "unix://u@b/a",
    "redis://h/999999999999",
    "redis://h/99999999999999999999999999",
};

SOCKET_TEST(redis_open_refuses_bad_urls)
{
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ASSERT_EQ(coil_redis_open(&redis, bad[i], NULL), COIL_EREDIS_BAD_URL);
        ASSERT_NULL(redis);
    }
}

static int open_with(const struct coil_redis_options *options)
{
    return coil_redis_open(&redis, fake.url, options);
}

SOCKET_TEST(redis_open_refuses_bad_options)
{
    redis_fake_start(&fake);
    ASSERT_EQ(open_with(&(struct coil_redis_options){ .name = "a b" }),
              -EINVAL);
    ASSERT_EQ(open_with(&(struct coil_redis_options){ .patience = -1 }),
              -EINVAL);
    ASSERT_EQ(open_with(&(struct coil_redis_options){ .silence = -1 }),
              -EINVAL);
    ASSERT_EQ(open_with(&(struct coil_redis_options){ .connect_limit = -1 }),
              -EINVAL);
    ASSERT_EQ(open_with(&(struct coil_redis_options){ .first_delay = -1 }),
              -EINVAL);
    ASSERT_EQ(open_with(&(struct coil_redis_options){ .max_delay = -1 }),
              -EINVAL);
    ASSERT_EQ(fake.connections, 0);
    redis_fake_end(&fake);
}

/* ---- what the server is told first ---- */

SOCKET_TEST(redis_open_tells_who_we_are)
{
    const struct coil_redis_options options = { .name = "worker-1",
                                                .user = "ann",
                                                .password = "secret" };
    char url[80];

    redis_fake_start(&fake);
    fake.password = "secret";
    snprintf(url, sizeof url, "%s/7", fake.url);
    ASSERT_EQ(coil_redis_open(&redis, url, &options), 0);
    ASSERT_STR_EQ(fake.said, "AUTH secret SELECT 7 CLIENT worker-1 PING ");
    finish();
}

SOCKET_TEST(redis_open_says_that_a_password_is_wrong)
{
    redis_fake_start(&fake);
    fake.password = "secret";
    ASSERT_EQ(open_with(NULL), COIL_EREDIS_NOAUTH);
    ASSERT_EQ(open_with(&(struct coil_redis_options){ .password = "x" }),
              COIL_EREDIS_WRONGPASS);
    ASSERT_NULL(redis);
    ASSERT_EQ(fake.connections, 2);
    redis_fake_end(&fake);
}

SOCKET_TEST(redis_open_waits_for_a_server_that_is_loading)
{
    redis_fake_start(&fake);
    fake.loading = 3;
    ASSERT_EQ(open_with(NULL), 0);
    ASSERT_EQ(fake.connections, 4);
    ASSERT_EQ(coil_redis_connections(redis), 1);
    finish();
}

SOCKET_TEST(redis_open_does_not_wait_for_loading_for_ever)
{
    const struct coil_redis_options options = { .patience =
                                                    300 * COIL_MILLISECOND };

    redis_fake_start(&fake);
    fake.loading = 1000000;
    ASSERT_EQ(open_with(&options), COIL_EREDIS_LOADING);
    redis_fake_end(&fake);
}

SOCKET_TEST(redis_open_says_that_nobody_is_there)
{
    redis_fake_start(&fake);
    redis_fake_stop(&fake);
    ASSERT_EQ(open_with(NULL), -ECONNREFUSED);
    ASSERT_EQ(coil_redis_open(&redis, "unix:///nowhere/at/all", NULL) < 0, 1);
    ASSERT_NULL(redis);
}

SOCKET_TEST(redis_open_has_a_limit)
{
    const struct coil_redis_options options = { .connect_limit =
                                                    100 * COIL_MILLISECOND };

    redis_fake_start(&fake);
    fake.is_silent = true;
    ASSERT_EQ(open_with(&options), -ETIMEDOUT);
    redis_fake_end(&fake);
}

SOCKET_TEST(redis_open_lazily_connects_at_the_first_command)
{
    const struct coil_redis_options options = { .lazy = true };

    redis_fake_start(&fake);
    ASSERT_EQ(open_with(&options), 0);
    for (int i = 0; i < 20; i++)
        ASSERT_EQ(coil_yield(), 0);
    ASSERT_EQ(fake.connections, 0);
    ASSERT(!coil_redis_is_connected(redis));
    ASSERT_EQ(coil_redis_command(redis, NULL, "INCR k"), 0);
    ASSERT_EQ(fake.connections, 1);
    finish();
}

static int open_it(void *arg)
{
    (void)arg;
    return open_with(NULL);
}

SOCKET_TEST(redis_open_is_cancelled)
{
    struct coil_task *task;

    redis_fake_start(&fake);
    fake.is_silent = true;
    task = start(open_it, NULL);
    while (fake.open == 0)
        ASSERT_EQ(coil_sleep(COIL_MILLISECOND), 0);
    ASSERT_EQ(end_by_cancelling(task), -ECANCELED);
    ASSERT_NULL(redis);
    redis_fake_end(&fake);
}
