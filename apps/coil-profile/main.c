/* SPDX-License-Identifier: MIT */
/*
 * coil-profile - where the tasks of another process run, and where they wait
 */
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "inspect/command.h"
#include "sampler.h"

static const char program[] = "coil-profile";

static const char usage[] =
    "Usage: coil-profile [OPTION]... PID\n"
    "Say where the tasks of a process run, and where they wait, without\n"
    "stopping it.\n"
    "\n"
    "  -F, --frequency HZ   so many samples a second; 100\n"
    "  -d, --duration S     for so many seconds; 10\n"
    "  -o, --output FILE    flame graphs as an SVG, or with --collapsed that\n"
    "      --collapsed      stacks as lines: frames with ';' between them, and\n"
    "                       microseconds\n"
    "      --run            only where tasks run\n"
    "      --wait           only where tasks wait\n"
    "      --both           both, as without these options\n"
    "      --tasks N        read at most N of the tasks at each sample; 500\n"
    "      --names          tell tasks apart whose names differ in a number\n"
    "  --help               print this and exit\n"
    "  --version            print the version and exit\n"
    "\n"
    "SIGINT and SIGTERM end it early; what was sampled is told.\n"
    "\n"
    "Exit status: 0, or 2 for a wrong call, 3 if there is no such process,\n"
    "4 if reading its memory is not permitted, 5 if it does not use coil,\n"
    "6 if its coil is of an unknown version, 1 for anything else.\n";

struct options {
    struct sampler_options sampler;
    double seconds;
    const char *output;
    bool collapsed;
    pid_t pid;
};

enum {
    OPTION_HELP = 256,
    OPTION_VERSION,
    OPTION_COLLAPSED,
    OPTION_RUN,
    OPTION_WAIT,
    OPTION_BOTH,
    OPTION_TASKS,
    OPTION_NAMES,
};

static const struct option long_options[] = {
    { "frequency", required_argument, NULL, 'F' },
    { "duration", required_argument, NULL, 'd' },
    { "output", required_argument, NULL, 'o' },
    { "collapsed", no_argument, NULL, OPTION_COLLAPSED },
    { "run", no_argument, NULL, OPTION_RUN },
    { "wait", no_argument, NULL, OPTION_WAIT },
    { "both", no_argument, NULL, OPTION_BOTH },
    { "tasks", required_argument, NULL, OPTION_TASKS },
    { "names", no_argument, NULL, OPTION_NAMES },
    { "help", no_argument, NULL, OPTION_HELP },
    { "version", no_argument, NULL, OPTION_VERSION },
    { NULL, 0, NULL, 0 },
};

static volatile sig_atomic_t is_interrupted;

static void interrupt(int number)
{
    (void)number;
    is_interrupted = 1;
}

/* ---- options -------------------------------------------------------------- */

/* One option.  An exit status, or -1: go on. */
static int parse_option(struct options *options, int c)
{
    double number;

    switch (c) {
    case 'F':
        if (!command_number(optarg, 0.1, 10000, &options->sampler.hz))
            return command_refuse(program, "--frequency is from 0.1 to 10000");
        return -1;
    case 'd':
        if (!command_number(optarg, 0, 1e7, &options->seconds))
            return command_refuse(program, "--duration is a number of seconds");
        return -1;
    case OPTION_TASKS:
        if (!command_number(optarg, 1, 1e9, &number))
            return command_refuse(program, "--tasks is a number from 1 on");
        options->sampler.most = (size_t)number;
        return -1;
    case 'o':
        options->output = optarg;
        return -1;
    case OPTION_COLLAPSED:
        options->collapsed = true;
        return -1;
    case OPTION_RUN:
    case OPTION_WAIT:
    case OPTION_BOTH:
        options->sampler.run = c != OPTION_WAIT;
        options->sampler.wait = c != OPTION_RUN;
        return -1;
    case OPTION_NAMES:
        options->sampler.exact_names = true;
        return -1;
    case OPTION_HELP:
        fputs(usage, stdout);
        return command_finish(program);
    case OPTION_VERSION:
        puts("coil-profile " COIL_VERSION_STRING);
        return command_finish(program);
    default:
        return EXIT_USAGE;
    }
}

static int parse(struct options *options, int argc, char **argv)
{
    int status = -1;
    int c;

    *options = (struct options){
        .sampler = { .hz = 100, .most = 500, .run = true, .wait = true },
        .seconds = 10,
    };
    while (status < 0 &&
           (c = getopt_long(argc, argv, "F:d:o:", long_options, NULL)) != -1)
        status = parse_option(options, c);
    if (status >= 0)
        return status;
    return command_process(program, argc, argv, &options->pid);
}

/* ---- sampling ------------------------------------------------------------- */

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

