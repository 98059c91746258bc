/* SPDX-License-Identifier: MIT */
/*
 * gate.c - run a program between two looks at the processor's speed
 *
 *     gate CPU PROGRAM [ARGUMENT...]
 *
 * runs PROGRAM on that processor (-1: on any) and says on standard error how
 * long a fixed loop took before it and after it, in nanoseconds:
 *
 *     gate 81234 81240
 *
 * The loop counts down in a register: its time is that of the processor's
 * clock.  Two processors may share one core, and the loop is slower while the
 * other is busy.  The best of three loops counts, which a tick of the kernel
 * cannot disturb.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

enum { STEPS = 300000, LOOPS = 3 };

static uint64_t probe(void)
{
    uint64_t best = UINT64_MAX;

    for (int loop = 0; loop < LOOPS; loop++) {
        uint64_t start = bench_now();
        uint64_t took;

        for (int i = STEPS; i > 0; i--)
            __asm__ volatile("" : "+r"(i));
        took = bench_now() - start;
        best = took < best ? took : best;
    }
    return best;
}

static void pin(int cpu)
{
    cpu_set_t set;

    if (cpu < 0)
        return;
    CPU_ZERO(&set);
    CPU_SET((size_t)cpu, &set);
    sched_setaffinity(0, sizeof set, &set);
}

int main(int argc, char **argv)
{
    uint64_t before;
    pid_t child;
    int status;

    if (argc < 3) {
        fputs("usage: gate CPU PROGRAM [ARGUMENT...]\n", stderr);
        return 2;
    }
    pin(atoi(argv[1]));
    before = probe();
    child = fork();
    if (child == 0) {
        execvp(argv[2], argv + 2);
        perror(argv[2]);
        _exit(127);
    }
    if (child < 0 || waitpid(child, &status, 0) < 0) {
        perror(argv[2]);
        return 1;
    }
    fprintf(stderr, "gate %llu %llu\n", (unsigned long long)before,
            (unsigned long long)probe());
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
