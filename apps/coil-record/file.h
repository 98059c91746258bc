/* SPDX-License-Identifier: MIT */
/*
 * file.h - the file of a recorder, checked
 *
 * The process that writes the file may have been killed, or may be writing now;
 * and anybody may have made the file.  So each number in it is checked before it
 * is used.
 */
#ifndef COIL_RECORD_FILE_H
#define COIL_RECORD_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <coil/record_format.h>

enum exit_status {
    EXIT_OTHER = 1,
    EXIT_USAGE = 2,
    EXIT_NO_FILE = 3,   /* there is none, or it cannot be read */
    EXIT_NO_RECORD = 4, /* it is something else, or damaged */
    EXIT_VERSION = 5,
};

struct file {
    const char *path;
    struct coil_record_file head;
    unsigned char *bytes; /* the whole file */
    const char **names;
    size_t name_count;
    uint64_t first; /* the blocks that are there */
    uint64_t last;
    uint64_t last_used; /* bytes of the last one */
    bool is_live;       /* its process exists */
};

/* Read the file.  0, or an exit status after a message. */
int file_open(struct file *file, const char *path);
void file_close(struct file *file);

/* Block `number`, or NULL if it is not what it should be; and its end. */
const unsigned char *file_block(const struct file *file, uint64_t number,
                                size_t *used);

/* The text with this number, or "?". */
const char *file_name(const struct file *file, unsigned number);

/* A step that took long, as the watchdog has told of it. */
struct stall {
    int64_t time;
    int64_t age;
    uint64_t task;
    const char *text; /* owned by the list */
};

struct stalls {
    struct stall *all; /* by time */
    size_t count;
};

/* False: no memory. */
bool stalls_read(struct stalls *stalls, const struct file *file);
void stalls_free(struct stalls *stalls);

/* The first one after `from` and up to `to`, or NULL. */
const struct stall *stalls_find(const struct stalls *stalls, int64_t from,
                                int64_t to);

#endif
