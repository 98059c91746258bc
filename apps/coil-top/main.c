/* SPDX-License-Identifier: MIT */
/*
 * coil-top - the loops and tasks of another process, again and again
 *
 * It is a program of coil itself: one task waits for keys, for a while, and
 * between them looks at the other process.
 */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <coil.h>

#include "inspect/command.h"
#include "terminal.h"
#include "top.h"

static const char program[] = "coil-top";

static const char usage[] =
    "Usage: coil-top [OPTION]... PID\n"
    "Show what the loops and tasks of a process do, without stopping it.\n"
    "\n"
    "  -i, --interval S    refresh each S seconds; 1\n"
    "  -b, --batch         write all tables, one after the other, instead of\n"
    "                      taking the terminal over\n"
    "  -n, --iterations N  end after N refreshes\n"
    "      --once          as -b -n 1\n"
    "  -s, --sort KEY      by number, time, name or state\n"
    "  -f, --filter TEXT   only lines that contain TEXT\n"
    "  --help              print this and exit; the key h tells of the keys\n"
    "  --version           print the version and exit\n"
    "\n"
    "Exit status: 0, or 2 for a wrong call, 3 if there is no such process,\n"
    "4 if reading its memory is not permitted, 5 if it does not use coil,\n"
    "6 if its coil is of an unknown version, 1 for anything else.\n";

#define TICK (50 * COIL_MILLISECOND)

struct options {
    double interval;
    bool batch;
    unsigned long iterations; /* 0: no end */
    enum sort sort;
    const char *filter;
    pid_t pid;
};

enum { OPTION_HELP = 256, OPTION_VERSION, OPTION_ONCE };

static const struct option long_options[] = {
    { "interval", required_argument, NULL, 'i' },
    { "batch", no_argument, NULL, 'b' },
    { "iterations", required_argument, NULL, 'n' },
    { "once", no_argument, NULL, OPTION_ONCE },
    { "sort", required_argument, NULL, 's' },
    { "filter", required_argument, NULL, 'f' },
    { "help", no_argument, NULL, OPTION_HELP },
    { "version", no_argument, NULL, OPTION_VERSION },
    { NULL, 0, NULL, 0 },
};

/* What the one task works with. */
struct session {
    const struct options *options;
    struct top *top;
    int pidfd; /* -1: there is none */
    bool has_terminal;
    bool is_resized;
    bool has_ended; /* the process */
    int status;
};

/* ---- options -------------------------------------------------------------- */

static bool parse_sort(const char *text, enum sort *sort)
{
    for (int i = 0; i < SORTS; i++) {
        if (strcmp(text, top_sorts[i]) == 0) {
            *sort = (enum sort)i;
            return true;
        }
    }
    return false;
}

/* One option.  An exit status, or -1: go on. */
static int parse_option(struct options *options, int c)
{
    double number;

    switch (c) {
    case 'i':
        if (!command_number(optarg, 0.05, 1e6, &options->interval))
            return command_refuse(
                program, "--interval is a number of seconds, from 0.05 on");
        return -1;
    case 'b':
        options->batch = true;
        return -1;
    case 'n':
        if (!command_number(optarg, 1, 1e9, &number))
            return command_refuse(program,
                                  "--iterations is a number from 1 on");
        options->iterations = (unsigned long)number;
        return -1;
    case OPTION_ONCE:
        options->batch = true;
        options->iterations = 1;
        return -1;
    case 's':
        if (!parse_sort(optarg, &options->sort))
            return command_refuse(program,
                                  "--sort is number, time, name or state");
        return -1;
    case 'f':
        options->filter = optarg;
        return -1;
    case OPTION_HELP:
        fputs(usage, stdout);
        return command_finish(program);
    case OPTION_VERSION:
        puts("coil-top " COIL_VERSION_STRING);
        return command_finish(program);
    default:
        return EXIT_USAGE;
    }
}

static int parse(struct options *options, int argc, char **argv)
{
    int status = -1;
    int c;

    *options = (struct options){ .interval = 1 };
    while (status < 0 &&
           (c = getopt_long(argc, argv, "i:bn:s:f:", long_options, NULL)) != -1)
        status = parse_option(options, c);
    if (status >= 0)
        return status;
    return command_process(program, argc, argv, &options->pid);
}

/* ---- the terminal --------------------------------------------------------- */

static void draw(struct session *s)
{
    char *text = NULL;
    size_t size = 0;
    FILE *memory = open_memstream(&text, &size);
    int rows;
    int columns;

    if (!memory)
        return;
    terminal_size(&rows, &columns);
    top_print(s->top, memory, rows);
    fclose(memory);
    terminal_show(text, size);
    free(text);
}

static void resize(void *arg)
{
    struct session *s = arg;

    s->is_resized = true;
}

