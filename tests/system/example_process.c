/* SPDX-License-Identifier: MIT */
/*
 * The examples that run other programs, end to end.
 */
#include <stdio.h>

#include "program.h"
#include "test.h"

static struct program program;

static int run(const char *example, const char *first, const char *second)
{
    const char *argv[] = { program_path(example), first, second, NULL };

    return program_run(&program, argv, NULL);
}

TEST(example_process_pipeline)
{
    ASSERT_EQ(run("examples/pipeline", "60", "wc -l >/dev/null; echo counted"),
              0);
    ASSERT_STR_EQ(program.out, "counted\n");
    ASSERT_STR_EQ(program.err, "");
    ASSERT_EQ(run("examples/pipeline", "60", "cat >/dev/null; exit 5"), 5);
    ASSERT_STR_EQ(program.err, "pipeline: the command failed\n");
    ASSERT_NE(run("examples/pipeline", "60", NULL), 0);
}

/* On a busy machine the time may be up before the command has begun: then more is given. */
TEST(example_process_pipeline_has_a_limit)
{
    char seconds[32];

    for (double limit = 0.2; limit < 100; limit *= 2) {
        snprintf(seconds, sizeof seconds, "%g", limit);
        ASSERT_NE(run("examples/pipeline", seconds,
                      "echo before; cat >/dev/null; sleep 1000 | cat"),
                  0);
        ASSERT_STR_CONTAINS(program.err, "pipeline: ");
        if (program.out[0] != '\0')
            break;
    }
    ASSERT_STR_EQ(program.out, "before\n");
}

TEST(example_process_talk)
{
    ASSERT_EQ(run("examples/talk", "sed s/a/A/", NULL), 0);
    ASSERT_STR_EQ(program.out, "1: Abc number 1\n");
    ASSERT_EQ(run("examples/talk", "sed s/a/A/", "tr b B"), 0);
    ASSERT_STR_CONTAINS(program.out, "1: Abc number 1\n");
    ASSERT_STR_CONTAINS(program.out, "2: aBc numBer 2\n");
    /* One fails: the other, which would never end, is ended. */
    ASSERT_NE(run("examples/talk", "read a; exit 3", "exec sleep 1000"), 0);
}
