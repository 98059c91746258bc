/* SPDX-License-Identifier: MIT */
#include "http/http2/sending.h"

#include <nghttp2/nghttp2.h>

#include <coil/task.h>

#include "base/memory.h"

enum {
    TOGETHER = 32 * 1024, /* bytes of frames that go out in one piece */
    FULL = 64 * 1024,     /* drain() waits if the connection has more */
    KEPT = 4 * 1024,      /* bytes of memory that a quiet session may keep */
};

void coil__http2_session_release(struct coil__http2_session *s)
{
    s->refs--;
    if (s->refs == 0)
        coil__free(s);
}

/* ---- how long to read ------------------------------------------------- */

bool coil__http2_session_is_over(const struct coil__http2_session *s)
{
    return !nghttp2_session_want_read(s->nghttp2) &&
           !nghttp2_session_want_write(s->nghttp2);
}

/* Whether somebody has a stream; others are only waited for by nghttp2. */
static bool is_in_use(const struct coil__http2_session *s)
{
    const struct coil_link *link;

    for (link = s->carrier.streams.head; link; link = link->next)
        if (!coil__container_of(link, const struct coil__http2_stream,
                                in_carrier)
                 ->is_released)
            return true;
    return false;
}

coil_time coil__http2_session_end_of_wait(const struct coil__http2_session *s)
{
    coil_time from =
        s->quiet_since > s->run_since ? s->quiet_since : s->run_since;
    coil_time most = s->quiet_time;

    if (s->error < 0 || coil__http2_session_is_over(s))
        return coil_now();
    if (s->head_since < COIL_NEVER) {
        from = s->head_since;
        most = s->options.head_time;
    } else if (is_in_use(s)) {
        return COIL_NEVER;
    }
    return most < COIL_NEVER - from ? from + most : COIL_NEVER;
}

/* How long the one who reads waits may have changed. */
void coil__http2_session_settle(struct coil__http2_session *s)
{
    if (s->is_running)
        coil_timeout_reschedule(&s->limit, coil__http2_session_end_of_wait(s));
}

void coil__http2_session_quiet(struct coil__http2_session *s)
{
    if (is_in_use(s))
        return;
    s->quiet_since = coil_now();
    coil__http2_session_settle(s);
}

/* ---- sending ---------------------------------------------------------- */

/* Whether the connection takes no more for now. */
static bool is_full(const struct coil__http2_session *s)
{
    return coil_stream_unsent(s->carrier.below) + s->out.size > FULL;
}

static int write_out(struct coil__http2_session *s)
{
    int rc = 0;

    if (s->out.size == 0)
        return 0;
    rc = coil_stream_write(s->carrier.below, coil__buffer_bytes(&s->out),
                           s->out.size);
    coil__buffer_consume(&s->out, s->out.size);
    return rc;
}

/* Tell those whose write is over.  They may have more to write. */
static void tell_written(struct coil__http2_session *s)
{
    while (s->carrier.written.head) {
        struct coil_link *link = coil__list_take_first(&s->carrier.written);

        coil__http2_stream_end_write(
            coil__container_of(link, struct coil__http2_stream, in_written));
    }
}

/* Take one frame from nghttp2.  Returns 1; 0: there is none; or an error. */
static int take_frame(struct coil__http2_session *s)
{
    const uint8_t *bytes;
    ssize_t n = nghttp2_session_mem_send(s->nghttp2, &bytes);
    int rc;

    if (n <= 0)
        return n < 0 ? -ENOMEM : 0;
    rc = coil__buffer_append(&s->out, bytes, (size_t)n);
    if (rc == 0 && s->out.size >= TOGETHER)
        rc = write_out(s);
    return rc < 0 ? rc : 1;
}

/* Take frames until there is enough for now.  Returns as take_frame(). */
static int take_frames(struct coil__http2_session *s)
{
    int rc = 1;

    while (rc > 0 && !is_full(s) && !s->memory.has_lacked) {
        rc = take_frame(s);
        tell_written(s);
    }
    return s->memory.has_lacked ? -ENOMEM : rc;
}

/* Send as much as the connection takes: then it is full, or there is no more. */
static int send_some(struct coil__http2_session *s)
{
    int rc;

    do {
        int written = 0;

        rc = take_frames(s);
        if (rc >= 0)
            written = write_out(s);
        if (written < 0)
            rc = written;
    } while (rc > 0 && !is_full(s));
    if (s->out.capacity > KEPT)
        coil__buffer_fini(&s->out);
    return rc < 0 ? rc : 0;
}

void coil__http2_session_fail(struct coil__http2_session *s, int error)
{
    struct coil_link *link = s->carrier.streams.head;

    if (s->error == 0)
        s->error = error;
    tell_written(s);
    while (link) {
        struct coil__http2_stream *stream =
            coil__container_of(link, struct coil__http2_stream, in_carrier);

        link = link->next;
        if (stream->is_on_wire)
            coil__http2_stream_over(stream, error);
    }
}

/* The connection is broken. */
static void give_up(struct coil__http2_session *s, int error)
{
    coil__http2_session_fail(s, error);
    coil__http2_session_settle(s);
}

/* The task that waits while the connection is full. */
static int go_on_writing(void *arg)
{
    struct coil__http2_session *s = arg;
    bool is_due = true; /* it may be less full already, and there is more */
    int rc = 0;

    while (is_due && s->error == 0) {
        rc = coil_stream_drain(s->carrier.below);
        if (rc == 0 && s->error == 0)
            rc = send_some(s);
        is_due = rc == 0 && s->error == 0 && is_full(s);
    }
    if (rc < 0 && s->nghttp2)
        give_up(s, rc);
    return 0;
}

/* The task has ended, or will never run. */
static void end_writing(void *arg)
{
    struct coil__http2_session *s = arg;

    s->is_writing = false;
    coil__http2_session_release(s);
}

static int begin_writing(struct coil__http2_session *s)
{
    const struct coil_task_options options = { .name = "HTTP/2 writer",
                                               .arg_destroy = end_writing };
    int rc = coil_task_create_with(NULL, go_on_writing, s, &options);

    if (rc < 0)
        return rc;
    s->refs++;
    s->is_writing = true;
    return 0;
}

void coil__http2_session_send_now(struct coil__http2_session *s)
{
    int rc;

    if (s->error < 0 || s->is_writing)
        return;
    rc = send_some(s);
    if (rc == 0 && is_full(s))
        rc = begin_writing(s);
    if (rc < 0)
        give_up(s, rc);
    else
        coil__http2_session_settle(s);
}

static void send_due(void *arg)
{
    struct coil__http2_session *s = arg;

    s->is_sending_due = false;
    coil__http2_session_send_now(s);
}

void coil__http2_session_send_soon(struct coil__http2_session *s)
{
    if (s->is_sending_due || s->is_writing)
        return;
    s->is_sending_due = true;
    coil_loop_call_soon(coil_loop_current(), &s->sending, send_due, s);
}
