/* SPDX-License-Identifier: MIT */
/* --queue: several runs, as of several machines, work on one queue. */
#include "support/fetch_run_test.h"

#include <stdarg.h>
#include <string.h>

#include <coil/sleep.h>
#include <coil/work.h>

#include "actors.h"
#include "run/run.h"

#define QUEUE "--queue", "memory:q", "--discard"

/* ---- who looks at the queue ------------------------------------------------ */

/* It holds the queue, too, so that what was put is there after the runs. */
static struct coil_work *work;

static void open_queue(void)
{
    ASSERT_EQ(
        coil_work_open(&work, "memory:q",
                       &(struct coil_work_options){ .name = "coil-fetch" }),
        0);
}

static void close_queue(void)
{
    ASSERT_EQ(coil_work_close(work), 0);
}

static struct coil_work_stats count_jobs(void)
{
    struct coil_work_stats stats;

    ASSERT_EQ(coil_work_stats(work, &stats), 0);
    return stats;
}

/* ---- two machines ---------------------------------------------------------- */

static const char *with_list[2];

/* A worker with the list, or without. */
static int run_worker(void *arg)
{
    size_t i = (size_t)arg;
    const char *list = with_list[i] ? "-i" : "--no-progress";

    return fetch(QUEUE, "--per-host", "2", "-c", "8", "--jsonl",
                 file_path(i == 0 ? "a" : "b"), list, with_list[i], NULL);
}

static void run_two(void)
{
    struct coil_task *a = start(run_worker, (void *)0);
    struct coil_task *b = start(run_worker, (void *)1);

    ASSERT_EQ(end_of(a), EXIT_ALL);
    ASSERT_EQ(end_of(b), EXIT_ALL);
}

static void write_list(const char *kind)
{
    char list[8000] = "";

    for (int i = 0; i < 40; i++) {
        char line[64];

        (void)snprintf(line, sizeof line, "%s/%s/%d\n", i % 2 ? HOST_A : HOST_B,
                       kind, i);
        strcat(list, line);
    }
    write_file("list", list);
    with_list[0] = file_path("list");
    with_list[1] = NULL;
}

FETCH_TEST(fetch_queue_two_share_a_list_and_the_limits_of_hosts)
{
    open_queue();
    write_list("slow/100");
    run_two();
    ASSERT_EQ(visit_count, 40u);
    for (size_t i = 0; i < visit_count; i++)
        ASSERT_EQ(visits_of(visits[i].path), 1u);
    ASSERT_EQ(most_active, 2u);
    ASSERT_EQ(lines_with("a", "\"class\":\"ok\"") +
                  lines_with("b", "\"class\":\"ok\""),
              40u);
    ASSERT_EQ(count_jobs().done, 40u);
    close_queue();
}

FETCH_TEST(fetch_queue_equal_lists_of_two_are_one)
{
    open_queue();
    write_list("slow/100");
    with_list[1] = with_list[0];
    run_two();
    ASSERT_EQ(visit_count, 40u);
    ASSERT_GT(lines_with("a", "\"class\":\"ok\""), 0u);
    ASSERT_GT(lines_with("b", "\"class\":\"ok\""), 0u);
    ASSERT_EQ(lines_with("a", "") + lines_with("b", ""), 40u);
    /* And later they are known still. */
    ASSERT_EQ(fetch(QUEUE, "-i", with_list[0], NULL), EXIT_ALL);
    ASSERT_EQ(visit_count, 40u);
    ASSERT_EQ(fetch(QUEUE, "-i", with_list[0], "--no-dedupe", NULL), EXIT_ALL);
    ASSERT_EQ(visit_count, 80u);
    close_queue();
}

FETCH_TEST(fetch_queue_host_that_said_retry_after_is_left_alone_by_all)
{
    size_t first[2] = { 0, 0 };
    coil_time from = coil_now();

    write_list("limited/3");
    with_list[1] = with_list[0];
    run_two();
    ASSERT_EQ(visit_count, 80u);
    for (size_t i = 0; i < visit_count; i++) {
        bool is_b = strstr(visits[i].host, "127.0.0.2") != NULL;

        if (visits[i].at < from + 3 * COIL_SECOND)
            first[is_b]++;
    }
    /* Those that were under way with the first one. */
    ASSERT_LE(first[0], 2u);
    ASSERT_LE(first[1], 2u);
}

