/* SPDX-License-Identifier: MIT */
#include "show/summary.h"

#include <string.h>

#include "show/units.h"
#include "show/words.h"

enum { BUSIEST = 10, SLOWEST = 3, HOST_COLUMNS = 28, MAX_LINE = 300 };

/* ---- cells -------------------------------------------------------------- */

/* What `cell` says, at the right of `columns`; it is empty again. */
static void add_right(struct text *text, struct text *cell, int columns)
{
    text_add_format(text, "%*s", columns, cell->bytes ? cell->bytes : "");
    text->has_failed |= cell->has_failed;
    text_clear(cell);
}

static void add_count(struct text *text, struct text *cell, uint64_t count,
                      int columns)
{
    units_count(cell, count);
    add_right(text, cell, columns);
}

static void add_time(struct text *text, struct text *cell, coil_time time,
                     int columns)
{
    units_duration(cell, time);
    add_right(text, cell, columns);
}

static void add_heading(struct text *text, struct style style,
                        const char *words)
{
    style_begin(text, style, STYLE_DIM);
    text_add(text, words);
    style_end(text, style);
    text_add_char(text, '\n');
}

/* ---- the parts ---------------------------------------------------------- */

static uint64_t count_left(const struct stats *stats)
{
    return stats->read > stats->done ? stats->read - stats->done : 0;
}

static void add_headline(struct text *text, const struct stats *stats,
                         coil_time now)
{
    coil_time took = now > stats->began ? now - stats->began : 0;
    double seconds = (double)took / (double)COIL_SECOND;

    text_add(text, "coil-fetch: ");
    units_count(text, stats->done);
    text_add(text, stats->done == 1 ? " URL in " : " URLs in ");
    units_duration(text, took);
    text_add(text, ", ");
    if (stats->failed > 0)
        units_count(text, stats->failed);
    text_add(text, stats->failed > 0 ? " failed; " : "none failed; ");
    units_bytes(text, (double)stats->bytes);
    if (seconds > 0) {
        text_add(text, "; ");
        units_rate(text, (double)stats->done / seconds);
        text_add(text, " URLs/s, ");
        units_bytes(text, (double)stats->bytes / seconds);
        text_add(text, "/s");
    }
    text_add_char(text, '\n');
}

static void add_stop(struct text *text, const struct stats *stats,
                     const struct summary_options *options)
{
    uint64_t left = count_left(stats);

    if (!options->stopped)
        return;
    text_add_format(text, "coil-fetch: %s", options->stopped);
    if (left > 0) {
        text_add(text, "; ");
        units_count(text, left);
        text_add(text, left == 1 ? " URL that was read is not done"
                                 : " URLs that were read are not done");
    }
    text_add(text, options->has_journal
                       ? ". Run again with --resume to go on.\n"
                       : ". With --journal FILE, --resume would go on here.\n");
}

static void add_classes(struct text *text, const struct stats *stats,
                        struct style style, struct text *cell)
{
    text_add_char(text, '\n');
    for (int class = 0; class < OUTCOME_CLASSES; class ++) {
        if (stats->by_class[class] == 0)
            continue;
        style_begin(text, style,
                    class == OUTCOME_STOPPED    ? STYLE_WARNING
                    : outcome_is_success(class) ? STYLE_GOOD
                                                : STYLE_BAD);
        add_count(text, cell, stats->by_class[class], 12);
        style_end(text, style);
        text_add_format(text, "  %s\n", words_of_class(class));
    }
}

static void add_phases(struct text *text, const struct stats *stats,
                       struct style style, struct text *cell)
{
    static const double quantiles[] = { 0.5, 0.9, 0.95, 0.99, 1 };

    if (stats->phases[STATS_TOTAL].count == 0)
        return;
    text_add_char(text, '\n');
    add_heading(text, style,
                "  last requests  count       p50       p90       p95       "
                "p99       max");
    for (int phase = 0; phase < STATS_PHASES; phase++) {
        const struct histogram *histogram = &stats->phases[phase];

        if (histogram->count == 0)
            continue;
        text_add_format(text, "  %-10s", stats_phase_name(phase));
        add_count(text, cell, histogram->count, 10);
        for (size_t i = 0; i < sizeof quantiles / sizeof quantiles[0]; i++)
            add_time(text, cell, histogram_quantile(histogram, quantiles[i]),
                     10);
        text_add_char(text, '\n');
    }
}

