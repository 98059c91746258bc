/* SPDX-License-Identifier: MIT */
/*
 * http2_fake.h - a server of HTTP/2 that does what a test tells it to
 *
 *     static int answer(struct fake2_request *r)
 *     {
 *         fake2_answer(r, 200, "X-One: 1\r\n\r\n", "body");
 *         return 0;
 *     }
 *     struct fake2 fake = { .handle = answer };
 *
 *     fake2_start(&fake);
 *     ... fake.url, fake.requests ...
 *     fake2_end(&fake);
 *
 * Each request runs in a task, which closes its stream at its end.
 */
#ifndef COIL_TESTS_HTTP2_FAKE_H
#define COIL_TESTS_HTTP2_FAKE_H

#include <stdio.h>
#include <stdlib.h>

#include <coil/error.h>
#include <coil/http_client.h>
#include <coil/task_group.h>

#include "http/http2/session.h"
#include "stream_test.h"

struct fake2;

/* A request that has come. */
struct fake2_request {
    struct fake2 *fake;
    struct coil__http2_session *session;
    struct coil__http2_stream *http2;
    struct coil_stream *stream; /* the bodies */
    struct coil__http_block block;
    struct coil__http_head head; /* in the block */
    size_t number;               /* the first is 1 */
};

struct fake2 {
    int (*handle)(struct fake2_request *request);
    size_t refused;     /* so many requests are refused at first */
    size_t max_streams; /* 0: 100 */
    size_t window;      /* 0: 64 KiB */
    size_t max_head;    /* 0: 16 KiB */
    bool has_connect;   /* extended CONNECT is offered */

    struct coil_listener *listener;
    struct coil_task *task;
    size_t connections;                  /* that have been accepted */
    size_t requests;                     /* that have come, those refused too */
    size_t at_work;                      /* requests that are being handled */
    size_t most;                         /* of them at a time */
    struct coil__http2_session *session; /* of the last connection; or NULL */
    struct coil_stream *below;           /* the connection itself */
    struct coil_task *talking;
    char url[64];
};

void fake2_start(struct fake2 *fake);
void fake2_end(struct fake2 *fake);

/* The value of a header of the request, or NULL. */
const char *fake2_header(const struct fake2_request *request, const char *name);

/* Send a head, interim or not; `lines` end with the blank line. */
void fake2_head(struct fake2_request *request, int status, const char *lines,
                uint64_t length);

/* Send a head, and a body whose length is not said; wait until it is sent. */
void fake2_answer(struct fake2_request *request, int status, const char *lines,
                  const char *body);

/* Cut the last connection. */
void fake2_cut(struct fake2 *fake);

/* A client that knows HTTP/2 beforehand. */
struct coil_http_client *new_client2(void);

#endif
