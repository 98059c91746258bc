/* SPDX-License-Identifier: MIT */
/*
 * An archive has what was requested and what came, and each record is right by the
 * standard, whatever the sizes and whoever writes at the same time.
 */
#include "output/warc.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include <coil/sleep.h>

#include "file_test.h"
#include "simulated.h"
#include "warc_check.h"

static struct warc *warc;

static int open_with(const struct warc_options *options)
{
    struct warc_options all = *options;

    if (!all.path)
        all.path = in_directory("a.warc.gz");
    if (!all.software)
        all.software = "coil-fetch/1";
    all.has_no_sync = true;
    return warc_open(&warc, &all);
}

static void open_it(void)
{
    ASSERT_EQ(open_with(&(struct warc_options){ .max_size = 0 }), 0);
}

static struct checked close_it(const char *name)
{
    ASSERT_EQ(warc_close(warc), 0);
    return check_archive(in_directory(name));
}

static const struct coil_http_header sent[] = { { "User-Agent", "coil" },
                                                { "Accept", "*/*" } };
static const struct coil_http_header came[] = {
    { "Content-Type", "text/html; charset=utf-8" },
    { "X-ODD-case", "a  b" },
    { "Set-Cookie", "a=1" },
    { "Set-Cookie", "b=2" },
};

static struct warc_capture capture_of(const char *url)
{
    return (struct warc_capture){
        .method = "GET",
        .url = url,
        .request_headers = sent,
        .request_header_count = 2,
        .version = COIL_HTTP_1_1,
        .status = 200,
        .reason = "Fine",
        .headers = came,
        .header_count = 4,
        .address = "192.0.2.7:80",
        .unix_us = 1795949067123456,
    };
}

static int add_capture(const struct warc_capture *capture, const char *body,
                       size_t size, const char *truncated)
{
    struct warc_entry *entry;
    int rc = warc_entry_begin(&entry, warc, capture);

    ASSERT_EQ(rc, 0);
    for (size_t at = 0; rc == 0 && at < size; at += 700)
        rc =
            warc_entry_add(entry, body + at, size - at < 700 ? size - at : 700);
    if (rc == 0)
        return warc_entry_end(entry, truncated);
    warc_entry_abandon(entry);
    return rc;
}

static void add_text(const char *url, const char *body)
{
    struct warc_capture capture = capture_of(url);

    ASSERT_EQ(add_capture(&capture, body, strlen(body), NULL), 0);
}

static void expect_payload(const struct record *r, const void *bytes,
                           size_t size)
{
    ASSERT_EQ(r->payload_size, size);
    ASSERT_EQ(memcmp(r->payload, bytes, size), 0);
}

/* ---- what stands in it ------------------------------------------------------------- */

FILE_TEST(fetch_warc_has_request_and_response)
{
    struct checked a;

    open_it();
    add_text("http://example.com/a?b#c", "<p>hello");
    a = close_it("a.warc.gz");
    check_index(&a, in_directory("a.cdxj"), "a.warc.gz");
    ASSERT_EQ(count_names(), 2);
    ASSERT_EQ(a.count, 3);
    ASSERT_STR_EQ(field(&a.records[0], "WARC-Filename"), "a.warc.gz");
    ASSERT_STR_CONTAINS(a.records[0].block, "software: coil-fetch/1\r\n");
    ASSERT_STR_CONTAINS(a.records[0].block, "robots: ignore\r\n");
    ASSERT_STR_EQ(a.records[1].block,
                  "HTTP/1.1 200 Fine\r\n"
                  "Content-Type: text/html; charset=utf-8\r\n"
                  "X-ODD-case: a  b\r\n"
                  "Set-Cookie: a=1\r\n"
                  "Set-Cookie: b=2\r\n"
                  "\r\n<p>hello");
    ASSERT_STR_EQ(field(&a.records[1], "WARC-Date"),
                  "2026-11-29T10:44:27.123456Z");
    ASSERT_STR_EQ(field(&a.records[1], "WARC-IP-Address"), "192.0.2.7");
    ASSERT_STR_EQ(field(&a.records[1], "WARC-Target-URI"),
                  "http://example.com/a?b");
    ASSERT_NULL(field(&a.records[1], "WARC-Truncated"));
    ASSERT_NULL(field(&a.records[1], "WARC-Protocol"));
    ASSERT_STR_EQ(a.records[2].block, "GET /a?b HTTP/1.1\r\n"
                                      "Host: example.com\r\n"
                                      "User-Agent: coil\r\n"
                                      "Accept: */*\r\n\r\n");
    free_archive(&a);
}

