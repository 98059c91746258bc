/* SPDX-License-Identifier: MIT */
/*
 * http/server/absence.h - notice that the client of a handler has gone
 */
#ifndef COIL_HTTP_SERVER_ABSENCE_H
#define COIL_HTTP_SERVER_ABSENCE_H

#include <stdbool.h>

#include <coil/handle.h>
#include <coil/stream.h>
#include <coil/task.h>

struct coil__http2_stream;

/* Zeroed it does nothing. */
struct coil__http_absence {
    struct coil_stream *stream;       /* NULL: nobody has asked */
    struct coil__http2_stream *http2; /* that `stream` is over; NULL: HTTP/1 */
    struct coil_task *task;
    struct coil_stream_watch watch;
    struct coil_handle again; /* look again, since input hides the end */
    bool has_cancelled;
};

/*
 * Cancel the running task when the other side of `stream` has ended; of a stream
 * of HTTP/2, when it was reset.  Returns 0, or as coil_stream_watch().
 */
int coil__http_absence_begin(struct coil__http_absence *absence,
                             struct coil_stream *stream,
                             struct coil__http2_stream *http2);

/*
 * Do so no more.  Returns whether the task was cancelled; its request is
 * withdrawn.
 */
bool coil__http_absence_end(struct coil__http_absence *absence);

#endif
