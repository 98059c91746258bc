/* SPDX-License-Identifier: MIT */
/*
 * The task that draws: on a terminal of few rows, whose contents are what somebody
 * would see, and on the simulator, where a day takes no time.
 */
#include "show/progress.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <coil/run.h>
#include <coil/sleep.h>
#include <coil/stream.h>
#include <coil/stream_fd.h>
#include <coil/testing.h>

#include "actors.h"
#include "fetch_show.h"

/* ---- a terminal --------------------------------------------------------- */

enum { ROWS = 8, MAX_COLUMNS = 200, COLUMNS = 60 };

/* What stands on it, after all that has been read. */
struct screen {
    int master;
    int slave;
    struct coil_stream *output;
    char cells[ROWS][MAX_COLUMNS + 1];
    int row, column;
    bool is_hidden;
    unsigned shown;  /* how often the cursor was */
    char escape[16]; /* what has come of an escape sequence */
    size_t escape_size;
};

static void set_size(struct screen *screen, unsigned short columns)
{
    struct winsize size = { .ws_row = ROWS, .ws_col = columns };

    ASSERT_EQ(ioctl(screen->slave, TIOCSWINSZ, &size), 0);
}

static void screen_begin(struct screen *screen)
{
    *screen = (struct screen){ .master = posix_openpt(O_RDWR | O_NOCTTY) };
    if (screen->master < 0)
        SKIP("there are no terminals here");
    ASSERT_EQ(grantpt(screen->master), 0);
    ASSERT_EQ(unlockpt(screen->master), 0);
    screen->slave = open(ptsname(screen->master), O_RDWR | O_NOCTTY);
    ASSERT_GE(screen->slave, 0);
    set_size(screen, COLUMNS);
    memset(screen->cells, ' ', sizeof screen->cells);
    ASSERT_OK(coil_stream_from_fd(&screen->output, screen->master));
}

static void screen_end(struct screen *screen)
{
    coil_stream_abort(screen->output);
    close(screen->slave);
}

static void clear_cells(struct screen *screen, int row, int column)
{
    memset(&screen->cells[row][column], ' ', (size_t)(MAX_COLUMNS - column));
}

static void new_row(struct screen *screen)
{
    if (screen->row + 1 < ROWS) {
        screen->row++;
        return;
    }
    memmove(screen->cells[0], screen->cells[1],
            sizeof screen->cells - sizeof screen->cells[0]);
    clear_cells(screen, ROWS - 1, 0);
}

static void obey(struct screen *screen)
{
    const char *parameter = screen->escape + 2; /* behind "\x1b[" */
    char what = screen->escape[screen->escape_size - 1];

    if (what == 'K' || what == 'J')
        clear_cells(screen, screen->row, screen->column);
    if (what == 'J')
        for (int row = screen->row + 1; row < ROWS; row++)
            clear_cells(screen, row, 0);
    if (what == 'A')
        screen->row -= atoi(parameter);
    screen->shown += what == 'h';
    if (what == 'l' || what == 'h')
        screen->is_hidden = what == 'l';
    ASSERT(strchr("KJAlh", what) != NULL);
    ASSERT_GE(screen->row, 0);
}

static void take_byte(struct screen *screen, char c)
{
    if (c == '\x1b' || screen->escape_size > 0) {
        ASSERT_LT(screen->escape_size, sizeof screen->escape - 1);
        if (c != '\x1b')
            screen->escape[screen->escape_size] = c;
        screen->escape_size++;
        if ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')) {
            obey(screen);
            memset(screen->escape, 0, sizeof screen->escape);
            screen->escape_size = 0;
        }
    } else if (c == '\r') {
        screen->column = 0;
    } else if (c == '\n') {
        new_row(screen);
    } else {
        ASSERT(c >= 0x20 && c < 0x7f);
        ASSERT_LT(screen->column, MAX_COLUMNS);
        screen->cells[screen->row][screen->column++] = c;
    }
}

static void take_output(struct screen *screen)
{
    char bytes[4096];
    ptrdiff_t n = coil_stream_read(screen->output, bytes, sizeof bytes);

    ASSERT_GT(n, 0);
    for (ptrdiff_t i = 0; i < n; i++)
        take_byte(screen, bytes[i]);
}

