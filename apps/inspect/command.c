/* SPDX-License-Identifier: MIT */
#include "command.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "target.h"

bool command_number(const char *text, double low, double high, double *number)
{
    char *end;

    errno = 0;
    *number = strtod(text, &end);
    return end != text && !*end && errno == 0 && *number >= low &&
           *number <= high;
}

static bool parse_pid(const char *text, pid_t *pid)
{
    char *end;
    long number;

    errno = 0;
    number = strtol(text, &end, 10);
    *pid = (pid_t)number;
    return end != text && !*end && errno == 0 && number > 0 && *pid == number;
}

int command_process(const char *program, int argc, char **argv, pid_t *pid)
{
    if (optind != argc - 1 || !parse_pid(argv[optind], pid))
        return command_refuse(program, "the id of one process is expected");
    return -1;
}

int command_refuse(const char *program, const char *what)
{
    fprintf(stderr, "%s: %s (--help)\n", program, what);
    return EXIT_USAGE;
}

int command_finish(const char *program)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return 0;
    fprintf(stderr, "%s: cannot write: %s\n", program, strerror(errno));
    return EXIT_OTHER;
}
