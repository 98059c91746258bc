/* SPDX-License-Identifier: MIT */
/*
 * http/server/http_metrics.h - count a request
 */
#ifndef COIL_HTTP_SERVER_HTTP_METRICS_H
#define COIL_HTTP_SERVER_HTTP_METRICS_H

#include <coil/http_metrics.h>

#include "http/server/http_exchange.h"

/* The exchange has ended, and has passed coil_http_metrics_count(). */
void coil__http_metrics_note(struct coil_http_exchange *exchange);

/* A request was refused before it came to a router.  `metrics` may be NULL. */
void coil__http_metrics_refused(struct coil_http_metrics *metrics,
                                const char *method, int status);

#endif
