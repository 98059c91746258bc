/* SPDX-License-Identifier: MIT */
/*
 * http2_server.c - what a client of HTTP/2 may send
 *
 * Frames (http2_wire.h), behind the preface.  A session gets them, and notes what it gives to handlers: heads in their order,
 * and of each request the body that was read and how it ended.  That must be the
 * same however the bytes are cut.  Then a server gets them, and must serve the next
 * client.
 */
#include <stdlib.h>
#include <string.h>

#include <coil.h>
#include <coil/http_server.h>
#include <coil/stream_pair.h>
#include <coil/testing.h>
#include <coil/websocket.h>

#include "base/memory.h"
#include "base/platform.h"
#include "http/http2/session.h"
#include "http2_wire.h"

enum { STREAMS = 500 }; /* more than one input has */

/* ---- a session -------------------------------------------------------- */

struct request {
    struct coil__http2_stream *http2;
    struct coil_stream *stream;
    struct coil_task *task;
    int32_t id;
    size_t size;
    uint32_t hash;
    ptrdiff_t end;
};

static struct request requests[STREAMS];
static size_t request_count;
static struct fuzz_trace *noted;

static void note_head(const struct coil__http2_head *head)
{
    fuzz_note(noted, "%zu fields: ", head->fields);
    fuzz_note_bytes(noted, coil__buffer_bytes(&head->text), head->text.size);
    fuzz_note(noted, "\n");
}

/* Read the body, and then answer. */
static int serve_one(void *arg)
{
    struct request *r = arg;
    char lines[] = "A: b\r\n\r\n";
    unsigned char bytes[100];
    ptrdiff_t n;

    while ((n = coil_stream_read(r->stream, bytes, sizeof bytes)) > 0)
        for (ptrdiff_t i = 0; i < n; i++, r->size++)
            r->hash = (r->hash ^ bytes[i]) * 16777619u;
    r->end = n;
    if (n == 0 && coil__http2_send_response(r->http2, 200, lines,
                                            sizeof lines - 1, 4) == 0)
        n = coil_stream_write(r->stream, "body", 4);
    coil_stream_abort(r->stream);
    return 0;
}

static int take_request(void *owner, struct coil__http2_stream *s)
{
    struct request *r = &requests[request_count];
    int rc;

    (void)owner;
    if (request_count == STREAMS)
        return -ENOMEM;
    *r = (struct request){ .http2 = s, .id = s->id };
    fuzz_note(noted, "request %d: ", (int)s->id);
    note_head(coil__container_of(s->heads.head, struct coil__http2_head, link));
    rc = coil_stream_new(&r->stream, &s->transport);
    if (rc == 0)
        rc = coil_task_create(&r->task, serve_one, r);
    if (rc == 0)
        request_count++;
    return rc;
}

static int run_session(void *arg)
{
    return coil__http2_session_run(arg, COIL_NEVER);
}

/* Read frames to the end, and note the last code of a GOAWAY. */
static void read_frames(struct coil_stream *stream)
{
    static unsigned char payload[1 << 14];
    unsigned char head[FRAME_HEAD];
    int code = -1;

    while (coil_stream_read_exactly(stream, head, sizeof head, NULL) == 0) {
        size_t size = (size_t)head[0] << 16 | (size_t)head[1] << 8 | head[2];

        MUST(size <= sizeof payload);
        if (coil_stream_read_exactly(stream, payload, size, NULL) < 0)
            break;
        if (head[3] == NGHTTP2_GOAWAY)
            code = payload[7];
    }
    fuzz_note(noted, "goaway %d\n", code);
}

static int run_alone(const struct wire *w)
{
    static const struct coil__http2_options options = {
        .is_server = true,
        .has_connect = true,
        .head = { .size = 2000, .fields = 50 },
        .max_streams = STREAMS,
        .window = 1 << 20,
        .whole_window = 1 << 20,
        .head_time = 30 * COIL_SECOND,
        .request = take_request,
    };
    struct coil__http2_session *session;
    struct coil_stream *pair[2];
    struct coil_task *task;
    int rc = coil_stream_pair(pair);

    MUST(rc == 0 && coil__http2_session_new(&session, pair[1], &options) == 0);
    request_count = 0;
    MUST(coil_task_create(&task, run_session, session) == 0);
    rc = coil_stream_write(pair[0], w->bytes, w->size);
    /* What the session has to say is sent before it sees the end. */
    MUST(coil_test_settle() == 0);
    if (rc == 0)
        rc = coil_stream_shutdown(pair[0]);
    rc = coil_task_await(task);
    fuzz_note(noted, "session: %d\n", rc);
    coil_task_release(task);
    coil__http2_session_free(session);
    for (size_t i = 0; i < request_count; i++) {
        rc = coil_task_await(requests[i].task);
        coil_task_release(requests[i].task);
    }
    rc = coil_stream_close(pair[1]);
    read_frames(pair[0]);
    coil_stream_abort(pair[0]);
    for (size_t i = 0; i < request_count; i++)
        fuzz_note(noted, "%d: %zu bytes, %x, %d\n", (int)requests[i].id,
                  requests[i].size, (unsigned)requests[i].hash,
                  (int)requests[i].end);
    return 0;
}

