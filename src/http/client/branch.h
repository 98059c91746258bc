/* SPDX-License-Identifier: MIT */
/*
 * http/client/branch.h - a request and its response over a stream of HTTP/2
 *
 * exchange.h calls these instead of those that speak HTTP/1.1.
 */
#ifndef COIL_HTTP_CLIENT_BRANCH_H
#define COIL_HTTP_CLIENT_BRANCH_H

#include "http/client/call.h"
#include "http/wire/head.h"
#include "http/wire/trailers.h"

/*
 * Make the stream, have the head of the call's next request sent, and the first
 * `size` bytes of its body in memory.  Waits until the head has gone out, as the
 * server may allow no more streams for now: the limit of all stands still meanwhile.
 *
 * Returns 0; -ENOMEM; the error of a stream that has ended; -ECANCELED;
 * COIL_EHTTP_FIRST_BYTE_TIMEOUT: for that long the connection has taken nothing.
 */
int coil__http_branch_send(struct coil__http_call *call,
                           struct coil__http_connection *branch, size_t size)
    COIL_SUSPENDS;

/*
 * Whether the server takes an extended CONNECT.  Returns 0; 1: it does not; or an
 * error: -ECANCELED, -ECONNRESET, COIL_EHTTP_FIRST_BYTE_TIMEOUT.
 */
int coil__http_branch_see_offer(const struct coil__http_call *call,
                                const struct coil__http_connection *branch)
    COIL_SUSPENDS;

/*
 * As coil__http_read_head(), but that all of a head comes at once, and that
 * COIL_EHTTP_MALFORMED, -ECONNRESET … are the error of a stream.
 */
int coil__http_branch_read_head(const struct coil__http_connection *branch,
                                struct coil__http_block *block,
                                const struct coil__http_layout *layout,
                                struct coil__http_head *head) COIL_SUSPENDS;

/* Whether something of a response has come. */
bool coil__http_branch_has_begun(const struct coil__http_connection *branch);

/* Get ready for the body. */
void coil__http_branch_begin_body(struct coil__http_connection *branch,
                                  bool has_body);

/* Take the trailers, if there are some.  Returns 0; -ENOMEM. */
int coil__http_branch_take_trailers(const struct coil__http_connection *branch,
                                    struct coil__http_trailers *trailers);

/*
 * Of a request that has failed: whether the server has done nothing with it.
 * Notes what is to be learned from that for the next attempt.
 */
bool coil__http_branch_is_undone(struct coil__http_call *call,
                                 struct coil__http_connection *branch);

/* Whether `error` is how a connection ended that cannot be used any more. */
bool coil__http_branch_is_lost(const struct coil__http_connection *branch,
                               int error);

#endif
