/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 120 */
/*
 * Proxies: what is said to them, what they may answer, and who is reached
 * without them.
 */
#include <stdlib.h>

#include <coil/http_client.h>
#include <coil/listener.h>

#include "http/client/proxy_exceptions.h"
#include "child.h"
#include "http_client_test.h"

/* ---- a proxy that hears and says what a test has written down ------------- */

/* What must come, and what is said then.  NULL: the end. */
struct step {
    const char *hear;
    size_t hear_size;
    const char *say;
    size_t say_size;
};

#define STEP(hear, say)                                                        \
    {                                                                          \
        hear, sizeof(hear) - 1, say, sizeof(say) - 1                           \
    }

static const struct step *steps;
static struct coil_listener *listener;
static struct coil_task *proxy;
static size_t accepted;
static char proxy_url[512];

static int play(struct coil_stream *stream)
{
    char bytes[512];

    for (const struct step *step = steps; step->hear; step++) {
        int rc = coil_stream_read_exactly(stream, bytes, step->hear_size, NULL);

        if (rc < 0)
            return rc;
        ASSERT(memcmp(bytes, step->hear, step->hear_size) == 0);
        rc = coil_stream_write(stream, step->say, step->say_size);
        if (rc < 0)
            return rc;
    }
    return coil_stream_flush(stream);
}

static int be_a_proxy(void *arg)
{
    (void)arg;
    for (;;) {
        struct coil_stream *stream;
        int rc = coil_listener_accept(listener, &stream);

        if (rc < 0)
            return rc;
        accepted++;
        rc = play(stream);
        if (rc == 0)
            rc = coil_stream_shutdown(stream);
        coil_stream_abort(stream);
        if (rc == -ECANCELED)
            return rc;
    }
}

static void begin_proxy(const char *format, const struct step *played)
{
    struct coil_address address;

    steps = played;
    accepted = 0;
    ASSERT_EQ(coil_tcp_listen(&listener, "127.0.0.1", 0), 0);
    coil_listener_address(listener, &address);
    snprintf(proxy_url, sizeof proxy_url, format, coil_address_port(&address));
    proxy = start(be_a_proxy, NULL);
}

static void end_proxy(void)
{
    coil_task_cancel(proxy);
    end_of(proxy);
    coil_listener_close(listener);
}

static struct coil_http_client *
make_client(struct coil_http_client_options options)
{
    struct coil_http_client *client;

    options.proxy = proxy_url;
    options.user_agent = "";
    options.keep_encoded = true;
    ASSERT_EQ(coil_http_client_new(&client, &options), 0);
    return client;
}

/* What a GET through the proxy comes to. */
static int outcome(const char *format, const struct step *played,
                   const char *url, bool is_tunnel)
{
    struct coil_http_client *client;
    struct coil_http_response *r;
    int rc;

    begin_proxy(format, played);
    client = make_client(
        (struct coil_http_client_options){ .proxy_tunnel = is_tunnel });
    rc = coil_http_get(client, url, &r);
    if (rc == 0) {
        rc = r->status;
        if (rc == 200)
            ASSERT_STR_EQ(r->body, "ok");
        coil_http_response_free(r);
    }
    settle();
    ASSERT_EQ(coil_http_client_connections(client), 0);
    coil_http_client_free(client);
    end_proxy();
    return rc;
}

#define ANSWER OK(2) "ok"
#define ASK "GET /x?y HTTP/1.1\r\nHost: h.test:81\r\nAccept: */*\r\n\r\n"

/* ---- HTTP --------------------------------------------------------------- */

