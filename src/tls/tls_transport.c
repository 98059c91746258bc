/* SPDX-License-Identifier: MIT */
#include "tls/tls_transport.h"

#include <coil/error.h>

#include <limits.h>

#include <openssl/err.h>

#include "base/memory.h"
#include "base/platform.h"
#include "tls/tls_error.h"

enum {
    RECORD = 16 * 1024,                  /* plain text in a record, at most */
    OVERHEAD = 512,                      /* what encryption adds to a record */
    WRITE_CHUNK = 4 * RECORD,            /* encrypted at a time */
    READ_CHUNK = RECORD + OVERHEAD,      /* received at a time */
    READ_CHUNK_FLOWING = 4 * READ_CHUNK, /* if there is plenty */
    MAX_REPLIES = 64 * 1024, /* that the peer causes and does not read */
};

static struct coil__tls *tls_of(struct coil_transport *transport)
{
    return coil__container_of(transport, struct coil__tls, transport);
}

static const struct coil__tls *
tls_of_const(const struct coil_transport *transport)
{
    return coil__container_of(transport, const struct coil__tls, transport);
}

/* ---- what goes out -------------------------------------------------------- */

/* Account for a write below that is over. */
static void account(struct coil__tls *t)
{
    ptrdiff_t n = t->own.result;

    if (n > 0) {
        coil__buffer_consume(&t->flight, (size_t)n);
        return;
    }
    /*
     * What was encrypted cannot be given back, so no error may suggest that
     * another try would help.
     */
    t->write_error = n == 0 || n == -ENOMEM || n == -ENOBUFS || n == -ENOSPC
                         ? -EPIPE
                         : (int)n;
    coil__buffer_fini(&t->flight);
    coil__buffer_fini(&t->wire.out);
}

static void own_is_over(struct coil_transport_write *own);

/* Give the transport below what is encrypted, until it keeps the operation. */
static void flush(struct coil__tls *t)
{
    while (!t->is_sending && t->write_error == 0) {
        if (t->flight.size == 0) {
            struct coil_buffer empty = t->flight;

            t->flight = t->wire.out;
            t->wire.out = empty;
        }
        if (t->flight.size == 0)
            break;
        t->own = (struct coil_transport_write){
            .over = own_is_over,
            .data = coil__buffer_bytes(&t->flight),
            .size = t->flight.size,
        };
        if (!t->below->ops->write(t->below, &t->own)) {
            t->is_sending = true;
            return;
        }
        account(t);
    }
    /* An idle connection needs no memory for this. */
    if (!t->is_sending) {
        coil__buffer_fini(&t->flight);
        coil__buffer_fini(&t->wire.out);
    }
}

/* Break the connection: OpenSSL has failed. */
static int fail(struct coil__tls *t)
{
    t->error = coil__tls_error(t->ssl);
    return t->error;
}

/* Encrypt from `write`.  Returns how much, or an error with nothing taken. */
static ptrdiff_t encrypt(struct coil__tls *t,
                         const struct coil_transport_write *write)
{
    size_t size = write->size < WRITE_CHUNK ? write->size : WRITE_CHUNK;
    size_t done = 0;
    int rc = coil__buffer_reserve(&t->wire.out,
                                  size + (size / RECORD + 2) * OVERHEAD);

    if (rc < 0)
        return rc;
    ERR_clear_error();
    while (done < size) {
        size_t n;

        if (!SSL_write_ex(t->ssl, (const char *)write->data + done, size - done,
                          &n))
            return fail(t);
        done += n;
    }
    return (ptrdiff_t)done;
}

/* Whether it works: 0, or why not. */
static int state(const struct coil__tls *t)
{
    return t->is_ready || t->error ? t->error : -ENOTCONN;
}

/*
 * Go on with what the stream sends, if there is something, until it is over or
 * the transport below keeps what is encrypted of it.
 */
static bool has_sent(struct coil__tls *t)
{
    struct coil_transport_write *theirs = t->theirs;

    if (t->write_error == 0 && !t->is_sending && t->taken == 0 &&
        theirs->size > 0) {
        theirs->result = t->error ? t->error : encrypt(t, theirs);
        flush(t);
        if (theirs->result < 0)
            return true;
        t->taken = (size_t)theirs->result;
    }
    if (t->is_sending && t->write_error == 0)
        return false;
    if (t->write_error < 0)
        theirs->result = t->write_error;
    else
        theirs->result = theirs->size > 0 ? (ptrdiff_t)t->taken : state(t);
    return true;
}

