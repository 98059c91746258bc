/* SPDX-License-Identifier: MIT */
/*
 * coil-ps, coil-pstree - the tasks of another process
 */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "inspect/command.h"
#include "print.h"

/* Also if it is called coil-pstree. */
static const char program[] = "coil-ps";

static const char usage[] =
    "Usage: coil-ps [OPTION]... PID\n"
    "       coil-pstree PID\n"
    "Show the tasks of a process that runs coil, without stopping it.\n"
    "\n"
    "  -f, --frames    the stacks of tasks that wait, below each\n"
    "  -t, --tree      who awaits whom, as coil-pstree\n"
    "  -l, --leaks     only the tasks that can never wake: nothing alive reaches\n"
    "                  what they wait for\n"
    "      --json      all of it for programs, with --frames the stacks, too\n"
    "  --help          print this and exit\n"
    "  --version       print the version and exit\n"
    "\n"
    "Exit status: 0, or 2 for a wrong call, 3 if there is no such process,\n"
    "4 if reading its memory is not permitted, 5 if it does not use coil,\n"
    "6 if its coil is of an unknown version, 1 for anything else.\n";

struct options {
    struct print_options print;
    bool leaks;
    pid_t pid;
};

enum { OPTION_HELP = 256, OPTION_VERSION, OPTION_JSON };

static const struct option long_options[] = {
    { "frames", no_argument, NULL, 'f' },
    { "tree", no_argument, NULL, 't' },
    { "leaks", no_argument, NULL, 'l' },
    { "json", no_argument, NULL, OPTION_JSON },
    { "help", no_argument, NULL, OPTION_HELP },
    { "version", no_argument, NULL, OPTION_VERSION },
    { NULL, 0, NULL, 0 },
};

static bool is_pstree(const char *path)
{
    const char *slash = strrchr(path, '/');

    return strcmp(slash ? slash + 1 : path, "coil-pstree") == 0;
}

/* An exit status, or -1: go on. */
static int parse(struct options *options, int argc, char **argv)
{
    int c;

    *options = (struct options){ .print.tree = is_pstree(argv[0]) };
    while ((c = getopt_long(argc, argv, "ftl", long_options, NULL)) != -1) {
        switch (c) {
        case 'f':
            options->print.frames = true;
            break;
        case 't':
            options->print.tree = true;
            break;
        case OPTION_JSON:
            options->print.json = true;
            break;
        case 'l':
            options->leaks = true;
            break;
        case OPTION_HELP:
            fputs(usage, stdout);
            return command_finish(program);
        case OPTION_VERSION:
            puts("coil-ps " COIL_VERSION_STRING);
            return command_finish(program);
        default:
            return EXIT_USAGE;
        }
    }
    return command_process(program, argc, argv, &options->pid);
}

static int print_all(struct target *target, const struct print_options *options)
{
    struct snapshot snapshot;
    struct frames *frames;
    int status = snapshot_take(&snapshot, target);

    if (status != 0)
        return status;
    frames = frames_open(target);
    if (options->json)
        print_json(&snapshot, frames, options->frames, NULL);
    else if (options->tree)
        print_tree(&snapshot, frames);
    else
        print_table(&snapshot, frames, options->frames);
    frames_close(frames);
    snapshot_free(&snapshot);
    return 0;
}

int main(int argc, char **argv)
{
    struct options options;
    struct target target;
    int status = parse(&options, argc, argv);

    if (status >= 0)
        return status;
    status = target_open(&target, program, options.pid);
    if (status == 0)
        status = options.leaks ? print_leaks(&target, &options.print)
                               : print_all(&target, &options.print);
    return status != 0 ? status : command_finish(program);
}
