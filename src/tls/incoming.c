/* SPDX-License-Identifier: MIT */
#include "tls/incoming.h"

#include <coil/error.h>
#include <coil/sleep.h>

#include <openssl/err.h>

#include "tls/outgoing.h"

enum {
    /* What is received at a time, and if there is plenty. */
    READ_CHUNK = COIL__TLS_RECORD + COIL__TLS_OVERHEAD,
    READ_CHUNK_FLOWING = 4 * READ_CHUNK,
    MAX_REPLIES = 64 * 1024, /* that the peer causes and does not read */
};

/* OpenSSL has nothing to give: 0 at the end, -EAGAIN, or an error. */
static int why_nothing(struct coil__tls *t, int returned)
{
    switch (SSL_get_error(t->ssl, returned)) {
    case SSL_ERROR_WANT_READ:
        return -EAGAIN;
    case SSL_ERROR_ZERO_RETURN:
        return 0;
    default:
        return coil__tls_fail(t);
    }
}

/* What OpenSSL wanted to say meanwhile. */
static int send_replies(struct coil__tls *t)
{
    if (t->wire.out.size == 0)
        return 0;
    if (t->is_sending &&
        t->wire.out.size > MAX_REPLIES + coil__tls_encrypted(t->taken)) {
        t->error = COIL_ETLS_PROTOCOL;
        return t->error;
    }
    coil__tls_flush(t);
    return 0;
}

/*
 * Whether OpenSSL may give something without more input.  To ask OpenSSL itself
 * takes a microsecond, because it gets a buffer for a record and wipes it.
 */
static bool holds_input(const struct coil__tls *t)
{
    return t->wire.in.size > 0 || SSL_pending(t->ssl) > 0 ||
           (SSL_get_shutdown(t->ssl) & SSL_RECEIVED_SHUTDOWN) != 0;
}

/* Decrypt what is there.  Bytes, 0 at the end, -EAGAIN, or an error. */
static ptrdiff_t decrypt(struct coil__tls *t, void *data, size_t size)
{
    size_t got = 0;
    int rc = -EAGAIN;

    if (t->error)
        return t->error;
    ERR_clear_error();
    while (got < size && holds_input(t)) {
        size_t n;

        rc = SSL_read_ex(t->ssl, (char *)data + got, size - got, &n);
        if (rc != 1) {
            rc = why_nothing(t, rc);
            break;
        }
        got += n;
    }
    /* Whoever floods us need not be heard. */
    if (send_replies(t) < 0)
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
    if (!holds_input(t))
        return -EAGAIN;
    ERR_clear_error();
    rc = SSL_peek_ex(t->ssl, &byte, 1, &n);
    rc = rc == 1 ? 1 : why_nothing(t, rc);
    if (send_replies(t) < 0)
        return t->error;
    return rc;
}

/*
 * Nothing is here, so a wait needs no memory.  OpenSSL has got a buffer for an
 * answer when a ticket came, and would keep it until something is sent.
 */
static void let_go_of_buffers(struct coil__tls *t)
{
    coil__buffer_fini(&t->wire.in);
    if (t->is_ready)
        (void)SSL_free_buffers(t->ssl);
}

/*
 * Wait for encrypted bytes.  OpenSSL has taken all that came before, so that
 * needs no memory.
 */
static int wait_below(struct coil__tls *t, const struct coil_stream *stream)
{
    int rc;

    let_go_of_buffers(t);
    rc = t->below->ops->wait_readable(t->below, stream);
    if (rc < 0)
        return rc;
    return t->is_closed ? -EBADF : coil_checkpoint();
}

/*
 * Receive encrypted bytes.  Bytes that win against a cancellation need not be
 * what the reader waits for, so the cancellation is reported between the waits.
 * Returns bytes, 0 at the end, or an error.
 */
