/* SPDX-License-Identifier: MIT */
/*
 * command.h - the command line of a program that looks into another process
 */
#ifndef COIL_INSPECT_COMMAND_H
#define COIL_INSPECT_COMMAND_H

#include <stdbool.h>
#include <sys/types.h>

/* A number from `low` to `high`, and nothing behind it. */
bool command_number(const char *text, double low, double high, double *number);

/*
 * What getopt_long() has left is to be the id of one process.  An exit status, or
 * -1: go on.
 */
int command_process(const char *program, int argc, char **argv, pid_t *pid);

/* Say what is wrong with the call; EXIT_USAGE. */
int command_refuse(const char *program, const char *what);

/* Status 0, if all of standard output has been written. */
int command_finish(const char *program);

#endif