SOCKET_TEST(http_proxy_is_asked_by_a_whole_url)
{
    static const struct step plain[] = {
        STEP("GET http://h.test:81/x?y HTTP/1.1\r\nHost: h.test:81\r\n"
             "Accept: */*\r\n\r\n",
             ANSWER),
        { 0 }
    };
    static const struct step with_user[] = {
        STEP("GET http://[::1]/ HTTP/1.1\r\nHost: [::1]\r\nAccept: */*\r\n"
             "Proxy-Authorization: Basic bWU6YTpi\r\n\r\n",
             ANSWER),
        { 0 }
    };

    ASSERT_EQ(
        outcome("http://127.0.0.1:%u", plain, "http://h.test:81/x?y#z", false),
        200);
    ASSERT_EQ(outcome("127.0.0.1:%u", plain, "http://h.test:81/x?y", false),
              200);
    ASSERT_EQ(outcome("http://me:a%%3Ab@127.0.0.1:%u", with_user,
                      "http://[::1]", false),
              200);
}

#define FOUR                                                                   \
    "HTTP/1.1 100 a\r\n\r\nHTTP/1.1 102 b\r\n\r\n"                             \
    "HTTP/1.1 103 c\r\n\r\nHTTP/1.1 100 d\r\n\r\n"
#define SIXTEEN FOUR FOUR FOUR FOUR

SOCKET_TEST(http_proxy_connects)
{
    static const struct step to_ipv6[] = {
        STEP("CONNECT [::1]:81 HTTP/1.1\r\nHost: [::1]:81\r\n\r\n",
             FOUR "HTTP/1.1 200 OK\r\n\r\n"),
        STEP("GET /", ANSWER),
        { 0 }
    };
    static const struct step good[] = {
        STEP("CONNECT h.test:81 HTTP/1.1\r\nHost: h.test:81\r\n"
             "Proxy-Authorization: Basic bWU6\r\n\r\n",
             "HTTP/1.1 200 Connected\r\nContent-Length: 99\r\n\r\n"),
        STEP(ASK, ANSWER),
        { 0 }
    };
    static const struct {
        struct step steps[2];
        int error;
    } bad[] = {
        { { STEP("CONNECT ", "HTTP/1.1 407 Who?\r\n\r\n"), { 0 } },
          COIL_EHTTP_PROXY_AUTH },
        { { STEP("CONNECT ", "HTTP/1.0 401 No\r\n\r\n"), { 0 } },
          COIL_EHTTP_PROXY_AUTH },
        { { STEP("CONNECT ", "HTTP/1.1 403 No\r\n\r\n"), { 0 } },
          COIL_EHTTP_PROXY_REFUSED },
        { { STEP("CONNECT ", "HTTP/1.1 302 No\r\nLocation: /\r\n\r\n"), { 0 } },
          COIL_EHTTP_PROXY_REFUSED },
        { { STEP("CONNECT ", "SSH-2.0\r\n"), { 0 } }, COIL_EHTTP_MALFORMED },
        { { STEP("CONNECT ", "HTTP/1.1 200 "), { 0 } }, COIL_EHTTP_TRUNCATED },
        { { STEP("CONNECT ", ""), { 0 } }, COIL_EHTTP_TRUNCATED },
        { { STEP("CONNECT ", SIXTEEN "HTTP/1.1 200 OK\r\n\r\n"), { 0 } },
          COIL_EHTTP_MALFORMED },
        /* Nobody has asked the origin yet. */
        { { STEP("CONNECT ", "HTTP/1.1 200 OK\r\n\r\n" ANSWER), { 0 } },
          COIL_EHTTP_MALFORMED },
    };

    ASSERT_EQ(
        outcome("http://me@127.0.0.1:%u", good, "http://h.test:81/x?y", true),
        200);
    ASSERT_EQ(outcome("http://127.0.0.1:%u", to_ipv6, "http://[::1]:81/", true),
              200);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ASSERT_EQ(outcome("http://127.0.0.1:%u", bad[i].steps,
                          "http://h.test:81/x?y", true),
                  bad[i].error);
}

/* ---- SOCKS5 ------------------------------------------------------------- */

#define TO_NAME "\5\1\0\3\6h.test\0\x51"

