/* SPDX-License-Identifier: MIT */
/*
 * examples/lines.c, end to end: from a pipe, from a file, and into a file.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "program.h"
#include "test.h"

static void check(const char *script, const char *expected)
{
    char command[4096];
    const char *argv[] = { "/bin/sh", "-c", command, NULL };
    struct program program;

    snprintf(command, sizeof command, "lines='%s'; %s",
             program_path("examples/lines"), script);
    ASSERT_EQ(program_run(&program, argv, NULL), 0);
    ASSERT_STR_EQ(program.err, "");
    ASSERT_STR_EQ(program.out, expected);
}

TEST(example_lines_of_a_pipe)
{
    check("printf 'one\\ntwo' | \"$lines\"", "     1\tone\n     2\ttwo");
}

/* Both programs share the file, which each goes on with. */
TEST(example_lines_of_files_and_into_a_file)
{
    check("f=$(mktemp); g=$(mktemp); printf 'one\\ntwo\\n' >$f;"
          "{ \"$lines\" <$f; echo between; \"$lines\" $f $f; } >$g;"
          "cat $g; rm $f $g",
          "     1\tone\n     2\ttwo\nbetween\n"
          "     1\tone\n     2\ttwo\n     3\tone\n     4\ttwo\n");
}

TEST(example_lines_of_what_is_not_there)
{
    check("\"$lines\" /nowhere 2>/dev/null || echo failed", "failed\n");
}
