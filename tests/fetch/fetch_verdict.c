/* SPDX-License-Identifier: MIT */
/* What a response means: how long its server wants to be left alone. */
#include "fetch/verdict.h"

#include <time.h>

#include "test.h"

#define DATE "Sun, 06 Nov 1994 08:49:37 GMT"

/* -1: the response asks for nothing. */
static coil_time seconds_of(const char *retry_after, const char *date)
{
    struct coil_http_header headers[] = {
        { "Retry-After", retry_after },
        { "Date", date },
    };
    const struct coil_http_response response = {
        .status = 503,
        .headers = headers,
        .header_count = date ? 2 : 1,
    };
    coil_time wait = verdict_retry_after(&response);

    return wait < 0 ? -1 : wait / COIL_SECOND;
}

TEST(fetch_verdict_reads_seconds)
{
    ASSERT_EQ(seconds_of("7", NULL), 7);
    ASSERT_EQ(seconds_of("0", DATE), 0);
    ASSERT_EQ(seconds_of("99999999999999999999", NULL), 365 * 24 * 3600);
    ASSERT_EQ(seconds_of("", NULL), -1);
    ASSERT_EQ(seconds_of("-5", NULL), -1);
    ASSERT_EQ(seconds_of("7 s", NULL), -1);
    ASSERT_EQ(verdict_retry_after(NULL), -1);
    ASSERT_EQ(
        verdict_retry_after(&(struct coil_http_response){ .status = 503 }), -1);
}

/* RFC 9110, 5.6.7; a clock that is far from ours counts by itself. */
TEST(fetch_verdict_reads_dates)
{
    ASSERT_EQ(seconds_of("Sun, 06 Nov 1994 08:49:50 GMT", DATE), 13);
    ASSERT_EQ(seconds_of("Sunday, 06-Nov-94 08:50:37 GMT", DATE), 60);
    ASSERT_EQ(seconds_of("Sun Nov  6 09:49:37 1994", DATE), 3600);
    ASSERT_EQ(seconds_of("Sun, 06 Nov 1994 08:49:30 GMT", DATE), 0);
    ASSERT_EQ(seconds_of("Sun, 06 Nov 1994 08:49:50 GMT", NULL), 0);
    ASSERT_EQ(seconds_of("Sun, 06 Nov 1994", DATE), -1);
    ASSERT_EQ(seconds_of("Sun, 06 Nov 1994 08:49:50 GMT and more", DATE), -1);
}

TEST(fetch_verdict_reads_dates_by_our_clock)
{
    time_t then = time(NULL) + 1000;
    char text[64];
    coil_time wait;

    ASSERT_GT(
        strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", gmtime(&then)),
        0u);
    wait = seconds_of(text, NULL);
    ASSERT_LE(wait, 1000);
    ASSERT_GT(wait, 900);
}
