/* SPDX-License-Identifier: MIT */
#include "net/accepting.h"

#include <errno.h>

#include <coil/closed.h>

#include "base/memory.h"
#include "base/platform.h"

void coil__accepting_release(struct coil_listener *l)
{
    if (--l->refs > 0)
        return;
    l->is_gone = true;
    l->is_of_messages = true;
    if (!coil_closed_keep(l, coil__free))
        coil__free(l);
}

void coil__accepting_check(const struct coil_listener *l)
{
    if (COIL_UNLIKELY(l->is_gone))
        coil_closed_stop(l, "a listener is used after it was closed");
}

struct acceptor *coil__accepting_first(const struct coil_listener *l)
{
    struct coil_waiter *first = coil__waitq_first(&l->acceptors);

    return first ? coil__container_of(first, struct acceptor, waiter) : NULL;
}

bool coil__accepting_begin(struct coil_listener *l,
                           struct coil__listening *socket,
                           void (*over)(struct coil_op *op))
{
    socket->op = (struct coil_op){ .kind = COIL_OP_ACCEPT,
                                   .fd = socket->open.fd,
                                   .address = &socket->peer,
                                   .over = over,
                                   .owner = socket };
    coil__burn(COIL__UNITS_CALL);
    if (l->backend->ops->begin(l->backend, &socket->op))
        return true;
    socket->is_accepting = true;
    l->pending++;
    l->refs++;
    return false;
}

void coil__accepting_cancel(struct coil_listener *l)
{
    for (size_t i = 0; i < l->count; i++)
        if (l->sockets[i].is_accepting)
            l->backend->ops->cancel(l->backend, &l->sockets[i].op);
}

struct coil__listening *coil__accepting_turn(struct coil_listener *l)
{
    struct coil__listening *socket = &l->sockets[l->turn];

    l->turn = (l->turn + 1) % l->count;
    return socket;
}

bool coil__accepting_is_of_one(int error)
{
    switch (error) {
    case -ECONNABORTED:
    case -EPERM:
    case -EPROTO:
    case -ENETDOWN:
    case -ENETUNREACH:
    case -EHOSTDOWN:
    case -EHOSTUNREACH:
    case -ENONET:
    case -ENOPROTOOPT:
    case -ETIMEDOUT:
        return true;
    default:
        return false;
    }
}
