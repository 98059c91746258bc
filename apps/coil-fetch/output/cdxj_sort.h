/* SPDX-License-Identifier: MIT */
/* cdxj_sort.h - the lines of a file in order, whatever its size */
#ifndef COIL_FETCH_OUTPUT_CDXJ_SORT_H
#define COIL_FETCH_OUTPUT_CDXJ_SORT_H

#include <stddef.h>

#include <coil/base.h>

/*
 * Let the file `to` have the lines of `from`, in the order of their bytes, as LC_ALL=C
 * sort makes it; a new file beside `to` is written, synced and renamed.  It takes
 * about twice `memory` bytes (0: 4 MiB), and room on the disk for two copies.  All of
 * it is done in a thread.
 *
 * Returns 0; -ENAMETOOLONG, -ENOMEM, an error of the files: `to` is as before, and
 * nothing is left beside it; -ECANCELED: the thread goes on.
 */
int cdxj_sort(const char *from, const char *to, size_t memory) COIL_SUSPENDS;

#endif
