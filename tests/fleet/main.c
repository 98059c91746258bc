/* SPDX-License-Identifier: MIT */
/*
 * work_fleet kills N [SEED]        kill workers, the engine, or both, N times
 * work_fleet partitions N [SEED]   cut a worker off, N times, and stop it now and then
 *
 * Partitions need a namespace of the network of their own (scripts/run/work-fleet).
 * Prints one line of figures.  The status is 0; 1 if anything is wrong; 77 if
 * something is missing that it needs.  With FLEET_KEEP in the environment, or if a line
 * of kills is wrong, the folder with the log stays.
 */
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "fleet.h"

int64_t fleet_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

void fleet_pause(int64_t nanoseconds)
{
    struct timespec time = { .tv_sec = nanoseconds / 1000000000,
                             .tv_nsec = nanoseconds % 1000000000 };

    nanosleep(&time, NULL);
}

void fleet_fail(const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    fprintf(stderr, "FAILED: ");
    vfprintf(stderr, format, ap);
    fprintf(stderr, "\n");
    va_end(ap);
    _exit(1);
}

void fleet_note(const struct fleet *fleet, enum fleet_kind kind, uint64_t job,
                uint64_t fence, unsigned delivery, unsigned worker)
{
    char line[128];
    int size =
        snprintf(line, sizeof line, "%c %llu %llu %u %lld %u\n", (char)kind,
                 (unsigned long long)job, (unsigned long long)fence, delivery,
                 (long long)fleet_now(), worker);

    if (write(fleet->log_fd, line, (size_t)size) != size)
        fleet_fail("the log is full");
}

pid_t fleet_fork(void)
{
    pid_t parent = getpid();
    pid_t pid = fork();

    if (pid < 0)
        fleet_fail("fork");
    if (pid > 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
    return 0;
}

unsigned fleet_random(uint64_t *state, unsigned limit)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return (unsigned)((*state >> 11) % limit);
}

/* ---- a run ---- */

void fleet_init(struct fleet *fleet)
{
    char path[128];

    snprintf(fleet->folder, sizeof fleet->folder, "/tmp/coil-fleet-XXXXXX");
    if (!mkdtemp(fleet->folder))
        fleet_fail("no folder");
    snprintf(fleet->url, sizeof fleet->url, "unix://%s/socket", fleet->folder);
    snprintf(path, sizeof path, "%s/log", fleet->folder);
    fleet->log_fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    fleet->shared = mmap(NULL, sizeof *fleet->shared, PROT_READ | PROT_WRITE,
                         MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (fleet->log_fd < 0 || fleet->shared == MAP_FAILED)
        fleet_fail("no log");
}

static int remove_one(const char *path, const struct stat *status, int kind,
                      struct FTW *place)
{
    (void)status;
    (void)kind;
    (void)place;
    return remove(path);
}

void fleet_fini(struct fleet *fleet)
{
    close(fleet->log_fd);
    munmap(fleet->shared, sizeof *fleet->shared);
    if (getenv("FLEET_KEEP"))
        fprintf(stderr, "kept: %s\n", fleet->folder);
    else
        nftw(fleet->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

int main(int argc, char **argv)
{
    unsigned n = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 0;
    uint64_t seed = argc > 3 ? strtoull(argv[3], NULL, 10) : 0;

    setvbuf(stdout, NULL, _IOLBF, 0);
    /* The machine may be busy. */
    setenv("COIL_WATCHDOG", "0", 0);
    if (seed == 0)
        seed = (uint64_t)getpid();
    seed = (seed + 1) * 0x9e3779b97f4a7c15;
    if (argc > 1 && n > 0 && strcmp(argv[1], "kills") == 0)
        return fleet_kills(n, seed);
    if (argc > 1 && n > 0 && strcmp(argv[1], "partitions") == 0)
        return fleet_partitions(n, seed);
    fprintf(stderr, "usage: work_fleet kills|partitions N [SEED]\n");
    return 2;
}
