/* SPDX-License-Identifier: MIT */
#include "http/server/absence.h"

#include <errno.h>

#include <coil/loop.h>

static void look(void *arg)
{
    struct coil__http_absence *a = arg;

    if (coil_stream_has_ended(a->stream)) {
        a->has_cancelled = true;
        coil_task_cancel(a->task);
        return;
    }
    /* Input that nobody takes would be heard of again at once. */
    coil_loop_call_later(coil_loop_current(), &a->again, COIL_SECOND, look, a);
}

int coil__http_absence_begin(struct coil__http_absence *a,
                             struct coil_stream *stream)
{
    int rc;

    if (a->stream)
        return 0;
    rc = coil_stream_watch(stream, &a->watch, look, a);
    if (rc < 0)
        return rc;
    a->stream = stream;
    a->task = coil_current_task();
    return 0;
}

bool coil__http_absence_end(struct coil__http_absence *a)
{
    if (!a->stream)
        return false;
    coil_stream_unwatch(&a->watch);
    coil_handle_cancel(&a->again);
    a->stream = NULL;
    if (a->has_cancelled)
        coil_task_uncancel(a->task);
    return a->has_cancelled;
}
