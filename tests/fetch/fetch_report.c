/* SPDX-License-Identifier: MIT */
/* The page of a run: what it says, and that it is one page that does nothing. */
#include "show/report.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include <coil/testing.h>

#include "fetch_show.h"

static char *const argv[] = { "coil-fetch", "-u", "me:secret-1",
                              "http://me:secret-2@h/?token=secret-3&<b>",
                              NULL };

static const struct report_options options = {
    .argc = 4,
    .argv = argv,
    .began_unix_us = 1795000000000000,
    .version = "1.2.3",
};

static struct stats *run_of(const char *url, const char *reason)
{
    struct stats *stats = show_stats(0);
    struct show_end end = { .url = url };

    for (int i = 0; i < 300; i++) {
        end.class = i % 10 ? OUTCOME_OK : OUTCOME_CLIENT_ERROR;
        end.status = i % 10 ? 200 : 404;
        end.reason = i % 10 ? NULL : reason;
        end.at = i * 100 * COIL_MILLISECOND;
        end.took = (1 + i % 50) * COIL_MILLISECOND;
        end.size = 1000;
        show_add(stats, &end);
    }
    stats_set_read(stats, 300, true);
    return stats;
}

static struct text page_of(struct stats *stats,
                           const struct report_options *how)
{
    struct text text = { 0 };

    report_html(&text, stats, how, SHOW_BEGAN + 30 * COIL_SECOND);
    ASSERT(!text.has_failed);
    stats_free(stats);
    return text;
}

static unsigned count_of(const struct text *text, const char *what)
{
    unsigned count = 0;

    for (const char *at = text->bytes; (at = strstr(at, what)); at++)
        count++;
    return count;
}

/* Every element that has to be closed is closed, and none twice. */
static void check_elements(const struct text *text)
{
    static const char *const names[] = {
        "html",  "head",   "body",  "main",   "header", "section",
        "table", "thead",  "tbody", "tr",     "td",     "svg",
        "title", "text",   "p",     "ul",     "li",     "div",
        "code",  "footer", "style", "script",
    };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char open[16], open_with[16], close[16];

        snprintf(open, sizeof open, "<%s>", names[i]);
        snprintf(open_with, sizeof open_with, "<%s ", names[i]);
        snprintf(close, sizeof close, "</%s>", names[i]);
        if (count_of(text, open) + count_of(text, open_with) !=
            count_of(text, close))
            FAIL("<%s> is opened %u times and closed %u times", names[i],
                 count_of(text, open) + count_of(text, open_with),
                 count_of(text, close));
    }
}

TEST(fetch_report_says_what_happened)
{
    struct text text = page_of(run_of("http://example.org/a", NULL), &options);

    ASSERT_STR_CONTAINS(text.bytes, "<h1>270 of 300 URLs fetched</h1><span "
                                    "class=\"pill bad\">30 failed</span>");
    ASSERT_STR_CONTAINS(text.bytes, "coil-fetch 1.2.3, begun 2026-11-18 "
                                    "11:06:40 UTC, took 30.0 s");
    ASSERT_STR_CONTAINS(text.bytes, "<section id=\"timeline\">");
    ASSERT_STR_CONTAINS(text.bytes, "<section id=\"latency\">");
    ASSERT_STR_CONTAINS(text.bytes,
                        "<tr><td>fetched</td><td><code>ok</code></td><td "
                        "class=\"n\" data-v=\"270\">270</td><td "
                        "class=\"n\">90.0 %</td>");
    ASSERT_STR_CONTAINS(text.bytes, "<h3>30 refused by the server (4xx)</h3>");
    ASSERT_STR_CONTAINS(text.bytes, "<tr><td class=\"url\">example.org</td>");
    ASSERT_EQ(count_of(&text, "class=\"hit\""), 150u);
    ASSERT_EQ(count_of(&text, "<section"), 6u);
    check_elements(&text);
    text_fini(&text);
}

TEST(fetch_report_hides_secrets)
{
    struct text text = page_of(
        run_of("http://me:secret-4@h/?api_key=secret-5", NULL), &options);

    ASSERT_EQ(count_of(&text, "secret-"), 0u);
    ASSERT_STR_CONTAINS(text.bytes,
                        "coil-fetch -u &#39;me:***&#39; "
                        "&#39;http://***@h/?token=***&#38;&#60;b&#62;&#39;");
    ASSERT_STR_CONTAINS(text.bytes, "http://***@h/?api_key=***");
    text_fini(&text);
}

