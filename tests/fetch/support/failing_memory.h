/* SPDX-License-Identifier: MIT */
/*
 * failing_memory.h - the n-th of the program's allocations fails
 *
 * The test has WRAPS: malloc calloc realloc strdup strndup, and includes this once.
 */
#ifndef COIL_TESTS_FETCH_FAILING_MEMORY_H
#define COIL_TESTS_FETCH_FAILING_MEMORY_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>

static size_t countdown; /* to the allocation that fails; 0: none */
static bool has_failed;  /* it has */

static bool memory_fails(void)
{
    if (countdown == 0 || --countdown > 0)
        return false;
    has_failed = true;
    errno = ENOMEM;
    return true;
}

#include "fetch/support/wrapped_memory.h"

#endif
