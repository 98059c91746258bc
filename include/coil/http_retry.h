/* SPDX-License-Identifier: MIT */
/*
 * coil/http_retry.h - when a request that has failed is made again
 *
 *     const struct coil_http_retry retry = { .repeats = 3 };
 *     struct coil_http_request request = { .url = url, .retry = &retry };
 *
 * A request is made again, after a pause,
 *   if no connection could be made (refused, unreachable, connect_limit, a name
 *     server that does not answer): whatever its method, as nothing was sent;
 *   if the connection broke before a byte of a response, or the status is 429 or
 *     503: if it may be sent twice (GET, HEAD, PUT, DELETE, OPTIONS, TRACE,
 *     `idempotent`, Idempotency-Key).
 * A body must be in memory, or its source have a rewind().
 *
 * The pause is what Retry-After says, in seconds or as a date, and a little more;
 * else first_delay, twice as much each time, of which up to a half is left out by
 * chance, so that clients do not come back all at once.  A request that would
 * have to wait longer than max_wait, or than its `limit` leaves, is not made
 * again: its response or error is returned.
 *
 * Over all requests, a client repeats one in five, and ten more.  So repeats do
 * not multiply the load on a server that is down.
 *
 * asyncio  There is none.  urllib3's Retry, and the retry budgets of gRPC.
 */
#ifndef COIL_HTTP_RETRY_H
#define COIL_HTTP_RETRY_H

#include <coil/base.h>
#include <coil/time.h>

#ifdef __cplusplus
extern "C" {
#endif

struct coil_http_retry {
    unsigned repeats;      /* at most; 0: none */
    coil_time first_delay; /* 0: 200 ms */
    coil_time max_delay;   /* of first_delay when it has grown; 0: 30 s */
    coil_time max_wait;    /* longest Retry-After that is obeyed; 0: 2 min */
};

#ifdef __cplusplus
}
#endif

#endif
