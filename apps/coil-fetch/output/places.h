/* SPDX-License-Identifier: MIT */
/* places.h - what all files of a run have in common, see place.h */
#ifndef COIL_FETCH_OUTPUT_PLACES_H
#define COIL_FETCH_OUTPUT_PLACES_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "output/disk_queue.h"


struct job;

/* Texts are kept until places_fini(). */
struct place_options {
    const char *directory; /* --output-dir; NULL: the current one */
    const char *template;  /* as name_check() allows it */
    bool overwrites;       /* files that were there before the run */
    bool skips_existing;
    bool continues; /* parts are kept, and continued */
    bool resumes;   /* temporary files of an earlier run are there */
    bool has_no_sync;
    uint64_t min_space; /* bytes to be left free on the disk */

    /*
     * Called before a file gets its final name; NULL: it is not.  When the call
     * has returned 0 the name must be where it survives this process: a run that
     * is resumed gives it to place_open() as `claimed`.  An error ends the commit.
     */
    int (*claim)(void *arg, const struct job *job, const char *path);
    void *claim_arg;
};

/* A final name that is decided on, and not there yet. */
struct reservation {
    const char *path; /* NULL: none */
    struct reservation *next;
};

struct places {
    const struct place_options *options;
    struct disk_queue disk; /* of the loop */
    struct places *whole;   /* that has the rest: itself, or of another loop */

    /* ---- used by threads, and by all loops ---- */
    pthread_mutex_t reserving; /* of the reservations */
    struct reservation *reserved;
    atomic_llong space;    /* bytes that may be written without asking again */
    atomic_llong asked_at; /* CLOCK_MONOTONIC, in ms */
    pthread_mutex_t mutex; /* of the epoch */
    bool has_epoch;
    struct timespec epoch;
};

/* `options` are kept until places_fini(). */
void places_init(struct places *places, const struct place_options *options);
void places_fini(struct places *places);

/*
 * The same files, for another loop: its calls of the disk are its own, and names, space
 * and the epoch those of `whole`, which is kept.  It needs no places_fini().
 */
void places_join(struct places *places, struct places *whole);

/* ---- for place.c; in threads ---- */

/*
 * Whether `size` bytes may be written to the disk of `path`.  Returns 0; -ENOSPC;
 * an error of statvfs().  The disk is asked a few times a second at most, but when
 * little is left.
 */
int places_take_space(struct places *places, const char *path, size_t size);

/*
 * The moment, by the clock of the filesystem, up to which files were there before
 * this run.  The first call makes it, of `fd`, a file that is new; what gets its
 * name after this call is later.  Returns 0; -ETIMEDOUT: that clock stands still, and
 * the next call tries again; or an error of the system.
 */
int places_epoch(struct places *places, int fd, struct timespec *epoch);

/* ---- for place.c; in a loop ---- */

/* False: the path is reserved already. */
bool places_reserve(struct places *places, struct reservation *reservation,
                    const char *path);
void places_release(struct places *places, struct reservation *reservation);

#endif
