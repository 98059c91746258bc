/* SPDX-License-Identifier: MIT */
/*
 * stream_watch.c - hear of input outside of any task
 *
 * The transport may take its time to give a watch back that was cancelled.  So
 * the record that it has belongs to the stream, and the stream lives until then.  A
 * watch that begins meanwhile takes over; when the old one is given back, the
 * transport is asked anew, since that says nothing of input.
 */
#include <coil/loop.h>

#include "base/platform.h"
#include "net/stream.h"

static void call(void *arg)
{
    struct coil_stream_watch *watch = arg;
    struct coil_stream *s = watch->stream;

    watch->stream = NULL;
    s->watch = NULL;
    s->reading = false;
    watch->fn(watch->arg);
}

static void arrange_call(struct coil_stream_watch *watch)
{
    coil_loop_call_soon(coil_loop_current(), &watch->handle, call, watch);
}

static void over(struct coil_transport_watch *watching);

/* True: a read will probably return at once, and the transport has no watch. */
static bool ask_transport(struct coil_stream *s)
{
    s->watching.over = over;
    s->takes_over = false;
    if (s->transport->ops->watch(s->transport, &s->watching))
        return true;
    s->is_watched = true;
    coil__stream_hold(s);
    return false;
}

static void over(struct coil_transport_watch *watching)
{
    struct coil_stream *s =
        coil__container_of(watching, struct coil_stream, watching);

    s->is_watched = false;
    if (s->watch && (!s->takes_over || ask_transport(s)))
        arrange_call(s->watch);
    coil__stream_release(s);
}

int coil_stream_watch(struct coil_stream *s, struct coil_stream_watch *watch,
                      coil_callback_fn fn, void *arg)
{
    coil__stream_check(s);
    if (s->reading)
        return -EBUSY;
    if (!s->transport->ops->watch)
        return -ENOTSUP;
    *watch = (struct coil_stream_watch){ .stream = s, .fn = fn, .arg = arg };
    s->watch = watch;
    s->reading = true;
    if (s->in.size > 0 || s->ended || s->read_error < 0) {
        arrange_call(watch);
        return 0;
    }
    coil__buffer_fini(&s->in);
    if (s->is_watched)
        s->takes_over = true;
    else if (ask_transport(s))
        arrange_call(watch);
    return 0;
}

bool coil_stream_unwatch(struct coil_stream_watch *watch)
{
    struct coil_stream *s = watch->stream;

    if (!s)
        return false;
    coil_handle_cancel(&watch->handle);
    watch->stream = NULL;
    s->watch = NULL;
    s->reading = false;
    if (s->is_watched)
        s->transport->ops->cancel_watch(s->transport);
    return true;
}

/* A watch that the transport does not have has been told of something. */
bool coil_stream_is_heard(const struct coil_stream_watch *watch)
{
    return watch->stream && !watch->stream->is_watched;
}
