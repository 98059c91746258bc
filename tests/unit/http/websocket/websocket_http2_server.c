/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 120 */
/*
 * A server of WebSockets over HTTP/2, whose client sends whatever bytes a test wants.
 */
#define SEEDS 10

#include <coil/event.h>
#include <coil/websocket.h>

#include "http2_raw.h"
#include "http2_test.h"
#include "reports.h"
#include "websocket_server_test.h"
#include "websocket_test.h"

/* ---- a client ---------------------------------------------------------- */

static void meet(struct h2_raw *p)
{
    struct coil_address at;
    struct coil_stream *s;

    ASSERT_EQ(coil_http_server_address(ws_world.server, &at), 0);
    ASSERT_EQ(coil_tcp_connect_address(&s, &at), 0);
    h2_meet(p, s);
    h2_begin(p);
}

struct field {
    const char *name;
    const char *value;
};

static const struct field version = { "sec-websocket-version", "13" };

static void put_connect(struct h2_block *block, const char *protocol,
                        const char *path)
{
    h2_put_field(block, ":method", "CONNECT");
    h2_put_field(block, ":protocol", protocol);
    h2_put_field(block, ":scheme", "http");
    h2_put_field(block, ":path", path);
    h2_put_field(block, ":authority", "h");
}

static void ask_for(struct h2_raw *p, uint32_t id, const char *path)
{
    struct h2_block block = { .size = 0 };

    put_connect(&block, "websocket", path);
    h2_put_field(&block, version.name, version.value);
    h2_send_block(p, NGHTTP2_FLAG_END_HEADERS, id, &block);
}

static void open_one(struct h2_raw *p, uint32_t id)
{
    ask_for(p, id, "/ws");
    ASSERT(h2_read_until(p, NGHTTP2_HEADERS));
    ASSERT_NOT_NULL(strstr(p->head, ":status: 200\n"));
    ASSERT(!(p->frame.flags & NGHTTP2_FLAG_END_STREAM));
}

static void send_frame(struct h2_raw *p, uint32_t id, const struct frame *frame)
{
    unsigned char bytes[1024];
    size_t size = raw_put(bytes, frame, true);

    h2_send(p, NGHTTP2_DATA, 0, id, bytes, size);
}

static void expect_bytes(struct h2_raw *p, const char *bytes, size_t size)
{
    ASSERT(h2_read_until(p, NGHTTP2_DATA));
    ASSERT_EQ(p->frame.size, size);
    ASSERT_EQ(memcmp(p->frame.payload, bytes, size), 0);
}

static void open_world(struct h2_raw *p,
                       const struct coil_http_server_options *options)
{
    ws_world_open(options, NULL);
    watch_reports();
    meet(p);
}

static void close_world(struct h2_raw *p)
{
    ASSERT(h2_is_alive(p));
    ASSERT_EQ(report_count, 0);
    h2_part(p);
    ws_world_close();
}

static void await_end_of_handler(void)
{
    while (ws_world.ended == 1)
        ASSERT_EQ(coil_sleep(COIL_MILLISECOND), 0);
}

/* ---- the handshake ----------------------------------------------------- */

SOCKET_TEST(websocket_http2_server_offers_itself)
{
    struct h2_raw p;
    bool is_offered = false;

    open_world(&p, NULL);
    ASSERT(h2_read_until(&p, NGHTTP2_SETTINGS));
    for (size_t i = 0; i + 6 <= p.frame.size; i += 6)
        if (memcmp(p.frame.payload + i, "\0\x08\0\0\0\x01", 6) == 0)
            is_offered = true;
    ASSERT(is_offered);
    close_world(&p);
}

#define EXTENSION "sec-websocket-extensions"

