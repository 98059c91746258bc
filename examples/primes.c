/* SPDX-License-Identifier: MIT */
/*
 * primes.c - work for all processors, in threads, with a bar that shows how far
 *
 *     primes [LIMIT]         how many primes there are below LIMIT
 *
 * Threads compute, and tasks wait for them.  Each task hands a piece of the work to
 * a thread, and takes the next when that is done.  Only tasks touch what is
 * shared, and they share one thread, so there are neither atomics nor locks.
 */
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include <coil.h>

#define PIECE ((uint64_t)20000)

static uint64_t limit = 1000000;
static uint64_t begun;    /* the numbers below are being looked at */
static uint64_t finished; /* how many were looked at */
static uint64_t primes;
static bool has_bar;

struct piece {
    uint64_t first;
    uint64_t end;
    uint64_t primes;
};

/* ---- in a thread ------------------------------------------------------ */

static bool is_prime(uint64_t n)
{
    if (n < 4)
        return n > 1;
    if (n % 2 == 0)
        return false;
    for (uint64_t i = 3; i * i <= n; i += 2)
        if (n % i == 0)
            return false;
    return true;
}

static int count_primes(void *arg)
{
    struct piece *piece = arg;

    for (uint64_t n = piece->first; n < piece->end; n++)
        piece->primes += is_prime(n);
    return 0;
}

/* ---- in tasks --------------------------------------------------------- */

static void draw_bar(void)
{
    static const char full[] = "########################################";
    int width = (int)sizeof full - 1;
    int part = (int)(finished * (uint64_t)width / limit);

    if (has_bar)
        fprintf(stderr, "\r[%-*.*s] %3u %%", width, part, full,
                (unsigned)(finished * 100 / limit));
}

/* After Ctrl-C a thread finishes its piece, of which it has a copy. */
static int work(void *arg)
{
    (void)arg;
    while (begun < limit) {
        uint64_t end = limit - begun > PIECE ? begun + PIECE : limit;
        struct piece piece = { .first = begun, .end = end };
        int rc;

        begun = end;
        rc = coil_to_thread_copy(count_primes, &piece);
        if (rc < 0)
            return rc;
        primes += piece.primes;
        finished += piece.end - piece.first;
        draw_bar();
    }
    return 0;
}

static int start(void *arg)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    struct coil_task_group group;
    int rc = coil_task_group_begin(&group);

    (void)arg;
    if (rc < 0)
        return rc;
    has_bar = isatty(STDERR_FILENO);
    for (long i = 0; rc == 0 && i < processors; i++)
        rc = coil_task_group_create(&group, NULL, work, NULL);
    rc = coil_task_group_end(&group, rc);
    if (has_bar)
        fprintf(stderr, "\n");
    if (rc == 0)
        printf("%" PRIu64 " primes are below %" PRIu64 "\n", primes, limit);
    return rc;
}

int main(int argc, char **argv)
{
    if (argc > 2 || (argc == 2 && sscanf(argv[1], "%" SCNu64, &limit) != 1)) {
        fprintf(stderr, "usage: primes [LIMIT]\n");
        return 2;
    }
    return coil_run_status(coil_run(start, NULL));
}
