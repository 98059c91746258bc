/* SPDX-License-Identifier: MIT */
/* Each frame of the display, exactly, in terminals of every size. */
#include "show/progress_frame.h"

#include <stdio.h>

#include "fetch_show.h"

static const struct style plain = { STYLE_PLAIN, false };
static const struct style unicode = { STYLE_PLAIN, true };

static const char long_url[] =
    "https://example.org/a/very/long/path/that/goes/on/and/on/and/on/to?x=1";

struct run {
    struct stats *stats;
    struct job *jobs[2];
    struct stats_flight flights[2];
};

/* Ten seconds of a run: two requests take long, and one host is left alone. */
static void run_begin(struct run *run, const char *first, const char *second)
{
    run->stats = show_stats(0);
    run->jobs[0] = show_job(first);
    run->jobs[1] = show_job(second);
    stats_begin_request(run->stats, &run->flights[0], run->jobs[0],
                        SHOW_BEGAN + COIL_SECOND);
    stats_begin_request(run->stats, &run->flights[1], run->jobs[1],
                        SHOW_BEGAN + 2 * COIL_SECOND);
    stats_receive(run->stats, &run->flights[0], 1234567,
                  SHOW_BEGAN + 9 * COIL_SECOND);
    run->flights[1].has_moment = true;
    run->flights[1].moment = COIL_HTTP_SENT;
    stats_leave_alone(run->stats, run->jobs[0], "example.org",
                      SHOW_BEGAN + 33 * COIL_SECOND, SHOW_BEGAN);
    stats_set_read(run->stats, 100000, true);
    stats_set_waiting(run->stats, 51234, 12);
    for (int i = 0; i < 4321; i++)
        stats_add(run->stats,
                  &(struct outcome){ .job = run->jobs[0],
                                     .class = i % 40 ? OUTCOME_OK : OUTCOME_DNS,
                                     .done_at = SHOW_BEGAN + 8 * COIL_SECOND });
}

static void run_end(struct run *run)
{
    for (int i = 0; i < 2; i++) {
        stats_end_request(run->stats, &run->flights[i], 0, SHOW_BEGAN);
        job_free(run->jobs[i]);
    }
    stats_free(run->stats);
}

static void expect_frame(const struct run *run, unsigned columns, unsigned rows,
                         struct style style, const char *want)
{
    struct text text = { 0 };

    progress_frame(&text, run->stats, columns, rows, style,
                   SHOW_BEGAN + 10 * COIL_SECOND);
    ASSERT(!text.has_failed);
    ASSERT_STR_EQ(text.bytes, want);
    text_fini(&text);
}

TEST(fetch_progress_frame_fits_80_columns)
{
    struct run run;

    run_begin(&run, long_url, "http://b/");
    expect_frame(
        &run, 80, 24, plain,
        "4%  #----------------------------  4,321 of 100,000  864/s  247 kB/s  1:50 "
        "left\n"
        "4,212 ok  109 failed  2 in flight  51,234 waiting  12 to retry  1.23 MB "
        " 10 s\n"
        "  9.0 s  1.23 MB     https://example.org/a/very/long/path/that/goes/on/a"
        "nd/on/~\n"
        "  8.0 s  waiting     http://b/\n"
        "   23 s  left alone  example.org\n");
    run_end(&run);
}

TEST(fetch_progress_frame_fits_40_columns_and_20)
{
    struct run run;

    run_begin(&run, long_url, "http://b/");
    expect_frame(&run, 40, 24, unicode,
                 "4% 4,321 of 100,000 864/s 1:50 left\n"
                 "109 failed 2 in flight 51,234 waiting\n"
                 "  9.0 s  https://example.org/a/very/lo\xe2\x80\xa6\n"
                 "  8.0 s  http://b/\n"
                 "   23 s  example.org\n");
    expect_frame(&run, 20, 24, unicode,
                 "4,321 of 100,000\n"
                 "109 failed\n"
                 "  9.0 s  https://e\xe2\x80\xa6\n"
                 "  8.0 s  http://b/\n"
                 "   23 s  example.o\xe2\x80\xa6\n");
    run_end(&run);
}