FILE_TEST(fetch_warc_has_odd_messages)
{
    static const struct coil_http_header headers[] = {
        { "transfer-encoding", "chunked" },
        { "content-encoding", "br" },
        { "x", "1\r\nInjected: 2" },
    };
    struct warc_capture c = capture_of("https://u:p@[2001:db8::1]:8443?q");
    struct checked a;

    open_it();
    c.method = "POST";
    c.request_body = "a=\r\n\r\nb";
    c.request_body_size = 8;
    c.version = COIL_HTTP_2;
    c.status = 404;
    c.reason = "";
    c.headers = headers;
    c.header_count = 3;
    c.address = "[2001:db8::1]:8443";
    ASSERT_EQ(add_capture(&c, "\0\xff", 2, "disconnect"), 0);
    c = capture_of("http://a b\"<\x01>/\xc3\xa9");
    c.version = COIL_HTTP_1_0;
    c.address = NULL;
    c.status = 299;
    c.reason = NULL;
    c.request_headers = (struct coil_http_header[]){ { "host", "own" } };
    c.request_header_count = 1;
    c.header_count = 0;
    ASSERT_EQ(add_capture(&c, "", 0, NULL), 0);
    c.address = "2001:db8::2";
    ASSERT_EQ(add_capture(&c, "", 0, "time"), 0);
    a = close_it("a.warc.gz");
    check_index(&a, in_directory("a.cdxj"), "a.warc.gz");
    ASSERT_STR_EQ(field(&a.records[1], "WARC-Protocol"), "h2");
    ASSERT_STR_EQ(field(&a.records[1], "WARC-IP-Address"), "2001:db8::1");
    ASSERT_STR_EQ(field(&a.records[1], "WARC-Truncated"), "disconnect");
    ASSERT_STR_EQ(field(&a.records[1], "WARC-Target-URI"),
                  "https://[2001:db8::1]:8443?q");
    ASSERT_STR_CONTAINS(a.records[1].block,
                        "HTTP/1.1 404 Not Found\r\n"
                        "X-Orig-transfer-encoding: chunked\r\n"
                        "content-encoding: br\r\n"
                        "x: 1  Injected: 2\r\n\r\n");
    expect_payload(&a.records[1], "\0\xff", 2);
    ASSERT_STR_EQ(a.records[2].block, "POST /?q HTTP/1.1\r\n"
                                      "Host: [2001:db8::1]:8443\r\n"
                                      "User-Agent: coil\r\n"
                                      "Accept: */*\r\n\r\na=\r\n\r\nb");
    ASSERT_STR_EQ(field(&a.records[3], "WARC-Target-URI"),
                  "http://a%20b%22%3C%01%3E/\xc3\xa9");
    ASSERT_NULL(field(&a.records[3], "WARC-IP-Address"));
    ASSERT_STR_EQ(a.records[3].block, "HTTP/1.0 299 \r\n\r\n");
    ASSERT_STR_CONTAINS(a.records[4].block, "\r\nhost: own\r\n\r\n");
    ASSERT_NULL(strstr(a.records[4].block, "Host:"));
    ASSERT_STR_EQ(field(&a.records[5], "WARC-IP-Address"), "2001:db8::2");
    free_archive(&a);
}

FILE_TEST(fetch_warc_may_be_plain)
{
    struct checked a;

    ASSERT_EQ(open_with(&(struct warc_options){ .path = in_directory("p.warc"),
                                                .robots = "obey" }),
              0);
    add_text("http://example.com/", "x");
    add_text("http://example.com/2", "y");
    a = close_it("p.warc");
    check_index(&a, in_directory("p.cdxj"), "p.warc");
    ASSERT_EQ(a.count, 5);
    ASSERT_STR_CONTAINS(a.records[0].block, "robots: obey\r\n");
    free_archive(&a);
}

/* ---- equal payloads ------------------------------------------------------------------- */

