/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 120 */
/*
 * Whose page is asked for: the target's host if it has one, else that of Host.
 */
#include <coil/http_server.h>

#include "http_server_test.h"

static int note_host(struct coil_http_exchange *x, void *arg)
{
    const char *host = coil_http_exchange_header(x, "host");
    const struct coil_http_header *headers;
    size_t count;
    int hosts = 0;

    (void)arg;
    headers = coil_http_exchange_headers(x, &count);
    for (size_t i = 0; i < count; i++)
        hosts += strcmp(headers[i].name, "Host") == 0 ||
                 strcmp(headers[i].name, "hOST") == 0;
    snprintf(seen, sizeof seen, "%d %s|%s|%s", hosts, host ? host : "-",
             coil_http_exchange_path(x), coil_http_exchange_query(x));
    return coil_http_respond(x, 200, NULL, "ok", 2);
}

static void serve_hosts(void)
{
    serve_defaults();
    ASSERT_EQ(coil_http_server_route(server, NULL, "/at/*", note_host, NULL),
              0);
    ASSERT_EQ(coil_http_server_route(server, "PUT", "/", note_host, NULL), 0);
}

static void expect_host(const char *request, const char *expected)
{
    seen[0] = '\0';
    ASSERT_EQ(status_in(ask(request)), 200);
    ASSERT_STR_EQ(seen, expected);
}

STREAM_TEST(http_server_host_of_the_target_is_the_host)
{
    serve_hosts();
    expect_host("GET http://a.example/at/x?q HTTP/1.1\r\nHost: b\r\n\r\n",
                "1 a.example|/at/x|q");
    expect_host("GET http://A.example:8080/at/ HTTP/1.1\r\n"
                "X: y\r\nhOST: b:1\r\nY: z\r\n\r\n",
                "1 A.example:8080|/at/|");
    expect_host("GET HTTP://a:/at/ HTTP/1.1\r\nHost:\r\n\r\n", "1 a:|/at/|");
    expect_host("GET http://[::1]:81/at/ HTTP/1.1\r\nHost: b\r\n\r\n",
                "1 [::1]:81|/at/|");
    expect_host("PUT http://a HTTP/1.1\r\nHost: b\r\n\r\n", "1 a|/|");
    expect_host("PUT http://a?q=/? HTTP/1.1\r\nHost: b\r\n\r\n", "1 a|/|q=/?");
    expect_host("PUT http://a:80? HTTP/1.1\r\nHost: a\r\n\r\n", "1 a:80|/|");
    end_server();
}

STREAM_TEST(http_server_host_of_the_target_without_a_header)
{
    serve_hosts();
    expect_host("GET http://a/at/x HTTP/1.0\r\n\r\n", "1 a|/at/x|");
    expect_host("GET http://a/at/x HTTP/1.0\r\nX: y\r\n\r\n", "1 a|/at/x|");
    expect_host("\r\n\r\nPUT http://a HTTP/1.0\r\nX: y\r\n\r\n", "1 a|/|");
    expect_host("GET /at/x HTTP/1.0\r\n\r\n", "0 -|/at/x|");
    end_server();
}

STREAM_TEST(http_server_host_of_the_header_else)
{
    serve_hosts();
    expect_host("GET /at/x HTTP/1.1\r\nHost: b:80\r\n\r\n", "1 b:80|/at/x|");
    expect_host("GET /at/http://a/ HTTP/1.1\r\nHost: b\r\n\r\n",
                "1 b|/at/http://a/|");
    end_server();
}

/* That it does not count does not make it right. */
STREAM_TEST(http_server_host_must_be_there_once_and_be_one)
{
    serve_hosts();
    ASSERT_EQ(status_in(ask("GET http://a/at/ HTTP/1.1\r\n\r\n")), 400);
    ASSERT_EQ(status_in(ask("GET http://a/at/ HTTP/1.1\r\nHost: a\r\n"
                            "Host: a\r\n\r\n")),
              400);
    ASSERT_EQ(status_in(ask("GET http://a/at/ HTTP/1.1\r\nHost: a b\r\n\r\n")),
              400);
    ASSERT_EQ(status_in(ask("GET http:///at/ HTTP/1.1\r\nHost: a\r\n\r\n")),
              400);
    ASSERT_EQ(status_in(ask("GET http://u@a/at/ HTTP/1.1\r\nHost: a\r\n\r\n")),
              400);
    ASSERT_EQ(status_in(ask("GET a/at/ HTTP/1.1\r\nHost: a\r\n\r\n")), 400);
    end_server();
}

/* There is room for the header that is added when there are as many as may be.
 */
STREAM_TEST(http_server_host_is_added_to_a_full_table)
{
    char text[3000] = "PUT http://a HTTP/1.0\r\n";
    size_t lines = 40;

    serve_with(&(struct coil_http_server_options){ .max_header_lines = lines });
    ASSERT_EQ(coil_http_server_route(server, "PUT", "/", note_host, NULL), 0);
    for (size_t i = 0; i < lines; i++)
        strcat(text, "X: y\r\n");
    strcat(text, "\r\n");
    expect_host(text, "1 a|/|");
    strcpy(strrchr(text, 'X'), "X: y\r\nX: y\r\n\r\n");
    ASSERT_EQ(status_in(ask(text)), 431);
    end_server();
}
