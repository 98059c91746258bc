/* SPDX-License-Identifier: MIT */
/* What no Redis says. */
#include <coil/redis.h>

#include "redis/parser.h"
#include "redis_fake.h"
#include "simulated.h"
#include "stream_test.h"

static struct redis_fake fake;
static struct coil_redis *redis;
static struct coil_redis_reply *reply;

static void begin_with(const struct coil_redis_options *options)
{
    redis_fake_start(&fake);
    ASSERT_EQ(coil_redis_open(&redis, fake.url, options), 0);
}

static void finish(void)
{
    ASSERT_EQ(coil_redis_close(redis), 0);
    redis_fake_end(&fake);
}

static const char *const malformed[] = {
    "HTTP/1.1 400 Bad Request\r\n\r\n",
    "?\r\n",
    ":12x\r\n",
    ":\r\n",
    "$-2\r\n",
    "$x\r\n",
    "$99999999999999999999\r\n",
    "*-2\r\n",
    "*99999999999999999999\r\n",
    "*9223372036854775807\r\n:1\r\n?",
    "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n"
    "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n"
    "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n",
    "%1\r\n+a\r\n+b\r\n",
    "#t\r\n",
    ",1.5\r\n",
    "*2\r\n#t\r\n:1\r\n",
    "*2\r\n*2\r\n:1\r\n$2\r\nab\r\n!\r\n",
    ">2\r\n+a\r\n+b\r\n",
};

SOCKET_TEST(redis_hostile_replies_end_the_connection)
{
    begin_with(NULL);
    for (size_t i = 0; i < sizeof malformed / sizeof *malformed; i++) {
        fake.raw = malformed[i];
        ASSERT_EQ(coil_redis_command_again(redis, &reply, "GET k"),
                  COIL_EREDIS_MALFORMED);
        ASSERT_NULL(reply);
        fake.raw = NULL;
        ASSERT_EQ(coil_redis_command(redis, NULL, "INCR k"), 0);
        ASSERT_EQ(coil_redis_connections(redis), i + 2);
    }
    finish();
}

/* What nobody has asked for cannot be anybody's. */
SOCKET_TEST(redis_hostile_reply_that_nobody_asked_for)
{
    begin_with(NULL);
    fake.raw = "+OK\r\n+OK\r\n";
    ASSERT_EQ(coil_redis_command(redis, NULL, "GET k"), 0);
    fake.raw = NULL;
    while (coil_redis_is_connected(redis))
        ASSERT_EQ(coil_sleep(COIL_MILLISECOND), 0);
    ASSERT_EQ(coil_redis_command(redis, NULL, "GET k"), 0);
    ASSERT_EQ(coil_redis_connections(redis), 2);
    finish();
}

static void expect_too_large(const char *raw)
{
    fake.raw = raw;
    ASSERT_EQ(coil_redis_command_again(redis, &reply, "GET k"),
              COIL_EREDIS_TOO_LARGE);
    fake.raw = NULL;
    ASSERT_EQ(coil_redis_command(redis, NULL, "INCR k"), 0);
}

SOCKET_TEST(redis_hostile_sizes_have_a_limit)
{
    const struct coil_redis_options options = { .max_reply = 10000 };
    static char text[200000];

    begin_with(&options);
    memset(text, 'x', 100000);
    memcpy(text, "$90000\r\n", 8);
    expect_too_large(text);
    memcpy(text, "$10000\r\n", 8);
    expect_too_large(text);
    /* Nothing is made for what is said to come. */
    strcpy(text, "*2147483647\r\n");
    for (int i = 0; i < 200; i++)
        strcat(text, ":1\r\n");
    expect_too_large(text);
    fake.raw = "$3\r\nabc\r\n";
    ASSERT_EQ(coil_redis_command(redis, &reply, "GET k"), 0);
    ASSERT_STR_EQ(reply->text, "abc");
    coil_redis_reply_free(reply);
    finish();
}

/* A line without an end would be looked at anew with each piece. */
TEST(redis_hostile_line_ends)
{
    static char piece[16384];
    struct coil__redis_parser parser;
    int rc = 0;
    int pieces = 0;

    memset(piece, 'a', sizeof piece);
    ASSERT_EQ(coil__redis_parser_init(&parser, (size_t)1 << 30), 0);
    ASSERT_EQ(coil__redis_parser_feed(&parser, "+", 1), 0);
    while (rc == 0) {
        ASSERT_EQ(coil__redis_parser_feed(&parser, piece, sizeof piece), 0);
        rc = coil__redis_parser_next(&parser, &reply);
        ASSERT_LT(++pieces, 10);
    }
    ASSERT_EQ(rc, COIL_EREDIS_MALFORMED);
    coil__redis_parser_fini(&parser);
}

