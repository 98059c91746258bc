/* SPDX-License-Identifier: MIT */
/*
 * progress.h - the live display on standard error, and lines above it
 *
 *     rc = progress_new(&progress, &options, stats);
 *     ...                                    start progress_run() as a task
 *     progress_say(progress, "http://h/: connection refused");
 *     ...
 *     progress_stop(progress);               and wait for that task
 *     progress_free(progress);
 *
 * A frame is drawn at most ten times a second, by one write().  Between frames the
 * cursor stands at the frame's beginning, so that the next frame is drawn over it
 * even if the terminal has another size by then.  The cursor is hidden, and seen
 * again at the end and while the program is stopped by SIGTSTP.  In the background
 * nothing is drawn.
 *
 * Writes are made in another thread: a terminal that takes nothing (Ctrl-S) holds
 * up the display and not the run.
 */
#ifndef COIL_FETCH_SHOW_PROGRESS_H
#define COIL_FETCH_SHOW_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>

#include <coil/base.h>

#include "show/stats.h"
#include "show/style.h"

enum progress_kind {
    PROGRESS_NONE,    /* only what is said */
    PROGRESS_LINES,   /* and a plain line every ten seconds */
    PROGRESS_DISPLAY, /* and frames */
};

/*
 * What fits standard error: a display on a terminal that can move its cursor, and
 * lines elsewhere if they are asked for, by --progress or by -v.
 */
enum progress_kind progress_choose(enum style_when when, bool is_silent,
                                   bool is_verbose, bool is_terminal);

struct progress_options {
    int fd; /* where to, 2; a copy of it is made */
    enum progress_kind kind;
    struct style style;
};

struct progress;

/*
 * `stats` is kept.  `*out` is returned: release it with progress_free().  Returns
 * 0; -ENOMEM, or an error of fcntl() if there is no descriptor to copy.
 */
int progress_new(struct progress **out, const struct progress_options *options,
                 const struct stats *stats);

/* progress_run() has ended.  What was said since then is lost.  NULL is allowed. */
void progress_free(struct progress *progress);

/*
 * A task's function, of a struct progress: write until progress_stop().  All that
 * was said is written then, the frame is taken away, and the cursor is seen.
 * Returns 0; -ECANCELED, after the same; or the error of a write, after which
 * nothing is written any more.
 */
int progress_run(void *progress) COIL_SUSPENDS;

/* progress_run() is to end. */
void progress_stop(struct progress *progress);

/*
 * A line for people, without a line end.  It is made printable, and is written
 * above the display by progress_run(), with the next frame.  When the terminal
 * takes nothing, 256 KB wait; what is said beyond them is counted, and the count
 * is told.
 */
void progress_say(struct progress *progress, const char *line);

#endif