/* Row `row` begins with `words`. */
static bool shows(const struct screen *screen, int row, const char *words)
{
    return strncmp(screen->cells[row], words, strlen(words)) == 0;
}

static void wait_until_shown(struct screen *screen, int row, const char *words)
{
    while (!shows(screen, row, words))
        take_output(screen);
}

/* ---- on the terminal ---------------------------------------------------- */

static struct progress *make_progress(int fd, enum progress_kind kind,
                                      const struct stats *stats)
{
    struct progress_options options = { .fd = fd, .kind = kind };
    struct progress *progress;

    ASSERT_OK(progress_new(&progress, &options, stats));
    return progress;
}

static int draw_on_terminal(void *arg)
{
    struct stats *stats = show_stats(0);
    struct job *job = show_job("http://slow/");
    struct stats_flight flight;
    struct progress *progress;
    struct coil_task *task;
    struct screen screen;

    (void)arg;
    screen_begin(&screen);
    stats->began = coil_now();
    progress = make_progress(screen.slave, PROGRESS_DISPLAY, stats);
    task = start(progress_run, progress);
    wait_until_shown(&screen, 0, "0 done  0/s");
    ASSERT(screen.is_hidden);

    /* What is said stands above, and the display moves down. */
    stats_set_read(stats, 10, true);
    progress_say(progress, "http://a/: \x1b[31mrefused");
    progress_say(progress, "http://b/: refused");
    wait_until_shown(&screen, 2, "0%  ---");
    ASSERT(shows(&screen, 0, "http://a/: \\x1b[31mrefused  "));
    ASSERT(shows(&screen, 1, "http://b/: refused   "));
    wait_until_shown(&screen, 3, "0 ok  0 in flight");

    /* At the lowest row what stands above scrolls away. */
    for (int i = 0; i < 12; i++)
        progress_say(progress, "one more");
    wait_until_shown(&screen, ROWS - 2, "0%  ---");
    ASSERT(shows(&screen, 0, "one more   "));
    ASSERT(shows(&screen, ROWS - 3, "one more   "));

    /* Nothing of the wider frame is left in the narrower one. */
    set_size(&screen, 24);
    wait_until_shown(&screen, ROWS - 2, "0% 0 of 10 0/s 0 B/s       ");
    wait_until_shown(&screen, ROWS - 1, "0 in flight 0 waiting    ");
    ASSERT(shows(&screen, ROWS - 3, "one more   "));

    /* A line more scrolls the others up, and is gone when it is over. */
    stats_begin_request(stats, &flight, job, coil_now() - 5 * COIL_SECOND);
    while (!strstr(screen.cells[ROWS - 1], " s  http://sl"))
        take_output(&screen);
    stats_end_request(stats, &flight, 0, coil_now());
    wait_until_shown(&screen, ROWS - 1, "                    ");
    ASSERT(shows(&screen, ROWS - 2, "0 in flight 0 waiting    "));

    progress_stop(progress);
    ASSERT_EQ(end_of(task), 0);
    wait_until_shown(&screen, ROWS - 3, "                          ");
    ASSERT(shows(&screen, ROWS - 2, "                          "));
    ASSERT(!screen.is_hidden);
    ASSERT_EQ(screen.column, 0);
    progress_free(progress);
    screen_end(&screen);
    job_free(job);
    stats_free(stats);
    return 0;
}

TEST(fetch_progress_draws_over_itself_on_a_terminal)
{
    ASSERT_EQ(coil_run(draw_on_terminal, NULL), 0);
}

static int cancel_the_display(void *arg)
{
    struct stats *stats = show_stats(0);
    struct progress *progress;
    struct coil_task *task;
    struct screen screen;

    (void)arg;
    screen_begin(&screen);
    progress = make_progress(screen.slave, PROGRESS_DISPLAY, stats);
    task = start(progress_run, progress);
    wait_until_shown(&screen, 0, "0 done");
    progress_say(progress, "the last words");
    ASSERT_EQ(end_by_cancelling(task), -ECANCELED);
    wait_until_shown(&screen, 0, "the last words");
    while (screen.is_hidden)
        take_output(&screen);
    ASSERT(shows(&screen, 1, "                "));
    progress_free(progress);
    screen_end(&screen);
    stats_free(stats);
    return 0;
}

