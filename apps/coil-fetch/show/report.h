/* SPDX-License-Identifier: MIT */
/*
 * report.h - a run as one page, for a browser
 *
 * The page is one file: it loads nothing, and its policy (CSP) forbids it to.  It can
 * be read with scripts off; its script sorts tables.  All that comes from
 * the list or a server is escaped; secrets of the command line and of URLs are ***
 * (redact.h).
 */
#ifndef COIL_FETCH_SHOW_REPORT_H
#define COIL_FETCH_SHOW_REPORT_H

#include <stdint.h>

#include <coil/base.h>
#include <coil/time.h>

#include "common/text.h"
#include "show/stats.h"

struct report_options {
    int argc;
    char *const *argv;
    int64_t began_unix_us; /* the wall clock when the run began */
    const char *stopped;   /* why it ended early, in words; NULL: it was done */
    const char *version;   /* of the program; NULL: none is told */
};

/* The page of a run that has lasted until `now`. */
void report_html(struct text *text, const struct stats *stats,
                 const struct report_options *options, coil_time now);

/*
 * Make it the contents of the file at `path`, as a whole; the umask says who may
 * read it.  Returns 0; -ENOMEM; an
 * error of coil_file_replace(), or its -ECANCELED.
 */
int report_save(const char *path, const struct stats *stats,
                const struct report_options *options, coil_time now)
    COIL_SUSPENDS;

#endif
