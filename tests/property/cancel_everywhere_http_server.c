/* SPDX-License-Identifier: MIT */
/*
 * Every suspending function of the HTTP server, cancelled in each state of its
 * wait.  A cancelled handler leaves a closed connection; the server can be used.
 */
/* TIMEOUT: 60 */
#include <stdlib.h>

#include <coil/event.h>
#include <coil/http_access_log.h>
#include <coil/http_compress.h>
#include <coil/http_events.h>
#include <coil/http_files.h>
#include <coil/http_form.h>
#include <coil/http_metrics.h>
#include <coil/http_multipart.h>
#include <coil/http_router.h>
#include <coil/http_server.h>
#include <coil/stream.h>
#include <coil/websocket.h>

#include "cancel_everywhere.h"

static void do_nothing(void)
{
}

/* ---- a server whose handler does what it is told -------------------------- */

static struct coil_http_server *server;
static struct coil_task *serving;
static struct coil_stream *peer;
static struct coil_http_exchange *exchange;

/* One job at a time, made in the handler. */
static struct {
    struct coil_task *task; /* the connection's */
    struct coil_event posted;
    coil_fn fn; /* NULL: return */
    void *arg;
    int rc;
    bool done;
    bool begins; /* the response, before the first job */
} handler;

static int take_jobs(struct coil_http_exchange *x, void *arg)
{
    int rc = 0;

    (void)arg;
    exchange = x;
    if (handler.begins)
        rc = coil_http_begin(x, 200, NULL, COIL_HTTP_CHUNKED);
    ASSERT_EQ(rc, 0);
    handler.task = coil_task_retain(coil_current_task());
    while (rc == 0) {
        rc = coil_event_wait(&handler.posted);
        if (rc < 0 || !handler.fn)
            break;
        coil_event_clear(&handler.posted);
        handler.rc = handler.fn(handler.arg);
        handler.done = true;
    }
    return rc;
}

static int serve(void *arg)
{
    (void)arg;
    return coil_http_server_serve(server);
}

static void make_server(void)
{
    ASSERT_EQ(coil_http_server_new(&server, NULL), 0);
    ASSERT_EQ(coil_http_server_route(server, NULL, "/", take_jobs, NULL), 0);
    ASSERT_EQ(coil_http_server_listen(server, "127.0.0.1", 0), 0);
    serving = NULL;
    peer = NULL;
    handler.task = NULL;
    handler.begins = false;
    coil_event_init(&handler.posted);
}

static void send_request(const char *request)
{
    struct coil_address address;

    ASSERT_EQ(coil_http_server_address(server, &address), 0);
    ASSERT_EQ(coil_tcp_connect_address(&peer, &address), 0);
    ASSERT_EQ(coil_stream_write(peer, request, strlen(request)), 0);
    for (int i = 0; !handler.task && i < 1000; i++)
        ASSERT_EQ(coil_sleep(COIL_MILLISECOND / 10), 0);
    ASSERT_NOT_NULL(handler.task);
}

static struct coil_task *start_in_handler(coil_fn fn, void *arg)
{
    handler.fn = fn;
    handler.arg = arg;
    handler.done = false;
    coil_event_set(&handler.posted);
    return handler.task;
}

static int end_in_handler(struct coil_task *task)
{
    ASSERT_PTR_EQ(task, handler.task);
    while (!handler.done)
        ASSERT_EQ(coil_yield(), 0);
    return handler.rc;
}

static void free_server(void)
{
    coil_http_server_stop(server, 0);
    /* The server waits for a client that may still be sending. */
    coil_stream_abort(peer);
    if (serving)
        ASSERT_EQ(end_of(serving), 0);
    coil_task_release(handler.task);
    coil_http_server_free(server);
}

static void serve_request(const char *request)
{
    serving = start(serve, NULL);
    send_request(request);
}

/* ---- serving -------------------------------------------------------------- */

static int listen_by_name(void)
{
    struct coil_http_server *made;
    int rc;

    ASSERT_EQ(coil_http_server_new(&made, NULL), 0);
    rc = coil_http_server_listen(made, "localhost", 0);
    coil_http_server_free(made);
    return rc;
}

