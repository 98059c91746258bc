/* SPDX-License-Identifier: MIT */
#include "http/http2/session.h"

#include <nghttp2/nghttp2.h>

#include <coil/error.h>
#include <coil/task.h>

#include "base/memory.h"
#include "base/platform.h"
#include "http/http2/events.h"

enum {
    TOGETHER = 32 * 1024, /* bytes of frames that go out in one piece */
    FULL = 64 * 1024,     /* drain() waits if the connection has more */
    KEPT = 4 * 1024,      /* bytes of memory that a quiet session may keep */
    FIRST_STREAMS = 100,  /* until the server says how many it allows */
};

/* ---- life ------------------------------------------------------------- */

static int make_options(nghttp2_option **out)
{
    nghttp2_option *o;

    if (nghttp2_option_new(&o) != 0)
        return -ENOMEM;
    nghttp2_option_set_no_auto_window_update(o, 1);
    nghttp2_option_set_no_closed_streams(o, 1);
    nghttp2_option_set_peer_max_concurrent_streams(o, FIRST_STREAMS);
    nghttp2_option_set_builtin_recv_extension_type(o, NGHTTP2_PRIORITY_UPDATE);
    *out = o;
    return 0;
}

static int make_nghttp2(struct coil__http2_session *s)
{
    nghttp2_mem memory = { &s->memory, coil__http2_malloc, coil__http2_free,
                           coil__http2_calloc, coil__http2_realloc };
    nghttp2_session_callbacks *callbacks = NULL;
    nghttp2_option *options = NULL;
    int rc = coil__http2_events_new(&callbacks);

    if (rc == 0)
        rc = make_options(&options);
    if (rc == 0) {
        int error = (s->options.is_server ? nghttp2_session_server_new3
                                          : nghttp2_session_client_new3)(
            &s->nghttp2, callbacks, s, options, &memory);

        rc = error == 0 ? 0 : -ENOMEM;
    }
    nghttp2_option_del(options);
    nghttp2_session_callbacks_del(callbacks);
    return rc;
}

static void free_nghttp2(struct coil__http2_session *s)
{
    if (!s->memory.has_lacked)
        nghttp2_session_del(s->nghttp2);
    s->nghttp2 = NULL;
    coil__http2_memory_fini(&s->memory);
}

/* What this side tells the other one at the beginning. */
static int put_settings(struct coil__http2_session *s)
{
    const struct coil__http2_options *o = &s->options;
    const nghttp2_settings_entry entries[] = {
        { NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, (uint32_t)o->window },
        { NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, (uint32_t)o->head.size },
        { NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1 },
        { o->is_server ? NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS
                       : NGHTTP2_SETTINGS_ENABLE_PUSH,
          o->is_server ? (uint32_t)o->max_streams : 0 },
        { NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL, 1 },
    };
    size_t count = sizeof entries / sizeof entries[0];
    int error = nghttp2_submit_settings(s->nghttp2, NGHTTP2_FLAG_NONE, entries,
                                        o->is_server ? count : count - 1);

    if (error == 0)
        error = nghttp2_session_set_local_window_size(
            s->nghttp2, NGHTTP2_FLAG_NONE, 0, (int32_t)o->whole_window);
    return error == 0 ? 0 : -ENOMEM;
}

int coil__http2_session_new(struct coil__http2_session **out,
                            struct coil_stream *below,
                            const struct coil__http2_options *options)
{
    struct coil__http2_session *s = coil__alloc(sizeof *s);
    int rc;

    if (!s)
        return -ENOMEM;
    s->below = below;
    s->options = *options;
    s->refs = 1;
    s->quiet_since = coil_now();
    s->head_since = options->is_server ? s->quiet_since : COIL_NEVER;
    coil__http2_entrance_begin(&s->entrance, options->is_server,
                               COIL__HTTP2_HEAD_FACTOR * options->head.size);
    rc = make_nghttp2(s);
    if (rc == 0)
        rc = put_settings(s);
    if (rc < 0) {
        free_nghttp2(s);
        coil__free(s);
        return rc;
    }
    coil__http2_session_send_soon(s);
    *out = s;
    return 0;
}

