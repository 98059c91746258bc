/* SPDX-License-Identifier: MIT */
/*
 * http/wire/websocket_extension.h - Sec-WebSocket-Extensions (RFC 6455, 9.1), of
 * which this library knows permessage-deflate (RFC 7692)
 */
#ifndef COIL_HTTP_WIRE_WEBSOCKET_EXTENSION_H
#define COIL_HTTP_WIRE_WEBSOCKET_EXTENSION_H

#include <stdbool.h>

#include "http/wire/write.h"

/* Of a parameter that gives a window. */
enum {
    COIL__WEBSOCKET_UNSAID = 0,
    COIL__WEBSOCKET_BITS = 15, /* the largest window */
    COIL__WEBSOCKET_SAID = 16, /* without a number */
};

/* The parameters of permessage-deflate. */
struct coil__websocket_deflate_terms {
    bool server_forgets; /* server_no_context_takeover */
    bool client_forgets;
    int server_bits; /* 8 … 15, or one of the above */
    int client_bits;
};

/* One item of the header's list. */
struct coil__websocket_extension {
    bool is_deflate;
    bool is_good; /* its parameters are known, and each is there once */
    struct coil__websocket_deflate_terms terms;
};

/*
 * Take the next item off a header's value, which moves on.  Returns 1; 0 at the
 * end; COIL_EHTTP_MALFORMED.
 */
int coil__websocket_extension_next(const char **list,
                                   struct coil__websocket_extension *item);

/* Write permessage-deflate with these parameters. */
void coil__websocket_extension_put(
    struct coil__http_writer *w,
    const struct coil__websocket_deflate_terms *terms);

#endif