FILE_TEST(fetch_warc_refers_to_equal_payloads)
{
    struct warc_capture c = capture_of("http://example.com/cut");
    struct checked a;

    open_it();
    add_text("http://example.com/1", "the same");
    add_text("http://example.com/2", "another");
    add_text("http://example.com/3", "the same");
    ASSERT_EQ(add_capture(&c, "the same", 8, "length"), 0);
    ASSERT_EQ(add_capture(&c, "cut off", 7, "length"), 0);
    add_text("http://example.com/4", "cut off");
    add_text("http://example.com/5", "cut off");
    add_text("http://example.com/6", "");
    add_text("http://example.com/7", "");
    a = close_it("a.warc.gz");
    check_index(&a, in_directory("a.cdxj"), "a.warc.gz");
    ASSERT_EQ(a.count, 19);
    ASSERT_STR_EQ(a.records[5].type, "revisit");
    ASSERT_STR_EQ(field(&a.records[5], "WARC-Refers-To-Target-URI"),
                  "http://example.com/1");
    ASSERT_STR_EQ(field(&a.records[5], "WARC-Refers-To-Date"),
                  field(&a.records[1], "WARC-Date"));
    ASSERT_STR_EQ(field(&a.records[5], "WARC-Payload-Digest"),
                  field(&a.records[1], "WARC-Payload-Digest"));
    for (size_t i = 1; i < a.count; i += 2)
        ASSERT_EQ(strcmp(a.records[i].type, "revisit") == 0, i == 5 || i == 13);
    ASSERT_STR_EQ(field(&a.records[13], "WARC-Refers-To-Target-URI"),
                  "http://example.com/4");
    free_archive(&a);
}

FILE_TEST(fetch_warc_refers_to_an_earlier_run)
{
    struct checked a;

    open_it();
    add_text("http://example.com/1", "the same");
    add_text("http://example.com/1b", "the same");
    ASSERT_EQ(warc_close(warc), 0);
    ASSERT_EQ(
        open_with(&(struct warc_options){ .path = in_directory("b.warc.gz"),
                                          .earlier = in_directory("a.cdxj") }),
        0);
    add_text("http://example.com/1", "the same");
    add_text("http://example.com/2", "new");
    add_text("http://example.com/3", "new");
    a = close_it("b.warc.gz");
    check_index(&a, in_directory("b.cdxj"), "b.warc.gz");
    ASSERT_STR_EQ(a.records[1].type, "revisit");
    ASSERT_STR_EQ(field(&a.records[1], "WARC-Refers-To-Date"),
                  "2026-11-29T10:44:27.123456Z");
    ASSERT_STR_EQ(a.records[3].type, "response");
    ASSERT_STR_EQ(a.records[5].type, "revisit");
    free_archive(&a);
}

/* As cdxj-indexer and pywb write them. */
FILE_TEST(fetch_warc_reads_indexes_of_others)
{
    char digest[38];
    char text[2000];
    struct checked a;

    digest_text("one", 3, digest);
    snprintf(
        text, sizeof text,
        "not a line\n"
        "com,example)/ 20200102030405 {\"url\": \"http://example.com/\", "
        "\"mime\": \"text/html\", \"status\": \"200\", \"digest\": \"%s\", "
        "\"length\": \"1\", \"offset\": \"0\", \"filename\": \"x\"}\n"
        "com,example)/ x {\"digest\": \"%s\"}\n",
        digest + 5, digest);
    put_file("o.cdxj", text);
    ASSERT_EQ(
        open_with(&(struct warc_options){ .earlier = in_directory("o.cdxj") }),
        0);
    /* The last line of this digest is broken, so it is archived again. */
    add_text("http://example.com/", "one");
    ASSERT_EQ(warc_close(warc), 0);
    *strrchr(text, '{') = 'x';
    strstr(text, " x x")[0] = '\0';
    strcat(text, "\n");
    put_file("o.cdxj", text);
    ASSERT_EQ(
        open_with(&(struct warc_options){ .path = in_directory("b.warc.gz"),
                                          .earlier = in_directory("o.cdxj") }),
        0);
    add_text("http://example.com/", "one");
    a = close_it("b.warc.gz");
    ASSERT_STR_EQ(a.records[1].type, "revisit");
    ASSERT_STR_EQ(field(&a.records[1], "WARC-Refers-To-Date"),
                  "2020-01-02T03:04:05Z");
    free_archive(&a);
}

/* ---- large bodies, and many at once ----------------------------------------------------- */

enum { LARGE = 300000 };

static char large[LARGE];

static void fill_large(void)
{
    for (size_t i = 0; i < LARGE; i++)
        large[i] = (char)(i * i >> 7);
}


static int add_part(void *arg)
{
    const size_t *size = arg;
    char url[64];
    struct warc_capture capture;

    snprintf(url, sizeof url, "http://example.com/%zu", *size);
    capture = capture_of(url);
    return add_capture(&capture, large, *size, NULL);
}

static const size_t sizes[] = { 1,     999,   1001,   5000, LARGE,
                                70000, 16384, 150000, 3000 };
enum { PARTS = sizeof sizes / sizeof sizes[0] };

static void expect_parts(const struct checked *a)
{
    for (size_t i = 1; i < a->count; i += 2) {
        const struct record *r = &a->records[i];

        expect_payload(
            r, large,
            strtoull(strrchr(field(r, "WARC-Target-URI"), '/') + 1, NULL, 10));
    }
}

