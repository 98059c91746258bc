/* SPDX-License-Identifier: MIT */
#include "show/report_tables.h"

#include <stdlib.h>
#include <string.h>

#include "show/redact.h"
#include "show/style.h"
#include "show/units.h"
#include "show/words.h"

enum { MAX_HOSTS = 200, MAX_URL = 400, BAR = 130 };

/* ---- cells -------------------------------------------------------------- */

/* What others said: nothing in it is seen as markup, or turns its neighbours. */
static void add_safely(struct text *text, const char *bytes, size_t size)
{
    static const struct style unicode = { STYLE_PLAIN, true };
    struct text printable = { 0 };

    style_fit(&printable, unicode, MAX_URL, bytes, size);
    text_html(text, printable.bytes ? printable.bytes : "", printable.size);
    text->has_failed |= printable.has_failed;
    text_fini(&printable);
}

static void add_url(struct text *text, const char *url)
{
    struct text redacted = { 0 };

    redact_url(&redacted, url);
    text_add(text, "<span class=\"url\">");
    add_safely(text, redacted.bytes ? redacted.bytes : "", redacted.size);
    text_add(text, "</span>");
    text->has_failed |= redacted.has_failed;
    text_fini(&redacted);
}

static void add_count(struct text *text, uint64_t count, bool is_bad)
{
    text_add_format(text, "<td class=\"n%s\" data-v=\"%llu\">",
                    is_bad && count > 0 ? " bad" : "",
                    (unsigned long long)count);
    units_count(text, count);
    text_add(text, "</td>");
}

static void add_time(struct text *text, coil_time time)
{
    text_add_format(text, "<td class=\"n\" data-v=\"%lld\">", (long long)time);
    if (time > 0)
        units_duration(text, time);
    else
        text_add(text, "&#8211;");
    text_add(text, "</td>");
}

static void add_bytes(struct text *text, uint64_t bytes)
{
    text_add_format(text, "<td class=\"n\" data-v=\"%llu\">",
                    (unsigned long long)bytes);
    units_bytes(text, (double)bytes);
    text_add(text, "</td>");
}

/* What is not nothing is seen. */
static double width_of(double value, double most)
{
    double width = most > 0 ? BAR * value / most : 0;

    return value > 0 && width < 1.5 ? 1.5 : width;
}

/* `good` and `bad`, of `most`, side by side. */
static void add_bar(struct text *text, double good, double bad, double most)
{
    double good_width = width_of(good, most);
    double bad_width = width_of(bad, most);

    text_add_format(text,
                    "<td class=\"bar\"><svg viewBox=\"0 0 %d 9\" "
                    "preserveAspectRatio=\"none\" aria-hidden=\"true\"><rect "
                    "class=\"done\" width=\"%.1f\" height=\"9\"/><rect "
                    "class=\"failed\" x=\"%.1f\" width=\"%.1f\" "
                    "height=\"9\"/></svg></td>",
                    BAR, good_width, good_width, bad_width);
}

static void add_share(struct text *text, double share)
{
    if (share < 0.0001)
        text_add(text, "<td class=\"n\">&lt; 0.01 %</td>");
    else
        text_add_format(text, "<td class=\"n\">%.*f %%</td>",
                        share < 0.01 ? 2 : 1, 100 * share);
}

/* ---- outcomes ----------------------------------------------------------- */

void report_outcomes(struct text *text, const struct stats *stats)
{
    double all = 0, most = 0;

    for (int class = 0; class < OUTCOME_CLASSES; class ++) {
        double count = (double)stats->by_class[class];

        all += count;
        most = count > most ? count : most;
    }
    if (all == 0)
        return;
    text_add(text, "<section id=\"outcomes\"><h2>What became of the URLs</h2>"
                   "<table><thead><tr><th>outcome</th><th>class</th><th "
                   "class=\"n\">URLs</th><th class=\"n\">share</th><th></th>"
                   "</tr></thead><tbody>\n");
    for (int class = 0; class < OUTCOME_CLASSES; class ++) {
        double count = (double)stats->by_class[class];
        bool is_ok = outcome_is_success(class);

        if (count == 0)
            continue;
        text_add_format(text, "<tr><td>%s</td><td><code>%s</code></td>",
                        words_of_class(class), outcome_class_name(class));
        add_count(text, stats->by_class[class],
                  !is_ok && class != OUTCOME_STOPPED);
        add_share(text, count / all);
        add_bar(text, is_ok ? count : 0, is_ok ? 0 : count, most);
        text_add(text, "</tr>\n");
    }
    text_add(text, "</tbody></table></section>\n");
}

/* ---- failures ----------------------------------------------------------- */

