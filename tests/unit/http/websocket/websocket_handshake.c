/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 60 */
/*
 * How a WebSocket begins: what a client asks for and takes as an answer, and what
 * a server takes and answers.
 */
#include <stdlib.h>

#include <coil/websocket.h>

#include "http/wire/websocket_key.h"
#include "reports.h"
#include "tunnel.h"
#include "websocket_server_test.h"

/* ---- both -------------------------------------------------------------- */

/* The same client, for the same origin, asks for a page. */
static void fetch_beside(int status)
{
    struct coil_http_response *r;
    char page[256];

    snprintf(page, sizeof page, "http%s", ws_world.url + 2);
    ASSERT_EQ(coil_http_get(ws_world.client, page, &r), 0);
    ASSERT_EQ(r->status, status);
    coil_http_response_free(r);
}

SOCKET_TEST(websocket_handshake_leads_to_messages)
{
    const struct coil_http_response *r;
    struct coil_websocket *ws;

    ws_world_open(NULL, NULL);
    ASSERT_EQ(ws_connect(&ws, NULL), 0);
    r = coil_websocket_response(ws);
    ASSERT_EQ(r->status, 101);
    ASSERT_STR_EQ(coil_http_response_header(r, "x-added"), "yes");
    ASSERT_STR_EQ(ws_world.origin, "http://a.test");
    ASSERT_NULL(coil_websocket_subprotocol(ws));
    ASSERT_EQ(coil_http_client_connections(ws_world.client), 1);
    ws_check_echo(ws, "hello");
    ws_check_echo(ws, "");
    ws_check_echo(ws, "\xc3\xa9");
    fetch_beside(426);
    ws_finish(ws);
    ASSERT_EQ(coil_http_client_connections(ws_world.client), 0);
    ws_world_close();
}

SOCKET_TEST(websocket_handshake_chooses_a_subprotocol)
{
    static const char *const known[] = { "chat", "soap" };
    static const char *const offered[] = { "Chat", "x", "soap", "chat" };
    static const char *const others[] = { "Chat" };
    const struct coil_websocket_options server = { .subprotocols = known,
                                                   .subprotocol_count = 2 };
    struct coil_websocket_options options = { .subprotocols = offered,
                                              .subprotocol_count = 4 };
    struct coil_websocket *ws;

    ws_world_open(NULL, NULL);
    ws_world.options = &server;
    ASSERT_EQ(ws_connect(&ws, &options), 0);
    ASSERT_STR_EQ(coil_websocket_subprotocol(ws), "chat");
    ASSERT_STR_EQ(ws_world.subprotocol, "chat");
    ws_finish(ws);
    options.subprotocols = others;
    options.subprotocol_count = 1;
    ASSERT_EQ(ws_connect(&ws, &options), 0);
    ASSERT_NULL(coil_websocket_subprotocol(ws));
    ws_finish(ws);
    ws_world_close();
}

SOCKET_TEST(websocket_handshake_agrees_on_compression)
{
    static const struct coil_websocket_options cases[] = {
        { .deflate.window_bits = 10 },
        { .deflate.forget = true, .ping_every = COIL_NEVER },
        { .deflate.is_off = true },
    };
    struct coil_websocket *ws;

    ws_world_open(NULL, NULL);
    memmove(ws_world.url + 4, ws_world.url + 2, strlen(ws_world.url) - 1);
    memcpy(ws_world.url, "http", 4);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ASSERT_EQ(ws_connect(&ws, &cases[i]), 0);
        ws_check_echo(ws, "hello");
        ASSERT_EQ(coil_websocket_is_deflated(ws), ws_world.is_deflated);
        ASSERT(i < 2 || !ws_world.is_deflated);
        ws_finish(ws);
    }
    ws_world_close();
}

/* A system that lacks memory for a moment ends no WebSocket. */
SOCKET_TEST(websocket_handshake_is_followed_by_a_lack_of_memory)
{
    static const int errors[] = { -ENOMEM, -ENOBUFS, -ENOSPC };
    struct coil_websocket_message m;
    struct coil_websocket *ws;

    ws_world_open(NULL, NULL);
    ASSERT_EQ(ws_connect(&ws, NULL), 0);
    for (int i = 0; simulated && i < 3; i++) {
        ASSERT_EQ(coil_test_fail_call(1, errors[i]), 0);
        ASSERT_EQ(coil_websocket_recv(ws, &m), errors[i]);
        ws_check_echo(ws, "still there");
    }
    ws_finish(ws);
    ws_world_close();
}

