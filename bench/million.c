/* SPDX-License-Identifier: MIT */
/*
 * million.c - a million parked tasks, on default and on small stacks
 *
 *     million [TASKS [RUNS]]
 *
 * Prints a table: processor time in ns for each task, of making it, of waking
 * all and running each once, and of joining; and bytes for each while it waits,
 * the kernel's page tables included.  The best of all runs.  A run is a process
 * of its own; the kinds take turns.  COIL_BACKEND says how the loop looks
 * outside.
 */
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <coil/event.h>
#include <coil/loop.h>
#include <coil/task.h>

#include "bench.h"

enum { MILLION = 1000000, KINDS = 3 };

static const struct kind {
    const char *name;
    struct coil_task_options options;
} kinds[KINDS] = {
    { "default", { .small_stack = false } },
    { "small_stack", { .small_stack = true } },
    { "small_stack, 768", { .small_stack = true, .stack_size = 768 } },
};

struct figures {
    double make;
    double wake;
    double join;
    double bytes;
};

static struct figures *result; /* shared with the child */
static int count = MILLION;

static int park(void *event)
{
    return coil_event_wait(event);
}

static double memory_in_use(void)
{
    return 1024.0 * (double)(bench_resident(getpid()) +
                             bench_number("/proc/self/status", "VmPTE:"));
}

static double each_since(uint64_t *start)
{
    uint64_t now = bench_clock(CLOCK_PROCESS_CPUTIME_ID);
    double each = (double)(now - *start) / count;

    *start = now;
    return each;
}

static int measure(void *arg)
{
    const struct kind *kind = arg;
    struct coil_event event = COIL_EVENT_INIT;
    struct coil_task **tasks = calloc((size_t)count, sizeof *tasks);
    double memory;
    uint64_t start;

    bench_check(tasks ? 0 : -1);
    for (int i = 0; i < count; i++)
        tasks[i] = NULL;
    memory = memory_in_use();
    start = bench_clock(CLOCK_PROCESS_CPUTIME_ID);
    for (int i = 0; i < count; i++)
        bench_check(
            coil_task_create_with(&tasks[i], park, &event, &kind->options));
    bench_check(coil_yield());
    result->make = each_since(&start);
    result->bytes = (memory_in_use() - memory) / count;
    start = bench_clock(CLOCK_PROCESS_CPUTIME_ID);
    coil_event_set(&event);
    bench_check(coil_yield());
    result->wake = each_since(&start);
    for (int i = 0; i < count; i++) {
        bench_check(coil_task_await(tasks[i]));
        coil_task_release(tasks[i]);
    }
    result->join = each_since(&start);
    free(tasks);
    return 0;
}

static void measure_in_child(const struct kind *kind)
{
    pid_t child = fork();
    int status;

    if (child == 0)
        _exit(coil_run(measure, (void *)(uintptr_t)kind) < 0);
    if (child < 0 || waitpid(child, &status, 0) < 0 || status != 0) {
        fputs("the measuring process failed\n", stderr);
        exit(1);
    }
}

static void keep_least(double *best, double value)
{
    if (*best == 0 || value < *best)
        *best = value;
}

int main(int argc, char **argv)
{
    int runs = argc > 2 ? atoi(argv[2]) : 3;
    struct figures best[KINDS] = { { 0 } };

    if (argc > 1)
        count = atoi(argv[1]);
    result = mmap(NULL, sizeof *result, PROT_READ | PROT_WRITE,
                  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    bench_check(result == MAP_FAILED || count <= 0 ? -1 : 0);
    for (int run = 0; run < runs; run++) {
        for (size_t i = 0; i < KINDS; i++) {
            measure_in_child(&kinds[i]);
            keep_least(&best[i].make, result->make);
            keep_least(&best[i].wake, result->wake);
            keep_least(&best[i].join, result->join);
            keep_least(&best[i].bytes, result->bytes);
        }
    }
    printf("| %d parked tasks | make, ns | wake, ns | join, ns | bytes |\n"
           "|---|---:|---:|---:|---:|\n",
           count);
    for (size_t i = 0; i < KINDS; i++)
        printf("| %s | %.0f | %.0f | %.0f | %.0f |\n", kinds[i].name,
               best[i].make, best[i].wake, best[i].join, best[i].bytes);
    return 0;
}
