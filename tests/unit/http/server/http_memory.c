/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 120 */
/*
 * What is left when there was no memory: nothing half done, nothing lost.  All
 * that failed is tried again, on the same server and the same client.
 */
#include <coil/http_client.h>
#include <coil/http_server.h>

#include "http_server_test.h"

/* ---- the server ------------------------------------------------------- */

static size_t failing; /* the n-th allocation of a step, in one round */
static int failed;     /* steps that did */

/* Before a step: its n-th allocation fails. */
static void fail_next(void)
{
    coil_test_fail_allocation(failing, false);
}

/* After it: whether it failed, and has to be tried again. */
static bool has_failed(int rc)
{
    coil_test_fail_allocation(0, false);
    if (rc != -ENOMEM)
        return false;
    failed++;
    return true;
}

static char long_value[3000];

static void add_header(struct coil_http_exchange *x, const char *name,
                       size_t size)
{
    char value[sizeof long_value];
    int rc;

    snprintf(value, sizeof value, "%.*s", (int)size, long_value);
    fail_next();
    rc = coil_http_respond_header(x, name, value);
    if (has_failed(rc))
        rc = coil_http_respond_header(x, name, value);
    ASSERT_EQ(rc, 0);
}

/* The buffer grows at another part of a header in each of them. */
static int respond_nevertheless(struct coil_http_exchange *x, void *arg)
{
    char body[20];
    int rc;

    (void)arg;
    memset(long_value, 'v', sizeof long_value - 1);
    for (size_t i = 0; i < 70; i++)
        add_header(x, "X-Short", i);
    add_header(x, "X-Long", 2500);
    memset(body, 'b', sizeof body);
    fail_next();
    rc = coil_http_respond(x, 200, "text/plain", body, sizeof body);
    if (has_failed(rc))
        rc = coil_http_respond(x, 200, "text/plain", body, sizeof body);
    return rc;
}

static size_t count_of(const char *text, const char *part)
{
    size_t count = 0;

    while ((text = strstr(text, part))) {
        count++;
        text += strlen(part);
    }
    return count;
}

/* Each header is there once and whole. */
static void check_headers(const char *answer)
{
    char line[100];

    ASSERT_EQ(status_in(answer), 200);
    ASSERT_EQ(count_of(answer, "X-Short"), 70);
    for (size_t i = 0; i < 70; i++) {
        snprintf(line, sizeof line, "\r\nX-Short: %.*s\r\n", (int)i,
                 long_value);
        ASSERT_EQ(count_of(answer, line), 1);
    }
    ASSERT_EQ(count_of(answer, "X-Long"), 1);
    ASSERT_EQ(count_of(answer, "Content-Length: 20\r\n"), 1);
    ASSERT_STR_EQ(body_in(answer), "bbbbbbbbbbbbbbbbbbbb");
}

STREAM_TEST(http_memory_that_lacked_leaves_no_half_header)
{
    size_t live;

    serve_defaults();
    ASSERT_EQ(coil_http_server_route(server, "GET", "/headers",
                                     respond_nevertheless, NULL),
              0);
    failing = 1;
    failed = 0;
    check_headers(get("/headers"));
    ASSERT_GT(failed, 3);
    settle();
    live = coil_test_live_allocations();
    for (int i = 0; i < 3; i++)
        check_headers(get("/headers"));
    settle();
    ASSERT_EQ(coil_test_live_allocations(), live);
    ASSERT_EQ(report_count, 0);
    end_server();
}

static bool is_reading;

/* A body that could not be kept is read on, and nothing of it is lost. */
static int read_nevertheless(struct coil_http_exchange *x, void *arg)
{
    const char *body;
    size_t size;
    int rc;

    (void)arg;
    is_reading = true;
    for (;;) {
        fail_next();
        rc = coil_http_exchange_body(x, &body, &size);
        if (!has_failed(rc))
            break;
        failing++;
    }
    is_reading = false;
    if (rc < 0)
        return rc;
    check_bytes((const unsigned char *)body, 0, size);
    return coil_http_respond(x, size == 30000 ? 200 : 500, NULL, "", 0);
}

/*
 * Send a piece when memory does not lack, and let it lack while the server takes
 * it.  What cannot be sent at once may be struck: then the connection is broken,
 * and another will do.
 */
static bool send_piece(struct coil_stream *s, const void *bytes, size_t size)
{
    int rc;

    coil_test_fail_allocation(0, false);
    rc = coil_stream_write(s, bytes, size);
    if (rc == 0)
        rc = coil_stream_flush(s);
    if (is_reading)
        fail_next();
    settle();
    coil_test_fail_allocation(0, false);
    return rc == 0;
}