/* Clients vanish; the handler returns what it was told, and that is no report. */
SOCKET_TEST(websocket_handshake_is_followed_by_silence)
{
    struct coil_websocket *ws;

    ws_world_open(NULL, NULL);
    watch_reports();
    ASSERT_EQ(ws_connect(&ws, NULL), 0);
    ws_check_echo(ws, "hello");
    coil_websocket_free(ws);
    while (coil_http_server_connections(ws_world.server) > 0)
        ASSERT_EQ(coil_sleep(10 * COIL_MILLISECOND), 0);
    ASSERT_LT(ws_world.ended, 0);
    ASSERT_EQ(report_count, 0);
    ws_world_close();
}

/*
 * A connection that breaks is no good end, whatever error the system has for that:
 * -EPIPE is for who has heard a close frame.
 */
SOCKET_TEST(websocket_handshake_is_followed_by_a_broken_connection)
{
    static const int errors[] = { -EPIPE, -ECONNRESET, -ETIMEDOUT };
    struct coil_websocket_message m;
    struct coil_websocket *ws;

    ws_world_open(NULL, NULL);
    for (int i = 0; simulated && i < 3; i++) {
        int expected = i == 0 ? COIL_EHTTP_TRUNCATED : errors[i];

        ASSERT_EQ(ws_connect(&ws, NULL), 0);
        ASSERT_EQ(coil_test_fail_call(1, errors[i]), 0);
        ASSERT_EQ(coil_websocket_recv(ws, &m), expected);
        ASSERT_EQ(coil_websocket_recv(ws, &m), expected);
        ASSERT_EQ(coil_websocket_close_code(ws), COIL_WEBSOCKET_ABNORMAL);
        ASSERT_EQ(coil_websocket_close(ws, COIL_WEBSOCKET_NORMAL, NULL),
                  expected);
        coil_websocket_free(ws);
    }
    ASSERT_EQ(ws_connect(&ws, NULL), 0);
    ws_check_echo(ws, "hello");
    ws_finish(ws);
    ws_world_close();
}

static int answer_twice(struct coil_http_exchange *x, void *arg)
{
    static const struct coil_websocket_options bad = { .close_limit = -1 };
    struct coil_websocket *ws;
    int rc;

    (void)arg;
    ASSERT_EQ(coil_websocket_accept(&ws, x, &bad), -EINVAL);
    rc = coil_http_respond(x, 200, NULL, "", 0);
    ASSERT_EQ(coil_websocket_accept(&ws, x, NULL), -EALREADY);
    ASSERT_NULL(ws);
    return rc;
}

SOCKET_TEST(websocket_handshake_comes_once)
{
    struct coil_websocket *ws;

    ws_world_open(NULL, NULL);
    ASSERT_EQ(coil_http_server_route(ws_world.server, "GET", "/twice",
                                     answer_twice, NULL),
              0);
    strcpy(strstr(ws_world.url, "/ws"), "/twice");
    ASSERT_EQ(ws_connect(&ws, NULL), COIL_EWEBSOCKET_REFUSED);
    ws_world_close();
}

/* A plain proxy would not know what to do with 101. */
SOCKET_TEST(websocket_handshake_asks_a_proxy_for_a_tunnel)
{
    struct coil_http_client_options options = { .proxy = "http://127.0.0.1:1" };
    char proxy[256];
    struct coil_websocket *ws;

    tunnel_count = 0;
    ws_world_open(
        &(struct coil_http_server_options){ .prepare = be_connect_proxy },
        NULL);
    coil_http_client_free(ws_world.client);
    snprintf(proxy, sizeof proxy, "http%s", ws_world.url + 2);
    *strstr(proxy, "/ws") = '\0';
    options.proxy = proxy;
    ASSERT_EQ(coil_http_client_new(&ws_world.client, &options), 0);
    strcpy(ws_world.url, "ws://there.test/ws");
    ASSERT_EQ(ws_connect(&ws, NULL), 0);
    ASSERT_NOT_NULL(strstr(tunnel_heard, "CONNECT there.test:80 "));
    ASSERT_EQ(tunnel_count, 1);
    ws_check_echo(ws, "through");
    ws_finish(ws);
    ws_world_close();
}

