/* SPDX-License-Identifier: MIT */
/*
 * http/server/beneath.h - open a file that cannot be outside of a directory
 */
#ifndef COIL_HTTP_SERVER_BENEATH_H
#define COIL_HTTP_SERVER_BENEATH_H

/*
 * Open the file or directory `path`, relative to the directory `root`, for
 * reading.  "" is the directory itself.  Returns a descriptor, or a negative errno
 * value: what leads out of `root` is not found.
 */
int coil__open_beneath(int root, const char *path);

/* The same without openat2(): no link is followed. */
int coil__open_beneath_stepwise(int root, const char *path);

#endif
