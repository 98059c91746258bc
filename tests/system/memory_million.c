/* SPDX-License-Identifier: MIT */
/*
 * A million tasks in one process: some seconds, and nearly 5 GiB.
 */
/* LABELS: slow serial */
/* TIMEOUT: 120 */
#include "memory_test.h"

enum { TASKS = 1000000 };

static size_t available_memory(void)
{
    return (size_t)sysconf(_SC_AVPHYS_PAGES) * (size_t)sysconf(_SC_PAGESIZE);
}

TEST(memory_million_of_parked_tasks_fits_in_5_gib)
{
    if (available_memory() < (size_t)6 << 30)
        SKIP("less than 6 GiB of memory are free");
    ASSERT_LE(measure_parked_tasks(TASKS), (size_t)5 << 30);
}
