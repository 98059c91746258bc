/* SPDX-License-Identifier: MIT */
/*
 * memory.c - what a parked task keeps
 *
 *   task_rss_100k          resident bytes per task, 100,000 parked on an event
 *   task_rss_1m            the same with a million
 *   task_page_tables_100k  what the kernel's tables for them take besides; not
 *   task_page_tables_1m    part of the resident memory
 *   task_bytes_100k        both together
 *   task_bytes_1m
 *
 * Each count has a process of its own.  A million, which needs some five
 * gigabytes, is tried once, and only where twice that is available.
 */
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <coil/event.h>
#include <coil/loop.h>
#include <coil/task.h>

#include "bench.h"

enum { FEW = 100000, MANY = 1000000 };

/* Kilobytes. */
#define NEEDED_FOR_MANY (10L << 20)

struct usage {
    double resident;
    double tables;
};

static struct usage *result; /* shared with the child */
static int count;

static int park(void *event)
{
    return coil_event_wait(event);
}

static int measure(void *unused)
{
    struct coil_event event = COIL_EVENT_INIT;
    long resident = bench_resident(getpid());
    long tables = bench_number("/proc/self/status", "VmPTE:");

    (void)unused;
    for (int i = 0; i < count; i++)
        bench_check(coil_task_create(NULL, park, &event));
    bench_check(coil_yield());
    resident = bench_resident(getpid()) - resident;
    tables = bench_number("/proc/self/status", "VmPTE:") - tables;
    result->resident = (double)resident * 1024 / count;
    result->tables = (double)tables * 1024 / count;
    coil_event_set(&event);
    return 0;
}

static void measure_in_child(void)
{
    pid_t child = fork();
    int status;

    if (child == 0)
        _exit(coil_run(measure, NULL) < 0);
    if (child < 0 || waitpid(child, &status, 0) < 0 || status != 0) {
        fputs("the measuring process failed\n", stderr);
        exit(1);
    }
}

static void report(const char *size, int tasks, int repetitions)
{
    double resident[BENCH_REPETITIONS_MAX];
    double tables[BENCH_REPETITIONS_MAX];
    double both[BENCH_REPETITIONS_MAX];
    char name[64];

    if (bench_only && strcmp(strrchr(bench_only, '_') + 1, size) != 0)
        return;
    count = tasks;
    for (int i = 0; i < repetitions; i++) {
        measure_in_child();
        resident[i] = result->resident;
        tables[i] = result->tables;
        both[i] = resident[i] + tables[i];
    }
    snprintf(name, sizeof name, "task_rss_%s", size);
    bench_print(name, "B", resident, repetitions);
    snprintf(name, sizeof name, "task_page_tables_%s", size);
    bench_print(name, "B", tables, repetitions);
    snprintf(name, sizeof name, "task_bytes_%s", size);
    bench_print(name, "B", both, repetitions);
}

int main(int argc, char **argv)
{
    int repetitions = bench_repetitions(argc, argv);

    result = mmap(NULL, sizeof *result, PROT_READ | PROT_WRITE,
                  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    bench_check(result == MAP_FAILED ? -1 : 0);
    report("100k", FEW, repetitions);
    if (bench_number("/proc/meminfo", "MemAvailable:") > NEEDED_FOR_MANY)
        report("1m", MANY, 1);
    else
        puts("task_rss_1m: not measured, too little memory available");
    return 0;
}
