/* SPDX-License-Identifier: MIT */
/*
 * http/wire/parse.h - parse a whole head
 *
 * llhttp is given the start line alone, and what some versions and modes of
 * llhttp let through is checked behind it.  The header fields are read by
 * fields.c, and by it only.  So the result does not depend on how llhttp was
 * built, and only one parser has an opinion about the length of a message.
 */
#ifndef COIL_HTTP_WIRE_PARSE_H
#define COIL_HTTP_WIRE_PARSE_H

#include <stddef.h>

#include "http/wire/head.h"

/*
 * Parse bytes[0 … size-1], which the scan has found to be a head, and which have
 * a NUL behind them.  The strings of `head` lie in `bytes`, which is changed.
 * `headers` has room for as many elements as the scan has counted lines: there
 * is room for one more header than there are.
 *
 * Returns 0 or COIL_EHTTP_MALFORMED, with head->answer set.
 */
int coil__http_head_parse(struct coil__http_head *head,
                          enum coil__http_kind kind, char *bytes, size_t size,
                          struct coil_http_header *headers);

#endif
