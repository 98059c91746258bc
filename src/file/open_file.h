/* SPDX-License-Identifier: MIT */
/*
 * file/open_file.h - an open file, which lives as long as a thread works on it
 *
 * If the descriptor were closed while the thread of a cancelled call still
 * writes, its number could be that of another file by then.
 */
#ifndef COIL_FILE_OPEN_FILE_H
#define COIL_FILE_OPEN_FILE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <coil/file.h>

struct coil_file {
    atomic_uint refs;
    int fd;     /* -1: closed */
    int64_t at; /* of the next read or write */
    bool is_appending;
    bool is_shared; /* adopted: the position is that of the descriptor */
    bool is_busy;   /* a read or a write moves `at` */
    /* The kernel's position, which only directories use. */
    pthread_mutex_t position;
};

/* A file of `fd`, with one reference; NULL: no memory. */
struct coil_file *coil__file_new(int fd);

/* Where the next read begins. */
int64_t coil__file_place(const struct coil_file *file);

/* The next read, or write, begins at `at`. */
void coil__file_move(struct coil_file *file, int64_t at);

/* NULL is allowed.  The last reference closes the file. */
void coil__file_hold(struct coil_file *file);
void coil__file_release(struct coil_file *file);

#endif
