/* SPDX-License-Identifier: MIT */
#include "tls/tls_transport.h"

#include <openssl/err.h>

#include "base/memory.h"
#include "tls/incoming.h"
#include "tls/outgoing.h"

static const struct coil__tls *
tls_of_const(const struct coil_transport *transport)
{
    return coil__container_of(transport, const struct coil__tls, transport);
}

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
    struct coil__tls *t = coil__tls_from(transport);

    if ((coil__tls_has_said_end(t) || t->error) && !t->is_reading)
        drop_unread(t);
    t->is_closed = true;
    t->below->ops->close(t->below);
}

static void release_op(struct coil_transport *transport)
{
    struct coil__tls *t = coil__tls_from(transport);

    t->is_released = true;
    if (!t->is_sending)
        coil__tls_free(t);
}

/*
 * What is kept here goes along.  What is under way below stays under way there,
 * and own.over() comes later.
 */
static int move_op(struct coil_transport *transport, bool joins)
{
    struct coil__tls *t = coil__tls_from(transport);

    if (!t->below->ops->move)
        return -ENOTSUP;
    if (coil__tls_state(t) == -ENOTCONN)
        return -EBUSY;
    return t->below->ops->move(t->below, joins);
}

static const struct coil_transport_ops ops = {
    .read = coil__tls_read,
    .wait_readable = coil__tls_wait_readable,
    .watch = coil__tls_watch,
    .cancel_watch = coil__tls_cancel_watch,
    .read_nowait = coil__tls_read_nowait,
    .write = coil__tls_write,
    .shutdown = coil__tls_shutdown,
    .is_stale = coil__tls_is_stale,
    .local_address = local_address,
    .peer_address = peer_address,
    .close = close_op,
    .release = release_op,
    .move = move_op,
};

struct coil__tls *coil__tls_of(struct coil_stream *stream)
{
    struct coil_transport *transport = coil_stream_transport(stream);

    return transport->ops == &ops ? coil__tls_from(transport) : NULL;
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
                                            .takes_at_once = true,
                                            .must_say_end = true };
    t->below = below;
    t->peer.context = coil_tls_context_hold(context);
    t->ssl = coil__tls_context_connection(context);
    bio = t->ssl ? coil__tls_wire_bio(&t->wire) : NULL;
    if (!bio || !SSL_set_app_data(t->ssl, &t->peer)) {
        BIO_free(bio);
        ERR_clear_error();
        coil__tls_free(t);
        return NULL;
    }
    SSL_set_bio(t->ssl, bio, bio);
    return t;
}
