/* SPDX-License-Identifier: MIT */
/* http_client_test.c - one request of a client to a server of http_test.h */
#include "http_client_test.h"

struct coil_http_client *new_client(void)
{
    struct coil_http_client *client;

    ASSERT_EQ(coil_http_client_new(&client, NULL), 0);
    return client;
}

struct coil_http_response *fetch(struct coil_http_client *client,
                                 const char *url)
{
    struct coil_http_response *response;

    ASSERT_EQ(coil_http_get(client, url, &response), 0);
    return response;
}

struct coil_http_response *send_request(struct coil_http_client *client,
                                        const struct coil_http_request *request)
{
    struct coil_http_response *response;

    ASSERT_EQ(coil_http_request(client, request, &response), 0);
    return response;
}

int fail_request(struct coil_http_client *client,
                 const struct coil_http_request *request)
{
    struct coil_http_response *response = (void *)client;
    int rc = coil_http_request(client, request, &response);

    ASSERT_LT(rc, 0);
    ASSERT_NULL(response);
    return rc;
}

int outcome_of(const char *text, enum then then)
{
    struct line lines[] = { { text, then } };
    struct coil_http_client *client = new_client();
    struct fake fake;
    int rc;

    fake_start(&fake, lines, 1);
    rc = fail_request(client, &(struct coil_http_request){ .url = fake.url });
    ASSERT_EQ(coil_http_client_connections(client), 0);
    coil_http_client_free(client);
    fake_end(&fake);
    return rc;
}

void expect_body(const char *text, enum then then, const char *body,
                 bool is_kept)
{
    struct line lines[] = { { text, then } };
    struct coil_http_client *client = new_client();
    struct coil_http_response *response;
    struct fake fake;

    fake_start(&fake, lines, 1);
    response = fetch(client, fake.url);
    ASSERT_STR_EQ(response->body, body);
    ASSERT_EQ(response->body_size, strlen(body));
    ASSERT_EQ(coil_http_client_idle(client), is_kept);
    ASSERT_EQ(coil_http_client_connections(client), is_kept);
    coil_http_response_free(response);
    coil_http_client_free(client);
    fake_end(&fake);
}
