/* SPDX-License-Identifier: MIT */
/* What is kept beside a part, and how the answer to a request for the rest is judged. */
#include "output/part.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "test.h"

static struct part part_of(const char *etag, const char *modified,
                           const char *date)
{
    struct coil_http_header headers[3];
    size_t count = 0;
    struct part part;

    if (etag)
        headers[count++] = (struct coil_http_header){ "etag", etag };
    if (modified)
        headers[count++] =
            (struct coil_http_header){ "Last-Modified", modified };
    if (date)
        headers[count++] = (struct coil_http_header){ "Date", date };
    ASSERT_EQ(part_from_response(&part, headers, count, 100, false), 0);
    ASSERT_EQ(part.total, 100);
    return part;
}

static void expect_validator(const char *etag, const char *modified,
                             const char *date, const char *kept)
{
    struct part part = part_of(etag, modified, date);

    ASSERT_EQ(part_has_validator(&part), kept != NULL);
    if (kept)
        ASSERT_STR_EQ(part.etag ? part.etag : part.modified, kept);
    part_fini(&part);
}

TEST(fetch_part_has_only_strong_validators)
{
    expect_validator("\"a\"", NULL, NULL, "\"a\"");
    expect_validator("\"a\"", "Mon", "Tue", "\"a\"");
    expect_validator("W/\"a\"", NULL, NULL, NULL);
    expect_validator("W/\"a\"", "Mon", "Tue", "Mon");
    expect_validator(NULL, "Mon", "Mon", NULL);
    expect_validator(NULL, "Mon", NULL, NULL);
    expect_validator("a", NULL, NULL, NULL);
    expect_validator("\"a\nb\"", NULL, NULL, NULL);
    expect_validator(NULL, "Mon\n", "Tue", NULL);
    expect_validator(NULL, NULL, NULL, NULL);
}

TEST(fetch_part_of_a_decoded_body_cannot_be_continued)
{
    const struct coil_http_header etag = { "ETag", "\"a\"" };
    struct part part;

    ASSERT_EQ(part_from_response(&part, &etag, 1, 100, true), 0);
    ASSERT(!part_has_validator(&part));
    ASSERT_EQ(part.total, -1);
}

TEST(fetch_part_is_written_and_read)
{
    struct part part = part_of("\"a b\"", NULL, NULL);
    struct part read;
    struct text text = { 0 };

    part_write(&text, &part, "http://h/a");
    ASSERT_EQ(part_read(&read, text.bytes, text.size, "http://h/a"), 0);
    ASSERT_STR_EQ(read.etag, "\"a b\"");
    ASSERT_NULL(read.modified);
    ASSERT_EQ(read.total, 100);
    part_fini(&read);
    ASSERT_EQ(part_read(&read, text.bytes, text.size, "http://h/b"), -EINVAL);
    /* Cut short anywhere, it does not count. */
    for (size_t size = 0; size < text.size; size++) {
        ASSERT_EQ(part_read(&read, text.bytes, size, "http://h/a"), -EINVAL);
        ASSERT(!part_has_validator(&read));
    }
    text.bytes[11] = '2'; /* another version */
    ASSERT_EQ(part_read(&read, text.bytes, text.size, "http://h/a"), -EINVAL);
    part_fini(&part);
    part = part_of(NULL, "Mon", "Tue");
    text_clear(&text);
    part_write(&text, &part, "u");
    ASSERT_EQ(part_read(&read, text.bytes, text.size, "u"), 0);
    ASSERT_STR_EQ(read.modified, "Mon");
    part_fini(&read);
    part_fini(&part);
    text_fini(&text);
}

static const struct judged {
    int status;
    const char *range; /* Content-Range */
    const char *etag;
    enum part_verdict verdict;
} judged[] = {
    /* 40 of 100 bytes are there. */
    { 206, "bytes 40-99/100", "\"a\"", PART_REST },
    { 206, "Bytes 40-99/*", NULL, PART_REST },
    { 206, "bytes 40-99/100", "\"b\"", PART_AGAIN },
    { 206, "bytes 41-99/100", NULL, PART_AGAIN },
    { 206, "bytes 0-99/100", NULL, PART_AGAIN },
    { 206, "bytes 40-98/100", NULL, PART_AGAIN },
    { 206, "bytes 40-109/110", NULL, PART_AGAIN },
    { 206, "bytes 40-100/100", NULL, PART_AGAIN },
    { 206, "bytes 40-39/100", NULL, PART_AGAIN },
    { 206, "bytes 40-99/100x", NULL, PART_AGAIN },
    { 206, "bytes 40-99", NULL, PART_AGAIN },
    { 206, "bytes 40-99/", NULL, PART_AGAIN },
    { 206, "bytes -40-99/100", NULL, PART_AGAIN },
    { 206, "bytes */100", NULL, PART_AGAIN },
    { 206, "bytes 40-99999999999999999999/100", NULL, PART_AGAIN },
    { 206, "lines 40-99/100", NULL, PART_AGAIN },
    { 206, NULL, NULL, PART_AGAIN },
    { 200, NULL, "\"b\"", PART_ANEW },
    { 203, NULL, NULL, PART_ANEW },
    { 412, NULL, NULL, PART_AGAIN },
    { 416, "bytes */100", NULL, PART_AGAIN },
    { 416, "bytes */40", NULL, PART_AGAIN },
    { 416, NULL, NULL, PART_AGAIN },
};

static enum part_verdict judge(const struct part *part, int64_t have,
                               int status, const char *range, const char *etag)
{
    const struct coil_http_header headers[] = {
        { range ? "content-range" : "X", range ? range : "" },
        { etag ? "etag" : "Y", etag ? etag : "" },
    };

    return part_judge(part, have, status, headers, 2);
}

TEST(fetch_part_judges_answers)
{
    struct part part = part_of("\"a\"", NULL, NULL);

    for (size_t i = 0; i < sizeof judged / sizeof judged[0]; i++) {
        const struct judged *row = &judged[i];

        if (judge(&part, 40, row->status, row->range, row->etag) !=
            row->verdict)
            FAIL("row %zu", i);
    }
    /* All of it is there. */
    ASSERT_EQ(judge(&part, 100, 416, "bytes */100", NULL), PART_WHOLE);
    ASSERT_EQ(judge(&part, 100, 416, "bytes */100", "\"a\""), PART_WHOLE);
    ASSERT_EQ(judge(&part, 100, 416, "bytes */100", "\"b\""), PART_AGAIN);
    ASSERT_EQ(judge(&part, 100, 416, "bytes */100 ", NULL), PART_AGAIN);
    part.total = -1;
    ASSERT_EQ(judge(&part, 7, 416, "bytes */7", NULL), PART_WHOLE);
    part_fini(&part);
}
