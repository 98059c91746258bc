/* SPDX-License-Identifier: MIT */
/* What a run has seen, counted in little memory. */
#include "show/stats.h"

#include <errno.h>
#include <stdio.h>

#include "fetch_show.h"

TEST(fetch_stats_counts_by_class)
{
    static const struct show_end ends[] = {
        { .url = "http://a/1",
          .class = OUTCOME_OK,
          .status = 200,
          .at = COIL_SECOND,
          .took = 100 * COIL_MILLISECOND,
          .size = 1000 },
        { .url = "http://a/2",
          .class = OUTCOME_CLIENT_ERROR,
          .status = 404,
          .at = 2 * COIL_SECOND,
          .took = COIL_SECOND,
          .size = 10 },
        { .url = "http://b:81/",
          .class = OUTCOME_CONNECT,
          .error = -ECONNREFUSED,
          .at = 2 * COIL_SECOND,
          .attempts = 4 },
        { .url = "http://a/1", .class = OUTCOME_DUPLICATE },
        { .url = "http://a/3", .class = OUTCOME_STOPPED },
    };
    struct stats *stats = show_stats(0);
    const struct host *hosts[4];

    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
        show_add(stats, &ends[i]);
    ASSERT_EQ(stats->done, 4u);
    ASSERT_EQ(stats->failed, 2u);
    ASSERT_EQ(stats_ok(stats), 2u);
    ASSERT_EQ(stats->by_class[OUTCOME_STOPPED], 1u);
    ASSERT_EQ(stats->bytes, 1010u);
    ASSERT_EQ(stats->requests, 2u);
    ASSERT_EQ(stats->in_flight, 0u);
    ASSERT_EQ(stats->retried, 1u);
    ASSERT_EQ(stats->http1, 2u);
    ASSERT_EQ(hosts_busiest(&stats->hosts, hosts, 4), 2u);
    ASSERT_STR_EQ(hosts[0]->name, "a");
    ASSERT_EQ(hosts[0]->ok, 2u);
    ASSERT_EQ(hosts[0]->failed, 1u);
    ASSERT_EQ(hosts[0]->requests, 2u);
    ASSERT_EQ(hosts[0]->bytes, 1010u);
    ASSERT_STR_EQ(hosts[1]->name, "b:81");
    ASSERT_EQ(hosts_slowest(&stats->hosts, hosts, 1), 1u);
    ASSERT_STR_EQ(hosts[0]->name, "a");
    stats_free(stats);
    stats_free(NULL);
}

/* Of a connection that was there already, only the response is timed. */
TEST(fetch_stats_times_the_phases)
{
    static const coil_time phases[STATS_PHASES] = {
        [STATS_DNS] = 100,        [STATS_CONNECT] = 100, [STATS_TLS] = 200,
        [STATS_FIRST_BYTE] = 400, [STATS_BODY] = 200,    [STATS_TOTAL] = 1000,
    };
    struct show_end end = { .url = "https://a/",
                            .status = 200,
                            .at = COIL_SECOND,
                            .took = COIL_SECOND };
    struct stats *stats = show_stats(0);

    show_add(stats, &end);
    for (size_t i = 0; i < STATS_PHASES; i++)
        ASSERT_EQ(stats->phases[i].max, phases[i] * COIL_MILLISECOND);
    end.is_reused = true;
    show_add(stats, &end);
    for (size_t i = 0; i < STATS_SINCE_DUE; i++)
        ASSERT_EQ(stats->phases[i].count, i <= STATS_TLS ? 1u : 2u);
    ASSERT_EQ(stats->phases[STATS_SINCE_DUE].count, 0u);
    end.has_rate = true;
    end.late = COIL_SECOND;
    show_add(stats, &end);
    ASSERT_EQ(stats->phases[STATS_SINCE_DUE].max, 2 * COIL_SECOND);
    ASSERT_EQ(stats->phases[STATS_TOTAL].max, COIL_SECOND);
    ASSERT_EQ(stats->reused, 2u);
    stats_free(stats);
}

TEST(fetch_stats_keeps_requests_in_the_order_of_their_beginning)
{
    struct stats *stats = show_stats(0);
    struct stats_flight flights[3];
    struct job *job = show_job("http://a/");

    for (int i = 0; i < 3; i++)
        stats_begin_request(stats, &flights[i], job, SHOW_BEGAN + i);
    ASSERT_EQ(stats->in_flight, 3u);
    stats_end_request(stats, &flights[1], 429, SHOW_BEGAN + 5);
    ASSERT_PTR_EQ(stats->oldest, &flights[0]);
    ASSERT_PTR_EQ(stats->oldest->newer, &flights[2]);
    ASSERT_PTR_EQ(stats->newest->older, &flights[0]);
    stats_end_request(stats, &flights[0], 0, SHOW_BEGAN + 5);
    ASSERT_PTR_EQ(stats->oldest, &flights[2]);
    stats_end_request(stats, &flights[2], 0, SHOW_BEGAN + 5);
    ASSERT_NULL(stats->oldest);
    ASSERT_NULL(stats->newest);
    ASSERT_EQ(stats->hosts.hosts[0]->too_many, 1u);
    ASSERT_EQ(stats->timeline.stretches[0].in_flight, 3u);
    ASSERT_EQ(stats->timeline.stretches[0].started, 3u);
    job_free(job);
    stats_free(stats);
}