static void add_failure(struct text *text, const struct example *example)
{
    struct text words = { 0 };

    text_add(text, "<li>");
    add_url(text, example->url);
    text_add(text, " <span class=\"dim\">");
    words_of_failure(&words, example);
    add_safely(text, words.bytes ? words.bytes : "", words.size);
    text->has_failed |= words.has_failed;
    text_add(text, "</span></li>\n");
    text_fini(&words);
}

void report_failures(struct text *text, const struct stats *stats)
{
    const struct examples *examples = &stats->examples;

    if (stats->failed == 0)
        return;
    text_add(text,
             "<section id=\"failures\"><h2>Failures, and what to do about "
             "them</h2>\n");
    for (int class = 0; class < OUTCOME_CLASSES; class ++) {
        size_t count = examples->failure_count[class];

        if (count == 0)
            continue;
        text_add(text, "<h3>");
        units_count(text, stats->by_class[class]);
        text_add_format(text, " %s</h3>", words_of_class(class));
        if (words_of_advice(class)) {
            text_add(text, "<p class=\"advice\">");
            text_html(text, words_of_advice(class),
                      strlen(words_of_advice(class)));
            text_add(text, "</p>");
        }
        text_add(text, "<ul>\n");
        for (size_t i = 0; i < count; i++)
            add_failure(text, &examples->failures[class][i]);
        text_add(text, "</ul>\n");
    }
    text_add(text, "</section>\n");
}

/* ---- hosts -------------------------------------------------------------- */

static void add_host(struct text *text, const struct host *host, double most)
{
    text_add(text, "<tr><td class=\"url\">");
    add_safely(text, host->name, strlen(host->name));
    text_add(text, "</td>");
    add_bar(text, (double)host->ok, (double)host->failed, most);
    add_count(text, host->ok, false);
    add_count(text, host->failed, true);
    add_count(text, host->too_many, true);
    add_time(text, host->left_alone);
    add_time(text, histogram_quantile(&host->times, 0.5));
    add_time(text, histogram_quantile(&host->times, 0.99));
    add_bytes(text, host->bytes);
    text_add(text, "</tr>\n");
}

void report_hosts(struct text *text, const struct stats *stats)
{
    const struct hosts *hosts = &stats->hosts;
    const struct host *busiest[MAX_HOSTS];
    size_t count = hosts_busiest(hosts, busiest, MAX_HOSTS);
    double most;

    text->has_failed |= count == 0 && hosts->count > 0;
    if (count == 0)
        return;
    most = (double)(busiest[0]->ok + busiest[0]->failed);
    text_add(text,
             "<section id=\"hosts\"><h2>Hosts</h2><table class=\"sortable\">"
             "<thead><tr><th>host</th><th></th><th class=\"n\">ok</th><th "
             "class=\"n\">failed</th><th class=\"n\">429</th><th class=\"n\">"
             "waited</th><th class=\"n\">p50</th><th class=\"n\">p99</th><th "
             "class=\"n\">bytes</th></tr></thead><tbody>\n");
    for (size_t i = 0; i < count; i++)
        add_host(text, busiest[i], most);
    text_add(text, "</tbody></table>");
    if (hosts->count > count)
        text_add_format(text,
                        "<p class=\"dim\">These are the %zu busiest of "
                        "%zu hosts.</p>",
                        count, hosts->count);
    if (hosts->others.ok + hosts->others.failed > 0) {
        text_add(text, "<p class=\"dim\">");
        units_count(text, hosts->others.ok + hosts->others.failed);
        text_add(text, " URLs more are those of hosts that are not told of by "
                       "name.</p>");
    }
    text_add(text, "</section>\n");
}

/* ---- the slowest -------------------------------------------------------- */

void report_slowest(struct text *text, const struct stats *stats)
{
    const struct examples *examples = &stats->examples;

    if (examples->slowest_count == 0)
        return;
    text_add(text, "<section id=\"slowest\"><h2>The slowest URLs</h2><table>"
                   "<thead><tr><th class=\"n\">time</th><th></th><th>URL</th>"
                   "<th>outcome</th></tr></thead><tbody>\n");
    for (size_t i = 0; i < examples->slowest_count; i++) {
        const struct example *example = &examples->slowest[i];
        bool is_ok = outcome_is_success(example->class);

        text_add(text, "<tr>");
        add_time(text, example->time);
        add_bar(text, is_ok ? (double)example->time : 0,
                is_ok ? 0 : (double)example->time,
                (double)examples->slowest[0].time);
        text_add(text, "<td>");
        add_url(text, example->url);
        text_add_format(text, "</td><td><code>%s",
                        outcome_class_name(example->class));
        if (example->status > 0)
            text_add_format(text, " %d", example->status);
        text_add(text, "</code></td></tr>\n");
    }
    text_add(text, "</tbody></table></section>\n");
}