static const struct {
    const char *protocol;
    struct field fields[3];
    int status;
    const char *said;     /* is in the head */
    const char *not_said; /* is in no head */
} handshakes[] = {
    { "websocket",
      { { "sec-websocket-version", "13" } },
      200,
      "\nx-added: yes",
      "content-length" },
    { "WebSocket",
      { { "sec-websocket-version", "13" } },
      200,
      "\ndate: ",
      EXTENSION },
    /* The words of HTTP/1.1 mean nothing. */
    { "websocket",
      { { "sec-websocket-version", "13" },
        { "sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==" } },
      200,
      "",
      "sec-websocket-accept" },
    { "websocket",
      { { "x", "y" } },
      426,
      "sec-websocket-version: 13",
      "upgrade" },
    { "websocket",
      { { "sec-websocket-version", "8" } },
      426,
      "sec-websocket-version: 13",
      "upgrade" },
    { "websocket",
      { { "sec-websocket-version", "13" }, { "sec-websocket-version", "13" } },
      400,
      "",
      "upgrade" },
    { "websocket",
      { { "sec-websocket-version", "13" }, { "content-length", "1" } },
      400,
      "",
      "upgrade" },
    { "websocket",
      { { "sec-websocket-version", "13" }, { EXTENSION, "=" } },
      400,
      "",
      EXTENSION },
    { "websocket",
      { { "sec-websocket-version", "13" },
        { EXTENSION, "permessage-deflate; client_max_window_bits=10" } },
      200,
      EXTENSION ": permessage-deflate; client_max_window_bits=10\n",
      "upgrade" },
    { "webtransport",
      { { "sec-websocket-version", "13" } },
      501,
      "",
      "x-added" },
};

SOCKET_TEST(websocket_http2_server_answers_only_the_right_question)
{
    struct h2_raw p;
    uint32_t id = 1;

    open_world(&p, NULL);
    for (size_t i = 0; i < sizeof handshakes / sizeof handshakes[0]; i++) {
        struct h2_block block = { .size = 0 };
        char status[32];

        put_connect(&block, handshakes[i].protocol, "/ws");
        for (size_t k = 0; k < 3 && handshakes[i].fields[k].name; k++)
            h2_put_field(&block, handshakes[i].fields[k].name,
                         handshakes[i].fields[k].value);
        h2_send_block(&p, NGHTTP2_FLAG_END_HEADERS, id, &block);
        do
            ASSERT(h2_read_until(&p, NGHTTP2_HEADERS));
        while (p.frame.stream != id);
        snprintf(status, sizeof status, ":status: %d\n", handshakes[i].status);
        if (!strstr(p.head, status) || !strstr(p.head, handshakes[i].said) ||
            strstr(p.head, handshakes[i].not_said))
            printf("%zu: %s\n", i, p.head);
        ASSERT_NOT_NULL(strstr(p.head, status));
        ASSERT_NOT_NULL(strstr(p.head, handshakes[i].said));
        ASSERT_NULL(strstr(p.head, handshakes[i].not_said));
        h2_reset(&p, id, NGHTTP2_CANCEL);
        id += 2;
    }
    close_world(&p);
}

/* ---- messages ---------------------------------------------------------- */

SOCKET_TEST(websocket_http2_server_speaks_in_data)
{
    struct h2_raw p;

    open_world(&p, NULL);
    open_one(&p, 1);
    send_frame(&p, 1, &FRAME(0x81, "hello"));
    expect_bytes(&p, "\x81\x05hello", 7);
    open_one(&p, 3);
    send_frame(&p, 3, &FRAME(0x89, "ping"));
    expect_bytes(&p, "\x8a\x04ping", 6);
    ASSERT_EQ(p.frame.stream, 3);
    send_frame(&p, 1,
               &FRAME(0x88, "\x03\xe8"
                            "bye"));
    expect_bytes(&p, "\x88\x02\x03\xe8", 4);
    ASSERT_EQ(p.frame.stream, 1);
    await_end_of_handler();
    ASSERT_EQ(ws_world.ended, -EPIPE);
    ASSERT_EQ(ws_world.code, COIL_WEBSOCKET_NORMAL);
    ASSERT_EQ(h2_answer(&p, 1), 0);
    send_frame(&p, 3, &FRAME(0x81, "still"));
    expect_bytes(&p, "\x81\x05still", 7);
    close_world(&p);
}