SOCKET_TEST(http_proxy_speaks_socks)
{
    static const struct step plain[] = {
        STEP("\5\1\0", "\5\0"),
        STEP(TO_NAME, "\5\0\0\1\1\2\3\4\0\1"),
        STEP(ASK, ANSWER),
        { 0 },
    };
    static const struct step with_user[] = {
        STEP("\5\2\0\2", "\5\2"),
        STEP("\1\2me\3a:b", "\1\0"),
        STEP(TO_NAME, "\5\0\0\3\3abc\0\1"),
        STEP(ASK, ANSWER),
        { 0 },
    };
    static const struct step ipv6[] = {
        STEP("\5\1\0", "\5\0"),
        STEP("\5\1\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\x50",
             "\5\0\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\1"),
        STEP("GET /", ANSWER),
        { 0 },
    };
    static const struct step ipv4[] = {
        STEP("\5\1\0", "\5\0"),
        STEP("\5\1\0\1\1\2\3\4\x1f\x90", "\5\0\0\1\1\2\3\4\0\1"),
        STEP("GET /", ANSWER),
        { 0 },
    };

    ASSERT_EQ(
        outcome("socks5://127.0.0.1:%u", plain, "http://h.test:81/x?y", false),
        200);
    ASSERT_EQ(outcome("socks5h://me:a%%3Ab@127.0.0.1:%u", with_user,
                      "http://h.test:81/x?y", false),
              200);
    ASSERT_EQ(outcome("socks5://127.0.0.1:%u", ipv6, "http://[::1]/", true),
              200);
    ASSERT_EQ(
        outcome("socks5://127.0.0.1:%u", ipv4, "http://1.2.3.4:8080/", false),
        200);
}

SOCKET_TEST(http_proxy_of_socks_may_refuse)
{
    static const struct {
        struct step steps[3];
        int error;
    } bad[] = {
        { { STEP("\5\1\0", "\5\xff"), { 0 } }, COIL_EHTTP_PROXY_AUTH },
        { { STEP("\5\1\0", "\5\2"), { 0 } }, COIL_EHTTP_PROXY_AUTH },
        { { STEP("\5\1\0", "\4\0"), { 0 } }, COIL_EHTTP_MALFORMED },
        { { STEP("\5\1\0", "HTTP/1.1 400 Bad"), { 0 } }, COIL_EHTTP_MALFORMED },
        { { STEP("\5\1\0", "\5"), { 0 } }, COIL_EHTTP_TRUNCATED },
        { { STEP("\5\1\0", "\5\0"), STEP(TO_NAME, "\5\1\0\1\0\0\0\0\0\0") },
          COIL_EHTTP_PROXY_REFUSED },
        { { STEP("\5\1\0", "\5\0"), STEP(TO_NAME, "\5\4\0\1\0\0\0\0\0\0") },
          -EHOSTUNREACH },
        { { STEP("\5\1\0", "\5\0"), STEP(TO_NAME, "\5\5\0\1\0\0\0\0\0\0") },
          -ECONNREFUSED },
        { { STEP("\5\1\0", "\5\0"), STEP(TO_NAME, "\5\3\0\1\0\0\0\0\0\0") },
          -ENETUNREACH },
        { { STEP("\5\1\0", "\5\0"), STEP(TO_NAME, "\5\6\0\1\0\0\0\0\0\0") },
          -ETIMEDOUT },
        { { STEP("\5\1\0", "\5\0"), STEP(TO_NAME, "\4\0\0\1\0\0\0\0\0\0") },
          COIL_EHTTP_MALFORMED },
        { { STEP("\5\1\0", "\5\0"), STEP(TO_NAME, "\5\0") },
          COIL_EHTTP_TRUNCATED },
        { { STEP("\5\1\0", "\5\0"),
            STEP(TO_NAME, "\5\0\0\1\1\2\3\4\0\1" ANSWER) },
          COIL_EHTTP_MALFORMED },
        { { STEP("\5\1\0", "\5\0"), STEP(TO_NAME, "\5\0\0\7\0\0\0\0\0\0") },
          COIL_EHTTP_MALFORMED },
        { { STEP("\5\1\0", "\5\0"), STEP(TO_NAME, "\5\0\0\1\0\0\0\0\0") },
          COIL_EHTTP_TRUNCATED },
        { { STEP("\5\1\0", "\5\0"), STEP(TO_NAME, "\5\0\0\3\xff\0\0\0\0") },
          COIL_EHTTP_TRUNCATED },
    };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ASSERT_EQ(outcome("socks5://127.0.0.1:%u", bad[i].steps,
                          "http://h.test:81/", false),
                  bad[i].error);
}

