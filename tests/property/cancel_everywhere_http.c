/* SPDX-License-Identifier: MIT */
/*
 * Every suspending function of the HTTP client, cancelled in each state of its
 * wait.  A cancelled request leaves a closed connection; the client can be used.
 */
/* TIMEOUT: 60 */
#include <stdlib.h>

#include <coil/event.h>
#include <coil/http_auth.h>
#include <coil/http_client.h>
#include <coil/http_store.h>
#include <coil/http_text.h>
#include <coil/stream.h>

#include "cancel_everywhere.h"

/* ---- a server that answers when it is told to ----------------------------- */

#define HEAD "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"

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
    snprintf(url, sizeof url, "http://127.0.0.1:%u/",
             (unsigned)coil_address_port(&address));
    answering = NULL;
}

static void free_client(void)
{
    if (answering) {
        coil_task_cancel(answering);
        ASSERT_EQ(end_of(answering), -ECANCELED);
    }
    ASSERT_EQ(coil_http_client_connections(client),
              coil_http_client_idle(client));
    coil_http_client_free(client);
    coil_listener_close(listener);
}

/* One request; whoever gave up has closed the connection. */
static int answer(struct coil_stream *stream)
{
    char head[1024];
    size_t length;
    int rc = coil_stream_read_until(stream, "\r\n\r\n", 4, head, sizeof head,
                                    &length);

    if (rc == 0)
        rc = coil_stream_write(stream, HEAD "hello", strlen(HEAD "hello"));
    if (rc == 0)
        rc = coil_stream_flush(stream);
    return rc;
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

static int check_response(int rc, struct coil_http_response *response)
{
    if (rc < 0) {
        ASSERT_NULL(response);
        return rc;
    }
    ASSERT_EQ(response->status, 200);
    ASSERT_STR_EQ(response->body, "hello");
    coil_http_response_free(response);
    return 0;
}

static int get(void)
{
    struct coil_http_response *response = NULL;
    int rc = coil_http_get(client, url, &response);

    return check_response(rc, response);
}

static int post(void)
{
    const struct coil_http_request request = {
        .method = "POST", .url = url, .body = "data", .body_size = 4
    };
    struct coil_http_response *response = NULL;
    int rc = coil_http_request(client, &request, &response);

    return check_response(rc, response);
}

static int post_json(void)
{
    struct coil_http_response *response = NULL;
    int rc = coil_http_post_json(client, url, "[]", &response);

    return check_response(rc, response);
}

static int get_stored(void)
{
    const struct coil_http_request request = { .url = url };
    struct coil_http_response *response = NULL;
    struct coil_http_store *store;
    int rc;

    ASSERT_EQ(coil_http_store_new(&store, NULL), 0);
    rc = coil_http_store_request(store, client, &request, &response);
    coil_http_store_free(store);
    return check_response(rc, response);
}

static int open_response(void)
{
    const struct coil_http_request request = { .url = url };
    struct coil_http_response *response = NULL;
    int rc = coil_http_open(client, &request, &response);

    if (rc < 0) {
        ASSERT_NULL(response);
        return rc;
    }
    ASSERT_EQ(response->content_length, 5);
    coil_http_response_free(response);
    return 0;
}

/* ---- reading a response --------------------------------------------------- */

static struct coil_stream *server_side;
static struct coil_http_response *opened;

static int send_head(void *arg)
{
    (void)arg;
    ASSERT_EQ(coil_listener_accept(listener, &server_side), 0);
    return coil_stream_write(server_side, HEAD, strlen(HEAD));
}

static void open_without_body(void)
{
    const struct coil_http_request request = { .url = url };
    struct coil_task *task;

    make_client();
    snprintf(url + strlen(url), 8, "body");
    task = start(send_head, NULL);
    ASSERT_EQ(coil_http_open(client, &request, &opened), 0);
    ASSERT_EQ(end_of(task), 0);
}

static void send_body(void)
{
    ASSERT_EQ(coil_stream_write(server_side, "hello", 5), 0);
    settle();
}

static int read_body(void)
{
    char body[6];
    size_t got = 0;

    do {
        ptrdiff_t n = coil_http_read(opened, body + got, sizeof body - got);

        if (n < 0) {
            ASSERT_EQ(got, 0);
            return (int)n;
        }
        got += (size_t)n;
    } while (got < 5);
    ASSERT_MEM_EQ(body, "hello", 5);
    return 0;
}

static void close_opened(void)
{
    coil_http_response_free(opened);
    coil_stream_abort(server_side);
    free_client();
}

/* ---- as a user ------------------------------------------------------------- */

static int ask_as_user(void)
{
    const struct coil_http_request request = { .url = url };
    struct coil_http_response *response = NULL;
    struct coil_http_auth *auth;
    int rc;

    ASSERT_EQ(
        coil_http_auth_new(&auth, "user", "password", COIL_HTTP_AUTH_BASIC), 0);
    rc = coil_http_auth_request(auth, client, &request, &response);
    coil_http_auth_free(auth);
    return check_response(rc, response);
}

/* ---- the table ------------------------------------------------------------ */

static const struct everywhere table[] = {
    CASE(coil_http_get, .prepare = make_client, .call = get,
         .ready = begin_to_answer, .finish = free_client),
    CASE(coil_http_get, .prepare = make_client, .call = get,
         .ready = begin_to_answer, .finish = free_client, .flags = SETTLES),
    CASE(coil_http_post_json, .prepare = make_client, .call = post_json,
         .ready = begin_to_answer, .finish = free_client, .flags = SETTLES),
    CASE(coil_http_store_request, .prepare = make_client, .call = get_stored,
         .ready = begin_to_answer, .finish = free_client),
    CASE(coil_http_request, .prepare = make_client, .call = post,
         .ready = begin_to_answer, .finish = free_client, .flags = SETTLES),
    CASE(coil_http_open, .prepare = make_client, .call = open_response,
         .ready = begin_to_answer, .finish = free_client, .flags = SETTLES),
    CASE(coil_http_read, .prepare = open_without_body, .call = read_body,
         .ready = send_body, .finish = close_opened),

    CASE(coil_http_auth_request, .prepare = make_client, .call = ask_as_user,
         .ready = begin_to_answer, .finish = free_client, .flags = SETTLES),
};

EVERYWHERE_TEST(cancel_everywhere_http_parked, table, cancel_parked)
EVERYWHERE_TEST(cancel_everywhere_http_granted, table, cancel_granted)
EVERYWHERE_TEST(cancel_everywhere_http_on_entry, table, cancel_on_entry)
EVERYWHERE_TEST(cancel_everywhere_http_on_entry_when_ready, table,
                cancel_on_entry_when_ready)
