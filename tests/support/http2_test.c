/* SPDX-License-Identifier: MIT */
/* http2_test.c - a client of HTTP/2 for tests of servers */
#include "http2_test.h"

#include "base/memory.h"

static int read_on(void *arg)
{
    struct http2_client *c = arg;

    c->end = coil__http2_session_run(c->session, COIL_NEVER);
    coil__http2_session_fail(c->session, -ECONNRESET);
    return 0;
}

void http2_open_over(struct http2_client *c, struct coil_stream *below)
{
    const struct coil__http2_options options = {
        .head = { .size = 64 * 1024, .fields = 256 },
        .window = 64 * 1024,
        .whole_window = 256 * 1024,
        .head_time = COIL_NEVER,
    };

    *c = (struct http2_client){ .below = below };
    ASSERT_EQ(coil__http2_session_new(&c->session, below, &options), 0);
    c->reader = start(read_on, c);
}

void http2_open(struct http2_client *c)
{
    http2_open_over(c, dial());
}

void http2_forget(struct http2_answer *a)
{
    coil_stream_abort(a->stream);
    coil__free(a->block.memory);
    a->stream = NULL;
    a->block = (struct coil__http_block){ 0 };
    a->head = (struct coil__http_head){ 0 };
    a->error = 0;
    a->size = 0;
}

static void end_client(struct http2_client *c)
{
    ASSERT_EQ(end_of(c->reader), 0);
    http2_forget(&c->answer);
    coil__http2_session_free(c->session);
    coil_stream_abort(c->below);
}

void http2_close(struct http2_client *c)
{
    coil__http2_session_go_away(c->session);
    end_client(c);
}

void http2_break(struct http2_client *c)
{
    coil_task_cancel(c->reader);
    end_client(c);
}

struct coil_stream *http2_send(struct http2_client *c, const char *method,
                               const char *path, const char *lines,
                               uint64_t length)
{
    const struct coil__http2_request request = {
        .method = method,
        .authority = "h",
        .authority_size = 1,
        .path = path,
        .path_size = strlen(path),
    };
    size_t size = lines ? strlen(lines) : 0;
    char *copy = malloc(size + 1);
    struct coil_stream *stream;

    memcpy(copy, lines ? lines : "", size + 1);
    ASSERT_EQ(coil__http2_send_request(c->session, &request, copy, size, length,
                                       &stream),
              0);
    free(copy);
    return stream;
}

void http2_await_head(struct http2_answer *a)
{
    static const struct coil__http_layout layout = { 0 };
    struct coil__http2_stream *s = coil__http2_stream_of(a->stream);
    struct coil__http2_head *raw = coil__http2_stream_await_head(s, &a->error);

    if (!raw)
        return;
    ASSERT_EQ(coil__http2_head_place(raw, COIL__HTTP_RESPONSE, &a->block,
                                     &layout, &a->head),
              0);
    coil__http2_head_free(raw);
}

void http2_read_body(struct http2_answer *a)
{
    while (a->size < sizeof a->body - 1) {
        a->end = coil_stream_read(a->stream, a->body + a->size,
                                  sizeof a->body - 1 - a->size);
        if (a->end <= 0)
            break;
        a->size += (size_t)a->end;
    }
    a->body[a->size] = '\0';
    coil_stream_abort(a->stream);
    a->stream = NULL;
}

const struct http2_answer *http2_ask(struct http2_client *c, const char *method,
                                     const char *path, const char *lines,
                                     const char *body)
{
    struct http2_answer *a = &c->answer;
    uint64_t length = body ? strlen(body) : 0;

    http2_forget(a);
    a->stream = http2_send(c, method, path, lines, length);
    if (length > 0)
        ASSERT_EQ(coil_stream_write(a->stream, body, length), 0);
    do
        http2_await_head(a);
    while (a->error == 0 && a->head.status < 200);
    http2_read_body(a);
    return a;
}

const struct http2_answer *http2_get(struct http2_client *c, const char *path)
{
    return http2_ask(c, "GET", path, NULL, NULL);
}

const char *http2_header(const struct http2_answer *a, const char *name)
{
    const char *value =
        coil_http_find_header(a->head.headers, a->head.header_count, name);

    return value ? value : "-";
}
