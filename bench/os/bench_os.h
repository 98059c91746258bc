/* SPDX-License-Identifier: MIT */
/*
 * bench_os.h - what the programs share that start others: memory, and times
 */
#ifndef BENCH_OS_BENCH_OS_H
#define BENCH_OS_BENCH_OS_H

#include <sys/mman.h>
#include <sys/resource.h>

#include "../bench.h"

enum { BENCH_PAGE = 4096 };

/* Have so many megabytes of memory, each page of which is in use. */
static inline void bench_touch(long megabytes)
{
    size_t size = (size_t)megabytes << 20;
    char *memory;

    if (size == 0)
        return;
    memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    bench_check(memory == MAP_FAILED ? -1 : 0);
    for (size_t at = 0; at < size; at += BENCH_PAGE)
        memory[at] = 1;
}

struct bench_times {
    double clock, parent, child; /* microseconds */
};

static inline double bench_usage(int who)
{
    struct rusage usage;

    bench_check(getrusage(who, &usage));
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

static inline struct bench_times bench_times_now(void)
{
    return (struct bench_times){
        .clock = (double)bench_now() / 1000,
        .parent = bench_usage(RUSAGE_SELF),
        .child = bench_usage(RUSAGE_CHILDREN),
    };
}

/* What each of `count` took since `before`. */
static inline void bench_times_print(const struct bench_times *before,
                                     long count)
{
    struct bench_times now = bench_times_now();

    printf("%.2f %.2f %.2f\n", (now.clock - before->clock) / (double)count,
           (now.parent - before->parent) / (double)count,
           (now.child - before->child) / (double)count);
}

#endif
