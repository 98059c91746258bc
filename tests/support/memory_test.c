/* SPDX-License-Identifier: MIT */
/*
 * memory_test.c - many tasks parked on one event, and the cost of each
 */
#include "memory_test.h"

__attribute__((constructor)) static void leave_out_watchdog(void)
{
    setenv("COIL_WATCHDOG", "0", 1);
}

size_t resident_memory(void)
{
    FILE *file = fopen("/proc/self/statm", "r");
    size_t pages = 0;

    ASSERT_NOT_NULL(file);
    ASSERT_EQ(fscanf(file, "%*u %zu", &pages), 1);
    fclose(file);
    return pages * (size_t)sysconf(_SC_PAGESIZE);
}

static int park(void *arg)
{
    struct parking *parking = arg;
    int rc = coil_event_wait(&parking->event);

    parking->woken++;
    return rc;
}

bool has_guards_without_mappings(void)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    void *memory = mmap(NULL, page, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int rc = madvise(memory, page, MADV_GUARD_INSTALL);

    munmap(memory, page);
    return rc == 0 && madvise(NULL, 0, -1) < 0;
}

int park_and_wake(void *arg)
{
    struct parking *parking = arg;
    size_t before = resident_memory();

    for (size_t i = 0; i < parking->count; i++)
        ASSERT_EQ(coil_task_create(&parking->tasks[i], park, parking), 0);
    ASSERT_EQ(coil_yield(), 0);
    ASSERT_EQ(coil_yield(), 0);
    ASSERT_EQ(coil_all_tasks(NULL, 0), parking->count + 1);
    parking->bytes = resident_memory() - before;
    ASSERT_EQ(parking->woken, 0);

    coil_event_set(&parking->event);
    for (size_t i = 0; i < parking->count; i++) {
        ASSERT_EQ(coil_task_await(parking->tasks[i]), 0);
        coil_task_release(parking->tasks[i]);
    }
    ASSERT_EQ(parking->woken, parking->count);
    ASSERT_EQ(coil_all_tasks(NULL, 0), 1);
    return 0;
}

size_t measure_parked_tasks(size_t count)
{
    struct parking parking = { .count = count };

#if defined(COIL_ASAN) || defined(COIL_TSAN)
    SKIP("a sanitizer needs memory of its own for each task");
#endif
    if (!has_guards_without_mappings())
        SKIP("this kernel needs a mapping for each guard");
    parking.tasks = malloc(count * sizeof *parking.tasks);
    ASSERT_NOT_NULL(parking.tasks);
    /* Its pages are not measured. */
    memset(parking.tasks, 1, count * sizeof *parking.tasks);
    ASSERT_EQ(coil_run(park_and_wake, &parking), 0);
    free(parking.tasks);
    printf("%zu tasks, %.1f MiB, %.0f bytes each\n", count,
           (double)parking.bytes / (1 << 20),
           (double)parking.bytes / (double)count);
    return parking.bytes;
}
