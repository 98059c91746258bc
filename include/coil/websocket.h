/* SPDX-License-Identifier: MIT */
/*
 * coil/websocket.h - messages in both directions (RFC 6455), as client and server,
 *                    over HTTP/1.1 or HTTP/2 (RFC 8441)
 *
 *     static int echo(struct coil_http_exchange *x, void *arg)
 *     {
 *         struct coil_websocket_message m;
 *         struct coil_websocket *ws;
 *         int rc = coil_websocket_accept(&ws, x, NULL);
 *
 *         if (rc < 0)
 *             return rc;                    // the client has been answered
 *         while ((rc = coil_websocket_recv(ws, &m)) == 0)
 *             if (coil_websocket_send(ws, m.kind, m.data, m.size) < 0)
 *                 break;
 *         coil_websocket_free(ws);
 *         return rc == -EPIPE ? 0 : rc;     // -EPIPE: closed by the client
 *     }
 *
 * Use      One task receives, and any number of tasks send.  A second receiver
 *          gets -EBUSY.  Messages of several senders go out one after the other.
 *          Pings are answered, and the end is noticed, while a task receives or
 *          closes.
 * Limits   A sender waits while the other side does not take what was sent
 *          before; a receiver reads only what it is asked for, so that a fast
 *          sender has to wait.  A message in memory is limited.
 * Memory   A connection needs some 2 KiB, and with permessage-deflate (RFC 7692),
 *          where zlib is built in, up to 44 KiB to receive and 40 KiB to send, but
 *          only from the first compressed message in that direction on.
 * Threads  A WebSocket belongs to the loop in which it was made.
 * asyncio  none; the names and the defaults are those of Python's websockets.
 */
#ifndef COIL_WEBSOCKET_H
#define COIL_WEBSOCKET_H

#include <coil/base.h>
#include <coil/http_client.h>
#include <coil/http_exchange.h>
#include <coil/time.h>