static void add_host(struct text *text, const struct host *host,
                     struct style style, struct text *cell)
{
    size_t used;

    text_add(text, "  ");
    used = style_fit(text, style, HOST_COLUMNS, host->name, strlen(host->name));
    text_add_format(text, "%*s", (int)(HOST_COLUMNS - used), "");
    add_count(text, cell, host->ok, 10);
    add_count(text, cell, host->failed, 8);
    add_count(text, cell, host->too_many, 7);
    if (host->left_alone > 0)
        add_time(text, cell, host->left_alone, 9);
    else
        text_add_format(text, "%9s", "-");
    add_time(text, cell, histogram_quantile(&host->times, 0.5), 9);
    add_time(text, cell, histogram_quantile(&host->times, 0.99), 9);
    units_bytes(cell, (double)host->bytes);
    add_right(text, cell, 9);
    text_add_char(text, '\n');
}

/* The busiest hosts, and the slowest of those that are not among them. */
static void add_hosts(struct text *text, const struct stats *stats,
                      struct style style, struct text *cell)
{
    const struct host *busiest[BUSIEST], *slowest[SLOWEST + BUSIEST];
    size_t busy = hosts_busiest(&stats->hosts, busiest, BUSIEST);
    size_t slow = hosts_slowest(&stats->hosts, slowest, SLOWEST + BUSIEST);
    size_t told = 0;

    text->has_failed |= (busy == 0 || slow == 0) && stats->hosts.count > 0;
    if (busy == 0)
        return;
    text_add_char(text, '\n');
    add_heading(text, style,
                "  host                                ok  failed    429  "
                "waited      p50      p99    bytes");
    for (size_t i = 0; i < busy; i++)
        add_host(text, busiest[i], style, cell);
    for (size_t i = 0; i < slow && told < SLOWEST && busy == BUSIEST; i++) {
        size_t j = 0;

        while (j < busy && busiest[j] != slowest[i])
            j++;
        if (j < busy)
            continue;
        if (told++ == 0)
            add_heading(text, style, "  the slowest of the others");
        add_host(text, slowest[i], style, cell);
    }
}

static void add_example(struct text *text, const struct example *example,
                        struct style style, struct text *cell)
{
    text_add(text, "    ");
    style_fit(text, style, MAX_LINE, example->url, strlen(example->url));
    words_of_failure(cell, example);
    text_add(text, ": ");
    style_fit(text, style, MAX_LINE, cell->bytes ? cell->bytes : "",
              cell->size);
    text->has_failed |= cell->has_failed;
    text_clear(cell);
    text_add_char(text, '\n');
}

static void add_failures(struct text *text, const struct stats *stats,
                         struct style style, struct text *cell)
{
    for (int class = 0; class < OUTCOME_CLASSES; class ++) {
        size_t count = stats->examples.failure_count[class];

        if (count == 0)
            continue;
        text_add(text, "\n  ");
        style_begin(text, style, STYLE_BAD);
        units_count(text, stats->by_class[class]);
        text_add_format(text, " %s", words_of_class(class));
        style_end(text, style);
        text_add_char(text, '\n');
        for (size_t i = 0; i < count; i++)
            add_example(text, &stats->examples.failures[class][i], style, cell);
        if (stats->by_class[class] > count) {
            text_add(text, "    and ");
            units_count(text, stats->by_class[class] - count);
            text_add(text, " more\n");
        }
        if (words_of_advice(class))
            text_add_format(text, "    What to do: %s\n",
                            words_of_advice(class));
    }
}

void summary_text(struct text *text, const struct stats *stats,
                  const struct summary_options *options, coil_time now)
{
    struct text cell = { 0 };

    add_headline(text, stats, now);
    if (options->done_before > 0) {
        text_add(text, "coil-fetch: ");
        units_count(text, options->done_before);
        text_add(text, " were done before, as the journal says\n");
    }
    add_stop(text, stats, options);
    /* Of one URL, the first line says it all. */
    if (stats->done > 1) {
        add_classes(text, stats, options->style, &cell);
        add_phases(text, stats, options->style, &cell);
        add_hosts(text, stats, options->style, &cell);
    }
    add_failures(text, stats, options->style, &cell);
    text->has_failed |= cell.has_failed;
    text_fini(&cell);
}
