/* SPDX-License-Identifier: MIT */
/*
 * http/wire/repair.h - make a sloppy head of a response a strict one
 *
 * Only a client that is asked to be lenient does this.  The repaired head is
 * then read by the parser that reads all others, so there is still one opinion
 * about where a message ends.  Who reads a repaired head closes the connection
 * behind the message, because others may read such a head in another way.
 */
#ifndef COIL_HTTP_WIRE_REPAIR_H
#define COIL_HTTP_WIRE_REPAIR_H

#include <stdbool.h>
#include <stddef.h>

/* How much longer a head of so many lines may become, the blank one included. */
static inline size_t coil__http_repair_room(size_t lines)
{
    return lines + 16;
}

/*
 * Repair head[0 … size-1], which the scan has found to end in a blank line, into
 * `out`.  The head lies in the same memory, and begins at least
 * coil__http_repair_room() bytes behind `out`.
 *
 *   Each line ends in CR LF.
 *   Blank lines in front are dropped.
 *   The status line is "HTTP/1.0 200 reason" or "HTTP/1.1 200 reason".  ICY is
 *   HTTP/1.0.  A reason with a control character is dropped.
 *   A line without a colon or a good name is dropped, and so is one with a
 *   control character.
 *   Blanks between a name and its colon are dropped.
 *   A fold has a line to go on from.
 *
 * Returns the new size.  Sets `*is_repaired` if that is not the head as it came.
 */
size_t coil__http_repair(char *out, char *head, size_t size, bool *is_repaired);

/* The same of the lines behind a status line, or of trailers. */
size_t coil__http_repair_fields(char *out, char *lines, size_t size,
                                bool *is_repaired);

#endif
