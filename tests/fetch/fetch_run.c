/* SPDX-License-Identifier: MIT */
/* Whole runs: limits, retries, priorities, exit statuses, and what is written down. */
#include "support/fetch_run_test.h"

#include <string.h>
#include <unistd.h>

#include "run/run.h"

FETCH_TEST(fetch_run_every_url_once_and_all_is_well)
{
    ASSERT_EQ(fetch(HOST_A "/ok/[1-50]", HOST_B "/ok/[51-100]", "--jsonl",
                    file_path("records"), NULL),
              EXIT_ALL);
    ASSERT_EQ(visit_count, 100u);
    ASSERT_EQ(lines_with("records", "\"class\":\"ok\""), 100u);
    ASSERT_LE(most_active, 6u);
}

FETCH_TEST(fetch_run_one_500_among_six_is_1)
{
    ASSERT_EQ(fetch(HOST_A "/ok/[1-5]", HOST_A "/status/500", "--retries", "1",
                    "--jsonl", file_path("records"), NULL),
              EXIT_SOME_FAILED);
    ASSERT_EQ(visits_of("/status/500"), 2u);
    ASSERT_EQ(lines_with("records", "\"class\":\"server_error\""), 1u);
    ASSERT_EQ(lines_with("records", "\"attempts\":2"), 1u);
}

FETCH_TEST(fetch_run_per_host_limit_holds)
{
    ASSERT_EQ(fetch(HOST_A "/slow/100/[1-40]", "--per-host", "3", NULL),
              EXIT_ALL);
    ASSERT_EQ(most_active, 3u);
}

FETCH_TEST(fetch_run_limit_in_all_holds)
{
    size_t all = 0;

    ASSERT_EQ(fetch(HOST_A "/slow/100/[1-9]", HOST_B "/slow/100/[10-19]", "-c",
                    "4", NULL),
              EXIT_ALL);
    for (size_t i = 0; i < visit_count; i++) {
        size_t same = 0;

        for (size_t k = 0; k < visit_count; k++)
            same += visits[k].at <= visits[i].at &&
                    visits[i].at < visits[k].at + 100 * COIL_MILLISECOND;
        if (same > all)
            all = same;
    }
    ASSERT_EQ(all, 4u);
}

/* fetch.md 2.3: curl sends 11 requests into the forbidden window. */
FETCH_TEST(fetch_run_retry_after_leaves_the_host_alone)
{
    coil_time first;
    size_t early = 0;

    ASSERT_EQ(fetch(HOST_A "/limited/3/[1-12]", "--per-host", "4", "--jsonl",
                    file_path("records"), NULL),
              EXIT_ALL);
    first = visits[0].at;
    for (size_t i = 4; i < visit_count; i++)
        early += visits[i].at < first + 3 * COIL_SECOND;
    ASSERT_EQ(early, 0u);
    ASSERT_EQ(visit_count, 24u);
    ASSERT_EQ(lines_with("records", "\"class\":\"ok\""), 12u);
}

/* Another host does not wait for the one that has had enough. */
FETCH_TEST(fetch_run_blocked_host_holds_up_no_other)
{
    coil_time from = coil_now();

    ASSERT_EQ(fetch(HOST_A "/limited/100/1", HOST_B "/ok/[1-10]", NULL),
              EXIT_ALL);
    for (size_t i = 0; i < visit_count; i++)
        if (strncmp(visits[i].path, "/ok/", 4) == 0)
            ASSERT_LT(visits[i].at - from, 5 * COIL_SECOND);
    ASSERT_GE(coil_now() - from, 100 * COIL_SECOND);
}

FETCH_TEST(fetch_run_asks_too_much_and_is_given_up)
{
    ASSERT_EQ(
        fetch(HOST_A "/limited/3000/1", "--jsonl", file_path("records"), NULL),
        EXIT_SOME_FAILED);
    ASSERT_EQ(visit_count, 1u);
    ASSERT_EQ(lines_with("records", "\"class\":\"rate_limited\""), 1u);
}