static int serve_here(void)
{
    return coil_http_server_serve(server);
}

static void stop_server(void)
{
    coil_http_server_stop(server, 0);
}

/* ---- a request whose body does not come ----------------------------------- */

static void serve_half_a_request(void)
{
    make_server();
    serve_request("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n");
}

static void send_request_body(void)
{
    ASSERT_EQ(coil_stream_write(peer, "hello", 5), 0);
    settle();
}

static int take_body(void)
{
    const char *body = NULL;
    size_t size = 0;
    int rc = coil_http_exchange_body(exchange, &body, &size);

    if (rc < 0)
        return rc;
    ASSERT_EQ(size, 5);
    ASSERT_STR_EQ(body, "hello");
    return 0;
}

static int read_request_body(void)
{
    char body[6];
    size_t got = 0;

    do {
        ptrdiff_t n =
            coil_http_exchange_read(exchange, body + got, sizeof body - got);

        if (n < 0) {
            ASSERT_EQ(got, 0);
            return (int)n;
        }
        got += (size_t)n;
    } while (got < 5);
    ASSERT_MEM_EQ(body, "hello", 5);
    return 0;
}

/* ---- a response that nobody reads ----------------------------------------- */

static char much[8 << 20];

static size_t size_of_much(void)
{
    return simulated ? sizeof much / 16 : sizeof much;
}

