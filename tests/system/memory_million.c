/* SPDX-License-Identifier: MIT */
/*
 * A million tasks in one process: some seconds, and nearly 5 GiB.
 *
 * COIL_TASKS: so many instead, and the memory in proportion.  Where a page fault
 * takes long, a million take two minutes.
 */
/* LABELS: slow serial */
/* TIMEOUT: 120 */
#include "memory_test.h"

#define TASKS 1000000
#define FOR_EACH (((size_t)5 << 30) / TASKS) /* bytes, at most */

static size_t available_memory(void)
{
    return (size_t)sysconf(_SC_AVPHYS_PAGES) * (size_t)sysconf(_SC_PAGESIZE);
}

TEST(memory_million_of_parked_tasks_fits_in_5_gib)
{
    const char *text = getenv("COIL_TASKS");
    size_t tasks = text ? strtoul(text, NULL, 10) : TASKS;
    size_t most = tasks * FOR_EACH;

    if (available_memory() / 6 < most / 5)
        SKIP("too little memory is free");
    ASSERT_LE(measure_parked_tasks(tasks), most);
}
