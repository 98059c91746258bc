/* SPDX-License-Identifier: MIT */
/*
 * http2_none.c - without nghttp2 there are no sessions, and so no streams
 */
#include <errno.h>

#include "http/http2/session.h"

int coil__http2_session_new(struct coil__http2_session **out,
                            struct coil_stream *below,
                            const struct coil__http2_options *options)
{
    (void)below;
    (void)options;
    *out = NULL;
    return -ENOTSUP;
}

int coil__http2_session_run(struct coil__http2_session *session,
                            coil_time quiet)
{
    (void)session;
    (void)quiet;
    return -ENOTSUP;
}

int coil__http2_session_receive(struct coil__http2_session *session,
                                const void *data, size_t size)
{
    (void)session;
    (void)data;
    (void)size;
    return -ENOTSUP;
}

bool coil__http2_session_is_over(const struct coil__http2_session *session)
{
    (void)session;
    return true;
}

void coil__http2_session_send_now(struct coil__http2_session *session)
{
    (void)session;
}

void coil__http2_session_fail(struct coil__http2_session *session, int error)
{
    (void)session;
    (void)error;
}

void coil__http2_session_go_away(struct coil__http2_session *session)
{
    (void)session;
}

bool coil__http2_session_is_open(const struct coil__http2_session *session)
{
    (void)session;
    return false;
}

bool coil__http2_session_offers_connect(
    const struct coil__http2_session *session)
{
    (void)session;
    return false;
}

void coil__http2_session_free(struct coil__http2_session *session)
{
    (void)session;
}

int coil__http2_send_request(struct coil__http2_session *session,
                             const struct coil__http2_request *request,
                             char *lines, size_t size, uint64_t length,
                             struct coil_stream **out)
{
    (void)session;
    (void)request;
    (void)lines;
    (void)size;
    (void)length;
    *out = NULL;
    return -ENOTSUP;
}

int coil__http2_send_response(struct coil__http2_stream *stream, int status,
                              char *lines, size_t size, uint64_t length)
{
    (void)stream;
    (void)status;
    (void)lines;
    (void)size;
    (void)length;
    return -ENOTSUP;
}

void coil__http2_reset(struct coil__http2_stream *stream, uint32_t code)
{
    (void)stream;
    (void)code;
}

struct coil__http2_stream *coil__http2_stream_of(struct coil_stream *stream)
{
    (void)stream;
    return NULL;
}

int coil__http2_set_trailers(struct coil__http2_stream *s, const void *lines,
                             size_t size)
{
    (void)s;
    (void)lines;
    (void)size;
    return -ENOTSUP;
}

struct coil__http2_head *
coil__http2_stream_await_head(struct coil__http2_stream *s, int *error)
{
    (void)s;
    *error = -ENOTSUP;
    return NULL;
}

bool coil__http2_stream_is_refused(const struct coil__http2_stream *s)
{
    (void)s;
    return false;
}

bool coil__http2_stream_is_downgraded(const struct coil__http2_stream *s)
{
    (void)s;
    return false;
}

void coil__http2_head_free(struct coil__http2_head *head)
{
    (void)head;
}

int coil__http2_head_place(const struct coil__http2_head *head,
                           enum coil__http_kind kind,
                           struct coil__http_block *block,
                           const struct coil__http_layout *layout,
                           struct coil__http_head *out)
{
    (void)head;
    (void)kind;
    (void)block;
    (void)layout;
    (void)out;
    return -ENOTSUP;
}

int coil__http2_head_take_trailers(struct coil__http2_head *head,
                                   struct coil__http_trailers *trailers)
{
    (void)head;
    (void)trailers;
    return -ENOTSUP;
}

void coil__http2_stream_go_away(struct coil__http2_stream *stream)
{
    (void)stream;
}
