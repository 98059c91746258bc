/* SPDX-License-Identifier: MIT */
/*
 * http/wire/fields.h - the header fields of a head
 *
 * These lines are read here and nowhere else.  In particular nobody else reads
 * Content-Length and Transfer-Encoding, so there is one opinion about where a
 * message ends.
 *
 * Requests are read strictly.  A proxy in front of the server may read a line
 * in another way, and a message that two programs cut differently can smuggle a
 * request.  So a request with a second length, a list of lengths, a list of
 * codings or a folded line is refused.  A response is read as RFC 9112 asks of
 * a user agent: a fold is a space, and equal lengths are one length.
 */
#ifndef COIL_HTTP_WIRE_FIELDS_H
#define COIL_HTTP_WIRE_FIELDS_H

#include "http/wire/head.h"

/*
 * Read the lines from `text` to the blank line that ends the head, which the
 * scan has found to be there.  Fills head->headers, which has room for all of
 * them, and what the headers say about the message.
 *
 * Returns whether all is well; if not, head->answer may have been changed.
 */
bool coil__http_take_fields(struct coil__http_head *head,
                            enum coil__http_kind kind, char *text);

/*
 * Take one line, "name: value", and those that fold it if it `may_fold`.  The
 * field lies in the line.  Returns the next line, or NULL: it is no field.
 */
char *coil__http_take_line(struct coil_http_header *header, char *line,
                           bool may_fold);

#endif
