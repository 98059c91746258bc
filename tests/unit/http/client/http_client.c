/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 120 */
/*
 * The client against servers that do as they should.
 */
#include <strings.h>

#include <coil/http_client.h>

#include "http_client_test.h"

/* ---- what a response is ----------------------------------------------- */

STREAM_TEST(http_client_gets_status_headers_and_body)
{
    static const struct line lines[] = {
        { "HTTP/1.1 404 Not Here\r\nServer: fake\r\nX-A:  b  \r\nX-A: c\r\n"
          "Content-Length: 5\r\n\r\nhello",
          KEEP },
    };
    struct coil_http_client *client = new_client();
    struct coil_http_response *r;
    struct fake fake;

    fake_start(&fake, lines, 1);
    r = fetch(client, fake.url);
    ASSERT_EQ(r->status, 404);
    ASSERT_STR_EQ(r->reason, "Not Here");
    ASSERT_EQ(r->header_count, 4);
    ASSERT_STR_EQ(coil_http_response_header(r, "server"), "fake");
    ASSERT_STR_EQ(coil_http_response_header(r, "x-a"), "b");
    ASSERT_NULL(coil_http_response_header(r, "x"));
    ASSERT_STR_EQ(r->body, "hello");
    ASSERT_EQ(r->body_size, 5);
    ASSERT_EQ(r->content_length, 5);
    coil_http_response_free(r);
    coil_http_client_free(client);
    fake_end(&fake);
}

STREAM_TEST(http_client_knows_where_every_kind_of_body_ends)
{
    expect_body(OK(2) "ok", KEEP, "ok", true);
    expect_body(OK(0), KEEP, "", true);
    expect_body(CHUNKED "1\r\na\r\n2;x\r\nbc\r\n0\r\nX-Trailer: y\r\n\r\n",
                KEEP, "abc", true);
    expect_body(CHUNKED "0\r\n\r\n", KEEP, "", true);
    expect_body("HTTP/1.1 200 OK\r\n\r\nto the end", CLOSE, "to the end",
                false);
    expect_body("HTTP/1.1 204 No Content\r\n\r\n", KEEP, "", true);
    expect_body("HTTP/1.1 304 Not Modified\r\n\r\n", KEEP, "", true);
}

STREAM_TEST(http_client_knows_when_a_connection_may_be_kept)
{
    expect_body("HTTP/1.1 200 OK\r\nConnection: close\r\n"
                "Content-Length: 2\r\n\r\nok",
                CLOSE, "ok", false);
    expect_body("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", CLOSE, "ok",
                false);
    expect_body("HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\n"
                "Content-Length: 2\r\n\r\nok",
                KEEP, "ok", true);
}

STREAM_TEST(http_client_passes_over_interim_responses)
{
    expect_body("HTTP/1.1 100 Continue\r\n\r\n"
                "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" OK(2) "ok",
                KEEP, "ok", true);
}

STREAM_TEST(http_client_does_not_wait_for_interim_responses_for_ever)
{
    char text[64 * 32] = "";

    for (int i = 0; i < 40; i++)
        strcat(text, "HTTP/1.1 100 Continue\r\n\r\n");
    ASSERT_EQ(outcome_of(text, HANG), COIL_EHTTP_MALFORMED);
}

STREAM_TEST(http_client_head_has_no_body)
{
    static const struct line lines[] = { { OK(1000), KEEP },
                                         { CHUNKED, KEEP },
                                         { OK(2) "ok", KEEP } };
    struct coil_http_client *client = new_client();
    struct coil_http_response *r;
    struct fake fake;

    fake_start(&fake, lines, 3);
    for (int i = 0; i < 2; i++) {
        r = send_request(client, &(struct coil_http_request){
                                     .method = "HEAD", .url = fake.url });
        ASSERT_STR_EQ(r->body, "");
        ASSERT_EQ(r->content_length, i == 0 ? 1000 : -1);
        coil_http_response_free(r);
    }
    r = fetch(client, fake.url);
    ASSERT_STR_EQ(r->body, "ok");
    coil_http_response_free(r);
    ASSERT_EQ(fake.connections, 1);
    coil_http_client_free(client);
    fake_end(&fake);
}