/* What is no user and password of SOCKS is not sent. */
SOCKET_TEST(http_proxy_of_socks_wants_a_user)
{
    static const struct step accepting[] = {
        STEP("\5\2\0\2", "\5\2"),
        STEP("\1\2me\0", "\1\0"),
        STEP(TO_NAME, "\5\0\0\3\3abc\0\1"),
        STEP(ASK, ANSWER),
        { 0 },
    };
    static const struct step refusing[] = { STEP("\5\2\0\2", "\5\2"),
                                            STEP("\1\2me\1x", "\1\1"),
                                            { 0 } };
    static const struct step mute[] = { STEP("\5\2\0\2", "\5\2"),
                                        STEP("\1\2me\1x", ""),
                                        { 0 } };
    static const struct step never[] = { STEP("\5\2\0\2", "\5\2"), { 0 } };
    static const char *const formats[] = { "socks5://:p@127.0.0.1:%%u",
                                           "socks5://%s@127.0.0.1:%%u",
                                           "socks5://u:%s@127.0.0.1:%%u" };
    char name[257];

    ASSERT_EQ(outcome("socks5://me@127.0.0.1:%u", accepting,
                      "http://h.test:81/x?y", false),
              200);
    ASSERT_EQ(outcome("socks5://me:x@127.0.0.1:%u", refusing,
                      "http://h.test:81/", false),
              COIL_EHTTP_PROXY_AUTH);
    ASSERT_EQ(
        outcome("socks5://me:x@127.0.0.1:%u", mute, "http://h.test:81/", false),
        COIL_EHTTP_TRUNCATED);
    memset(name, 'n', 256);
    name[256] = '\0';
    for (size_t i = 0; i < 3; i++) {
        char format[400];

        snprintf(format, sizeof format, formats[i], name);
        ASSERT_EQ(outcome(format, never, "http://h.test:81/", false),
                  COIL_EHTTP_PROXY_AUTH);
    }
}

/* A proxy that says nothing is one that cannot be connected through. */
static int say_nothing(void *arg)
{
    static const struct step mute[] = { STEP("\5\1\0", ""),
                                        STEP("x", ""),
                                        { 0 } };
    coil_time began = coil_now();

    (void)arg;
    simulated = true;
    ASSERT_EQ(
        outcome("socks5://127.0.0.1:%u", mute, "http://h.test:81/", false),
        COIL_EHTTP_CONNECT_TIMEOUT);
    ASSERT_GE(coil_now() - began, 10 * COIL_SECOND);
    return 0;
}

TEST(http_proxy_has_the_time_to_connect)
{
    for (seed = 0; seed < 10; seed++)
        ASSERT_EQ(coil_test_run(say_nothing, NULL, seed), 0);
}

/* ---- who needs none ----------------------------------------------------- */

static bool is_exception(const char *list, const char *host, uint16_t port)
{
    return coil__http_is_exception(list, host, port);
}

