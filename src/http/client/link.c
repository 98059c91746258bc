/* SPDX-License-Identifier: MIT */
#include "http/client/link.h"

#include <coil/error.h>
#include <coil/transport.h>

#include "base/memory.h"

/* For how long a server may be silent while somebody waits for it. */
#define SILENCE (5 * COIL_SECOND)

enum {
    WINDOW = 1024 * 1024,      /* bytes of a body that may come unread */
    WHOLE_WINDOW = 0x7fffffff, /* a reader that stops holds up no others */
    PIECE = 16 * 1024,
    PIECES = 4, /* of what has come, before others have their turn */
};

/* ---- the end ---------------------------------------------------------- */

static void free_if_unused(struct coil__http_link *link)
{
    if (!link->session && link->requests == 0)
        coil__free(link);
}

static void end(struct coil__http_link *link, int error)
{
    struct coil__http2_session *session = link->session;

    coil_stream_unwatch(&link->watch);
    if (link->is_timed)
        coil_handle_cancel(&link->timer);
    link->is_timed = false;
    link->session = NULL;
    coil_event_set(&link->greeted);
    coil__http2_session_go_away(session);
    coil__http2_session_send_now(session);
    coil__http2_session_fail(session, error);
    coil__http2_session_free(session);
    coil_stream_abort(link->below);
    link->below = NULL;
}

void coil__http_link_close(struct coil__http_link *link)
{
    end(link, -ECONNRESET);
    link->owner = NULL;
    free_if_unused(link);
}

static void end_by_itself(struct coil__http_link *link, int error)
{
    end(link, error);
    link->over(link->owner);
    link->owner = NULL;
    free_if_unused(link);
}

/* ---- receiving -------------------------------------------------------- */

static void arm(struct coil__http_link *link, coil_time delay,
                coil_callback_fn fn)
{
    link->is_timed = coil_loop_call_later(coil_loop_current(), &link->timer,
                                          delay, fn, link) == 0;
}

/* A head has begun and may have ended: the timer finds out. */
static void check_head(void *arg)
{
    struct coil__http_link *link = arg;
    coil_time since = link->session->head_since;

    link->is_timed = false;
    if (since == COIL_NEVER)
        return;
    if (coil_now() - since >= link->patience)
        end_by_itself(link, COIL_EHTTP_IDLE_TIMEOUT);
    else
        arm(link, since + link->patience - coil_now(), check_head);
}

static void time_head(struct coil__http_link *link)
{
    if (link->is_timed || link->session->head_since == COIL_NEVER ||
        link->patience == COIL_NEVER)
        return;
    arm(link, link->patience, check_head);
}

/*
 * What has come; 0: the connection has ended; -EAGAIN: nothing.  Nobody has read
 * ahead.
 */
static ptrdiff_t read_piece(struct coil_stream *below, void *piece, size_t size)
{
    struct coil_transport *transport = coil_stream_transport(below);

    return transport->ops->read_nowait(transport, piece, size);
}

/*
 * Give the session what has come, but not all at a time if it is much.  Returns 0,
 * or the error with which the link ends.
 */
static int take_in(struct coil__http_link *link)
{
    char piece[PIECE];

    for (int i = 0; i < PIECES; i++) {
        ptrdiff_t n = read_piece(link->below, piece, sizeof piece);
        int rc;

        if (n == -EAGAIN)
            break;
        if (n <= 0)
            return n < 0 ? (int)n : COIL_EHTTP_TRUNCATED;
        rc = coil__http2_session_receive(link->session, piece, (size_t)n);
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* Why the link cannot go on; or 0. */
static int trouble_of(const struct coil__http2_session *session)
{
    if (session->error < 0)
        return session->error;
    if (!coil__http2_session_is_over(session))
        return 0;
    return session->is_at_fault ? COIL_EHTTP_MALFORMED : COIL_EHTTP_TRUNCATED;
}

/* Something has come, or the connection has ended. */
static void hear(void *arg)
{
    struct coil__http_link *link = arg;
    int rc = take_in(link);

    link->heard = coil_now();
    if (link->session->is_greeted)
        coil_event_set(&link->greeted);
    if (rc == 0) {
        coil__http2_session_send_now(link->session);
        rc = trouble_of(link->session);
    }
    if (rc == 0)
        rc = coil_stream_watch(link->below, &link->watch, hear, link);
    if (rc < 0)
        end_by_itself(link, rc);
    else
        time_head(link);
}

/* ---- life ------------------------------------------------------------- */

int coil__http_link_new(struct coil__http_link **out, struct coil_stream *below,
                        const struct coil__http_link_limits *limits,
                        void (*over)(void *owner), void *owner)
{
    const struct coil__http2_options options = {
        .head = limits->head,
        .window = WINDOW,
        .whole_window = WHOLE_WINDOW,
        .head_time = COIL_NEVER,
    };
    struct coil__http_link *link = coil__alloc(sizeof *link);
    int rc;

    if (!link)
        return -ENOMEM;
    coil_event_init(&link->greeted);
    link->below = below;
    link->heard = coil_now();
    link->patience = limits->patience;
    link->owner = owner;
    link->over = over;
    rc = coil__http2_session_new(&link->session, below, &options);
    if (rc == 0)
        rc = coil_stream_watch(below, &link->watch, hear, link);
    if (rc < 0) {
        coil__http2_session_free(link->session);
        coil__free(link);
        return rc;
    }
    *out = link;
    return 0;
}

bool coil__http_link_is_open(const struct coil__http_link *link)
{
    return !link->is_retired && coil__http2_session_is_open(link->session);
}

int coil__http_link_await_greeting(struct coil__http_link *link)
{
    int rc = coil_event_wait(&link->greeted);

    if (rc < 0)
        return rc;
    return link->session ? 0 : -ECONNRESET;
}

void coil__http_link_take(struct coil__http_link *link)
{
    link->requests++;
    link->was_used = true;
}

void coil__http_link_leave(struct coil__http_link *link)
{
    link->requests--;
    free_if_unused(link);
}

void coil__http_link_doubt(struct coil__http_link *link, coil_time since)
{
    coil_time from = since > link->heard ? since : link->heard;

    if (coil_now() - from >= SILENCE)
        link->is_retired = true;
}