FETCH_TEST(fetch_run_429_without_a_time_backs_off)
{
    coil_time from = coil_now();

    ASSERT_EQ(fetch(HOST_A "/busy/2/1", NULL), EXIT_ALL);
    ASSERT_EQ(visit_count, 3u);
    ASSERT_GE(visits[1].at - from, COIL_SECOND);
    ASSERT_GE(visits[2].at - visits[1].at, 2 * COIL_SECOND);
}

FETCH_TEST(fetch_run_flaky_urls_are_tried_again)
{
    ASSERT_EQ(fetch(HOST_A "/flaky/2/[1-5]", HOST_A "/reset/1/[1-5]", "--jsonl",
                    file_path("records"), NULL),
              EXIT_ALL);
    ASSERT_EQ(visits_of("/flaky/2/1"), 3u);
    ASSERT_EQ(lines_with("records", "\"class\":\"ok\""), 10u);
}

/* A server says so to a kept connection on which a request comes too late. */
FETCH_TEST(fetch_run_408_is_tried_again)
{
    ASSERT_EQ(fetch(HOST_A "/status/408", "--retries", "2", NULL),
              EXIT_SOME_FAILED);
    ASSERT_EQ(visit_count, 3u);
    ASSERT_EQ(fetch(HOST_A "/status/408", "-X", "POST", "--retries", "1", NULL),
              EXIT_SOME_FAILED);
    ASSERT_EQ(visit_count, 5u);
    ASSERT_EQ(fetch(HOST_A "/status/408", "--retry-on", "5xx,429", NULL),
              EXIT_SOME_FAILED);
    ASSERT_EQ(visit_count, 6u);
}

FETCH_TEST(fetch_run_equal_lines_are_one_request)
{
    char list[20000] = "";

    for (int i = 0; i < 300; i++)
        strcat(list, HOST_A "/ok/same\n");
    write_file("list", list);
    ASSERT_EQ(
        fetch("-i", file_path("list"), "--jsonl", file_path("records"), NULL),
        EXIT_ALL);
    ASSERT_EQ(visit_count, 1u);
    ASSERT_EQ(lines_with("records", "\"class\":\"duplicate\""), 299u);
    ASSERT_EQ(fetch("-i", file_path("list"), "--no-dedupe", NULL), EXIT_ALL);
    ASSERT_EQ(visit_count, 301u);
}

FETCH_TEST(fetch_run_best_priority_starts_first)
{
    write_file("list", "5\t" HOST_A "/ok/c\n"
                       "1\t" HOST_A "/ok/b\n"
                       "-1\t" HOST_A "/ok/a\n"
                       "9\t" HOST_A "/ok/d\n");
    ASSERT_EQ(fetch("-i", file_path("list"), "-c", "1", NULL), EXIT_ALL);
    ASSERT_EQ(visit_count, 4u);
    for (int i = 1; i < 4; i++)
        ASSERT_LT(strcmp(visits[i - 1].path, visits[i].path), 0);
}

/* The reader lets others run meanwhile, and reads the end of the file last. */
FETCH_TEST(fetch_run_best_of_all_lines_starts_first)
{
    static char list[600 * 64];
    char *end = list;

    for (int i = 600; i > 0; i--)
        end += sprintf(end, "%d\t" HOST_A "/ok/%03d\n", i, i);
    write_file("list", list);
    ASSERT_EQ(fetch("-i", file_path("list"), "-c", "1", NULL), EXIT_ALL);
    ASSERT_EQ(visit_count, 600u);
    for (int i = 1; i < 600; i++)
        ASSERT_LT(strcmp(visits[i - 1].path, visits[i].path), 0);
}

FETCH_TEST(fetch_run_redirects_keep_the_limits)
{
    ASSERT_EQ(fetch(HOST_A "/to/to/ok/[1-20]", "--per-host", "2", "--jsonl",
                    file_path("records"), NULL),
              EXIT_ALL);
    ASSERT_EQ(visit_count, 60u);
    ASSERT_LE(most_active, 2u);
    ASSERT_EQ(lines_with("records", "\"redirects\":[\"" HOST_A "/to/to/ok/"),
              20u);
    ASSERT_EQ(fetch(HOST_A "/to/to/to/ok/x", "--max-redirs", "2", "--jsonl",
                    file_path("other"), NULL),
              EXIT_SOME_FAILED);
    ASSERT_EQ(lines_with("other", "\"class\":\"redirect\""), 1u);
}