SOCKET_TEST(websocket_handshake_may_be_refused)
{
    struct coil_http_response *refusal;
    struct coil_websocket_options options = { .refusal = &refusal };
    struct coil_websocket *ws;
    char piece[64];
    ptrdiff_t n;

    ws_world_open(NULL, NULL);
    strcpy(strstr(ws_world.url, "/ws"), "/no");
    ASSERT_EQ(ws_connect(&ws, NULL), COIL_EWEBSOCKET_REFUSED);
    ASSERT_NULL(ws);
    ASSERT_EQ(ws_connect(&ws, &options), COIL_EWEBSOCKET_REFUSED);
    ASSERT_EQ(refusal->status, 404);
    n = coil_http_read(refusal, piece, sizeof piece);
    ASSERT_GT(n, 0);
    coil_http_response_free(refusal);
    strcpy(strstr(ws_world.url, "/no"), "/ws");
    ASSERT_EQ(ws_connect(&ws, &options), 0);
    ASSERT_NULL(refusal);
    ws_finish(ws);
    ws_world_close();
}

static int accept_without_memory(struct coil_http_exchange *x, void *arg)
{
    struct coil_websocket *ws;

    (void)arg;
    coil_test_fail_allocation(1, false);
    ws_world.accepted = coil_websocket_accept(&ws, x, NULL);
    coil_test_fail_allocation(0, false);
    ASSERT_NULL(ws);
    return ws_world.accepted;
}

/* Where the refusal finds no memory, the answer is no half of it. */
SOCKET_TEST(websocket_handshake_is_not_refused_without_memory)
{
    struct coil_http_response *r;
    char page[256];

    ws_world_open(NULL, NULL);
    watch_reports();
    ASSERT_EQ(coil_http_server_route(ws_world.server, "GET", "/lack",
                                     accept_without_memory, NULL),
              0);
    strcpy(strstr(ws_world.url, "/ws"), "/lack");
    snprintf(page, sizeof page, "http%s", ws_world.url + 2);
    ASSERT_EQ(coil_http_get(ws_world.client, page, &r), 0);
    ASSERT_EQ(ws_world.accepted, -ENOMEM);
    ASSERT_EQ(r->status, 500);
    ASSERT_NULL(coil_http_response_header(r, "Upgrade"));
    coil_http_response_free(r);
    ws_world_close();
}

SOCKET_TEST(websocket_handshake_refuses_what_cannot_be_asked)
{
    static const struct coil_http_header own[] = {
        { "Upgrade", "h2c" },
        { "connection", "close" },
        { "Sec-WebSocket-Version", "12" },
    };
    static const char *const bad[] = { "a b" };
    struct coil_websocket_options options = { .subprotocols = bad,
                                              .subprotocol_count = 1 };
    struct coil_http_request request = { .url = "ws://h.test/" };
    struct coil_http_client *client;
    struct coil_websocket *ws;

    ASSERT_EQ(coil_http_client_new(&client, NULL), 0);
    request.header_count = 1;
    for (int i = 0; i < 3; i++) {
        request.headers = &own[i];
        ASSERT_EQ(coil_websocket_connect(&ws, client, &request, NULL),
                  COIL_EHTTP_BAD_HEADER);
    }
    request.header_count = 0;
    ASSERT_EQ(coil_websocket_connect(&ws, client, &request, &options),
              COIL_EHTTP_BAD_HEADER);
    options = (struct coil_websocket_options){ .deflate.window_bits = 8 };
    ASSERT_EQ(coil_websocket_connect(&ws, client, &request, &options), -EINVAL);
    request.method = "POST";
    ASSERT_EQ(coil_websocket_connect(&ws, client, &request, NULL), -EINVAL);
    request.method = "GET";
    request.body = "x";
    request.body_size = 1;
    ASSERT_EQ(coil_websocket_connect(&ws, client, &request, NULL), -EINVAL);
    request.body_size = 0;
    request.source = &(struct coil_http_source){ .size = 0 };
    ASSERT_EQ(coil_websocket_connect(&ws, client, &request, NULL), -EINVAL);
    request.source = NULL;
    request.trailer_count = 1;
    ASSERT_EQ(coil_websocket_connect(&ws, client, &request, NULL), -EINVAL);
    request = (struct coil_http_request){ .url = "x" };
    ASSERT_EQ(coil_websocket_connect(&ws, client, &request, NULL),
              COIL_EHTTP_BAD_URL);
    request.url = "wsx://h.test/";
    ASSERT_EQ(coil_websocket_connect(&ws, client, &request, NULL),
              COIL_EHTTP_BAD_SCHEME);
    request = (struct coil_http_request){ .url = "ftp://h.test/" };
    ASSERT_EQ(coil_websocket_connect(&ws, client, &request, NULL),
              COIL_EHTTP_BAD_SCHEME);
    coil_http_client_free(client);
}