/* A body of some size: beyond what lies behind the head, and beyond a read. */
static void expect_large(size_t size, bool is_chunked)
{
    char *text = calloc(1, size + 200);
    struct line lines[] = { { text, CLOSE } };
    struct coil_http_client *client = new_client();
    struct coil_http_response *r;
    struct fake fake;
    int head = is_chunked ? sprintf(text, CHUNKED "%zx\r\n", size)
                          : sprintf(text,
                                    "HTTP/1.1 200 OK\r\n"
                                    "Content-Length: %zu\r\n\r\n",
                                    size);

    for (size_t i = 0; i < size; i++)
        text[(size_t)head + i] = (char)('a' + i % 26);
    if (is_chunked)
        strcpy(text + (size_t)head + size, "\r\n0\r\n\r\n");
    fake_start(&fake, lines, 1);
    r = fetch(client, fake.url);
    ASSERT_EQ(r->body_size, size);
    ASSERT_MEM_EQ(r->body, text + head, size);
    ASSERT_EQ(r->body[size], '\0');
    coil_http_response_free(r);
    coil_http_client_free(client);
    fake_end(&fake);
    free(text);
}

STREAM_TEST(http_client_reads_bodies_of_all_sizes)
{
    static const size_t sizes[] = { 1,     4095,  4096,  16383, 16384,
                                    16385, 65536, 70000, 300000 };

    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        expect_large(sizes[i], false);
        expect_large(sizes[i], true);
    }
}

/* ---- what is sent ----------------------------------------------------- */

/* Take out the line that depends on how the library was built. */
static void drop_codings(char *heard)
{
    char *line = strstr(heard, "Accept-Encoding: ");
    char *end = line ? strstr(line, "\r\n") : NULL;

    if (end)
        memmove(line, end + 2, strlen(end + 2) + 1);
}

STREAM_TEST(http_client_sends_what_it_says)
{
    static const struct line lines[] = { { OK(0), KEEP }, { OK(0), KEEP } };
    static const struct coil_http_header headers[] = {
        { "X-A", "b" }, { "User-Agent", "me" }, { "Accept", "text/plain" }
    };
    struct coil_http_client *client = new_client();
    struct fake fake;
    char expected[300];
    char url[100];

    fake_start(&fake, lines, 2);
    snprintf(url, sizeof url, "%sa?b=c#d", fake.url);
    coil_http_response_free(fetch(client, url));
    snprintf(expected, sizeof expected,
             "GET /a?b=c HTTP/1.1\r\nHost: %.*s\r\n"
             "User-Agent: coil/" COIL_VERSION_STRING "\r\nAccept: */*\r\n\r\n",
             (int)strlen(fake.url) - 8, fake.url + 7);
    drop_codings(fake.heard);
    ASSERT_STR_EQ(fake.heard, expected);

    coil_http_response_free(
        send_request(client, &(struct coil_http_request){ .method = "POST",
                                                          .url = fake.url,
                                                          .headers = headers,
                                                          .header_count = 3,
                                                          .body = "data",
                                                          .body_size = 4 }));
    snprintf(expected, sizeof expected,
             "POST / HTTP/1.1\r\nHost: %.*s\r\nX-A: b\r\nUser-Agent: me\r\n"
             "Accept: text/plain\r\nContent-Length: 4\r\n\r\n",
             (int)strlen(fake.url) - 8, fake.url + 7);
    drop_codings(fake.heard);
    ASSERT_STR_EQ(fake.heard, expected);
    ASSERT_STR_EQ(fake.body, "data");
    coil_http_client_free(client);
    fake_end(&fake);
}

static size_t lines_with(const char *text, const char *name)
{
    size_t count = 0;

    for (; (text = strstr(text, "\r\n")); text += 2)
        count += strncasecmp(text + 2, name, strlen(name)) == 0;
    return count;
}

/* What is given is sent instead of what would be, whatever its case. */
/* The port is left out where it is the usual one. */
STREAM_TEST(http_client_names_the_host_of_its_url)
{
    static const struct {
        const char *listens;
        uint16_t port;
        const char *url;
        const char *host;
    } hosts[] = {
        { "127.0.0.1", 8080, "http://127.0.0.1:8080/",
          "\r\nHost: 127.0.0.1:8080\r\n" },
        { "127.0.0.1", 80, "http://127.0.0.1/", "\r\nHost: 127.0.0.1\r\n" },
        { "127.0.0.1", 80, "http://127.0.0.1:80/", "\r\nHost: 127.0.0.1\r\n" },
        { "::1", 8080, "http://[::1]:8080/", "\r\nHost: [::1]:8080\r\n" },
        { "::1", 80, "http://[::1]", "\r\nHost: [::1]\r\n" },
    };

    /* The kernel may have neither the ports nor the family. */
    if (!simulated)
        return;
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        static const struct line lines[] = { { OK(2) "ok", KEEP } };
        struct coil_http_client *client = new_client();
        struct fake fake;

        fake_start_at(&fake, hosts[i].listens, hosts[i].port, lines, 1);
        coil_http_response_free(fetch(client, hosts[i].url));
        ASSERT_STR_CONTAINS(fake.heard, hosts[i].host);
        coil_http_client_free(client);
        fake_end(&fake);
    }
}