FETCH_TEST(fetch_run_rate_of_a_host)
{
    coil_time from = coil_now();

    ASSERT_EQ(fetch(HOST_A "/ok/[1-11]", "--rate-per-host", "5/s", NULL),
              EXIT_ALL);
    ASSERT_GE(coil_now() - from, 2 * COIL_SECOND);
    for (size_t i = 1; i < visit_count; i++)
        ASSERT_GE(visits[i].at - visits[i - 1].at, 190 * COIL_MILLISECOND);
}

/* fetch.md, row 18: a server that stands still for a second, at 100 requests a second. */
FETCH_TEST(fetch_run_rate_tells_how_late_a_server_makes_it)
{
    size_t late = 0;
    char *text;

    ASSERT_EQ(fetch(HOST_A "/slow/1000/[1-6]", HOST_A "/ok/[1-300]", "--rate",
                    "100/s", "--jsonl", file_path("records"), NULL),
              EXIT_ALL);
    text = file_text("records");
    for (char *at = text; (at = strstr(at, "\"late\":"));)
        late += strtod(at += 7, NULL) >= 900;
    free(text);
    ASSERT_EQ(late, 300u);
    ASSERT_EQ(fetch(HOST_A "/slow/1000/[7-12]", HOST_A "/ok/[301-310]",
                    "--jsonl", file_path("others"), NULL),
              EXIT_ALL);
    ASSERT_EQ(lines_with("others", "\"late\":null"), 16u);
}

/* 10k are 10,240 bytes. */
FETCH_TEST(fetch_run_bytes_a_second_of_all)
{
    coil_time from = coil_now();

    ASSERT_EQ(fetch(HOST_A "/size/102400", HOST_B "/size/51200",
                    HOST_A "/size/51201", "--discard", "--limit-rate", "10k",
                    NULL),
              EXIT_ALL);
    ASSERT_GE(coil_now() - from, 20 * COIL_SECOND);
    ASSERT_LE(coil_now() - from, 21 * COIL_SECOND);
}

FETCH_TEST(fetch_run_bytes_a_second_of_a_host)
{
    coil_time from = coil_now();

    ASSERT_EQ(fetch(HOST_A "/size/[51200-51201]", HOST_B "/size/102400",
                    "--jsonl", file_path("records"), "--limit-rate-per-host",
                    "10k", NULL),
              EXIT_ALL);
    ASSERT_GE(coil_now() - from, 10 * COIL_SECOND);
    ASSERT_LE(coil_now() - from, 11 * COIL_SECOND);
    from = coil_now();
    ASSERT_EQ(
        fetch(HOST_A "/size/1000000", "--discard", "--limit-rate", "0", NULL),
        EXIT_ALL);
    ASSERT_LT(coil_now() - from, COIL_SECOND);
    /* Who waits for his turn is no reason to give up a server; --timeout is. */
    ASSERT_EQ(fetch(HOST_A "/size/20000", "--discard", "--limit-rate", "100",
                    "--idle-timeout", "1", NULL),
              EXIT_ALL);
    ASSERT_EQ(fetch(HOST_A "/size/20000", "--discard", "--limit-rate", "100",
                    "--retries", "0", "--timeout", "5", NULL),
              EXIT_SOME_FAILED);
}

FETCH_TEST(fetch_run_robots_are_obeyed)
{
    robots = "User-agent: *\nDisallow: /ok/private\nCrawl-delay: 2\n";
    ASSERT_EQ(fetch(HOST_A "/ok/public", HOST_A "/ok/private", HOST_A "/ok/b",
                    "--robots", "--jsonl", file_path("records"), NULL),
              EXIT_SOME_FAILED);
    ASSERT_EQ(visits_of("/robots.txt"), 1u);
    ASSERT_EQ(visits_of("/ok/private"), 0u);
    ASSERT_EQ(visits_of("/ok/public"), 1u);
    ASSERT_EQ(lines_with("records", "\"class\":\"robots\""), 1u);
}

