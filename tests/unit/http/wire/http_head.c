/* SPDX-License-Identifier: MIT */
/*
 * Heads: what they say, and how large they may be.
 */
#include <coil/http.h>

#include "http/wire/chunked.h"
#include "http/wire/head.h"
#include "http/wire/parse.h"
#include "http/wire/scan.h"
#include "test.h"

/* ---- what a head says ------------------------------------------------- */

static struct coil__http_head parse(enum coil__http_kind of, char *text,
                                    struct coil_http_header *headers)
{
    struct coil__http_scan scan = { 0 };
    struct coil__http_head head;
    size_t size = strlen(text);
    size_t used;

    ASSERT_EQ(coil__http_scan(&scan, of, 4096, 64, text, size, &used), 1);
    ASSERT_EQ(used, size);
    ASSERT_EQ(coil__http_head_parse(&head, of, text, size, headers), 0);
    return head;
}

TEST(http_head_a_request_head_is_taken_apart)
{
    struct coil_http_header headers[8];
    char text[] = "POST /a?b HTTP/1.1\r\nHost: h:80\r\nX-Empty:\r\n"
                  "X-Space:  a b \t\r\nconnection: Keep-Alive, CLOSE\r\n"
                  "expect: 100-Continue\r\nContent-Length: 12\r\n\r\n";
    struct coil__http_head head = parse(COIL__HTTP_REQUEST, text, headers);

    ASSERT_STR_EQ(head.method, "POST");
    ASSERT_STR_EQ(head.target, "/a?b");
    ASSERT_STR_EQ(head.host, "h:80");
    ASSERT_EQ(head.minor, 1);
    ASSERT_EQ(head.header_count, 6);
    ASSERT_STR_EQ(head.headers[1].name, "X-Empty");
    ASSERT_STR_EQ(head.headers[1].value, "");
    ASSERT_STR_EQ(head.headers[2].value, "a b");
    ASSERT_EQ(head.content_length, 12);
    ASSERT(head.is_close && head.is_keep_alive && head.is_expecting);
    ASSERT(!head.is_chunked);
}

TEST(http_head_a_response_head_is_taken_apart)
{
    struct coil_http_header headers[8];
    char text[] = "HTTP/1.0 404 Not Quite Found\r\nServer: x\r\n"
                  "Content-Length: 0\r\n\r\n";
    struct coil__http_head head = parse(COIL__HTTP_RESPONSE, text, headers);

    ASSERT_EQ(head.status, 404);
    ASSERT_STR_EQ(head.reason, "Not Quite Found");
    ASSERT_EQ(head.minor, 0);
    ASSERT_EQ(head.content_length, 0);
    ASSERT_STR_EQ(head.headers[0].value, "x");
}

/* ---- limits ----------------------------------------------------------- */

static int scan_all(const char *text, size_t size, size_t max_size,
                    size_t max_lines, bool is_bytewise)
{
    struct coil__http_scan scan = { 0 };
    size_t at = 0;
    int rc = 0;

    while (at < size && rc == 0) {
        size_t used;
        size_t n = is_bytewise ? 1 : size;

        rc = coil__http_scan(&scan, COIL__HTTP_REQUEST, max_size, max_lines,
                             text + at, n, &used);
        at += n;
    }
    return rc;
}

TEST(http_head_a_head_has_a_limited_size)
{
    const char *text = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
    size_t size = strlen(text);

    for (int is_bytewise = 0; is_bytewise < 2; is_bytewise++) {
        ASSERT_EQ(scan_all(text, size, size, 8, is_bytewise), 1);
        ASSERT_EQ(scan_all(text, size, size - 1, 8, is_bytewise),
                  COIL_EHTTP_HEADERS_TOO_LARGE);
        ASSERT_EQ(scan_all(text, size, size, 1, is_bytewise), 1);
        ASSERT_EQ(scan_all(text, size, size, 0, is_bytewise),
                  COIL_EHTTP_HEADERS_TOO_LARGE);
    }
}

TEST(http_head_blank_lines_in_front_count)
{
    char text[300];

    for (size_t i = 0; i < sizeof text; i++)
        text[i] = "\r\n"[i % 2];
    ASSERT_EQ(scan_all(text, sizeof text, 200, 8, false),
              COIL_EHTTP_HEADERS_TOO_LARGE);
}

TEST(http_head_a_head_of_any_bytes_does_no_harm)
{
    static const char alphabet[] = "GET / HTTP/1.1\r\nHost: h\r\n:\t\0\x80,";
    uint64_t random = 1;

    for (int round = 0; round < 20000; round++) {
        struct coil_http_header headers[64];
        struct coil__http_scan scan = { 0 };
        struct coil__http_head head;
        char text[80] = "GET / HTTP/1.1\r\nHost: h\r\n";
        size_t used;
        int changes = 1 + round % 4;
        size_t size = strlen(text) + 2;

        memcpy(text + size - 2, "\r\n", 2);
        while (changes-- > 0) {
            random = random * 6364136223846793005u + 1442695040888963407u;
            text[(random >> 33) % size] =
                alphabet[(random >> 50) % (sizeof alphabet - 1)];
        }
        if (coil__http_scan(&scan, COIL__HTTP_REQUEST, 1000, 60, text, size,
                            &used) != 1)
            continue;
        text[used] = '\0';
        if (coil__http_head_parse(&head, COIL__HTTP_REQUEST, text, used,
                                  headers) == 0)
            ASSERT_NOT_NULL(head.method);
    }
}

/* An extension, or trailers, without end. */
TEST(http_head_the_overhead_of_chunks_is_limited)
{
    struct coil__http_chunked chunked = { 0 };
    size_t used;
    int rc = coil__http_chunked_skip(&chunked, "3;", 2, &used);

    for (int i = 0; i < 100000 && rc == 0; i++)
        rc = coil__http_chunked_skip(&chunked, "x", 1, &used);
    ASSERT_EQ(rc, COIL_EHTTP_HEADERS_TOO_LARGE);

    chunked = (struct coil__http_chunked){ 0 };
    rc = coil__http_chunked_skip(&chunked, "0\r\n", 3, &used);
    for (int i = 0; i < 100000 && rc == 0; i++)
        rc = coil__http_chunked_skip(&chunked, "X: y\r\n", 6, &used);
    ASSERT_EQ(rc, COIL_EHTTP_HEADERS_TOO_LARGE);
}