/* Do what has been typed.  False: the program is to end. */
static bool take_keys(struct session *s, bool *any)
{
    int keys[64];
    size_t count;
    int rows;
    int columns;

    terminal_size(&rows, &columns);
    count = terminal_read(keys, sizeof keys / sizeof keys[0]);
    *any = count > 0;
    for (size_t i = 0; i < count; i++) {
        if (!top_key(s->top, keys[i], rows))
            return false;
        /* The next key may choose among what this one shows. */
        if (i + 1 < count)
            top_collect(s->top, top_place(s->top));
    }
    return true;
}

/* ---- the task ------------------------------------------------------------- */

/* 1: keys are there; 0: a tick has passed; or an error. */
static int wait_for_keys(const struct session *s)
{
    struct coil_timeout tick;
    int rc;

    if (!s->has_terminal) {
        rc = coil_sleep(TICK);
        return rc;
    }
    rc = coil_timeout_begin(&tick, TICK);
    if (rc < 0)
        return rc;
    rc = coil_wait_fd(STDIN_FILENO, COIL_READABLE);
    rc = coil_timeout_end(&tick, rc);
    return rc == -ETIMEDOUT ? 0 : rc;
}

static bool is_over(struct session *s, bool could_look)
{
    struct pollfd look = { .fd = s->pidfd, .events = POLLIN };

    if (!could_look || (s->pidfd >= 0 && poll(&look, 1, 0) > 0))
        s->has_ended = true;
    return s->has_ended;
}

/* Show what there is.  False: it was the last time. */
static bool refresh(struct session *s, unsigned long *left)
{
    if (is_over(s, top_refresh(s->top)))
        return false;
    if (s->has_terminal) {
        draw(s);
    } else {
        top_print_all(s->top, stdout);
        s->status = command_finish(program);
    }
    return s->status == 0 && (*left == 0 || --*left > 0);
}

static int watch(struct session *s)
{
    coil_time interval = (coil_time)(s->options->interval * COIL_SECOND);
    unsigned long left = s->options->iterations;
    coil_time last = coil_now();
    coil_time next = last + interval;
    bool any = false;

    if (is_over(s, top_refresh(s->top)))
        return 0;
    if (s->has_terminal)
        draw(s);
    for (;;) {
        coil_time now;
        int rc = wait_for_keys(s);

        if (rc < 0)
            return rc;
        if (rc > 0 && !take_keys(s, &any))
            return 0;
        now = coil_now();
        if (any || s->is_resized)
            draw(s);
        any = false;
        s->is_resized = false;
        if (s->top->is_paused)
            continue;
        if (is_over(s, top_tick(s->top, (double)(now - last) / 1e9)))
            return 0;
        last = now;
        if (now < next)
            continue;
        if (!refresh(s, &left))
            return 0;
        next = now + interval;
    }
}

static int run(void *arg)
{
    struct session *s = arg;
    struct coil_loop *loop = coil_loop_current();
    struct coil_signal_handler on_resize = { .loop = NULL };
    int rc = 0;

    /* To read very many tasks takes long, and nobody else waits here. */
    coil_loop_set_slow_callback_duration(loop, 0);
    if (s->has_terminal)
        rc =
            coil_loop_add_signal_handler(loop, &on_resize, SIGWINCH, resize, s);
    if (rc == 0)
        rc = watch(s);
    coil_loop_remove_signal_handler(loop, &on_resize);
    /* SIGINT and SIGTERM end it as q does. */
    return rc == -ECANCELED ? 0 : rc;
}

/* ---- all ------------------------------------------------------------------ */

static int show(struct session *s)
{
    int rc;

    if (!s->options->batch) {
        s->has_terminal = terminal_begin();
        if (!s->has_terminal)
            return command_refuse(program, "there is no terminal; use --batch");
    }
    rc = coil_run(run, s);
    terminal_end();
    if (s->has_ended)
        fprintf(stderr, "coil-top: process %d: it has ended\n",
                (int)s->options->pid);
    if (rc < 0) {
        fprintf(stderr, "coil-top: %s\n", coil_strerror(rc));
        return EXIT_OTHER;
    }
    return s->status;
}

int main(int argc, char **argv)
{
    struct options options;
    struct target target;
    struct top top = { .target = &target };
    struct session session = { .options = &options, .top = &top };
    int status = parse(&options, argc, argv);

    if (status >= 0)
        return status;
    session.pidfd = (int)syscall(SYS_pidfd_open, options.pid, 0);
    status = target_open(&target, program, options.pid);
    if (status == 0)
        top.scan = scan_open(&target, &status);
    if (top.scan) {
        top.stacks = stacks_open(&target);
        top.sort = options.sort;
        snprintf(top.filter, sizeof top.filter, "%s",
                 options.filter ? options.filter : "");
        status = show(&session);
        stacks_close(top.stacks);
        scan_close(top.scan);
    }
    if (session.pidfd >= 0)
        close(session.pidfd);
    connections_free(&top.connections);
    free(top.watches);
    free(top.rows);
    return status;
}
