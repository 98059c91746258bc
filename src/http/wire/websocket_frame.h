/* SPDX-License-Identifier: MIT */
/*
 * http/wire/websocket_frame.h - frames of a WebSocket (RFC 6455, 5.2)
 */
#ifndef COIL_HTTP_WIRE_WEBSOCKET_FRAME_H
#define COIL_HTTP_WIRE_WEBSOCKET_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    COIL__WEBSOCKET_CONTINUATION = 0,
    COIL__WEBSOCKET_TEXT = 1,
    COIL__WEBSOCKET_BINARY = 2,
    COIL__WEBSOCKET_CLOSE = 8,
    COIL__WEBSOCKET_PING = 9,
    COIL__WEBSOCKET_PONG = 10,
};

enum {
    COIL__WEBSOCKET_HEAD = 14,     /* bytes of the longest head */
    COIL__WEBSOCKET_CONTROL = 125, /* bytes that a control frame may carry */
};

/* The head of a frame. */
struct coil__websocket_frame {
    bool is_last; /* of its message */
    bool is_compressed;
    bool is_masked;
    unsigned char opcode;
    unsigned char mask[4]; /* if it is masked */
    uint64_t size;         /* of the payload */
};

static inline bool
coil__websocket_is_control(const struct coil__websocket_frame *frame)
{
    return frame->opcode >= COIL__WEBSOCKET_CLOSE;
}

/*
 * Parse the first bytes of a frame.  Returns how many of them are the head; 0:
 * more are needed; COIL_EHTTP_MALFORMED as soon as a byte is wrong: a reserved
 * bit or opcode, a control frame that is cut or too long, a size that is written
 * with more bytes than it needs.
 */
int coil__websocket_frame_parse(struct coil__websocket_frame *frame,
                                const unsigned char *bytes, size_t size);

/* Write the head of a frame.  Returns how many bytes. */
size_t coil__websocket_frame_put(unsigned char out[COIL__WEBSOCKET_HEAD],
                                 const struct coil__websocket_frame *frame);

/*
 * Mask, or unmask, bytes that stand at the place `at` of a payload.  `out` may
 * be `in`.
 */
void coil__websocket_mask(unsigned char *out, const unsigned char *in,
                          size_t size, const unsigned char mask[4],
                          uint64_t at);

/* Whether a close frame may have this code (RFC 6455, 7.4, and IANA's list). */
bool coil__websocket_is_code(unsigned code);

#endif
