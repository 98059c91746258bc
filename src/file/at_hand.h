/* SPDX-License-Identifier: MIT */
/*
 * file/at_hand.h - what the kernel has of a file in memory
 */
#ifndef COIL_FILE_AT_HAND_H
#define COIL_FILE_AT_HAND_H

#include <stddef.h>
#include <stdint.h>

/*
 * Read without waiting for the disk.  Returns bytes, 0 behind the end of the
 * file, or an error: -EAGAIN, or -EOPNOTSUPP and others where that is not known.
 */
ptrdiff_t coil__file_read_at_once(int fd, int64_t at, void *buffer,
                                  size_t size);

/*
 * Whether the kernel has the first and the last of the `size` bytes at `at` in
 * memory, or all of them.  Returns 1; 0: the first is behind the end of the file;
 * or an error: -EAGAIN if it has not, others if that is not known.
 */
int coil__file_is_at_hand(int fd, int64_t at, size_t size);

#endif