/* What two answers say of the same time counts once. */
TEST(fetch_stats_adds_up_how_long_a_host_is_left_alone)
{
    struct stats *stats = show_stats(0);
    struct job *job = show_job("http://a/");
    coil_time now = SHOW_BEGAN;
    char name[16];

    stats_leave_alone(stats, job, "a", now + 10, now);
    stats_leave_alone(stats, job, "a", now + 15, now + 5);
    stats_leave_alone(stats, job, "a", now + 12, now + 6);
    ASSERT_EQ(stats->hosts.hosts[0]->left_alone, 15);
    ASSERT_EQ(stats->pauses[0].until, now + 15);
    stats_leave_alone(stats, job, "a", now + 30, now + 20);
    ASSERT_EQ(stats->hosts.hosts[0]->left_alone, 25);
    ASSERT_EQ(stats->pauses[1].until, 0);
    for (int i = 0; i < 2 * STATS_PAUSES; i++) {
        snprintf(name, sizeof name, "b%d", i);
        stats_leave_alone(stats, job, name, now + 100, now + 21);
    }
    ASSERT_EQ(stats->pauses[0].until, now + 30);
    stats_leave_alone(stats, job, "c", now + 300, now + 200);
    ASSERT_STR_EQ(stats->pauses[0].name, "c");
    job_free(job);
    stats_free(stats);
}

/* All the URLs are told of, by name or among the others. */
TEST(fetch_stats_tells_of_the_active_hosts_among_many)
{
    enum { HOSTS = 50, ONCE = 200000, OFTEN = 20 };
    struct stats *stats = show_stats(HOSTS);
    const struct host *hosts[HOSTS];
    struct show_end end = { .status = 200, .took = COIL_MILLISECOND };
    uint64_t sum;
    char url[64];

    for (int i = 0; i < ONCE; i++) {
        snprintf(url, sizeof url, "http://once%d/", i);
        end.url = url;
        show_add(stats, &end);
        if (i < ONCE / 2 || i % 50 != 0)
            continue;
        snprintf(url, sizeof url, "http://often%d/", i / 50 % OFTEN);
        show_add(stats, &end);
    }
    ASSERT_EQ(hosts_busiest(&stats->hosts, hosts, HOSTS), (size_t)HOSTS);
    sum = stats->hosts.others.ok;
    for (int i = 0; i < HOSTS; i++) {
        sum += hosts[i]->ok;
        ASSERT_EQ(strncmp(hosts[i]->name, "often", 5) == 0, i < OFTEN);
    }
    ASSERT_EQ(sum, stats->done);
    ASSERT_EQ(stats->hosts.others.times.count, stats->hosts.others.ok);
    stats_free(stats);
}

TEST(fetch_stats_reads_hosts_off_urls)
{
    static const char *const cases[][2] = {
        { "http://example.org/a@b", "example.org" },
        { "https://u:p@example.org:8443?x@y", "example.org:8443" },
        { "http://[::1]:80/", "[::1]:80" },
        { "http://a#@b", "a" },
        { "http:///x", NULL },
        { "not a url", NULL },
        { "", NULL },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t size;
        const char *name = hosts_name_in_url(cases[i][0], &size);

        ASSERT_EQ(name == NULL, cases[i][1] == NULL);
        if (!name)
            continue;
        ASSERT_EQ(size, strlen(cases[i][1]));
        ASSERT_MEM_EQ(name, cases[i][1], size);
    }
}

/* A name longer than DNS allows, and a URL without one, count all the same. */
TEST(fetch_stats_takes_hosts_that_cannot_be)
{
    struct stats *stats = show_stats(0);
    char url[1000] = "http://";

    memset(url + 7, 'a', sizeof url - 8);
    show_add(stats, &(struct show_end){ .url = url, .status = 200, .took = 1 });
    show_add(stats, &(struct show_end){ .url = "\xff\x1b[2J",
                                        .class = OUTCOME_BAD_INPUT });
    ASSERT_EQ(stats->done, 2u);
    ASSERT_EQ(stats->hosts.count, 0u);
    ASSERT_EQ(stats->hosts.others.ok, 1u);
    stats_free(stats);
}