FETCH_TEST(fetch_queue_rate_of_a_host_holds_over_both)
{
    coil_time last[2] = { 0, 0 };

    write_list("ok");
    with_list[1] = with_list[0];
    ASSERT_EQ(fetch(QUEUE, "-i", with_list[0], "--rate-per-host", "5/s", NULL),
              EXIT_ALL);
    ASSERT_EQ(visit_count, 40u);
    for (size_t i = 0; i < visit_count; i++) {
        bool is_b = strstr(visits[i].host, "127.0.0.2") != NULL;

        if (last[is_b] > 0)
            ASSERT_GE(visits[i].at - last[is_b], 190 * COIL_MILLISECOND);
        last[is_b] = visits[i].at;
    }
}

FETCH_TEST(fetch_queue_rate_of_a_worker_holds)
{
    ASSERT_EQ(fetch(QUEUE, HOST_A "/ok/[1-6]", HOST_B "/ok/[1-5]", "--rate",
                    "5/s", NULL),
              EXIT_ALL);
    ASSERT_EQ(visit_count, 11u);
    for (size_t i = 1; i < visit_count; i++)
        ASSERT_GE(visits[i].at - visits[i - 1].at, 190 * COIL_MILLISECOND);
}

/* More than are put at once, of which the best is the last. */
FETCH_TEST(fetch_queue_best_of_all_lines_starts_first)
{
    static char list[600 * 64];
    char *end = list;

    for (int i = 600; i > 0; i--)
        end += sprintf(end, "%d\t" HOST_A "/ok/%03d\n", i, i);
    write_file("list", list);
    ASSERT_EQ(fetch(QUEUE, "-i", file_path("list"), "-c", "1", NULL), EXIT_ALL);
    ASSERT_EQ(visit_count, 600u);
    for (int i = 1; i < 600; i++)
        ASSERT_LT(strcmp(visits[i - 1].path, visits[i].path), 0);
}

FETCH_TEST(fetch_queue_best_priority_starts_first)
{
    write_file("list", "5\t" HOST_A "/ok/c\n"
                       "1\t" HOST_A "/ok/b\n"
                       "-100000\t" HOST_A "/ok/a\n"
                       "100000\t" HOST_A "/ok/d\n");
    ASSERT_EQ(fetch(QUEUE, "-i", file_path("list"), "-c", "1", NULL), EXIT_ALL);
    ASSERT_EQ(visit_count, 4u);
    for (int i = 1; i < 4; i++)
        ASSERT_LT(strcmp(visits[i - 1].path, visits[i].path), 0);
}

/* ---- how URLs end ----------------------------------------------------------- */

FETCH_TEST(fetch_queue_flaky_urls_are_tried_again)
{
    open_queue();
    ASSERT_EQ(fetch(QUEUE, HOST_A "/flaky/2/[1-5]", HOST_A "/reset/1/[1-5]",
                    "--jsonl", file_path("a"), NULL),
              EXIT_ALL);
    ASSERT_EQ(visits_of("/flaky/2/1"), 3u);
    ASSERT_EQ(lines_with("a", "\"class\":\"ok\""), 10u);
    ASSERT_EQ(lines_with("a", "\"attempts\":3"), 5u);
    ASSERT_EQ(count_jobs().done, 10u);
    close_queue();
}