TEST(http_proxy_has_exceptions)
{
    char longest[1000];

    ASSERT(is_exception("h.test", "h.test", 80));
    ASSERT(is_exception("H.Test", "a.b.h.test", 80));
    ASSERT(is_exception(".h.test", "h.test", 80));
    ASSERT(is_exception("x,  h.test. y", "a.h.test", 80));
    ASSERT(is_exception("h.test", "h.test.", 80));
    ASSERT(is_exception("h.test:81", "h.test", 81));
    ASSERT(is_exception("*", "h.test", 80));
    ASSERT(is_exception("127.0.0.1", "127.0.0.1", 80));
    ASSERT(is_exception("127.0.0.1:8080", "127.0.0.1", 8080));
    ASSERT(is_exception("10.0.0.0/8", "10.200.3.4", 80));
    ASSERT(is_exception("10.128.0.0/9", "10.200.3.4", 80));
    ASSERT(is_exception("0.0.0.0/0", "1.2.3.4", 80));
    ASSERT(is_exception("::1", "0:0::1", 80));
    ASSERT(is_exception("[::1]", "::1", 80));
    ASSERT(is_exception("[::1]:81", "::1", 81));
    ASSERT(is_exception("fe80::/10", "febf::1", 80));

    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    ASSERT(!is_exception(longest, longest, 80));
    ASSERT(!is_exception("h.test", "", 80));
    ASSERT(!is_exception("", "h.test", 80));
    ASSERT(!is_exception(".", "h.test", 80));
    ASSERT(!is_exception(" ,, ,", "h.test", 80));
    ASSERT(!is_exception("h.test", "xh.test", 80));
    ASSERT(!is_exception("a.h.test", "h.test", 80));
    ASSERT(!is_exception("test.", "h.test2", 80));
    ASSERT(!is_exception("h.test:81", "h.test", 80));
    ASSERT(!is_exception("[::1]:81", "::1", 80));
    ASSERT(!is_exception("[::1", "::1", 80));
    ASSERT(!is_exception("10.0.0.0/8", "11.0.0.1", 80));
    ASSERT(!is_exception("10.0.0.0/33", "10.0.0.0", 80));
    ASSERT(!is_exception("10.0.0.0/", "10.0.0.0", 80));
    ASSERT(!is_exception("10.0.0.0/x", "10.0.0.0", 80));
    ASSERT(!is_exception("10.0.0.0/8", "a.10.0.0.0", 80));
    ASSERT(!is_exception("0.0.0.1", "127.0.0.0.1", 80));
    ASSERT(!is_exception("1", "127.0.0.1", 80));
    ASSERT(!is_exception("fe80::/10", "fec0::1", 80));
}

static const struct step one[] = { STEP("GET http://h.test:81/", ANSWER),
                                   { 0 } };

SOCKET_TEST(http_proxy_is_not_asked_for_exceptions)
{
    static const struct step never[] = { { 0 } };
    static const struct line lines[] = { { OK(2) "ok", KEEP } };
    struct coil_http_client *client;
    struct fake fake;

    begin_proxy("http://127.0.0.1:%u", never);
    fake_start(&fake, lines, 1);
    client = make_client(
        (struct coil_http_client_options){ .no_proxy = "127.0.0.0/8" });
    coil_http_response_free(fetch(client, fake.url));
    ASSERT(strncmp(fake.heard, "GET / ", 6) == 0);
    ASSERT_EQ(accepted, 0);
    coil_http_client_free(client);
    fake_end(&fake);
    end_proxy();

    begin_proxy("http://127.0.0.1:%u", one);
    client =
        make_client((struct coil_http_client_options){ .no_proxy = "h.no" });
    coil_http_response_free(fetch(client, "http://h.test:81/"));
    ASSERT_EQ(accepted, 1);
    coil_http_client_free(client);
    end_proxy();
}

/* ---- the environment ---------------------------------------------------- */

