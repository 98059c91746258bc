/* SPDX-License-Identifier: MIT */
/*
 * http/server/channel.h - a connection, as its session and its exchange know it
 */
#ifndef COIL_HTTP_SERVER_CHANNEL_H
#define COIL_HTTP_SERVER_CHANNEL_H

#include <coil/stream.h>
#include <coil/transport.h>

#include "base/buffer.h"
#include "http/http2/session.h"
#include "http/server/pace.h"
#include "http/server/server.h"
#include "http/wire/message.h"

struct coil__http_channel {
    struct coil_http_server *server;
    struct coil_stream *stream;       /* NULL: closed */
    struct coil__http2_stream *http2; /* that it is over; NULL: HTTP/1 */
    struct coil__http_reader reader;
    struct coil__http_block block; /* the memory of the request's head */
    struct coil_buffer out;
    uint64_t read;    /* bytes of the request's body */
    uint64_t written; /* bytes since the request began */
    struct coil__http_pace reading;
    struct coil__http_pace writing;
    bool is_broken;  /* or cancelled: close at once, with what is unsent */
    bool is_closing; /* after this exchange */
    bool is_asked_to_close; /* the client sends nothing after its request */
    bool is_last;  /* over HTTP/2: the handler wants no more requests */
    bool is_dirty; /* the client may go on sending what nobody will read;
                        responses say that the connection closes */
};

/* A request begins, or what would have been one is answered. */
void coil__http_channel_begin(struct coil__http_channel *channel);

/*
 * Wait until there is room to write, or until everything is sent, but not longer
 * than the client may take (pace.h).  Returns 0, -ETIMEDOUT, or as
 * coil_stream_drain().
 */
int coil__http_channel_drain(struct coil__http_channel *channel) COIL_SUSPENDS;
int coil__http_channel_flush(struct coil__http_channel *channel) COIL_SUSPENDS;

/*
 * Send `size` bytes of a file from `at` on, as long as the client is fast enough.
 * `*sent` says how many have gone.  Returns 0, -ETIMEDOUT, -EIO if the file has
 * got shorter, or as coil_stream_send_file().
 */
int coil__http_channel_send_file(struct coil__http_channel *channel, int fd,
                                 uint64_t at, uint64_t size, uint64_t *sent)
    COIL_SUSPENDS;

/*
 * Send what is unsent and close, unless the channel is broken.  If the
 * connection were closed while the client is still sending, the kernel would
 * reset the connection, and the client would lose the answer that it has not
 * read yet.  So the server waits a little until the client has closed, too.
 */
void coil__http_channel_close(struct coil__http_channel *channel);

/* Write to the connection, and count. */
static inline int coil__http_channel_write(struct coil__http_channel *channel,
                                           const void *data, size_t size)
{
    channel->written += size;
    return coil_stream_write(channel->stream, data, size);
}

/* Send past the stream's buffer, and count, as coil_stream_pass(). */
static inline ptrdiff_t
coil__http_channel_pass(struct coil__http_channel *channel, const void *data,
                        size_t size)
{
    ptrdiff_t n = coil_stream_pass(channel->stream, data, size);

    if (n > 0)
        channel->written += (size_t)n;
    return n;
}

#endif
