/* SPDX-License-Identifier: MIT */
/* What is said at the end of a run, and what is answered to SIGUSR1. */
#include "show/state.h"
#include "show/summary.h"
#include "show/words.h"

#include <errno.h>
#include <stdio.h>

#include "fetch_show.h"

#define HOSTILE                                                                \
    "http://evil/\x1b[2J\xe2\x80\xae"                                          \
    "gpj\"<\xff"

static struct stats *small_run(void)
{
    static const struct show_end ends[] = {
        { .url = "https://example.org/1",
          .class = OUTCOME_OK,
          .status = 200,
          .at = COIL_SECOND,
          .took = COIL_SECOND,
          .size = 1500000 },
        { .url = "https://example.org/2",
          .class = OUTCOME_OK,
          .status = 200,
          .at = 2 * COIL_SECOND,
          .took = COIL_SECOND / 2,
          .is_reused = true },
        { .url = HOSTILE,
          .class = OUTCOME_SERVER_ERROR,
          .status = 500,
          .at = 2 * COIL_SECOND,
          .took = COIL_SECOND / 4,
          .reason = "\x1b]0;title\x07",
          .attempts = 4 },
    };
    struct stats *stats = show_stats(0);

    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
        show_add(stats, &ends[i]);
    stats_set_read(stats, 5, true);
    return stats;
}

static void expect_summary(struct stats *stats,
                           const struct summary_options *options,
                           const char *want)
{
    struct text text = { 0 };

    summary_text(&text, stats, options, SHOW_BEGAN + 4 * COIL_SECOND);
    ASSERT(!text.has_failed);
    ASSERT_STR_EQ(text.bytes, want);
    text_fini(&text);
    stats_free(stats);
}

TEST(fetch_summary_says_what_happened_and_what_to_do)
{
    struct summary_options options = { .stopped = "interrupted",
                                       .has_journal = true };

    expect_summary(
        small_run(), &options,
        "coil-fetch: 3 URLs in 4.00 s, 1 failed; 1.50 MB; 0.75 URLs/s, 375 "
        "kB/s\n"
        "coil-fetch: interrupted; 2 URLs that were read are not done. Run again "
        "with --resume to go on.\n"
        "\n"
        "           2  fetched\n"
        "           1  failed in the server (5xx)\n"
        "\n"
        "  last requests  count       p50       p90       p95       p99       "
        "max\n"
        "  dns                2   25.0 ms    100 ms    100 ms    100 ms    100 "
        "ms\n"
        "  connect            2   25.0 ms    100 ms    100 ms    100 ms    100 "
        "ms\n"
        "  tls                2   50.0 ms    200 ms    200 ms    200 ms    200 "
        "ms\n"
        "  first byte         3    199 ms    400 ms    400 ms    400 ms    400 "
        "ms\n"
        "  body               3   99.3 ms    200 ms    200 ms    200 ms    200 "
        "ms\n"
        "  total              3    504 ms    1.00 s    1.00 s    1.00 s    1.00 "
        "s\n"
        "\n"
        "  host                                ok  failed    429  waited      "
        "p50      p99    bytes\n"
        "  example.org                          2       0      0        -   504 "
        "ms   1.00 s  1.50 MB\n"
        "  evil                                 0       1      0        -   250 "
        "ms   250 ms      0 B\n"
        "\n"
        "  1 failed in the server (5xx)\n"
        "    http://evil/\\x1b[2J\\xe2\\x80\\xaegpj\"<\\xff: 500: "
        "\\x1b]0;title\\x07 (4 attempts)\n"
        "    What to do: The server's own failure: run again later, or with more "
        "--retries.\n");
}

TEST(fetch_summary_of_nothing_is_one_line)
{
    expect_summary(
        show_stats(0), &(struct summary_options){ .stopped = NULL },
        "coil-fetch: 0 URLs in 4.00 s, none failed; 0 B; 0 URLs/s, 0 "
        "B/s\n");
    expect_summary(
        show_stats(0),
        &(struct summary_options){ .stopped = "stopped by "
                                              "--deadline" },
        "coil-fetch: 0 URLs in 4.00 s, none failed; 0 B; 0 URLs/s, 0 "
        "B/s\ncoil-fetch: stopped by --deadline. With --journal FILE,"
        " --resume would go on here.\n");
}

