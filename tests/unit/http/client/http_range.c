/* SPDX-License-Identifier: MIT */
/* Ranges: what is asked for, what a server says, and whether the two fit. */
#include <coil/http.h>
#include <coil/http_range.h>
#include <coil/http_response.h>

#include "test.h"

static void expect_range(int64_t first, int64_t last, const char *wanted)
{
    char value[COIL_HTTP_RANGE_SIZE];

    ASSERT_EQ(coil_http_range(value, first, last), 0);
    ASSERT_STR_EQ(value, wanted);
}

TEST(http_range_is_asked_for)
{
    char value[COIL_HTTP_RANGE_SIZE];

    expect_range(0, 0, "bytes=0-0");
    expect_range(1000, 1999, "bytes=1000-1999");
    expect_range(1000, -1, "bytes=1000-");
    expect_range(-500, 0, "bytes=-500");
    expect_range(INT64_MAX - 1, INT64_MAX,
                 "bytes=9223372036854775806-9223372036854775807");
    ASSERT_EQ(coil_http_range(value, 5, 4), -EINVAL);
}

static void expect_part(const char *value, int64_t first, int64_t last,
                        int64_t size)
{
    struct coil_http_range_part part;

    if (coil_http_content_range(&part, value) < 0)
        FAIL("\"%s\" is refused", value);
    ASSERT_EQ(part.first, first);
    ASSERT_EQ(part.last, last);
    ASSERT_EQ(part.size, size);
}

TEST(http_range_of_a_response_is_read)
{
    static const char *const bad[] = {
        "",
        "bytes",
        "bytes ",
        "bytes 0-99",
        "bytes 0-99/",
        "bytes 99-0/100",
        "bytes 0-99/99",
        "bytes 0-99/100x",
        "bytes -99/100",
        "bytes 0-/100",
        "bytes */*",
        "bytes 0-99 /100",
        "bytes=0-99/100",
        "items 0-99/100",
        "bytes 0-9223372036854775808/9223372036854775809",
    };
    struct coil_http_range_part part;

    expect_part("bytes 0-99/1000", 0, 99, 1000);
    expect_part("BYTES 5-5/6", 5, 5, 6);
    expect_part("bytes 0-99/*", 0, 99, -1);
    expect_part("bytes */1000", -1, -1, 1000);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (coil_http_content_range(&part, bad[i]) != COIL_EHTTP_MALFORMED)
            FAIL("\"%s\" is taken", bad[i]);
}

static int check(int status, const char *value, int64_t length, int64_t first,
                 int64_t last)
{
    struct coil_http_header header = { "content-range", value };
    struct coil_http_response response = {
        .status = status,
        .headers = &header,
        .header_count = value ? 1 : 0,
        .content_length = length,
    };
    struct coil_http_range_part part;

    return coil_http_range_check(&response, first, last, &part);
}

TEST(http_range_that_comes_is_the_one_that_was_asked_for)
{
    ASSERT_EQ(check(200, NULL, 1000, 100, 199), 0);
    ASSERT_EQ(check(416, "bytes */50", 0, 100, 199), -ERANGE);
    ASSERT_EQ(check(416, NULL, 0, 100, 199), -ERANGE);
    ASSERT_EQ(check(404, NULL, 0, 100, 199), -EPROTO);

    ASSERT_EQ(check(206, "bytes 100-199/1000", 100, 100, 199), 1);
    ASSERT_EQ(check(206, "bytes 100-199/*", -1, 100, 199), 1);
    ASSERT_EQ(check(206, "bytes 100-149/150", 50, 100, 199), 1);
    ASSERT_EQ(check(206, "bytes 100-999/1000", 900, 100, -1), 1);
    ASSERT_EQ(check(206, "bytes 900-999/1000", 100, -100, 0), 1);
    ASSERT_EQ(check(206, "bytes 0-49/50", 50, -100, 0), 1);

    ASSERT_EQ(check(206, "bytes 100-149/*", 50, 100, 199), 1);
    ASSERT_EQ(check(206, "bytes 900-999/*", 100, -100, 0), 1);
    ASSERT_EQ(check(416, "bytes 1-2-3", 0, 100, 199), -ERANGE);
    ASSERT_EQ(check(416, "bytes what", 0, 100, 199), -ERANGE);
    ASSERT_EQ(check(206, "bytes 100-250/*", 151, 100, 199),
              COIL_EHTTP_MALFORMED);
    ASSERT_EQ(check(206, "bytes 100-149/1000", 50, 100, 199),
              COIL_EHTTP_MALFORMED);
    ASSERT_EQ(check(206, "bytes 0-199/200", 200, -100, 0),
              COIL_EHTTP_MALFORMED);
    ASSERT_EQ(check(206, "bytes 10-49/50", 40, -100, 0), COIL_EHTTP_MALFORMED);
    ASSERT_EQ(check(206, "bytes a-49/50", 40, 0, 49), COIL_EHTTP_MALFORMED);
    ASSERT_EQ(check(206, "bytes :-49/50", 40, 0, 49), COIL_EHTTP_MALFORMED);
    ASSERT_EQ(check(206, "bytes 1:49/50", 40, 0, 49), COIL_EHTTP_MALFORMED);
    ASSERT_EQ(check(206, "bytes x", 40, 0, 49), COIL_EHTTP_MALFORMED);
    ASSERT_EQ(check(206, NULL, 100, 100, 199), COIL_EHTTP_MALFORMED);
    ASSERT_EQ(check(206, "bytes 0-99/1000", 100, 100, 199),
              COIL_EHTTP_MALFORMED);
    ASSERT_EQ(check(206, "bytes 100-198/1000", 99, 100, 199),
              COIL_EHTTP_MALFORMED);
    ASSERT_EQ(check(206, "bytes 100-200/1000", 101, 100, 199),
              COIL_EHTTP_MALFORMED);
    ASSERT_EQ(check(206, "bytes 100-199/1000", 99, 100, 199),
              COIL_EHTTP_MALFORMED);
    ASSERT_EQ(check(206, "bytes 100-998/1000", 899, 100, -1),
              COIL_EHTTP_MALFORMED);
    ASSERT_EQ(check(206, "bytes 899-998/1000", 100, -100, 0),
              COIL_EHTTP_MALFORMED);
    ASSERT_EQ(check(206, "bytes */1000", -1, 100, 199), COIL_EHTTP_MALFORMED);
}