/* Frames of one have nothing to do with frames of the other. */
SOCKET_TEST(websocket_http2_server_takes_frames_in_pieces)
{
    unsigned char bytes[64];
    struct h2_raw p;
    size_t size;

    open_world(&p, NULL);
    open_one(&p, 1);
    size = raw_put(bytes, &FRAME(0x01, "hel"), true);
    size += raw_put(bytes + size, &FRAME(0x89, ""), true);
    size += raw_put(bytes + size, &FRAME(0x80, "lo"), true);
    for (size_t i = 0; i < size; i++)
        h2_send(&p, NGHTTP2_DATA, 0, 1, bytes + i, 1);
    expect_bytes(&p, "\x8a\0", 2);
    expect_bytes(&p, "\x81\x05hello", 7);
    size = raw_put(bytes, &FRAME(0x81, "a"), true);
    size += raw_put(bytes + size, &FRAME(0x81, "b"), true);
    h2_send(&p, NGHTTP2_DATA, 0, 1, bytes, size);
    do
        ASSERT(h2_read_until(&p, NGHTTP2_DATA));
    while (p.frame.payload[p.frame.size - 1] != 'b');
    close_world(&p);
}

SOCKET_TEST(websocket_http2_server_refuses_what_is_no_frame)
{
    struct h2_raw p;

    open_world(&p, NULL);
    open_one(&p, 1);
    h2_send(&p, NGHTTP2_DATA, 0, 1, "\x81\x05hello", 7);
    ASSERT(h2_read_until(&p, NGHTTP2_DATA));
    ASSERT_EQ(memcmp(p.frame.payload, "\x88\x0c\x03\xea", 4), 0);
    await_end_of_handler();
    ASSERT_EQ(ws_world.ended, COIL_EHTTP_MALFORMED);
    close_world(&p);
}

/* ---- the end in the middle --------------------------------------------- */

static void begin_message(struct h2_raw *p)
{
    open_one(p, 1);
    send_frame(p, 1, &FRAME(0x01, "hel"));
    send_frame(p, 1, &FRAME(0x89, ""));
    expect_bytes(p, "\x8a\0", 2);
}

SOCKET_TEST(websocket_http2_server_hears_of_a_reset)
{
    struct h2_raw p;

    open_world(&p, NULL);
    begin_message(&p);
    h2_reset(&p, 1, NGHTTP2_CANCEL);
    ASSERT(h2_is_alive(&p));
    await_end_of_handler();
    ASSERT_EQ(ws_world.ended, -ECONNRESET);
    ASSERT_EQ(ws_world.code, COIL_WEBSOCKET_ABNORMAL);
    open_one(&p, 3);
    send_frame(&p, 3, &FRAME(0x81, "hello"));
    expect_bytes(&p, "\x81\x05hello", 7);
    close_world(&p);
}

SOCKET_TEST(websocket_http2_server_hears_of_an_end)
{
    struct h2_raw p;

    open_world(&p, NULL);
    begin_message(&p);
    h2_send(&p, NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM, 1, "", 0);
    ASSERT_EQ(h2_answer(&p, 1), 0);
    await_end_of_handler();
    ASSERT_EQ(ws_world.ended, COIL_EHTTP_TRUNCATED);
    close_world(&p);
}

/* A handler that is cancelled cuts its stream off. */
SOCKET_TEST(websocket_http2_server_resets_when_it_stops)
{
    struct h2_raw p;

    open_world(&p, NULL);
    begin_message(&p);
    coil_http_server_stop(ws_world.server, 0);
    ASSERT_EQ(h2_answer(&p, 1), -1 - NGHTTP2_CANCEL);
    await_end_of_handler();
    ASSERT_EQ(ws_world.ended, -ECANCELED);
    h2_read_away(&p);
    ASSERT_EQ(report_count, 0);
    h2_part(&p);
    ws_world_close();
}

/* A client that breaks the rules while the server stops is not waited for. */
SOCKET_TEST(websocket_http2_server_stops_in_spite_of_a_fault)
{
    struct h2_raw p;

    open_world(&p, NULL);
    ASSERT_EQ(coil_http_server_route(ws_world.server, "GET", "/away",
                                     ws_go_away, NULL),
              0);
    ask_for(&p, 1, "/away");
    ASSERT(h2_read_until(&p, NGHTTP2_HEADERS));
    coil_http_server_stop(ws_world.server, 0);
    expect_bytes(&p, "\x88\x02\x03\xe9", 4);
    h2_send(&p, NGHTTP2_DATA, 0, 0, "x", 1);
    h2_read_away(&p);
    ASSERT_EQ(p.goaway, NGHTTP2_PROTOCOL_ERROR);
    await_end_of_handler();
    ASSERT_EQ(ws_world.ended, COIL_EHTTP_MALFORMED);
    ASSERT_EQ(report_count, 0);
    h2_part(&p);
    ws_world_close();
}

