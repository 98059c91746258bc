/* SPDX-License-Identifier: MIT */
#include "show/progress.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <coil/event.h>
#include <coil/file.h>
#include <coil/loop.h>
#include <coil/signal.h>
#include <coil/timeout.h>

#include "show/progress_frame.h"

#define FRAME_TIME (100 * COIL_MILLISECOND)
#define LINE_TIME (10 * COIL_SECOND)
#define MAX_SAID ((size_t)256 * 1024)

#define HIDE_CURSOR "\x1b[?25l"
#define SHOW_CURSOR "\x1b[?25h"
#define CLEAR_BELOW "\r\x1b[J"

struct progress {
    struct coil_file *file;
    int fd; /* of `file` */
    enum progress_kind kind;
    struct style style;
    const struct stats *stats;
    struct coil_event changed; /* something is said, or it is to stop */
    bool is_stopped;
    bool is_hidden;    /* the cursor is */
    bool is_to_sleep;  /* SIGTSTP has come */
    struct text said;  /* lines that wait to be written */
    uint64_t unsaid;   /* lines for which there was no room */
    struct text frame; /* scratch */
    coil_time line_at; /* when the next plain line is due */
    struct coil_signal_handler on_stop;
};

enum progress_kind progress_choose(enum style_when when, bool is_silent,
                                   bool is_verbose, bool is_terminal)
{
    const char *term = getenv("TERM");
    bool moves = is_terminal && term && *term && strcmp(term, "dumb") != 0;

    if (when == STYLE_WHEN_NEVER)
        return PROGRESS_NONE;
    if (when == STYLE_WHEN_ALWAYS)
        return moves ? PROGRESS_DISPLAY : PROGRESS_LINES;
    if (is_silent)
        return PROGRESS_NONE;
    if (moves)
        return PROGRESS_DISPLAY;
    return is_verbose ? PROGRESS_LINES : PROGRESS_NONE;
}

int progress_new(struct progress **out, const struct progress_options *options,
                 const struct stats *stats)
{
    struct progress *progress = calloc(1, sizeof *progress);
    int rc;

    *out = NULL;
    if (!progress)
        return -ENOMEM;
    progress->fd = fcntl(options->fd, F_DUPFD_CLOEXEC, 3);
    if (progress->fd < 0) {
        rc = -errno;
        free(progress);
        return rc;
    }
    rc = coil_file_adopt(&progress->file, progress->fd);
    if (rc < 0) {
        close(progress->fd);
        free(progress);
        return rc;
    }
    progress->kind = options->kind;
    progress->style = options->style;
    progress->stats = stats;
    coil_event_init(&progress->changed);
    *out = progress;
    return 0;
}

void progress_free(struct progress *progress)
{
    if (!progress)
        return;
    coil_file_abort(progress->file);
    text_fini(&progress->said);
    text_fini(&progress->frame);
    free(progress);
}

void progress_stop(struct progress *progress)
{
    progress->is_stopped = true;
    coil_event_set(&progress->changed);
}

void progress_say(struct progress *progress, const char *line)
{
    if (progress->said.size >= MAX_SAID) {
        progress->unsaid++;
        return;
    }
    text_printable(&progress->said, line, strlen(line));
    text_add_char(&progress->said, '\n');
    coil_event_set(&progress->changed);
}

/* ---- what is written ---------------------------------------------------- */

/* A write to the terminal of others' foreground would disturb or stop them. */
static bool is_in_foreground(const struct progress *progress)
{
    pid_t group = tcgetpgrp(progress->fd);

    return group < 0 || group == getpgrp();
}

static void take_said(struct progress *progress)
{
    struct text *frame = &progress->frame;

    if (progress->said.size > 0)
        text_add_bytes(frame, progress->said.bytes, progress->said.size);
    text_clear(&progress->said);
    if (progress->unsaid > 0)
        text_add_format(frame, "... and %llu lines more\n",
                        (unsigned long long)progress->unsaid);
    progress->unsaid = 0;
}

/*
 * Line ends of the frame stand between the lines, and each line is cleared behind
 * its words: nothing flickers, and nothing scrolls but what is said.
 */
static void add_frame(struct text *text, const struct text *lines)
{
    size_t ends = 0;

    for (size_t i = 0; i + 1 < lines->size; i++) {
        if (lines->bytes[i] != '\n') {
            text_add_char(text, lines->bytes[i]);
            continue;
        }
        text_add(text, "\x1b[K\r\n");
        ends++;
    }
    text_add(text, "\x1b[K\x1b[J");
    if (ends > 0)
        text_add_format(text, "\x1b[%zuA", ends);
    text_add(text, "\r");
}