/* RFC 9309, 2.3.1.4: nothing is allowed for now, and that passes. */
FETCH_TEST(fetch_run_robots_that_cannot_be_read_are_waited_for)
{
    coil_time from = coil_now();

    robots = "User-agent: *\nDisallow: /ok/private\n";
    robots_failures = 3;
    ASSERT_EQ(fetch(HOST_A "/ok/[1-20]", HOST_A "/ok/private", "--robots",
                    "--rate", "1/s", "--jsonl", file_path("records"), NULL),
              EXIT_SOME_FAILED);
    ASSERT_EQ(visits_of("/robots.txt"), 4u);
    ASSERT_EQ(lines_with("records", "\"class\":\"ok\""), 20u);
    ASSERT_EQ(lines_with("records", "\"class\":\"robots\""), 1u);
    /* The rate is for what was asked: 7 s of waiting are not 20 beginnings. */
    ASSERT_GE(coil_now() - from, 26 * COIL_SECOND);
    ASSERT_LE(coil_now() - from, 30 * COIL_SECOND);
}

FETCH_TEST(fetch_run_robots_that_are_never_read_fail_their_urls_in_the_end)
{
    coil_time from = coil_now();

    robots_failures = SIZE_MAX / 2;
    ASSERT_EQ(fetch(HOST_A "/ok/[1-20]", "--robots", "--robots-patience", "20",
                    "--jsonl", file_path("records"), NULL),
              EXIT_SOME_FAILED);
    ASSERT_EQ(coil_now() - from, 20 * COIL_SECOND);
    ASSERT_EQ(visits_of("/robots.txt"), 6u);
    ASSERT_EQ(visit_count, 6u);
    ASSERT_EQ(lines_with("records", "\"class\":\"robots\""), 20u);
    ASSERT_EQ(lines_with("records", "could not be read 6 times in 20 s: 500 "
                                    "Internal Server Error"),
              20u);
    ASSERT_EQ(fetch(HOST_A "/ok/1", "--robots", "--robots-patience", "0", NULL),
              EXIT_SOME_FAILED);
    ASSERT_EQ(visits_of("/robots.txt"), 7u);
}

/* Others are fetched meanwhile, also those of the same group. */
FETCH_TEST(fetch_run_robots_of_one_host_hold_up_no_other)
{
    coil_time from = coil_now();

    robots_failures = 1;
    ASSERT_EQ(fetch(HOST_A "/ok/1", HOST_B "/ok/2", "--robots", "--per-host",
                    "1", "-c", "1", NULL),
              EXIT_ALL);
    ASSERT_STR_EQ(visits[0].host, "127.0.0.1:8080");
    ASSERT_STR_EQ(visits[2].path, "/ok/2");
    ASSERT_LT(visits[2].at - from, COIL_SECOND);
    ASSERT_EQ(visit_count, 5u);
}

/* A server that has enough is left alone, whatever it was asked for. */
FETCH_TEST(fetch_run_robots_with_retry_after)
{
    robots_pauses = 1;
    ASSERT_EQ(fetch(HOST_A "/ok/[1-5]", "--robots", NULL), EXIT_ALL);
    ASSERT_EQ(visits_of("/robots.txt"), 1u);
    ASSERT_EQ(visit_count, 6u);
    ASSERT_GE(visits[1].at - visits[0].at, 30 * COIL_SECOND);
}

FETCH_TEST(fetch_run_deadline_is_4_and_can_be_resumed)
{
    coil_time from = coil_now();

    ASSERT_EQ(fetch(HOST_A "/slow/1000/[1-10]", "--per-host", "2", "--deadline",
                    "2.5", "--journal", file_path("journal"), "--jsonl",
                    file_path("records"), NULL),
              EXIT_LIMIT);
    ASSERT_LE(coil_now() - from, 3 * COIL_SECOND);
    ASSERT_EQ(lines_with("records", "\"class\":\"ok\""), 4u);
    ASSERT_EQ(fetch(HOST_A "/slow/1000/[1-10]", "--journal",
                    file_path("journal"), "--resume", "--jsonl",
                    file_path("records"), NULL),
              EXIT_ALL);
    ASSERT_EQ(lines_with("records", "\"class\":\"ok\""), 10u);
    ASSERT_LE(visit_count, 12u);
}