/* In memory, or in temporary files; never one within another. */
FILE_TEST(fetch_warc_keeps_entries_apart)
{
    struct coil_task *tasks[PARTS];
    struct checked a;

    fill_large();
    ASSERT_EQ(open_with(&(struct warc_options){ .body_memory = 100000,
                                                .all_memory = 200000 }),
              0);
    for (int i = 0; i < PARTS; i++)
        tasks[i] = start(add_part, &sizes[i]);
    for (int i = 0; i < PARTS; i++)
        ASSERT_EQ(end_of(tasks[i]), 0);
    a = close_it("a.warc.gz");
    check_index(&a, in_directory("a.cdxj"), "a.warc.gz");
    ASSERT_EQ(a.count, 2 * PARTS + 1);
    expect_parts(&a);
    free_archive(&a);
    /* No temporary file is left. */
    ASSERT_EQ(count_names(), 2);
}

/* Whoever is cancelled leaves no trace, whenever that is. */
static void cancel_some(void)
{
    struct coil_task *tasks[PARTS];
    struct checked a;

    fill_large();
    ASSERT_EQ(open_with(&(struct warc_options){ .body_memory = 2000,
                                                .all_memory = 4000 }),
              0);
    for (int i = 0; i < PARTS; i++)
        tasks[i] = start(add_part, &sizes[i]);
    for (int i = 1; i < PARTS; i += 2) {
        for (uint64_t n = coil_test_random(40); n > 0; n--)
            ASSERT_EQ(coil_yield(), 0);
        coil_task_cancel(tasks[i]);
    }
    for (int i = 0; i < PARTS; i++) {
        int rc = end_of(tasks[i]);

        ASSERT(rc == 0 || (rc == -ECANCELED && i % 2 == 1));
    }
    a = close_it("a.warc.gz");
    check_index(&a, in_directory("a.cdxj"), "a.warc.gz");
    ASSERT_GE(a.count, PARTS + 2);
    expect_parts(&a);
    free_archive(&a);
    ASSERT_EQ(count_names(), 2);
}

SIMULATED_TEST(fetch_warc_forgets_who_was_cancelled, begin_directory,
               end_directory, 1, 60)
{
    cancel_some();
}

FILE_TEST(fetch_warc_forgets_what_is_abandoned)
{
    struct warc_capture capture = capture_of("http://example.com/");
    struct warc_entry *entry;
    struct checked a;

    fill_large();
    open_it();
    ASSERT_EQ(warc_entry_begin(&entry, warc, &capture), 0);
    ASSERT_EQ(warc_entry_add(entry, large, 10), 0);
    warc_entry_abandon(entry);
    warc_entry_abandon(NULL);
    add_text("http://example.com/2", "x");
    a = close_it("a.warc.gz");
    ASSERT_EQ(a.count, 3);
    free_archive(&a);
    ASSERT_EQ(warc_close(NULL), 0);
    warc_abort(NULL);
}

/* ---- what is refused ------------------------------------------------------------------- */

FILE_TEST(fetch_warc_refuses_what_it_cannot_write)
{
    char name[5000];
    struct warc *first;

    memset(name, 'a', sizeof name);
    strcpy(name + sizeof name - 9, ".warc.gz");
    ASSERT_EQ(open_with(&(struct warc_options){ .path = name }), -ENAMETOOLONG);
    ASSERT_EQ(open_with(&(struct warc_options){ .path = "x.warc.xz" }),
              -EINVAL);
    ASSERT_EQ(open_with(&(struct warc_options){ .path = ".warc" }), -EINVAL);
    ASSERT_EQ(
        open_with(&(struct warc_options){ .path = in_directory("d/x.warc") }),
        -ENOENT);
    ASSERT_EQ(
        open_with(&(struct warc_options){ .path = in_directory("e.warc"),
                                          .earlier = in_directory("none") }),
        -ENOENT);
    open_it();
    first = warc;
    ASSERT_EQ(open_with(&(struct warc_options){ .max_size = 0 }), -EEXIST);
    ASSERT_NULL(warc);
    ASSERT_EQ(open_with(&(struct warc_options){ .resumes = true }), -EBUSY);
    warc = first;
    ASSERT_EQ(warc_close(warc), 0);
    ASSERT_EQ(open_with(&(struct warc_options){ .resumes = true,
                                                .place = { 1, 100000 } }),
              -ENODATA);
    ASSERT_EQ(open_with(&(struct warc_options){ .max_size = 0 }), -EEXIST);
}