static void make_display(struct progress *progress)
{
    struct text *frame = &progress->frame;
    struct text lines = { 0 };
    struct winsize size = { 0 };

    if (!progress->is_hidden)
        text_add(frame, HIDE_CURSOR);
    progress->is_hidden = true;
    if (progress->said.size > 0)
        text_add(frame, CLEAR_BELOW);
    take_said(progress);
    if (ioctl(progress->fd, TIOCGWINSZ, &size) < 0 || size.ws_col == 0 ||
        size.ws_row == 0)
        size = (struct winsize){ .ws_col = 80, .ws_row = 24 };
    progress_frame(&lines, progress->stats, size.ws_col, size.ws_row,
                   progress->style, coil_now());
    if (!lines.has_failed)
        add_frame(frame, &lines);
    text_fini(&lines);
}

/* What is to be written now, if anything. */
static void make_frame(struct progress *progress)
{
    coil_time now = coil_now();

    text_clear(&progress->frame);
    if (progress->kind == PROGRESS_DISPLAY && is_in_foreground(progress)) {
        make_display(progress);
        return;
    }
    take_said(progress);
    if (progress->kind != PROGRESS_LINES || now < progress->line_at)
        return;
    if (progress->line_at > 0) {
        progress_line(&progress->frame, progress->stats, now);
        text_add_char(&progress->frame, '\n');
    }
    progress->line_at = now + LINE_TIME;
}

static int write_frame(struct progress *progress) COIL_SUSPENDS;
static int write_frame(struct progress *progress)
{
    size_t done = 0;

    while (done < progress->frame.size) {
        ptrdiff_t n =
            coil_file_write(progress->file, progress->frame.bytes + done,
                            progress->frame.size - done);

        if (n < 0)
            return (int)n;
        done += (size_t)n;
    }
    return 0;
}

/* ---- stopped by the terminal, and gone on ------------------------------- */

static void note_stop(void *arg)
{
    struct progress *progress = arg;

    progress->is_to_sleep = true;
    coil_event_set(&progress->changed);
}

/* Between frames: the terminal is the shell's until SIGCONT. */
static int sleep_and_go_on(struct progress *progress) COIL_SUSPENDS;
static int sleep_and_go_on(struct progress *progress)
{
    int rc;

    text_clear(&progress->frame);
    if (progress->is_hidden)
        text_add(&progress->frame, CLEAR_BELOW SHOW_CURSOR);
    progress->is_hidden = false;
    progress->is_to_sleep = false;
    rc = write_frame(progress);
    raise(SIGSTOP);
    return rc;
}

/* ---- the task ----------------------------------------------------------- */

/*
 * Wait until the next frame is due: what is said waits for that, too, if frames are
 * drawn.
 */
static int wait_for_frame(struct progress *progress) COIL_SUSPENDS;
static int wait_for_frame(struct progress *progress)
{
    struct coil_timeout limit;
    coil_time when = progress->kind == PROGRESS_DISPLAY
                         ? coil_now() + FRAME_TIME
                     : progress->kind == PROGRESS_LINES ? progress->line_at
                                                        : COIL_NEVER;
    int rc;

    do {
        rc = coil_timeout_begin_at(&limit, when);
        if (rc < 0)
            return rc;
        rc = coil_event_wait(&progress->changed);
        rc = coil_timeout_end(&limit, rc);
        coil_event_clear(&progress->changed);
    } while (rc == 0 && progress->kind == PROGRESS_DISPLAY &&
             !progress->is_stopped && !progress->is_to_sleep);
    return rc == -ETIMEDOUT ? 0 : rc;
}

/* What is left to say, and the terminal as it was. */
static int write_end(struct progress *progress) COIL_SUSPENDS;
static int write_end(struct progress *progress)
{
    text_clear(&progress->frame);
    if (progress->is_hidden)
        text_add(&progress->frame, CLEAR_BELOW);
    take_said(progress);
    if (progress->is_hidden)
        text_add(&progress->frame, SHOW_CURSOR);
    progress->is_hidden = false;
    return write_frame(progress);
}

int progress_run(void *arg)
{
    struct progress *progress = arg;
    struct coil_loop *loop = coil_loop_current();
    int rc = 0;
    int end;

    if (progress->kind == PROGRESS_DISPLAY)
        rc = coil_loop_add_signal_handler(loop, &progress->on_stop, SIGTSTP,
                                          note_stop, progress);
    while (rc == 0 && !progress->is_stopped) {
        make_frame(progress);
        rc = write_frame(progress);
        if (rc == 0 && !progress->is_stopped)
            rc = wait_for_frame(progress);
        if (rc == 0 && progress->is_to_sleep)
            rc = sleep_and_go_on(progress);
    }
    coil_loop_remove_signal_handler(loop, &progress->on_stop);
    if (rc < 0 && rc != -ECANCELED)
        return rc;
    end = write_end(progress);
    return rc < 0 ? rc : end;
}
