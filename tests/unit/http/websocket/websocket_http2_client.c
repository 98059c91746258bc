/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 120 */
/*
 * A client of WebSockets over HTTP/2, whose server does what a test tells it to.
 */
#define SEEDS 10

#include <coil/websocket.h>
#include <nghttp2/nghttp2.h>

#include "http/wire/websocket_key.h"
#include "http2_fake.h"
#include "websocket_test.h"

static struct coil_http_client *client;
static struct fake2 fake;

static int connect_with(struct coil_websocket **ws,
                        const struct coil_websocket_options *options)
{
    const struct coil_http_request request = { .url = fake.url };

    return coil_websocket_connect(ws, client, &request, options);
}

static int connect_2(struct coil_websocket **ws)
{
    static const char *const offered[] = { "chat" };
    static const struct coil_websocket_options options = {
        .subprotocols = offered,
        .subprotocol_count = 1,
        .http2 = true,
        .ping_every = COIL_NEVER,
    };

    return connect_with(ws, &options);
}

static void open_world(int (*handle)(struct fake2_request *r))
{
    fake = (struct fake2){ .handle = handle, .has_connect = true };
    fake2_start(&fake);
    client = new_client2();
}

static void close_world(void)
{
    coil_http_client_free(client);
    fake2_end(&fake);
}

static void write_to(const struct fake2_request *r, const void *bytes,
                     size_t size)
{
    int rc = coil_stream_write(r->stream, bytes, size);

    if (rc == 0)
        rc = coil_stream_flush(r->stream);
    (void)rc; /* the client may have gone */
}

/* ---- what is asked ----------------------------------------------------- */

static void check_request(const struct fake2_request *r)
{
    static const char *const others[] = { "sec-websocket-key", "upgrade",
                                          "connection", "content-length" };

    ASSERT_STR_EQ(r->head.method, "CONNECT");
    ASSERT_STR_EQ(r->head.protocol, "websocket");
    ASSERT_STR_EQ(r->head.target, "/");
    ASSERT(!r->http2->is_at_end);
    ASSERT_STR_EQ(fake2_header(r, "sec-websocket-version"), "13");
    ASSERT_STR_EQ(fake2_header(r, "sec-websocket-protocol"), "chat");
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        ASSERT_NULL(fake2_header(r, others[i]));
}

/* What each request is answered by. */
static const struct answer {
    int status;
    const char *lines;
    int rc;
} answers[] = {
    { 200, "\r\n", 0 },
    { 200, "Sec-WebSocket-Protocol: chat\r\n\r\n", 0 },
    { 200, "Content-Encoding: gzip\r\n\r\n", 0 },
    { 200, "Sec-WebSocket-Accept: x\r\n\r\n", 0 },
    { 200, "Sec-WebSocket-Protocol: soap\r\n\r\n", COIL_EHTTP_MALFORMED },
    { 200,
      "Sec-WebSocket-Protocol: chat\r\nSec-WebSocket-Protocol: chat\r\n\r\n",
      COIL_EHTTP_MALFORMED },
    { 200, "Sec-WebSocket-Extensions: x\r\n\r\n", COIL_EHTTP_MALFORMED },
    { 204, "\r\n", COIL_EWEBSOCKET_REFUSED },
    { 201, "\r\n", COIL_EWEBSOCKET_REFUSED },
    { 404, "\r\n", COIL_EWEBSOCKET_REFUSED },
    { 501, "\r\n", COIL_EWEBSOCKET_REFUSED },
};

static const struct answer *said;

static int answer_as_said(struct fake2_request *r)
{
    check_request(r);
    fake2_head(r, said->status, said->lines,
               said->status == 204 ? 0 : COIL__HTTP2_UNKNOWN);
    write_to(r, "\x81\x05hello", 7);
    return 0;
}

SOCKET_TEST(websocket_http2_client_takes_only_the_right_answer)
{
    struct coil_websocket_message m;
    struct coil_websocket *ws;

    open_world(answer_as_said);
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        int rc;

        said = &answers[i];
        rc = connect_2(&ws);
        if (rc != said->rc)
            printf("%zu\n", i);
        ASSERT_EQ(rc, said->rc);
        ASSERT_EQ(ws != NULL, rc == 0);
        if (!ws)
            continue;
        ASSERT_EQ(coil_websocket_recv(ws, &m), 0);
        ASSERT_STR_EQ(m.data, "hello");
        rc = coil_websocket_recv(ws, &m);
        ASSERT(rc == COIL_EHTTP_TRUNCATED || rc == -ECONNRESET);
        coil_websocket_free(ws);
    }
    ASSERT_EQ(fake.connections, 1);
    close_world();
}

/* ---- where it is not offered -------------------------------------------- */

static int never(struct fake2_request *r)
{
    (void)r;
    FAIL("a request has come");
    return 0;
}