FETCH_TEST(fetch_run_resumed_when_all_is_done_asks_for_nothing)
{
    for (int i = 0; i < 3; i++)
        ASSERT_EQ(fetch(HOST_A "/ok/[1-10]", HOST_A "/status/404", "--journal",
                        file_path("journal"), "--resume", "--jsonl",
                        file_path("records"), "--ordered", NULL),
                  EXIT_SOME_FAILED);
    ASSERT_EQ(visit_count, 11u);
    ASSERT_EQ(lines_with("records", "{"), 11u);
    ASSERT_EQ(fetch(HOST_A "/ok/[1-10]", HOST_A "/status/404", "--journal",
                    file_path("journal"), "--resume", "--retry-failed", NULL),
              EXIT_SOME_FAILED);
    ASSERT_EQ(visit_count, 12u);
}

FETCH_TEST(fetch_run_ordered_records_are_in_the_order_of_the_input)
{
    char *text;
    const char *at;

    ASSERT_EQ(fetch(HOST_A "/slow/500/1", HOST_B "/slow/200/2", HOST_A "/ok/3",
                    "--ordered", "--jsonl", file_path("records"), NULL),
              EXIT_ALL);
    text = file_text("records");
    at = text;
    for (int i = 1; i <= 3; i++) {
        char name[32];

        (void)snprintf(name, sizeof name, "\"n\":%d,", i);
        at = strstr(at, name);
        ASSERT_NOT_NULL(at);
    }
    free(text);
}

FETCH_TEST(fetch_run_usage_and_bad_lines_are_2)
{
    ASSERT_EQ(fetch(NULL, NULL), EXIT_USAGE);
    ASSERT_EQ(fetch("--nonsense", NULL), EXIT_USAGE);
    ASSERT_EQ(fetch(HOST_A "/ok/1", "-c", "x", NULL), EXIT_USAGE);
    write_file("list", "ftp://h/\n" HOST_A "/ok/1\n");
    ASSERT_EQ(fetch("-i", file_path("list"), NULL), EXIT_USAGE);
    ASSERT_EQ(visits_of("/ok/1"), 1u);
    write_file("empty", "# nothing\n");
    ASSERT_EQ(fetch("-i", file_path("empty"), NULL), EXIT_ALL);
    ASSERT_EQ(fetch("-i", file_path("empty"), "--require-urls", NULL),
              EXIT_USAGE);
}

FETCH_TEST(fetch_run_nothing_can_be_done_is_3)
{
    ASSERT_EQ(fetch("-i", file_path("nowhere"), NULL), EXIT_NOTHING);
    ASSERT_EQ(fetch(HOST_A "/ok/1", "--jsonl", "/nowhere/at/all", NULL),
              EXIT_NOTHING);
    ASSERT_EQ(fetch(HOST_A "/ok/1", "--journal", "/nowhere/at/all", NULL),
              EXIT_NOTHING);
    ASSERT_EQ(visit_count, 0u);
}

FETCH_TEST(fetch_run_fails_fast)
{
    ASSERT_EQ(fetch(HOST_A "/status/404", HOST_A "/slow/1000/[1-50]",
                    "--per-host", "1", "--fail-fast", NULL),
              EXIT_SOME_FAILED);
    ASSERT_LE(visit_count, 2u);
}

FETCH_TEST(fetch_run_cookies_of_a_file_are_there)
{
    write_file("jar", "127.0.0.1\tFALSE\t/\tFALSE\t0\tname\tkept\n");
    ASSERT_EQ(fetch(HOST_A "/ok", "-b", file_path("jar"), "--cookie-jar",
                    file_path("after"), NULL),
              EXIT_ALL);
    ASSERT_EQ(visits_of("/ok"), 1u);
    ASSERT_EQ(lines_with("after", "kept"), 1u);
}

