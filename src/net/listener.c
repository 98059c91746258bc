/* SPDX-License-Identifier: MIT */
/*
 * listener.c - several sockets that are accepted from as if they were one
 *
 * While a task waits in coil_listener_accept(), one operation waits on each
 * socket.  The operations belong to the listener, and each connection that
 * comes goes to the task that has waited longest.  When nobody waits any more,
 * the operations are cancelled.  If one brings a connection all the same, that
 * is kept for the next task that asks.  So connections are kept only while
 * nobody waits, at most one for each socket; and an operation waits only while
 * a task does, or while the operation is being cancelled.
 *
 * The owner, every call of coil_listener_accept() and every operation that
 * waits have references to the listener.  As with a stream, the owner's pointer
 * may be gone when one of the others goes on.
 */
#include <coil/loop.h>

#include "base/memory.h"
#include "loop/wait_until.h"
#include "net/listener.h"
#include "net/listener_group.h"
#include "net/listener_lead.h"
#include "base/shortage.h"
#include "net/socket_stream.h"
#include "backend/open.h"
#include "sched/sink.h"

/* ---- operations ----------------------------------------------------------- */

static void over(struct coil_op *op);

/* Give the result to the longest waiter.  If nobody waits, keep it. */
static void hand_over(struct coil_listener *l, struct coil__listening *socket)
{
    struct acceptor *first = coil__accepting_first(l);
    ptrdiff_t result = socket->op.result;

    if (first) {
        first->result = result;
        *first->peer = socket->peer;
        coil__decide(&first->waiter, 0);
    } else if (result >= 0) {
        socket->kept = (int)result;
    }
}

/* While a task waits, let an operation wait on each socket. */
static void begin_all(struct coil_listener *l)
{
    size_t idle = 0; /* sockets in a row that have nothing now */

    while (idle < l->count && coil__accepting_first(l)) {
        struct coil__listening *socket = coil__accepting_turn(l);

        idle++;
        if (!socket->is_accepting && coil__accepting_begin(l, socket, over)) {
            hand_over(l, socket);
            idle = 0;
        }
    }
}

/* Called when an operation is over, or when an acceptor has gone. */
static void settle(struct coil_listener *l)
{
    struct acceptor *first = coil__accepting_first(l);

    if (first && first->is_cancelled && l->pending == 0) {
        coil__decide(&first->waiter, -ECANCELED);
        first = coil__accepting_first(l);
    }
    if (!first)
        coil__accepting_cancel(l);
    else if (!first->is_cancelled)
        begin_all(l);
}

static void over(struct coil_op *op)
{
    struct coil__listening *socket = op->owner;
    struct coil_listener *l = socket->listener;

    socket->is_accepting = false;
    l->pending--;
    if (l->is_open) {
        if (op->result != -ECANCELED)
            hand_over(l, socket);
        settle(l);
    }
    coil__accepting_release(l);
}

/* ---- one connection ------------------------------------------------------- */

/* Accept without waiting.  Returns a descriptor, an error, or -EAGAIN. */
static ptrdiff_t try_all(struct coil_listener *l, struct coil_address *peer)
{
    for (size_t i = 0; i < l->count; i++) {
        struct coil__listening *socket = coil__accepting_turn(l);
        ptrdiff_t fd = socket->kept;

        socket->kept = -1;
        if (fd < 0 &&
            (socket->is_accepting || !coil__accepting_begin(l, socket, over)))
            continue;
        *peer = socket->peer;
        return fd < 0 ? socket->op.result : fd;
    }
    return -EAGAIN;
}

/*
 * If other tasks wait, they go on waiting for what comes.  The last task waits
 * until the operations are over, as one of them may still bring a connection.
 */
static void cancel_acceptor(struct coil_waiter *self)
{
    struct acceptor *acceptor =
        coil__container_of(self, struct acceptor, waiter);
    struct coil_listener *l = (void *)(uintptr_t)self->object;

    if (self->link.prev || self->link.next) {
        coil__decide(self, -ECANCELED);
        return;
    }
    self->cancel = coil__wait_uninterrupted;
    acceptor->is_cancelled = true;
    coil__accepting_cancel(l);
}

/* Another loop may accept, and then nothing of this one could wake it. */
static ptrdiff_t wait_in_group(struct coil_listener *l, struct acceptor *self)
{
    struct coil_loop *loop = coil_loop_current();
    int rc;

    coil_loop_hold(loop);
    rc = coil__wait(&l->acceptors, &self->waiter);
    coil_loop_release(loop);
    return rc < 0 ? rc : self->result;
}

