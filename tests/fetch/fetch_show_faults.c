/* SPDX-License-Identifier: MIT */
/* What is shown of a run, whichever allocation fails. */
/* WRAPS: malloc calloc realloc strdup strndup */
#include "show/progress.h"
#include "show/progress_frame.h"
#include "show/redact.h"
#include "show/report.h"
#include "show/state.h"
#include "show/summary.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "fetch_show.h"

/* How many allocations succeed before one fails; negative: all do. */
static int left = -1;

static bool memory_fails(void)
{
    return left >= 0 && left-- == 0;
}

#include "fetch/support/wrapped_memory.h"

/* A run of three URLs, counted while the allocation `n` fails. */
static void count_run(struct stats *stats, int n)
{
    static const struct show_end ends[] = {
        { .url = "http://a/", .status = 200, .took = COIL_SECOND },
        { .url = "http://b/",
          .class = OUTCOME_DNS,
          .error = -ENOENT,
          .reason = "no such name",
          .took = COIL_SECOND },
        { .url = "http://c/", .status = 200, .took = COIL_SECOND },
    };

    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        struct job *job = show_job(ends[i].url);
        struct outcome outcome = {
            .job = job,
            .class = ends[i].class,
            .error = ends[i].error,
            .reason = ends[i].reason,
            .done_at = SHOW_BEGAN + COIL_SECOND,
            .report = show_report(SHOW_BEGAN, ends[i].took, false),
        };

        left = n;
        stats_add(stats, &outcome);
        n = left;
        left = -1;
        job_free(job);
    }
}

/* What there is no memory for is counted all the same. */
TEST(fetch_show_faults_counts_without_memory)
{
    struct stats *stats;

    for (int n = 0; n < 20; n++) {
        uint64_t sum;

        ASSERT_OK(stats_new(&stats, 0, SHOW_BEGAN));
        count_run(stats, n);
        ASSERT_EQ(stats->done, 3u);
        ASSERT_EQ(stats->failed, 1u);
        sum = stats->hosts.others.ok + stats->hosts.others.failed;
        for (size_t i = 0; i < stats->hosts.count; i++)
            sum += stats->hosts.hosts[i]->ok + stats->hosts.hosts[i]->failed;
        ASSERT_EQ(sum, 3u);
        stats_free(stats);
    }
}

TEST(fetch_show_faults_of_what_is_made)
{
    struct progress_options options = { .fd = STDERR_FILENO };
    struct stats *stats;
    struct progress *progress;
    int n, rc;

    for (n = 0, rc = -ENOMEM; rc < 0; n++) {
        left = n;
        rc = stats_new(&stats, 0, SHOW_BEGAN);
        left = -1;
        ASSERT(rc == 0 || (rc == -ENOMEM && !stats));
    }
    ASSERT_EQ(n, 3);
    for (n = 0, rc = -ENOMEM; rc < 0; n++) {
        left = n;
        rc = progress_new(&progress, &options, stats);
        left = -1;
        ASSERT(rc == 0 || (rc == -ENOMEM && !progress));
    }
    ASSERT_GE(n, 3);
    progress_free(progress);
    stats_free(stats);
}

/* ---- texts --------------------------------------------------------------- */

static char *const argv[] = { "coil-fetch", "http://a/", NULL };

static void write_frame(struct text *text, const struct stats *stats)
{
    progress_frame(text, stats, 80, 24, (struct style){ STYLE_256, false },
                   SHOW_BEGAN + COIL_SECOND);
}

static void write_summary(struct text *text, const struct stats *stats)
{
    summary_text(text, stats, &(struct summary_options){ .stopped = NULL },
                 SHOW_BEGAN + COIL_SECOND);
}

static void write_json(struct text *text, const struct stats *stats)
{
    summary_json(text, stats, &(struct summary_options){ .stopped = NULL },
                 SHOW_BEGAN + COIL_SECOND);
}

static void write_state(struct text *text, const struct stats *stats)
{
    state_text(text, stats, NULL, SHOW_BEGAN + COIL_SECOND);
}

static void write_report(struct text *text, const struct stats *stats)
{
    report_html(text, stats,
                &(struct report_options){ .argc = 2, .argv = argv },
                SHOW_BEGAN + COIL_SECOND);
}

/* Whichever fails: the text is whole, or it says that it is not. */
static void check_text(void (*write)(struct text *text,
                                     const struct stats *stats),
                       const struct stats *stats)
{
    struct text whole = { 0 };
    bool is_whole = false;

    write(&whole, stats);
    ASSERT(!whole.has_failed);
    for (int n = 0; !is_whole; n++) {
        struct text text = { 0 };

        left = n;
        write(&text, stats);
        is_whole = left >= 0;
        left = -1;
        if (!text.has_failed)
            ASSERT_STR_EQ(text.bytes, whole.bytes);
        ASSERT(!is_whole || !text.has_failed);
        text_fini(&text);
    }
    text_fini(&whole);
}

TEST(fetch_show_faults_of_texts)
{
    struct stats *stats = show_stats(0);
    struct stats_flight flight;
    struct job *job = show_job("http://a/");

    count_run(stats, -1);
    stats_begin_request(stats, &flight, job, SHOW_BEGAN - 5 * COIL_SECOND);
    stats_set_read(stats, 5, true);
    check_text(write_frame, stats);
    check_text(write_summary, stats);
    check_text(write_json, stats);
    check_text(write_state, stats);
    check_text(write_report, stats);
    stats_end_request(stats, &flight, 0, SHOW_BEGAN);
    job_free(job);
    stats_free(stats);
}
