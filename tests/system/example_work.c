/* SPDX-License-Identifier: MIT */
/* TIMEOUT: 60 */
/* LABELS: threads */
/* examples/work.c, end to end: each job is done, by one loop or by three. */
#include <stdio.h>

#include <coil/work.h>

#include "program.h"
#include "test.h"

static struct program program;

/* Each of `jobs` is done once; every tenth has failed before. */
static void expect_all(int jobs)
{
    char line[80];
    int status = program_wait(&program);

    ASSERT_EQ(status, 0);
    ASSERT_STR_EQ(program.err, "");
    for (int i = 0; i < jobs; i++) {
        snprintf(line, sizeof line, "job %d, delivery %d: done\n", i,
                 i % 10 ? 1 : 2);
        ASSERT_STR_CONTAINS(program.out, line);
    }
    snprintf(line, sizeof line, "%d put, %d done, 0 dead, %d retried\n", jobs,
             jobs, (jobs + 9) / 10);
    ASSERT_STR_CONTAINS(program.out, line);
}

TEST(example_work_does_all_jobs)
{
    const char *argv[] = { program_path("examples/work"), NULL };

    program_start(&program, argv, NULL);
    expect_all(20);
}

TEST(example_work_does_all_jobs_on_three_loops)
{
    const char *argv[] = {
        program_path("examples/work"), "-n", "3", "memory:here", "100", NULL
    };

    program_start(&program, argv, NULL);
    expect_all(100);
}
