/* SPDX-License-Identifier: MIT */
/*
 * http/server/log_writer.h - lines that a thread writes to a descriptor
 */
#ifndef COIL_HTTP_SERVER_LOG_WRITER_H
#define COIL_HTTP_SERVER_LOG_WRITER_H

#include <stdbool.h>
#include <stddef.h>

struct coil__log_writer;

/* Keep at most `limit` bytes.  0, -ENOMEM or -EAGAIN. */
int coil__log_writer_new(struct coil__log_writer **out, int fd, size_t limit);

/* Add a line, with its "\n".  False: there is no room, and it is dropped. */
bool coil__log_writer_add(struct coil__log_writer *writer, const void *line,
                          size_t size);

/* Lines that could not be written to the descriptor. */
size_t coil__log_writer_lost(struct coil__log_writer *writer);

/* Write what is kept, and free. */
void coil__log_writer_free(struct coil__log_writer *writer);

#endif
