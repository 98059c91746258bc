/* SPDX-License-Identifier: MIT */
/*
 * http_client_test.h - one request of a client to a server of http_test.h
 */
#ifndef COIL_TESTS_HTTP_CLIENT_TEST_H
#define COIL_TESTS_HTTP_CLIENT_TEST_H

#include <coil/http_client.h>

#include "http_test.h"

struct coil_http_client *new_client(void);

struct coil_http_response *fetch(struct coil_http_client *client,
                                 const char *url);

struct coil_http_response *
send_request(struct coil_http_client *client,
             const struct coil_http_request *request);

int fail_request(struct coil_http_client *client,
                 const struct coil_http_request *request);

/*
 * The result of a GET of a server that says `text`; no connection may be kept.
 */
int outcome_of(const char *text, enum then then);

/* The same for one that succeeds, and whether it kept the connection. */
void expect_body(const char *text, enum then then, const char *body,
                 bool is_kept);

#define OK(length) "HTTP/1.1 200 OK\r\nContent-Length: " #length "\r\n\r\n"
#define CHUNKED "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

#endif
