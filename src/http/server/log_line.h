/* SPDX-License-Identifier: MIT */
/*
 * http/server/log_line.h - what the access log says of an exchange
 */
#ifndef COIL_HTTP_SERVER_LOG_LINE_H
#define COIL_HTTP_SERVER_LOG_LINE_H

#include <coil/http_access_log.h>

#include "http/server/http_exchange.h"

/* Append a line about an exchange that has ended.  0, or -ENOMEM. */
int coil__log_line(struct coil_buffer *out,
                   const struct coil_http_exchange *exchange,
                   enum coil_http_access_log_format format);

#endif
