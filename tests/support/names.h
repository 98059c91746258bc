/* SPDX-License-Identifier: MIT */
/*
 * names.h - for tests of reports that name variables and functions
 */
#ifndef COIL_TESTS_NAMES_H
#define COIL_TESTS_NAMES_H

#include <stdbool.h>

/*
 * Whole-program optimisation renames static functions and inlines the others; so
 * does an amalgamation (scripts/amalgamate).
 */
#ifdef COIL_WHOLE_PROGRAM
enum { NAMES_ARE_KEPT = false };
#else
enum { NAMES_ARE_KEPT = true };
#endif

/* A name is known only if the file of its address is known. */
void skip_without_names(void);

/*
 * False where the file of an address, or the caller of a function, is unknown.
 */
bool knows_callers(void);

/*
 * Whether this stack can be walked, and its functions are known: then frames of
 * the library can be left out.
 */
bool has_backtraces(void);
bool knows_functions(void);

/*
 * Added to a result, it keeps the call from being the last one: its frame
 * stays.
 */
extern volatile int zero;

#endif