TEST(fetch_stats_timeline_keeps_its_sums_while_it_stretches)
{
    static struct timeline timeline;
    uint64_t started = 0, bytes = 0;

    timeline_init(&timeline, SHOW_BEGAN);
    timeline_set_in_flight(&timeline, 7, SHOW_BEGAN);
    timeline_set_in_flight(&timeline, 2, SHOW_BEGAN);
    for (int i = 0; i < 10000; i++) {
        struct timeline_stretch *stretch =
            timeline_at(&timeline, SHOW_BEGAN + i * 20 * COIL_MILLISECOND);

        stretch->started++;
        stretch->bytes += 3;
    }
    ASSERT_EQ(timeline.width, 800 * COIL_MILLISECOND);
    ASSERT_EQ(timeline.count, 250u);
    for (size_t i = 0; i < timeline.count; i++) {
        started += timeline.stretches[i].started;
        bytes += timeline.stretches[i].bytes;
        ASSERT_EQ(timeline.stretches[i].in_flight, i == 0 ? 7u : 2u);
    }
    ASSERT_EQ(started, 10000u);
    ASSERT_EQ(bytes, 30000u);
    timeline_at(&timeline, SHOW_BEGAN - 5)->failed++;
    ASSERT_EQ(timeline.stretches[0].failed, 1u);
    timeline_at(&timeline, SHOW_BEGAN + 3600 * 24 * 365 * COIL_SECOND);
    ASSERT_LE(timeline.count, (size_t)TIMELINE_STRETCHES);
}

TEST(fetch_stats_rate_is_that_of_the_last_seconds)
{
    struct stats *stats = show_stats(0);
    struct show_end end = {
        .url = "http://a/", .status = 200, .took = COIL_MILLISECOND, .size = 100
    };
    double urls, bytes;

    stats_rate(stats, SHOW_BEGAN, &urls, &bytes);
    ASSERT_EQ((int)urls, 0);
    for (int i = 0; i < 100; i++) {
        end.at = i * COIL_SECOND / 10;
        show_add(stats, &end);
        if (i == 4) {
            stats_rate(stats, SHOW_BEGAN + COIL_SECOND / 2, &urls, &bytes);
            ASSERT_EQ((int)(urls + 0.5), 10);
        }
    }
    stats_rate(stats, SHOW_BEGAN + 10 * COIL_SECOND, &urls, &bytes);
    ASSERT_EQ((int)(urls * 10 + 0.5), 100);
    ASSERT_EQ((int)(bytes + 0.5), 1000);
    ASSERT_EQ(stats_time_left(stats, SHOW_BEGAN + 10 * COIL_SECOND),
              COIL_NEVER);
    stats_set_read(stats, 200, true);
    ASSERT_EQ(stats_time_left(stats, SHOW_BEGAN + 10 * COIL_SECOND),
              10 * COIL_SECOND);
    stats_rate(stats, SHOW_BEGAN + 60 * COIL_SECOND, &urls, &bytes);
    ASSERT_EQ((int)(urls * 1000), 0);
    ASSERT_EQ(stats_time_left(stats, SHOW_BEGAN + 60 * COIL_SECOND),
              COIL_NEVER);
    stats_set_read(stats, 100, true);
    ASSERT_EQ(stats_time_left(stats, SHOW_BEGAN + 60 * COIL_SECOND), 0);
    stats_free(stats);
}

TEST(fetch_stats_keeps_the_first_failures_and_the_slowest_urls)
{
    struct stats *stats = show_stats(0);
    struct examples *examples = &stats->examples;
    char url[5000];

    memset(url, 'x', sizeof url);
    memcpy(url, "http://a/0000/", 14);
    url[sizeof url - 1] = '\0';
    for (int i = 0; i < 1000; i++) {
        struct show_end end = { .url = url,
                                .class = OUTCOME_SERVER_ERROR,
                                .status = 500,
                                .reason = "it is ill",
                                .took =
                                    (i * 7919 % 1000 + 1) * COIL_MILLISECOND };

        for (int digit = 3, rest = i; digit >= 0; digit--, rest /= 10)
            url[9 + digit] = (char)('0' + rest % 10);
        show_add(stats, &end);
    }
    ASSERT_EQ(examples->failure_count[OUTCOME_SERVER_ERROR], 5u);
    ASSERT_EQ(strncmp(examples->failures[OUTCOME_SERVER_ERROR][4].url,
                      "http://a/0004/", 14),
              0);
    ASSERT_STR_EQ(examples->failures[OUTCOME_SERVER_ERROR][0].reason,
                  "it is ill");
    ASSERT_EQ(examples->slowest_count, 20u);
    for (size_t i = 0; i < 20; i++) {
        ASSERT_EQ(examples->slowest[i].time,
                  (coil_time)(1000 - i) * COIL_MILLISECOND);
        ASSERT_EQ(strlen(examples->slowest[i].url), 2047u);
    }
    stats_free(stats);
}
