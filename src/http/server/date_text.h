/* SPDX-License-Identifier: MIT */
/*
 * http/server/date_text.h - write dates
 */
#ifndef COIL_HTTP_SERVER_DATE_TEXT_H
#define COIL_HTTP_SERVER_DATE_TEXT_H

#include <stdint.h>

enum { COIL__HTTP_DATE_SIZE = 30 };

/*
 * Write "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, 5.6.7), in English in any
 * locale.  `seconds` is counted from 1970.
 */
void coil__http_date_text(char text[COIL__HTTP_DATE_SIZE], int64_t seconds);

#endif
