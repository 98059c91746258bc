/* SPDX-License-Identifier: MIT */
/*
 * http/client/link.h - a connection that speaks HTTP/2, over which many requests go
 *
 * No task belongs to a link: the loop calls it when something has come.  So it
 * can be closed at once, wherever that is done.
 *
 * A link ends when its owner closes it, when the server closes it or breaks the
 * protocol, or when both sides have said that they go and no request is left.
 * Requests fail then, and the link's memory lasts until the last has let go.
 */
#ifndef COIL_HTTP_CLIENT_LINK_H
#define COIL_HTTP_CLIENT_LINK_H

#include <coil/event.h>
#include <coil/loop.h>
#include <coil/stream.h>

#include "http/http2/session.h"

struct coil__http_link {
    struct coil__http2_session *session; /* NULL: the link has ended */
    struct coil_stream *below;
    size_t requests;    /* that go over the link, or have gone */
    bool was_used;      /* by at least one */
    bool is_retired;    /* takes no more */
    coil_time heard;    /* when something has come last */
    coil_time patience; /* for a head that has begun */

    struct coil_stream_watch watch;
    struct coil_handle timer; /* armed while a head is being received */
    bool is_timed;
    struct coil_event greeted; /* the server's settings have come, or the end */

    /* The owner, until the link has ended; who is told if it ends by itself. */
    void *owner;
    void (*over)(void *owner);
};

/* What a client allows a server. */
struct coil__http_link_limits {
    struct coil__http2_head_limits head;
    coil_time patience;
};

/*
 * Speak HTTP/2 over a connection, which the link closes.  `*out` is returned:
 * the owner closes the link, unless it was told that the link is over.
 *
 * Returns 0; -ENOMEM, or another error of coil__http2_session_new(): then the
 * connection is still the caller's.
 */
int coil__http_link_new(struct coil__http_link **out, struct coil_stream *below,
                        const struct coil__http_link_limits *limits,
                        void (*over)(void *owner), void *owner);

/* Whether a request can be made. */
bool coil__http_link_is_open(const struct coil__http_link *link);

/*
 * Wait until the server has said what it offers.  Returns 0; -ECANCELED; -ECONNRESET:
 * the link has ended.
 */
int coil__http_link_await_greeting(struct coil__http_link *link) COIL_SUSPENDS;

/* One request more, and one fewer. */
void coil__http_link_take(struct coil__http_link *link);
void coil__http_link_leave(struct coil__http_link *link);

/*
 * A request that was made at `since` has failed, or was given up.  If nothing has
 * come from the server for long, it may have gone without a word: no more
 * requests are made then.
 */
void coil__http_link_doubt(struct coil__http_link *link, coil_time since);

/* End the link.  What goes over it fails.  The owner is not told. */
void coil__http_link_close(struct coil__http_link *link);

#endif