/* The same, and then nothing of the stream is under way. */
static bool is_over(struct coil__tls *t)
{
    if (!has_sent(t))
        return false;
    t->theirs = NULL;
    t->taken = 0;
    return true;
}

static bool write_op(struct coil_transport *transport,
                     struct coil_transport_write *write)
{
    struct coil__tls *t = tls_of(transport);

    write->result = state(t);
    if (write->result < 0)
        return true;
    t->theirs = write;
    t->taken = 0;
    return is_over(t);
}

static void own_is_over(struct coil_transport_write *own)
{
    struct coil__tls *t = coil__container_of(own, struct coil__tls, own);
    struct coil_transport_write *theirs = t->theirs;

    t->is_sending = false;
    if (t->is_released) {
        coil__tls_free(t);
        return;
    }
    if (t->is_closed) {
        t->write_error = -EBADF;
    } else {
        account(t);
        flush(t);
    }
    if (theirs && is_over(t))
        theirs->over(theirs);
}

static bool has_said_end(const struct coil__tls *t)
{
    return (SSL_get_shutdown(t->ssl) & SSL_SENT_SHUTDOWN) != 0;
}

/* After an error, what is sent is what OpenSSL has said about it. */
static bool shut_down(struct coil_transport *transport,
                      struct coil_transport_write *write)
{
    struct coil__tls *t = tls_of(transport);

    ERR_clear_error();
    if (state(t) == 0 && !has_said_end(t) && SSL_shutdown(t->ssl) < 0)
        (void)fail(t);
    flush(t);
    t->theirs = write;
    return is_over(t);
}

/* ---- what comes in -------------------------------------------------------- */

/* OpenSSL has nothing to give: 0 at the end, -EAGAIN, or an error. */
static int why_nothing(struct coil__tls *t, int returned)
{
    switch (SSL_get_error(t->ssl, returned)) {
    case SSL_ERROR_WANT_READ:
        return -EAGAIN;
    case SSL_ERROR_ZERO_RETURN:
        return 0;
    default:
        return fail(t);
    }
}

/* What OpenSSL wanted to say meanwhile. */
static int send_replies(struct coil__tls *t)
{
    if (t->wire.out.size == 0)
        return 0;
    if (t->is_sending && t->wire.out.size > MAX_REPLIES) {
        t->error = COIL_ETLS_PROTOCOL;
        return t->error;
    }
    flush(t);
    return 0;
}

/* Decrypt what is there.  Bytes, 0 at the end, -EAGAIN, or an error. */
static ptrdiff_t decrypt(struct coil__tls *t, void *data, size_t size)
{
    size_t got = 0;
    int rc = 0;

    if (t->error)
        return t->error;
    ERR_clear_error();
    while (got < size) {
        size_t n;

        rc = SSL_read_ex(t->ssl, (char *)data + got, size - got, &n);
        if (rc != 1) {
            rc = why_nothing(t, rc);
            break;
        }
        got += n;
        rc = 0;
    }
    if (send_replies(t) < 0 && got == 0)
        return t->error;
    /* An error is told by the next call. */
    return got > 0 ? (ptrdiff_t)got : rc;
}

/* Whether there is something to read, as decrypt() would return it. */
static int look(struct coil__tls *t)
{
    char byte;
    size_t n;
    int rc;

    if (t->error)
        return t->error;
    ERR_clear_error();
    rc = SSL_peek_ex(t->ssl, &byte, 1, &n);
    rc = rc == 1 ? 1 : why_nothing(t, rc);
    if (send_replies(t) < 0)
        return t->error;
    return rc;
}

/*
 * Receive encrypted bytes.  If none are there, the wait needs no memory.
 * Returns bytes, 0 at the end, or an error.
 */
static ptrdiff_t receive(struct coil__tls *t, const struct coil_stream *stream)
{
    size_t size = t->is_flowing ? READ_CHUNK_FLOWING : READ_CHUNK;
    ptrdiff_t n;
    int rc;

    if (!t->is_flowing) {
        if (t->wire.in.size == 0)
            coil__buffer_fini(&t->wire.in);
        rc = t->below->ops->wait_readable(t->below, stream);
        if (rc < 0 || t->is_closed)
            return rc < 0 ? rc : -EBADF;
    }
    rc = coil__buffer_reserve(&t->wire.in, size);
    if (rc < 0)
        return rc;
    n = t->below->ops->read(t->below, coil__buffer_end(&t->wire.in), size,
                            stream);
    if (n > 0)
        coil__buffer_grow(&t->wire.in, (size_t)n);
    t->is_flowing = n == (ptrdiff_t)size;
    return t->is_closed ? -EBADF : n;
}