/* ---- a server --------------------------------------------------------- */

static int look(struct coil_http_exchange *x, void *arg)
{
    const char *body;
    size_t size;
    int rc = coil_http_exchange_body(x, &body, &size);

    (void)arg;
    if (rc < 0)
        return rc;
    return coil_http_respond(x, 200, "text/plain", body, size);
}

static int talk(struct coil_http_exchange *x, void *arg)
{
    struct coil_websocket_message m;
    struct coil_websocket *ws;
    int rc = coil_websocket_accept(&ws, x, NULL);

    (void)arg;
    if (rc < 0)
        return rc;
    while ((rc = coil_websocket_recv(ws, &m)) == 0)
        if (coil_websocket_send(ws, m.kind, m.data, m.size) < 0)
            break;
    coil_websocket_free(ws);
    return rc == -EPIPE ? 0 : rc;
}

static int send_back(struct coil_http_exchange *x, void *arg)
{
    struct coil_stream *tunnel;
    char piece[100];
    ptrdiff_t n = coil_http_respond_tunnel(x, &tunnel);

    (void)arg;
    while (n >= 0) {
        n = coil_stream_read(tunnel, piece, sizeof piece);
        if (n > 0)
            n = coil_stream_write(tunnel, piece, (size_t)n);
        else
            break;
    }
    return (int)n;
}

static int serve(void *arg)
{
    return coil_http_server_serve(arg);
}

static void ignore(struct coil_loop *loop, const struct coil_exception *e,
                   void *arg)
{
    (void)loop;
    (void)e;
    (void)arg;
}

/* Send, end, and keep the last bytes that come back. */
static size_t converse(const struct coil_address *address, const void *bytes,
                       size_t size, char *answer, size_t room)
{
    struct coil_stream *stream;
    ptrdiff_t n = 0;
    size_t got = 0;
    int rc = coil_tcp_connect_address(&stream, address);

    MUST(rc == 0);
    rc = coil_stream_write(stream, bytes, size);
    if (rc == 0)
        rc = coil_stream_shutdown(stream);
    do {
        if (got == room)
            got = 0;
        n = coil_stream_read(stream, answer + got, room - got);
        if (n > 0)
            got += (size_t)n;
    } while (n > 0);
    coil_stream_abort(stream);
    return got;
}

static void run_server(const struct wire *w)
{
    static const char plain[] =
        "POST /plain HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nok";
    static char answer[32 << 10];
    struct coil_http_server *server;
    struct coil_address address;
    struct coil_task *serving;
    size_t got;

    coil_loop_set_exception_handler(coil_loop_current(), ignore, NULL);
    MUST(coil_http_server_new(&server, NULL) == 0);
    MUST(coil_http_server_route(server, "GET", "/ws", talk, NULL) == 0);
    MUST(coil_http_server_route(server, "CONNECT", "/*", send_back, NULL) == 0);
    MUST(coil_http_server_route(server, NULL, "/*", look, NULL) == 0);
    MUST(coil_http_server_listen(server, "127.0.0.1", 0) == 0);
    MUST(coil_http_server_address(server, &address) == 0);
    MUST(coil_task_create(&serving, serve, server) == 0);
    converse(&address, w->bytes, w->size, answer, sizeof answer);
    got = converse(&address, plain, sizeof plain - 1, answer, sizeof answer);
    MUST(got > 14 && memcmp(answer, "HTTP/1.1 200", 12) == 0 &&
         memcmp(answer + got - 2, "ok", 2) == 0);
    coil_http_server_stop(server, 0);
    MUST(coil_task_await(serving) == 0);
    MUST(coil_http_server_buffered(server) == 0);
    coil_task_release(serving);
    coil_http_server_free(server);
}

static int run(const struct fuzz_input *input, struct fuzz_trace *trace)
{
    static const char begin[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
                                "\0\0\0\4\0\0\0\0\0";
    static struct wire wire;

    noted = trace;
    make_wire(&wire, input, begin, sizeof begin - 1);
    run_alone(&wire);
    if (!is_comparable(&wire))
        trace->size = 0;
    run_server(&wire);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct fuzz_input input = { data, size };

    if (size > 0 && size <= FUZZ_INPUT_MAX)
        fuzz_compare(&input, run);
    return 0;
}
