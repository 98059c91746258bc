/* SPDX-License-Identifier: MIT */
/*
 * http/server/channel.h - a connection, as its session and its exchange know it
 */
#ifndef COIL_HTTP_SERVER_CHANNEL_H
#define COIL_HTTP_SERVER_CHANNEL_H

#include <coil/stream.h>

#include "base/buffer.h"
#include "http/server/server.h"
#include "http/wire/message.h"

struct coil__http_channel {
    struct coil_http_server *server;
    struct coil_stream *stream; /* NULL: closed */
    struct coil__http_reader reader;
    struct coil__http_block block; /* the memory of the request's head */
    struct coil_buffer out;
    bool is_closing; /* after this exchange */
    bool is_dirty;   /* the client may go on sending what nobody will read;
                        responses say that the connection closes */
};

#endif
