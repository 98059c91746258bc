/* SPDX-License-Identifier: MIT */
/*
 * http_proxy_user.c - programs of a client that says to a proxy who asks: scenario.h
 */
#include <string.h>

#include <coil/http_client.h>
#include <coil/listener.h>
#include <coil/stream.h>

#include "scenario.h"
#include "scenarios/http_fetch.h"

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
#define ASK "GET /x HTTP/1.1\r\nHost: h.test\r\nAccept: */*\r\n\r\n"
#define ANSWER "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

static const struct step forward[] = {
    STEP("GET http://h.test/x HTTP/1.1\r\nHost: h.test\r\nAccept: */*\r\n"
         "Proxy-Authorization: Basic bWU6eA==\r\n\r\n",
         ANSWER),
    { 0 },
};
static const struct step tunnel[] = {
    STEP("CONNECT h.test:80 HTTP/1.1\r\nHost: h.test:80\r\n"
         "Proxy-Authorization: Basic bWU6eA==\r\n\r\n",
         "HTTP/1.1 200 OK\r\n\r\n"),
    STEP(ASK, ANSWER),
    { 0 },
};
static const struct step socks[] = {
    STEP("\5\2\0\2", "\5\2"),
    STEP("\1\2me\1x", "\1\0"),
    STEP("\5\1\0\3\6h.test\0\x50", "\5\0\0\1\1\2\3\4\0\1"),
    STEP(ASK, ANSWER),
    { 0 },
};

static struct coil_listener *listener;
static struct coil_http_client *client;
static const struct step *steps;

/* ---- the proxy ---- */

static int play_steps(struct coil_stream *stream)
{
    char bytes[512];

    for (const struct step *step = steps; step->hear; step++) {
        int rc = coil_stream_read_exactly(stream, bytes, step->hear_size, NULL);

        if (rc < 0)
            return rc;
        ASSERT_MEM_EQ(bytes, step->hear, step->hear_size);
        rc = coil_stream_write(stream, step->say, step->say_size);
        if (rc < 0)
            return rc;
    }
    return coil_stream_flush(stream);
}

/* Whatever becomes of one client, the next one is served. */
static int be_a_proxy(void *arg)
{
    (void)arg;
    for (;;) {
        struct coil_stream *stream;
        int rc = coil_listener_accept(listener, &stream);

        if (rc < 0 && (rc == -ECANCELED || !is_failing))
            return rc;
        if (rc < 0)
            rc = coil_sleep(COIL_MILLISECOND);
        else {
            rc = play_steps(stream);
            coil_stream_abort(stream);
        }
        if (rc == -ECANCELED)
            return rc;
    }
}

static int begin_proxy(const char *format, const struct step *script,
                       bool is_tunnel)
{
    struct coil_address address;
    char url[80];
    int rc;

    listener = NULL;
    client = NULL;
    steps = script;
    rc = coil_tcp_listen(&listener, "127.0.0.1", 0);
    if (rc < 0)
        return rc;
    coil_listener_address(listener, &address);
    snprintf(url, sizeof url, format, coil_address_port(&address));
    rc = coil_http_client_new(&client, &(struct coil_http_client_options){
                                           .proxy = url,
                                           .no_proxy = "h.no",
                                           .proxy_tunnel = is_tunnel,
                                           .user_agent = "",
                                           .keep_encoded = true,
                                       });
    return rc < 0 ? rc : help(be_a_proxy, NULL);
}

static int begin_forward(void)
{
    return begin_proxy("http://me:x@127.0.0.1:%u", forward, false);
}

static int begin_tunnel(void)
{
    return begin_proxy("http://me:x@127.0.0.1:%u", tunnel, true);
}

static int begin_socks(void)
{
    return begin_proxy("socks5://me:x@127.0.0.1:%u", socks, false);
}

static void end_proxy(void)
{
    coil_http_client_free(client);
    coil_listener_close(listener);
}

/* ---- the client ---- */

static int fetch_through_proxy(void *arg)
{
    (void)arg;
    return fetch_body(client, "http://h.test/x", "ok");
}

static void probe_proxy(void)
{
    ASSERT_EQ(coil_test_settle(), 0);
    ASSERT_EQ(coil_http_client_connections(client),
              coil_http_client_idle(client));
    coil_http_client_close_idle(client);
    ASSERT_EQ(fetch_through_proxy(NULL), 0);
}

const struct scenario scenarios_http_proxy_user[] = {
    { "http_proxy_user", begin_forward, fetch_through_proxy, probe_proxy,
      end_proxy },
    { "http_proxy_user_tunnel", begin_tunnel, fetch_through_proxy, probe_proxy,
      end_proxy },
    { "http_proxy_user_socks", begin_socks, fetch_through_proxy, probe_proxy,
      end_proxy },
    { NULL },
};
