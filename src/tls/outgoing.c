/* SPDX-License-Identifier: MIT */
#include "tls/outgoing.h"

#include <coil/error.h>

#include <openssl/err.h>

/* How much is encrypted at a time. */
enum { WRITE_CHUNK = 4 * COIL__TLS_RECORD };

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

void coil__tls_flush(struct coil__tls *t)
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

/* Encrypt from `write`.  Returns how much, or an error with nothing taken. */
static ptrdiff_t encrypt(struct coil__tls *t,
                         const struct coil_transport_write *write)
{
    size_t size = write->size < WRITE_CHUNK ? write->size : WRITE_CHUNK;
    size_t done = 0;
    int rc = coil__buffer_reserve(&t->wire.out, coil__tls_encrypted(size));

    if (rc < 0)
        return rc;
    ERR_clear_error();
    while (done < size) {
        size_t n;

        if (!SSL_write_ex(t->ssl, (const char *)write->data + done, size - done,
                          &n))
            return coil__tls_fail(t);
        done += n;
    }
    return (ptrdiff_t)done;
}

/*
 * Go on with what the stream sends, if there is something, until it is over or
 * the transport below keeps what is encrypted of it.  What is said besides, such
 * as a ticket, may be under way there already.
 */
static bool has_sent(struct coil__tls *t)
{
    struct coil_transport_write *theirs = t->theirs;

    if (t->write_error == 0 && t->taken == 0 && theirs->size > 0) {
        theirs->result = encrypt(t, theirs);
        coil__tls_flush(t);
        if (theirs->result < 0)
            return true;
        t->taken = (size_t)theirs->result;
    }
    if (t->is_sending)
        return false;
    if (t->write_error < 0)
        theirs->result = t->write_error;
    else
        theirs->result =
            theirs->size > 0 ? (ptrdiff_t)t->taken : coil__tls_state(t);
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

bool coil__tls_write(struct coil_transport *transport,
                     struct coil_transport_write *write)
{
    struct coil__tls *t = coil__tls_from(transport);

    write->result = coil__tls_state(t);
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
        coil__tls_flush(t);
    }
    if (theirs && is_over(t))
        theirs->over(theirs);
}

bool coil__tls_has_said_end(const struct coil__tls *t)
{
    return (SSL_get_shutdown(t->ssl) & SSL_SENT_SHUTDOWN) != 0;
}

bool coil__tls_shutdown(struct coil_transport *transport,
                        struct coil_transport_write *write)
{
    struct coil__tls *t = coil__tls_from(transport);

    ERR_clear_error();
    if (coil__tls_state(t) == 0 && !coil__tls_has_said_end(t) &&
        SSL_shutdown(t->ssl) < 0)
        (void)coil__tls_fail(t);
    coil__tls_flush(t);
    t->theirs = write;
    return is_over(t);
}
