/* SPDX-License-Identifier: MIT */
/*
 * disk.h - what is done on the disk for one file, by calls that block
 *
 * These run in threads (disk_queue.h).  A path's first `fixed` bytes are the user's
 * own directory and stay as they are; the rest is a safe path (safe_name.h).
 *
 * A file may stand where a directory is needed, and the other way round: /a and
 * /a/b are two URLs.  Then the directory is called a.d, or the file a.f.
 */
#ifndef COIL_FETCH_OUTPUT_DISK_H
#define COIL_FETCH_OUTPUT_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <time.h>

#include "common/text.h"

/*
 * Change the path to the one that its file has or would have on this disk.  With
 * `makes_directories` those that are missing are made.  Returns 0, and then
 * `*is_there` says whether there is a file; -ENAMETOOLONG and other errors of the
 * system.
 */
int disk_locate(struct text *path, size_t fixed, bool makes_directories,
                bool *is_there);

/*
 * Open the temporary file of `path`: `.NAME.MARK.part` beside it; with the mark of
 * the URL, so that a file that an earlier run has left is taken over.  It is
 * locked, not emptied, and open for reading and writing.  Another file, with a
 * random mark, is made while another process, or another URL, has this one.
 *
 * `temp` becomes its path, and `status` what fstat() says.  Returns the descriptor; -ENOENT: not there, and
 * `makes` is false; -EBUSY: another has it, and `makes` is false; -ELOOP: it is a
 * symbolic link; errors of open().
 */
int disk_open_temp(struct text *temp, struct stat *status,
                   const struct text *path, const char *mark, bool makes);

/* All `size` bytes at `offset`.  Returns 0 or an error of pwrite(). */
int disk_write(int fd, const char *bytes, size_t size, int64_t offset);

/*
 * Let the path be its first `base` bytes with ".1", or the next number of which no
 * file is there.  The search begins with `*number`, which becomes that number; 0
 * means no addition.  Returns 0 or an error.
 */
int disk_find_free(struct text *path, size_t base, uint64_t *number);

/*
 * Give `from` the name `to`.  Returns 0; -EEXIST: there is something, and
 * `replaces` is false, or it is a directory; an error.
 */
int disk_rename(const char *from, const char *to, bool replaces);

/* Let the directory of `path` be on the disk.  Returns 0 or an error. */
int disk_sync_directory(const char *path);

#endif
