/* SPDX-License-Identifier: MIT */
/*
 * place_disk.h - what is done for a place in a thread: each function is for
 * disk_run(), gets the place, and returns 0 or an error, after which it may be
 * called again
 */
#ifndef COIL_FETCH_OUTPUT_PLACE_DISK_H
#define COIL_FETCH_OUTPUT_PLACE_DISK_H

#include "output/part.h"
#include "output/places.h"

enum {
    PLACE_MARK = 12,           /* digits */
    PLACE_PENDING = 64 * 1024, /* bytes that wait in memory */
};

struct place {
    struct places *places;
    const struct job *job;
    char mark[PLACE_MARK + 1];

    /* ---- names ---- */
    struct text path; /* the file's; what it becomes is known at its commit */
    size_t fixed;     /* bytes of it that are the user's own directory */
    size_t base;      /* bytes of it in front of ".1" */
    uint64_t number;  /* behind the dot; 0: none */
    struct text temp; /* the path of the temporary file */
    struct reservation reservation;

    /* ---- the file ---- */
    int fd;       /* of the temporary file; -1: it is not open */
    int64_t size; /* bytes of the body in it */
    struct text pending;
    struct part part;
    char range[32];

    /* ---- what a thread is told ---- */
    const char *bytes; /* to be written behind `size` */
    size_t byte_count; /* of these; or that were read */
    char *buffer;
    int64_t replayed;

    bool continues;
    bool has_path;
    bool has_part; /* which can be continued */
    bool is_resumed;
    bool is_there; /* a file of the final name, when it was looked for */
    bool is_claimed;
    bool is_located;  /* `path` is the one that the disk allows */
    bool is_noted;    /* what is known of the part is beside it */
    bool is_prepared; /* all is written and synced */
    bool is_committed;
    bool has_file;
};

/* Look whether the file is there, or a part that can be continued. */
int place_disk_look(void *place);

/* The temporary file has nothing any more. */
int place_disk_empty(void *place);

/* Write `bytes`; `size` grows only if all are written. */
int place_disk_write(void *place);

/* Read the next piece into `buffer`. */
int place_disk_read(void *place);

/* Write the rest, sync it, and find a free name. */
int place_disk_prepare(void *place);

/* Find a free name, from `number` on. */
int place_disk_find(void *place);

/* Give the file its name.  -EEXIST: it is taken. */
int place_disk_rename(void *place);

/* Both at once. */
int place_disk_commit(void *place);

/* Remove the temporary file, or keep it for the next time. */
int place_disk_drop(void *place);

#endif
