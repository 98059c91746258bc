/* SPDX-License-Identifier: MIT */
#include <coil/loop.h>

#include "base/memory.h"
#include "io/shortage.h"
#include "io/stream.h"

/*
 * Held by its owner and by every call of coil_listener_accept(): as for a
 * stream, the owner's pointer may be gone when such a call wakes up.
 */
struct coil_listener {
    struct coil_poll *poll;
    int fd;
    unsigned refs;
    bool is_open;
    struct coil_open open;    /* while it is */
    struct coil_waitq paused; /* for want of descriptors or memory */
};

static void release(struct coil_listener *l)
{
    if (--l->refs == 0)
        coil__free(l);
}

int coil_tcp_listen(struct coil_listener **out, const char *host, uint16_t port)
{
    struct coil_address *addresses;
    struct coil_listener *l;
    struct coil_poll *poll;
    size_t count;
    int rc;

    *out = NULL;
    rc = coil_resolve(host, port, &addresses, &count);
    if (rc < 0)
        return rc;

    rc = -ENOMEM;
    l = coil__alloc(sizeof *l);
    if (!l)
        goto free_addresses;
    poll = coil__poll_current();
    rc = poll->ops->socket(poll, addresses[0].storage.ss_family);
    if (rc < 0)
        goto free_listener;
    *l = (struct coil_listener){
        .poll = poll, .fd = rc, .refs = 1, .is_open = true
    };
    rc = poll->ops->bind(poll, l->fd, &addresses[0]);
    if (rc < 0)
        goto close_socket;

    l->open = (struct coil_open){ .kind = "listener", .fd = l->fd };
    coil__open_add(poll, &l->open);
    coil_addresses_free(addresses);
    *out = l;
    return 0;

close_socket:
    poll->ops->close_socket(poll, l->fd);
free_listener:
    coil__free(l);
free_addresses:
    coil_addresses_free(addresses);
    return rc;
}

static void end_pause(void *arg)
{
    struct coil_waiter *waiter = arg;

    if (waiter->queue)
        coil__decide(waiter, 0);
}

/* Report `error`, then wait a second, or until the listener is closed. */
static int pause_accepting(struct coil_listener *l, int error)
{
    static const struct coil_wait_reason reason = { .name = "accept" };
    struct coil_waiter self = COIL_WAITER(&reason, l);
    struct coil_handle timer = { .arg = NULL };
    int rc;

    coil_loop_call_exception_handler(
        NULL, &(struct coil_exception){
                  .message = "cannot accept connections, trying again in 1 s",
                  .error = error,
                  .object = l });
    rc = coil_loop_call_later(coil_loop_current(), &timer, COIL_SECOND,
                              end_pause, &self);
    if (rc < 0)
        return rc;
    rc = coil__wait(&l->paused, &self);
    coil_handle_cancel(&timer);
    return rc;
}

/* A connection that died in the queue, or that a firewall forbids. */
static bool is_of_one_connection(ptrdiff_t error)
{
    return error == -ECONNABORTED || error == -EPERM;
}

/*
 * Try once.  The memory is there before the connection is taken: a connection
 * that has been taken is never dropped.
 */
static int accept_one(struct coil_listener *l, struct coil_stream **out)
{
    static const struct coil_wait_reason reason = { .name = "accept" };
    struct coil_stream *s;
    struct coil_op op;
    ptrdiff_t fd;

    s = coil__stream_new(l->poll);
    if (!s)
        return -ENOMEM;
    op = (struct coil_op){ .kind = COIL_OP_ACCEPT,
                           .fd = l->fd,
                           .address = &s->peer };
    fd = coil__operate(l->poll, &op, &reason, l);
    if (fd < 0) {
        coil__stream_release(s);
        return (int)fd;
    }
    coil__stream_open(s, (int)fd);
    *out = s;
    return 0;
}

int coil_listener_accept(struct coil_listener *l, struct coil_stream **out)
{
    bool again;
    int rc;

    *out = NULL;
    l->refs++;
    do {
        rc = coil__checkpoint();
        if (rc < 0)
            break;
        rc = accept_one(l, out);
        again = is_of_one_connection(rc);
        if (coil__is_shortage(rc)) {
            rc = pause_accepting(l, rc);
            again = rc == 0;
        }
    } while (again && l->is_open);

    if (!l->is_open && rc != -ECANCELED) {
        coil_stream_abort(*out);
        *out = NULL;
        rc = -EBADF;
    }
    release(l);
    return rc;
}

void coil_listener_address(const struct coil_listener *l,
                           struct coil_address *address)
{
    if (l->poll->ops->local_address(l->poll, l->fd, address) < 0)
        *address = (struct coil_address){ .length = 0 };
}

void coil_listener_close(struct coil_listener *l)
{
    if (!l)
        return;

    l->is_open = false;
    coil__open_remove(l->poll, &l->open);
    l->poll->ops->close_socket(l->poll, l->fd);
    coil__wake_all(&l->paused, -EBADF);
    release(l);
}
