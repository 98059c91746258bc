/* SPDX-License-Identifier: MIT */
/*
 * reader.c - call a function whenever a descriptor is ready
 *
 * A handler is in one of two states: its operation is in the backend and waits,
 * or its handle is arranged, for the call or for the next look after a call.
 * The next look is arranged before the function is called, as the function may
 * remove the handler and free its memory.
 */
#include <coil/fd.h>
#include <coil/reader.h>

#include <assert.h>
#include <errno.h>

#include "loop/loop.h"
#include "loop/hooks.h"
#include "loop/budget.h"
#include "sched/sink.h"

static_assert(sizeof(struct coil_op) <=
                  sizeof(((struct coil_fd_handler *)0)->op),
              "struct coil_fd_handler has no room for an operation");

static void look(void *arg);

static struct coil_op *op_of(struct coil_fd_handler *h)
{
    return (struct coil_op *)(void *)h->op;
}

static void end(struct coil_fd_handler *h)
{
    struct coil__backend *backend = h->loop->backend;

    /* If the operation is over, or never began, this does nothing. */
    backend->ops->cancel(backend, op_of(h));
    coil_handle_cancel(&h->handle);
    h->loop = NULL;
}

static void end_at_close(struct coil_loop_hook *hook)
{
    end(coil__container_of(hook, struct coil_fd_handler, hook));
}

static void detach(struct coil_fd_handler *h)
{
    coil__loop_unhook(&h->hook);
    end(h);
}

static void give_up(struct coil_fd_handler *h, int error)
{
    struct coil_loop *loop = h->loop;

    detach(h);
    coil__report(&loop->scheduler,
                 "a descriptor with a handler cannot be waited for any more",
                 error, h);
}

static void call(void *arg)
{
    struct coil_fd_handler *h = arg;

    coil_loop_call_soon(h->loop, &h->handle, look, h);
    h->fn(h->arg);
}

static void over(struct coil_op *op)
{
    struct coil_fd_handler *h = op->owner;

    if (op->result < 0 && op->result != -ECANCELED)
        give_up(h, (int)op->result);
    else if (op->result > 0)
        coil_loop_call_soon(h->loop, &h->handle, call, h);
}

/* Returns 1 if the descriptor is ready; an error; or 0: over() will come. */
static int begin(struct coil_fd_handler *h)
{
    struct coil__backend *backend = h->loop->backend;
    struct coil_op *op = op_of(h);

    *op = (struct coil_op){ .kind = COIL_OP_READY,
                            .fd = h->fd,
                            .events = h->events,
                            .over = over,
                            .owner = h };
    coil__loop_burn(h->loop, COIL__UNITS_CALL);
    return backend->ops->begin(backend, op) ? (int)op->result : 0;
}

static void look(void *arg)
{
    struct coil_fd_handler *h = arg;
    int rc = begin(h);

    if (rc < 0)
        give_up(h, rc);
    else if (rc > 0)
        call(h);
}

static int add(struct coil_loop *loop, struct coil_fd_handler *h, int fd,
               unsigned events, coil_callback_fn fn, void *arg)
{
    int rc;

    coil__loop_check(loop, __func__);
    if (h->loop)
        detach(h);
    *h = (struct coil_fd_handler){
        .loop = loop, .fd = fd, .events = events, .fn = fn, .arg = arg
    };
    rc = begin(h);
    if (rc < 0) {
        h->loop = NULL;
        return rc;
    }
    h->hook.fn = end_at_close;
    coil__loop_at_close(loop, &h->hook);
    if (rc > 0)
        coil_loop_call_soon(loop, &h->handle, call, h);
    return 0;
}

static bool remove_handler(struct coil_loop *loop, struct coil_fd_handler *h,
                           unsigned events)
{
    coil__loop_check(loop, __func__);
    if (h->loop != loop || h->events != events)
        return false;
    detach(h);
    return true;
}

int coil_loop_add_reader(struct coil_loop *loop,
                         struct coil_fd_handler *handler, int fd,
                         coil_callback_fn fn, void *arg)
{
    return add(loop, handler, fd, COIL_READABLE, fn, arg);
}

int coil_loop_add_writer(struct coil_loop *loop,
                         struct coil_fd_handler *handler, int fd,
                         coil_callback_fn fn, void *arg)
{
    return add(loop, handler, fd, COIL_WRITABLE, fn, arg);
}

bool coil_loop_remove_reader(struct coil_loop *loop,
                             struct coil_fd_handler *handler)
{
    return remove_handler(loop, handler, COIL_READABLE);
}

bool coil_loop_remove_writer(struct coil_loop *loop,
                             struct coil_fd_handler *handler)
{
    return remove_handler(loop, handler, COIL_WRITABLE);
}
