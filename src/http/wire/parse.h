/* SPDX-License-Identifier: MIT */
/*
 * http/wire/parse.h - parse a whole head
 *
 * A start line that is not like nearly all others is given to llhttp, and what
 * some versions and modes of llhttp accept by mistake is checked afterwards.
 * llhttp gets nothing else: only fields.c reads the header fields.  So the
 * result does not depend on how llhttp was built, and one parser alone decides
 * how long a message is.
 */
#ifndef COIL_HTTP_WIRE_PARSE_H
#define COIL_HTTP_WIRE_PARSE_H

#include <stddef.h>

#include "http/wire/head.h"

/*
 * Parse bytes[0 … size-1], which the scan has found to be a head and which a
 * NUL follows.  The strings of `head` lie in `bytes`, which is changed.
 * `headers` has room for as many elements as the scan has counted lines, which
 * is one more than there are headers.
 *
 * Returns 0 or COIL_EHTTP_MALFORMED, with head->answer set.
 */
int coil__http_head_parse(struct coil__http_head *head,
                          enum coil__http_kind kind, char *bytes, size_t size,
                          struct coil_http_header *headers);

#endif