static void release(struct coil__http2_session *s)
{
    s->refs--;
    if (s->refs == 0)
        coil__free(s);
}

void coil__http2_session_free(struct coil__http2_session *s)
{
    struct coil_link *link;

    if (!s)
        return;
    coil__http2_session_fail(s, -ECONNRESET);
    while ((link = s->streams.head)) {
        coil__http2_stream_leave(
            coil__container_of(link, struct coil__http2_stream, in_session));
    }
    if (s->is_sending_due)
        coil_handle_cancel(&s->sending);
    free_nghttp2(s);
    coil__buffer_fini(&s->out);
    release(s);
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

    for (link = s->streams.head; link; link = link->next)
        if (!coil__container_of(link, const struct coil__http2_stream,
                                in_session)
                 ->is_released)
            return true;
    return false;
}

/* When the one who reads stops waiting. */
static coil_time end_of_wait(const struct coil__http2_session *s)
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
static void settle(struct coil__http2_session *s)
{
    if (s->is_running)
        coil_timeout_reschedule(&s->limit, end_of_wait(s));
}

/* ---- sending ---------------------------------------------------------- */

/* Whether the connection takes no more for now. */
static bool is_full(const struct coil__http2_session *s)
{
    return coil_stream_unsent(s->below) + s->out.size > FULL;
}

static int write_out(struct coil__http2_session *s)
{
    int rc = 0;

    if (s->out.size == 0)
        return 0;
    rc = coil_stream_write(s->below, coil__buffer_bytes(&s->out), s->out.size);
    coil__buffer_consume(&s->out, s->out.size);
    return rc;
}