/* A failure for good is a result; one that might have passed lies among the dead. */
FETCH_TEST(fetch_queue_what_fails_time_after_time_is_dead)
{
    struct coil_work_dead dead[2];

    open_queue();
    ASSERT_EQ(fetch(QUEUE, HOST_A "/status/500", HOST_A "/status/404",
                    "--retries", "2", "--jsonl", file_path("a"), NULL),
              EXIT_SOME_FAILED);
    ASSERT_EQ(visits_of("/status/500"), 3u);
    ASSERT_EQ(visits_of("/status/404"), 1u);
    ASSERT_EQ(lines_with("a", "\"class\":\"server_error\""), 1u);
    ASSERT_EQ(lines_with("a", "\"class\":\"client_error\""), 1u);
    ASSERT_EQ(count_jobs().done, 1u);
    ASSERT_EQ(coil_work_list_dead(work, 0, dead, 2), 1);
    ASSERT_STR_EQ(dead[0].id, HOST_A "/status/500");
    ASSERT_STR_EQ(dead[0].group, "127.0.0.1");
    ASSERT_STR_EQ(dead[0].reason, "server_error 500");
    coil_work_dead_free(&dead[0]);
    /* It may begin anew. */
    ASSERT_EQ(fetch(QUEUE, "--revive", NULL), EXIT_ALL);
    ASSERT_EQ(count_jobs().dead, 0u);
    ASSERT_EQ(fetch(QUEUE, "--retries", "0", NULL), EXIT_SOME_FAILED);
    ASSERT_EQ(visits_of("/status/500"), 4u);
    ASSERT_EQ(count_jobs().dead, 1u);
    close_queue();
}

FETCH_TEST(fetch_queue_redirects_keep_the_limits)
{
    open_queue();
    ASSERT_EQ(fetch(QUEUE, HOST_A "/to/to/ok/[1-20]", "--per-host", "2",
                    "--jsonl", file_path("a"), NULL),
              EXIT_ALL);
    ASSERT_EQ(visit_count, 60u);
    ASSERT_LE(most_active, 2u);
    ASSERT_EQ(lines_with("a", "\"redirects\":[\"" HOST_A "/to/to/ok/"), 20u);
    ASSERT_EQ(lines_with("a", "\"attempts\":3"), 20u);
    ASSERT_EQ(fetch(QUEUE, HOST_A "/to/to/to/ok/x", "--max-redirs", "2",
                    "--jsonl", file_path("b"), NULL),
              EXIT_SOME_FAILED);
    ASSERT_EQ(lines_with("b", "\"class\":\"redirect\""), 1u);
    close_queue();
}

/* Their URL has the limits of the host to which they lead. */
FETCH_TEST(fetch_queue_redirects_keep_the_limits_of_another_host)
{
    ASSERT_EQ(fetch(QUEUE, HOST_A "/to//127.0.0.2:8080/slow/100/[1-20]",
                    HOST_B "/slow/100/[21-40]", "--per-host", "2", "--jsonl",
                    file_path("a"), NULL),
              EXIT_ALL);
    ASSERT_EQ(visit_count, 60u);
    ASSERT_EQ(most_active, 2u);
    ASSERT_EQ(lines_with("a", "\"final_url\":\"" HOST_B "/slow/100/"), 40u);
    ASSERT_EQ(lines_with("a", "\"redirects\":[\"" HOST_A "/to/"), 20u);
}

FETCH_TEST(fetch_queue_what_a_line_says_comes_along)
{
    write_file("list.jsonl",
               "{\"url\":\"" HOST_A "/echo?a=b\",\"method\":\"PUT\",\"body\":"
               "\"x y\",\"headers\":{\"Content-Type\":\"text/odd\"},"
               "\"name\":\"the one\"}\n");
    ASSERT_EQ(fetch(QUEUE, "-i", file_path("list.jsonl"), "--jsonl",
                    file_path("a"), "--jsonl-body", NULL),
              EXIT_ALL);
    ASSERT_EQ(lines_with("a", "PUT|a=b|text/odd|*/*|x y"), 1u);
    ASSERT_EQ(lines_with("a", "\"name\":\"the one\""), 1u);
    ASSERT_EQ(fetch(QUEUE, HOST_A "/echo", "-d", "data", "--jsonl",
                    file_path("b"), "--jsonl-body", NULL),
              EXIT_ALL);
    ASSERT_EQ(lines_with("b", "POST||application/x-www-form-urlencoded"), 1u);
}

/* ---- robots.txt ------------------------------------------------------------- */

