/* SPDX-License-Identifier: MIT */
/*
 * stream_watch.c - hear of input outside of any task
 *
 * The transport may take its time to give a watch back that was cancelled.  So
 * the record that it has belongs to the stream, and the stream lives until then;
 * a watch that begins meanwhile takes over.
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

static void over(struct coil_transport_watch *watching)
{
    struct coil_stream *s =
        coil__container_of(watching, struct coil_stream, watching);

    s->is_watched = false;
    /* If the watch was cancelled and another began, this is a false alarm. */
    if (s->watch)
        arrange_call(s->watch);
    coil__stream_release(s);
}

int coil_stream_watch(struct coil_stream *s, struct coil_stream_watch *watch,
                      coil_callback_fn fn, void *arg)
{
    const struct coil_transport_ops *ops = s->transport->ops;

    coil__stream_check(s);
    if (s->reading)
        return -EBUSY;
    if (!ops->watch)
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
        return 0;
    s->watching.over = over;
    if (ops->watch(s->transport, &s->watching)) {
        arrange_call(watch);
        return 0;
    }
    s->is_watched = true;
    coil__stream_hold(s);
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
