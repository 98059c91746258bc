/* SPDX-License-Identifier: MIT */
/*
 * process_start.c - what it takes to start a program and to reap it
 *
 *   process_start coil|hand WIDTH COUNT MEGABYTES
 *       runs /bin/true COUNT times, WIDTH at a time, from a process that has
 *       touched so much memory, and prints microseconds for each run: on the
 *       clock, of the parent's processor time, and of the child's
 *
 * `hand` is posix_spawn() and waitpid() without a loop: the floor.  The child's
 * time is that of the program, and of what comes before it in the child.
 *
 * scripts/run/bench-os runs this beside os/uv.c and os/peer.go.
 */
#include <spawn.h>
#include <sys/wait.h>

#include <coil.h>
#include <coil/process.h>

#include "os/bench_os.h"

enum { WARM_UP = 20 };

static char *const program[] = { (char *)"/bin/true", NULL };
static long width;
static long left;

/* ---- coil ----------------------------------------------------------------- */

static int run_often(void *unused)
{
    (void)unused;
    while (left > 0) {
        int rc;

        left--;
        rc = coil_process_run(program, NULL, NULL);
        bench_check(rc == 0 ? 0 : -1);
    }
    return 0;
}

static int run_by_coil(void *unused)
{
    struct coil_task_group group;
    int rc;

    (void)unused;
    if (width == 1)
        return run_often(NULL);
    rc = coil_task_group_begin(&group);
    if (rc < 0)
        return rc;
    for (long i = 0; i < width && rc == 0; i++)
        rc = coil_task_group_create(&group, NULL, run_often, NULL);
    return coil_task_group_end(&group, rc);
}

/* ---- by hand -------------------------------------------------------------- */

static void start_by_hand(void)
{
    pid_t pid;

    left--;
    bench_check(-posix_spawn(&pid, program[0], NULL, NULL, program, environ));
}

static int run_by_hand(void *unused)
{
    (void)unused;
    for (long i = 0; i < width && left > 0; i++)
        start_by_hand();
    for (;;) {
        int status;

        if (waitpid(-1, &status, 0) < 0)
            return 0; /* all have ended */
        bench_check(status == 0 ? 0 : -1);
        if (left > 0)
            start_by_hand();
    }
}

/* ---- both ----------------------------------------------------------------- */

static coil_fn run;
static long count;

static int measure(void *unused)
{
    struct bench_times before;

    (void)unused;
    left = width + WARM_UP;
    bench_check(run(NULL));
    left = count;
    before = bench_times_now();
    bench_check(run(NULL));
    bench_times_print(&before, count);
    return 0;
}

int main(int argc, char **argv)
{
    bool is_coil = argc == 5 && strcmp(argv[1], "coil") == 0;

    if (argc != 5 || (!is_coil && strcmp(argv[1], "hand") != 0)) {
        fputs("usage: process_start coil|hand WIDTH COUNT MEGABYTES\n", stderr);
        return 2;
    }
    width = atol(argv[2]);
    count = atol(argv[3]);
    bench_touch(atol(argv[4]));
    run = is_coil ? run_by_coil : run_by_hand;
    return is_coil ? coil_run(measure, NULL) < 0 : measure(NULL);
}