/* The second connection speaks HTTP/1.1. */
static int answer_plainly(void *arg)
{
    char head[1024] = "";
    char accept[COIL__WEBSOCKET_ACCEPT_SIZE];
    struct coil_stream *s = arg;
    char text[256];
    size_t size;
    int rc =
        coil_stream_read_until(s, "\r\n\r\n", 4, head, sizeof head - 1, &size);

    ASSERT_EQ(rc, 0);
    ASSERT_EQ(strncmp(head, "GET / HTTP/1.1\r\n", 16), 0);
    coil__websocket_answer(accept, strstr(head, "-Key: ") + 6);
    snprintf(text, sizeof text,
             "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: upgrade\r\n"
             "Sec-WebSocket-Accept: %s\r\n\r\n\x81\x05hello",
             accept);
    rc = coil_stream_write(s, text, strlen(text));
    ASSERT_EQ(rc, 0);
    return coil_stream_close(s);
}

static int offer_nothing(void *arg)
{
    const struct coil__http2_options options = {
        .is_server = true,
        .head = { .size = 16 * 1024, .fields = 200 },
        .max_streams = 100,
        .window = 64 * 1024,
        .whole_window = 256 * 1024,
        .head_time = COIL_NEVER,
    };
    struct coil_listener *listener = arg;
    struct coil__http2_session *session;
    struct coil_stream *first;
    struct coil_stream *second;
    struct coil_task *task;
    int rc = coil_listener_accept(listener, &first);

    ASSERT_EQ(rc, 0);
    rc = coil__http2_session_new(&session, first, &options);
    ASSERT_EQ(rc, 0);
    rc = coil_listener_accept(listener, &second);
    ASSERT_EQ(rc, 0);
    task = start(answer_plainly, second);
    rc = coil__http2_session_run(session, COIL_NEVER);
    ASSERT(rc == 0 || rc == -ECONNRESET);
    coil__http2_session_free(session);
    coil_stream_abort(first);
    return end_of(task);
}

SOCKET_TEST(websocket_http2_client_goes_back_to_http_1)
{
    struct coil_websocket_message m;
    struct coil_address address;
    struct coil_listener *listener = listening(&address);
    struct coil_websocket *ws;
    struct coil_task *server;

    fake = (struct fake2){ .handle = never };
    snprintf(fake.url, sizeof fake.url, "ws://127.0.0.1:%u/",
             (unsigned)coil_address_port(&address));
    client = new_client2();
    server = start(offer_nothing, listener);
    ASSERT_EQ(connect_2(&ws), 0);
    ASSERT_EQ(coil_websocket_response(ws)->version, COIL_HTTP_1_1);
    ASSERT_EQ(coil_websocket_recv(ws, &m), 0);
    ASSERT_STR_EQ(m.data, "hello");
    coil_websocket_free(ws);
    coil_http_client_free(client);
    ASSERT_EQ(end_of(server), 0);
    coil_listener_close(listener);
}

/* A server that says nothing has a limit of time. */
SOCKET_TEST(websocket_http2_client_waits_for_the_offer)
{
    struct coil_address address;
    struct coil_listener *listener = listening(&address);
    struct coil_http_request request = { .url = fake.url,
                                         .first_byte_limit =
                                             100 * COIL_MILLISECOND };
    const struct coil_websocket_options options = { .http2 = true };
    struct coil_websocket *ws;

    snprintf(fake.url, sizeof fake.url, "ws://127.0.0.1:%u/",
             (unsigned)coil_address_port(&address));
    client = new_client2();
    ASSERT_EQ(coil_websocket_connect(&ws, client, &request, &options),
              COIL_EHTTP_FIRST_BYTE_TIMEOUT);
    ASSERT_NULL(ws);
    coil_http_client_free(client);
    coil_listener_close(listener);
}

static int close_all(void *arg)
{
    struct coil_stream *s;
    int count = 0;
    int rc;

    for (;;) {
        rc = coil_listener_accept(arg, &s);
        if (rc < 0)
            break;
        count++;
        coil_stream_abort(s);
    }
    ASSERT_GT(count, 1); /* the client has tried again */
    return rc;
}

/* It closes before it has said what it offers. */
SOCKET_TEST(websocket_http2_client_loses_the_connection)
{
    struct coil_address address;
    struct coil_listener *listener = listening(&address);
    struct coil_websocket *ws;
    struct coil_task *server;
    int rc;

    snprintf(fake.url, sizeof fake.url, "ws://127.0.0.1:%u/",
             (unsigned)coil_address_port(&address));
    client = new_client2();
    server = start(close_all, listener);
    rc = connect_2(&ws);
    ASSERT(rc == -ECONNRESET || rc == -EPIPE || rc == COIL_EHTTP_TRUNCATED);
    ASSERT_NULL(ws);
    end_cancelled(server);
    ASSERT_EQ(coil_http_client_connections(client), 0);
    coil_http_client_free(client);
    coil_listener_close(listener);
}