TEST(fetch_summary_of_one_url_is_short)
{
    struct stats *stats = show_stats(0);

    show_add(stats, &(struct show_end){ .url = "http://a/",
                                        .status = 200,
                                        .took = COIL_SECOND });
    expect_summary(
        stats, &(struct summary_options){ .done_before = 1234 },
        "coil-fetch: 1 URL in 4.00 s, none failed; 0 B; 0.25 URLs/s, "
        "0 B/s\n"
        "coil-fetch: 1,234 were done before, as the journal says\n");
}

TEST(fetch_summary_has_the_slowest_hosts_beside_the_busiest)
{
    struct stats *stats = show_stats(0);
    struct text text = { 0 };
    char url[64];

    for (int i = 0; i < 400; i++) {
        snprintf(url, sizeof url, "http://busy%d/", i % 20);
        show_add(stats, &(struct show_end){ .url = url,
                                            .status = 200,
                                            .took = COIL_MILLISECOND });
    }
    show_add(stats, &(struct show_end){ .url = "http://slow/",
                                        .status = 200,
                                        .took = COIL_SECOND });
    for (int i = 0; i < 7; i++)
        show_add(stats, &(struct show_end){ .url = "gopher:",
                                            .class = OUTCOME_BAD_INPUT });
    summary_text(&text, stats, &(struct summary_options){ .stopped = NULL },
                 SHOW_BEGAN + COIL_SECOND);
    ASSERT_STR_CONTAINS(text.bytes, "  the slowest of the others\n  slow ");
    ASSERT_STR_CONTAINS(text.bytes, "\n  7 lines that are no request\n");
    ASSERT_STR_CONTAINS(text.bytes, "    and 2 more\n");
    text_fini(&text);
    stats_free(stats);
}

TEST(fetch_summary_as_json)
{
    struct stats *stats = small_run();
    struct text text = { 0 };

    summary_json(&text, stats,
                 &(struct summary_options){ .stopped = "interrupted" },
                 SHOW_BEGAN + 4 * COIL_SECOND);
    ASSERT(!text.has_failed);
    ASSERT_STR_EQ(
        text.bytes,
        "{\"schema\":\"coil-fetch-summary/1\",\"duration_ms\":4000.000,"
        "\"stopped\":\"interrupted\",\"done_before\":0,\"urls\":{\"read\":5,\"done\":3,\"ok\":2,"
        "\"failed\":1,\"left\":2,\"retried\":1,\"redirects\":0,\"resumed\":0,"
        "\"unchanged\":0},\"classes\":{\"ok\":2,\"server_error\":1},"
        "\"requests\":{\"made\":3,\"reused\":1,\"http1\":3,\"http2\":0},"
        "\"bytes\":1500000,\"rate\":{\"urls_per_second\":0.750,"
        "\"bytes_per_second\":375000.000},\"phases\":{"
        "\"dns\":{\"count\":2,\"p50_ms\":25.000,\"p90_ms\":100.000,"
        "\"p95_ms\":100.000,\"p99_ms\":100.000,\"max_ms\":100.000,"
        "\"mean_ms\":62.500},"
        "\"connect\":{\"count\":2,\"p50_ms\":25.000,\"p90_ms\":100.000,"
        "\"p95_ms\":100.000,\"p99_ms\":100.000,\"max_ms\":100.000,"
        "\"mean_ms\":62.500},"
        "\"tls\":{\"count\":2,\"p50_ms\":50.000,\"p90_ms\":200.000,"
        "\"p95_ms\":200.000,\"p99_ms\":200.000,\"max_ms\":200.000,"
        "\"mean_ms\":125.000},"
        "\"first_byte\":{\"count\":3,\"p50_ms\":198.656,\"p90_ms\":400.000,"
        "\"p95_ms\":400.000,\"p99_ms\":400.000,\"max_ms\":400.000,"
        "\"mean_ms\":233.333},"
        "\"body\":{\"count\":3,\"p50_ms\":99.328,\"p90_ms\":200.000,"
        "\"p95_ms\":200.000,\"p99_ms\":200.000,\"max_ms\":200.000,"
        "\"mean_ms\":116.667},"
        "\"total\":{\"count\":3,\"p50_ms\":503.808,\"p90_ms\":1000.000,"
        "\"p95_ms\":1000.000,\"p99_ms\":1000.000,\"max_ms\":1000.000,"
        "\"mean_ms\":583.333}},"
        "\"hosts\":[{\"host\":\"example.org\",\"requests\":2,\"ok\":2,"
        "\"failed\":0,\"too_many\":0,\"left_alone_ms\":0.000,"
        "\"bytes\":1500000,\"p50_ms\":503.808,\"p99_ms\":1000.000},"
        "{\"host\":\"evil\",\"requests\":1,\"ok\":0,\"failed\":1,"
        "\"too_many\":0,\"left_alone_ms\":0.000,\"bytes\":0,"
        "\"p50_ms\":250.000,\"p99_ms\":250.000}],\"other_hosts\":null,"
        "\"failures\":[{\"url\":\"http://evil/\\u001b[2J\\u202egpj\\\"<"
        "\xef\xbf\xbd\",\"class\":\"server_error\",\"status\":500,"
        "\"error\":null,\"reason\":\"\\u001b]0;title\\u0007\","
        "\"attempts\":4}]}\n");
    text_fini(&text);
    stats_free(stats);
}

