/* SPDX-License-Identifier: MIT */
/*
 * listener_lead.c - a listener of a group: it may accept for all, and gets its share
 *
 * The leader's operations wait whether or not a task does, as long as any member
 * takes connections.  What it gets when none does it keeps, one for each socket.
 */
#include "net/listener_lead.h"

#include <errno.h>

#include <coil/loop.h>

#include "base/platform.h"
#include "net/accepting.h"
#include "net/listener_group.h"
#include "sched/sink.h"

static void accept_for_all(struct coil_listener *l);

static void end_pause(void *arg)
{
    struct coil_listener *l = arg;

    l->is_pausing = false;
    accept_for_all(l);
}

/* A task would be told; here nobody has asked. */
static COIL_COLD void pause_leading(struct coil_listener *l, int error)
{
    coil__report(NULL, COIL__CANNOT_ACCEPT, error, l);
    l->failures = 0;
    l->is_pausing = true;
    coil_loop_call_later(coil_loop_current(), &l->resume, COIL_SECOND,
                         end_pause, l);
}

/* The leader's operation is over, or it gives what it has kept. */
static void give(struct coil_listener *l, struct coil__listening *socket,
                 ptrdiff_t result)
{
    int rc = (int)result;

    if (result >= 0) {
        rc = coil__member_place(l->member, (int)result, &socket->peer);
        socket->kept = rc < 0 ? (int)result : -1;
    }
    if (rc == 0)
        l->failures = 0;
    else if (rc != -EAGAIN && rc != -ECANCELED &&
             (!coil__accepting_is_of_one(rc) ||
              ++l->failures == COIL__ACCEPTING_FAILURES))
        pause_leading(l, rc);
}

static void serve_acceptors(struct coil_listener *l)
{
    struct acceptor *first;

    while ((first = coil__accepting_first(l))) {
        first->result = coil__member_take(l->member, first->peer);
        if (first->result < 0)
            return;
        coil__decide(&first->waiter, 0);
    }
}

static void over(struct coil_op *op);

/* As long as any member takes connections, let an operation wait on each socket. */
static void accept_for_all(struct coil_listener *l)
{
    size_t idle = 0;

    while (idle < l->count && !l->is_pausing &&
           coil__member_has_room(l->member)) {
        struct coil__listening *socket = coil__accepting_turn(l);
        int kept = socket->kept;

        idle++;
        socket->kept = -1;
        if (kept < 0 &&
            (socket->is_accepting || !coil__accepting_begin(l, socket, over)))
            continue;
        give(l, socket, kept < 0 ? socket->op.result : kept);
        serve_acceptors(l);
        idle = 0;
    }
}

static void end_all(struct coil_listener *l)
{
    coil_handle_cancel(&l->resume);
    coil__accepting_cancel(l);
}

void coil__listener_look(struct coil_listener *l)
{
    if (coil__member_has_left(l->member)) {
        end_all(l);
        return;
    }
    serve_acceptors(l);
    if (coil__member_leads(l->member))
        accept_for_all(l);
}

static void over(struct coil_op *op)
{
    struct coil__listening *socket = op->owner;
    struct coil_listener *l = socket->listener;

    socket->is_accepting = false;
    l->pending--;
    if (l->is_open && coil__member_has_left(l->member)) {
        if (op->result >= 0)
            socket->kept = (int)op->result;
    } else if (l->is_open) {
        give(l, socket, op->result);
        coil__listener_look(l);
    }
    coil__accepting_release(l);
}

void coil__listener_leave(struct coil_listener *l)
{
    for (size_t i = 0; i < l->count; i++) {
        struct coil__listening *socket = &l->sockets[i];

        if (socket->kept >= 0 &&
            coil__member_place(l->member, socket->kept, &socket->peer) == 0)
            socket->kept = -1;
    }
    coil_handle_cancel(&l->resume);
    coil__member_leave(l->member);
    l->member = NULL;
}