static ptrdiff_t read_op(struct coil_transport *transport, void *data,
                         size_t size, const struct coil_stream *stream)
{
    struct coil__tls *t = tls_of(transport);
    ptrdiff_t n = state(t);

    if (n < 0)
        return n;
    t->is_reading = true;
    for (;;) {
        n = decrypt(t, data, size);
        if (n != -EAGAIN)
            break;
        n = receive(t, stream);
        if (n == 0)
            n = COIL_ETLS_TRUNCATED;
        if (n < 0)
            break;
    }
    t->is_reading = false;
    return n;
}

static int shake_hands(struct coil__tls *t, const struct coil_stream *stream)
{
    for (;;) {
        ptrdiff_t n;
        int rc;

        ERR_clear_error();
        rc = SSL_do_handshake(t->ssl);
        if (rc == 1)
            break;
        rc = why_nothing(t, rc);
        flush(t);
        if (rc != -EAGAIN)
            return rc;
        n = receive(t, stream);
        if (n == 0)
            return t->write_error ? t->write_error : COIL_ETLS_TRUNCATED;
        if (n < 0)
            return (int)n;
    }
    t->is_ready = true;
    flush(t);
    return 0;
}

/* The first call is that of coil_tls_start_…(): it makes the handshake. */
static int wait_op(struct coil_transport *transport,
                   const struct coil_stream *stream)
{
    struct coil__tls *t = tls_of(transport);
    ptrdiff_t n = 0;

    t->is_reading = true;
    if (!t->is_ready) {
        n = t->error ? t->error : shake_hands(t, stream);
        /* Half a handshake cannot be gone on with, whatever ended it. */
        if (n < 0 && !t->error)
            t->error = -ECONNABORTED;
    } else {
        t->is_flowing = false;
        while (look(t) == -EAGAIN) {
            n = receive(t, stream);
            if (n <= 0)
                break;
        }
    }
    t->is_reading = false;
    return n < 0 ? (int)n : 0;
}

static ptrdiff_t read_nowait_op(struct coil_transport *transport, void *data,
                                size_t size)
{
    struct coil__tls *t = tls_of(transport);

    if (!t->below->ops->read_nowait || !t->is_ready)
        return -EAGAIN;
    for (;;) {
        ptrdiff_t n = decrypt(t, data, size);

        if (n != -EAGAIN)
            return n;
        n = coil__buffer_reserve(&t->wire.in, READ_CHUNK);
        if (n < 0)
            return n;
        n = t->below->ops->read_nowait(t->below, coil__buffer_end(&t->wire.in),
                                       READ_CHUNK);
        if (n <= 0)
            return n == 0 ? COIL_ETLS_TRUNCATED : n;
        coil__buffer_grow(&t->wire.in, (size_t)n);
    }
}

/*
 * Whether a read would return at once, data or not.  Tickets for later sessions
 * come at any time, and do not count.
 */
static bool has_come(struct coil__tls *t)
{
    while (look(t) == -EAGAIN) {
        ptrdiff_t n;

        if (!t->below->ops->read_nowait)
            return t->below->ops->is_stale(t->below);
        if (coil__buffer_reserve(&t->wire.in, READ_CHUNK) < 0)
            return true;
        n = t->below->ops->read_nowait(t->below, coil__buffer_end(&t->wire.in),
                                       READ_CHUNK);
        if (n == -EAGAIN) {
            coil__buffer_fini(&t->wire.in);
            return false;
        }
        if (n <= 0)
            return true;
        coil__buffer_grow(&t->wire.in, (size_t)n);
    }
    return true;
}

static bool is_stale(struct coil_transport *transport)
{
    struct coil__tls *t = tls_of(transport);

    return !t->is_reading && (!t->is_ready || has_come(t));
}

/* ---- hearing of input ------------------------------------------------------ */

static void heard(struct coil_transport_watch *watching);

/* Watch the transport below until there is plain text.  Whether there is. */
static bool begin_to_hear(struct coil__tls *t)
{
    t->watching.over = heard;
    while (!has_come(t))
        if (!t->below->ops->watch(t->below, &t->watching))
            return false;
    return true;
}