FETCH_TEST(fetch_run_dead_host_is_given_up)
{
    ASSERT_EQ(fetch("http://127.0.0.3:8080/[1-50]", "--retries", "0",
                    "--per-host", "1", "--max-host-errors", "3", "--jsonl",
                    file_path("records"), NULL),
              EXIT_SOME_FAILED);
    ASSERT_EQ(lines_with("records", "\"class\":\"connect\""), 50u);
    ASSERT_EQ(lines_with("records", "\"attempts\":1"), 3u);
}

FETCH_TEST(fetch_run_too_large_a_body_ends_it)
{
    ASSERT_EQ(fetch(HOST_A "/size/100000", HOST_A "/size/1000",
                    "--max-filesize", "10k", "--jsonl", file_path("records"),
                    NULL),
              EXIT_SOME_FAILED);
    ASSERT_EQ(lines_with("records", "\"class\":\"too_large\""), 1u);
    ASSERT_EQ(lines_with("records", "\"class\":\"ok\""), 1u);
}

/* The last one waits for nine seconds, and is no failure. */
FETCH_TEST(fetch_run_time_begins_with_the_request)
{
    ASSERT_EQ(fetch(HOST_A "/slow/1000/[1-10]", "--per-host", "1", "--timeout",
                    "1.5", "--connect-timeout", "1", "--first-byte-timeout",
                    "1.2", NULL),
              EXIT_ALL);
    ASSERT_EQ(visit_count, 10u);
    ASSERT_EQ(fetch(HOST_A "/slow/2000/1", "--retries", "0", "--timeout", "1.5",
                    "--jsonl", file_path("records"), NULL),
              EXIT_SOME_FAILED);
    ASSERT_EQ(lines_with("records", "\"class\":\"timeout\""), 1u);
}

FETCH_TEST(fetch_run_connections_are_used_again)
{
    ASSERT_EQ(fetch(HOST_A "/ok/[1-50]", "--per-host", "2", "--jsonl",
                    file_path("records"), NULL),
              EXIT_ALL);
    ASSERT_EQ(lines_with("records", "\"reused\":true"), 48u);
}

/* ---- what is kept --------------------------------------------------------- */

FETCH_TEST(fetch_run_files_have_their_names_as_a_whole)
{
    char *text;

    ASSERT_EQ(fetch(HOST_A "/ok/a", HOST_B "/ok/a", HOST_A "/size/70000",
                    HOST_A "/status/404", "-o", file_path("{host}/{path}"),
                    "--jsonl", file_path("records"), "--sha256", NULL),
              EXIT_SOME_FAILED);
    text = file_text("127.0.0.1/ok/a");
    ASSERT_STR_EQ(text, "hello\n");
    free(text);
    text = file_text("127.0.0.2/ok/a");
    ASSERT_STR_EQ(text, "hello\n");
    free(text);
    ASSERT_EQ(lines_with("records", "\"file\":null"), 1u);
    ASSERT_EQ(lines_with("records",
                         "\"sha256\":\"5891b5b522d5df086d0ff0b110fbd9"
                         "d21bb4fc7163af34d08286a2e846f6be03\""),
              2u);
    ASSERT_EQ(access(file_path("127.0.0.1/status/404"), F_OK), -1);
}

FETCH_TEST(fetch_run_file_that_is_there_is_skipped_or_replaced)
{
    const char *template = file_path("{file}");

    ASSERT_EQ(fetch(HOST_A "/ok/a", "-o", template, NULL), EXIT_ALL);
    ASSERT_EQ(fetch(HOST_A "/ok/a", "-o", template, "--skip-existing", NULL),
              EXIT_ALL);
    ASSERT_EQ(visit_count, 1u);
    write_file("a", "old");
    ASSERT_EQ(fetch(HOST_A "/ok/a", "-o", template, NULL), EXIT_ALL);
    ASSERT_EQ(access(file_path("a.1"), F_OK), 0);
    ASSERT_EQ(fetch(HOST_A "/ok/a", "-o", template, "--overwrite", NULL),
              EXIT_ALL);
    ASSERT_EQ(lines_with("a", "hello"), 1u);
    ASSERT_EQ(access(file_path("a.2"), F_OK), -1);
}

