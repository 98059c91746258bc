/* SPDX-License-Identifier: MIT */
/* WRAPS: coil_time_of_day */
/*
 * The header Date: one, in the one format that is allowed, and of now.  The
 * clock of the world is the test's.
 */
#include <time.h>

#include <coil/http_server.h>

#include "http_server_test.h"

static time_t world;

/* Instead of the library's. */
coil_time __wrap_coil_time_of_day(void);

coil_time __wrap_coil_time_of_day(void)
{
    return world * COIL_SECOND;
}

/* What the server says, with its Date. */
static const char *ask_for_all(const char *request)
{
    static char answer[4096];
    struct coil_stream *s = dial();

    send_text(s, request);
    read_rest(s, answer, sizeof answer);
    coil_stream_abort(s);
    return answer;
}

static size_t dates_in(const char *answer)
{
    size_t count = 0;

    while ((answer = strstr(answer, "\r\nDate:"))) {
        count++;
        answer++;
    }
    return count;
}

static void expect_date(const char *target, const char *date)
{
    char request[200];
    char line[100];
    const char *answer;

    snprintf(request, sizeof request, "GET %s HTTP/1.1\r\n" HOST CLOSE "\r\n",
             target);
    answer = ask_for_all(request);
    ASSERT_EQ(dates_in(answer), 1);
    snprintf(line, sizeof line, "\r\nDate: %s\r\n", date);
    ASSERT_STR_CONTAINS(answer, line);
}

/* Every weekday, every month, both ends of a day, a leap day, a new year. */
static const struct {
    time_t time;
    const char *date;
} dates[] = {
    { 784111777, "Sun, 06 Nov 1994 08:49:37 GMT" },
    { 0, "Thu, 01 Jan 1970 00:00:00 GMT" },
    { 951782399, "Mon, 28 Feb 2000 23:59:59 GMT" },
    { 951782400, "Tue, 29 Feb 2000 00:00:00 GMT" },
    { 954547200, "Sat, 01 Apr 2000 00:00:00 GMT" },
    { 1111111111, "Fri, 18 Mar 2005 01:58:31 GMT" },
    { 1400000000, "Tue, 13 May 2014 16:53:20 GMT" },
    { 1592000000, "Fri, 12 Jun 2020 22:13:20 GMT" },
    { 1500000000, "Fri, 14 Jul 2017 02:40:00 GMT" },
    { 1566180000, "Mon, 19 Aug 2019 02:00:00 GMT" },
    { 1600000000, "Sun, 13 Sep 2020 12:26:40 GMT" },
    { 1633046399, "Thu, 30 Sep 2021 23:59:59 GMT" },
    { 1666666666, "Tue, 25 Oct 2022 02:57:46 GMT" },
    { 1670371200, "Wed, 07 Dec 2022 00:00:00 GMT" },
    { 2147483648, "Tue, 19 Jan 2038 03:14:08 GMT" },
    { 9223372036, "Fri, 11 Apr 2262 23:47:16 GMT" }, /* the last one */
};

static int look_at_dates(void *arg)
{
    (void)arg;
    simulated = true;
    serve_defaults();
    for (size_t i = 0; i < sizeof dates / sizeof dates[0]; i++) {
        world = dates[i].time;
        ASSERT_EQ(coil_sleep(COIL_SECOND), 0);
        expect_date("/hello", dates[i].date);
    }
    end_server();
    return 0;
}

TEST(http_date_is_that_of_the_world)
{
    ASSERT_EQ(coil_test_run(look_at_dates, NULL, 0), 0);
}

/* It is made once in a second, and is never older than one. */
static int look_again(void *arg)
{
    static const char first[] = "Sun, 06 Nov 1994 08:49:37 GMT";
    static const char second[] = "Sun, 06 Nov 1994 08:49:39 GMT";

    (void)arg;
    simulated = true;
    world = 784111777;
    serve_defaults();
    expect_date("/hello", first);
    world += 2;
    ASSERT_EQ(coil_sleep(COIL_SECOND / 2), 0);
    expect_date("/hello", first);
    ASSERT_EQ(coil_sleep(COIL_SECOND / 2), 0);
    expect_date("/hello", second);
    end_server();
    return 0;
}

TEST(http_date_is_not_older_than_a_second)
{
    ASSERT_EQ(coil_test_run(look_again, NULL, 0), 0);
}

static int give_a_date(struct coil_http_exchange *x, void *arg)
{
    int rc = coil_http_respond_header(x, arg, "Mon, 07 Nov 1994 08:49:37 GMT");

    if (rc == 0 && coil_http_exchange_argument(x, "begin"))
        return coil_http_begin(x, 200, NULL, 0);
    return rc < 0 ? rc : coil_http_respond(x, 200, NULL, "", 0);
}

/* A handler fails after it has given one: it goes with all that it has given. */
static int give_a_date_and_fail(struct coil_http_exchange *x, void *arg)
{
    int rc = coil_http_respond_header(x, "Date", arg);

    return rc < 0 ? rc : -EIO;
}

static int look_at_given_dates(void *arg)
{
    static const char given[] = "Mon, 07 Nov 1994 08:49:37 GMT";
    static const char now[] = "Sun, 06 Nov 1994 08:49:37 GMT";

    (void)arg;
    simulated = true;
    world = 784111777;
    serve_defaults();
    ASSERT_EQ(
        coil_http_server_route(server, "GET", "/given", give_a_date, "Date"),
        0);
    ASSERT_EQ(coil_http_server_route(server, "GET", "/given/small", give_a_date,
                                     "date"),
              0);
    ASSERT_EQ(coil_http_server_route(server, "GET", "/given/other", give_a_date,
                                     "X-Date"),
              0);
    ASSERT_EQ(coil_http_server_route(server, "GET", "/given/fail",
                                     give_a_date_and_fail, (void *)given),
              0);
    expect_date("/given", given);
    expect_date("/given?begin", given);
    ASSERT_EQ(dates_in(ask_for_all("GET /given/small HTTP/1.1\r\n" HOST CLOSE
                                   "\r\n")),
              0);
    expect_date("/given/other", now);
    expect_date("/hello", now);
    expect_date("/chunked", now);
    expect_date("/nowhere", now);
    expect_date("/fail", now);
    expect_date("/204", now);
    expect_date("/given/fail", now);
    ASSERT_EQ(dates_in(ask_for_all("nonsense\r\n\r\n")), 1);
    ASSERT_EQ(
        dates_in(ask_for_all("GET /given HTTP/1.1\r\n" HOST "\r\n"
                             "GET /given HTTP/1.1\r\n" HOST "\r\n"
                             "GET /hello HTTP/1.1\r\n" HOST CLOSE "\r\n")),
        3);
    end_server();
    return 0;
}

TEST(http_date_of_a_handler_is_the_only_one)
{
    ASSERT_EQ(coil_test_run(look_at_given_dates, NULL, 0), 0);
}