/* ---- the client -------------------------------------------------------- */

/* What a server says; %s stands for the right answer to the key. */
struct answer {
    const char *text;
    int rc;
};

#define SWITCH "HTTP/1.1 101 Switching Protocols\r\n"
#define UPGRADE "Upgrade: WebSocket\r\n"
#define CONNECTION "Connection: keep-alive, Upgrade\r\n"
#define ACCEPT "Sec-WebSocket-Accept: %s\r\n"
#define GOOD SWITCH UPGRADE CONNECTION ACCEPT
#define EXTENSION "Sec-WebSocket-Extensions: "
#define MALFORMED COIL_EHTTP_MALFORMED

static const struct answer answers[] = {
    { GOOD "\r\n", 0 },
    { SWITCH CONNECTION ACCEPT "\r\n", MALFORMED },
    { SWITCH UPGRADE ACCEPT "\r\n", MALFORMED },
    { SWITCH UPGRADE CONNECTION "\r\n", MALFORMED },
    { SWITCH "Upgrade: h2c\r\n" CONNECTION ACCEPT "\r\n", MALFORMED },
    { SWITCH UPGRADE "Connection: close\r\n" ACCEPT "\r\n", MALFORMED },
    { SWITCH UPGRADE CONNECTION
      "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
      MALFORMED },
    { GOOD ACCEPT "\r\n", MALFORMED },
    { GOOD "Sec-WebSocket-Protocol: chat\r\n\r\n", 0 },
    { GOOD "Sec-WebSocket-Protocol: other\r\n\r\n", MALFORMED },
    { GOOD "Sec-WebSocket-Protocol: Chat\r\n\r\n", MALFORMED },
    { GOOD "Sec-WebSocket-Protocol: chat, soap\r\n\r\n", MALFORMED },
    { GOOD EXTENSION "permessage-deflate\r\n\r\n", 0 },
    { GOOD EXTENSION "permessage-deflate; client_no_context_takeover; "
                     "server_max_window_bits=\"9\"\r\n\r\n",
      0 },
    { GOOD EXTENSION "permessage-deflate;client_max_window_bits=8\r\n\r\n", 0 },
    { GOOD EXTENSION "permessage-deflate; client_max_window_bits\r\n\r\n",
      MALFORMED },
    { GOOD EXTENSION "permessage-deflate; server_max_window_bits\r\n\r\n",
      MALFORMED },
    { GOOD EXTENSION "permessage-deflate; server_max_window_bits=16\r\n\r\n",
      MALFORMED },
    { GOOD EXTENSION "permessage-deflate; server_max_window_bits=09\r\n\r\n",
      MALFORMED },
    { GOOD EXTENSION "permessage-deflate; other\r\n\r\n", MALFORMED },
    { GOOD EXTENSION "permessage-deflate; server_no_context_takeover=1\r\n\r\n",
      MALFORMED },
    { GOOD EXTENSION "permessage-deflate, permessage-deflate\r\n\r\n",
      MALFORMED },
    { GOOD EXTENSION "permessage-other\r\n\r\n", MALFORMED },
    { GOOD EXTENSION "permessage-deflate; a=\"b\r\n\r\n", MALFORMED },
    { GOOD EXTENSION "permessage-deflate;\r\n\r\n", MALFORMED },
    { GOOD EXTENSION "(\r\n\r\n", MALFORMED },
    { "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", COIL_EWEBSOCKET_REFUSED },
    { "HTTP/1.1 426 No\r\nContent-Length: 0\r\n\r\n", COIL_EWEBSOCKET_REFUSED },
    { "", COIL_EHTTP_TRUNCATED },
};