#ifdef __cplusplus
extern "C" {
#endif

struct coil_websocket;

/* The defaults. */
#define COIL_WEBSOCKET_MAX_MESSAGE ((size_t)1024 * 1024)
#define COIL_WEBSOCKET_PING_EVERY (20 * COIL_SECOND)
#define COIL_WEBSOCKET_PONG_LIMIT (20 * COIL_SECOND)
#define COIL_WEBSOCKET_CLOSE_LIMIT (10 * COIL_SECOND)
#define COIL_WEBSOCKET_MAX_RATIO ((size_t)200)

/* The most bytes that a ping may carry, and that a reason may have. */
#define COIL_WEBSOCKET_MAX_PING 125
#define COIL_WEBSOCKET_MAX_REASON 123

/* What a message is: text, which is UTF-8, or bytes. */
enum coil_websocket_kind {
    COIL_WEBSOCKET_TEXT = 1,
    COIL_WEBSOCKET_BINARY = 2,
};

/* Codes of a close frame (RFC 6455, 7.4.1); 3000 to 4999 are free to use. */
enum coil_websocket_code {
    COIL_WEBSOCKET_NORMAL = 1000,
    COIL_WEBSOCKET_GOING_AWAY = 1001,
    COIL_WEBSOCKET_PROTOCOL_ERROR = 1002,
    COIL_WEBSOCKET_UNSUPPORTED = 1003,
    COIL_WEBSOCKET_NO_CODE = 1005,  /* the frame has none */
    COIL_WEBSOCKET_ABNORMAL = 1006, /* no close frame has come */
    COIL_WEBSOCKET_BAD_DATA = 1007,
    COIL_WEBSOCKET_POLICY = 1008,
    COIL_WEBSOCKET_TOO_LARGE = 1009,
    COIL_WEBSOCKET_NEEDS_EXTENSION = 1010,
    COIL_WEBSOCKET_INTERNAL_ERROR = 1011,
    COIL_WEBSOCKET_RESTART = 1012,
    COIL_WEBSOCKET_TRY_LATER = 1013,
};

/* How messages are compressed.  Zeroed is the default of everything. */
struct coil_websocket_deflate {
    bool is_off; /* compression is neither offered nor accepted */
    /*
     * Compress each message by itself, which needs no memory between messages;
     * ask the other side to do so.
     */
    bool forget;
    bool peer_forgets;
    /* The windows, 2^n bytes: 9 to 15.  0: 12 for what is sent, and any. */
    int window_bits;
    int peer_window_bits;
    int level;   /* 1 to 9; 0: zlib's usual */
    size_t from; /* messages shorter than this are not compressed */
    /*
     * How many times larger a message may become, beyond 1 MiB; 0: 200;
     * SIZE_MAX: any number.
     */
    size_t max_ratio;
};

/* How to make a WebSocket.  Zeroed is the default of everything. */
struct coil_websocket_options {
    /*
     * Subprotocols: those that a client offers, the one that it likes best
     * first; or those that a server knows: it takes the first of them that the
     * client has offered, or none.
     */
    const char *const *subprotocols;
    size_t subprotocol_count;
    /*
     * The largest message that coil_websocket_recv() takes; 0: 1 MiB;
     * COIL_HTTP_UNLIMITED.  And the largest payload of a frame, as it comes; 0: any.
     */
    size_t max_message;
    size_t max_frame;
    /*
     * Send a ping so often; 0: 20 s; COIL_NEVER: none.  If a ping is not answered
     * within pong_limit (0: 20 s), and nothing else has come, the connection is
     * given up.  What has come and was not received counts, so a task that is busy
     * elsewhere loses no connection.  On a user's scheduler no ping is sent.
     */
    coil_time ping_every;
    coil_time pong_limit;
    /* How long coil_websocket_close() waits for the other side; 0: 10 s. */
    coil_time close_limit;
    struct coil_websocket_deflate deflate;
    /*
     * A client gets the response that refuses the WebSocket, to look at or to
     * read; else NULL.  It is returned: release it with coil_http_response_free().
     */
    struct coil_http_response **refusal;
    /*
     * If a client has to make a connection, have it speak HTTP/2 where the server
     * does, and open the WebSocket over that, if the server offers it.  Else see
     * coil_websocket_connect().
     */
    bool http2;
};

/* ---- the beginning ---------------------------------------------------- */

/*
 * Open a WebSocket to request->url, "ws://…" or "wss://…"; "http" and "https" mean
 * the same.  The request is made by `client`, with its proxies, cookies,
 * redirects, limits of time and TLS; it is a GET without a body, with the
 * request's own headers, such as Origin or Authorization.  A plain proxy is asked
 * for a tunnel.  The connection counts as one of the client's until the WebSocket
 * is freed.  `options` may be NULL.
 *
 * A WebSocket is a stream of HTTP/2 (RFC 8441) if the client has a connection of
 * HTTP/2 to the same origin whose server offers that, as with a browser.  Without
 * such a connection one is made for HTTP/1.1, unless options->http2 asks for HTTP/2:
 * for "wss" by ALPN, and for "ws" if the client has http2_prior_knowledge.  If that
 * server turns out to offer no WebSockets over HTTP/2, HTTP/1.1 it is.
 *
 * Redirects are followed as those of any request (coil_http_request()), to
 * "ws://…" and "wss://…" too, because services move: Python's websockets follows
 * these, and aiohttp those to "http" and "https".  A browser follows none.  With
 * COIL_HTTP_NO_REDIRECTS as request->max_redirects a redirect is a refusal.
 *
 * Returns 0, else, with nothing left open, as coil_http_open(), and
 *   COIL_EWEBSOCKET_REFUSED  the server has answered, but not by 101, or by 200 over
 *               HTTP/2: see options->refusal
 *   COIL_EHTTP_MALFORMED  the answer is no handshake of a WebSocket, or has a
 *               subprotocol or an extension that was not offered
 *   COIL_EHTTP_BAD_HEADER  the request has a header that is the handshake's, or a
 *               subprotocol is no token
 *   -EINVAL     another method, a body, or an option out of range
 * asyncio: none; websockets.connect(), aiohttp's ws_connect().
 */
COIL_API int coil_websocket_connect(
    struct coil_websocket **out, struct coil_http_client *client,
    const struct coil_http_request *request,
    const struct coil_websocket_options *options) COIL_SUSPENDS;

/* Whether a request asks for a WebSocket, in whatever version and however well. */
COIL_API bool
coil_websocket_is_asked_for(const struct coil_http_exchange *exchange);

/*
 * Answer a request by 101: from now on the connection is a WebSocket.  Over HTTP/2 the
 * answer is 200, and the stream of the request is the WebSocket.  Headers that
 * were added by coil_http_respond_header() are sent along.  `options` may be NULL.
 * Any page may make a browser ask: a handler that trusts cookies looks at the
 * header Origin first.
 *
 * The WebSocket borrows the connection: it must be freed before the handler
 * returns, and then the server closes the connection, or ends the stream.  A handler may return the
 * error that has ended the WebSocket: what the client did is reported to nobody.
 *
 * Returns 0, else
 *   COIL_EHTTP_MALFORMED  it was no good request for a WebSocket.  The client has
 *               been answered by 400, or by 426, which asks for one; the handler
 *               returns the error, and nobody is told
 *   -EALREADY   the request has been answered
 *   -EINVAL     an option is out of range
 *   -ENOMEM     nothing was sent
 *   -ECANCELED  nothing was sent
 *   -EPIPE, -ECONNRESET …  the connection is broken
 * asyncio: none; aiohttp's WebSocketResponse.prepare().
 */
COIL_API int coil_websocket_accept(struct coil_websocket **out,
                                   struct coil_http_exchange *exchange,
                                   const struct coil_websocket_options *options)
    COIL_SUSPENDS;

/* The subprotocol that was agreed on, or NULL. */
COIL_API const char *
coil_websocket_subprotocol(const struct coil_websocket *ws);

/* Whether permessage-deflate was agreed on. */
COIL_API bool coil_websocket_is_deflated(const struct coil_websocket *ws);

/* Of a client: the server's answer, with its headers; borrowed.  Else NULL. */
COIL_API const struct coil_http_response *
coil_websocket_response(const struct coil_websocket *ws);

/* ---- receiving -------------------------------------------------------- */

struct coil_websocket_message {
    enum coil_websocket_kind kind;
    const char *data; /* with a NUL behind it, which is not counted */
    size_t size;
};

/*
 * Receive a message.  message->data lives until the next call that receives, or
 * the end of the WebSocket.
 *
 * Returns 0, else
 *   -ECANCELED  nothing is lost, and a message that has come in part goes on
 *   -EPIPE      the other side has closed properly: coil_websocket_close_code()
 *   COIL_EHTTP_TRUNCATED  the connection has ended without a close frame
 *   -ECONNRESET, -ETIMEDOUT …  the connection broke; -ETIMEDOUT: so did it because
 *               a ping was not answered
 *   COIL_EHTTP_MALFORMED  a frame, or a text, is not what it has to be; the other
 *               side was told by 1002 or 1007
 *   COIL_EHTTP_BODY_TOO_LARGE  the message, or a frame, is larger than its limit
 *               (1009)
 *   COIL_EHTTP_BAD_CODING, COIL_EHTTP_BOMB  what is compressed is broken (1007), or
 *               becomes too large (1009)
 *   -EBUSY      another task receives
 *   -EINVAL     a message has been begun with coil_websocket_read()
 *   -ENOMEM     may be tried again
 * All but -ECANCELED, -EBUSY, -EINVAL and -ENOMEM are final: the same is returned
 * again, and nothing can be sent.  asyncio: none; websockets' recv().
 */
COIL_API int coil_websocket_recv(struct coil_websocket *ws,
                                 struct coil_websocket_message *message)
    COIL_SUSPENDS;

/*
 * Receive what there is of a message, at most `size` bytes, which is not 0.  `*kind`
 * says what the message is, and `*is_end` whether these are its last bytes.  The
 * message may have any size; a text may be cut within a character.
 *
 * Returns how many bytes were received, 0 only at the end of a message; else as
 * coil_websocket_recv(), and -EINVAL: `size` is 0, or coil_websocket_recv() has
 * begun the message and was cancelled.  An error, or the end of the
 * connection, may follow upon a part of a message.
 * asyncio: none; websockets' recv_streaming().
 */
COIL_API ptrdiff_t coil_websocket_read(struct coil_websocket *ws, void *buffer,
                                       size_t size,
                                       enum coil_websocket_kind *kind,
                                       bool *is_end) COIL_SUSPENDS;

/* ---- sending ---------------------------------------------------------- */

/*
 * Send a message, once what was sent before has found room and no other message
 * is under way.  The message is sent, or kept and sent in the background: the
 * function does not wait for the other side to get it.
 *
 * Returns 0, else
 *   -ECANCELED  nothing of it was sent
 *   -EPIPE      the WebSocket is closed, or coil_websocket_close() was called
 *   -ECONNRESET …  the connection broke; else the error that ended it
 *   -EINVAL     there is no such kind
 *   -EBUSY      the same task has begun a message with coil_websocket_write()
 *   -EILSEQ     the text is not UTF-8
 *   -ENOMEM, -ENOBUFS …  memory was lacking; nothing was sent
 * After -ECANCELED and for want of memory the message may be sent again.
 * asyncio: none; websockets' send().
 */
COIL_API int coil_websocket_send(struct coil_websocket *ws,
                                 enum coil_websocket_kind kind,
                                 const void *data, size_t size) COIL_SUSPENDS;

/*
 * Send a message piece by piece, each in a frame; the last one says so.  The kind is
 * that of the first piece.  From the first piece until the last no other task's
 * message is sent, and all pieces must come from one task; pings may go between.
 *
 * Returns as coil_websocket_send(), about this piece.  -EILSEQ: also if the text
 * would end within a character.
 */
COIL_API int coil_websocket_write(struct coil_websocket *ws,
                                  enum coil_websocket_kind kind,
                                  const void *data, size_t size, bool is_end)
    COIL_SUSPENDS;

/*
 * Send a ping, with at most COIL_WEBSOCKET_MAX_PING bytes.  The answer makes
 * coil_websocket_latency() new.  Returns as coil_websocket_send(), and -EMSGSIZE:
 * too many bytes.
 */
COIL_API int coil_websocket_ping(struct coil_websocket *ws, const void *data,
                                 size_t size) COIL_SUSPENDS;

/* The same for a pong, which nobody has asked for (RFC 6455, 5.5.3). */
COIL_API int coil_websocket_pong(struct coil_websocket *ws, const void *data,
                                 size_t size) COIL_SUSPENDS;

/* How long the last answer to a ping took; 0: there was none yet. */
COIL_API coil_time coil_websocket_latency(const struct coil_websocket *ws);

/* How many bytes are kept to be sent. */
COIL_API size_t coil_websocket_unsent(const struct coil_websocket *ws);

/* ---- the end ---------------------------------------------------------- */

/*
 * Close: send a close frame with `code` and `reason` (at most
 * COIL_WEBSOCKET_MAX_REASON bytes; NULL: none), wait for that of the other side, and
 * then, as a client, for the end of the connection.  With COIL_WEBSOCKET_NO_CODE
 * the frame is empty.  Messages that come meanwhile go to the task that receives,
 * and are dropped if there is none.  If the WebSocket is closed already, nothing is
 * sent.
 *
 * Returns 0 if both have closed properly, whoever began, else
 *   -ECANCELED  the frame is sent, unless the cancellation came before the call; a
 *               second call goes on waiting
 *   -ETIMEDOUT  the other side did not answer within close_limit
 *   -EINVAL     a code that must not be sent, or a reason that is too long or not
 *               UTF-8: nothing was sent
 *   the error that has ended the connection, as from coil_websocket_recv()
 * asyncio: none; websockets' close().
 */
COIL_API int coil_websocket_close(struct coil_websocket *ws, unsigned code,
                                  const char *reason) COIL_SUSPENDS;

/*
 * The code of the close frame that has come; COIL_WEBSOCKET_NO_CODE: it had none;
 * COIL_WEBSOCKET_ABNORMAL: the connection has ended without; 0: it has not ended.
 * And its reason, "" if there is none; it lives as long as the WebSocket.
 */
COIL_API unsigned coil_websocket_close_code(const struct coil_websocket *ws);
COIL_API const char *
coil_websocket_close_reason(const struct coil_websocket *ws);

/*
 * Free a WebSocket that no task uses; NULL is allowed.  One that was not closed is
 * cut off: the other side sees COIL_WEBSOCKET_ABNORMAL.
 */
COIL_API void coil_websocket_free(struct coil_websocket *ws);

#ifdef __cplusplus
}
#endif

#endif
