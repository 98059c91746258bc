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

/*
 * Wait by `wait` for `duration` at most.  Returns what `wait` returns, and
 * whether the time was up in `*is_late`.
 */
static int wait_once(struct coil__http_channel *c,
                     int (*wait)(struct coil_stream *stream),
                     coil_time duration, bool *is_late)
{
    coil_time begun = coil_now();
    struct coil_timeout limit;
    int rc = coil_timeout_begin(&limit, duration);

    *is_late = false;
    if (rc < 0)
        return rc;
    rc = coil_timeout_end(&limit, wait(c->stream));
    *is_late = coil_timeout_expired(&limit);
    coil__http_pace_waited(&c->writing, &c->server->pace, coil_now() - begun);
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
    bool is_late;
    int rc;

    count_taken(c);
    do {
        coil_time most = c->writing.patience;

        if (is_paced && most > LOOK)
            most = LOOK;
        rc = wait_once(c, wait, most, &is_late);
    } while (rc == -ETIMEDOUT && is_late && is_paced &&
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
static int send_some(struct coil__http_channel *c, int fd, uint64_t at,
                     uint64_t size, int64_t *sent, bool *is_late)
{
    coil_time most = c->writing.patience < LOOK ? c->writing.patience : LOOK;
    coil_time begun = coil_now();
    struct coil_timeout limit;
    int rc = coil_timeout_begin(&limit, most);

    *sent = 0;
    *is_late = false;
    if (rc < 0)
        return rc;
    rc = coil_timeout_end(
        &limit,
        coil_stream_send_file(c->stream, fd, (int64_t)at, (int64_t)size, sent));
    *is_late = coil_timeout_expired(&limit);
    c->written += (uint64_t)*sent;
    coil__http_pace_waited(&c->writing, &c->server->pace, coil_now() - begun);
    count_taken(c);
    return rc;
}

int coil__http_channel_send_file(struct coil__http_channel *c, int fd,
                                 uint64_t at, uint64_t size, uint64_t *sent)
{
    coil_time moved = coil_now();
    int rc;

    *sent = 0;
    do {
        int64_t some;
        bool is_late;

        rc = send_some(c, fd, at + *sent, size - *sent, &some, &is_late);
        *sent += (uint64_t)some;
        if (some > 0)
            moved = coil_now();
        /* Without a rate a client may take so long for the next piece. */
        if (rc == -ETIMEDOUT && is_late && c->writing.patience > 0 &&
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
