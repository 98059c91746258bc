/* SPDX-License-Identifier: MIT */
/*
 * http/http2/stream.h - a stream of HTTP/2 as a transport
 *
 * The bytes of the transport are those of the bodies, in both directions: what
 * is read has come in frames DATA, and what is written goes out in such frames.
 * So everything that works over a coil_stream works over a stream of HTTP/2, with
 * its back-pressure: the other side may send more when something was read, and a
 * write is over when the other side's window has had room for it.
 *
 * shutdown() ends what is sent (END_STREAM).  close() ends the rest: a stream of
 * which both sides have not said their end is reset.
 *
 * Heads go their own way: heads of the other side wait in a list until somebody
 * takes them.
 */
#ifndef COIL_HTTP_HTTP2_STREAM_H
#define COIL_HTTP_HTTP2_STREAM_H

#include <stdint.h>

#include <coil/event.h>
#include <coil/stream.h>
#include <coil/transport.h>

#include "base/buffer.h"
#include "base/list.h"
#include "http/http2/head.h"
#include "http/wire/budget.h"

struct coil__http2_stream;

/* The length of a body that is not known beforehand. */
#define COIL__HTTP2_UNKNOWN UINT64_MAX

/* What streams need of their session, which is above them. */
struct coil__http2_carrier {
    const struct coil__http2_carrier_ops *ops;
    struct coil_stream *below; /* the connection */
    struct coil_list streams;
    struct coil_list written;         /* streams whose write is over */
    struct coil__http_budget *budget; /* of bodies that are unread; or NULL */
    bool is_server;
};

struct coil__http2_carrier_ops {
    /* Bytes of a body were read, or dropped: as many more may come. */
    void (*consume)(struct coil__http2_carrier *carrier, int32_t id,
                    size_t size);
    /* The stream has something to send, or its end. */
    void (*resume)(struct coil__http2_stream *stream);
    /* Reset a stream with a code of RFC 9113, 7. */
    void (*reset)(struct coil__http2_stream *stream, uint32_t code);
    /* Somebody has no use for a stream any more. */
    void (*leave)(struct coil__http2_carrier *carrier);
};

struct coil__http2_stream {
    struct coil_transport transport;     /* first */
    struct coil__http2_carrier *carrier; /* NULL: it has gone */
    struct coil_link in_carrier;
    int32_t id;       /* 0: not known yet */
    bool is_on_wire;  /* nghttp2 knows the stream */
    bool is_closed;   /* by its user: the transport may be released */
    bool is_connect;  /* a client's, whose answer may open a tunnel */
    bool is_tunnel;   /* no more heads may come */
    bool is_released; /* freed when nghttp2 has forgotten the stream */

    /* What has come. */
    struct coil_list heads;              /* not taken yet */
    size_t head_count;                   /* that have come */
    struct coil__http2_head *incomplete; /* is being received */
    struct coil__http2_head *trailers;   /* behind the body; or NULL */
    struct coil_buffer received;         /* of the body */
    bool is_at_end;                      /* END_STREAM has come */
    int input_error;                     /* what has come was dropped; or 0 */
    struct coil_event news;              /* something has come, or happened */
    struct coil_transport_watch *watch;  /* waits for input, or NULL */

    /* What goes out. */
    struct coil_transport_write *write; /* is being sent, or NULL */
    size_t written;                     /* of it */
    uint64_t left;                      /* of a body whose length is known */
    bool has_body;                      /* a body may be written */
    struct coil_buffer trailing;        /* lines to send behind the body */
    bool is_shut;                       /* nothing is written any more */
    bool is_end_given;                  /* END_STREAM was given to nghttp2 */
    bool is_end_sent;                   /* … and has gone out */
    bool is_deferred;            /* nghttp2 waits for something to send */
    bool is_head_sent;           /* the first frame has gone out */
    bool is_unsent;              /* … and never will */
    struct coil_link in_written; /* of the carrier: `write` is over */

    /* How it ended; 0: it has not, or both sides have said their end. */
    int error;
    bool was_reset;               /* by the other side */
    void (*gone)(void *gone_arg); /* is called once if it ends so; or NULL */
    void *gone_arg;

    uint32_t code;       /* of RFC 9113, 7: how nghttp2 says that it ended */
    uint32_t abort_code; /* … and how it is told that the rest is cut off */
};

/* Make a stream that nghttp2 does not know yet.  Returns 0; -ENOMEM. */
int coil__http2_stream_new(struct coil__http2_stream **out,
                           struct coil__http2_carrier *carrier);

/* Free a stream that was given to nobody. */
void coil__http2_stream_free(struct coil__http2_stream *s);

/* ---- what the user of a stream calls ------------------------------------ */

/* The stream of a coil_stream over one. */
struct coil__http2_stream *coil__http2_stream_of(struct coil_stream *stream);

/* Whether the other side has reset the stream, or the connection has gone. */
static inline bool
coil__http2_stream_is_gone(const struct coil__http2_stream *s)
{
    return s->error < 0;
}

/* Whether there is no more to read of a body, as far as is known now. */
static inline bool
coil__http2_stream_is_read(const struct coil__http2_stream *s)
{
    return s->is_at_end && s->received.size == 0 && s->input_error == 0;
}

/* ---- what the session calls --------------------------------------------- */

/*
 * Bytes of the body have come.  What there is no memory for, or what the budget has
 * no room for, is dropped: reading fails from there on.
 */
void coil__http2_stream_receive(struct coil__http2_stream *s, const void *data,
                                size_t size);

/* Something has changed: who waits is to look. */
void coil__http2_stream_tell(struct coil__http2_stream *s);

/*
 * nghttp2 has forgotten the stream, or never knew it.  `error` is 0 if both sides
 * have said their end.  The stream may be freed.
 */
void coil__http2_stream_over(struct coil__http2_stream *s, int error);

/* The session is about to be freed: the stream goes on without it. */
void coil__http2_stream_leave(struct coil__http2_stream *s);

/* Put the next bytes of the body into buffer[0 … size-1], as nghttp2 asks. */
ptrdiff_t coil__http2_stream_send(struct coil__http2_stream *s, void *buffer,
                                  size_t size, bool *is_end);

/* What coil__http2_stream_send() has sent was the last of a write. */
void coil__http2_stream_end_write(struct coil__http2_stream *s);

#endif