/* What of a request would be about the message is nothing in a response. */
STREAM_TEST(http_client_takes_headers_that_only_requests_heed)
{
    static const struct line lines[] = {
        { "HTTP/1.1 200 OK\r\nETag: \"x\"\r\nExpect: 100-continue\r\n"
          "Host: a b\r\nHost: c\r\nContent-Length: 2\r\n\r\nok",
          KEEP },
    };
    struct coil_http_client *client = new_client();
    struct coil_http_response *r;
    struct fake fake;

    fake_start(&fake, lines, 1);
    r = fetch(client, fake.url);
    ASSERT_STR_EQ(r->body, "ok");
    ASSERT_STR_EQ(coil_http_response_header(r, "etag"), "\"x\"");
    ASSERT_STR_EQ(coil_http_response_header(r, "expect"), "100-continue");
    ASSERT_EQ(coil_http_client_idle(client), 1);
    coil_http_response_free(r);
    coil_http_client_free(client);
    fake_end(&fake);
}

STREAM_TEST(http_client_sends_nothing_twice)
{
    static const struct line lines[] = { { OK(0), KEEP }, { OK(0), KEEP } };
    static const struct coil_http_header given[] = { { "hOST", "elsewhere:1" },
                                                     { "user-agent", "me" },
                                                     { "ACCEPT", "x/y" } };
    struct coil_http_client *client = new_client();
    struct coil_http_request request = { .headers = given, .header_count = 3 };
    struct fake fake;

    fake_start(&fake, lines, 2);
    request.url = fake.url;
    coil_http_response_free(send_request(client, &request));
    drop_codings(fake.heard);
    ASSERT_STR_EQ(fake.heard, "GET / HTTP/1.1\r\nhOST: elsewhere:1\r\n"
                              "user-agent: me\r\nACCEPT: x/y\r\n\r\n");
    request.header_count = 0;
    request.method = "POST";
    coil_http_response_free(send_request(client, &request));
    ASSERT_EQ(lines_with(fake.heard, "Host:"), 1);
    ASSERT_EQ(lines_with(fake.heard, "User-Agent:"), 1);
    ASSERT_EQ(lines_with(fake.heard, "Accept:"), 1);
    ASSERT_EQ(lines_with(fake.heard, "Content-Length: 0\r\n"), 1);
    coil_http_client_free(client);
    fake_end(&fake);
}

STREAM_TEST(http_client_sends_its_user_agent)
{
    static const struct line lines[] = { { OK(0), KEEP } };
    static const char *const agents[] = { "x", "" };

    for (int i = 0; i < 2; i++) {
        struct coil_http_client *client;
        struct fake fake;

        ASSERT_EQ(coil_http_client_new(&client,
                                       &(struct coil_http_client_options){
                                           .user_agent = agents[i] }),
                  0);
        fake_start(&fake, lines, 1);
        coil_http_response_free(fetch(client, fake.url));
        ASSERT_EQ(lines_with(fake.heard, "User-Agent: x\r\n"), i == 0);
        ASSERT_EQ(lines_with(fake.heard, "User-Agent"), i == 0);
        coil_http_client_free(client);
        fake_end(&fake);
    }
}

STREAM_TEST(http_client_refuses_a_second_host)
{
    static const struct coil_http_header given[] = { { "Host", "a" },
                                                     { "host", "a" } };
    struct coil_http_client *client = new_client();
    struct coil_http_request request = { .url = "http://127.0.0.1:1/",
                                         .headers = given,
                                         .header_count = 2 };

    ASSERT_EQ(fail_request(client, &request), COIL_EHTTP_BAD_HEADER);
    coil_http_client_free(client);
}

/* "close" is said, and done, even if the server would go on. */
STREAM_TEST(http_client_closes_when_it_says_so)
{
    static const struct line lines[] = { { OK(0), KEEP } };
    static const struct coil_http_header given[] = { { "connection",
                                                       "Close" } };
    struct coil_http_client *client = new_client();
    struct coil_http_request request = { .headers = given, .header_count = 1 };
    struct fake fake;

    fake_start(&fake, lines, 1);
    request.url = fake.url;
    coil_http_response_free(send_request(client, &request));
    ASSERT_EQ(lines_with(fake.heard, "Connection: close\r\n"), 1);
    ASSERT_EQ(coil_http_client_connections(client), 0);
    coil_http_client_free(client);
    fake_end(&fake);
}