/* ---- resets ------------------------------------------------------------ */

static int reset_at_once(struct fake2_request *r)
{
    coil__http2_reset(r->http2, NGHTTP2_CANCEL);
    return 0;
}

static int reset_in_the_middle(struct fake2_request *r)
{
    fake2_head(r, 200, "\r\n", COIL__HTTP2_UNKNOWN);
    write_to(r, "\x01\x03hel", 5);
    coil__http2_reset(r->http2, NGHTTP2_CANCEL);
    return 0;
}

static int echo_close(struct fake2_request *r)
{
    unsigned char bytes[16];
    size_t size = 0;
    ptrdiff_t n;

    fake2_head(r, 200, "\r\n", COIL__HTTP2_UNKNOWN);
    while (size < 8) { /* a masked close frame with a code */
        n = coil_stream_read(r->stream, bytes + size, 8 - size);
        ASSERT_GT(n, 0);
        size += (size_t)n;
    }
    write_to(r, "\x88\x02\x03\xe8", 4);
    n = coil_stream_shutdown(r->stream);
    ASSERT_EQ(n, 0);
    /* The client ends its side, and resets nothing. */
    n = coil_stream_read(r->stream, bytes, sizeof bytes);
    ASSERT_EQ(n, 0);
    ASSERT(!r->http2->was_reset);
    return 0;
}

static int second_head(struct fake2_request *r)
{
    char byte;
    ptrdiff_t n;
    int rc;

    fake2_head(r, 200, "\r\n", COIL__HTTP2_UNKNOWN);
    ASSERT_EQ(coil__http2_set_trailers(r->http2, "X: y\r\n\r\n", 8), 0);
    rc = coil_stream_shutdown(r->stream);
    ASSERT_EQ(rc, 0);
    n = coil_stream_read(r->stream, &byte, 1);
    ASSERT_EQ(n, -ECONNRESET);
    return 0;
}

SOCKET_TEST(websocket_http2_client_hears_of_resets)
{
    struct coil_websocket_message m;
    struct coil_websocket *ws;

    open_world(reset_at_once);
    ASSERT_EQ(connect_2(&ws), -ECONNRESET);
    ASSERT_NULL(ws);
    fake.handle = reset_in_the_middle;
    ASSERT_EQ(connect_2(&ws), 0);
    ASSERT_EQ(coil_websocket_recv(ws, &m), -ECONNRESET);
    ASSERT_EQ(coil_websocket_close(ws, COIL_WEBSOCKET_NORMAL, NULL),
              -ECONNRESET);
    coil_websocket_free(ws);
    fake.handle = second_head;
    ASSERT_EQ(connect_2(&ws), 0);
    ASSERT_EQ(coil_websocket_recv(ws, &m), COIL_EHTTP_MALFORMED);
    coil_websocket_free(ws);
    fake.handle = echo_close;
    ASSERT_EQ(connect_2(&ws), 0);
    ASSERT_EQ(coil_websocket_close(ws, COIL_WEBSOCKET_NORMAL, NULL), 0);
    coil_websocket_free(ws);
    while (fake.at_work > 0)
        ASSERT_EQ(coil_sleep(COIL_MILLISECOND), 0);
    ASSERT_EQ(fake.connections, 1);
    close_world();
}

/* A request that was refused is repeated. */
SOCKET_TEST(websocket_http2_client_asks_again)
{
    static const struct answer good = { 200, "\r\n", 0 };
    struct coil_websocket *ws;

    said = &good;
    open_world(answer_as_said);
    fake.refused = 2;
    ASSERT_EQ(connect_2(&ws), 0);
    ASSERT_EQ(fake.requests, 3);
    coil_websocket_free(ws);
    close_world();
}

static int wait_for_ever(struct fake2_request *r)
{
    char byte;

    return (int)coil_stream_read(r->stream, &byte, 1);
}

static int try_to_connect(void *arg)
{
    struct coil_websocket *ws;
    int rc = connect_2(&ws);

    (void)arg;
    ASSERT_NULL(ws);
    return rc;
}

SOCKET_TEST(websocket_http2_client_may_give_up)
{
    static const struct answer good = { 200, "\r\n", 0 };
    struct coil_websocket *ws;
    struct coil_task *task;

    open_world(wait_for_ever);
    task = start(try_to_connect, NULL);
    while (fake.at_work == 0)
        ASSERT_EQ(coil_sleep(COIL_MILLISECOND), 0);
    end_cancelled(task);
    while (fake.at_work > 0)
        ASSERT_EQ(coil_sleep(COIL_MILLISECOND), 0);
    said = &good;
    fake.handle = answer_as_said;
    ASSERT_EQ(connect_2(&ws), 0);
    ASSERT_EQ(fake.connections, 1);
    coil_websocket_free(ws);
    close_world();
}