/* Tell those whose write is over.  They may have more to write. */
static void tell_written(struct coil__http2_session *s)
{
    while (s->written.head) {
        struct coil_link *link = coil__list_take_first(&s->written);

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

    s->is_ours = true;
    while (rc > 0 && !is_full(s) && !s->memory.has_lacked) {
        rc = take_frame(s);
        tell_written(s);
    }
    s->is_ours = false;
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

/* The connection is broken. */
static void give_up(struct coil__http2_session *s, int error)
{
    coil__http2_session_fail(s, error);
    settle(s);
}

/* The task that waits while the connection is full. */
static int go_on_writing(void *arg)
{
    struct coil__http2_session *s = arg;
    bool is_due = true; /* it may be less full already, and there is more */
    int rc = 0;

    while (is_due && s->error == 0) {
        rc = coil_stream_drain(s->below);
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
    release(s);
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

    if (s->error < 0 || s->is_writing || s->is_ours)
        return;
    rc = send_some(s);
    if (rc == 0 && is_full(s))
        rc = begin_writing(s);
    if (rc < 0)
        give_up(s, rc);
    else
        settle(s);
}

static void send_due(void *arg)
{
    struct coil__http2_session *s = arg;

    s->is_sending_due = false;
    coil__http2_session_send_now(s);
}

void coil__http2_session_send_soon(struct coil__http2_session *s)
{
    if (s->is_sending_due || s->is_writing || s->error < 0)
        return;
    s->is_sending_due = true;
    coil_loop_call_soon(coil_loop_current(), &s->sending, send_due, s);
}

/* ---- reading ---------------------------------------------------------- */

static int error_of(ssize_t error)
{
    return error == NGHTTP2_ERR_NOMEM ? -ENOMEM : COIL_EHTTP_MALFORMED;
}

/*
 * Give nghttp2 what has come, unless the other side is at fault: then it is told
 * so, and gets nothing more.  Returns 0, or an error.
 */
static int take(struct coil__http2_session *s, const void *data, size_t size)
{
    size_t good;
    uint32_t code = coil__http2_entrance_look(&s->entrance, data, size, &good);
    ssize_t used = nghttp2_session_mem_recv(s->nghttp2, data, good);

    /* Versions of nghttp2 have errors of their own below this one. */
    if (used <= NGHTTP2_ERR_FLOODED)
        code = NGHTTP2_ENHANCE_YOUR_CALM;
    if (used < 0 && used > NGHTTP2_ERR_FLOODED)
        return error_of(used);
    if (code == NGHTTP2_NO_ERROR)
        return 0;
    nghttp2_session_terminate_session(s->nghttp2, code);
    return COIL_EHTTP_MALFORMED;
}

int coil__http2_session_receive(struct coil__http2_session *s, const void *data,
                                size_t size)
{
    int rc;

    /* nghttp2 may have streams that are gone. */
    if (s->error < 0)
        return s->error;
    s->is_ours = true;
    rc = take(s, data, size);
    s->is_ours = false;
    if (s->memory.has_lacked)
        return -ENOMEM;
    if (rc < 0) {
        coil__http2_session_send_now(s);
        return rc;
    }
    coil__http2_session_send_soon(s);
    return 0;
}

/* Read what has come.  Returns 1; 0 at the end; or an error. */
static int read_some(struct coil__http2_session *s)
{
    const void *data;
    ptrdiff_t n = coil_stream_peek(s->below, &data);
    int rc;

    if (n <= 0)
        return (int)n;
    rc = coil__http2_session_receive(s, data, (size_t)n);
    coil_stream_consume(s->below, (size_t)n);
    return rc < 0 ? rc : 1;
}

/* What became of a run whose last read has returned `rc`. */
static int outcome_of(const struct coil__http2_session *s, int rc)
{
    bool is_late = rc == -ETIMEDOUT && coil_timeout_expired(&s->limit);

    if (s->error < 0)
        return s->error;
    if (s->is_at_fault)
        return COIL_EHTTP_MALFORMED;
    if (is_late && coil__http2_session_is_over(s))
        return 0;
    return is_late && s->head_since == COIL_NEVER ? -EAGAIN : rc;
}

int coil__http2_session_run(struct coil__http2_session *s, coil_time quiet)
{
    int rc = coil_timeout_begin(&s->limit, COIL_NEVER);

    if (rc < 0)
        return rc;
    s->quiet_time = quiet;
    s->run_since = coil_now();
    s->is_running = true;
    do {
        settle(s);
        rc = read_some(s);
    } while (rc > 0 && s->error == 0 && !coil__http2_session_is_over(s));
    s->is_running = false;
    rc = coil_timeout_end(&s->limit, rc > 0 ? 0 : rc);
    return outcome_of(s, rc);
}

/* ---- the end ---------------------------------------------------------- */

void coil__http2_session_go_away(struct coil__http2_session *s)
{
    if (s->error < 0)
        return;
    nghttp2_submit_goaway(s->nghttp2, NGHTTP2_FLAG_NONE,
                          nghttp2_session_get_last_proc_stream_id(s->nghttp2),
                          NGHTTP2_NO_ERROR, NULL, 0);
    coil__http2_session_send_soon(s);
}

bool coil__http2_session_is_open(const struct coil__http2_session *s)
{
    return s->error == 0 && nghttp2_session_check_request_allowed(s->nghttp2);
}

void coil__http2_session_fail(struct coil__http2_session *s, int error)
{
    struct coil_link *link = s->streams.head;

    if (s->error == 0)
        s->error = error;
    tell_written(s);
    while (link) {
        struct coil__http2_stream *stream =
            coil__container_of(link, struct coil__http2_stream, in_session);

        link = link->next;
        if (stream->is_on_wire)
            coil__http2_stream_over(stream, error);
    }
}

void coil__http2_session_leave(struct coil__http2_session *s)
{
    if (is_in_use(s))
        return;
    s->quiet_since = coil_now();
    settle(s);
}

void coil__http2_session_forget(struct coil__http2_session *s,
                                struct coil__http2_stream *stream)
{
    coil__list_remove(&s->streams, &stream->in_session);
    coil__http2_session_leave(s);
}
