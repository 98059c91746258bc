/* SPDX-License-Identifier: MIT */
#include <coil/transport.h>

#include "base/memory.h"
#include "net/stream.h"

/* What the stream keeps is as secret as its transport says. */
static void take_over(struct coil_stream *s, struct coil_transport *transport)
{
    s->transport = transport;
    s->in.is_secret = transport->is_secret;
    s->sending.is_secret = transport->is_secret;
    s->queued.is_secret = transport->is_secret;
}

int coil_stream_new(struct coil_stream **out, struct coil_transport *transport)
{
    struct coil_stream *s = coil__alloc(sizeof *s);

    *out = s;
    if (!s)
        return -ENOMEM;
    s->refs = 1;
    s->users = 1;
    s->is_open = true;
    take_over(s, transport);
    return 0;
}

struct coil_transport *coil_stream_transport(struct coil_stream *s)
{
    coil__stream_check(s);
    return s->transport;
}

int coil_stream_wrap(struct coil_stream *s, struct coil_transport *layer)
{
    coil__stream_check(s);
    if (s->reading || s->has_file || coil_stream_unsent(s) > 0)
        return -EBUSY;
    take_over(s, layer);
    return 0;
}
