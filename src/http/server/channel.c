/* SPDX-License-Identifier: MIT */
#include "http/server/channel.h"

#include <errno.h>

#include <coil/timeout.h>

/* How often the server looks how much a client has taken. */
#define LOOK COIL_SECOND

/* What is read before a connection closes, and for how long. */
#define LINGER_SIZE ((size_t)256 * 1024)
#define LINGER_TIME (2 * COIL_SECOND)

void coil__http_channel_begin(struct coil__http_channel *c)
{
    c->read = 0;
    c->written = 0;
    coil__http_pace_begin(&c->reading, &c->server->pace);
    coil__http_pace_begin(&c->writing, &c->server->pace);
}

/* Account for what the client has taken. */
static void count_taken(struct coil__http_channel *c)
{
    uint64_t unsent = coil_stream_unsent(c->stream);
    uint64_t taken = c->written > unsent ? c->written - unsent : 0;

    if (taken > c->writing.seen)
        coil__http_pace_moved(&c->writing, &c->server->pace, taken);
}

/* One wait for the client. */
struct client_wait {
    coil_time begun;
    struct coil_timeout limit;
    bool is_late; /* the time was up */
};

/* Begin to wait for `duration` at most. */
static int begin_wait(struct client_wait *w, coil_time duration)
{
    w->is_late = false;
    w->begun = coil_now();
    return coil_timeout_begin(&w->limit, duration);
}

/* It has returned `rc`.  Account for it, and return what became of it. */
static int end_wait(struct coil__http_channel *c, struct client_wait *w, int rc)
{
    rc = coil_timeout_end(&w->limit, rc);
    w->is_late = coil_timeout_expired(&w->limit);
    coil__http_pace_waited(&c->writing, &c->server->pace,
                           coil_now() - w->begun);
    count_taken(c);
    return rc;
}

/*
 * Wait by `wait`, as long as the client is fast enough.  What it takes gives
 * patience back, and has to be seen soon, before more time has passed.
 */
static int wait_for_client(struct coil__http_channel *c,
                           int (*wait)(struct coil_stream *stream))
{
    bool is_paced = c->server->pace.rate != SIZE_MAX;
    struct client_wait w;
    int rc;

    count_taken(c);
    do {
        coil_time most = c->writing.patience;

        if (is_paced && most > LOOK)
            most = LOOK;
        rc = begin_wait(&w, most);
        if (rc == 0)
            rc = end_wait(c, &w, wait(c->stream));
    } while (rc == -ETIMEDOUT && w.is_late && is_paced &&
             c->writing.patience > 0);
    return rc;
}

int coil__http_channel_drain(struct coil__http_channel *c)
{
    if (coil_stream_unsent(c->stream) == 0)
        return coil_stream_drain(c->stream);
    return wait_for_client(c, coil_stream_drain);
}

int coil__http_channel_flush(struct coil__http_channel *c)
{
    if (coil_stream_unsent(c->stream) == 0)
        return coil_stream_flush(c->stream);
    return wait_for_client(c, coil_stream_flush);
}

/* ---- files ------------------------------------------------------------ */

/* Send for as long as it takes to look how much the client has taken. */
static int send_some(struct coil__http_channel *c, struct client_wait *w,
                     int fd, uint64_t at, uint64_t size, int64_t *sent)
{
    coil_time most = c->writing.patience < LOOK ? c->writing.patience : LOOK;
    int rc = begin_wait(w, most);

    *sent = 0;
    if (rc < 0)
        return rc;
    rc = coil_stream_send_file(c->stream, fd, (int64_t)at, (int64_t)size, sent);
    c->written += (uint64_t)*sent;
    return end_wait(c, w, rc);
}

int coil__http_channel_send_file(struct coil__http_channel *c, int fd,
                                 uint64_t at, uint64_t size, uint64_t *sent)
{
    coil_time moved = coil_now();
    int rc;

    *sent = 0;
    do {
        struct client_wait w;
        int64_t some;

        rc = send_some(c, &w, fd, at + *sent, size - *sent, &some);
        *sent += (uint64_t)some;
        if (some > 0)
            moved = coil_now();
        /* Without a rate a client may take so long for the next piece. */
        if (rc == -ETIMEDOUT && w.is_late && c->writing.patience > 0 &&
            coil_now() - moved < c->server->pace.most)
            rc = 0;
        else if (rc == 0 && *sent < size)
            rc = -EIO;
    } while (rc == 0 && *sent < size);
    return rc;
}

/* ---- the end ---------------------------------------------------------- */

/* Read and drop what the client sends, until it has closed or sent enough. */
static int read_away(struct coil_stream *stream)
{
    size_t size = 0;
    ptrdiff_t n;

    do {
        const void *data;

        n = coil_stream_peek(stream, &data);
        if (n > 0) {
            coil_stream_consume(stream, (size_t)n);
            size += (size_t)n;
        }
    } while (n > 0 && size < LINGER_SIZE);
    return n < 0 ? (int)n : 0;
}

/*
 * Whether the client may still be sending.  A client that has asked for the end
 * of the connection sends no more, unless it is seen doing so.
 */
static bool must_linger(const struct coil__http_channel *c)
{
    return c->is_dirty || !c->is_asked_to_close ||
           coil_stream_is_stale(c->stream);
}

static int linger(struct coil__http_channel *c)
{
    coil_time most = c->server->transfer_timeout;
    struct coil_timeout limit;
    int rc =
        coil_timeout_begin(&limit, most < LINGER_TIME ? most : LINGER_TIME);

    if (rc < 0)
        return rc;
    rc = coil_stream_shutdown(c->stream);
    if (rc == 0)
        rc = read_away(c->stream);
    return coil_timeout_end(&limit, rc);
}

void coil__http_channel_close(struct coil__http_channel *c)
{
    int rc = 0;

    if (!c->is_broken)
        rc = coil__http_channel_flush(c);
    if (rc == 0 && !c->is_broken && must_linger(c))
        rc = linger(c);
    if (rc == 0 && !c->is_broken)
        rc = coil_stream_close(c->stream);
    else
        coil_stream_abort(c->stream);
    c->stream = NULL;
    (void)rc;
}