static void heard(struct coil_transport_watch *watching)
{
    struct coil__tls *t =
        coil__container_of(watching, struct coil__tls, watching);
    struct coil_transport_watch *watch = t->watch;

    if (!t->is_closed && !t->is_cancelled && !begin_to_hear(t))
        return;
    t->watch = NULL;
    watch->over(watch);
}

static bool watch_op(struct coil_transport *transport,
                     struct coil_transport_watch *watch)
{
    struct coil__tls *t = tls_of(transport);

    /* Where that cannot be heard, it is always time to read. */
    if (!t->is_ready || !t->below->ops->watch)
        return true;
    t->is_cancelled = false;
    t->watch = watch;
    if (!begin_to_hear(t))
        return false;
    t->watch = NULL;
    return true;
}

static void cancel_watch_op(struct coil_transport *transport)
{
    struct coil__tls *t = tls_of(transport);

    t->is_cancelled = true;
    t->below->ops->cancel_watch(t->below);
}

/* ---- the rest ------------------------------------------------------------- */

static void local_address(const struct coil_transport *transport,
                          struct coil_address *address)
{
    const struct coil__tls *t = tls_of_const(transport);

    t->below->ops->local_address(t->below, address);
}

static void peer_address(const struct coil_transport *transport,
                         struct coil_address *address)
{
    const struct coil__tls *t = tls_of_const(transport);

    t->below->ops->peer_address(t->below, address);
}

/*
 * A socket that is closed with something unread resets the connection, and the
 * other side may lose what was sent to it.  A client that reads nothing has
 * unread tickets.
 */
static void drop_unread(struct coil__tls *t)
{
    char bytes[4096];
    int tries = 16;

    if (!t->below->ops->read_nowait)
        return;
    while (tries-- > 0 &&
           t->below->ops->read_nowait(t->below, bytes, sizeof bytes) > 0)
        ;
}

static void close_op(struct coil_transport *transport)
{
    struct coil__tls *t = tls_of(transport);

    if ((has_said_end(t) || t->error) && !t->is_reading)
        drop_unread(t);
    t->is_closed = true;
    t->below->ops->close(t->below);
}

static void release_op(struct coil_transport *transport)
{
    struct coil__tls *t = tls_of(transport);

    t->is_released = true;
    if (!t->is_sending)
        coil__tls_free(t);
}

static const struct coil_transport_ops ops = {
    .read = read_op,
    .wait_readable = wait_op,
    .watch = watch_op,
    .cancel_watch = cancel_watch_op,
    .read_nowait = read_nowait_op,
    .write = write_op,
    .shutdown = shut_down,
    .is_stale = is_stale,
    .local_address = local_address,
    .peer_address = peer_address,
    .close = close_op,
    .release = release_op,
};

struct coil__tls *coil__tls_of(struct coil_stream *stream)
{
    struct coil_transport *transport = coil_stream_transport(stream);

    return transport->ops == &ops ? tls_of(transport) : NULL;
}

struct coil__tls *coil__tls_new(struct coil_tls_context *context,
                                struct coil_transport *below)
{
    struct coil__tls *t = coil__alloc(sizeof *t);
    BIO *bio;

    if (!t)
        return NULL;
    t->transport = (struct coil_transport){ .ops = &ops,
                                            .is_secret = true,
                                            .must_say_end = true };
    t->below = below;
    t->peer.context = coil_tls_context_hold(context);
    t->ssl = coil__tls_context_connection(context);
    bio = t->ssl ? coil__tls_wire_bio(&t->wire) : NULL;
    if (!bio) {
        coil__tls_free(t);
        return NULL;
    }
    SSL_set_bio(t->ssl, bio, bio);
    SSL_set_app_data(t->ssl, &t->peer);
    return t;
}

void coil__tls_free(struct coil__tls *t)
{
    /*
     * A session can be resumed whether or not the end was told: OpenSSL would
     * forget it otherwise.  After an error it cannot.
     */
    if (t->ssl && t->is_ready && !t->error)
        SSL_set_shutdown(t->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    SSL_free(t->ssl);
    coil__buffer_fini(&t->wire.in);
    coil__buffer_fini(&t->wire.out);
    coil__buffer_fini(&t->flight);
    OPENSSL_free(t->certificate);
    coil__free(t->protocol);
    coil__tls_protocols_fini(&t->peer.protocols);
    coil__free(t->peer.session_key);
    coil_tls_context_free(t->peer.context);
    if (t->is_released && t->below->ops->release)
        t->below->ops->release(t->below);
    coil__free(t);
}
