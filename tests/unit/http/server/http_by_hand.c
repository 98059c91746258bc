/* SPDX-License-Identifier: MIT */
/*
 * HTTP in a coroutine that no task drives: it has no limits of time.  What needs
 * one says so and leaves nothing behind; all else works.
 */
#include <coil/coroutine.h>
#include <coil/http_client.h>
#include <coil/http_server.h>

#include "http_server_test.h"

/* Until it ends; what it returned. */
static int drive(coil_fn fn, void *arg)
{
    struct coil_coroutine *co;
    void *yielded;
    int rc;

    ASSERT_EQ(coil_coroutine_new(&co, fn, arg, 0), 0);
    while (coil_coroutine_send(co, NULL, &yielded) == 1)
        (void)!coil_future_await(yielded, NULL);
    rc = coil_coroutine_result(co);
    coil_coroutine_free(co);
    return rc;
}

/* ---- the client ------------------------------------------------------- */

struct fetch {
    struct coil_http_client *client;
    coil_time limit; /* of the request */
};

static int fetch(void *arg)
{
    struct fetch *f = arg;
    struct coil_http_request request = { .limit = f->limit };
    struct coil_http_response *response;
    char url[64];
    int rc;

    snprintf(url, sizeof url, "http://127.0.0.1:%u/hello",
             coil_address_port(&address));
    request.url = url;
    rc = coil_http_request(f->client, &request, &response);
    if (rc < 0) {
        ASSERT_NULL(response);
        return rc;
    }
    ASSERT_STR_EQ(response->body, "hello");
    coil_http_response_free(response);
    return 0;
}

/* Its place is free again each time, else nobody else would get one. */
STREAM_TEST(http_by_hand_a_request_has_no_limit)
{
    struct coil_http_client_options options = {
        .max_connections_per_origin = 1,
    };
    struct fetch f = { .limit = COIL_MINUTE };

    serve_defaults();
    ASSERT_EQ(coil_http_client_new(&f.client, &options), 0);
    ASSERT_EQ(drive(fetch, &f), -ENOTSUP);
    ASSERT_EQ(coil_http_client_connections(f.client), 0);
    ASSERT_EQ(fetch(&f), 0);
    f.limit = 0;
    ASSERT_EQ(drive(fetch, &f), 0);
    ASSERT_EQ(coil_http_client_connections(f.client), 1);
    coil_http_client_free(f.client);
    end_server();
}

STREAM_TEST(http_by_hand_the_wait_for_a_place_has_no_limit)
{
    struct coil_http_client_options options = {
        .max_connections_per_origin = 1,
        .place_limit = COIL_MINUTE,
    };
    struct fetch f = { .limit = 0 };

    serve_defaults();
    ASSERT_EQ(coil_http_client_new(&f.client, &options), 0);
    ASSERT_EQ(drive(fetch, &f), -ENOTSUP);
    ASSERT_EQ(coil_http_client_connections(f.client), 0);
    ASSERT_EQ(fetch(&f), 0);
    ASSERT_EQ(coil_http_client_connections(f.client), 1);
    coil_http_client_free(f.client);
    end_server();
}

enum { LARGE = 200 * 1000 };

static int send_much(void *client)
{
    char *bytes = malloc(LARGE);
    struct coil_http_request request = { .method = "POST",
                                         .body = bytes,
                                         .body_size = LARGE };
    struct coil_http_response *response;
    char url[64];
    int rc;

    snprintf(url, sizeof url, "http://127.0.0.1:%u/look",
             coil_address_port(&address));
    request.url = url;
    memset(bytes, 'a', LARGE);
    rc = coil_http_request(client, &request, &response);
    if (rc == 0) {
        ASSERT_EQ(response->status, 200);
        ASSERT_STR_EQ(response->body, "seen");
        coil_http_response_free(response);
    }
    free(bytes);
    return rc;
}

/* Nothing is read before all is sent, as only a task can do both at once. */
STREAM_TEST(http_by_hand_a_long_body_is_sent_first)
{
    struct coil_http_client *client;

    serve_defaults();
    ASSERT_EQ(coil_http_client_new(&client, NULL), 0);
    ASSERT_EQ(drive(send_much, client), 0);
    ASSERT_EQ(drive(send_much, client), 0);
    ASSERT_EQ(coil_http_client_connections(client), 1);
    coil_http_client_free(client);
    end_server();
}

static ptrdiff_t fail_to_read(void *arg, void *buffer, size_t size)
{
    (void)arg;
    (void)buffer;
    (void)size;
    return -EIO;
}

static int send_nothing(void *client)
{
    struct coil_http_source source = { .read = fail_to_read, .size = 10 };
    struct coil_http_request request = { .method = "POST", .source = &source };
    struct coil_http_response *response;
    char url[64];

    snprintf(url, sizeof url, "http://127.0.0.1:%u/look",
             coil_address_port(&address));
    request.url = url;
    return coil_http_request(client, &request, &response);
}

/* The error of a source is that of the request. */
STREAM_TEST(http_by_hand_a_source_may_fail)
{
    struct coil_http_client *client;

    serve_defaults();
    ASSERT_EQ(coil_http_client_new(&client, NULL), 0);
    ASSERT_EQ(drive(send_nothing, client), -EIO);
    ASSERT_EQ(coil_http_client_connections(client), 0);
    ASSERT_EQ(drive(send_much, client), 0);
    coil_http_client_free(client);
    end_server();
}

