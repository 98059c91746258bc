/* SPDX-License-Identifier: MIT */
#include "http/client/upload.h"

#include <stdio.h>
#include <string.h>

#include <coil/error.h>
#include <coil/stream.h>

#include "base/memory.h"
#include "http/client/http_source.h"
#include "http/client/limit.h"
#include "http/http2/session.h"
#include "http/wire/write.h"

enum {
    PIECE = 64 * 1024,
    BEFORE = 10, /* the size of a chunk of at most PIECE bytes, CR LF */
    AFTER = 2,   /* CR LF */
};

/* How many bytes the stream keeps; HTTP/2 sends what it was given frame by frame. */
static size_t unsent_of(struct coil_stream *stream)
{
    const struct coil__http2_stream *s = coil__http2_stream_of(stream);

    return coil_stream_unsent(stream) - (s && s->write ? s->written : 0);
}

/*
 * Drain, or flush, the stream.  As long as bytes move, there is no limit of
 * time.
 */
static int wait_for_room(const struct coil__http_call *call,
                         struct coil_stream *stream,
                         int (*wait)(struct coil_stream *stream))
{
    for (;;) {
        size_t before = unsent_of(stream);
        struct coil__http_limit limit;
        int rc = coil__http_limit_begin(&limit, call->limits.idle);

        if (rc < 0)
            return rc;
        rc = wait(stream);
        rc = coil__http_limit_end(&limit, rc, COIL_EHTTP_IDLE_TIMEOUT);
        if (rc != COIL_EHTTP_IDLE_TIMEOUT || unsent_of(stream) >= before)
            return rc;
    }
}

static int drain(struct coil_stream *stream)
{
    return coil_stream_drain(stream);
}

static int flush(struct coil_stream *stream)
{
    return coil_stream_flush(stream);
}

/*
 * Behind the last piece nothing waits that need not: the server may have answered
 * already, and what is all sent must not be ended by that.
 */
static int send_piece(const struct coil__http_call *call,
                      struct coil_stream *stream, const void *bytes,
                      size_t size, bool is_last)
{
    int rc = coil_stream_write(stream, bytes, size);

    return rc < 0 || is_last ? rc : wait_for_room(call, stream, drain);
}

/* ---- from memory ------------------------------------------------------ */

static int send_memory(const struct coil__http_call *call,
                       struct coil_stream *stream)
{
    const char *bytes = call->request->body;
    size_t left = call->request->body_size;
    int rc = 0;

    while (rc == 0 && left > 0) {
        size_t size = left < PIECE ? left : PIECE;

        rc = send_piece(call, stream, bytes, size, size == left);
        bytes += size;
        left -= size;
    }
    return rc;
}

/* ---- from a source ---------------------------------------------------- */

/* Put the piece of `size` bytes at buffer + BEFORE into a chunk, and send it. */
static int send_chunk(const struct coil__http_call *call,
                      struct coil_stream *stream, char *buffer, size_t size)
{
    char line[BEFORE + 1];
    int length = snprintf(line, sizeof line, "%zx\r\n", size);
    char *begin = buffer + BEFORE - length;

    memcpy(begin, line, (size_t)length);
    memcpy(buffer + BEFORE + size, "\r\n", AFTER);
    return send_piece(call, stream, begin, (size_t)length + size + AFTER,
                      false);
}

/* Trailers, whose values are looked at now, and the blank line. */
static void put_trailers(struct coil__http_writer *w,
                         const struct coil_http_request *request,
                         bool *is_source_error)
{
    for (size_t i = 0; i < request->trailer_count; i++) {
        *is_source_error = !coil_http_is_value(request->trailers[i].value);
        if (*is_source_error)
            w->rc = COIL_EHTTP_BAD_HEADER;
        if (w->rc < 0)
            return;
        coil__http_put_header(w, request->trailers[i].name,
                              request->trailers[i].value);
    }
    coil__http_put(w, "\r\n");
}

/* The last chunk, and trailers. */
static int send_end(const struct coil__http_call *call,
                    struct coil_stream *stream, bool *is_source_error)
{
    struct coil_buffer out = { 0 };
    struct coil__http_writer w = coil__http_write_to(&out);
    int rc;

    coil__http_put(&w, "0\r\n");
    put_trailers(&w, call->request, is_source_error);
    rc = w.rc;
    if (rc == 0)
        rc = coil_stream_write(stream, coil__buffer_bytes(&out), out.size);
    coil__buffer_fini(&out);
    return rc;
}