TEST(fetch_progress_that_is_cancelled_leaves_the_terminal_as_it_was)
{
    ASSERT_EQ(coil_run(cancel_the_display, NULL), 0);
}

/* Wakes its parent as soon as that is stopped. */
static pid_t wake_when_stopped(pid_t sleeper)
{
    char path[64], state = '?';
    pid_t child = fork();
    FILE *file;

    if (child != 0)
        return child;
    snprintf(path, sizeof path, "/proc/%d/stat", (int)sleeper);
    while (state != 'T') {
        file = fopen(path, "r");
        if (!file || fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
            _exit(1);
        fclose(file);
    }
    kill(sleeper, SIGCONT);
    _exit(0);
}

static int stop_by_the_terminal(void *arg)
{
    struct stats *stats = show_stats(0);
    struct progress *progress;
    struct coil_task *task;
    struct screen screen;
    int status;
    pid_t child;

    (void)arg;
    screen_begin(&screen);
    progress = make_progress(screen.slave, PROGRESS_DISPLAY, stats);
    task = start(progress_run, progress);
    wait_until_shown(&screen, 0, "0 done");
    child = wake_when_stopped(getpid());
    raise(SIGTSTP);
    while (screen.shown == 0 || !screen.is_hidden)
        take_output(&screen);
    wait_until_shown(&screen, 0, "0 done");
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_EQ(status, 0);
    progress_stop(progress);
    ASSERT_EQ(end_of(task), 0);
    progress_free(progress);
    screen_end(&screen);
    stats_free(stats);
    return 0;
}

TEST(fetch_progress_that_is_stopped_shows_the_cursor_and_goes_on)
{
    ASSERT_EQ(coil_run(stop_by_the_terminal, NULL), 0);
}

/*
 * Nobody reads what is written: the run goes on, little is kept, and what could not
 * be kept is told.
 */
static int fill_the_terminal(void *arg)
{
    enum { LINES = 10000 };
    struct stats *stats = show_stats(0);
    struct progress *progress;
    struct coil_task *task;
    struct screen screen;
    char line[101];
    unsigned long long untold = 0;

    (void)arg;
    screen_begin(&screen);
    memset(line, 'x', sizeof line);
    line[sizeof line - 1] = '\0';
    progress = make_progress(screen.slave, PROGRESS_NONE, stats);
    task = start(progress_run, progress);
    for (int i = 0; i < LINES; i++) {
        progress_say(progress, line);
        ASSERT_OK(coil_yield());
    }
    while (untold == 0) {
        take_output(&screen);
        for (int row = 0; row < ROWS; row++)
            (void)!sscanf(screen.cells[row], "... and %llu lines more",
                          &untold);
    }
    ASSERT_GT(untold, 5000u);
    ASSERT_LT(untold, (unsigned)LINES);
    progress_say(progress, "after it");
    progress_stop(progress);
    ASSERT_EQ(end_of(task), 0);
    wait_until_shown(&screen, ROWS - 2, "after it");
    progress_free(progress);
    screen_end(&screen);
    stats_free(stats);
    return 0;
}

TEST(fetch_progress_waits_for_a_terminal_without_the_run)
{
    ASSERT_EQ(coil_run(fill_the_terminal, NULL), 0);
}

/* ---- elsewhere ---------------------------------------------------------- */

static char written[65536];

/* Let `kind` run for `duration` in the simulator; `written` is what came of it. */
struct show {
    enum progress_kind kind;
    coil_time duration;
    const char *path; /* NULL: a file that is read back */
    int result;
};

static int run_show(void *arg)
{
    struct show *show = arg;
    struct stats *stats = show_stats(0);
    FILE *file = show->path ? fopen(show->path, "w") : tmpfile();
    struct progress *progress;
    struct coil_task *task;

    ASSERT_NOT_NULL(file);
    stats->began = coil_now();
    progress = make_progress(fileno(file), show->kind, stats);
    task = start(progress_run, progress);
    progress_say(progress, "at first");
    ASSERT_OK(coil_sleep(show->duration));
    progress_say(progress, "at last");
    progress_stop(progress);
    show->result = end_of(task);
    progress_say(progress, "too late");
    if (!show->path) {
        ptrdiff_t n = pread(fileno(file), written, sizeof written - 1, 0);

        ASSERT_GE(n, 0);
        written[n] = '\0';
    }
    progress_free(progress);
    fclose(file);
    stats_free(stats);
    return 0;
}

static unsigned count_in_written(const char *what)
{
    unsigned count = 0;

    for (const char *at = written; (at = strstr(at, what)); at++)
        count++;
    return count;
}

TEST(fetch_progress_writes_a_line_every_ten_seconds)
{
    struct show show = { PROGRESS_LINES, 35 * COIL_SECOND, NULL, 1 };

    ASSERT_EQ(coil_test_run(run_show, &show, 0), 0);
    ASSERT_EQ(show.result, 0);
    ASSERT_STR_EQ(
        written,
        "at first\n"
        "coil-fetch: 0 done, 0/s, 0 B/s, 0 ok, 0 in flight, 0 waiting, 0 B, "
        "10 s\n"
        "coil-fetch: 0 done, 0/s, 0 B/s, 0 ok, 0 in flight, 0 waiting, 0 B, "
        "20 s\n"
        "coil-fetch: 0 done, 0/s, 0 B/s, 0 ok, 0 in flight, 0 waiting, 0 B, "
        "30 s\n"
        "at last\n");
}

TEST(fetch_progress_of_no_kind_writes_what_is_said)
{
    struct show show = { PROGRESS_NONE, 3600 * COIL_SECOND, NULL, 1 };

    ASSERT_EQ(coil_test_run(run_show, &show, 0), 0);
    ASSERT_EQ(show.result, 0);
    ASSERT_STR_EQ(written, "at first\nat last\n");
}

TEST(fetch_progress_draws_ten_frames_a_second)
{
    struct show show = { PROGRESS_DISPLAY, 3 * COIL_SECOND, NULL, 1 };

    ASSERT_EQ(coil_test_run(run_show, &show, 0), 0);
    ASSERT_EQ(show.result, 0);
    ASSERT_GE(count_in_written("0 done"), 28u);
    ASSERT_LE(count_in_written("0 done"), 31u);
    ASSERT_EQ(count_in_written("\x1b[?25l"), 1u);
    ASSERT_EQ(count_in_written("\x1b[?25h"), 1u);
    ASSERT_EQ(count_in_written("at first\n"), 1u);
    ASSERT_EQ(count_in_written("at last\n"), 1u);
    ASSERT_EQ(strcmp(written + strlen(written) - 6, "\x1b[?25h"), 0);
}

TEST(fetch_progress_ends_when_nothing_can_be_written)
{
    struct show show = { PROGRESS_DISPLAY, COIL_SECOND, "/dev/full", 1 };

    ASSERT_EQ(coil_test_run(run_show, &show, 0), 0);
    ASSERT_EQ(show.result, -ENOSPC);
}

TEST(fetch_progress_needs_a_descriptor)
{
    struct progress_options options = { .fd = -1 };
    struct stats *stats = show_stats(0);
    struct progress *progress;

    ASSERT_EQ(progress_new(&progress, &options, stats), -EBADF);
    ASSERT_NULL(progress);
    progress_free(NULL);
    stats_free(stats);
}

TEST(fetch_progress_is_of_the_kind_that_fits)
{
    setenv("TERM", "xterm", 1);
    ASSERT_EQ(progress_choose(STYLE_WHEN_TERMINAL, false, false, true),
              PROGRESS_DISPLAY);
    ASSERT_EQ(progress_choose(STYLE_WHEN_TERMINAL, true, true, true),
              PROGRESS_NONE);
    ASSERT_EQ(progress_choose(STYLE_WHEN_TERMINAL, false, false, false),
              PROGRESS_NONE);
    ASSERT_EQ(progress_choose(STYLE_WHEN_TERMINAL, false, true, false),
              PROGRESS_LINES);
    ASSERT_EQ(progress_choose(STYLE_WHEN_ALWAYS, true, false, false),
              PROGRESS_LINES);
    ASSERT_EQ(progress_choose(STYLE_WHEN_NEVER, false, true, true),
              PROGRESS_NONE);
    setenv("TERM", "dumb", 1);
    ASSERT_EQ(progress_choose(STYLE_WHEN_ALWAYS, false, false, true),
              PROGRESS_LINES);
    ASSERT_EQ(progress_choose(STYLE_WHEN_TERMINAL, false, false, true),
              PROGRESS_NONE);
}
