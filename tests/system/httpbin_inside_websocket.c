/* SPDX-License-Identifier: MIT */
/*
 * coil-httpbin as a part of this program: its WebSockets.
 */
/* TIMEOUT: 60 */
/* APP: coil-httpbin */
/* FAULTY: main malloc calloc realloc strdup printf coil_loop_add_signal_handler */
#include "httpbin_inside_test.h"

#include <coil/http_client.h>
#include <coil/websocket.h>

static void run(coil_fn fn)
{
    simulated = true;
    for (seed = 0; seed < 4; seed++)
        ASSERT_EQ(coil_test_run(fn, NULL, seed), 0);
}

/* ---- what it refuses -------------------------------------------------------- */

static int ask_for_wrong_pages(void *arg)
{
    static const struct question wrong[] = {
        { "/", 200, "GET     /ws/pieces/{}\n" },
        { "/ws", 426, "Sec-WebSocket-Version: 13\r\n" },
        { "/ws/delay/1", 426, "Upgrade: websocket\r\n" },
        { "/ws/delay/x", 400, "Not a number of seconds\n" },
        { "/ws/pieces/0", 400, "N must be a number from 1\n" },
        { "/ws/pieces/x", 400, "N must be a number from 1\n" },
        { "/ws/count/x", 400, "N must be a number from 0 to 100000\n" },
        { "/ws/count/100001", 400, "N must be a number from 0 to 100000\n" },
        { "/ws/close/x", 400, "Invalid code\n" },
        { "/ws/hangup", 426, "" },
    };

    (void)arg;
    begin();
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        const char *answer = get(wrong[i].target);

        if (status_in(answer) != wrong[i].status ||
            !strstr(answer, wrong[i].text))
            FAIL("GET %s: %s", wrong[i].target, answer);
    }
    end_server();
    return 0;
}

TEST(httpbin_inside_websocket_says_what_is_wrong)
{
    run(ask_for_wrong_pages);
}

/* ---- a client --------------------------------------------------------------- */

static struct coil_http_client *client;

static void begin_with_client(void)
{
    begin();
    ASSERT_EQ(coil_http_client_new(&client, NULL), 0);
}

static void end_both(void)
{
    coil_http_client_free(client);
    end_server();
    ASSERT_EQ(report_count, 0);
}

static struct coil_websocket *connect_to(const char *path)
{
    char where[COIL_ADDRESS_STRING];
    char url[256];
    const struct coil_http_request request = { .url = url };
    struct coil_websocket *ws;

    snprintf(url, sizeof url, "ws://%s%s", coil_address_string(&address, where),
             path);
    ASSERT_EQ(coil_websocket_connect(&ws, client, &request, NULL), 0);
    return ws;
}

static void check_echo(struct coil_websocket *ws, enum coil_websocket_kind kind,
                       const void *bytes, size_t size)
{
    struct coil_websocket_message m;

    ASSERT_EQ(coil_websocket_send(ws, kind, bytes, size), 0);
    ASSERT_EQ(coil_websocket_recv(ws, &m), 0);
    ASSERT_EQ(m.kind, kind);
    ASSERT_EQ(m.size, size);
    ASSERT_EQ(memcmp(m.data, bytes, size), 0);
}

/* The server closes, in this way. */
static void expect_close(struct coil_websocket *ws, int rc, unsigned code,
                         const char *reason)
{
    struct coil_websocket_message m;

    ASSERT_EQ(coil_websocket_recv(ws, &m), rc);
    ASSERT_EQ(coil_websocket_close_code(ws), code);
    ASSERT_STR_EQ(coil_websocket_close_reason(ws), reason);
    coil_websocket_free(ws);
}

/* ---- echoes ----------------------------------------------------------------- */

