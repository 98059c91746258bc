/* SPDX-License-Identifier: MIT */
#include "net/stream.h"

#include <coil/closed.h>

#include "base/memory.h"

struct coil_stream *coil__stream_new(const struct coil_transport_ops *ops,
                                     size_t size)
{
    struct coil_stream *s = coil__alloc(sizeof *s + size);

    if (!s)
        return NULL;
    s->transport = (struct coil_transport *)(void *)(s + 1);
    s->transport->ops = ops;
    s->refs = 1;
    s->users = 2;
    return s;
}

static void let_go(struct coil_stream *s)
{
    if (--s->users == 0 && !coil_closed_keep(s, coil__free))
        coil__free(s);
}

/* A call that comes now is a mistake: let it find out. */
static void leave_behind(struct coil_stream *s)
{
    static const struct coil_transport_ops no_ops;
    static struct coil_transport nothing = { .ops = &no_ops };

    s->transport = &nothing;
    s->is_gone = true;
    s->is_open = false;
    s->reading = true;
    s->has_file = true;
}

COIL_COLD void coil__stream_stop(const struct coil_stream *s)
{
    coil_closed_stop(s, "a stream is used after it was closed");
}

void coil__stream_release_transport(struct coil_transport *transport)
{
    let_go((struct coil_stream *)(void *)transport - 1);
}

void coil__stream_release(struct coil_stream *s)
{
    if (--s->refs > 0)
        return;
    coil__buffer_fini(&s->in);
    coil__buffer_fini(&s->sending);
    coil__buffer_fini(&s->queued);
    if (s->transport->ops->release)
        s->transport->ops->release(s->transport);
    else
        s->users = 1; /* no layer uses what is below it any more */
    leave_behind(s);
    let_go(s);
}

void coil_stream_local_address(const struct coil_stream *s,
                               struct coil_address *address)
{
    coil__stream_check(s);
    s->transport->ops->local_address(s->transport, address);
}

void coil_stream_peer_address(const struct coil_stream *s,
                              struct coil_address *address)
{
    coil__stream_check(s);
    s->transport->ops->peer_address(s->transport, address);
}

bool coil_stream_is_stale(struct coil_stream *s)
{
    coil__stream_check(s);
    if (s->in.size > 0 || s->ended || s->read_error < 0 || s->write_error < 0)
        return true;
    return s->transport->ops->is_stale(s->transport);
}
