/* SPDX-License-Identifier: MIT */
#include "http/http2/session.h"

#include <nghttp2/nghttp2.h>

#include <coil/error.h>

#include "base/memory.h"
#include "http/http2/events.h"

enum { FIRST_STREAMS = 100 }; /* until the server says how many it allows */

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
    size_t count = sizeof entries / sizeof entries[0] - !o->has_connect;
    int error =
        nghttp2_submit_settings(s->nghttp2, NGHTTP2_FLAG_NONE, entries, count);

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
    s->carrier = (struct coil__http2_carrier){
        .ops = &coil__http2_outgoing,
        .below = below,
        .budget = options->budget,
        .is_server = options->is_server,
    };
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

void coil__http2_session_free(struct coil__http2_session *s)
{
    struct coil_link *link;

    if (!s)
        return;
    coil__http2_session_fail(s, -ECONNRESET);
    while ((link = s->carrier.streams.head)) {
        coil__http2_stream_leave(
            coil__container_of(link, struct coil__http2_stream, in_carrier));
    }
    if (s->is_sending_due)
        coil_handle_cancel(&s->sending);
    free_nghttp2(s);
    coil__buffer_fini(&s->out);
    coil__http2_session_release(s);
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
    rc = take(s, data, size);
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
    ptrdiff_t n = coil_stream_peek(s->carrier.below, &data);
    int rc;

    if (n <= 0)
        return (int)n;
    rc = coil__http2_session_receive(s, data, (size_t)n);
    coil_stream_consume(s->carrier.below, (size_t)n);
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

/* Read until the end, or until the limit. */
static int read_on(struct coil__http2_session *s)
{
    int rc = coil_timeout_begin(&s->limit, COIL_NEVER);

    if (rc < 0)
        return rc;
    s->is_running = true;
    do {
        coil__http2_session_settle(s);
        rc = read_some(s);
    } while (rc > 0 && !coil__http2_session_is_over(s));
    s->is_running = false;
    return coil_timeout_end(&s->limit, rc > 0 ? 0 : rc);
}

/* Something has come in the turn in which the limit was over. */
static bool has_more_time(const struct coil__http2_session *s)
{
    return coil_timeout_expired(&s->limit) &&
           coil__http2_session_end_of_wait(s) > coil_now();
}

int coil__http2_session_run(struct coil__http2_session *s, coil_time quiet)
{
    int rc;

    s->quiet_time = quiet;
    s->run_since = coil_now();
    do
        rc = read_on(s);
    while (rc == -ETIMEDOUT && has_more_time(s));
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

void coil__http2_stream_go_away(struct coil__http2_stream *stream)
{
    coil__http2_session_go_away(coil__http2_session_of(stream->carrier));
}
