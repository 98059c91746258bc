/* SPDX-License-Identifier: MIT */
/*
 * http2_test.h - a client of HTTP/2 for tests of servers: a session over a
 * connection of its own
 */
#ifndef COIL_TESTS_HTTP2_TEST_H
#define COIL_TESTS_HTTP2_TEST_H

#include "http/http2/session.h"
#include "http_server_test.h"

/* Skip the test if HTTP/2 is not built in. */
#define NEEDS_HTTP2                                                            \
    do {                                                                       \
        if (!coil__http2_version())                                            \
            SKIP("HTTP/2 is not built in");                                    \
    } while (0)

struct http2_answer {
    struct coil_stream *stream;
    struct coil__http_block block;
    struct coil__http_head head;
    int error; /* there is no head */
    char body[64 * 1024];
    size_t size;
    ptrdiff_t end; /* 0, or the error of the body */
};

struct http2_client {
    struct coil_stream *below;
    struct coil__http2_session *session;
    struct coil_task *reader;
    int end;                    /* what reading has returned */
    struct http2_answer answer; /* the last one */
};

/* Connect to `server`, whose stream may have been connected before. */
void http2_open(struct http2_client *c);
void http2_open_over(struct http2_client *c, struct coil_stream *below);

/* End it, and expect the server to end, too. */
void http2_close(struct http2_client *c);

/* The connection breaks. */
void http2_break(struct http2_client *c);

/* Send a head; `lines` may be NULL.  `length` is that of the body. */
struct coil_stream *http2_send(struct http2_client *c, const char *method,
                               const char *path, const char *lines,
                               uint64_t length);

/* Wait for the next head of a stream, and keep it in `a`. */
void http2_await_head(struct http2_answer *a);

/* Read the body, and close the stream. */
void http2_read_body(struct http2_answer *a);
void http2_forget(struct http2_answer *a);

/* Ask, with a body or NULL, and read the answer, which is valid until the next. */
const struct http2_answer *http2_ask(struct http2_client *c, const char *method,
                                     const char *path, const char *lines,
                                     const char *body);
const struct http2_answer *http2_get(struct http2_client *c, const char *path);

/* A header of an answer; "-": there is none. */
const char *http2_header(const struct http2_answer *a, const char *name);

#endif