static ptrdiff_t receive(struct coil__tls *t, const struct coil_stream *stream)
{
    size_t size = t->is_flowing ? READ_CHUNK_FLOWING : READ_CHUNK;
    ptrdiff_t n;
    int rc = coil_checkpoint();

    if (rc == 0 && !t->is_flowing)
        rc = wait_below(t, stream);
    if (rc < 0)
        return rc;
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

/* The same for what is there now; -EAGAIN: nothing that can be known. */
static ptrdiff_t receive_now(struct coil__tls *t)
{
    ptrdiff_t n;

    if (!t->below->ops->read_nowait)
        return -EAGAIN;
    n = coil__buffer_reserve(&t->wire.in, READ_CHUNK);
    if (n < 0)
        return n;
    n = t->below->ops->read_nowait(t->below, coil__buffer_end(&t->wire.in),
                                   READ_CHUNK);
    if (n > 0)
        coil__buffer_grow(&t->wire.in, (size_t)n);
    return n;
}

ptrdiff_t coil__tls_read(struct coil_transport *transport, void *data,
                         size_t size, const struct coil_stream *stream)
{
    struct coil__tls *t = coil__tls_from(transport);
    ptrdiff_t n = coil__tls_state(t);

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

/*
 * If nothing can be sent any more, the other side may have said why, but nobody
 * waits for an answer.
 */
static ptrdiff_t receive_answer(struct coil__tls *t,
                                const struct coil_stream *stream)
{
    ptrdiff_t n = t->write_error ? receive_now(t) : receive(t, stream);

    if (n == 0 || n == -EAGAIN)
        return t->write_error ? t->write_error : COIL_ETLS_TRUNCATED;
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
        coil__tls_flush(t);
        if (rc != -EAGAIN)
            return rc;
        n = receive_answer(t, stream);
        if (n < 0)
            return (int)n;
    }
    t->is_ready = true;
    coil__tls_flush(t);
    return 0;
}

int coil__tls_wait_readable(struct coil_transport *transport,
                            const struct coil_stream *stream)
{
    struct coil__tls *t = coil__tls_from(transport);
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

ptrdiff_t coil__tls_read_nowait(struct coil_transport *transport, void *data,
                                size_t size)
{
    struct coil__tls *t = coil__tls_from(transport);

    if (!t->is_ready)
        return -EAGAIN;
    for (;;) {
        ptrdiff_t n = decrypt(t, data, size);

        if (n != -EAGAIN)
            return n;
        n = receive_now(t);
        if (n <= 0)
            return n == 0 ? COIL_ETLS_TRUNCATED : n;
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
        n = receive_now(t);
        if (n == -EAGAIN) {
            coil__buffer_fini(&t->wire.in);
            return false;
        }
        if (n <= 0)
            return true;
    }
    return true;
}

bool coil__tls_is_stale(struct coil_transport *transport)
{
    struct coil__tls *t = coil__tls_from(transport);

    return !t->is_reading && (!t->is_ready || has_come(t));
}

/* ---- hearing of input ------------------------------------------------------ */

static void heard(struct coil_transport_watch *watching);

/* Watch the transport below until there is plain text.  Whether there is. */
static bool begin_to_hear(struct coil__tls *t)
{
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

bool coil__tls_watch(struct coil_transport *transport,
                     struct coil_transport_watch *watch)
{
    struct coil__tls *t = coil__tls_from(transport);

    /* Where that cannot be heard, it is always time to read. */
    if (!t->is_ready || !t->below->ops->watch)
        return true;
    if (look(t) != -EAGAIN)
        return true;
    let_go_of_buffers(t);
    t->is_cancelled = false;
    t->watch = watch;
    t->watching.over = heard;
    /* The transport below knows best whether to look for input at all. */
    if (!t->below->ops->watch(t->below, &t->watching) || !begin_to_hear(t))
        return false;
    t->watch = NULL;
    return true;
}

void coil__tls_cancel_watch(struct coil_transport *transport)
{
    struct coil__tls *t = coil__tls_from(transport);

    t->is_cancelled = true;
    t->below->ops->cancel_watch(t->below);
}