/* The end of a body that is not sent in chunks, and trailers. */
static int end_stream(const struct coil__http_call *call,
                      struct coil_stream *stream, bool *is_source_error)
{
    struct coil_buffer out = { 0 };
    struct coil__http_writer w = coil__http_write_to(&out);
    int rc = 0;

    if (call->request->trailer_count > 0) {
        put_trailers(&w, call->request, is_source_error);
        rc = w.rc;
        if (rc == 0)
            rc = coil__http2_set_trailers(coil__http2_stream_of(stream),
                                          coil__buffer_bytes(&out), out.size);
        coil__buffer_fini(&out);
    }
    if (rc == 0)
        rc = wait_for_room(call, stream, flush);
    return rc < 0 ? rc : coil_stream_shutdown(stream);
}

static int send_pieces(const struct coil__http_call *call,
                       struct coil__http_connection *c, char *buffer,
                       bool *is_source_error)
{
    const struct coil_http_source *source = call->request->source;
    struct coil_stream *stream = c->stream;
    bool is_open = source->size < 0; /* the length is not known */
    bool is_chunked = is_open && !c->link;
    uint64_t left = is_open ? UINT64_MAX : (uint64_t)source->size;

    while (left > 0) {
        size_t size = left < PIECE ? (size_t)left : PIECE;
        ptrdiff_t n = source->read(source->arg, buffer + BEFORE, size);
        int rc;

        *is_source_error = n < 0 || (n == 0 && !is_open);
        if (n < 0)
            return (int)n;
        if (n == 0 && is_open)
            return (is_chunked ? send_end : end_stream)(call, stream,
                                                        is_source_error);
        if (n == 0)
            return COIL_EHTTP_SHORT_SOURCE;
        if ((size_t)n > size)
            n = (ptrdiff_t)size;
        rc = is_chunked ? send_chunk(call, stream, buffer, (size_t)n)
                        : send_piece(call, stream, buffer + BEFORE, (size_t)n,
                                     (uint64_t)n == left);
        if (rc < 0)
            return rc;
        left -= (uint64_t)n;
    }
    return 0;
}

/*
 * Send a file, by the kernel where it can.  As long as bytes move, there is no
 * limit of time.  A file that is shorter than it was is an error, and of one that
 * has grown no more than the announced length is sent.
 */
static int send_file(const struct coil__http_call *call,
                     struct coil_stream *stream, struct coil_http_file *file,
                     bool *is_source_error)
{
    int64_t left = call->request->source->size;

    while (left > 0) {
        struct coil__http_limit limit;
        int64_t sent = 0;
        int rc = coil__http_limit_begin(&limit, call->limits.idle);

        if (rc < 0)
            return rc;
        rc = coil_stream_send_file(stream, file->fd, file->at, left, &sent);
        rc = coil__http_limit_end(&limit, rc, COIL_EHTTP_IDLE_TIMEOUT);
        file->at += sent;
        left -= sent;
        if (rc < 0 && (rc != COIL_EHTTP_IDLE_TIMEOUT || sent == 0))
            return rc;
        *is_source_error = rc == 0 && left > 0;
        if (*is_source_error)
            return COIL_EHTTP_SHORT_SOURCE;
    }
    return 0;
}

static int send_source(struct coil__http_call *call,
                       struct coil__http_connection *c, bool *is_source_error)
{
    const struct coil_http_source *source = call->request->source;
    struct coil_http_file *file =
        source->size < 0 ? NULL : coil__http_file_of(source);
    char *buffer;
    int rc = 0;

    if (call->source_is_used)
        rc = source->rewind(source->arg);
    if (rc < 0) {
        *is_source_error = true;
        return rc;
    }
    call->source_is_used = true;
    if (file)
        return send_file(call, c->stream, file, is_source_error);
    buffer = coil__realloc(NULL, BEFORE + PIECE + AFTER);
    if (!buffer)
        return -ENOMEM;
    rc = send_pieces(call, c, buffer, is_source_error);
    coil__free(buffer);
    return rc;
}

int coil__http_send_body(struct coil__http_call *call,
                         struct coil__http_connection *c, bool *is_source_error)
{
    int rc = call->request->source ? send_source(call, c, is_source_error)
                                   : send_memory(call, c->stream);

    if (rc < 0 || coil_stream_unsent(c->stream) == 0)
        return rc;
    return wait_for_room(call, c->stream, flush);
}
