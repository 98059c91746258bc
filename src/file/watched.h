/* SPDX-License-Identifier: MIT */
/*
 * file/watched.h - which path each of inotify's numbers stands for
 */
#ifndef COIL_FILE_WATCHED_H
#define COIL_FILE_WATCHED_H

#include <stddef.h>

enum {
    COIL__WATCHED_RECURSIVE = 1,
    COIL__WATCHED_BELOW = 2, /* nobody asked for it, but for one above it */
};

struct coil__watched_path {
    int number;
    unsigned flags;
    char *path;
};

/* Sorted by number. */
struct coil__watched_paths {
    struct coil__watched_path *items;
    size_t count;
    size_t capacity;
};

/* NULL: unknown. */
struct coil__watched_path *
coil__watched_find(const struct coil__watched_paths *paths, int number);

/* What was known by that number before is replaced.  0, or -ENOMEM. */
int coil__watched_add(struct coil__watched_paths *paths, int number,
                      const char *path, unsigned flags);

void coil__watched_remove(struct coil__watched_paths *paths, int number);

/* Of `path` and what is below it: one number, or -1. */
int coil__watched_below(const struct coil__watched_paths *paths,
                        const char *path);

void coil__watched_fini(struct coil__watched_paths *paths);

#endif
