/* SPDX-License-Identifier: MIT */
/*
 * bench.h - what the benchmarks share: the clock, the median, the line
 *
 * A figure is a function that does the work once and returns what it took.  It
 * is called once to warm up and then as often as the program's first argument
 * says (5 by default); the median is printed, and the best:
 *
 *     yield_2_tasks              4.12 ns        best 4.02
 *
 * The second argument, if there is one, is the name of the only figure that is
 * measured.
 *
 * What the least code for the same work takes is printed as <name>_floor;
 * scripts/run/bench divides the one by the other.
 */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <time.h>

enum { BENCH_REPETITIONS_MAX = 1000 };

/* One run: nanoseconds, bytes or whatever the figure's unit is. */
typedef double (*bench_fn)(void);

static inline uint64_t bench_clock(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static inline uint64_t bench_now(void)
{
    return bench_clock(CLOCK_MONOTONIC);
}

/* What each of `count` took since `start`. */
static inline double bench_each(uint64_t start, double count)
{
    return (double)(bench_now() - start) / count;
}

static inline void bench_check(int rc)
{
    if (__builtin_expect(rc < 0, 0)) {
        fprintf(stderr, "a call returned %d\n", rc);
        exit(1);
    }
}

/* The name of the only figure that is wanted; NULL: all are. */
static const char *bench_only;

static inline int bench_repetitions(int argc, char **argv)
{
    int n = argc > 1 ? atoi(argv[1]) : 5;

    if (n < 1 || n > BENCH_REPETITIONS_MAX) {
        fprintf(stderr, "usage: %s [REPETITIONS [FIGURE]]\n", argv[0]);
        exit(2);
    }
    bench_only = argc > 2 ? argv[2] : NULL;
    return n;
}

static inline bool bench_is_wanted(const char *name)
{
    return !bench_only || strcmp(bench_only, name) == 0;
}

static inline int bench_compare(const void *a, const void *b)
{
    const double *x = a;
    const double *y = b;

    return (*x > *y) - (*x < *y);
}

/* Sorts `values`.  `best` is the least, or the greatest where more is better. */
static inline void bench_print(const char *name, const char *unit,
                               double *values, int count)
{
    double best;

    if (!bench_is_wanted(name))
        return;
    qsort(values, (size_t)count, sizeof *values, bench_compare);
    best = strstr(unit, "/s") ? values[count - 1] : values[0];
    printf("%-30s %10.2f %-6s best %.2f\n", name, values[count / 2], unit,
           best);
    fflush(stdout);
}

static inline void bench_figure(const char *name, const char *unit,
                                bench_fn run, int repetitions)
{
    double values[BENCH_REPETITIONS_MAX];

    if (!bench_is_wanted(name))
        return;
    run();
    for (int i = 0; i < repetitions; i++)
        values[i] = run();
    bench_print(name, unit, values, repetitions);
}

/* Let this process have as many descriptors as it may. */
static inline void bench_raise_limit(void)
{
    struct rlimit files;

    bench_check(getrlimit(RLIMIT_NOFILE, &files));
    files.rlim_cur = files.rlim_max;
    bench_check(setrlimit(RLIMIT_NOFILE, &files));
}

/* The number after `name` in a file of lines "Name:  123 kB"; 0: none. */
static inline long bench_number(const char *path, const char *name)
{
    FILE *file = fopen(path, "r");
    char line[256];
    long number = 0;

    bench_check(file ? 0 : -1);
    while (fgets(line, sizeof line, file)) {
        if (strncmp(line, name, strlen(name)) == 0)
            number = atol(line + strlen(name));
    }
    fclose(file);
    return number;
}

/* Kilobytes of a process. */
static inline long bench_resident(pid_t process)
{
    char path[64];

    snprintf(path, sizeof path, "/proc/%d/status", (int)process);
    return bench_number(path, "VmRSS:");
}

/* Let the compiler believe that memory is read and written here. */
static inline void bench_barrier(void)
{
    __asm__ volatile("" ::: "memory");
}

/* xorshift64: numbers that are the same in every run. */
static inline uint64_t bench_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

#endif
