/* SPDX-License-Identifier: MIT */
/*
 * fleet.h - a fleet of workers with a Redis of its own, and what harms it
 *
 * The driver is one process without coil.  What it starts are children of it: the
 * engine is redis-server, all others run coil.  Children die with the driver.
 *
 * All append lines to one log, each by one write():
 *
 *     KIND NUMBER FENCE DELIVERY TIME WORKER
 *
 *     p  the put of the job was acknowledged          b  the job begins
 *     P  it was put again, and taken for new          e  its body has come to its end
 *     d  its end was acknowledged                     s  its body was cancelled
 *     z  it lies among the dead                       x  its end returned -ESTALE
 *     k  the worker is about to be killed             u  its end returned -NUMBER more
 *
 * TIME is CLOCK_MONOTONIC in nanoseconds, which all processes share.  WORKER is a
 * number that no other process of the run has.
 */
#ifndef FLEET_H
#define FLEET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* What all processes of a run see. */
struct fleet_shared {
    uint64_t next_job;        /* the first that nobody has tried to put */
    unsigned is_ending;       /* the producer has to come to its end */
    uint64_t put, done, dead; /* what the engine says at the end */
};

struct fleet {
    char folder[64];
    char url[128];
    int log_fd;
    struct fleet_shared *shared;
    int64_t lease;       /* nanoseconds */
    int64_t margin;      /* …; 0: the default */
    int64_t group_delay; /* … */
    unsigned groups;
    unsigned workers;
    unsigned tasks; /* of each worker */
};

enum fleet_kind {
    FLEET_PUT = 'p',
    FLEET_PUT_AGAIN = 'P',
    FLEET_BEGIN = 'b',
    FLEET_END = 'e',
    FLEET_DONE = 'd',
    FLEET_STOPPED = 's',
    FLEET_STALE = 'x',
    FLEET_UNCLEAR = 'u',
    FLEET_DEAD = 'z',
    FLEET_KILL = 'k',
};

struct fleet_line {
    char kind;
    unsigned delivery;
    unsigned worker;
    uint64_t job;
    uint64_t fence;
    int64_t time;
};

/* ---- main.c: what all use ---- */

int64_t fleet_now(void);
void fleet_note(const struct fleet *fleet, enum fleet_kind kind, uint64_t job,
                uint64_t fence, unsigned delivery, unsigned worker);
/* Say why, and end this process with status 1. */
_Noreturn void fleet_fail(const char *format, ...);
/* fork(); the child dies with this process, and must not return. */
pid_t fleet_fork(void);
/* A number below `limit`; `state` is not 0. */
unsigned fleet_random(uint64_t *state, unsigned limit);
/* Make a folder, the log in it, and the shared memory. */
void fleet_init(struct fleet *fleet);
void fleet_fini(struct fleet *fleet);
void fleet_pause(int64_t nanoseconds);

/* ---- engine.c: redis-server ---- */

/* Start it; `more` are further words, ended by NULL.  It may not be ready. */
pid_t fleet_start_engine(const struct fleet *fleet, const char *const *more);
/* Kill it by SIGKILL; fails if it had ended by itself. */
void fleet_kill(pid_t pid, const char *what);

/* ---- worker.c and producer.c: what children do; they do not return ---- */

_Noreturn void fleet_work(const struct fleet *fleet, unsigned worker);
_Noreturn void fleet_produce(const struct fleet *fleet, uint64_t seed);
/* Wait until all jobs are done or dead, and write down what the engine says. */
_Noreturn void fleet_oversee(const struct fleet *fleet, int64_t limit);

/* Such a job is buried by its worker. */
bool fleet_is_useless(uint64_t job);

/* ---- audit.c ---- */

struct fleet_sums {
    uint64_t jobs;          /* acknowledged */
    uint64_t runs;          /* bodies that have begun */
    uint64_t lost;          /* acknowledged, and neither done nor dead */
    uint64_t doubles;       /* bodies that came to their end once more */
    uint64_t broken_limits; /* a group had two, or too soon */
    uint64_t two_holders;   /* of a job, or its fence did not grow */
    uint64_t came_back;     /* begun after its end was acknowledged */
    uint64_t put_twice;     /* put again, and taken for new */
    uint64_t unclear;       /* ends with another error than -ESTALE */
};

void fleet_audit(const struct fleet *fleet, struct fleet_sums *sums);

/* ---- what is to be shown; each returns the status of the program ---- */

int fleet_kills(unsigned kills, uint64_t seed);
int fleet_partitions(unsigned partitions, uint64_t seed);

#endif
