/* SPDX-License-Identifier: MIT */
/*
 * http2_client.c - what a server of HTTP/2 may send
 *
 * Frames (http2_wire.h), behind settings.  The session of a client has asked three
 * times, once with a body.  Noted is what comes of each request: heads, the body,
 * trailers and how it ended.  That must be the same however the bytes are cut.
 */
#include <coil.h>
#include <coil/http.h>
#include <coil/stream_pair.h>
#include <coil/testing.h>

#include "base/memory.h"
#include "http/http2/session.h"
#include "http2_wire.h"

enum { REQUESTS = 3 };

static struct asking {
    struct coil_stream *stream;
    struct coil_task *task;
    struct fuzz_trace trace;
} askings[REQUESTS];

/* Wait for the head that is no interim one.  Returns whether it has come. */
static bool await_response(struct asking *a)
{
    static const struct coil__http_layout layout;
    struct coil__http2_stream *s = coil__http2_stream_of(a->stream);
    struct coil__http_block block = { 0 };
    struct coil__http_head head = { 0 };
    int rc = 0;

    while (rc == 0 && head.status < 200) {
        struct coil__http2_head *raw = coil__http2_stream_await_head(s, &rc);

        if (!raw)
            break;
        rc = coil__http2_head_place(raw, COIL__HTTP_RESPONSE, &block, &layout,
                                    &head);
        coil__http2_head_free(raw);
        fuzz_note(&a->trace, "head %d: status %d\n", rc, head.status);
        for (size_t i = 0; rc == 0 && i < head.header_count; i++)
            fuzz_note(&a->trace, "%s: %s\n", head.headers[i].name,
                      head.headers[i].value);
    }
    coil__free(block.memory);
    if (head.status < 200)
        fuzz_note(&a->trace, "no head: %d\n", rc);
    return rc == 0 && head.status >= 200;
}

static void read_body(struct asking *a)
{
    const struct coil__http2_stream *s = coil__http2_stream_of(a->stream);
    char bytes[100];
    ptrdiff_t n;

    while ((n = coil_stream_read(a->stream, bytes, sizeof bytes)) > 0)
        fuzz_note_bytes(&a->trace, bytes, (size_t)n);
    fuzz_note(&a->trace, "\nend: %d\n", (int)n);
    if (n == 0 && s->trailers)
        fuzz_note(&a->trace, "%zu trailers\n", s->trailers->fields);
}

static int ask(void *arg)
{
    struct asking *a = arg;

    if (await_response(a))
        read_body(a);
    return 0;
}

static void begin_request(struct asking *a, struct coil__http2_session *session,
                          bool has_body)
{
    const struct coil__http2_request request = {
        .method = has_body ? "POST" : "GET",
        .authority = "a",
        .authority_size = 1,
        .path = "/",
        .path_size = 1,
    };
    char lines[] = "A: b\r\n\r\n";

    a->trace.size = 0;
    MUST(coil__http2_send_request(session, &request, lines, sizeof lines - 1,
                                  has_body ? COIL__HTTP2_UNKNOWN : 0,
                                  &a->stream) == 0);
    MUST(coil_task_create(&a->task, ask, a) == 0);
}

static int run_session(void *arg)
{
    return coil__http2_session_run(arg, COIL_NEVER);
}

/* What the client has sent is not looked at. */
static void end(struct coil_stream *pair[2])
{
    coil_stream_abort(pair[0]);
    coil_stream_abort(pair[1]);
}

static int run(const struct fuzz_input *input, struct fuzz_trace *trace)
{
    static const struct coil__http2_options options = {
        .head = { .size = 2000, .fields = 50 },
        .window = 1 << 20,
        .whole_window = 1 << 20,
        .head_time = 30 * COIL_SECOND,
    };
    static const char begin[] = "\0\0\0\4\0\0\0\0\0";
    static struct wire wire;
    struct coil__http2_session *session;
    struct coil_stream *pair[2];
    struct coil_task *task;
    int rc;

    make_wire(&wire, input, begin, sizeof begin - 1);
    MUST(coil_stream_pair(pair) == 0);
    MUST(coil__http2_session_new(&session, pair[1], &options) == 0);
    MUST(coil_task_create(&task, run_session, session) == 0);
    for (int i = 0; i < REQUESTS; i++)
        begin_request(&askings[i], session, i == 1);
    MUST(coil_test_settle() == 0);
    if (coil_stream_write(pair[0], wire.bytes, wire.size) == 0) {
        MUST(coil_test_settle() == 0);
        rc = coil_stream_shutdown(pair[0]);
    }
    rc = coil_task_await(task);
    coil_task_release(task);
    fuzz_note(trace, "session: %d\n", rc);
    coil__http2_session_free(session);
    for (int i = 0; i < REQUESTS; i++) {
        rc = coil_task_await(askings[i].task);
        coil_task_release(askings[i].task);
        coil_stream_abort(askings[i].stream);
        fuzz_note_bytes(trace, askings[i].trace.text, askings[i].trace.size);
    }
    end(pair);
    if (!is_comparable(&wire))
        trace->size = 0;
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct fuzz_input input = { data, size };

    if (size > 0 && size <= FUZZ_INPUT_MAX)
        fuzz_compare(&input, run);
    return 0;
}