TEST(fetch_summary_as_json_adds_up_the_other_hosts)
{
    struct stats *stats = show_stats(1);
    struct text text = { 0 };

    show_add(stats, &(struct show_end){ .url = "http://a/", .status = 200 });
    show_add(stats, &(struct show_end){ .url = "http://b/",
                                        .class = OUTCOME_CONNECT,
                                        .error = -ECONNREFUSED });
    summary_json(&text, stats, &(struct summary_options){ .stopped = NULL },
                 SHOW_BEGAN);
    ASSERT_STR_CONTAINS(text.bytes, "\"stopped\":null,");
    ASSERT_STR_CONTAINS(text.bytes, "\"phases\":{},");
    ASSERT_STR_CONTAINS(text.bytes, "\"other_hosts\":{\"host\":\"others\","
                                    "\"requests\":0,\"ok\":0,\"failed\":1,");
    ASSERT_STR_CONTAINS(text.bytes, "\"error\":\"");
    text_fini(&text);
    stats_free(stats);
}

TEST(fetch_summary_has_words_for_every_class)
{
    for (int class = 0; class < OUTCOME_CLASSES; class ++) {
        ASSERT_NOT_NULL(words_of_class(class));
        ASSERT_EQ(words_of_advice(class) == NULL,
                  outcome_is_success(class) || class == OUTCOME_STOPPED);
    }
}

/* ---- the answer to SIGUSR1 ----------------------------------------------- */

static void each_group(void *arg,
                       void (*fn)(void *to, const struct state_group *group),
                       void *to)
{
    coil_time now = SHOW_BEGAN + 4 * COIL_SECOND;
    size_t extra = *(size_t *)arg;

    fn(to, &(struct state_group){ .name = "idle.example" });
    fn(to,
       &(struct state_group){
           .name = "busy.example", .waiting = 1200, .active = 6, .limit = 6 });
    fn(to, &(struct state_group){ .name = "told\x1b.example",
                                  .waiting = 3000,
                                  .not_before = now + 30 * COIL_SECOND,
                                  .was_told = true });
    fn(to, &(struct state_group){ .name = "rate.example",
                                  .waiting = 2,
                                  .not_before = now + COIL_SECOND / 2 });
    fn(to, &(struct state_group){
               .name = "free.example", .waiting = 1, .active = 2, .limit = 6 });
    for (size_t i = 0; i < extra; i++)
        fn(to, &(struct state_group){ .name = "more.example", .waiting = 10 });
}

