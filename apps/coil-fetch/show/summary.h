/* SPDX-License-Identifier: MIT */
/*
 * summary.h - what came of a run, said once at its end
 *
 * The object of --summary=json, on one line.  Numbers are those of struct stats; times
 * are milliseconds, and phases without any request are left out:
 *
 *   schema         "coil-fetch-summary/1"; other members may be added to it
 *   duration_ms    of the run
 *   stopped        why it ended early, in words; null: it did not
 *   done_before    URLs that the journal says were done by earlier runs
 *   urls           {"read", "done", "ok", "failed", "left", "retried", "redirects",
 *                  "resumed", "unchanged"}
 *   classes        {"ok": 3, "dns": 1, …}: those that have any
 *   requests       {"made", "reused", "http1", "http2"}
 *   bytes          of bodies, decoded
 *   rate           {"urls_per_second", "bytes_per_second"} over the whole run
 *   phases         {"dns": {"count", "p50_ms", "p90_ms", "p95_ms", "p99_ms",
 *                  "max_ms", "mean_ms"}, "connect", "tls", "first_byte", "body",
 *                  "total"}
 *   hosts          at most 1,000, the busiest first: [{"host", "requests", "ok",
 *                  "failed", "too_many", "left_alone_ms", "bytes", "p50_ms",
 *                  "p99_ms"}]
 *   other_hosts    the same of all others in one, or null
 *   failures       the first of each class: [{"url", "class", "status", "error",
 *                  "reason", "attempts"}]
 */
#ifndef COIL_FETCH_SHOW_SUMMARY_H
#define COIL_FETCH_SHOW_SUMMARY_H

#include <stdbool.h>

#include <coil/time.h>

#include "common/text.h"
#include "show/stats.h"
#include "show/style.h"

struct summary_options {
    struct style style;
    const char *stopped; /* "interrupted", "stopped by --deadline"; NULL: it was
                            done */
    bool has_journal;    /* --resume goes on, and does not begin anew */
    uint64_t done_before; /* URLs that the journal says are done */
};

/* For people: many lines, none of which a server or the list could have bent. */
void summary_text(struct text *text, const struct stats *stats,
                  const struct summary_options *options, coil_time now);

/* As above, with a line end. */
void summary_json(struct text *text, const struct stats *stats,
                  const struct summary_options *options, coil_time now);

#endif
