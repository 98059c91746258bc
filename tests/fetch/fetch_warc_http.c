/* SPDX-License-Identifier: MIT */
/*
 * What a server sends is what an archive has, byte for byte: compressed, in chunks, or cut
 * off.
 */
#include <coil/http_client.h>

#include "file_test.h"
#include "http_test.h"
#include "output/warc.h"
#include "warc_check.h"

static struct warc *warc;
static struct coil_http_client *client;

static struct warc_capture capture_of(const struct coil_http_response *r)
{
    return (struct warc_capture){
        .method = "GET",
        .url = r->url,
        .version = r->version,
        .status = r->status,
        .reason = r->reason,
        .headers = r->headers,
        .header_count = r->header_count,
        .address = "127.0.0.1:80",
        .unix_us = 1795949067123456,
    };
}

/* As coil-fetch does it. */
static void archive(const char *url)
{
    struct coil_http_request request = { .url = url, .keep_encoded = true };
    struct coil_http_response *r;
    struct warc_capture capture;
    struct warc_entry *entry;
    char bytes[100];
    ptrdiff_t n;

    ASSERT_EQ(coil_http_open(client, &request, &r), 0);
    capture = capture_of(r);
    ASSERT_EQ(warc_entry_begin(&entry, warc, &capture), 0);
    while ((n = coil_http_read(r, bytes, sizeof bytes)) > 0)
        ASSERT_EQ(warc_entry_add(entry, bytes, (size_t)n), 0);
    ASSERT_EQ(warc_entry_end(entry, n < 0 ? "disconnect" : NULL), 0);
    coil_http_response_free(r);
}

/* "hello, archive\n" by gzip and by br (which stores it), in hexadecimal chunks. */
#define GZIP                                                                   \
    "\x1f\x8b\x08\x01\x01\x01\x01\x01\x01\x03\xcb\x48\xcd\xc9\xc9\xd7\x51\x48" \
    "\x2c\x4a\xce\xc8\x2c\x4b\xe5\x02"

static const struct {
    const char *text;
    const char *payload;
    const char *head; /* of the block in the archive; NULL: as it came */
    bool is_cut;
} cases[] = {
    { "HTTP/1.1 200 OK\r\nServer: x\r\nContent-Length: 5\r\n\r\nhello", "hello",
      NULL, false },
    { "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 26\r\n"
      "\r\n" GZIP,
      GZIP, NULL, false },
    { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX: y\r\n\r\n"
      "5\r\nhello\r\n8;a=b\r\n, chunks\r\n0\r\nTrailer: t\r\n\r\n",
      "hello, chunks",
      "HTTP/1.1 200 OK\r\nX-Orig-Transfer-Encoding: chunked\r\nX: y\r\n\r\n",
      false },
    { "HTTP/1.1 200 OK\r\nContent-Encoding: br\r\n"
      "transfer-encoding: chunked\r\n\r\n"
      "4\r\n\x0b\x02\x80h\r\n5\r\nello\x03\r\n0\r\n\r\n",
      "\x0b\x02\x80hello\x03",
      "HTTP/1.1 200 OK\r\nContent-Encoding: br\r\n"
      "X-Orig-transfer-encoding: chunked\r\n\r\n",
      false },
    { "HTTP/1.1 404 Gone Fishing\r\nContent-Length: 3\r\n\r\nno!", "no!", NULL,
      false },
    { "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nonly a part", "only a part",
      NULL, true },
    { "HTTP/1.1 204 No Content\r\n\r\n", "", NULL, false },
};

enum { CASES = sizeof cases / sizeof cases[0] };

static void expect_case(const struct record *r, size_t i)
{
    const char *text = cases[i].head ? cases[i].head : cases[i].text;
    size_t head = (size_t)(strstr(text, "\r\n\r\n") + 4 - text);

    ASSERT_EQ((size_t)(r->payload - r->block), head);
    ASSERT_EQ(memcmp(r->block, text, head), 0);
    ASSERT_STR_EQ(r->payload, cases[i].payload);
    ASSERT_EQ(r->payload_size, strlen(cases[i].payload));
    ASSERT_EQ(field(r, "WARC-Truncated") != NULL, cases[i].is_cut);
}

FILE_TEST(fetch_warc_http_has_what_the_server_sent)
{
    struct line lines[CASES];
    struct fake fake;
    struct checked a;

    for (size_t i = 0; i < CASES; i++)
        lines[i] =
            (struct line){ cases[i].text, cases[i].is_cut ? CLOSE : KEEP };
    fake_start(&fake, lines, CASES);
    ASSERT_EQ(coil_http_client_new(&client, NULL), 0);
    ASSERT_EQ(warc_open(&warc, &(struct warc_options){ .path = in_directory(
                                                           "a.warc.gz"),
                                                       .has_no_sync = true }),
              0);
    for (size_t i = 0; i < CASES; i++)
        archive(fake.url);
    coil_http_client_free(client);
    fake_end(&fake);
    ASSERT_EQ(warc_close(warc), 0);
    a = check_archive(in_directory("a.warc.gz"));
    check_index(&a, in_directory("a.cdxj"), "a.warc.gz");
    ASSERT_EQ(a.count, 2 * CASES + 1);
    for (size_t i = 0; i < CASES; i++)
        expect_case(&a.records[1 + 2 * i], i);
    free_archive(&a);
}
