/* SPDX-License-Identifier: MIT */
/*
 * names.h - for tests of reports that name variables and functions
 */
#ifndef COIL_TESTS_NAMES_H
#define COIL_TESTS_NAMES_H

#include <stdbool.h>

/* An optimiser of the whole program renames what is static and inlines the rest. */
#ifdef COIL_WHOLE_PROGRAM
enum { NAMES_ARE_KEPT = false };
#else
enum { NAMES_ARE_KEPT = true };
#endif

/* To know a name, one must know the file that it stands in. */
void skip_without_names(void);

/* False where it is unknown what file an address is from, or who calls whom. */
bool knows_callers(void);

/* Whether this stack can be walked, and its frames' functions are known: then
 * frames of the library's own can be left out. */
bool has_backtraces(void);
bool knows_functions(void);

/* Added to a result, it keeps the call from being the last: its frame stays. */
extern volatile int zero;

#endif
