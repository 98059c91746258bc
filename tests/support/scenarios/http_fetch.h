/* SPDX-License-Identifier: MIT */
/*
 * http_fetch.h - what the programs of HTTP clients do with a response
 */
#ifndef COIL_TESTS_SCENARIOS_HTTP_FETCH_H
#define COIL_TESTS_SCENARIOS_HTTP_FETCH_H

#include <coil/http_client.h>

/*
 * Free the response.  Returns 0, or -EPROTO if its status is another one; then
 * the server has failed.  Otherwise the body must be `body`, or have `size`.
 */
int end_with_body(struct coil_http_response *response, int status,
                  const char *body);
int end_with_size(struct coil_http_response *response, int status, size_t size);

/* Fetch `url`, whole or in pieces of at most `piece` bytes, with status 200. */
int fetch_body(struct coil_http_client *client, const char *url,
               const char *body);
int stream_size(struct coil_http_client *client, const char *url, size_t piece,
                size_t size);

#endif