static int hear_echoes(void *arg)
{
    static char much[1000000];
    struct coil_websocket *ws;
    coil_time before;

    (void)arg;
    begin_with_client();
    ws = connect_to("/ws");
    ASSERT_STR_EQ(coil_http_response_header(coil_websocket_response(ws),
                                            "Access-Control-Allow-Origin"),
                  "*");
    check_echo(ws, COIL_WEBSOCKET_TEXT, "hello", 5);
    check_echo(ws, COIL_WEBSOCKET_BINARY, "\0\xff", 2);
    check_echo(ws, COIL_WEBSOCKET_TEXT, "", 0);
    check_echo(ws, COIL_WEBSOCKET_BINARY, much, sizeof much);
    ASSERT_EQ(coil_websocket_close(ws, 4000, "enough"), 0);
    ASSERT_EQ(coil_websocket_close_code(ws), 4000);
    coil_websocket_free(ws);

    ws = connect_to("/ws/delay/2.5");
    before = coil_now();
    check_echo(ws, COIL_WEBSOCKET_TEXT, "late", 4);
    ASSERT_GE(coil_now() - before, 2500 * COIL_MILLISECOND);
    ASSERT_LT(coil_now() - before, 3 * COIL_SECOND);
    coil_websocket_free(ws);

    ws = connect_to("/ws/pieces/1000");
    check_echo(ws, COIL_WEBSOCKET_BINARY, much, sizeof much);
    check_echo(ws, COIL_WEBSOCKET_TEXT, "", 0);
    ASSERT_EQ(coil_websocket_close(ws, COIL_WEBSOCKET_NORMAL, NULL), 0);
    coil_websocket_free(ws);
    end_both();
    return 0;
}

TEST(httpbin_inside_websocket_sends_everything_back)
{
    run(hear_echoes);
}

#define UPGRADE                                                                \
    HOST "Upgrade: websocket\r\nConnection: Upgrade\r\n"                       \
         "Sec-WebSocket-Version: 13\r\n"                                       \
         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"

/* The frames, behind the head of the answer. */
static void check_frames(const char *path, const char *sent, size_t sent_size,
                         const char *frames, size_t size)
{
    char request[1024];
    int length =
        snprintf(request, sizeof request, "GET %s HTTP/1.1\r\n" UPGRADE, path);
    const char *answer;

    memcpy(request + length, sent, sent_size);
    answer = ask_bytes(request, (size_t)length + sent_size);
    ASSERT_EQ(status_in(answer), 101);
    answer = strstr(answer, "\r\n\r\n") + 4;
    ASSERT_EQ(memcmp(answer, frames, size), 0);
}

#define CHECK_FRAMES(path, sent, frames)                                       \
    check_frames(path, sent, sizeof(sent) - 1, frames, sizeof(frames) - 1)

static int look_at_frames(void *arg)
{
    (void)arg;
    begin();
    CHECK_FRAMES("/ws/pieces/2",
                 "\x81\x85\0\0\0\0hello"
                 "\x82\x82\0\0\0\0hi"
                 "\x88\x80\0\0\0\0",
                 "\x01\2he\x00\2ll\x80\1o"
                 "\x82\2hi"
                 "\x88\0");
    CHECK_FRAMES("/ws/count/2", "\x88\x80\0\0\0\0",
                 "\x81\1"
                 "0"
                 "\x81\1"
                 "1"
                 "\x88\2\x03\xe8");
    CHECK_FRAMES("/ws/hangup", "", "");
    end_server();
    return 0;
}

TEST(httpbin_inside_websocket_cuts_messages_into_frames)
{
    run(look_at_frames);
}

/* ---- how it ends ------------------------------------------------------------ */

static int hear_the_end(void *arg)
{
    static const struct {
        const char *path;
        int rc;
        unsigned code;
        const char *reason;
    } ends[] = {
        { "/ws/close/1000", -EPIPE, 1000, "" },
        { "/ws/close/3999?reason=a%20b", -EPIPE, 3999, "a b" },
        { "/ws/close/1005", -EPIPE, 1005, "" },
        { "/ws/close/1005?reason=a", -EPIPE, 1011, "This cannot be said" },
        { "/ws/close/1006", -EPIPE, 1011, "This cannot be said" },
        { "/ws/close/70000", -EPIPE, 1011, "This cannot be said" },
        { "/ws/close/1000?reason=%ff", -EPIPE, 1011, "This cannot be said" },
        { "/ws/count/0", -EPIPE, 1000, "" },
        { "/ws/hangup", COIL_EHTTP_TRUNCATED, 1006, "" },
    };
    struct coil_websocket_message m;
    struct coil_websocket *ws;

    (void)arg;
    begin_with_client();
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        expect_close(connect_to(ends[i].path), ends[i].rc, ends[i].code,
                     ends[i].reason);
    ws = connect_to("/ws/count/300");
    for (int i = 0; i < 300; i++) {
        ASSERT_EQ(coil_websocket_recv(ws, &m), 0);
        ASSERT_EQ(m.kind, COIL_WEBSOCKET_TEXT);
        ASSERT_EQ(atoi(m.data), i);
    }
    expect_close(ws, -EPIPE, 1000, "");
    end_both();
    return 0;
}

