/* SPDX-License-Identifier: MIT */
/*
 * http/websocket/agreement.h - what client and server agree on in their headers
 */
#ifndef COIL_HTTP_WEBSOCKET_AGREEMENT_H
#define COIL_HTTP_WEBSOCKET_AGREEMENT_H

#include <coil/http.h>
#include <coil/websocket.h>

#include "http/websocket/websocket.h"

/* Whether one of the headers called `name` lists `item`. */
bool coil__websocket_lists(const struct coil_http_header *headers, size_t count,
                           const char *name, const char *item);

/* The same for a subprotocol, of which the case matters. */
bool coil__websocket_offers(const struct coil_http_header *headers,
                            size_t count, const char *subprotocol);

/* Whether compression is wanted, and built in. */
bool coil__websocket_can_deflate(const struct coil_websocket_deflate *own);

/* What a client offers. */
void coil__websocket_offer(const struct coil_websocket_deflate *own,
                           struct coil__websocket_deflate_terms *terms);

/*
 * As a client, take what the server has answered to the offer.  Returns 0;
 * COIL_EHTTP_MALFORMED: it was not offered.
 */
int coil__websocket_agree(const struct coil_websocket_deflate *own,
                          const struct coil_http_header *headers, size_t count,
                          struct coil__websocket_terms *terms);

/*
 * As a server, choose the first offer that can be accepted, or none.
 * terms->deflate is what to answer.  Returns 0; COIL_EHTTP_MALFORMED.
 */
int coil__websocket_choose(const struct coil_websocket_deflate *own,
                           const struct coil_http_header *headers, size_t count,
                           struct coil__websocket_terms *terms);

#endif