TEST(fetch_progress_frame_leaves_a_row_free)
{
    struct run run;

    run_begin(&run, long_url, "http://b/");
    expect_frame(&run, 40, 4, unicode,
                 "4% 4,321 of 100,000 864/s 1:50 left\n"
                 "109 failed 2 in flight 51,234 waiting\n"
                 "  9.0 s  https://example.org/a/very/lo\xe2\x80\xa6\n");
    expect_frame(&run, 40, 1, unicode, "4% 4,321 of 100,000 864/s 1:50 left\n");
    run_end(&run);
}

TEST(fetch_progress_frame_has_colors_of_two_kinds)
{
    struct run run;

    run_begin(&run, "http://a/", "http://b/");
    expect_frame(&run, 44, 3, (struct style){ STYLE_256, false },
                 "\x1b[1m4%\x1b[0m  4,321 of 100,000  864/s  1:50 left\n"
                 "\x1b[38;5;203m109 failed\x1b[0m  2 in flight  51,234 "
                 "waiting\n");
    expect_frame(&run, 60, 3, (struct style){ STYLE_16, true },
                 "\x1b[1m4%\x1b[0m  4,321 of 100,000  864/s  247 kB/s  1:50 "
                 "left\n"
                 "\x1b[32m4,212 ok\x1b[0m  \x1b[31m109 failed\x1b[0m  2 in "
                 "flight  51,234 waiting\n");
    expect_frame(&run, 63, 2, (struct style){ STYLE_16, true },
                 "\x1b[1m4%\x1b[0m  \x1b[36m\xe2\x96\x8c\x1b[0m\x1b[2m"
                 "\xe2\x94\x80\xe2\x94\x80\xe2\x94\x80\xe2\x94\x80\xe2\x94\x80"
                 "\xe2\x94\x80\xe2\x94\x80\xe2\x94\x80\xe2\x94\x80\xe2\x94\x80"
                 "\xe2\x94\x80\x1b[0m"
                 "  4,321 of 100,000  864/s  247 kB/s  1:50 left\n");
    run_end(&run);
}

/* Nobody knows how many there will be: no share, no bar, no end. */
TEST(fetch_progress_frame_without_a_total)
{
    struct stats *stats = show_stats(0);
    struct run run = { .stats = stats };

    stats_set_read(stats, 5, false);
    expect_frame(&run, 80, 24, unicode,
                 "0 done  0/s  0 B/s\n"
                 "0 ok  0 in flight  0 waiting  0 B  10 s\n");
    stats_set_read(stats, 0, true);
    expect_frame(&run, 80, 24, unicode,
                 "0 done  0/s  0 B/s  0.0 s left\n"
                 "0 ok  0 in flight  0 waiting  0 B  10 s\n");
    stats_free(stats);
}

TEST(fetch_progress_line_says_all_of_it)
{
    struct text text = { 0 };
    struct run run;

    run_begin(&run, long_url, "http://b/");
    progress_line(&text, run.stats, SHOW_BEGAN + 10 * COIL_SECOND);
    ASSERT_STR_EQ(text.bytes,
                  "coil-fetch: 4%, 4,321 of 100,000, 864/s, 247 kB/s, 1:50 "
                  "left, 4,212 ok, 109 failed, 2 in flight, 51,234 waiting, "
                  "12 to retry, 1.23 MB, 10 s");
    text_fini(&text);
    run_end(&run);
}

/* ---- what others could do to it ------------------------------------------ */

/* The most columns that terminals take for it, as the line has no escapes. */
static size_t columns_of(const char *line, size_t size)
{
    size_t columns = 0;

    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)line[i];

        ASSERT(c >= 0x20 && c != 0x7f);
        if (c < 0x80 || c >= 0xc0)
            columns += c >= 0xe3 ? 2 : 1;
    }
    return columns;
}

/* In every width, each line is shorter than it, and moves nothing. */
static void check_widths(const struct run *run, struct style style)
{
    for (unsigned columns = 1; columns < 200; columns++) {
        struct text text = { 0 };
        const char *line;
        const char *end;

        progress_frame(&text, run->stats, columns, 24, style,
                       SHOW_BEGAN + 10 * COIL_SECOND);
        for (line = text.bytes; *line; line = end + 1) {
            end = strchr(line, '\n');
            ASSERT_NOT_NULL(end);
            ASSERT_LT(columns_of(line, (size_t)(end - line)),
                      columns > 20 ? columns : 20);
        }
        text_fini(&text);
    }
}