TEST(httpbin_inside_websocket_ends_as_it_is_told)
{
    run(hear_the_end);
}

/* A client that waits hears of the end, and one that does not hinders nobody. */
static int stop_it(void *arg)
{
    struct coil_websocket *listening;
    struct coil_websocket *deaf;
    coil_time before;

    (void)arg;
    begin_with_client();
    listening = connect_to("/ws");
    deaf = connect_to("/ws");
    check_echo(deaf, COIL_WEBSOCKET_TEXT, "x", 1);
    before = coil_now();
    coil_http_server_stop(server, COIL_SECOND);
    expect_close(listening, -EPIPE, COIL_WEBSOCKET_GOING_AWAY, "stopped");
    ASSERT_EQ(end_of(serving), 0);
    ASSERT_LT(coil_now() - before, 6 * COIL_SECOND);
    expect_close(deaf, -EPIPE, COIL_WEBSOCKET_GOING_AWAY, "stopped");
    coil_http_client_free(client);
    coil_http_server_free(server);
    ASSERT_EQ(report_count, 0);
    return 0;
}

TEST(httpbin_inside_websocket_is_told_that_the_server_stops)
{
    run(stop_it);
}

/* The echo of a client that goes before it has read all of it ends at once. */
static int go_away(void *arg)
{
    static unsigned char noise[1000000];
    struct coil_websocket *ws;
    uint32_t state = 1;

    (void)arg;
    /* What cannot be compressed is more than there is room for on the way. */
    for (size_t i = 0; i < sizeof noise; i++) {
        state = state * 1664525 + 1013904223;
        noise[i] = (unsigned char)(state >> 24);
    }
    begin_with_client();
    ws = connect_to("/ws/pieces/1000");
    ASSERT_EQ(
        coil_websocket_send(ws, COIL_WEBSOCKET_BINARY, noise, sizeof noise), 0);
    ASSERT_EQ(coil_sleep(COIL_SECOND), 0);
    ASSERT_EQ(coil_http_server_connections(server), 1);
    coil_websocket_free(ws);
    ASSERT_EQ(coil_sleep(COIL_SECOND), 0);
    ASSERT_EQ(coil_http_server_connections(server), 0);
    end_both();
    return 0;
}

TEST(httpbin_inside_websocket_lets_a_client_go)
{
    run(go_away);
}

/* ---- no memory -------------------------------------------------------------- */

static int lack_memory(void *arg)
{
    static const char request[] = "GET /ws/count/3 HTTP/1.1\r\n" UPGRADE;
    size_t count;

    (void)arg;
    begin();
    count = coil_test_allocations();
    ASSERT_EQ(status_in(try_to_ask(request)), 101);
    count = coil_test_allocations() - count;
    for (size_t n = 1; n <= count; n++) {
        const char *answer;

        coil_test_fail_allocation(n, false);
        answer = try_to_ask(request);
        coil_test_fail_allocation(0, false);
        if (*answer && status_in(answer) != 101)
            ASSERT_EQ(status_in(answer), 500);
    }
    ASSERT_EQ(status_in(try_to_ask(request)), 101);
    end_server();
    return 0;
}

TEST(httpbin_inside_websocket_lacks_memory)
{
    simulated = true;
    ASSERT_EQ(coil_test_run(lack_memory, NULL, 0), 0);
}
