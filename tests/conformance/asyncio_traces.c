/* SPDX-License-Identifier: MIT */
/*
 * coil runs programs whose traces CPython 3.13's asyncio has recorded
 * (tests/conformance/asyncio/README.md).
 *
 * COIL_TRACES names a file with others; all that differ are printed.
 */
#include <stdio.h>
#include <stdlib.h>

#include "test.h"
#include "traces.h"

enum { SHOWN = 5 };

static char text[TRACE_SIZE];
static char expected[TRACE_SIZE];
static char actual[TRACE_SIZE];

static bool read_line(FILE *file, char *line)
{
    if (!fgets(line, TRACE_SIZE, file))
        return false;
    line[strcspn(line, "\n")] = '\0';
    return true;
}

static bool is_equal(void)
{
    static struct trace_program program;
    const char *wrong = trace_parse(&program, text);

    if (wrong)
        FAIL("%s: %s", wrong, text);
    trace_run(&program, actual);
    return strcmp(actual, expected + 2) == 0;
}

/* Pairs of lines: "P …", the program, and "= …", its trace. */
static size_t replay(FILE *file, size_t shown, size_t *count)
{
    size_t different = 0;

    for (*count = 0; read_line(file, text); (*count)++) {
        if (text[0] == '#' && (*count)-- + 1)
            continue;
        if (!read_line(file, expected) || expected[0] != '=')
            FAIL("a program without a trace: %s", text);
        if (is_equal())
            continue;
        if (different++ < shown)
            printf("%s\n%s\n~ %s\n", text, expected, actual);
    }
    return different;
}

static void replay_file(const char *path, size_t shown)
{
    FILE *file = fopen(path, "r");
    size_t count;
    size_t different;

    ASSERT_NOT_NULL(file);
    different = replay(file, shown, &count);
    fclose(file);
    printf("%zu programs, %zu different\n", count, different);
    fflush(stdout);
    ASSERT(count > 0);
    ASSERT_EQ(different, 0);
}

TEST(asyncio_traces_are_those_of_coil)
{
    const char *path = getenv("COIL_TRACES");

    replay_file(path ? path : TRACES, path ? SIZE_MAX : SHOWN);
}
