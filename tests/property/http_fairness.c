/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 60 */
/*
 * A busy HTTP connection stops nobody else.
 */
#include <coil/http_client.h>
#include <coil/http_server.h>

#include "fairness_test.h"

#include "http_server_test.h"

/* ---- handlers ---- */

static int answer(struct coil_http_exchange *x, void *arg)
{
    const coil_time *duration = arg;

    if (duration)
        coil_test_compute(*duration);
    operations++;
    return coil_http_respond(x, 200, "text/plain", "ok", 2);
}

static int count_upload(struct coil_http_exchange *x, void *arg)
{
    static char bytes[16384];
    ptrdiff_t n;

    (void)arg;
    while ((n = coil_http_exchange_read(x, bytes, sizeof bytes)) > 0)
        operations++;
    return n < 0 ? (int)n : coil_http_respond(x, 200, NULL, "", 0);
}

static int answer_without_end(struct coil_http_exchange *x, void *arg)
{
    static const char bytes[16384];
    int rc = coil_http_begin(x, 200, NULL, COIL_HTTP_CHUNKED);

    (void)arg;
    while (rc == 0)
        rc = coil_http_write(x, bytes, sizeof bytes);
    return rc;
}

static const coil_time one_millisecond = COIL_MILLISECOND;

static void serve_floods(void)
{
    static const struct coil_http_server_options options = {
        .max_body_size = (size_t)1 << 40,
    };

    ASSERT_EQ(coil_http_server_new(&server, &options), 0);
    ASSERT_EQ(coil_http_server_route(server, "GET", "/ok", answer, NULL), 0);
    ASSERT_EQ(coil_http_server_route(server, "GET", "/cpu", answer,
                                     (void *)(uintptr_t)&one_millisecond),
              0);
    ASSERT_EQ(coil_http_server_route(server, "POST", "/up", count_upload, NULL),
              0);
    ASSERT_EQ(coil_http_server_route(server, "GET", "/endless",
                                     answer_without_end, NULL),
              0);
    ASSERT_EQ(coil_http_server_listen(server, "127.0.0.1", 0), 0);
    ASSERT_EQ(coil_http_server_address(server, &address), 0);
    serving = start(serve, server);
}

static void end_serving(void)
{
    end_floods();
    end_server();
}

/* ---- clients ---- */

/* There is one connection during the whole flood. */
static int write_again_and_again(const char *head, const char *text)
{
    struct coil_stream *s = dial();
    int rc = coil_stream_write(s, head, strlen(head));

    while (rc == 0 && !is_over) {
        rc = coil_stream_write(s, text, strlen(text));
        if (rc == 0)
            rc = coil_stream_drain(s);
        /* The answers are read as they come. */
        while (rc == 0 && text[0] == 'G' && coil_stream_is_stale(s)) {
            static char bytes[65536];
            ptrdiff_t n = coil_stream_read(s, bytes, sizeof bytes);

            rc = n < 0 ? (int)n : 0;
        }
    }
    coil_stream_abort(s);
    return rc;
}

static int pipeline(void *arg)
{
    char many[4096] = "";
    char one[64];

    snprintf(one, sizeof one, "GET %s HTTP/1.1\r\nHost: h\r\n\r\n",
             (const char *)arg);
    while (strlen(many) + strlen(one) < sizeof many)
        strcat(many, one);
    return write_again_and_again("", many);
}

static int upload(void *arg)
{
    char bytes[8192];

    (void)arg;
    memset(bytes, 'x', sizeof bytes);
    bytes[sizeof bytes - 1] = '\0';
    return write_again_and_again("POST /up HTTP/1.1\r\nHost: h\r\n"
                                 "Content-Length: 900000000000\r\n\r\n",
                                 bytes);
}

static int download(void *arg)
{
    static char bytes[16384];
    struct coil_http_client *client;
    struct coil_http_response *response;
    char url[64];
    ptrdiff_t n;
    int rc = coil_http_client_new(&client, NULL);

    (void)arg;
    ASSERT_EQ(rc, 0);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/endless",
             coil_address_port(&address));
    rc = coil_http_open(client, &(struct coil_http_request){ .url = url },
                        &response);
    if (rc < 0)
        goto free_client;
    while ((n = coil_http_read(response, bytes, sizeof bytes)) > 0 && !is_over)
        operations++;
    rc = n < 0 ? (int)n : 0;
    coil_http_response_free(response);

free_client:
    coil_http_client_free(client);
    return rc;
}

/*
 * A new connection each time: it is accepted, gets a task, is read, answered
 * and read again, and every busy task may delay each of these steps.
 */
static void expect_answers(size_t busy, coil_time step)
{
    for (int i = 0; i < TICKS; i++) {
        coil_time began = coil_now();
        struct coil_stream *s = dial();
        char text[300];

        send_text(s, "GET /ok HTTP/1.1\r\nHost: h\r\n"
                     "Connection: close\r\n\r\n");
        read_rest(s, text, sizeof text);
        coil_stream_abort(s);
        ASSERT_EQ(status_in(text), 200);
        if (simulated && seed == 0)
            ASSERT_LE(coil_now() - began,
                      8 * (coil_time)busy * (COIL__BUDGET_TIME + step));
    }
}

/* The clients are busy, and the server's tasks that serve them. */
FAIRNESS_TEST(http_fairness_beside_clients_that_pipeline)
{
    serve_floods();
    for (int i = 0; i < 3; i++)
        flood_with(pipeline, "/ok");
    expect_answers(6, 0);
    expect_ticks(6, 0);
    end_serving();
}

FAIRNESS_TEST(http_fairness_beside_handlers_that_compute)
{
    serve_floods();
    flood_with(pipeline, "/cpu");
    expect_answers(2, COIL_MILLISECOND);
    expect_ticks(2, COIL_MILLISECOND);
    end_serving();
}

FAIRNESS_TEST(http_fairness_beside_uploads)
{
    serve_floods();
    flood_with(upload, NULL);
    flood_with(upload, NULL);
    expect_answers(4, 0);
    expect_ticks(4, 0);
    end_serving();
}

FAIRNESS_TEST(http_fairness_beside_a_client_that_streams)
{
    serve_floods();
    flood_with(download, NULL);
    expect_answers(2, 0);
    expect_ticks(2, 0);
    end_serving();
}
