/* SPDX-License-Identifier: MIT */
/*
 * process/environment.h - the environment of a program, and where its file is
 */
#ifndef COIL_PROCESS_ENVIRONMENT_H
#define COIL_PROCESS_ENVIRONMENT_H

#include <coil/process.h>

/*
 * The environment that `options` asks for: an array that is returned, to be
 * freed with coil__free(); its strings are borrowed.  NULL: no memory.
 */
char **coil__environment_new(const struct coil_process_options *options);

/* The value of `name` in `env`, or NULL. */
const char *coil__environment_get(char *const *env, const char *name);

/*
 * The files to be tried for the program `name`, in turn; the last is NULL: an
 * array with its strings, to be freed with coil__free().  NULL: no memory.
 */
char **coil__program_files(const char *name, char *const *env);

#endif
