/* SPDX-License-Identifier: MIT */
#include "run/onlooker.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <coil/base.h>

#include "run/world.h"
#include "schedule/schedule.h"
#include "show/progress.h"
#include "show/report.h"
#include "show/stats.h"
#include "show/style.h"
#include "show/summary.h"

/* How often the display looks at what waits. */
#define LOOK_EVERY (100 * COIL_MILLISECOND)

static enum style_when style_of(enum when when)
{
    return when == WHEN_ALWAYS  ? STYLE_WHEN_ALWAYS
           : when == WHEN_NEVER ? STYLE_WHEN_NEVER
                                : STYLE_WHEN_TERMINAL;
}

int onlooker_open(struct run *run)
{
    const struct options *o = run->options;
    bool is_terminal = isatty(STDERR_FILENO) != 0;
    int rc = stats_new(&run->stats, 0, run->began);

    if (rc < 0)
        return rc;
    return progress_new(
        &run->progress,
        &(struct progress_options){
            .fd = STDERR_FILENO,
            .kind = progress_choose(style_of(o->progress), o->is_silent,
                                    o->is_verbose, is_terminal),
            .style = style_choose(style_of(o->color), is_terminal),
        },
        run->stats);
}

void onlooker_close(struct run *run)
{
    progress_free(run->progress);
    stats_free(run->stats);
}

/* What waits is counted by the schedule, and looked at now and then. */
static void look(void *arg)
{
    struct run *run = arg;

    stats_collect(run->stats, coil_now());
    stats_set_waiting(run->stats,
                      schedule_waiting(run->schedule) -
                          schedule_retrying(run->schedule),
                      schedule_retrying(run->schedule));
    (void)coil_loop_call_later(coil_loop_current(), &run->look, LOOK_EVERY,
                               look, run);
}

int onlooker_start(struct run *run, struct coil_task_group *group)
{
    int rc = coil_task_group_create(group, NULL, progress_run, run->progress);

    if (rc == 0)
        look(run);
    return rc;
}

void onlooker_stop(struct run *run)
{
    coil_handle_cancel(&run->look);
    progress_stop(run->progress);
}

static const char *why_it_stopped(const struct run *run)
{
    switch (run->stop) {
    case STOP_FAILED_FAST:
        return "stopped by --fail-fast";
    case STOP_DEADLINE:
        return "stopped by --deadline";
    case STOP_NO_SPACE:
        return "stopped, since the disk is full";
    case STOP_OUTPUT:
        return "stopped, since its output cannot be written";
    case STOP_INTERRUPTED:
        return "interrupted";
    default:
        return NULL;
    }
}

static void summarise(const struct run *run)
{
    const struct options *o = run->options;
    const struct summary_options how = {
        .style = style_choose(style_of(o->color), isatty(STDERR_FILENO) != 0),
        .stopped = why_it_stopped(run),
        .has_journal = o->journal != NULL,
        .done_before = run->done_before,
    };
    struct text text = { 0 };

    if (o->summary == SUMMARY_NONE || o->is_dry_run ||
        (o->is_silent && o->summary != SUMMARY_JSON))
        return;
    if (o->summary == SUMMARY_JSON)
        summary_json(&text, run->stats, &how, coil_now());
    else
        summary_text(&text, run->stats, &how, coil_now());
    if (!text.has_failed)
        fputs(text.bytes, stderr);
    text_fini(&text);
}

int onlooker_tell(struct run *run)
{
    const struct options *o = run->options;
    int rc = 0;

    summarise(run);
    if (o->report && !o->is_dry_run)
        rc = report_save(o->report, run->stats,
                         &(struct report_options){
                             .argc = o->argc,
                             .argv = o->argv,
                             .began_unix_us = run->began_unix_us,
                             .stopped = why_it_stopped(run),
                             .version = COIL_VERSION_STRING,
                         },
                         coil_now());
    return rc < 0 ? run_complain("--report", o->report, rc) : 0;
}

void run_say(struct run *run, const char *format, ...)
{
    struct text line = { 0 };
    char *bytes;
    va_list args;

    if (run->options->is_silent && !run->options->shows_errors)
        return;
    va_start(args, format);
    if (vasprintf(&bytes, format, args) >= 0) {
        text_add_format(&line, "coil-fetch: %s", bytes);
        free(bytes);
    }
    va_end(args);
    if (!line.has_failed && line.size > 0)
        progress_say(run->progress, line.bytes);
    text_fini(&line);
}