TEST(fetch_summary_state_tells_who_waits_and_why)
{
    size_t extra = 0;
    struct state_source source = { each_group, &extra };
    struct stats *stats = small_run();
    struct text text = { 0 };
    struct stats_flight flight;
    struct job *job = show_job(HOSTILE);

    job->attempts = 2;
    stats_begin_request(stats, &flight, job, SHOW_BEGAN + COIL_SECOND);
    stats_receive(stats, &flight, 1234, SHOW_BEGAN + COIL_SECOND);
    flight.has_moment = true;
    flight.moment = COIL_HTTP_FIRST_BYTE;
    state_text(&text, stats, &source, SHOW_BEGAN + 4 * COIL_SECOND);
    ASSERT_STR_EQ(
        text.bytes,
        "coil-fetch: 60%, 3 of 5, 0.75/s, 375 kB/s, 2.6 s left, 2 ok, 1 failed, "
        "1 in flight, 0 waiting, 1.50 MB, 4.0 s\n"
        "  waiting    told\\x1b.example: 3,000 waiting, 0 in flight; left alone, "
        "as it asked, for 30 s\n"
        "  waiting    busy.example: 1,200 waiting, 6 in flight; its limit of 6 "
        "at a time\n"
        "  waiting    rate.example: 2 waiting, 0 in flight; its rate allows the "
        "next one in 0.5 s\n"
        "  waiting    free.example: 1 waiting, 2 in flight; its turn has not "
        "come: the limit of all, or others of better priority\n"
        "  in flight  body, 3.0 s, 1.23 kB, attempt 2: "
        "http://evil/\\x1b[2J\\xe2\\x80\\xaegpj\"<\\xff\n");
    stats_end_request(stats, &flight, 0, SHOW_BEGAN);
    job_free(job);
    text_fini(&text);
    stats_free(stats);
}

TEST(fetch_summary_state_of_a_large_run_is_bounded)
{
    enum { FLIGHTS = 1000 };
    static struct stats_flight flights[FLIGHTS];
    size_t extra = 100000;
    struct state_source source = { each_group, &extra };
    struct stats *stats = show_stats(0);
    struct text text = { 0 };
    struct job *job = show_job("http://a/");
    size_t lines = 0;

    for (int i = 0; i < FLIGHTS; i++)
        stats_begin_request(stats, &flights[i], job, SHOW_BEGAN + i);
    state_text(&text, stats, &source, SHOW_BEGAN + COIL_SECOND);
    for (size_t i = 0; i < text.size; i++)
        lines += text.bytes[i] == '\n';
    ASSERT_EQ(lines, 1u + 20 + 1 + 50 + 1);
    ASSERT_STR_CONTAINS(text.bytes, "  waiting    told\\x1b.example: 3,000");
    ASSERT_STR_CONTAINS(text.bytes, "  waiting    and 99984 groups more\n");
    ASSERT_STR_CONTAINS(text.bytes, "  in flight  and 950 more\n");
    text_clear(&text);
    state_text(&text, stats, NULL, SHOW_BEGAN + COIL_SECOND);
    ASSERT_STR_CONTAINS(text.bytes,
                        "  in flight  starting, 1.0 s: http://a/\n");
    text_fini(&text);
    job_free(job);
    stats_free(stats);
}

/* Each moment has its word. */
TEST(fetch_summary_state_names_what_a_request_does)
{
    struct job *job = show_job("https://a/");
    struct stats_flight flight = { .job = job };
    char said[200] = "";

    strcat(said, words_of_flight(&flight));
    flight.has_moment = true;
    for (int i = COIL_HTTP_PLACED; i <= COIL_HTTP_DONE; i++) {
        flight.moment = (enum coil_http_moment)i;
        strcat(said, " ");
        strcat(said, words_of_flight(&flight));
    }
    ASSERT_STR_EQ(said, "starting resolving connecting securing sending "
                        "waiting body waiting again again body");
    job_free(job);
}
