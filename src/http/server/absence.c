/* SPDX-License-Identifier: MIT */
#include "http/server/absence.h"

#include <errno.h>

#include <coil/loop.h>

#include "http/http2/stream.h"

static void cancel(void *arg)
{
    struct coil__http_absence *a = arg;

    a->has_cancelled = true;
    coil_task_cancel(a->task);
}

static void look(void *arg)
{
    struct coil__http_absence *a = arg;

    if (coil_stream_has_ended(a->stream)) {
        cancel(a);
        return;
    }
    /* Input that nobody takes would be heard of again at once. */
    coil_loop_call_later(coil_loop_current(), &a->again, COIL_SECOND, look, a);
}

/* A stream of HTTP/2 says itself that it has gone. */
static void watch_http2(struct coil__http_absence *a)
{
    if (coil__http2_stream_is_gone(a->http2)) {
        cancel(a);
        return;
    }
    a->http2->gone = cancel;
    a->http2->gone_arg = a;
}

int coil__http_absence_begin(struct coil__http_absence *a,
                             struct coil_stream *stream,
                             struct coil__http2_stream *http2)
{
    int rc = 0;

    if (a->stream)
        return 0;
    if (!http2)
        rc = coil_stream_watch(stream, &a->watch, look, a);
    if (rc < 0)
        return rc;
    a->stream = stream;
    a->http2 = http2;
    a->task = coil_current_task();
    if (http2)
        watch_http2(a);
    return 0;
}

bool coil__http_absence_end(struct coil__http_absence *a)
{
    if (!a->stream)
        return false;
    if (a->http2)
        a->http2->gone = NULL;
    else
        coil_stream_unwatch(&a->watch);
    coil_handle_cancel(&a->again);
    a->stream = NULL;
    if (a->has_cancelled)
        coil_task_uncancel(a->task);
    return a->has_cancelled;
}
