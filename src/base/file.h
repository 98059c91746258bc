/* SPDX-License-Identifier: MIT */
/*
 * base/file.h - a file, or its beginning, in memory
 */
#ifndef COIL_BASE_FILE_H
#define COIL_BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"

/*
 * Append what is in the file `path`.  Returns 0; -ENOMEM; -EFBIG: the buffer
 * would have more than `limit` bytes; or what open() and read() say.  After an
 * error the buffer may have some of the file.  It blocks.
 */
int coil__file_read(const char *path, size_t limit, struct coil_buffer *out);

/*
 * For a short file of /proc: put what one read() gives into `text`, with a final
 * 0.  False: there is nothing, or the file cannot be read.
 */
bool coil__file_peek(const char *path, char *text, size_t size);

#endif
