/* SPDX-License-Identifier: MIT */
/* Dates of others: every format that servers send, and what is no date. */
#include <time.h>

#include <coil/http.h>

#include "http/wire/date.h"
#include "test.h"

static void expect(const char *text, int64_t wanted)
{
    int64_t seconds;

    if (!coil__http_parse_date(&seconds, text, strlen(text)))
        FAIL("\"%s\" is refused", text);
    ASSERT_EQ(seconds, wanted);
}

static void refuse(const char *text)
{
    int64_t seconds;

    if (coil__http_parse_date(&seconds, text, strlen(text)))
        FAIL("\"%s\" is taken", text);
}

TEST(http_date_parse_takes_the_formats_of_http)
{
    expect("Sun, 06 Nov 1994 08:49:37 GMT", 784111777);
    expect("Sunday, 06-Nov-94 08:49:37 GMT", 784111777);
    expect("Sun Nov  6 08:49:37 1994", 784111777);
    expect("Thu, 01 Jan 1970 00:00:00 GMT", 0);
    expect("Wed, 31 Dec 1969 23:59:59 GMT", -1);
    expect("Tue, 29 Feb 2000 12:00:00 GMT", 951825600);
    expect("Mon, 01 Jan 1601 00:00:00 GMT", -11644473600);
    expect("Fri, 31 Dec 9999 23:59:59 GMT", 253402300799);
}

TEST(http_date_parse_takes_what_cookies_have)
{
    expect("06-Nov-1994 08:49:37", 784111777);
    expect("1994 nov 6 8:49:37", 784111777);
    expect("8:49:37 6 NOVEMBER 94", 784111777);
    expect("Sun,06/Nov/1994;08:49:37", 784111777);
    expect("Sun, 06-Nov-69 08:49:37 GMT", 3150953377);
    expect("Sun, 06-Nov-70 08:49:37 GMT", 26729377);
    expect("6 Nov 1994 08:49:37.123 +0200", 784111777);
    expect("  6  Nov  1994  08:49:37  ", 784111777);
    expect("6\tNov\t1994\t08:49:37\t", 784111777);
}

TEST(http_date_parse_refuses_what_is_none)
{
    refuse("");
    refuse("soon");
    refuse("Sun, 06 Nov 1994");
    refuse("06 1994 08:49:37");
    refuse("06 \x01 Nov 1994 \x01"
           "08:49:37");
    refuse("Nov 1994 08:49:37");
    refuse("06 Nov 08:49:37");
    refuse("06 Nov 1994 24:00:00");
    refuse("06 Nov 1994 08:60:00");
    refuse("06 Nov 1994 08:49:60");
    refuse("06 Nov 1994 08:49");
    refuse("06 Nov 1600 08:49:37");
    refuse("00 Nov 1994 08:49:37");
    refuse("31 Nov 1994 08:49:37");
    refuse("29 Feb 1900 08:49:37");
    refuse("06 Nov 99999 08:49:37");
    refuse("06 No 1994 08:49:37");
    refuse("06 Nov 1994 008:49:37");
}

/* Every day from 1900 to 2100 is the one that the C library says. */
TEST(http_date_parse_knows_the_calendar)
{
    for (int64_t day = -25567; day < 47482; day += 1) {
        time_t seconds = (time_t)(day * 86400 + 3661);
        struct tm tm;
        char text[60];

        gmtime_r(&seconds, &tm);
        strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &tm);
        expect(text, seconds);
    }
}
