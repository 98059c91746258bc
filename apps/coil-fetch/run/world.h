/* SPDX-License-Identifier: MIT */
/* world.h - all that a run has, shared by the files of this folder */
#ifndef COIL_FETCH_RUN_WORLD_H
#define COIL_FETCH_RUN_WORLD_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <coil/event.h>
#include <coil/handle.h>
#include <coil/task_group.h>
#include <coil/time.h>

#include "common/hash.h"
#include "common/text.h"
#include "fetch/attempt.h"
#include "fetch/verdict.h"
#include "job/outcome.h"
#include "output/places.h"
#include "run/crew.h"
#include "run/options.h"
#include "schedule/pace.h"

struct coil_http_cookies;
struct cache;
struct fleet;
struct hsts;
struct input;
struct journal;
struct keeper;
struct links;
struct progress;
struct robots_cache;
struct schedule;
struct secrets;
struct seen;
struct stats;
struct warc;

/* Why nothing more begins. */
enum stop {
    STOP_NOT,
    STOP_FAILED_FAST, /* --fail-fast */
    STOP_DEADLINE,
    STOP_NO_SPACE,    /* the disk is full */
    STOP_OUTPUT,      /* what comes of it cannot be written */
    STOP_INTERRUPTED, /* SIGINT, SIGTERM */
};

struct run {
    const struct options *options;

    /* ---- crew.h ---- */
    struct crew *crew; /* NULL: there is one loop */
    struct hand first; /* of the first loop */

    /* ---- client.h ---- */
    struct coil_http_cookies *cookies;
    char *authorization;
    struct attempt_options attempt;
    struct status_set accepted;

    struct hash_key key; /* of jobs */
    uint64_t chances;    /* numbers that run_chance() has given */
    struct schedule *schedule;
    struct fleet *fleet;    /* --queue; NULL: the schedule has all jobs */
    struct pace pace;       /* of all bodies */
    pthread_mutex_t pacing; /* of this pace, and those of groups */
    size_t concurrency;     /* as far as there are descriptors */
    struct coil_task_group workers;
    struct stats *stats;
    struct progress *progress;
    struct coil_handle look; /* at what waits */

    struct keeper *keeper;
    struct journal *journal; /* NULL: there is none */
    struct robots_cache *robots;
    struct hsts *hsts;
    struct cache *cache;
    struct secrets *secrets;
    struct warc *warc;
    _Atomic(struct links *) idle_links; /* to be used again; NULL */
    struct place_options place_options;
    bool has_places;  /* bodies go to files */
    bool is_decoding; /* bodies that come compressed are decompressed */
    struct seen *seen;
    struct text group; /* the name of a job's group, while it is made */

    coil_time began;
    int64_t began_unix_us; /* the wall clock then */
    enum stop stop;
    uint64_t read;          /* jobs of the input */
    uint64_t over;          /* that have an outcome */
    uint64_t failed;        /* that have a bad one */
    uint64_t done_before;   /* by the journal */
    uint64_t failed_before; /* of these */
    uint64_t differing;     /* lines that are not those of the journal */
    uint64_t bad_lines;
    uint64_t complaints[OUTCOME_CLASSES]; /* failures, each told or not */
    uint64_t stopped;       /* jobs that were under way when it was stopped */
    bool has_bad_source;    /* the input could not be read to its end */
    struct coil_event room; /* in the schedule, for the reader */

    /* ---- reader.h: nothing begins yet ---- */
    struct coil_event may_begin;
    struct coil_handle look_at_reading;
    uint64_t read_before; /* when that was looked at last */
    unsigned looks;       /* since there is something to begin */
    struct input *input;  /* that is read; NULL: none */
};

/* Nothing more begins; the first reason counts. */
void run_stop(struct run *run, enum stop stop);

/* Say on standard error what is wrong with an option.  Returns `error`. */
int run_complain(const char *option, const char *value, int error);

/* A file cannot be written: it is said, and nothing more begins. */
void run_fail(struct run *run, const char *file, int error);

/* Whether an error says that there is no room on the disk. */
bool run_is_full(int error);

/* The wall clock at a moment of coil_now(), in µs since 1970. */
int64_t run_wall_clock(const struct run *run, coil_time moment);

/* How many jobs are under way. */
size_t run_active(const struct run *run);

/* A line for people on standard error; nothing if the run is silent. */
void run_say(struct run *run, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Nothing more of the job's host begins: what waits for it has failed. */
void run_give_up_host(struct run *run, const struct job *job);

/* A random number from 0 up to 1. */
double run_chance(struct run *run);

#endif
