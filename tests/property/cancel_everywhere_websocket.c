/* SPDX-License-Identifier: MIT */
/*
 * Every suspending function of WebSockets, cancelled in each state of its wait;
 * that of the server's handshake is in cancel_everywhere_http_server.c.
 */
/* TIMEOUT: 60 */
#include <stdlib.h>

#include <coil/http_client.h>
#include <coil/websocket.h>

#include "http/wire/websocket_key.h"
#include "cancel_everywhere.h"
#include "websocket_test.h"

/* ---- a server that answers when it is told to ----------------------------- */

static struct coil_http_client *client;
static struct coil_listener *listener;
static struct coil_task *answering;
static char url[64];

static void make_client(void)
{
    struct coil_address address;

    ASSERT_EQ(coil_http_client_new(&client, NULL), 0);
    ASSERT_EQ(coil_tcp_listen(&listener, "127.0.0.1", 0), 0);
    coil_listener_address(listener, &address);
    snprintf(url, sizeof url, "ws://127.0.0.1:%u/",
             (unsigned)coil_address_port(&address));
    answering = NULL;
}

static void free_client(void)
{
    if (answering) {
        coil_task_cancel(answering);
        ASSERT_EQ(end_of(answering), -ECANCELED);
    }
    ASSERT_EQ(coil_http_client_connections(client), 0);
    coil_http_client_free(client);
    coil_listener_close(listener);
}

/* One handshake; whoever gave up has closed the connection. */
static int answer(struct coil_stream *stream)
{
    char accept[COIL__WEBSOCKET_ACCEPT_SIZE];
    char head[1024] = "";
    char text[256];
    size_t length;
    int rc = coil_stream_read_until(stream, "\r\n\r\n", 4, head,
                                    sizeof head - 1, &length);

    if (rc < 0)
        return rc;
    coil__websocket_answer(accept, strstr(head, "-Key: ") + 6);
    snprintf(text, sizeof text,
             "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: upgrade\r\n"
             "Sec-WebSocket-Accept: %s\r\n\r\n",
             accept);
    rc = coil_stream_write(stream, text, strlen(text));
    return rc < 0 ? rc : coil_stream_flush(stream);
}

static int answer_all(void *arg)
{
    struct coil_stream *stream;
    int rc;

    (void)arg;
    do {
        rc = coil_listener_accept(listener, &stream);
        if (rc < 0)
            break;
        rc = answer(stream);
        coil_stream_abort(stream);
    } while (rc != -ECANCELED);
    return rc;
}

static void begin_to_answer(void)
{
    answering = start(answer_all, NULL);
}

static int open_websocket(void)
{
    const struct coil_http_request request = { .url = url };
    struct coil_websocket *ws;
    int rc = coil_websocket_connect(&ws, client, &request, NULL);

    ASSERT_EQ(ws != NULL, rc == 0);
    coil_websocket_free(ws);
    return rc;
}

/* ---- receiving -------------------------------------------------------------- */

static struct raw raw;

static void begin(void)
{
    raw_begin(&raw, false);
}

static void finish(void)
{
    raw_end(&raw);
}

static void send_text_to_it(void)
{
    raw_send(&raw, &FRAME(0x81, "hello"));
    settle();
}

static int receive(void)
{
    struct coil_websocket_message m;
    int rc = coil_websocket_recv(raw.ws, &m);

    if (rc == 0)
        ASSERT_STR_EQ(m.data, "hello");
    return rc;
}

static int read_pieces(void)
{
    enum coil_websocket_kind kind;
    bool is_end = false;
    char text[8];
    ptrdiff_t n =
        coil_websocket_read(raw.ws, text, sizeof text, &kind, &is_end);

    if (n < 0)
        return (int)n;
    ASSERT_EQ(n, 5);
    ASSERT(is_end);
    return 0;
}

/* ---- sending ---------------------------------------------------------------- */

static char much[300000];

static int send_much(void *arg)
{
    (void)arg;
    return coil_websocket_send(raw.ws, COIL_WEBSOCKET_BINARY, much,
                               sizeof much);
}

/* The other side reads nothing. */
static void begin_full(void)
{
    begin();
    ASSERT_EQ(end_of(start(send_much, NULL)), 0);
}

static void make_room(void)
{
    static char bytes[65536];
    size_t got = 0;

    while (got < sizeof much + 10) {
        ptrdiff_t n = coil_stream_read(raw.far, bytes, sizeof bytes);

        ASSERT_GT(n, 0);
        got += (size_t)n;
    }
}

static int send_word(void)
{
    return coil_websocket_send(raw.ws, COIL_WEBSOCKET_TEXT, "word", 4);
}

static int write_word(void)
{
    return coil_websocket_write(raw.ws, COIL_WEBSOCKET_TEXT, "word", 4, true);
}

static int ping_word(void)
{
    return coil_websocket_ping(raw.ws, "word", 4);
}

static int pong_word(void)
{
    return coil_websocket_pong(raw.ws, "word", 4);
}

/* ---- closing ---------------------------------------------------------------- */

static void send_close(void)
{
    raw_send(&raw, &FRAME(0x88, "\x03\xe8"));
    settle();
}

static int shut(void)
{
    return coil_websocket_close(raw.ws, COIL_WEBSOCKET_NORMAL, NULL);
}

/* ---- the table -------------------------------------------------------------- */

static const struct everywhere table[] = {
    CASE(coil_websocket_connect, .prepare = make_client, .call = open_websocket,
         .ready = begin_to_answer, .finish = free_client),
    CASE(coil_websocket_connect, .prepare = make_client, .call = open_websocket,
         .ready = begin_to_answer, .finish = free_client, .flags = SETTLES),
    CASE(coil_websocket_recv, .prepare = begin, .call = receive,
         .ready = send_text_to_it, .finish = finish),
    CASE(coil_websocket_read, .prepare = begin, .call = read_pieces,
         .ready = send_text_to_it, .finish = finish),
    CASE(coil_websocket_send, .prepare = begin_full, .call = send_word,
         .ready = make_room, .finish = finish),
    CASE(coil_websocket_write, .prepare = begin_full, .call = write_word,
         .ready = make_room, .finish = finish),
    CASE(coil_websocket_ping, .prepare = begin_full, .call = ping_word,
         .ready = make_room, .finish = finish),
    CASE(coil_websocket_pong, .prepare = begin_full, .call = pong_word,
         .ready = make_room, .finish = finish),
    CASE(coil_websocket_close, .prepare = begin, .call = shut,
         .ready = send_close, .finish = finish),
};

EVERYWHERE_TEST(cancel_everywhere_websocket_parked, table, cancel_parked)
EVERYWHERE_TEST(cancel_everywhere_websocket_granted, table, cancel_granted)
EVERYWHERE_TEST(cancel_everywhere_websocket_on_entry, table, cancel_on_entry)
EVERYWHERE_TEST(cancel_everywhere_websocket_on_entry_when_ready, table,
                cancel_on_entry_when_ready)
