/* SPDX-License-Identifier: MIT */
#include "show/report.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include <coil/file.h>

#include "show/chart.h"
#include "show/redact.h"
#include "show/report_page.h"
#include "show/report_tables.h"
#include "show/style.h"
#include "show/units.h"

/* ---- the head ----------------------------------------------------------- */

static void add_date(struct text *text, int64_t unix_us)
{
    time_t seconds = (time_t)(unix_us / 1000000);
    struct tm date;
    char words[64];

    if (gmtime_r(&seconds, &date) &&
        strftime(words, sizeof words, "%Y-%m-%d %H:%M:%S UTC", &date) > 0)
        text_add(text, words);
}

static void add_command(struct text *text, const struct report_options *options)
{
    struct text command = { 0 };
    struct text printable = { 0 };

    redact_command(&command, options->argc, options->argv);
    text_printable(&printable, command.bytes ? command.bytes : "",
                   command.size);
    text_add(text, "<code class=\"command\">");
    text_html(text, printable.bytes ? printable.bytes : "", printable.size);
    text_add(text, "</code>\n");
    text->has_failed |= command.has_failed || printable.has_failed;
    text_fini(&command);
    text_fini(&printable);
}

static void add_state(struct text *text, const struct stats *stats,
                      const struct report_options *options)
{
    if (options->stopped) {
        text_add(text, "<span class=\"pill warn\">");
        text_html(text, options->stopped, strlen(options->stopped));
    } else if (stats->failed > 0) {
        text_add(text, "<span class=\"pill bad\">");
        units_count(text, stats->failed);
        text_add(text, " failed");
    } else {
        text_add(text, "<span class=\"pill good\">all done");
    }
    text_add(text, "</span>");
}

static void add_head(struct text *text, const struct stats *stats,
                     const struct report_options *options, coil_time took)
{
    text_add(text, "<header><h1>");
    units_count(text, stats_ok(stats));
    text_add(text, " of ");
    units_count(text, stats->read > stats->done ? stats->read : stats->done);
    text_add(text, " URLs fetched</h1>");
    add_state(text, stats, options);
    text_add(text, "</header>\n<p class=\"dim\">coil-fetch");
    if (options->version) {
        text_add(text, " ");
        text_html(text, options->version, strlen(options->version));
    }
    text_add(text, ", begun ");
    add_date(text, options->began_unix_us);
    text_add(text, ", took ");
    units_duration(text, took);
    text_add(text, "</p>\n");
    if (options->argc > 0)
        add_command(text, options);
}

/* ---- numbers ------------------------------------------------------------ */

static void begin_card(struct text *text, const char *name, bool is_bad)
{
    text_add_format(text, "<div class=\"card%s\"><span>%s</span><b>",
                    is_bad ? " bad" : "", name);
}

static void end_card(struct text *text, struct text *more)
{
    text_add(text, "</b><small>");
    text_add(text, more->bytes ? more->bytes : "");
    text_add(text, "</small></div>\n");
    text->has_failed |= more->has_failed;
    text_clear(more);
}

static void add_url_cards(struct text *text, const struct stats *stats,
                          double seconds, struct text *more)
{
    begin_card(text, "fetched", false);
    units_count(text, stats_ok(stats));
    text_add_format(more, "%.1f %% of what ended",
                    stats->done
                        ? 100.0 * (double)stats_ok(stats) / (double)stats->done
                        : 0.0);
    end_card(text, more);
    begin_card(text, "failed", stats->failed > 0);
    units_count(text, stats->failed);
    units_count(more, stats->retried);
    text_add(more, " were tried again");
    end_card(text, more);
    begin_card(text, "URLs per second", false);
    units_rate(text, seconds > 0 ? (double)stats->done / seconds : 0);
    units_duration(more, (coil_time)(seconds * (double)COIL_SECOND));
    text_add(more, " in all");
    end_card(text, more);
}

static void add_request_cards(struct text *text, const struct stats *stats,
                              double seconds, struct text *more)
{
    const struct histogram *total = &stats->phases[STATS_TOTAL];

    begin_card(text, "bytes", false);
    units_bytes(text, (double)stats->bytes);
    units_bytes(more, seconds > 0 ? (double)stats->bytes / seconds : 0);
    text_add(more, "/s");
    end_card(text, more);
    begin_card(text, "median time", false);
    units_duration(text, histogram_quantile(total, 0.5));
    text_add(more, "p99 ");
    units_duration(more, histogram_quantile(total, 0.99));
    end_card(text, more);
    begin_card(text, "requests", false);
    units_count(text, stats->requests);
    units_count(more, stats->reused);
    text_add(more, " on kept connections");
    end_card(text, more);
}

/* ---- the page ----------------------------------------------------------- */

static void add_charts(struct text *text, const struct stats *stats,
                       coil_time now)
{
    if (stats->timeline.count > 0) {
        text_add(text,
                 "<section id=\"timeline\"><p class=\"legend\"><i "
                 "class=\"done\"></i>done<i class=\"failed\"></i>failed<i "
                 "class=\"started line\"></i>requests started</p><h2>The "
                 "run</h2>");
        chart_timeline(text, stats, now);
        text_add(text, "</section>\n");
    }
    if (stats->phases[STATS_TOTAL].count > 0) {
        text_add(
            text,
            "<section id=\"latency\"><p class=\"legend\">the last request "
            "of each URL; &#9475; p50, &#9479; p99</p><h2>How long requests "
            "took</h2>");
        chart_latency(text, stats);
        text_add(text, "</section>\n");
    }
}

void report_html(struct text *text, const struct stats *stats,
                 const struct report_options *options, coil_time now)
{
    coil_time took = now > stats->began ? now - stats->began : 0;
    double seconds = (double)took / (double)COIL_SECOND;
    struct text more = { 0 };

    report_page_begin(text, "coil-fetch: a run");
    add_head(text, stats, options, took);
    text_add(text, "<div class=\"cards\">\n");
    add_url_cards(text, stats, seconds, &more);
    add_request_cards(text, stats, seconds, &more);
    text_add(text, "</div>\n");
    add_charts(text, stats, now);
    report_outcomes(text, stats);
    report_failures(text, stats);
    report_hosts(text, stats);
    report_slowest(text, stats);
    text_add(text, "<footer>This page loads nothing. Quantiles are within 1.6 "
                   "%; bytes are those of bodies, decoded.</footer>");
    report_page_end(text);
    text_fini(&more);
}

int report_save(const char *path, const struct stats *stats,
                const struct report_options *options, coil_time now)
{
    struct text text = { 0 };
    mode_t mask = umask(077); /* which can only be read by setting it */
    int rc = -ENOMEM;

    (void)umask(mask);
    report_html(&text, stats, options, now);
    if (!text.has_failed)
        rc = coil_file_replace(path, text.bytes, text.size, 0666 & ~mask);
    text_fini(&text);
    return rc;
}
