/* SPDX-License-Identifier: MIT */
/*
 * http/server/http_access_log.h - note that an exchange has ended
 */
#ifndef COIL_HTTP_SERVER_HTTP_ACCESS_LOG_H
#define COIL_HTTP_SERVER_HTTP_ACCESS_LOG_H

#include <coil/http_access_log.h>

#include "http/server/http_exchange.h"

/* Put a line into the log of the exchange, exchange->log. */
void coil__http_access_log_note(struct coil_http_exchange *exchange);

#endif
