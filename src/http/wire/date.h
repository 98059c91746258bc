/* SPDX-License-Identifier: MIT */
/*
 * http/wire/date.h - dates that others have written
 */
#ifndef COIL_HTTP_WIRE_DATE_H
#define COIL_HTTP_WIRE_DATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Read a date in any of the formats of RFC 9110, 5.6.7, and in what else is sent
 * in cookies (RFC 6265, 5.1.1): a time, a day, a month and a year, in any order,
 * which is in GMT whatever zone it names.  Years of two digits are 1970 to 2069.
 *
 * Returns whether it is one.  `*seconds` is counted from 1970.
 */
bool coil__http_parse_date(int64_t *seconds, const char *text, size_t size);

#endif