/* ---- limits ------------------------------------------------------------ */

enum { LARGE = 100000 };

static int say_much(struct coil_http_exchange *x, void *arg)
{
    static char large[LARGE];
    static const struct coil_websocket_options plain = { .ping_every =
                                                             COIL_NEVER };
    struct coil_websocket *ws;
    int rc = coil_websocket_accept(&ws, x, &plain);
    int *sent = arg;

    for (*sent = 0; rc == 0 && *sent < 3; *sent += rc == 0)
        rc = coil_websocket_send(ws, COIL_WEBSOCKET_BINARY, large, LARGE);
    ws_world.ended =
        rc == 0 ? coil_websocket_close(ws, COIL_WEBSOCKET_NORMAL, NULL) : rc;
    coil_websocket_free(ws);
    return rc;
}

/* Who opens no window is sent nothing, and the sender waits. */
SOCKET_TEST(websocket_http2_server_waits_for_the_window)
{
    struct h2_raw p;
    size_t got = 0;
    int sent;

    open_world(&p, NULL);
    ASSERT_EQ(coil_http_server_route(ws_world.server, "GET", "/much", say_much,
                                     &sent),
              0);
    ask_for(&p, 1, "/much");
    while (got < 65535) {
        ASSERT(h2_read_until(&p, NGHTTP2_DATA));
        got += p.frame.size;
    }
    ASSERT(h2_is_alive(&p));
    ASSERT_EQ(got, 65535);
    ASSERT_LT(sent, 3);
    h2_grant(&p, 0, 1000000);
    h2_grant(&p, 1, 1000000);
    while (got < 3 * (LARGE + 10) + 4) {
        ASSERT(h2_read_until(&p, NGHTTP2_DATA));
        got += p.frame.size;
    }
    ASSERT_EQ(got, 3 * (LARGE + 10) + 4);
    send_frame(&p, 1, &FRAME(0x88, "\x03\xe8"));
    await_end_of_handler();
    ASSERT_EQ(ws_world.ended, 0);
    close_world(&p);
}

static struct coil_event go;

static int listen_later(struct coil_http_exchange *x, void *arg)
{
    static char piece[1000];
    enum coil_websocket_kind kind;
    struct coil_websocket *ws;
    ptrdiff_t n;
    bool is_end;
    int rc = coil_websocket_accept(&ws, x, NULL);

    (void)arg;
    if (rc == 0)
        rc = coil_event_wait(&go);
    if (rc < 0)
        return rc;
    do
        n = coil_websocket_read(ws, piece, sizeof piece, &kind, &is_end);
    while (n >= 0);
    ws_world.ended = (int)n;
    n = coil_websocket_read(ws, piece, sizeof piece, &kind, &is_end);
    ASSERT_EQ(n, ws_world.ended);
    coil_websocket_free(ws);
    return (int)n;
}

/* What there was no room for is lost, and so is the WebSocket; not the connection. */
SOCKET_TEST(websocket_http2_server_ends_what_has_lost_bytes)
{
    static unsigned char bytes[16000];
    const struct coil_http_server_options options = { .max_buffered = 20000 };
    struct h2_raw p;

    coil_event_init(&go);
    open_world(&p, &options);
    ASSERT_EQ(coil_http_server_route(ws_world.server, "GET", "/later",
                                     listen_later, NULL),
              0);
    ask_for(&p, 1, "/later");
    ASSERT(h2_read_until(&p, NGHTTP2_HEADERS));
    memcpy(bytes, "\x82\xff\0\0\0\0\0\x10\0\0", 10); /* 1 MiB follows */
    for (int i = 0; i < 3; i++)
        h2_send(&p, NGHTTP2_DATA, 0, 1, bytes, sizeof bytes);
    ASSERT(h2_is_alive(&p));
    coil_event_set(&go);
    ASSERT(h2_read_until(&p, NGHTTP2_DATA));
    ASSERT_EQ(memcmp(p.frame.payload, "\x88\x0b\x03\xf3no memory", 13), 0);
    await_end_of_handler();
    ASSERT_EQ(ws_world.ended, -ENOBUFS);
    close_world(&p);
}
