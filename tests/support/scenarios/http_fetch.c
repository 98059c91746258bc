/* SPDX-License-Identifier: MIT */
#include "scenarios/http_fetch.h"

#include "test.h"

int end_with_body(struct coil_http_response *r, int status, const char *body)
{
    int rc = r->status == status ? 0 : -EPROTO;

    if (rc == 0)
        ASSERT_STR_EQ(r->body, body);
    coil_http_response_free(r);
    return rc;
}

int end_with_size(struct coil_http_response *r, int status, size_t size)
{
    int rc = r->status == status ? 0 : -EPROTO;

    if (rc == 0)
        ASSERT_EQ(r->body_size, size);
    coil_http_response_free(r);
    return rc;
}

int fetch_body(struct coil_http_client *client, const char *url,
               const char *body)
{
    struct coil_http_response *r;
    int rc = coil_http_get(client, url, &r);

    return rc < 0 ? rc : end_with_body(r, 200, body);
}

int stream_size(struct coil_http_client *client, const char *url, size_t piece,
                size_t size)
{
    struct coil_http_request request = { .url = url };
    struct coil_http_response *r;
    char bytes[8];
    size_t got = 0;
    ptrdiff_t n;
    int rc = coil_http_open(client, &request, &r);

    if (rc < 0)
        return rc;
    ASSERT(piece <= sizeof bytes);
    rc = r->status == 200 ? 0 : -EPROTO;
    do {
        n = coil_http_read(r, bytes, piece);
        if (n > 0)
            got += (size_t)n;
    } while (n > 0);
    coil_http_response_free(r);
    if (rc == 0 && n == 0)
        ASSERT_EQ(got, size);
    return n < 0 ? (int)n : rc;
}