FETCH_TEST(fetch_queue_robots_that_cannot_be_read_are_waited_for)
{
    open_queue();
    robots_failures = 2;
    ASSERT_EQ(fetch(QUEUE, HOST_A "/ok/[1-10]", "--robots", NULL), EXIT_ALL);
    ASSERT_EQ(visits_of("/robots.txt"), 3u);
    ASSERT_EQ(visit_count, 13u);
    ASSERT_EQ(count_jobs().retried, 0u);
    close_queue();
}

FETCH_TEST(fetch_queue_crawl_delay_holds)
{
    coil_time last = 0;
    size_t early = 0;

    robots = "User-agent: *\nCrawl-delay: 1\n";
    ASSERT_EQ(fetch(QUEUE, HOST_A "/ok/[1-10]", "--robots", NULL), EXIT_ALL);
    ASSERT_EQ(visit_count, 11u);
    for (size_t i = 1; i < visit_count; i++) {
        early += last > 0 && visits[i].at - last < 990 * COIL_MILLISECOND;
        last = visits[i].at;
    }
    /* The first ones were begun before anybody knew of it. */
    ASSERT_LE(early, 5u);
}

/* ---- it is stopped ---------------------------------------------------------- */

FETCH_TEST(fetch_queue_deadline_gives_back_what_is_under_way)
{
    struct coil_work_stats stats;

    open_queue();
    ASSERT_EQ(fetch(QUEUE, HOST_A "/slow/5000/[1-10]", "--deadline", "1s",
                    "--jsonl", file_path("a"), NULL),
              EXIT_LIMIT);
    ASSERT_EQ(lines_with("a", ""), 0u);
    stats = count_jobs();
    ASSERT_EQ(stats.queued, 10u);
    ASSERT_EQ(stats.leased, 0u);
    ASSERT_EQ(stats.retried, 0u);
    /* Another one has all of them, with all their tries. */
    ASSERT_EQ(fetch(QUEUE, "--jsonl", file_path("b"), NULL), EXIT_ALL);
    ASSERT_EQ(lines_with("b", "\"class\":\"ok\""), 10u);
    ASSERT_EQ(lines_with("b", "\"attempts\":1"), 10u);
    close_queue();
}

static int put_later(void *arg)
{
    (void)arg;
    return fetch(QUEUE, HOST_A "/ok/late", NULL);
}

FETCH_TEST(fetch_queue_worker_that_waits_stays)
{
    struct coil_task *task;

    open_queue();
    task = start(put_later, NULL);
    ASSERT_EQ(end_of(task), EXIT_ALL);
    ASSERT_EQ(fetch(QUEUE, "--queue-wait", "--deadline", "60s", NULL),
              EXIT_LIMIT);
    /* Without the option it ends as soon as there is nothing to do. */
    ASSERT_EQ(fetch(QUEUE, "--deadline", "60s", NULL), EXIT_ALL);
    close_queue();
}

/* ---- what it does not do ------------------------------------------------------ */

FETCH_TEST(fetch_queue_refuses_what_cannot_be)
{
    ASSERT_EQ(fetch(QUEUE, HOST_A, "--journal", "j", NULL), EXIT_USAGE);
    ASSERT_EQ(fetch(QUEUE, HOST_A, "--ordered", "--jsonl", "r", NULL),
              EXIT_USAGE);
    ASSERT_EQ(fetch(QUEUE, HOST_A, "--group-by", "address", NULL), EXIT_USAGE);
    ASSERT_EQ(fetch(QUEUE, HOST_A, "--max-host-errors", "3", NULL), EXIT_USAGE);
    ASSERT_EQ(fetch(QUEUE, HOST_A, "--retry-max-time", "3", NULL), EXIT_USAGE);
    ASSERT_EQ(fetch(QUEUE, HOST_A, "--status", NULL), EXIT_USAGE);
    ASSERT_EQ(fetch("--status", NULL), EXIT_USAGE);
    ASSERT_EQ(fetch(HOST_A, "--queue-wait", NULL), EXIT_USAGE);
    ASSERT_EQ(fetch("--queue", "http://h/", NULL), EXIT_NOTHING);
    ASSERT_EQ(fetch(QUEUE, "--queue-name", "{a}", NULL), EXIT_NOTHING);
    ASSERT_EQ(visit_count, 0u);
}
