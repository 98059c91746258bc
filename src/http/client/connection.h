/* SPDX-License-Identifier: MIT */
/*
 * http/client/connection.h - what a request goes over: a connection of HTTP/1.1,
 * or a stream of HTTP/2
 *
 * Such a stream is a connection of its own for all that reads and writes bodies.
 * Many of them share one link (link.h), whose trunk is the real connection.  So
 * a connection is one of three things:
 *
 *                  link    stream
 *   of HTTP/1.1    NULL    the socket, or TLS
 *   a trunk        set     the same; it is in no request's hands
 *   a branch       set     a stream of HTTP/2; NULL before the head is sent
 */
#ifndef COIL_HTTP_CLIENT_CONNECTION_H
#define COIL_HTTP_CLIENT_CONNECTION_H

#include <coil/list.h>
#include <coil/stream.h>
#include <coil/time.h>

#include "base/buffer.h"
#include "http/wire/message.h"

struct coil__http_idle;
struct coil__http_link;
struct coil__http_origin;
struct coil__http_pool;

struct coil__http_connection {
    struct coil__http_pool *pool;
    struct coil__http_origin *origin;
    struct coil__http_link *link;
    struct coil_stream *stream;
    struct coil__http_reader reader;
    struct coil_buffer out; /* for heads; empty between requests */
    bool is_reused;
    coil_time since; /* of a branch: when it was made */

    /* While idle (idle.h). */
    struct coil__http_idle *idle; /* NULL: in use */
    struct coil_stream_watch watch;
    coil_time idle_since;
    struct coil_link in_pool;
    struct coil_link in_origin;
};

#endif