TEST(fetch_progress_frame_is_not_moved_by_hostile_urls)
{
    static const char *const urls[] = {
        "http://a/\x1b[2J\x1b]0;title\x07",
        "http://a/\xe2\x80\xae"
        "gpj.exe",
        "http://a/\xff\xfe\xc3(\xed\xa0\x80",
        "http://a/\xe4\xb8\xad\xe6\x96\x87\xe4\xb8\xad\xe6\x96\x87\xe4\xb8\xad"
        "\xe6\x96\x87\xe4\xb8\xad\xe6\x96\x87\xe4\xb8\xad\xe6\x96\x87\xe4\xb8"
        "\xad\xe6\x96\x87\xe4\xb8\xad\xe6\x96\x87\xe4\xb8\xad\xe6\x96\x87",
        "http://a/\n\r\t\x9b"
        "2J\x08\x08",
    };
    char *endless = calloc(1, 10001);

    ASSERT_NOT_NULL(endless);
    memset(endless, 0xe4, 10000);
    for (size_t i = 0; i <= sizeof urls / sizeof urls[0]; i++) {
        bool is_last = i == sizeof urls / sizeof urls[0];
        struct run run;

        run_begin(&run, is_last ? endless : urls[i], "http://b/");
        stats_leave_alone(run.stats, run.jobs[0], is_last ? endless : urls[i],
                          SHOW_BEGAN + 3600 * 80 * COIL_SECOND, SHOW_BEGAN);
        check_widths(&run, unicode);
        check_widths(&run, plain);
        run_end(&run);
    }
    free(endless);
}

TEST(fetch_progress_frame_tells_numbers_of_any_size)
{
    struct run run;

    run_begin(&run, "http://a/", "http://b/");
    run.stats->read = UINT64_MAX;
    run.stats->done = UINT64_MAX / 2;
    run.stats->failed = UINT64_MAX / 3;
    run.stats->waiting = UINT64_MAX / 2;
    run.stats->retrying = UINT64_MAX / 2;
    run.stats->bytes = UINT64_MAX;
    check_widths(&run, plain);
    run.stats->read = 0;
    check_widths(&run, unicode);
    run_end(&run);
}

TEST(fetch_progress_frame_style_is_that_of_the_environment)
{
    struct style style;

    setenv("TERM", "xterm-256color", 1);
    setenv("LC_ALL", "en_GB.UTF-8", 1);
    unsetenv("NO_COLOR");
    unsetenv("COLORTERM");
    style = style_choose(STYLE_WHEN_TERMINAL, true);
    ASSERT_EQ(style.colors, STYLE_256);
    ASSERT(style.is_unicode);
    ASSERT_EQ(style_choose(STYLE_WHEN_TERMINAL, false).colors, STYLE_PLAIN);
    ASSERT_EQ(style_choose(STYLE_WHEN_NEVER, true).colors, STYLE_PLAIN);
    setenv("NO_COLOR", "1", 1);
    ASSERT_EQ(style_choose(STYLE_WHEN_TERMINAL, true).colors, STYLE_PLAIN);
    ASSERT_EQ(style_choose(STYLE_WHEN_ALWAYS, false).colors, STYLE_256);
    setenv("NO_COLOR", "", 1);
    setenv("TERM", "vt100", 1);
    ASSERT_EQ(style_choose(STYLE_WHEN_TERMINAL, true).colors, STYLE_16);
    setenv("COLORTERM", "truecolor", 1);
    ASSERT_EQ(style_choose(STYLE_WHEN_TERMINAL, true).colors, STYLE_256);
    setenv("TERM", "dumb", 1);
    ASSERT_EQ(style_choose(STYLE_WHEN_TERMINAL, true).colors, STYLE_PLAIN);
    unsetenv("LC_ALL");
    unsetenv("LC_CTYPE");
    setenv("LANG", "de_DE.utf8@euro", 1);
    ASSERT(style_choose(STYLE_WHEN_TERMINAL, true).is_unicode);
    setenv("LC_CTYPE", "C", 1);
    ASSERT(!style_choose(STYLE_WHEN_TERMINAL, true).is_unicode);
}