static ptrdiff_t take_connection(struct coil_listener *l,
                                 struct coil_address *peer)
{
    static const struct coil_wait_reason reason = { .name = "accept" };
    struct acceptor self = { .waiter = COIL_WAITER(&reason, l), .peer = peer };
    ptrdiff_t result = -EAGAIN;
    int rc;

    if (coil__waitq_is_empty(&l->acceptors))
        result =
            l->member ? coil__member_take(l->member, peer) : try_all(l, peer);
    if (result != -EAGAIN) {
        if (!l->member)
            settle(l);
        coil__give_way();
        return result;
    }
    if (l->member)
        return wait_in_group(l, &self);
    self.waiter.cancel = cancel_acceptor;
    rc = coil__wait(&l->acceptors, &self.waiter);
    return rc < 0 ? rc : self.result;
}

/*
 * Try once.  The memory is allocated before the connection is taken, so that no
 * connection is ever dropped.
 */
static int accept_one(struct coil_listener *l, struct coil_stream **out,
                      int (*prepare)(void *arg), void *arg)
{
    size_t descriptors = l->descriptors;
    struct coil_address *peer;
    struct coil_stream *s;
    ptrdiff_t fd;
    int rc = prepare ? prepare(arg) : 0;

    if (rc < 0)
        return rc;

    s = coil__socket_stream_new(l->backend, &peer);
    if (!s)
        return -ENOMEM;
    if (descriptors > 0)
        rc = coil__socket_stream_keep(s, descriptors);
    fd = rc < 0 ? rc : take_connection(l, peer);
    if (fd < 0) {
        coil__stream_release(s);
        return (int)fd;
    }
    coil__socket_stream_open(s, (int)fd);
    if (l->member)
        coil__socket_stream_count(s, l->member);
    *out = s;
    return 0;
}

/* ---- accepting ------------------------------------------------------------ */

/* Report `error`.  Then wait for a second, or until the listener is closed. */
static COIL_COLD int pause_accepting(struct coil_listener *l, int error)
{
    static const struct coil_wait_reason reason = { .name = "accept" };
    struct coil_waiter self = COIL_WAITER(&reason, l);
    int rc = coil__checkpoint();

    if (rc < 0)
        return rc;
    coil__report(NULL, COIL__CANNOT_ACCEPT, error, l);
    return coil__wait_until(coil_loop_current(), &l->paused, &self,
                            coil_after(COIL_SECOND), 0);
}

/* What to do after `error`, the n-th in a row.  0: try again. */
static int get_over(struct coil_listener *l, int error, unsigned n)
{
    if (coil__accepting_is_of_one(error) && n % COIL__ACCEPTING_FAILURES != 0)
        return 0;
    if (coil__accepting_is_of_one(error) || coil__is_shortage(error))
        return pause_accepting(l, error);
    return error;
}

int coil_listener_accept(struct coil_listener *l, struct coil_stream **out)
{
    if (l->is_of_messages) {
        int rc = coil__checkpoint();

        coil__accepting_check(l);
        *out = NULL;
        return rc < 0 ? rc : -EOPNOTSUPP;
    }
    return coil__keep_frame(coil__listener_accept(l, out, NULL, NULL));
}

int coil__listener_accept(struct coil_listener *l, struct coil_stream **out,
                          int (*prepare)(void *arg), void *arg)
{
    int rc;

    *out = NULL;
    l->refs++;
    for (unsigned n = 1;; n++) {
        rc = coil__checkpoint();
        if (rc < 0)
            break;
        rc = accept_one(l, out, prepare, arg);
        if (rc == 0 || rc == -ECANCELED || !l->is_open)
            break;
        rc = get_over(l, rc, n);
        if (rc < 0 || !l->is_open)
            break;
    }

    if (!l->is_open && rc != -ECANCELED) {
        coil_stream_abort(*out);
        *out = NULL;
        rc = -EBADF;
    }
    coil__accepting_release(l);
    return rc;
}

/* ---- the end -------------------------------------------------------------- */

void coil_listener_close(struct coil_listener *l)
{
    if (!l)
        return;

    coil__accepting_check(l);
    l->is_open = false;
    if (l->member)
        coil__listener_leave(l);
    for (size_t i = 0; i < l->count; i++) {
        struct coil__listening *socket = &l->sockets[i];

        coil__open_remove(&socket->open);
        l->backend->ops->unbind_unix(l->backend, socket->open.fd,
                                     &socket->file);
        l->backend->ops->close_socket(l->backend, socket->open.fd);
        if (socket->kept >= 0)
            l->backend->ops->close_socket(l->backend, socket->kept);
    }
    coil__wake_all(&l->acceptors, -EBADF);
    coil__wake_all(&l->paused, -EBADF);
    coil__accepting_release(l);
}