static struct coil_listener *listener;
static const struct answer *said;

static int answer_one(void *arg)
{
    char head[1024] = "";
    char answer[COIL__WEBSOCKET_ACCEPT_SIZE];
    char key[COIL__WEBSOCKET_KEY_SIZE];
    char text[1024];
    struct coil_stream *s;
    size_t size;
    int rc = coil_listener_accept(listener, &s);

    (void)arg;
    ASSERT_EQ(rc, 0);
    rc = coil_stream_read_until(s, "\r\n\r\n", 4, head, sizeof head - 1, &size);
    ASSERT_EQ(rc, 0);
    ASSERT_NOT_NULL(strstr(head, "\r\nUpgrade: websocket\r\n"));
    ASSERT_NOT_NULL(strstr(head, "\r\nConnection: Upgrade\r\n"));
    ASSERT_NOT_NULL(strstr(head, "\r\nSec-WebSocket-Version: 13\r\n"));
    ASSERT_EQ(sscanf(strstr(head, "Sec-WebSocket-Key: "),
                     "Sec-WebSocket-Key: %24s", key),
              1);
    ASSERT(coil__websocket_is_key(key));
    coil__websocket_answer(answer, key);
    snprintf(text, sizeof text, said->text, answer, answer);
    rc = coil_stream_write(s, text, strlen(text));
    ASSERT_EQ(rc, 0);
    return coil_stream_close(s);
}

SOCKET_TEST(websocket_handshake_takes_only_the_right_answer)
{
    static const char *const offered[] = { "soap", "chat" };
    struct coil_websocket_options options = { .subprotocols = offered,
                                              .subprotocol_count = 2 };
    struct coil_address address;
    struct coil_http_client *client;
    char url[64];
    struct coil_http_request request = { .url = url };

    listener = listening(&address);
    snprintf(url, sizeof url, "ws://127.0.0.1:%u?q",
             (unsigned)coil_address_port(&address));
    ASSERT_EQ(coil_http_client_new(&client, NULL), 0);
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        struct coil_websocket *ws;
        struct coil_task *server;
        int rc;

        said = &answers[i];
        server = start(answer_one, NULL);
        rc = coil_websocket_connect(&ws, client, &request, &options);
        ASSERT_EQ(rc, said->rc);
        ASSERT_EQ(ws != NULL, rc == 0);
        coil_websocket_free(ws);
        ASSERT_EQ(end_of(server), 0);
    }
    coil_http_client_free(client);
    coil_listener_close(listener);
}

/* The server's first message comes in one piece with its answer. */
SOCKET_TEST(websocket_handshake_may_be_followed_at_once)
{
    static const struct answer first = { GOOD "\r\n\x81\x05"
                                              "first",
                                         0 };
    struct coil_websocket_message m;
    struct coil_address address;
    struct coil_http_client *client;
    struct coil_websocket *ws;
    struct coil_task *server;
    char url[64];
    struct coil_http_request request = { .url = url };

    listener = listening(&address);
    snprintf(url, sizeof url, "ws://127.0.0.1:%u/",
             (unsigned)coil_address_port(&address));
    ASSERT_EQ(coil_http_client_new(&client, NULL), 0);
    said = &first;
    server = start(answer_one, NULL);
    ASSERT_EQ(coil_websocket_connect(&ws, client, &request, NULL), 0);
    ASSERT_EQ(coil_websocket_recv(ws, &m), 0);
    ASSERT_STR_EQ(m.data, "first");
    ASSERT_EQ(coil_websocket_recv(ws, &m), COIL_EHTTP_TRUNCATED);
    coil_websocket_free(ws);
    ASSERT_EQ(end_of(server), 0);
    coil_http_client_free(client);
    coil_listener_close(listener);
}

/* ---- the server -------------------------------------------------------- */

#define KEY "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define VERSION "Sec-WebSocket-Version: 13\r\n"
#define ASK "GET /ws HTTP/1.1\r\nHost: h\r\n"
#define ASK_UP ASK "Upgrade: h2c, websocket\r\nConnection: x, upgrade\r\n"