FETCH_TEST(fetch_run_checksum_that_is_wrong_leaves_no_file)
{
    write_file(
        "list.jsonl",
        "{\"url\":\"" HOST_A "/ok/good\",\"checksum\":\"sha256="
        "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be0"
        "3\"}\n"
        "{\"url\":\"" HOST_A "/ok/bad\",\"checksum\":\"sha256="
        "0000000000000000000000000000000000000000000000000000000000000000"
        "\"}\n");
    ASSERT_EQ(fetch("-i", file_path("list.jsonl"), "-o", file_path("{file}"),
                    "--jsonl", file_path("records"), "--retries", "1", NULL),
              EXIT_SOME_FAILED);
    ASSERT_EQ(visits_of("/ok/bad"), 2u);
    ASSERT_EQ(lines_with("records", "\"class\":\"checksum\""), 1u);
    ASSERT_EQ(access(file_path("good"), F_OK), 0);
    ASSERT_EQ(access(file_path("bad"), F_OK), -1);
}

FETCH_TEST(fetch_run_bodies_and_headers_in_records)
{
    ASSERT_EQ(fetch(HOST_A "/ok/a", "--jsonl", file_path("records"),
                    "--jsonl-body", "--jsonl-headers", NULL),
              EXIT_ALL);
    ASSERT_EQ(lines_with("records", "\"body\":\"hello\\n\""), 1u);
    ASSERT_EQ(lines_with("records", "text/plain"), 1u);
}

FETCH_TEST(fetch_run_archive_has_each_response_once)
{
    ASSERT_EQ(fetch(HOST_A "/ok/[1-3]", HOST_A "/to/ok/4", "--warc",
                    file_path("a.warc"), "--journal", file_path("journal"),
                    NULL),
              EXIT_ALL);
    ASSERT_EQ(lines_with("a.warc", "WARC-Type: response") +
                  lines_with("a.warc", "WARC-Type: revisit"),
              5u);
    ASSERT_EQ(lines_with("a.warc", "WARC-IP-Address: 127.0.0.1"), 10u);
    ASSERT_EQ(lines_with("a.cdxj", "\"url\":\"" HOST_A "/ok/"), 4u);
    ASSERT_EQ(fetch(HOST_A "/ok/[1-3]", HOST_A "/to/ok/4", HOST_A "/ok/5",
                    "--warc", file_path("a.warc"), "--journal",
                    file_path("journal"), "--resume", NULL),
              EXIT_ALL);
    ASSERT_EQ(visit_count, 6u);
    ASSERT_EQ(lines_with("a.cdxj", "\"url\":\"" HOST_A "/ok/"), 5u);
}

/* What has come behind a slow one is archived, and its record waits. */
FETCH_TEST(fetch_run_archive_of_ordered_records_has_each_response_once)
{
    char name[32];
    char *text;
    const char *at;

    ASSERT_EQ(fetch(HOST_A "/slow/60000/1", HOST_A "/ok/[2-9]",
                    HOST_B "/status/404", "--ordered", "--warc",
                    file_path("a.warc"), "--journal", file_path("journal"),
                    "--jsonl", file_path("records"), "--deadline", "10", NULL),
              EXIT_LIMIT);
    ASSERT_EQ(lines_with("records", "{"), 0u);
    ASSERT_EQ(lines_with("a.warc", "WARC-Type: response") +
                  lines_with("a.warc", "WARC-Type: revisit"),
              9u);
    ASSERT_EQ(fetch(HOST_A "/slow/60000/1", HOST_A "/ok/[2-9]",
                    HOST_B "/status/404", "--ordered", "--warc",
                    file_path("a.warc"), "--journal", file_path("journal"),
                    "--jsonl", file_path("records"), "--resume",
                    "--first-byte-timeout", "2m", NULL),
              EXIT_SOME_FAILED);
    ASSERT_EQ(visit_count, 11u);
    ASSERT_EQ(lines_with("a.warc", "WARC-Type: response") +
                  lines_with("a.warc", "WARC-Type: revisit"),
              10u);
    text = file_text("records");
    at = text;
    for (int i = 1; i <= 10; i++) {
        (void)snprintf(name, sizeof name, "\"n\":%d,", i);
        at = strstr(at, name);
        ASSERT_NOT_NULL(at);
    }
    free(text);
    ASSERT_EQ(lines_with("records", "{"), 10u);
}

