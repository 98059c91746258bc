/* SPDX-License-Identifier: MIT */
/*
 * echo.h - a request described in JSON, as httpbin does
 */
#ifndef COIL_HTTPBIN_ECHO_H
#define COIL_HTTPBIN_ECHO_H

#include "json.h"

#include <coil/http_server.h>

/* What is to be told. */
#define ECHO_ARGS 1u
#define ECHO_BODY 2u /* data, files and form */
#define ECHO_HEADERS 4u
#define ECHO_JSON 8u
#define ECHO_METHOD 16u
#define ECHO_ORIGIN 32u
#define ECHO_URL 64u
#define ECHO_OF_GET (ECHO_ARGS | ECHO_HEADERS | ECHO_ORIGIN | ECHO_URL)

/*
 * Describe the request.  `*out` is returned: release it with json_decref().
 * Returns 0, -ENOMEM, or what coil_http_exchange_body() returns.
 */
COIL_SUSPENDS int echo_request(struct coil_http_exchange *exchange,
                               unsigned fields, json_t **out);

#endif
