/* SPDX-License-Identifier: MIT */
/*
 * names.h - for tests of reports that name variables and functions
 */
#ifndef COIL_TESTS_NAMES_H
#define COIL_TESTS_NAMES_H

#include <stdbool.h>

#include "trace/objects.h"
#include "test.h"

/* An optimiser of the whole program renames what is static and inlines the rest. */
#ifdef COIL_WHOLE_PROGRAM
enum { NAMES_ARE_KEPT = false };
#else
enum { NAMES_ARE_KEPT = true };
#endif

/* To know a name, one must know the file that it stands in. */
static inline void skip_without_names(void)
{
    static const char here;
    struct coil_object object;

    if (!NAMES_ARE_KEPT)
        SKIP("-flto renames and inlines what this test looks for");
    if (!coil__object_of((uintptr_t)&here, &object))
        SKIP("this C library does not tell what file an address is from");
}

#endif