/* Whether a request goes to the proxy that the variable names. */
static bool is_used(const char *variable, bool is_wanted)
{
    struct coil_http_client *client;
    struct coil_http_response *r;
    int rc;

    begin_proxy("http://127.0.0.1:%u", one);
    setenv(variable, proxy_url, 1);
    ASSERT_EQ(coil_http_client_new(&client,
                                   &(struct coil_http_client_options){
                                       .proxy_from_environment = is_wanted,
                                       .public_only = !is_wanted }),
              0);
    unsetenv(variable);
    if (is_wanted) {
        rc = coil_http_get(client, "http://h.test:81/", &r);
        if (rc == 0)
            coil_http_response_free(r);
    } else {
        rc = coil_http_get(client, "http://127.0.0.1:81/", &r);
        ASSERT_EQ(rc, COIL_EHTTP_NOT_PUBLIC);
    }
    coil_http_client_free(client);
    end_proxy();
    return accepted > 0;
}

static int use_environment(void *arg)
{
    (void)arg;
    simulated = true;
    setenv("http_proxy", "", 1);
    setenv("https_proxy", "", 1);
    setenv("ALL_PROXY", "", 1);
    ASSERT(!is_used("HTTP_PROXY", false));
    ASSERT(is_used("http_proxy", true));
    setenv("http_proxy", "", 1);
    setenv("HTTPS_PROXY", "socks5://nobody.test", 1);
    ASSERT(is_used("all_proxy", true));
    unsetenv("http_proxy");
    unsetenv("https_proxy");
    ASSERT(!is_used("HTTP_PROXY", false));
    unsetenv("HTTPS_PROXY");
    unsetenv("ALL_PROXY");
    ASSERT(is_used("ALL_PROXY", true));
    ASSERT(!is_used("http_proxy", false));
    return 0;
}

TEST(http_proxy_of_the_environment_is_used_if_wanted)
{
    ASSERT_EQ(coil_test_run(use_environment, NULL, 0), 0);
}

/* A program that is looked at is told once that the variables do nothing. */
static int make_two_clients(void *arg)
{
    const char *variable = arg;
    struct coil_http_client *client;

    setenv(variable, "http://h.test:1", 1);
    for (int i = 0; i < 2; i++) {
        ASSERT_EQ(coil_http_client_new(&client, NULL), 0);
        coil_http_client_free(client);
    }
    unsetenv(variable);
    return 0;
}

static void run_debug(void *variable)
{
    const struct coil_loop_options options = { .debug = true };

    unsetenv("http_proxy");
    unsetenv("https_proxy");
    ASSERT_EQ(coil_run_with(make_two_clients, variable, &options), 0);
}

TEST(http_proxy_of_the_environment_is_mentioned_while_debugging)
{
    static const char said[] = "the proxy of the environment is not used";
    static char *const variables[] = { "http_proxy", "HTTPS_PROXY" };

    for (size_t i = 0; i < 2; i++) {
        char *at;

        child_run(&the_child, run_debug, variables[i]);
        ASSERT_CHILD_EXITED(&the_child, 0);
        at = strstr(the_child.text, said);
        ASSERT_NOT_NULL(at);
        ASSERT_NULL(strstr(at + 1, said));
    }
    for (size_t i = 0; i < 2; i++) {
        if (i == 1)
            setenv("ALL_PROXY", "", 1);
        child_run(&the_child, run_debug, "HTTP_PROXY");
        ASSERT_CHILD_EXITED(&the_child, 0);
        ASSERT_NULL(strstr(the_child.text, said));
    }
    unsetenv("ALL_PROXY");
}

/* ---- bad options -------------------------------------------------------- */

static int outcome_of_options(const char *url, bool is_public_only)
{
    struct coil_http_client *client;
    int rc = coil_http_client_new(
        &client, &(struct coil_http_client_options){
                     .proxy = url, .public_only = is_public_only });

    if (rc == 0)
        coil_http_client_free(client);
    return rc;
}

/* What the environment says alone, to a client that must not use a proxy. */
static int outcome_of_variable(const char *variable, const char *value)
{
    struct coil_http_client *client;
    int rc;

    setenv(variable, value, 1);
    rc = coil_http_client_new(
        &client, &(struct coil_http_client_options){
                     .proxy_from_environment = true, .public_only = true });
    unsetenv(variable);
    if (rc == 0)
        coil_http_client_free(client);
    return rc;
}