/* In pieces of any size, a reply is the same. */
TEST(redis_hostile_pieces_make_no_difference)
{
    static const char text[] = "*5\r\n$3\r\na\r\n\r\n:-12\r\n*2\r\n+x\r\n-ERR "
                               "y\r\n$-1\r\n$0\r\n\r\n";

    for (size_t size = 1; size < sizeof text; size++) {
        struct coil__redis_parser parser;

        ASSERT_EQ(coil__redis_parser_init(&parser, 10000), 0);
        reply = NULL;
        for (size_t at = 0; at < sizeof text - 1; at += size) {
            size_t rest = sizeof text - 1 - at;

            ASSERT_NULL(reply);
            ASSERT_EQ(coil__redis_parser_feed(&parser, text + at,
                                              rest < size ? rest : size),
                      0);
            ASSERT_EQ(coil__redis_parser_next(&parser, &reply), 0);
        }
        ASSERT_EQ(reply->count, 5);
        ASSERT_MEM_EQ(reply->elements[0]->text, "a\r\n", 4);
        ASSERT_EQ(reply->elements[1]->integer, -12);
        ASSERT_EQ(reply->elements[2]->elements[1]->error, COIL_EREDIS);
        ASSERT_EQ(reply->elements[3]->type, COIL_REDIS_NIL);
        ASSERT_EQ(reply->elements[4]->size, 0);
        coil_redis_reply_free(reply);
        coil__redis_parser_fini(&parser);
    }
}

/* Whatever is cut, nothing leaks. */
TEST(redis_hostile_half_a_reply_is_freed)
{
    static const char text[] = "*3\r\n$3\r\nabc\r\n*2\r\n+x\r\n:1\r\n+y\r\n";
    size_t live = coil_test_live_allocations();

    for (size_t size = 0; size < sizeof text - 1; size++) {
        struct coil__redis_parser parser;

        ASSERT_EQ(coil__redis_parser_init(&parser, 10000), 0);
        ASSERT_EQ(coil__redis_parser_feed(&parser, text, size), 0);
        ASSERT_EQ(coil__redis_parser_next(&parser, &reply), 0);
        ASSERT_NULL(reply);
        coil__redis_parser_fini(&parser);
        ASSERT_EQ(coil_test_live_allocations(), live);
    }
}

/* Whatever comes: an error or replies, and nothing leaks. */
static int parse_mutant(void *arg)
{
    static const char text[] =
        "*3\r\n$3\r\nabc\r\n*2\r\n+x\r\n:-1\r\n-ERR y\r\n$-1\r\n:7\r\n*0\r\n";
    struct coil__redis_parser parser;
    char mutant[sizeof text];
    int rc = 0;

    (void)arg;
    memcpy(mutant, text, sizeof text);
    for (uint64_t n = coil_test_random(4); n > 0; n--)
        mutant[coil_test_random(sizeof text - 1)] =
            "*$:+-0123456789\r\nx%#,_(!>~|"[coil_test_random(28)];
    ASSERT_EQ(coil__redis_parser_init(&parser, 4000), 0);
    for (size_t at = 0; rc == 0 && at < sizeof text - 1;) {
        size_t size = 1 + (size_t)coil_test_random(sizeof text - 1 - at);

        rc = coil__redis_parser_feed(&parser, mutant + at, size);
        at += size;
        do {
            reply = NULL;
            if (rc == 0)
                rc = coil__redis_parser_next(&parser, &reply);
            coil_redis_reply_free(reply);
        } while (reply);
    }
    ASSERT(rc == 0 || rc == COIL_EREDIS_MALFORMED ||
           rc == COIL_EREDIS_TOO_LARGE);
    coil__redis_parser_fini(&parser);
    return 0;
}

TEST(redis_hostile_mutants_do_no_harm)
{
    size_t live = coil_test_live_allocations();

    ASSERT_EQ(coil_test_run_seeds(parse_mutant, NULL, 1, test_seeds(5000)), 0);
    ASSERT_EQ(coil_test_live_allocations(), live);
}
