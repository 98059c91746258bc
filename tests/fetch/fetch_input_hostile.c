/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 60 */
/* Lists that are anything: each item is a URL to fetch, or has a reason. */
#include "input_feed.h"

#include <coil/url.h>

enum { LISTS = 1000, MAX_SIZE = 2000 };

static uint64_t state;

/* A number of a generator (xorshift64) that always gives the same ones. */
static uint64_t random_below(uint64_t limit)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state % limit;
}

static const char *const pieces[] = {
    "\n",
    "\r\n",
    "\n ",
    "\t",
    " ",
    "http://",
    "https://h",
    "{",
    "}",
    "[",
    "]",
    "[1-9]",
    "[a-c:2]",
    "{a,b}",
    ",",
    "\\",
    "\"",
    ":",
    "{\"url\":",
    "\"h\"",
    "\"json\":",
    "\"body\":",
    "[1,2]",
    "null",
    "\"headers\":",
    "{\"a\":\"b\"}",
    "out=x",
    "header=a: b",
    "dir=",
    "http-user=",
    "checksum=",
    "sha-256=0",
    "#",
    "%",
    "%00",
    "@",
    "u:p@",
    "[::1]",
    "12",
    "-",
    "99999999999999999999",
    "\\u0000",
    "\xc3\xa4",
    "\xef\xbb\xbf",
    "..",
    "/",
    "?",
};

static size_t make_list(char *text)
{
    size_t size = 0;

    for (uint64_t n = random_below(60); n > 0; n--) {
        const char *piece =
            pieces[random_below(sizeof pieces / sizeof pieces[0])];

        if (random_below(40) == 0) {
            text[size++] = (char)random_below(256);
            continue;
        }
        memcpy(text + size, piece, strlen(piece));
        size += strlen(piece);
    }
    return size;
}

/* One that may go to coil_http_open() as it is. */
static void expect_fetchable(const struct job *job)
{
    struct coil_url url;

    ASSERT_EQ(coil_url_parse(&url, job->url), 0);
    ASSERT(url.scheme.size == 4 || url.scheme.size == 5);
    ASSERT_MEM_EQ(job->url, "http", 4);
    ASSERT_GT(url.host.size, 0);
    ASSERT_NULL(url.user.at);
    ASSERT_NULL(url.fragment.at);
    if (!job->details)
        return;
    ASSERT(coil_http_is_token(job_method(job)));
    for (size_t i = 0; i < job->details->header_count; i++) {
        ASSERT(coil_http_is_token(job->details->headers[i].name));
        ASSERT(coil_http_is_value(job->details->headers[i].value));
    }
}

static int read_hostile(void *arg)
{
    const struct input_source source = { "-", true };
    struct coil_stream *pair[2];
    struct coil_task *writer;
    struct input_item item;
    struct input *in;
    int items = 0;
    int rc;

    (void)arg;
    ASSERT_EQ(coil_stream_pair(pair), 0);
    writer = start(write_feed, pair[1]);
    ASSERT_EQ(
        input_open(&in, &(struct input_options){ .sources = &source,
                                                 .count = 1,
                                                 .format = feed.format,
                                                 .has_no_templates =
                                                     feed.has_no_templates,
                                                 .standard_input = pair[0] }),
        0);
    while (items++ < 1000 && (rc = input_next(in, &item)) > 0) {
        if (!item.reason)
            expect_fetchable(item.job);
        else
            ASSERT_GT(strlen(item.reason), 10);
        ASSERT_LE(strlen(item.job->first_url), 3 * 4096 + 3 * MAX_SIZE);
        ASSERT_GT(item.line, 0);
        job_free(item.job);
    }
    ASSERT_GE(rc, 0);
    input_close(in);
    (void)end_of(writer);
    return 0;
}

static void play(enum input_format format)
{
    char text[MAX_SIZE];

    state = 88172645463325252u + (uint64_t)format;
    for (unsigned i = 0; i < LISTS; i++) {
        feed.format = format;
        feed.has_no_templates = random_below(4) == 0;
        feed.piece = random_below(30);
        feed.list = text;
        feed.size = make_list(text);
        ASSERT_LE(feed.size, sizeof text);
        ASSERT_EQ(coil_test_run(read_hostile, NULL, 0), 0);
    }
    end_feed();
}

TEST(fetch_input_hostile_lists)
{
    play(INPUT_AUTO);
}

TEST(fetch_input_hostile_plain_lines)
{
    play(INPUT_LINES);
}

TEST(fetch_input_hostile_json_lines)
{
    play(INPUT_JSONL);
}

TEST(fetch_input_hostile_lists_of_aria2)
{
    play(INPUT_ARIA2);
}