/* Whether the body has come; what has come was right. */
static bool send_body(const char *head, bool is_chunked)
{
    static unsigned char bytes[30000];
    struct coil_stream *s = dial();
    char answer[1000];
    bool is_sent;

    fill_bytes(bytes, 0, sizeof bytes);
    is_sent = send_piece(s, head, strlen(head));
    for (size_t at = 0; is_sent && at < sizeof bytes; at += 3000)
        is_sent = (!is_chunked || send_piece(s, "bb8\r\n", 5)) &&
                  send_piece(s, bytes + at, 3000) &&
                  (!is_chunked || send_piece(s, "\r\n", 2));
    if (is_sent && is_chunked)
        is_sent = send_piece(s, "0\r\n\r\n", 5);
    if (is_sent) {
        read_rest(s, answer, sizeof answer);
        ASSERT_EQ(status_in(answer), 200);
    }
    coil_stream_abort(s);
    settle();
    ASSERT(!is_reading);
    return is_sent;
}

static int lack_memory_for_bodies(void *arg)
{
    int sent = 0;

    (void)arg;
    simulated = true;
    serve_defaults();
    ASSERT_EQ(
        coil_http_server_route(server, "PUT", "/body", read_nevertheless, NULL),
        0);
    for (size_t first = 1; first < 12; first++) {
        failing = first;
        sent += send_body("PUT /body HTTP/1.1\r\n" HOST CLOSE
                          "Content-Length: 30000\r\n\r\n",
                          false);
        failing = first;
        sent += send_body("PUT /body HTTP/1.1\r\n" HOST CLOSE
                          "Transfer-Encoding: chunked\r\n\r\n",
                          true);
    }
    ASSERT_GT(sent, 11);
    ASSERT_EQ(report_count, 0);
    end_server();
    return 0;
}

TEST(http_memory_that_lacked_loses_nothing_of_a_body)
{
    failed = 0;
    for (seed = 0; seed < 10; seed++)
        ASSERT_EQ(coil_test_run(lack_memory_for_bodies, NULL, seed), 0);
    ASSERT_GT(failed, 10);
}

/*
 * One place for a connection, and each allocation on the way to an answer fails
 * once.  The place is free again each time, else nobody would be served.
 */
static int lack_memory_for_connections(void *arg)
{
    struct coil_stream *s;
    char answer[1000];
    int refused = 0;

    (void)arg;
    simulated = true;
    serve_with(&(struct coil_http_server_options){ .max_connections = 1 });
    for (size_t n = 1; n < 40; n++) {
        s = dial();
        send_text(s, "GET /hello HTTP/1.1\r\n" HOST CLOSE "\r\n");
        coil_test_fail_allocation(n, false);
        settle();
        coil_test_fail_allocation(0, false);
        read_rest(s, answer, sizeof answer);
        coil_stream_abort(s);
        if (status_in(answer) != 200)
            refused++;
        settle();
        ASSERT_EQ(coil_http_server_connections(server), 0);
        ASSERT_STR_EQ(body_in(get("/hello")), "hello");
    }
    ASSERT_GT(refused, 0);
    end_server();
    return 0;
}

TEST(http_memory_that_lacked_loses_no_place_for_a_connection)
{
    for (seed = 0; seed < 10; seed++)
        ASSERT_EQ(coil_test_run(lack_memory_for_connections, NULL, seed), 0);
}

/* ---- the client ------------------------------------------------------- */

static int request_page(struct coil_http_client *client, const char *path)
{
    struct coil_http_request request = { 0 };
    struct coil_http_response *response;
    char url[64];
    int rc;

    snprintf(url, sizeof url, "http://127.0.0.1:%u%s",
             coil_address_port(&address), path);
    request.url = url;
    rc = coil_http_request(client, &request, &response);
    if (rc < 0)
        ASSERT_NULL(response);
    else
        coil_http_response_free(response);
    return rc;
}

static int lack_memory_for_requests(void *arg)
{
    struct coil_http_client *client;
    int lacked = 0;

    (void)arg;
    simulated = true;
    serve_defaults();
    ASSERT_EQ(coil_http_client_new(&client,
                                   &(struct coil_http_client_options){
                                       .max_connections_per_origin = 1,
                                       .request_limit = COIL_MINUTE,
                                       .place_limit = COIL_MINUTE,
                                   }),
              0);
    for (size_t n = 1; n < 60; n++) {
        int rc;

        if (n % 3)
            coil_http_client_close_idle(client);
        coil_test_fail_allocation(n, false);
        rc = request_page(client, n % 2 ? "/chunked" : "/large");
        coil_test_fail_allocation(0, false);
        lacked += rc == -ENOMEM;
        /* That it lacked here, or what a server says that lacked it: nothing
           for a while, perhaps. */
        ASSERT(rc == 0 || rc == -ENOMEM || rc == COIL_EHTTP_TRUNCATED ||
               rc == -EPIPE || rc == -ECONNRESET ||
               rc == COIL_EHTTP_FIRST_BYTE_TIMEOUT);
        ASSERT_EQ(coil_http_client_connections(client),
                  coil_http_client_idle(client));
        ASSERT_EQ(request_page(client, "/hello"), 0);
        ASSERT_EQ(coil_http_client_connections(client), 1);
    }
    ASSERT_GT(lacked, 3);
    coil_http_client_free(client);
    end_server();
    return 0;
}