FETCH_TEST(fetch_run_dry_asks_for_nothing_and_writes_nothing)
{
    ASSERT_EQ(fetch(HOST_A "/ok/[1-3]", "--dry-run", "--jsonl",
                    file_path("records"), "--journal", file_path("journal"),
                    NULL),
              EXIT_ALL);
    ASSERT_EQ(visit_count, 0u);
    ASSERT_EQ(access(file_path("records"), F_OK), -1);
    ASSERT_EQ(access(file_path("journal"), F_OK), -1);
}

FETCH_TEST(fetch_run_names_of_one_address_are_one_group)
{
    static const char urls[] =
        "http://{a.example,b.example,127.0.0.1}:8080/slow/100/[1-6]";

    ASSERT_EQ(fetch(urls, "--per-host", "2", "--resolve",
                    "a.example:8080:127.0.0.1", "--resolve",
                    "b.example:8080:127.0.0.1", "--group-by", "address", NULL),
              EXIT_ALL);
    ASSERT_EQ(visit_count, 18u);
    ASSERT_EQ(most_active, 2u);
    ASSERT_EQ(fetch(urls, "--per-host", "2", "--resolve",
                    "a.example:8080:127.0.0.1", "--resolve",
                    "b.example:8080:127.0.0.1", NULL),
              EXIT_ALL);
    ASSERT_GT(most_active, 2u);
}

/* With other headers the server may say something else. */
FETCH_TEST(fetch_run_cache_asks_whether_it_has_changed)
{
    ASSERT_EQ(fetch(HOST_A "/ok/[1-3]", "-o", file_path("{file}"), "--cache",
                    file_path("cache"), NULL),
              EXIT_ALL);
    ASSERT_EQ(fetch(HOST_A "/ok/[1-3]", "-o", file_path("{file}"), "--cache",
                    file_path("cache"), "--jsonl", file_path("records"), NULL),
              EXIT_ALL);
    ASSERT_EQ(lines_with("records", "\"status\":304"), 3u);
    ASSERT_EQ(lines_with("records", "\"unchanged\":true"), 3u);
    ASSERT_EQ(fetch(HOST_A "/ok/[1-3]", "-o", file_path("{file}"), "--cache",
                    file_path("cache"), "-H", "X-A: b", "--jsonl",
                    file_path("other"), NULL),
              EXIT_ALL);
    ASSERT_EQ(lines_with("other", "\"status\":200"), 3u);
}

/* Whatever a server sends, a body that is not for a file has a limit. */
FETCH_TEST(fetch_run_body_without_a_file_has_a_limit)
{
    coil_time from = coil_now();

    ASSERT_EQ(fetch(HOST_A "/claims/2000000000", "--discard", "--jsonl",
                    file_path("records"), NULL),
              EXIT_SOME_FAILED);
    ASSERT_EQ(lines_with("records", "\"class\":\"too_large\""), 1u);
    ASSERT_EQ(fetch(HOST_A "/claims/11000000", HOST_A "/ok/1", "--jsonl-body",
                    "--jsonl", file_path("others"), NULL),
              EXIT_SOME_FAILED);
    ASSERT_EQ(lines_with("others", "\"class\":\"too_large\""), 1u);
    ASSERT_EQ(lines_with("others", "\"body\":\"hello"), 1u);
    ASSERT_LT(coil_now() - from, COIL_SECOND);
    ASSERT_EQ(fetch(HOST_A "/size/11000000", "--jsonl-body", "--max-filesize",
                    "12M", "--jsonl", file_path("more"), NULL),
              EXIT_ALL);
}