STREAM_TEST(http_client_sends_a_slash_where_the_url_has_no_path)
{
    static const struct line lines[] = { { OK(0), KEEP }, { OK(0), KEEP } };
    struct coil_http_client *client = new_client();
    struct fake fake;
    char url[100];

    fake_start(&fake, lines, 2);
    snprintf(url, sizeof url, "%.*s", (int)strlen(fake.url) - 1, fake.url);
    coil_http_response_free(fetch(client, url));
    ASSERT_EQ(strncmp(fake.heard, "GET / HTTP/1.1\r\n", 16), 0);
    strcat(url, "?q");
    coil_http_response_free(fetch(client, url));
    ASSERT_EQ(strncmp(fake.heard, "GET /?q HTTP/1.1\r\n", 18), 0);
    coil_http_client_free(client);
    fake_end(&fake);
}

STREAM_TEST(http_client_refuses_what_could_inject_a_line)
{
    static const struct coil_http_header bad[] = {
        { "X-A", "b\r\nX-Injected: yes" },
        { "X-A", "b\nc" },
        { "X-A\r\nX-B", "c" },
        { "X A", "b" },
        { "", "b" },
        { "X-A:", "b" },
        { "X-A", " b" },
        { "Content-Length", "3" },
        { "transfer-encoding", "chunked" },
        { "Connection", "upgrade" },
    };
    struct coil_http_client *client = new_client();
    struct coil_http_request request = { .url = "http://127.0.0.1:1/",
                                         .header_count = 1 };

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        request.headers = &bad[i];
        ASSERT_EQ(fail_request(client, &request), COIL_EHTTP_BAD_HEADER);
    }
    request.header_count = 0;
    request.method = "GET / HTTP/1.1\r\nX: y\r\n\r\nGET";
    ASSERT_EQ(fail_request(client, &request), COIL_EHTTP_BAD_HEADER);
    request.method = "";
    ASSERT_EQ(fail_request(client, &request), COIL_EHTTP_BAD_HEADER);
    request.method = "CONNECT";
    ASSERT_EQ(fail_request(client, &request), COIL_EHTTP_BAD_HEADER);
    request.method = NULL;
    request.url = "http://127.0.0.1:1/ HTTP/1.1\r\nX: y";
    ASSERT_EQ(fail_request(client, &request), COIL_EHTTP_BAD_URL);
    request.url = "ftp://127.0.0.1:1/";
    ASSERT_EQ(fail_request(client, &request), COIL_EHTTP_BAD_SCHEME);
    ASSERT_EQ(coil_http_client_connections(client), 0);
    coil_http_client_free(client);
}

TEST(http_client_refuses_a_bad_user_agent)
{
    struct coil_http_client *client;

    ASSERT_EQ(coil_http_client_new(
                  &client,
                  &(struct coil_http_client_options){ .user_agent = "a\r\nb" }),
              COIL_EHTTP_BAD_HEADER);
}

STREAM_TEST(http_client_tells_that_nobody_listens)
{
    struct coil_http_client *client = new_client();
    struct coil_listener *listener;
    struct coil_address address;
    char url[64];

    listener = listening(&address);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/",
             coil_address_port(&address));
    coil_listener_close(listener);
    ASSERT_EQ(fail_request(client, &(struct coil_http_request){ .url = url }),
              -ECONNREFUSED);
    coil_http_client_free(client);
}

/* A server that answers before it has read the body, and never reads it. */
STREAM_TEST(http_client_hears_an_answer_that_comes_before_the_body_is_sent)
{
    static const struct line lines[] = {
        { "HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno", HANG },
    };
    struct coil_http_client *client = new_client();
    struct coil_http_response *r;
    struct fake fake;
    /* More than the kernel's buffers of both sides take. */
    size_t size = (simulated ? 1 : 16) * 1024 * 1024;
    unsigned char *body = make_bytes(size);

    fake_start(&fake, lines, 1);
    r = send_request(client, &(struct coil_http_request){ .method = "PUT",
                                                          .url = fake.url,
                                                          .body = body,
                                                          .body_size = size });
    ASSERT_EQ(r->status, 413);
    ASSERT_EQ(coil_http_client_connections(client), 0);
    coil_http_response_free(r);
    coil_http_client_free(client);
    fake_end(&fake);
    free(body);
}