TEST(http_memory_that_lacked_loses_no_place_of_a_client)
{
    for (seed = 0; seed < 10; seed++)
        ASSERT_EQ(coil_test_run(lack_memory_for_requests, NULL, seed), 0);
}

/* ---- the rest of an answer --------------------------------------------- */

/*
 * The n-th call of the network fails while the rest of a large answer is sent:
 * the client has all of it, or hears at once that the connection has ended.
 */
static int fail_while_the_rest_is_sent(void *arg)
{
    static char answer[400000];
    int lost = 0;

    (void)arg;
    simulated = true;
    serve_defaults();
    for (size_t n = 1; n < 40; n++) {
        struct coil_stream *s = dial();
        coil_time began;
        size_t got = 0;
        ptrdiff_t some;

        send_text(s, "GET /large HTTP/1.1\r\nHost: h\r\n\r\n");
        ASSERT_EQ(coil_stream_flush(s), 0);
        settle();
        began = coil_now();
        ASSERT_EQ(coil_test_fail_call(n, -ENOMEM), 0);
        do {
            some = coil_stream_read(s, answer + got, sizeof answer - got);
            if (some > 0)
                got += (size_t)some;
        } while ((some > 0 && got < large_size) || some == -ENOMEM);
        ASSERT_EQ(coil_test_fail_call(0, 0), 0);
        ASSERT_LT(coil_now() - began, COIL_SECOND);
        lost += got < large_size;
        coil_stream_abort(s);
        settle();
    }
    ASSERT_GT(lost, 0);
    ASSERT_STR_EQ(body_in(get("/hello")), "hello");
    end_server();
    return 0;
}

TEST(http_memory_that_lacks_for_the_rest_of_an_answer_ends_the_connection)
{
    for (seed = 0; seed < 10; seed++)
        ASSERT_EQ(coil_test_run(fail_while_the_rest_is_sent, NULL, seed), 0);
}

/* ---- heads that come in pieces ---------------------------------------- */

/* What is lost of a head is not passed over: it is lacking memory, not bytes. */
static int lack_memory_for_heads(void *arg)
{
    static const char request[] = "GET /look HTTP/1.1\r\nHost: h\r\n"
                                  "Connection: close\r\nX-A: a\r\n\r\n";
    int refused = 0;

    (void)arg;
    simulated = true;
    serve_defaults();
    for (size_t n = 0; n < 30; n++) {
        struct coil_stream *s = dial();
        char answer[1000];
        int rc = 0;

        seen[0] = '\0';
        for (size_t i = 0; rc == 0 && i < sizeof request - 1; i++) {
            rc = coil_stream_write(s, request + i, 1);
            if (rc == 0)
                rc = coil_stream_flush(s);
            /* Another allocation at another byte. */
            if (i == n / 5)
                coil_test_fail_allocation(n % 5 + 1, false);
            settle();
            coil_test_fail_allocation(0, false);
        }
        read_rest(s, answer, sizeof answer);
        coil_stream_abort(s);
        if (answer[0]) {
            ASSERT_EQ(status_in(answer), 200);
            ASSERT_STR_EQ(seen, "GET|/look||a|-|");
        } else {
            refused++;
        }
    }
    ASSERT_GT(refused, 0);
    end_server();
    return 0;
}

TEST(http_memory_that_lacked_cuts_nothing_out_of_a_head)
{
    for (seed = 0; seed < 10; seed++)
        ASSERT_EQ(coil_test_run(lack_memory_for_heads, NULL, seed), 0);
}

/* ---- what is made ----------------------------------------------------- */

static int hello_there(struct coil_http_exchange *x, void *arg)
{
    return hello(x, arg);
}

TEST(http_memory_that_lacks_makes_nothing)
{
    struct coil_http_client *client;
    struct coil_http_server *made;
    size_t live = coil_test_live_allocations();
    size_t n = 0;
    int rc;

    do {
        coil_test_fail_allocation(++n, false);
        rc = coil_http_client_new(&client, NULL);
        coil_test_fail_allocation(0, false);
        ASSERT(rc == 0 || rc == -ENOMEM);
        if (rc < 0)
            ASSERT_EQ(coil_test_live_allocations(), live);
    } while (rc < 0);
    ASSERT_EQ(n, 4);
    coil_http_client_free(client);

    coil_test_fail_allocation(1, false);
    ASSERT_EQ(coil_http_server_new(&made, NULL), -ENOMEM);
    ASSERT_EQ(coil_http_server_new(&made, NULL), 0);
    for (n = 1; n <= 3; n++) {
        size_t before = coil_test_live_allocations();

        coil_test_fail_allocation(n, false);
        ASSERT_EQ(coil_http_server_route(made, "GET", "/", hello_there, NULL),
                  -ENOMEM);
        ASSERT_EQ(coil_test_live_allocations(), before);
    }
    coil_test_fail_allocation(0, false);
    ASSERT_EQ(coil_http_server_route(made, "GET", "/", hello_there, NULL), 0);
    coil_http_server_free(made);
    ASSERT_EQ(coil_test_live_allocations(), live);
}
