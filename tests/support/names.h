/* SPDX-License-Identifier: MIT */
/*
 * names.h - for tests of reports that name variables and functions
 */
#ifndef COIL_TESTS_NAMES_H
#define COIL_TESTS_NAMES_H

#include "base/objects.h"
#include "test.h"

/* To know a name, one must know the file that it stands in. */
static inline void skip_without_names(void)
{
    static const char here;
    struct coil_object object;

    if (!coil__object_of((uintptr_t)&here, &object))
        SKIP("this C library does not tell what file an address is from");
}

#endif