static int sent_result;

static int send_much_in_vain(void *client)
{
    sent_result = send_much(client);
    return sent_result;
}

/* A coroutine that is freed while it sends to who takes nothing. */
SOCKET_TEST(http_by_hand_a_long_body_may_be_given_up)
{
    struct coil_address silent;
    struct coil_listener *listener = listening(&silent);
    struct coil_coroutine *co;
    struct coil_http_client *client;
    void *yielded = NULL;

    serve_defaults();
    ASSERT_EQ(coil_http_client_new(&client, NULL), 0);
    address = silent;
    sent_result = 0;
    ASSERT_EQ(coil_coroutine_new(&co, send_much_in_vain, client, 0), 0);
    for (int i = 0; i < 2; i++) {
        ASSERT_EQ(coil_coroutine_send(co, NULL, &yielded), 1);
        settle();
    }
    coil_coroutine_free(co);
    ASSERT_EQ(sent_result, -ECANCELED);
    ASSERT_EQ(coil_http_client_connections(client), 0);
    coil_listener_close(listener);
    coil_http_client_free(client);
    end_server();
}

/* ---- the server ------------------------------------------------------- */

STREAM_TEST(http_by_hand_nobody_serves)
{
    serve_defaults();
    end_server();
    ASSERT_EQ(coil_http_server_new(&server, NULL), 0);
    ASSERT_EQ(coil_http_server_route(server, "GET", "/", hello, "again"), 0);
    ASSERT_EQ(coil_http_server_listen(server, "127.0.0.1", 0), 0);
    ASSERT_EQ(coil_http_server_address(server, &address), 0);
    ASSERT_EQ(drive(serve, server), -ENOTSUP);
    serving = start(serve, server);
    ASSERT_STR_EQ(body_in(get("/")), "again");
    end_server();
}

/* ---- handlers --------------------------------------------------------- */

static int read_some(void *exchange)
{
    char bytes[4];

    return (int)coil_http_exchange_read(exchange, bytes, sizeof bytes);
}

static int read_all(void *exchange)
{
    const char *body;
    size_t size;
    int rc = coil_http_exchange_body(exchange, &body, &size);

    return rc < 0 ? rc : (int)size;
}

static int respond(void *exchange)
{
    return coil_http_respond(exchange, 200, NULL, "good", 4);
}

/* What is to be read has a limit; what has been read has none. */
static int read_by_hand(struct coil_http_exchange *x, void *arg)
{
    ASSERT_EQ(drive(arg ? read_all : read_some, x), -ENOTSUP);
    if (arg) {
        ASSERT_EQ(read_all(x), 4);
        ASSERT_EQ(drive(read_all, x), 4);
    } else {
        for (int got = 0, n; got < 4; got += n) {
            n = read_some(x);
            ASSERT_GT(n, 0);
        }
        ASSERT_EQ(drive(read_some, x), 0);
    }
    return drive(respond, x);
}

STREAM_TEST(http_by_hand_a_body_has_no_limit)
{
    serve_defaults();
    ASSERT_EQ(
        coil_http_server_route(server, "PUT", "/all", read_by_hand, &address),
        0);
    ASSERT_EQ(
        coil_http_server_route(server, "PUT", "/some", read_by_hand, NULL), 0);
    ASSERT_STR_EQ(body_in(ask("PUT /all HTTP/1.1\r\n" HOST CLOSE
                              "Content-Length: 4\r\n\r\nbody")),
                  "good");
    ASSERT_STR_EQ(body_in(ask("PUT /some HTTP/1.1\r\n" HOST CLOSE
                              "Content-Length: 4\r\n\r\nbody")),
                  "good");
    ASSERT_EQ(report_count, 0);
    end_server();
}

enum { MUCH = 16 * 1024 * 1024 };

static const char much[MUCH];
static bool is_refused;

static int write_much(void *exchange)
{
    return coil_http_write(exchange, much, sizeof much);
}

/* A client that does not read would be waited for. */
static int write_by_hand(struct coil_http_exchange *x, void *arg)
{
    int rc = coil_http_begin(x, 200, NULL, MUCH);

    (void)arg;
    ASSERT_EQ(rc, 0);
    rc = drive(write_much, x);
    is_refused = rc == -ENOTSUP;
    return rc;
}

STREAM_TEST(http_by_hand_a_client_is_not_waited_for)
{
    struct coil_stream *s;
    char *answer = malloc(MUCH);

    serve_defaults();
    ASSERT_EQ(
        coil_http_server_route(server, "GET", "/much", write_by_hand, NULL), 0);
    is_refused = false;
    s = dial();
    send_text(s, "GET /much HTTP/1.1\r\n" HOST "\r\n");
    while (!is_refused)
        settle();
    ASSERT_LT(read_rest(s, answer, MUCH), MUCH / 2);
    coil_stream_abort(s);
    ASSERT_STR_EQ(body_in(get("/hello")), "hello");
    end_server();
    free(answer);
}