TEST(http_proxy_of_the_environment_may_be_none)
{
    ASSERT_EQ(outcome_of_variable("no_proxy", "h"), 0);
    ASSERT_EQ(outcome_of_variable("ALL_PROXY", ""), 0);
    ASSERT_EQ(outcome_of_variable("ALL_PROXY", "http://h"), -EINVAL);
    ASSERT_EQ(outcome_of_variable("https_proxy", "http://h"), -EINVAL);
    ASSERT_EQ(outcome_of_variable("HTTPS_PROXY", "http://h"), -EINVAL);
    ASSERT_EQ(outcome_of_variable("HTTPS_PROXY", ""), 0);
    ASSERT_EQ(outcome_of_variable("http_proxy", "http://h"), -EINVAL);
    ASSERT_EQ(outcome_of_variable("HTTP_PROXY", "http://h"), 0);
}

TEST(http_proxy_needs_memory)
{
    struct coil_http_client *client;
    size_t n = 0;
    int rc;

    do {
        coil_test_fail_allocation(++n, false);
        rc = coil_http_client_new(
            &client, &(struct coil_http_client_options){
                         .proxy = "http://u:p@h", .no_proxy = "h.no" });
        coil_test_fail_allocation(0, false);
        ASSERT(rc == 0 || rc == -ENOMEM);
        if (rc < 0)
            ASSERT_EQ(coil_test_live_allocations(), 0);
    } while (rc < 0);
    ASSERT_GT(n, 9);
    coil_http_client_free(client);
}

TEST(http_proxy_must_be_one)
{
    char longest[300];

    ASSERT_EQ(outcome_of_options("http://h:1", false), 0);
    ASSERT_EQ(outcome_of_options("h", false), 0);
    ASSERT_EQ(outcome_of_options("[::1]:3128", false), 0);
    ASSERT_EQ(outcome_of_options("socks5://u:p@h", false), 0);
    ASSERT_EQ(outcome_of_options("http://h:1", true), -EINVAL);
    ASSERT_EQ(outcome_of_options("https://h:1", false), COIL_EHTTP_BAD_SCHEME);
    ASSERT_EQ(outcome_of_options("socks4://h:1", false), COIL_EHTTP_BAD_SCHEME);
    ASSERT_EQ(outcome_of_options("http://h:99999", false), COIL_EHTTP_BAD_URL);
    ASSERT_EQ(outcome_of_options("http://", false), COIL_EHTTP_BAD_URL);
    ASSERT_EQ(outcome_of_options("socks5://", false), COIL_EHTTP_BAD_URL);
    ASSERT_EQ(outcome_of_options("socks5:///x", false), COIL_EHTTP_BAD_URL);
    ASSERT_EQ(outcome_of_options("socks5://:1", false), COIL_EHTTP_BAD_URL);
    ASSERT_EQ(outcome_of_options("", true), 0);
    ASSERT_EQ(outcome_of_options("http://a b", false), COIL_EHTTP_BAD_URL);
    ASSERT_EQ(outcome_of_options("http://[v1.x]:1", false), COIL_EHTTP_BAD_URL);
    ASSERT_EQ(outcome_of_options("httq://h:1", false), COIL_EHTTP_BAD_SCHEME);
    memset(longest, 'a', sizeof longest - 1);
    for (size_t i = 50; i < sizeof longest; i += 50)
        longest[i] = '.';
    longest[254] = '\0';
    ASSERT_EQ(outcome_of_options(longest, false), COIL_EHTTP_BAD_URL);
    longest[253] = '\0';
    ASSERT_EQ(outcome_of_options(longest, false), 0);
    ASSERT_EQ(outcome_of_options("http://h%00:1", false), COIL_EHTTP_BAD_URL);
}