/* Sleep until that time, or a signal. */
static void sleep_until(double us)
{
    const struct timespec time = {
        .tv_sec = (time_t)(us / 1e6),
        .tv_nsec = (long)fmod(us, 1e6) * 1000,
    };

    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL);
}

/* Whether the process that `pidfd` stands for has ended.  -1: it is not known. */
static bool has_ended(int pidfd)
{
    struct pollfd look = { .fd = pidfd, .events = POLLIN };

    return pidfd >= 0 && poll(&look, 1, 0) > 0;
}

/* Until the time is up, the process has ended, or a signal has come. */
static void sample(struct sampler *sampler, const struct options *options,
                   int pidfd)
{
    double period = 1e6 / options->sampler.hz;
    bool can_look = sampler_prepare(sampler);
    double last = now();
    double next = last + period;
    double end = last + 1e6 * options->seconds;

    while (next <= end + 1 && !is_interrupted) {
        double at;

        sleep_until(next);
        at = now();
        if (has_ended(pidfd) || is_interrupted)
            break;
        can_look = can_look && sampler_tick(sampler, at - last);
        if (!can_look)
            break;
        last = at;
        for (next += period; next < now(); next += period)
            sampler->missed++;
    }
    if (has_ended(pidfd))
        fprintf(stderr, "coil-profile: process %d: it has ended\n",
                (int)options->pid);
    else if (!can_look)
        fprintf(stderr,
                "coil-profile: process %d: it has ended, or runs another "
                "program\n",
                (int)options->pid);
}

/* ---- output --------------------------------------------------------------- */

static void print_svg(const struct sampler *sampler, FILE *to)
{
    const struct graph *graphs[2];
    const char *titles[2];
    char texts[2][160];
    char about[96];
    size_t count = 0;

    if (sampler->options.run) {
        graphs[count] = &sampler->run;
        snprintf(texts[0], sizeof texts[0], "Where tasks run: %.1f ms%s",
                 sampler->run.root.total / 1e3,
                 !sampler->has_perf     ? ", by the clock, without stacks"
                 : sampler->sees_kernel ? ", by perf events"
                                        : ", by perf events, without the "
                                          "time in system calls");
        titles[count++] = texts[0];
    }
    if (sampler->options.wait) {
        graphs[count] = &sampler->wait;
        snprintf(texts[1], sizeof texts[1],
                 "Where tasks wait: %.1f s of all tasks together",
                 sampler->wait.root.total / 1e6);
        titles[count++] = texts[1];
    }
    snprintf(about, sizeof about, "coil-profile of process %d, %.1f s",
             (int)sampler->target->pid, sampler->us / 1e6);
    graph_print_svg(graphs, titles, count, about, to);
}

static void print_collapsed(const struct sampler *sampler, FILE *to)
{
    if (sampler->options.run)
        graph_print_collapsed(&sampler->run, "runs", to);
    if (sampler->options.wait)
        graph_print_collapsed(&sampler->wait, "waits", to);
}

static int cannot_write(const char *name)
{
    fprintf(stderr, "coil-profile: cannot write %s: %s\n", name,
            strerror(errno));
    return EXIT_OTHER;
}

static int print(const struct sampler *sampler, const struct options *options)
{
    FILE *file = NULL;
    int status = 0;

    if (options->output) {
        file = fopen(options->output, "we");
        if (!file)
            return cannot_write(options->output);
    }
    if (options->collapsed)
        print_collapsed(sampler, file ? file : stdout);
    else if (file)
        print_svg(sampler, file);
    if (file) {
        if (fflush(file) != 0 || ferror(file))
            status = cannot_write(options->output);
        fclose(file);
    }
    if (file || !options->collapsed)
        sampler_report(sampler, stdout);
    if (command_finish(program) != 0)
        status = EXIT_OTHER;
    return status;
}

static int profile(const struct options *options)
{
    const struct sigaction action = { .sa_handler = interrupt };
    struct sampler sampler;
    struct target target;
    struct stacks *stacks;
    struct scan *scan;
    int pidfd = (int)syscall(SYS_pidfd_open, options->pid, 0);
    int status = target_open(&target, program, options->pid);

    scan = status == 0 ? scan_open(&target, &status) : NULL;
    if (scan) {
        stacks = stacks_open(&target);
        sampler_init(&sampler, &target, scan, stacks, &options->sampler);
        sigaction(SIGINT, &action, NULL);
        sigaction(SIGTERM, &action, NULL);
        sample(&sampler, options, pidfd);
        sampler_finish(&sampler);
        status = print(&sampler, options);
        sampler_fini(&sampler);
        scan_close(scan);
        stacks_close(stacks);
    }
    if (pidfd >= 0)
        close(pidfd);
    return status;
}

int main(int argc, char **argv)
{
    struct options options;
    int status = parse(&options, argc, argv);

    return status >= 0 ? status : profile(&options);
}