/* Neither elements, nor attributes, nor what turns its neighbours around. */
TEST(fetch_report_is_not_changed_by_hostile_texts)
{
    static const char hostile[] =
        "http://e\"vil'/<script>alert(1)</script>\x1b[2J\xe2\x80\xae&amp;\xff"
        "</code></section>";
    struct report_options how = options;
    char *const words[] = { "coil-fetch", (char *)hostile, NULL };
    struct text text;

    how.argv = words;
    how.argc = 2;
    how.stopped = "<b>";
    text = page_of(run_of(hostile, hostile), &how);
    ASSERT_EQ(count_of(&text, "<script"), 1u);
    ASSERT_EQ(count_of(&text, "alert(1)</"), 0u);
    ASSERT_EQ(count_of(&text, "\xe2\x80\xae"), 0u);
    ASSERT_EQ(count_of(&text, "\x1b"), 0u);
    ASSERT_EQ(count_of(&text, "<b>b"), 0u);
    ASSERT_STR_CONTAINS(text.bytes, "&#60;script&#62;alert(1)");
    ASSERT_STR_CONTAINS(text.bytes, "\\x1b[2J\\xe2\\x80\\xae&#38;amp;\\xff");
    check_elements(&text);
    text_fini(&text);
}

/* Nothing is loaded, and nothing may be. */
TEST(fetch_report_loads_nothing)
{
    struct text text = page_of(run_of("http://example.org/a", NULL), &options);

    ASSERT_STR_CONTAINS(text.bytes, "content=\"default-src 'none'; base-uri "
                                    "'none'; form-action 'none'; style-src "
                                    "'sha256-");
    ASSERT_STR_CONTAINS(text.bytes, "; script-src 'sha256-");
    ASSERT_EQ(count_of(&text, "unsafe-inline"), 0u);
    ASSERT_EQ(count_of(&text, " src="), 0u);
    ASSERT_EQ(count_of(&text, "href="), 0u);
    ASSERT_EQ(count_of(&text, " style="), 0u);
    ASSERT_EQ(count_of(&text, " on"), count_of(&text, " on kept") +
                                          count_of(&text, " on the") +
                                          count_of(&text, " on a"));
    ASSERT_EQ(count_of(&text, "url("), 0u);
    ASSERT_EQ(count_of(&text, "@import"), 0u);
    text_fini(&text);
}

TEST(fetch_report_of_nothing)
{
    struct text text =
        page_of(show_stats(0), &(struct report_options){ .argc = 0 });

    ASSERT_STR_CONTAINS(text.bytes, "<h1>0 of 0 URLs fetched</h1>");
    ASSERT_EQ(count_of(&text, "<section"), 0u);
    check_elements(&text);
    text_fini(&text);
}

/* A run of a moment, of a day, and of many hosts have a page of bounded size. */
TEST(fetch_report_of_any_run)
{
    static const coil_time durations[] = { 1, COIL_MILLISECOND, COIL_SECOND,
                                           3600 * COIL_SECOND,
                                           400 * 86400 * COIL_SECOND };

    for (size_t i = 0; i < sizeof durations / sizeof durations[0]; i++) {
        struct stats *stats = show_stats(0);
        struct text text = { 0 };
        char url[64];

        for (int j = 0; j < 3000; j++) {
            snprintf(url, sizeof url, "http://host%d.example/", j);
            show_add(stats, &(struct show_end){ .url = url,
                                                .status = 200,
                                                .at = durations[i] / 3000 * j,
                                                .took = durations[i] / 100 });
        }
        report_html(&text, stats, &options, SHOW_BEGAN + durations[i]);
        ASSERT(!text.has_failed);
        ASSERT_LT(text.size, 300000u);
        ASSERT_EQ(count_of(&text, "nan"), 0u);
        ASSERT_EQ(count_of(&text, "inf"), 0u);
        ASSERT_STR_CONTAINS(text.bytes, "These are the 200 busiest of 1000 "
                                        "hosts.");
        ASSERT_STR_CONTAINS(text.bytes, "2,000 URLs more are those of hosts");
        check_elements(&text);
        text_fini(&text);
        stats_free(stats);
    }
}

/* ---- the file ------------------------------------------------------------ */

static char path[64];

static int save(void *arg)
{
    struct stats *stats = run_of("http://example.org/a", NULL);
    int rc = report_save(arg, stats, &options, SHOW_BEGAN + COIL_SECOND);

    stats_free(stats);
    return rc;
}

TEST(fetch_report_is_saved_as_a_whole)
{
    char text[64] = "";
    FILE *file;

    snprintf(path, sizeof path, "/tmp/coil-fetch-report-%d", (int)getpid());
    file = fopen(path, "w");
    ASSERT_NOT_NULL(file);
    fputs("what was there", file);
    fclose(file);
    ASSERT_EQ(coil_test_run(save, path, 0), 0);
    file = fopen(path, "r");
    ASSERT_NOT_NULL(file);
    ASSERT_NOT_NULL(fgets(text, sizeof text, file));
    fclose(file);
    unlink(path);
    ASSERT_STR_EQ(text, "<!DOCTYPE html>\n");
    ASSERT_EQ(coil_test_run(save, "/nowhere/at/all", 0), -ENOENT);
}
