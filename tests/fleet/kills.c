/* SPDX-License-Identifier: MIT */
/* kills.c - kill -9 of workers, of the engine, and of both */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fleet.h"

#define MILLISECOND ((int64_t)1000000)

enum { WORKERS = 4, TASKS = 8, GROUPS = 40 };

struct killer {
    struct fleet fleet;
    pid_t engine;
    pid_t pid[WORKERS];
    unsigned number[WORKERS]; /* of the worker in that place */
    unsigned last;            /* number given */
    unsigned worker_kills;
    unsigned engine_kills;
    uint64_t random;
};

static void start_engine(struct killer *k)
{
    /* Its log is written anew often, so that it is read soon. */
    static const char *const words[] = { "--port", "0",
                                         "--auto-aof-rewrite-min-size", "500kb",
                                         NULL };

    k->engine = fleet_start_engine(&k->fleet, words);
}

static void start_worker(struct killer *k, unsigned place)
{
    k->number[place] = ++k->last;
    k->pid[place] = fleet_fork();
    if (k->pid[place] == 0)
        fleet_work(&k->fleet, k->number[place]);
}

static void kill_worker(struct killer *k, unsigned place)
{
    fleet_note(&k->fleet, FLEET_KILL, 0, 0, 0, k->number[place]);
    fleet_kill(k->pid[place], "a worker");
}

/* The choice and the moments are those of the seed. */
static void kill_some(struct killer *k)
{
    unsigned choice = fleet_random(&k->random, 10);
    unsigned place = fleet_random(&k->random, WORKERS);

    if (choice >= 7) {
        fleet_kill(k->engine, "the engine");
        k->engine_kills++;
    }
    if (choice < 7 || choice == 9) {
        kill_worker(k, place);
        k->worker_kills++;
        start_worker(k, place);
    }
    if (choice >= 7)
        start_engine(k);
}

static void end_well(pid_t pid, const char *what)
{
    int status;

    if (waitpid(pid, &status, 0) != pid || status != 0)
        fleet_fail("%s: status %x", what, status);
}

/* The producer ends, the workers do all that is left, and then they end as well. */
static void end(struct killer *k, pid_t producer)
{
    pid_t overseer;

    __atomic_store_n(&k->fleet.shared->is_ending, 1, __ATOMIC_RELAXED);
    end_well(producer, "the producer");
    overseer = fleet_fork();
    if (overseer == 0)
        fleet_oversee(&k->fleet, 120000 * MILLISECOND);
    end_well(overseer, "the overseer");
    for (unsigned i = 0; i < WORKERS; i++)
        kill_worker(k, i);
    fleet_kill(k->engine, "the engine");
}

static int report(struct killer *k, double seconds)
{
    const struct fleet_shared *shared = k->fleet.shared;
    struct fleet_sums sums;
    uint64_t bound = (uint64_t)TASKS *
                     (k->worker_kills + (uint64_t)k->engine_kills * WORKERS);
    bool is_right;

    fleet_audit(&k->fleet, &sums);
    printf("jobs %llu, runs %llu, worker kills %u, engine kills %u, lost %llu, "
           "doubles %llu (at most %llu), broken limits %llu, two holders %llu, "
           "back after done %llu, put twice %llu, unclear ends %llu, %.1f s\n",
           (unsigned long long)sums.jobs, (unsigned long long)sums.runs,
           k->worker_kills, k->engine_kills, (unsigned long long)sums.lost,
           (unsigned long long)sums.doubles, (unsigned long long)bound,
           (unsigned long long)sums.broken_limits,
           (unsigned long long)sums.two_holders,
           (unsigned long long)sums.came_back,
           (unsigned long long)sums.put_twice, (unsigned long long)sums.unclear,
           seconds);
    is_right = sums.jobs > 0 && sums.lost == 0 && sums.doubles <= bound &&
               sums.broken_limits == 0 && sums.two_holders == 0 &&
               sums.came_back == 0 && sums.put_twice == 0;
    if (shared->put != sums.jobs || shared->done + shared->dead != sums.jobs) {
        printf("the engine says: put %llu, done %llu, dead %llu\n",
               (unsigned long long)shared->put,
               (unsigned long long)shared->done,
               (unsigned long long)shared->dead);
        is_right = false;
    }
    return is_right ? 0 : 1;
}

int fleet_kills(unsigned kills, uint64_t seed)
{
    struct killer k = { .random = seed };
    int64_t begin = fleet_now();
    pid_t producer;
    int status;

    if (system("command -v redis-server >/dev/null") != 0) {
        printf("skipped: redis-server is not installed\n");
        return 77;
    }
    fleet_init(&k.fleet);
    k.fleet.lease = 1000 * MILLISECOND;
    /* A machine that is late by less makes no two holders. */
    k.fleet.margin = 300 * MILLISECOND;
    k.fleet.group_delay = 10 * MILLISECOND;
    k.fleet.groups = GROUPS;
    k.fleet.workers = WORKERS;
    k.fleet.tasks = TASKS;
    start_engine(&k);
    for (unsigned i = 0; i < WORKERS; i++)
        start_worker(&k, i);
    producer = fleet_fork();
    if (producer == 0)
        fleet_produce(&k.fleet, seed);
    for (unsigned i = 0; i < kills; i++) {
        fleet_pause((100 + fleet_random(&k.random, 300)) * MILLISECOND);
        kill_some(&k);
    }
    end(&k, producer);
    status = report(&k, (double)(fleet_now() - begin) / 1e9);
    if (status != 0)
        setenv("FLEET_KEEP", "1", 1);
    fleet_fini(&k.fleet);
    return status;
}
