/* SPDX-License-Identifier: MIT */
/*
 * http_client_test.h - one request of a client to a server as of http_test.h
 */
#ifndef COIL_TESTS_HTTP_CLIENT_TEST_H
#define COIL_TESTS_HTTP_CLIENT_TEST_H

#include <coil/http_client.h>

#include "http_test.h"

static inline struct coil_http_client *new_client(void)
{
    struct coil_http_client *client;

    ASSERT_EQ(coil_http_client_new(&client, NULL), 0);
    return client;
}

static inline struct coil_http_response *get(struct coil_http_client *client,
                                             const char *url)
{
    struct coil_http_response *response;

    ASSERT_EQ(coil_http_get(client, url, &response), 0);
    return response;
}

static inline struct coil_http_response *
ask(struct coil_http_client *client, const struct coil_http_request *request)
{
    struct coil_http_response *response;

    ASSERT_EQ(coil_http_request(client, request, &response), 0);
    return response;
}

static inline int fail(struct coil_http_client *client,
                       const struct coil_http_request *request)
{
    struct coil_http_response *response = (void *)client;
    int rc = coil_http_request(client, request, &response);

    ASSERT_LT(rc, 0);
    ASSERT_NULL(response);
    return rc;
}

/* What a GET of a server that says `text` comes to; nothing may be kept. */
static inline int outcome_of(const char *text, enum then then)
{
    struct line lines[] = { { text, then } };
    struct coil_http_client *client = new_client();
    struct fake fake;
    int rc;

    fake_start(&fake, lines, 1);
    rc = fail(client, &(struct coil_http_request){ .url = fake.url });
    ASSERT_EQ(coil_http_client_connections(client), 0);
    coil_http_client_free(client);
    fake_end(&fake);
    return rc;
}

/* The same of one that succeeds, and whether it kept the connection. */
static inline void expect_body(const char *text, enum then then,
                               const char *body, bool is_kept)
{
    struct line lines[] = { { text, then } };
    struct coil_http_client *client = new_client();
    struct coil_http_response *response;
    struct fake fake;

    fake_start(&fake, lines, 1);
    response = get(client, fake.url);
    ASSERT_STR_EQ(response->body, body);
    ASSERT_EQ(response->body_size, strlen(body));
    ASSERT_EQ(coil_http_client_idle(client), is_kept);
    ASSERT_EQ(coil_http_client_connections(client), is_kept);
    coil_http_response_free(response);
    coil_http_client_free(client);
    fake_end(&fake);
}

#define OK(length) "HTTP/1.1 200 OK\r\nContent-Length: " #length "\r\n\r\n"
#define CHUNKED "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

#endif