static void serve_get(void)
{
    make_server();
    serve_request("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
}

static void serve_get_and_begin(void)
{
    make_server();
    handler.begins = true;
    serve_request("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
}

/* As much as there is in the body, and a head. */
static void read_response(void)
{
    static char bytes[65536];
    size_t got = 0;

    while (got < size_of_much()) {
        ptrdiff_t n = coil_stream_read(peer, bytes, sizeof bytes);

        /* Cancelled in the middle, the connection is of no use. */
        if (n <= 0)
            return;
        got += (size_t)n;
    }
}

static int respond_with_much(void)
{
    return coil_http_respond(exchange, 200, NULL, much, size_of_much());
}

static int write_much(void)
{
    return coil_http_write(exchange, much, size_of_much());
}

static int inform(void)
{
    return coil_http_inform(exchange, 102, NULL, 0);
}

static int begin_response(void)
{
    return coil_http_begin(exchange, 200, NULL, COIL_HTTP_CHUNKED);
}

/* ---- forms and JSON -------------------------------------------------------- */

static void serve_half_a_form(void)
{
    make_server();
    serve_request("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n"
                  "Content-Type: application/x-www-form-urlencoded\r\n\r\n");
}

static int take_form(void)
{
    const struct coil_http_form *form = NULL;

    return coil_http_exchange_form(exchange, &form);
}

static void serve_half_a_json(void)
{
    make_server();
    serve_request("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n"
                  "Content-Type: application/json\r\n\r\n");
}

static void send_json(void)
{
    ASSERT_EQ(coil_stream_write(peer, "[1,2]", 5), 0);
    settle();
}

static int take_json(void)
{
    const char *text = NULL;
    size_t size = 0;

    return coil_http_exchange_json(exchange, &text, &size);
}

/* ---- parts ------------------------------------------------------------------ */

#define PART_HEAD "--b\r\nContent-Disposition: form-data; name=a\r\n\r\n"

static struct coil_http_multipart *parts;

static void serve_without_a_part(void)
{
    make_server();
    serve_request("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 59\r\n"
                  "Content-Type: multipart/form-data; boundary=b\r\n\r\n");
    ASSERT_EQ(coil_http_exchange_multipart(exchange, NULL, &parts), 0);
}

static void send_part(void)
{
    ASSERT_EQ(coil_stream_write(peer, PART_HEAD "hello\r\n--b--", 59), 0);
    settle();
}

static int take_part(void)
{
    const struct coil_http_body_part *part = NULL;
    int rc = coil_http_multipart_next(parts, &part);

    if (rc <= 0)
        return rc;
    ASSERT_STR_EQ(part->name, "a");
    return 0;
}

static int take_part_in_handler(void *arg)
{
    (void)arg;
    return take_part();
}

static void serve_without_data(void)
{
    serve_without_a_part();
    ASSERT_EQ(coil_stream_write(peer, PART_HEAD, 47), 0);
    settle();
    ASSERT_EQ(end_in_handler(start_in_handler(take_part_in_handler, NULL)), 0);
}

static void send_data(void)
{
    ASSERT_EQ(coil_stream_write(peer, "hello\r\n--b--", 12), 0);
    settle();
}

static int read_part(void)
{
    char text[6];
    ptrdiff_t n = coil_http_multipart_read(parts, text, sizeof text);

    if (n > 0)
        ASSERT_MEM_EQ(text, "hello", (size_t)n);
    return n < 0 ? (int)n : 0;
}

static int take_text(void)
{
    char text[6];
    ptrdiff_t n = coil_http_multipart_text(parts, text, sizeof text);

    return n < 0 ? (int)n : 0;
}

/* ---- handlers and middlewares of the library ------------------------------- */

/* What waits in them is a row of its own. */
static int go_to_the_next(void)
{
    return coil_http_exchange_next(exchange);
}

static int compress_response(void)
{
    return coil_http_compress(exchange, NULL);
}

static int log_access(void)
{
    return coil_http_access_log(exchange, NULL);
}

static struct coil_http_metrics *metrics;

static void serve_get_to_count(void)
{
    ASSERT_EQ(coil_http_metrics_new(&metrics, NULL), 0);
    serve_get();
}

static int count_request(void)
{
    return coil_http_metrics_count(exchange, metrics);
}

static void free_server_and_metrics(void)
{
    free_server();
    coil_http_metrics_free(metrics);
}

static int respond_with_metrics(void)
{
    return coil_http_metrics_page(exchange, NULL);
}

static int serve_file(void)
{
    return coil_http_files_serve(exchange, NULL);
}

static int begin_events(void)
{
    return coil_http_begin_events(exchange);
}

static int send_event(void)
{
    return coil_http_send_event(exchange,
                                &(struct coil_http_sent_event){ .data = "x" });
}

/* ---- WebSockets ------------------------------------------------------------ */

static void serve_upgrade(void)
{
    make_server();
    serve_request("GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
                  "Connection: upgrade\r\nSec-WebSocket-Version: 13\r\n"
                  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
}

static int accept_websocket(void)
{
    struct coil_websocket *ws;
    int rc = coil_websocket_accept(&ws, exchange, NULL);

    coil_websocket_free(ws);
    return rc;
}

static void serve_connect(void)
{
    make_server();
    ASSERT_EQ(coil_http_server_route(server, "CONNECT", "/{}", take_jobs, NULL),
              0);
    serve_request("CONNECT h:1 HTTP/1.1\r\nHost: x\r\n\r\n");
}

static int open_tunnel(void)
{
    struct coil_stream *tunnel;
    int rc = coil_http_respond_tunnel(exchange, &tunnel);

    ASSERT_EQ(tunnel != NULL, rc == 0);
    return rc;
}

/* ---- the table ------------------------------------------------------------ */

static const struct everywhere table[] = {
    CASE(coil_http_server_listen, .call = listen_by_name, .flags = NEVER_WAITS),
    CASE(coil_http_server_serve, .prepare = make_server, .call = serve_here,
         .ready = stop_server, .finish = free_server, .flags = PASSES_ON),
    CASE(coil_http_exchange_body, .prepare = serve_half_a_request,
         .call = take_body, .ready = send_request_body, .finish = free_server,
         .start = start_in_handler, .end = end_in_handler),
    CASE(coil_http_exchange_read, .prepare = serve_half_a_request,
         .call = read_request_body, .ready = send_request_body,
         .finish = free_server, .start = start_in_handler,
         .end = end_in_handler),
    CASE(coil_http_respond, .prepare = serve_get, .call = respond_with_much,
         .ready = read_response, .finish = free_server,
         .start = start_in_handler, .end = end_in_handler,
         .flags = FOR_WAITERS | ENDS),
    CASE(coil_websocket_accept, .prepare = serve_upgrade,
         .call = accept_websocket, .ready = do_nothing, .finish = free_server,
         .start = start_in_handler, .end = end_in_handler,
         .flags = NEVER_WAITS),
    CASE(coil_http_respond_tunnel, .prepare = serve_connect,
         .call = open_tunnel, .ready = do_nothing, .finish = free_server,
         .start = start_in_handler, .end = end_in_handler,
         .flags = NEVER_WAITS),
    CASE(coil_http_inform, .prepare = serve_get, .call = inform,
         .ready = do_nothing, .finish = free_server, .start = start_in_handler,
         .end = end_in_handler, .flags = NEVER_WAITS),
    CASE(coil_http_begin, .prepare = serve_get, .call = begin_response,
         .ready = do_nothing, .finish = free_server, .start = start_in_handler,
         .end = end_in_handler, .flags = NEVER_WAITS),
    CASE(coil_http_write, .prepare = serve_get_and_begin, .call = write_much,
         .ready = read_response, .finish = free_server,
         .start = start_in_handler, .end = end_in_handler,
         .flags = FOR_WAITERS | ENDS),
    CASE(coil_http_exchange_form, .prepare = serve_half_a_form,
         .call = take_form, .ready = send_request_body, .finish = free_server,
         .start = start_in_handler, .end = end_in_handler),
    CASE(coil_http_exchange_json, .prepare = serve_half_a_json,
         .call = take_json, .ready = send_json, .finish = free_server,
         .start = start_in_handler, .end = end_in_handler),
    CASE(coil_http_multipart_next, .prepare = serve_without_a_part,
         .call = take_part, .ready = send_part, .finish = free_server,
         .start = start_in_handler, .end = end_in_handler),
    CASE(coil_http_multipart_read, .prepare = serve_without_data,
         .call = read_part, .ready = send_data, .finish = free_server,
         .start = start_in_handler, .end = end_in_handler),
    CASE(coil_http_multipart_text, .prepare = serve_without_data,
         .call = take_text, .ready = send_data, .finish = free_server,
         .start = start_in_handler, .end = end_in_handler),
    CASE(coil_http_exchange_next, .prepare = serve_get, .call = go_to_the_next,
         .finish = free_server, .start = start_in_handler,
         .end = end_in_handler, .flags = NEVER_WAITS),
    CASE(coil_http_compress, .prepare = serve_get, .call = compress_response,
         .finish = free_server, .start = start_in_handler,
         .end = end_in_handler, .flags = NEVER_WAITS),
    CASE(coil_http_access_log, .prepare = serve_get, .call = log_access,
         .finish = free_server, .start = start_in_handler,
         .end = end_in_handler, .flags = NEVER_WAITS),
    CASE(coil_http_metrics_count, .prepare = serve_get_to_count,
         .call = count_request, .finish = free_server_and_metrics,
         .start = start_in_handler, .end = end_in_handler,
         .flags = NEVER_WAITS),
    CASE(coil_http_metrics_page, .prepare = serve_get,
         .call = respond_with_metrics, .finish = free_server,
         .start = start_in_handler, .end = end_in_handler,
         .flags = NEVER_WAITS),
    CASE(coil_http_files_serve, .prepare = serve_get, .call = serve_file,
         .finish = free_server, .start = start_in_handler,
         .end = end_in_handler, .flags = NEVER_WAITS),
    CASE(coil_http_begin_events, .prepare = serve_get, .call = begin_events,
         .finish = free_server, .start = start_in_handler,
         .end = end_in_handler, .flags = NEVER_WAITS),
    CASE(coil_http_send_event, .prepare = serve_get_and_begin,
         .call = send_event, .finish = free_server, .start = start_in_handler,
         .end = end_in_handler, .flags = NEVER_WAITS),
};

EVERYWHERE_TEST(cancel_everywhere_http_server_parked, table, cancel_parked)
EVERYWHERE_TEST(cancel_everywhere_http_server_granted, table, cancel_granted)
EVERYWHERE_TEST(cancel_everywhere_http_server_on_entry, table, cancel_on_entry)
EVERYWHERE_TEST(cancel_everywhere_http_server_on_entry_when_ready, table,
                cancel_on_entry_when_ready)
