/* SPDX-License-Identifier: MIT */
/*
 * process_test.h - what the tests of child processes share
 *
 *     struct coil_process *p = begin_shell("cat", &(struct coil_process_options){
 *                                               .in = { COIL_STDIO_PIPE } });
 *
 * The children are /bin/sh and what POSIX says is there.
 */
#ifndef COIL_TESTS_PROCESS_TEST_H
#define COIL_TESTS_PROCESS_TEST_H

#include <signal.h>
#include <unistd.h>

#include <coil/process.h>

#include "stream_test.h"

/* Standard output and standard error are pipes; and standard input as well. */
extern const struct coil_process_options listening_options;
extern const struct coil_process_options talking_options;

/* Start a command of the shell. */
struct coil_process *begin_shell(const char *command,
                                 const struct coil_process_options *options);

/* A child that runs until something ends it, and lets SIGTERM do that. */
struct coil_process *begin_endless(void);

/* It does not hear that its input has ended, so a signal alone ends it. */
struct coil_process *begin_deaf(void);

/* Wait for the line that the child writes to standard output. */
void await_line(struct coil_process *process, const char *line);

/* A task of coil_process_wait(); the argument is a process. */
int await_process(void *process);

/* Run a command; what it writes to standard output is `text`. */
void expect_output(const char *command,
                   const struct coil_process_options *options,
                   const char *text);

/* Skip the test where there are no terminals to be had. */
void need_terminals(void);

/* No process has the number `pid`, not even as a zombie. */
void expect_gone(pid_t pid);

/* This process has no child, neither running nor unreaped. */
void expect_childless(void);

#endif
