/* SPDX-License-Identifier: MIT */
/*
 * http/server/conditional.h - requests that depend on what the client has (RFC
 * 9110, 13)
 */
#ifndef COIL_HTTP_SERVER_CONDITIONAL_H
#define COIL_HTTP_SERVER_CONDITIONAL_H

#include <stdbool.h>
#include <stdint.h>

#include <coil/http_exchange.h>

/* What there is. */
struct coil__http_validators {
    const char *etag; /* with its quotes */
    int64_t modified; /* seconds since 1970 */
};

/* Returns 0: the request is to be answered; else 304 or 412. */
int coil__http_conditions(const struct coil_http_exchange *exchange,
                          const struct coil__http_validators *now);

/* Whether Range is to be heeded, as far as If-Range says. */
bool coil__http_may_send_ranges(const struct coil_http_exchange *exchange,
                                const struct coil__http_validators *now);

#endif