static const struct {
    const char *request;
    const char *answer; /* is in the answer */
} requests[] = {
    { ASK_UP KEY VERSION, "101 Switching Protocols\r\nUpgrade: websocket\r\n"
                          "Connection: Upgrade\r\nSec-WebSocket-Accept: "
                          "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nX-Added: yes\r\n" },
    { ASK KEY VERSION, "426 Upgrade Required" },
    { ASK "Upgrade: websocket\r\n" KEY VERSION, "426 Upgrade Required" },
    { ASK_UP KEY, "426 Upgrade Required" },
    { ASK_UP KEY "Sec-WebSocket-Version: 8\r\n",
      "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" },
    { ASK_UP VERSION, "400 Bad Request" },
    { ASK_UP KEY KEY VERSION, "400 Bad Request" },
    { ASK_UP KEY VERSION VERSION, "400 Bad Request" },
    { ASK_UP VERSION "Sec-WebSocket-Key: x\r\n", "400 Bad Request" },
    { ASK_UP VERSION "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZR==\r\n",
      "400 Bad Request" },
    { ASK_UP VERSION "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZ===\r\n",
      "400 Bad Request" },
    { "POST /ws HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\nUpgrade: websocket"
      "\r\nConnection: upgrade\r\n" KEY VERSION,
      "400 Bad Request" },
    { "GET /ws HTTP/1.0\r\nUpgrade: websocket\r\nConnection: upgrade\r\n" KEY
          VERSION,
      "400 Bad Request" },
    { ASK_UP KEY VERSION "Content-Length: 1\r\n", "400 Bad Request" },
    { ASK_UP KEY VERSION "Transfer-Encoding: chunked\r\n", "400 Bad Request" },
    { ASK_UP KEY VERSION EXTENSION "=\r\n", "400 Bad Request" },
    { ASK_UP KEY VERSION EXTENSION "x; y=\"z\r\n", "400 Bad Request" },
    { ASK_UP KEY VERSION EXTENSION "x-webkit; y=z , other\r\n",
      "xOo=\r\nX-Added" },
    { ASK_UP KEY VERSION EXTENSION "permessage-deflate; "
                                   "server_max_window_bits=8\r\n",
      EXTENSION "permessage-deflate; server_max_window_bits=8\r\n" },
    /* Of two offers, the first that can be accepted. */
    { ASK_UP KEY VERSION EXTENSION
      "permessage-deflate; what, permessage-deflate; "
      "client_max_window_bits; server_no_context_takeover\r\n",
      EXTENSION "permessage-deflate; server_no_context_takeover\r\n" },
    { ASK_UP KEY VERSION EXTENSION
      "permessage-deflate; client_max_window_bits=10\r\n" EXTENSION
      "permessage-deflate\r\n",
      EXTENSION "permessage-deflate; client_max_window_bits=10\r\n" },
};

static void ask_bytes(const char *text, char *answer, size_t size)
{
    struct coil_address address;
    struct coil_stream *s;
    size_t got;

    ASSERT_EQ(coil_http_server_address(ws_world.server, &address), 0);
    ASSERT_EQ(coil_tcp_connect_address(&s, &address), 0);
    ASSERT_EQ(coil_stream_write(s, text, strlen(text)), 0);
    ASSERT_EQ(coil_stream_write(s, "\r\n", 2), 0);
    memset(answer, 0, size);
    ASSERT_EQ(coil_stream_read_until(s, "\r\n\r\n", 4, answer, size - 1, &got),
              0);
    coil_stream_abort(s);
}

SOCKET_TEST(websocket_handshake_answers_only_the_right_question)
{
    char answer[1024];

    ws_world_open(NULL, NULL);
    watch_reports();
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
        ask_bytes(requests[i].request, answer, sizeof answer);
        if (!strstr(answer, requests[i].answer))
            printf("%zu: %s\n", i, answer);
        ASSERT_NOT_NULL(strstr(answer, requests[i].answer));
    }
    ws_world_close();
}

TEST(websocket_handshake_key_and_answer_are_those_of_the_rfc)
{
    char key[COIL__WEBSOCKET_KEY_SIZE];
    char answer[COIL__WEBSOCKET_ACCEPT_SIZE];

    coil__websocket_key(key, (const unsigned char *)"the sample nonce");
    ASSERT_STR_EQ(key, "dGhlIHNhbXBsZSBub25jZQ==");
    coil__websocket_answer(answer, key);
    ASSERT_STR_EQ(answer, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}
