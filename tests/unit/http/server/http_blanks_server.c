/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 120 */
/*
 * Blanks where the grammar has them, as handlers see them; and where a request
 * with them, or with something twice, is refused.
 */
#include <coil/http_server.h>

#include "http_server_test.h"

static void expect_seen(const char *request, const char *expected)
{
    const char *answer = ask(request);

    ASSERT_EQ(status_in(answer), 200);
    ASSERT_STR_EQ(seen, expected);
}

static void expect_refused(const char *request, int status)
{
    seen[0] = '\0';
    ASSERT_EQ(status_in(ask(request)), status);
    ASSERT_STR_EQ(seen, "");
}

#define POST "POST /look HTTP/1.1\r\nHost:\th\t\r\n"

STREAM_TEST(http_blanks_server_passes_them_over)
{
    serve_defaults();
    expect_seen(POST "Content-Length: 2\t\r\nX-A:\ta\t\r\n\r\nok",
                "POST|/look||a|-|ok");
    expect_seen(POST "Content-Length:\t 2 \t\r\nX-A:a  b \r\n\r\nok",
                "POST|/look||a  b|-|ok");
    expect_seen(POST "Content-Length: 0000000000000000000002\r\n\r\nok",
                "POST|/look||-|-|ok");
    expect_seen(POST "Transfer-Encoding:\tchunked\t\r\nX-A:\t\r\n\r\n"
                     "00000000000000000002 \t\r\nok\r\n0  ; x = y\r\n\r\n",
                "POST|/look|||-|ok");
    expect_seen(POST "Content-Length: 0\r\nConnection: x\t,\tclose\t\r\n\r\n"
                     "GET /hello HTTP/1.1\r\n" HOST "\r\n",
                "POST|/look||-|-|");
    ASSERT_STR_CONTAINS(ask(POST "Content-Length:\t2\t\r\n"
                                 "Expect:\t100-continue\t\r\n\r\nok"),
                        "100 Continue");
    end_server();
}

/* A proxy may cut these in another way. */
STREAM_TEST(http_blanks_server_refuses_what_smuggles)
{
    serve_defaults();
    expect_refused(POST "Content-Length: 2\r\nContent-Length: 2\r\n\r\nok",
                   400);
    expect_refused(POST "Content-Length: 2, 2\r\n\r\nok", 400);
    expect_refused(POST "Content-Length: 2\r\nContent-Length: 3\r\n\r\nok",
                   400);
    expect_refused(POST "Content-Length: \r\n 2\r\n\r\nok", 400);
    expect_refused(POST "Content-Length : 2\r\n\r\nok", 400);
    expect_refused(POST "Content-Length\t: 2\r\n\r\nok", 400);
    expect_refused(POST "X-A: a\r\n b\r\nContent-Length: 2\r\n\r\nok", 400);
    expect_refused(POST "Transfer-Encoding: chunked, chunked\r\n\r\n"
                        "0\r\n\r\n",
                   400);
    expect_refused(POST "Transfer-Encoding: ,chunked\r\n\r\n0\r\n\r\n", 400);
    expect_refused(POST "Transfer-Encoding: chunked\r\nContent-Length: 2\t\r\n"
                        "\r\n0\r\n\r\n",
                   400);
    expect_refused(POST "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n", 400);
    expect_refused(POST "Transfer-Encoding: chunked\r\n\r\n 2\r\nok\r\n"
                        "0\r\n\r\n",
                   400);
    end_server();
}
