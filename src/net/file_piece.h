/* SPDX-License-Identifier: MIT */
/*
 * net/file_piece.h - read a file without keeping the loop waiting for a disk
 */
#ifndef COIL_NET_FILE_PIECE_H
#define COIL_NET_FILE_PIECE_H

#include <stddef.h>
#include <stdint.h>

#include <coil/base.h>

/*
 * Read at most `size` bytes of the file at `at`: at once what the kernel has in
 * memory, else in another thread.  Returns bytes, 0 behind the end of the file,
 * or an error: that of coil_to_thread() or of pread().
 */
ptrdiff_t coil__file_read_piece(int fd, int64_t at, void *buffer, size_t size)
    COIL_SUSPENDS;

/*
 * Whether the kernel has the first and the last of the `size` bytes at `at` in
 * memory, or all of them.  Returns 1; 0: the first is behind the end of the file;
 * or an error: -EAGAIN if it has not, others if that is not known.
 */
int coil__file_is_at_hand(int fd, int64_t at, size_t size);

#endif
