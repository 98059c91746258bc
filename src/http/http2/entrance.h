/* SPDX-License-Identifier: MIT */
/*
 * http/http2/entrance.h - the head of each frame, before nghttp2 reads the frame
 *
 * nghttp2 drops some frames without a word: those of streams that it has
 * forgotten, the rest of a head that it has refused, priorities of RFC 7540.  They
 * cost time all the same, and some are faults.  So each frame is looked at first.
 */
#ifndef COIL_HTTP_HTTP2_ENTRANCE_H
#define COIL_HTTP_HTTP2_ENTRANCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "http/http2/flood.h"
#include "http/http2/past.h"

enum { COIL__HTTP2_FRAME_HEAD = 9 };

struct coil__http2_entrance {
    bool is_server;
    size_t max_head; /* bytes of an encoded head */
    unsigned char head[COIL__HTTP2_FRAME_HEAD];
    size_t have; /* bytes of it */
    size_t left; /* to be skipped before the next one */
    struct coil__http2_flood flood;
    struct coil__http2_past past; /* of a server */
};

void coil__http2_entrance_begin(struct coil__http2_entrance *entrance,
                                bool is_server, size_t max_head);

/*
 * These bytes have come.  Returns the code of an error of the connection (RFC 9113,
 * 7), or 0.  `*good` says how many bytes are in front of the frame at fault.
 */
uint32_t coil__http2_entrance_look(struct coil__http2_entrance *entrance,
                                   const void *data, size_t size, size_t *good);

#endif
