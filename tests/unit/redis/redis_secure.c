/* SPDX-License-Identifier: MIT */
/* rediss://: a client over TLS. */
#include <coil/redis.h>
#include <coil/tls.h>

#include "redis_fake.h"
#include "stream_test.h"
#include "tls_test.h"

static struct redis_fake fake;
static struct coil_redis *redis;
static char url[80];

static int begin_tls(struct coil_stream *stream)
{
    const struct coil_tls_start start = { .context = world.server_context };

    return coil_tls_start_server(stream, &start);
}

static void begin(const char *host)
{
    redis_fake_start(&fake);
    fake.greet = begin_tls;
    snprintf(url, sizeof url, "rediss://%s%s", host, strrchr(fake.url, ':'));
}

static int incr(void *arg)
{
    (void)arg;
    return coil_redis_command_again(redis, NULL, "INCR k");
}

static void run_over_tls(void)
{
    const struct coil_redis_options options = { .tls = world.client_context };
    struct coil_task *tasks[20];

    begin("127.0.0.1");
    ASSERT_EQ(coil_redis_open(&redis, url, &options), 0);
    fake.cut_after = 7;
    for (int i = 0; i < 20; i++)
        tasks[i] = start(incr, NULL);
    for (int i = 0; i < 20; i++)
        ASSERT_EQ(end_of(tasks[i]), 0);
    ASSERT_EQ(coil_redis_connections(redis), 2);
    ASSERT_EQ(coil_redis_close(redis), 0);
    redis_fake_end(&fake);
}

SOCKET_TEST(redis_secure_runs_over_tls)
{
    tls_world_open();
    run_over_tls();
    tls_world_close();
}

static void refuse_strangers(void)
{
    /* The default trusts other certificates. */
    begin("127.0.0.1");
    ASSERT_EQ(coil_redis_open(&redis, url, NULL),
              COIL_ETLS_CERTIFICATE_UNKNOWN_ISSUER);
    ASSERT_NULL(redis);
    redis_fake_end(&fake);
}

SOCKET_TEST(redis_secure_trusts_nobody_unknown)
{
    tls_world_open();
    refuse_strangers();
    tls_world_close();
}
