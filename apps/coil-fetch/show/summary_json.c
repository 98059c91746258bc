/* SPDX-License-Identifier: MIT */
#include "show/summary.h"

#include <stdlib.h>
#include <string.h>

#include <coil/error.h>

static void add_number(struct text *text, const char *name, uint64_t number)
{
    text_json_name(text, name);
    text_add_format(text, "%llu", (unsigned long long)number);
}

static void add_ms(struct text *text, const char *name, double nanoseconds)
{
    text_json_name(text, name);
    text_add_format(text, "%.3f", nanoseconds / (double)COIL_MILLISECOND);
}

/* A string, or null. */
static void add_string(struct text *text, const char *name, const char *string)
{
    text_json_name(text, name);
    if (string)
        text_json(text, string, strlen(string));
    else
        text_add(text, "null");
}

static void begin(struct text *text, const char *name, char bracket)
{
    text_json_name(text, name);
    text_add_char(text, bracket);
}

static void add_urls(struct text *text, const struct stats *stats)
{
    begin(text, "urls", '{');
    add_number(text, "read", stats->read);
    add_number(text, "done", stats->done);
    add_number(text, "ok", stats_ok(stats));
    add_number(text, "failed", stats->failed);
    add_number(text, "left",
               stats->read > stats->done ? stats->read - stats->done : 0);
    add_number(text, "retried", stats->retried);
    add_number(text, "redirects", stats->redirects);
    add_number(text, "resumed", stats->resumed);
    add_number(text, "unchanged", stats->unchanged);
    text_add(text, "}");
    begin(text, "classes", '{');
    for (int class = 0; class < OUTCOME_CLASSES; class ++)
        if (stats->by_class[class] > 0)
            add_number(text, outcome_class_name(class), stats->by_class[class]);
    text_add(text, "}");
}

static void add_requests(struct text *text, const struct stats *stats,
                         coil_time took)
{
    double seconds = (double)took / (double)COIL_SECOND;

    begin(text, "requests", '{');
    add_number(text, "made", stats->requests);
    add_number(text, "reused", stats->reused);
    add_number(text, "http1", stats->http1);
    add_number(text, "http2", stats->http2);
    text_add(text, "}");
    add_number(text, "bytes", stats->bytes);
    text_json_name(text, "rate");
    text_add_format(text,
                    "{\"urls_per_second\":%.3f,\"bytes_per_second\":%.3f}",
                    seconds > 0 ? (double)stats->done / seconds : 0.0,
                    seconds > 0 ? (double)stats->bytes / seconds : 0.0);
}

static void add_phases(struct text *text, const struct stats *stats)
{
    static const char *const names[STATS_PHASES] = {
        "dns", "connect", "tls", "first_byte", "body", "total", "since_due",
    };

    begin(text, "phases", '{');
    for (int phase = 0; phase < STATS_PHASES; phase++) {
        const struct histogram *h = &stats->phases[phase];

        if (h->count == 0)
            continue;
        begin(text, names[phase], '{');
        add_number(text, "count", h->count);
        add_ms(text, "p50_ms", (double)histogram_quantile(h, 0.5));
        add_ms(text, "p90_ms", (double)histogram_quantile(h, 0.9));
        add_ms(text, "p95_ms", (double)histogram_quantile(h, 0.95));
        add_ms(text, "p99_ms", (double)histogram_quantile(h, 0.99));
        add_ms(text, "max_ms", (double)h->max);
        add_ms(text, "mean_ms", h->sum / (double)h->count);
        text_add(text, "}");
    }
    text_add(text, "}");
}

static void add_host(struct text *text, const struct host *host)
{
    text_add(text, "{");
    add_string(text, "host", host->name);
    add_number(text, "requests", host->requests);
    add_number(text, "ok", host->ok);
    add_number(text, "failed", host->failed);
    add_number(text, "too_many", host->too_many);
    add_ms(text, "left_alone_ms", (double)host->left_alone);
    add_number(text, "bytes", host->bytes);
    add_ms(text, "p50_ms", (double)histogram_quantile(&host->times, 0.5));
    add_ms(text, "p99_ms", (double)histogram_quantile(&host->times, 0.99));
    text_add(text, "}");
}

static void add_hosts(struct text *text, const struct hosts *hosts)
{
    const struct host **busiest =
        malloc((hosts->count + 1) * sizeof(struct host *));
    size_t count = 0;

    begin(text, "hosts", '[');
    if (busiest)
        count = hosts_busiest(hosts, busiest, hosts->count);
    text->has_failed |= count < hosts->count;
    for (size_t i = 0; i < count; i++) {
        text_add(text, i > 0 ? "," : "");
        add_host(text, busiest[i]);
    }
    free(busiest);
    text_add(text, "]");
    text_json_name(text, "other_hosts");
    if (hosts->others.ok + hosts->others.failed > 0)
        add_host(text, &hosts->others);
    else
        text_add(text, "null");
}

static void add_failures(struct text *text, const struct examples *examples)
{
    bool is_first = true;

    begin(text, "failures", '[');
    for (int class = 0; class < OUTCOME_CLASSES; class ++)
        for (size_t i = 0; i < examples->failure_count[class]; i++) {
            const struct example *example = &examples->failures[class][i];

            text_add(text, is_first ? "{" : ",{");
            is_first = false;
            add_string(text, "url", example->url);
            add_string(text, "class", outcome_class_name(class));
            add_number(text, "status", (uint64_t)example->status);
            add_string(text, "error",
                       example->error < 0 ? coil_strerror(example->error)
                                          : NULL);
            add_string(text, "reason", example->reason);
            add_number(text, "attempts", example->attempts);
            text_add(text, "}");
        }
    text_add(text, "]");
}

void summary_json(struct text *text, const struct stats *stats,
                  const struct summary_options *options, coil_time now)
{
    coil_time took = now > stats->began ? now - stats->began : 0;

    text_add(text, "{");
    add_string(text, "schema", "coil-fetch-summary/1");
    add_ms(text, "duration_ms", (double)took);
    add_string(text, "stopped", options->stopped);
    add_number(text, "done_before", options->done_before);
    add_urls(text, stats);
    add_requests(text, stats, took);
    add_phases(text, stats);
    add_hosts(text, &stats->hosts);
    add_failures(text, &stats->examples);
    text_add(text, "}\n");
}
