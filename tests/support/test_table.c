/* SPDX-License-Identifier: MIT */
/* test_table.c - a test for each row of a table */
#include "test_table.h"

#include <stdio.h>
#include <stdlib.h>

#include "test.h"

void add_test(const char *file, const char *prefix, const char *name,
              void (*body_of)(const void *subject), const void *subject)
{
    struct test_case *test = calloc(1, sizeof *test);
    char *whole = NULL;

    ASSERT_NOT_NULL(test);
    ASSERT_GE(asprintf(&whole, "%s_%s", prefix, name), 0);
    *test = (struct test_case){
        .name = whole,
        .file = file,
        .body_of = body_of,
        .subject = subject,
    };
    test_register(test);
}
