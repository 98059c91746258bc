/* SPDX-License-Identifier: MIT */
/*
 * file/file_write.h - write all, in a thread
 */
#ifndef COIL_FILE_FILE_WRITE_H
#define COIL_FILE_FILE_WRITE_H

#include <stddef.h>
#include <stdint.h>

/*
 * Returns how many bytes were written before an error, or the error if none.  A
 * negative `at`: at the position of the descriptor, which moves.
 */
ptrdiff_t coil__file_write_all(int fd, const char *bytes, size_t size,
                               int64_t at);

#endif
